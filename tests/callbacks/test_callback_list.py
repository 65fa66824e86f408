"""CallbackList and Callback: who is called, with what, and what makes training stop at every batch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nnfast.callbacks import Callback, CallbackList, History


class Recorder(Callback):
    def __init__(self, name: str, calls: list[Any]) -> None:
        self.name = name
        self.calls = calls

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        assert logs is not None
        self.calls.append((self.name, epoch, dict(logs)))
        logs[f"from_{self.name}"] = 1.0


def test_calls_in_order_with_python_floats_under_sorted_names() -> None:
    calls: list[Any] = []
    CallbackList([Recorder("a", calls), [Recorder("b", calls)]]).on_epoch_end(2, {"loss": np.float32(0.5), "acc": 1})
    assert calls == [
        ("a", 2, {"acc": 1.0, "loss": 0.5}),
        ("b", 2, {"acc": 1.0, "loss": 0.5, "from_a": 1.0}),
    ]
    assert all(type(value) is float for value in calls[0][2].values())


def test_the_older_names_of_the_batch_hooks_are_called() -> None:
    class Older(Callback):
        seen: list[Any] = []  # noqa: RUF012

        def on_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
            self.seen.append(("begin", batch))

        def on_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
            self.seen.append(("end", batch, logs))

    hooks = CallbackList(Older())
    hooks.on_train_batch_begin(4)
    hooks.on_train_batch_end(4, {"loss": 1})
    assert Older.seen == [("begin", 4), ("end", 4, {"loss": 1.0})]
    assert len(hooks.batch_hooks("train").begin) == len(hooks.batch_hooks("train").end) == 1
    assert hooks.batch_hooks("test") == hooks.batch_hooks("predict") == ([], [], False)


def test_only_defined_batch_hooks_are_listened_to() -> None:
    class Tester(Callback):
        def on_test_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None: ...

    class Sampling(Callback):
        every_batch = False

        def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None: ...

    attribute = Callback()
    attribute.on_predict_batch_begin = lambda batch, logs: None  # type: ignore[method-assign]
    callbacks = CallbackList([Callback(), History(), Tester(), Sampling(), attribute])
    train, test, predict = (callbacks.batch_hooks(phase) for phase in ("train", "test", "predict"))
    assert (len(train.begin), len(train.end), train.every_batch) == (0, 1, False)
    assert (len(test.begin), len(test.end), test.every_batch) == (0, 1, True)
    assert (len(predict.begin), len(predict.end), predict.every_batch) == (1, 0, True)


def test_history_is_added_once_and_model_and_params_are_handed_on() -> None:
    class Model:
        history: History

    model, own = Model(), History()
    assert CallbackList(own, add_history=True).callbacks == [own]
    callbacks = CallbackList(Callback(), add_history=True, model=model, epochs=3)
    late = Callback()
    callbacks.append(late)
    assert model.history is callbacks.callbacks[1]
    for callback in callbacks.callbacks:
        assert callback.model is model and callback.params == {"epochs": 3}


@pytest.mark.parametrize("wrong", [Callback, [object()], print, "History"])
def test_what_is_no_callback_is_an_error(wrong: Any) -> None:
    with pytest.raises(TypeError, match="expects Callback objects, got"):
        CallbackList(wrong)
