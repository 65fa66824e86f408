"""Callbacks that stop, fail or look around, and Ctrl-C: the model stays usable."""

from __future__ import annotations

import _thread
import threading
from typing import Any

import numpy as np
import pytest
from nets import CLASSES, compiled, same_weights, samples

from nnfast.callbacks import Callback, History


def test_history() -> None:
    x, y = samples()
    model = compiled(metrics=["accuracy"])
    history = model.fit(x, y, epochs=5, initial_epoch=3, validation_split=0.2, verbose=0)
    assert isinstance(history, History) and model.history is history and history.model is model
    assert history.epoch == [3, 4] and history.params == {"verbose": 0, "epochs": 5, "steps": 2}
    assert list(history.history) == ["accuracy", "loss", "val_accuracy", "val_loss"]
    assert model.fit(x, y, epochs=0, verbose=0).history == {}


def test_a_callback_stops_training() -> None:
    class Stop(Callback):
        batches = 0

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            self.batches += 1
            self.model.stop_training = batch == 3

    x, y = samples(50)
    model, stop = compiled(), Stop()
    history = model.fit(x, y, batch_size=5, epochs=4, verbose=0, callbacks=stop, validation_split=0.2)
    assert stop.batches == 4 and history.epoch == [0] and int(model.optimizer.iterations.numpy()) == 4
    assert len(history.history["val_loss"]) == 1
    assert len(model.fit(x, y, epochs=2, verbose=0).epoch) == 2


def test_callbacks_stop_evaluation_and_prediction() -> None:
    class Stop(Callback):
        seen: list[str] = []  # noqa: RUF012

        def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
            self.seen.append("test")
            self.model.stop_evaluating = True

        def on_predict_batch_end(self, batch: int, logs: Any = None) -> None:
            self.seen.append("predict")
            self.model.stop_predicting = True

    x, y = samples(50)
    model = compiled()
    model.evaluate(x, y, batch_size=5, verbose=0, callbacks=[Stop()])
    model.predict(x, batch_size=5, verbose=0, callbacks=[Stop()])
    assert Stop.seen == ["test", "predict"]


@pytest.mark.parametrize("hook", ["on_train_begin", "on_train_batch_end", "on_test_batch_begin", "on_epoch_end"])
def test_an_exception_in_a_callback_leaves_the_model_usable(hook: str) -> None:
    class Failing(Callback):
        pass

    def fail(*_: Any) -> None:
        raise RuntimeError("from the callback")

    x, y = samples(50)
    model, failing = compiled("adam"), Failing()
    setattr(failing, hook, fail)
    with pytest.raises(RuntimeError, match="from the callback"):
        model.fit(x, y, epochs=2, validation_split=0.2, verbose=0, callbacks=[failing])
    done = int(model.optimizer.iterations.numpy())
    history = model.fit(x, y, batch_size=10, epochs=3, verbose=0)
    assert len(history.epoch) == 3 and np.isfinite(history.history["loss"]).all()
    assert int(model.optimizer.iterations.numpy()) == done + 15


def test_ctrl_c_ends_fit_between_two_steps() -> None:
    """In the middle of an epoch, which would take seconds."""
    x, y = (np.tile(array, (50, *[1] * (array.ndim - 1))) for array in samples(20_000))
    model = compiled("adam")
    model.fit(x, y, batch_size=1, steps_per_epoch=1, verbose=0)
    threading.Timer(0.3, _thread.interrupt_main).start()
    with pytest.raises(KeyboardInterrupt):
        model.fit(x, y, batch_size=1, verbose=0)
    done = int(model.optimizer.iterations.numpy())
    assert done < len(x) and np.isfinite(model.evaluate(x[:100], y[:100], verbose=0))
    model.fit(x[:10], y[:10], verbose=0)
    assert int(model.optimizer.iterations.numpy()) == done + 1


def test_the_learning_rate_may_change_in_a_fit() -> None:
    class Freeze(Callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            self.model.optimizer.learning_rate = 0.0
            self.weights = self.model.get_weights()

    x, y = samples()
    model, freeze = compiled(), Freeze()
    model.fit(x, y, epochs=1, verbose=0, callbacks=[freeze])
    first = freeze.weights
    model.fit(x, y, epochs=3, verbose=0, callbacks=[freeze])
    assert same_weights(first, freeze.weights)


def test_a_callback_may_evaluate_and_predict_in_a_fit() -> None:
    x, y = samples()

    class Test(Callback):
        results: list[float] = []  # noqa: RUF012

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            self.results.append(self.model.evaluate(x, y, verbose=0))
            assert self.model.predict(x, verbose=0).shape == (50, CLASSES)

    model = compiled()
    history = model.fit(x, y, epochs=3, verbose=0, callbacks=[Test()], validation_data=(x, y))
    assert Test.results == history.history["val_loss"]
