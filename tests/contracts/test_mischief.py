"""What a user may do in the middle of things: change the model, the data or the settings under a running fit, or run
out of memory."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from contracts.processes import PRELUDE, output_of

import nnfast
from nnfast import config, graph, layers
from nnfast.callbacks import Callback

Array = np.ndarray[Any, Any]
SPARSE = "sparse_categorical_crossentropy"


def data() -> tuple[Array, Array]:
    x = np.random.default_rng(0).normal(size=(60, 5)).astype("float32")
    return x, np.abs(x[:, :3]).argmax(axis=1)


def net() -> nnfast.Sequential:
    nnfast.utils.set_random_seed(1)
    stack = [layers.Dense(7, activation="relu"), layers.Dropout(0.2), layers.Dense(3, activation="softmax")]
    model = nnfast.Sequential([nnfast.Input((5,)), *stack])
    model.compile("adam", SPARSE, metrics=["accuracy"])
    return model


class Once(Callback):
    """Does something to the model at a hook, the first time only."""

    def __init__(self, hook: str, deed: Callable[[nnfast.Sequential], Any]) -> None:
        super().__init__()
        self.deed = deed
        self.done = False
        setattr(self, hook, self.act)

    def act(self, *_: Any) -> None:
        if not self.done:
            self.done = True
            self.deed(self.model)


def recompile(model: nnfast.Sequential) -> None:
    model.compile("sgd", SPARSE, metrics=["accuracy"])


def freeze(model: nnfast.Sequential) -> None:
    model.layers[0].trainable = False


def other_floats(model: nnfast.Sequential) -> None:
    config.set_floatx("float64")


DEEDS: dict[str, Callable[[nnfast.Sequential], Any]] = {
    "fit again": lambda model: model.fit(*data(), epochs=2, verbose=0),
    "evaluate": lambda model: model.evaluate(*data(), verbose=0),
    "predict": lambda model: model.predict(data()[0], verbose=0),
    "compile": recompile,
    "freeze": freeze,
    "set weights": lambda model: model.set_weights(model.get_weights()),
    "reset metrics": lambda model: model.reset_metrics(),
    "learning rate": lambda model: setattr(model.optimizer, "learning_rate", 0.0),
    "threads": lambda model: config.set_num_threads(5),
    "seed": lambda model: nnfast.utils.set_random_seed(7),
    "float type": other_floats,
    "clear_session": lambda model: nnfast.utils.clear_session(),
    "stop": lambda model: setattr(model, "stop_training", True),
    "another model": lambda model: net().fit(*data(), verbose=0),
    "add a layer": lambda model: model.add(layers.Dense(3, activation="softmax")),
    "take a layer": lambda model: model.pop(),
    "no optimizer": lambda model: setattr(model, "optimizer", None),
}


@pytest.mark.parametrize("name", DEEDS)
@pytest.mark.parametrize("hook", ["on_train_begin", "on_epoch_begin", "on_train_batch_end", "on_test_begin"])
def test_a_callback_may_do_anything(name: str, hook: str) -> None:
    """The fit ends with an error or with numbers; a model that is compiled anew then trains."""
    model, deed = net(), Once(hook, DEEDS[name])
    try:
        history = model.fit(*data(), batch_size=7, epochs=3, validation_split=0.2, verbose=0, callbacks=[deed])
        assert all(np.isfinite(values).all() for values in history.history.values())
    except (ValueError, RuntimeError, AttributeError, TypeError) as error:
        assert name in ("add a layer", "take a layer", "no optimizer"), error
    finally:
        config.set_floatx("float32")
        config.set_num_threads(0)
    assert deed.done and not graph.is_tracing()
    model.compile("adam", SPARSE)
    assert np.isfinite(model.fit(*data(), verbose=0).history["loss"]).all()


def test_data_may_change_under_a_fit() -> None:
    """A fit reads the arrays as they are at each step, and never beyond their ends."""
    model, (x, y) = net(), data()

    def spoil(_: Any) -> None:
        x[:] = 0
        y[:] = 1
        for array in (x, y):
            with pytest.raises(ValueError, match="resize"):
                array.resize(0, refcheck=True)

    model.fit(x, y, batch_size=7, epochs=2, verbose=0, callbacks=[Once("on_train_batch_end", spoil)])
    assert np.isfinite(model.get_weights()[0]).all()


def test_labels_that_a_callback_spoils_are_found_by_the_kernel() -> None:
    """They were checked before the fit; the step that meets them changes nothing."""
    model, (x, y) = net(), data()
    seen: list[Any] = []

    def spoil(model: nnfast.Sequential) -> None:
        y[:] = 99
        seen.extend(model.get_weights())

    with pytest.raises(ValueError, match=r"labels from 0 to 2 .*got 99"):
        model.fit(x, y, batch_size=7, epochs=2, verbose=0, callbacks=[Once("on_train_batch_end", spoil)])
    assert all(map(np.array_equal, seen, model.get_weights()))
    assert np.isfinite(model.fit(*data(), verbose=0).history["loss"]).all()


def test_one_layer_in_two_models_and_twice_in_one() -> None:
    x, _ = data()
    shared = layers.Dense(5, activation="tanh")
    one = nnfast.Sequential([nnfast.Input((5,)), shared, shared])
    other = nnfast.Sequential([nnfast.Input((5,)), shared, layers.Dense(5)])
    before = other.predict(x, verbose=0)
    one.compile("adam", "mse")
    one.fit(x, x, epochs=2, verbose=0)
    assert one.count_params() == 30 and len(one.optimizer.variables) == 2 + 2 * 2
    assert not np.array_equal(before, other.predict(x, verbose=0))
    kernel, bias = shared.get_weights()
    expected = np.tanh(np.tanh(x @ kernel + bias) @ kernel + bias)
    np.testing.assert_allclose(one.predict(x, verbose=0), expected, rtol=1e-4, atol=1e-6)


def test_a_stack_of_many_layers() -> None:
    x, y = data()
    model = nnfast.Sequential([nnfast.Input((5,)), *[layers.Dense(4, activation="tanh") for _ in range(150)]])
    model.add(layers.Dense(3, activation="softmax"))
    model.compile("sgd", SPARSE)
    assert np.isfinite(model.fit(x, y, verbose=0).history["loss"]).all()


@pytest.mark.skipif(sys.platform != "linux", reason="limits the address space")
def test_running_out_of_memory_is_a_memory_error() -> None:
    """In the engine as well, where a batch's activations do not fit; the model then does what fits."""
    output_of(
        """
        import resource
        model = nnfast.Sequential([nnfast.Input((1,)), layers.Dense(60_000, activation="relu"), layers.Dense(1)])
        model.compile("adam", "mse")
        nnfast.config.set_num_threads(3)
        few, many = np.ones((70, 1), "float32"), np.ones((30_000, 1), "float32")
        model.fit(few, few, verbose=0)
        expected = model.predict(few, verbose=0)
        resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))

        def too_much(call):
            try:
                call()
            except MemoryError:
                return
            raise AssertionError("no MemoryError")

        for _ in range(3):
            too_much(lambda: model.predict(many, batch_size=30_000, verbose=0))
            too_much(lambda: model.fit(many, many, batch_size=30_000, verbose=0))
            too_much(lambda: model(many))
            too_much(lambda: ops.zeros((2**32,)))
            too_much(lambda: layers.Dense(2**25).build((None, 1000)))
            assert np.array_equal(model.predict(few, verbose=0), expected)
        assert np.isfinite(model.fit(few, few, verbose=0).history["loss"]).all()
        """,
        prelude=True,
    )


def test_numpys_settings_do_not_matter() -> None:
    x, y = data()
    expected = net().fit(x, y, epochs=2, verbose=0).history
    with np.errstate(all="raise"):
        assert net().fit(x, y, epochs=2, verbose=0).history == expected
        assert net().predict(x * np.float32(1e30), verbose=0).shape == (60, 3)


def test_optimized_python_does_the_same() -> None:
    """Nothing that matters is an assert statement's work."""
    code = f"""{PRELUDE}
model = small_net()
for wrong in (y + 99, y[:10], y * 1j, None):
    try:
        model.fit(x, wrong, verbose=0)
    except ValueError:
        pass
    else:
        raise SystemExit("no error")
print(model.fit(x, y, verbose=0).history)
"""
    outputs = [
        subprocess.run([sys.executable, *flags, "-c", code], capture_output=True, text=True, check=True).stdout
        for flags in ([], ["-OO"])
    ]
    assert outputs[0] == outputs[1] != ""
