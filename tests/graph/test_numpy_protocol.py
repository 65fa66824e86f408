"""NumPy's functions on tensors without numbers, and what is said of what can't be traced."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nnfast
from nnfast import graph, losses, ops

X = np.random.default_rng(1).random((5, 4)) + 0.25
Y = np.random.default_rng(2).random((5, 4)) + 0.25
FUNCTIONS: dict[str, Callable[[Any, Any], Any]] = {
    "mean of squares": lambda x, y: np.mean(np.square(x - y), axis=-1),
    "abs, sum": lambda x, y: np.sum(np.abs(x - y), axis=-1, keepdims=True),
    "maximum": lambda x, y: np.maximum(x, 0.5) + np.minimum(0.5, y),
    "exp, log": lambda x, y: np.exp(x) * np.log(y) - np.sqrt(x) / np.log1p(y),
    "where": lambda x, y: np.where(x > y, x, -y),
    "clip": lambda x, y: np.clip(x, 0.4, 0.6) ** 2,
    "shapes": lambda x, y: np.expand_dims(np.concatenate([x, y], axis=1), 1),
    "an array on the left": lambda x, y: np.arange(4.0) * x + np.ones(4) / y,
    "statistics": lambda x, y: np.std(x, axis=1) + np.var(y, axis=1) + np.max(x, axis=1) - np.argmax(y, axis=1),
    "order": lambda x, y: np.sort(x, axis=1) - np.take_along_axis(y, np.argsort(x, axis=1), axis=1),
    "order of samples": lambda x, y: np.sort(x, axis=0) + np.cumsum(y, axis=0) - np.median(y, axis=1, keepdims=True),
    "accumulation": lambda x, y: np.cumprod(x, axis=1) / np.prod(y, axis=1, keepdims=True),
    "angles": lambda x, y: np.arctan2(x, y) + np.hypot(x, y) * np.cosh(y),
    "products": lambda x, y: np.tensordot(x, np.ones((4, 3)), 1) + np.inner(y, np.ones((3, 4))),
    "quantiles": lambda x, y: np.quantile(x, 0.3, axis=1) - np.nanmean(y, axis=1),
    "triangles": lambda x, y: np.tril(x[:, None] * y[:, :, None], -1),
    "logic": lambda x, y: np.logical_and(x > 0.5, np.isfinite(y)),
    "astype": lambda x, y: (x > y).astype("float64") + x,
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_traced_equals_numpy(name: str) -> None:
    specs = [graph.TensorSpec((None, 4), "float64")] * 2
    (got,) = graph.trace(lambda x, y: [FUNCTIONS[name](x, y)], specs)(X, Y)
    np.testing.assert_allclose(got, FUNCTIONS[name](X, Y), rtol=1e-12)


@pytest.mark.parametrize("name", ["mean of squares", "where", "exp, log"])
def test_gradients(name: str) -> None:
    variable = graph.Variable(X, dtype="float64")

    def gradient(function: Callable[[Any, Any], Any]) -> Any:
        def step() -> Any:
            return graph.differentiate(ops.sum(function(variable.value, Y)), [variable])

        return graph.trace(step, [])()[0]

    in_ops: dict[str, Callable[[Any, Any], Any]] = {
        "mean of squares": lambda x, y: ops.mean(ops.square(x - y), axis=-1),
        "where": lambda x, y: ops.where(x > y, x, -y),
        "exp, log": lambda x, y: ops.exp(x) * ops.log(y) - ops.sqrt(x) / ops.log1p(y),
    }
    np.testing.assert_array_equal(gradient(FUNCTIONS[name]), gradient(in_ops[name]))


def test_on_an_input() -> None:
    given = nnfast.Input((4,))
    model = nnfast.Model(given, np.tanh(given) + np.sum(given, axis=-1, keepdims=True))
    expected = np.tanh(X) + X.sum(-1, keepdims=True)
    np.testing.assert_allclose(model.predict(X, verbose=0), expected, rtol=1e-5)


def branching(y_true: Any, y_pred: Any) -> Any:
    if ops.sum(y_pred) > 0:
        return y_pred
    return y_true


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (branching, r"no truth value.*ops\.where.*ops\.cond.*line \d+, in branching: if ops\.sum\(y_pred\) > 0:"),
        (lambda y, p: float(p), r"is no float.*line \d+, in <lambda>"),
        (lambda y, p: int(p), "is no int"),
        (lambda y, p: p.numpy(), "no 'numpy'"),
        (lambda y, p: p.ravel(), "no 'ravel'"),
        (lambda y, p: np.asarray(p), "is no array"),
        (lambda y, p: len(p), r"no len\(\)"),
        (lambda y, p: list(p), "iterated"),
        (lambda y, p: np.linalg.norm(p), r"np\.norm"),
        (lambda y, p: np.add.reduce(p), r"np\.add\.reduce"),
        (lambda y, p: np.sum(p, where=p > 0), r"np\.sum with where"),
    ],
)
def test_what_cannot_be_traced(function: Callable[[Any, Any], Any], message: str) -> None:
    model = nnfast.Sequential([nnfast.Input((4,)), nnfast.layers.Dense(1)])
    model.compile("sgd", loss=function)
    with pytest.raises(graph.UntraceableError, match=message):
        model.fit(X, Y[:, :1], verbose=0)


def test_attributes_are_asked_for_in_vain() -> None:
    def probing(y_true: Any, y_pred: Any) -> Any:
        assert not hasattr(y_pred, "ravel") and getattr(y_pred, "_private", None) is None
        return y_pred

    graph.trace(lambda y, p: [probing(y, p)], [graph.TensorSpec((None, 4), "float32")] * 2)


def test_a_custom_loss_equals_the_built_in_one() -> None:
    def custom(y_true: Any, y_pred: Any) -> Any:
        return np.mean(np.square(y_true - y_pred), axis=-1)

    histories = []
    for loss in (custom, "mse", losses.LossFunctionWrapper(custom)):
        nnfast.utils.set_random_seed(1)
        model = nnfast.Sequential([nnfast.Input((4,)), nnfast.layers.Dense(3, "tanh"), nnfast.layers.Dense(1)])
        model.compile("sgd", loss=loss)
        histories.append(model.fit(X, Y[:, :1], epochs=3, verbose=0).history["loss"])
    assert histories[0] == histories[1] == histories[2]
