"""What is given for which output: losses, metrics, targets and weights, as Keras takes them, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from oracle import keras

import nnfast

RANDOM = np.random.default_rng(3)
X, ONE, TWO = RANDOM.random((20, 3), "float32"), RANDOM.random((20, 1), "float32"), RANDOM.random((20, 2), "float32")


def made(library: Any, form: str) -> Any:
    a = library.Input((3,), name="a")
    one, two = library.layers.Dense(1, name="one")(a), library.layers.Dense(2, name="two")(a)
    outputs: dict[str, Any] = {
        "list": [one, two],
        "keys": {"z": one, "c": two},
        "nested": {"p": one, "q": [two, two * 2]},
        "single": two,
        "same name": (lambda dense: [dense(a), dense(a * 2)])(library.layers.Dense(1, name="same")),
    }
    return library.Model(a, outputs[form])


# (outputs, what compile is told, targets)
COMPILED: dict[str, tuple[str, dict[str, Any], Any]] = {
    "names in another order": ("list", dict(loss={"two": "mae", "one": "mse"}), {"two": TWO, "one": ONE}),
    "keys in another order": ("keys", dict(loss={"z": "mse", "c": "mae"}), {"c": TWO, "z": ONE}),
    "keys, sorted": ("keys", dict(loss={"c": "mae", "z": "mse"}, metrics={"z": ["mse"]}), {"c": TWO, "z": ONE}),
    "a list for keys": ("keys", dict(loss=["mae", "mse"], metrics=[["mae"], ["mse"]]), {"c": TWO, "z": ONE}),
    "nested": ("nested", dict(loss={"p": "mse", "q": ["mae", "mse"]}), {"p": ONE, "q": [TWO, TWO]}),
    "one loss for all": ("nested", dict(loss="mse"), {"p": ONE, "q": [TWO, TWO]}),
    "nothing for one": ("list", dict(loss=["mse", None]), [ONE, None]),
    "two of a name": ("same name", dict(loss=["mse", "mse"]), [ONE, ONE]),
    "two losses of one output": ("single", dict(loss=["mse", "mae"]), TWO),
    "lists in lists": ("list", dict(loss=[["mse"], ["mae"]], loss_weights=[[2.0], [0.5]]), [ONE, TWO]),
    "metrics of another name": ("single", dict(loss="mse", metrics={"other": ["mae"]}), TWO),
}


@pytest.mark.parametrize("name", COMPILED)
def test_losses_are_keras(name: str) -> None:
    form, arguments, y = COMPILED[name]
    ours, theirs = made(nnfast, form), made(keras, form)
    theirs.set_weights(ours.get_weights())
    found, expected = [], []
    for model, results in ((ours, found), (theirs, expected)):
        model.compile("sgd", **arguments)
        results.append(model.evaluate(X, y, verbose=0))
        results.append(sorted(model.fit(X, y, epochs=2, verbose=0, shuffle=False).history.items()))
    if name == "two of a name":  # Keras's dictionaries have one of both, and its list has it twice
        assert len(found[0]) == 3 and [key for key, _ in found[1]] == ["loss", "same_loss", "same_loss_1"]
        return
    if name == "two losses of one output":  # which Keras calls the same, too
        assert [key for key, _ in found[1]] == ["loss", "two_loss", "two_loss_1"]
        return
    np.testing.assert_allclose(found[0], expected[0], rtol=1e-5)
    # In Keras, ops are numbered on, and so are the outputs that they make.
    assert [key.rstrip("_0123456789") for key, _ in found[1]] == [key.rstrip("_0123456789") for key, _ in expected[1]]
    for (_, mine), (_, other) in zip(found[1], expected[1], strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-5)


def test_weights_may_be_missing_for_an_output() -> None:
    ours, theirs = made(nnfast, "list"), made(keras, "list")
    theirs.set_weights(ours.get_weights())
    for model in (ours, theirs):
        model.compile("sgd", ["mse", "mae"])
    weights = [ONE[:, 0], None]
    found = [model.evaluate(X, [ONE, TWO], sample_weight=weights, verbose=0) for model in (ours, theirs)]
    np.testing.assert_allclose(found[0], found[1], rtol=1e-5)


def test_outputs_of_a_call_go_by_their_losses() -> None:
    def make(library: Any) -> Any:
        class Both(library.Model):  # type: ignore[misc,name-defined]
            def __init__(self) -> None:
                super().__init__()
                self.one, self.two = library.layers.Dense(1), library.layers.Dense(2)

            def call(self, inputs: Any) -> Any:
                return self.one(inputs), self.two(inputs)

        model = Both()
        model.compile("sgd", loss=["mse", "mae"], metrics=[["mae"], None])
        return model

    ours, theirs = make(nnfast), make(keras)
    theirs(X)
    ours(X)
    theirs.set_weights(ours.get_weights())
    found = [model.evaluate(X, [ONE, TWO], verbose=0) for model in (ours, theirs)]
    np.testing.assert_allclose(found[0], found[1], rtol=1e-5)
    logs = [model.evaluate(X, [ONE, TWO], verbose=0, return_dict=True) for model in (ours, theirs)]
    assert logs[0].keys() == logs[1].keys()
    for name, value in logs[0].items():
        np.testing.assert_allclose(value, logs[1][name], rtol=1e-5)


def test_metrics_of_layers_are_in_the_logs() -> None:
    class Watched(nnfast.layers.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.seen = nnfast.metrics.Mean(name="seen")

        def call(self, inputs: Any) -> Any:
            self.seen.update_state(inputs)
            return inputs

    a = nnfast.Input((3,))
    model = nnfast.Model(a, nnfast.layers.Dense(1)(Watched()(a)))
    model.compile("sgd", "mse")
    logs = model.evaluate(X, ONE, verbose=0, return_dict=True)
    assert list(logs) == ["loss", "seen"] and logs["seen"] == pytest.approx(X.mean(), rel=1e-5)
    assert [metric.name for metric in model.metrics] == ["loss", "seen"] and len(model.metrics_variables) == 4


MISTAKES: dict[str, tuple[str, dict[str, Any], Any, Any, str]] = {
    "a loss's key": (
        "list",
        dict(loss={"x": "mse"}),
        [ONE, TWO],
        None,
        "Invalid `loss`: 'x', .* keys among 'one', 'two'",
    ),
    "the key of one": ("single", dict(loss={"x": "mse"}), TWO, None, "Invalid `loss`: 'x', .* keys among 'two'"),
    "a target's key": (
        "list",
        dict(loss="mse"),
        {"x": ONE, "two": TWO},
        None,
        "Invalid `y`: 'x'.* 'one', 'two', got 'x'",
    ),
    "a target's only key": ("single", dict(loss="mse"), {"x": TWO}, None, "Invalid `y`: 'x'"),
    "a weight's key": (
        "keys",
        dict(loss="mse"),
        {"z": ONE, "c": TWO},
        {"x": ONE[:, 0]},
        "Invalid `sample_weight`: 'x'",
    ),
    "no target": ("keys", dict(loss="mse"), {"z": ONE}, None, "y has nothing for output 'c'"),
    "no target in a list": ("list", dict(loss="mse"), [ONE, None], None, "y has nothing for output 'two'"),
    "no target below": ("nested", dict(loss="mse"), {"p": ONE, "q": [TWO, None]}, None, "nothing for output 'q/mul"),
    "a metric's key": ("list", dict(loss="mse", metrics={"x": "mse"}), [ONE, TWO], None, "Invalid `metrics`: 'x'"),
    "too many factors": ("single", dict(loss="mse", loss_weights=[1.0, 2.0]), TWO, None, "each of 1 losses"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes(name: str) -> None:
    form, arguments, y, weights, message = MISTAKES[name]
    model = made(nnfast, form)
    with pytest.raises(ValueError, match=message):
        model.compile("sgd", **arguments)
        model.fit(X, y, sample_weight=weights, verbose=0)


def test_a_loss_may_compare_several_outputs_at_once() -> None:
    def together(y_true: Any, y_pred: Any) -> Any:
        return nnfast.ops.mean(nnfast.ops.abs(y_true[0] - y_pred[0]) + y_true[1] - y_pred[1], axis=-1)

    model = made(nnfast, "nested")
    model.compile("sgd", loss={"p": "mse", "q": (together, ["mse", None])}, loss_weights={"p": 0.0})
    logs = model.fit(X, {"p": ONE, "q": [TWO, TWO]}, verbose=0).history
    assert [name.split("/")[-1].rstrip("_0123456789") for name in logs] == ["loss", "p_loss", "two_loss", "q_loss"]
    found = model.predict(X, verbose=0)["q"]
    expected = np.mean(np.abs(TWO - found[0]) + TWO - found[1]) + np.mean((TWO - found[0]) ** 2)
    assert model.evaluate(X, {"p": ONE, "q": [TWO, TWO]}, verbose=0)[0] == pytest.approx(expected, rel=1e-5)
