"""Values and derivatives of the activations against real Keras, up to the ends of the float types."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
import pytest
from oracle import keras

import nnfast
from nnfast import activations, graph, ops

Array = np.ndarray[Any, Any]

ALL: dict[str, list[dict[str, Any]]] = {
    "celu": [{}, {"alpha": 0.3}, {"alpha": 2.0}],
    "elu": [{}, {"alpha": 0.3}],
    "exponential": [{}],
    "gelu": [{}, {"approximate": True}],
    "glu": [{}, {"axis": 0}],
    "hard_shrink": [{}, {"threshold": 1.5}],
    "hard_sigmoid": [{}],
    "hard_silu": [{}],
    "hard_tanh": [{}],
    "leaky_relu": [{}, {"negative_slope": 0.5}],
    "linear": [{}],
    "log_sigmoid": [{}],
    "log_softmax": [{}, {"axis": 0}, {"axis": (0, 1)}],
    "mish": [{}],
    "relu": [
        {},
        {"negative_slope": 0.3},
        {"max_value": 6.0},
        {"max_value": 4.0},
        {"threshold": 1.0},
        {"threshold": -1.0},
        {"negative_slope": 0.5, "threshold": 0.5},
        {"negative_slope": 0.5, "max_value": 4.0, "threshold": 0.5},
        {"negative_slope": 0.1, "max_value": 4.0},
    ],
    "relu6": [{}],
    "selu": [{}],
    "sigmoid": [{}],
    "silu": [{}],
    "soft_shrink": [{}, {"threshold": 1.5}],
    "softmax": [{}, {"axis": 0}, {"axis": (0, 1)}],
    "softplus": [{}],
    "softsign": [{}],
    "sparse_plus": [{}],
    "sparse_sigmoid": [{}],
    "sparsemax": [{}, {"axis": 0}],
    "squareplus": [{}, {"b": 0.5}, {"b": 9}],
    "tanh": [{}],
    "tanh_shrink": [{}],
    "threshold": [{"threshold": 0.5, "default_value": -3.0}],
}
CASES = [(name, arguments) for name, several in ALL.items() for arguments in several]
NORMALIZING = ("glu", "log_softmax", "softmax", "sparsemax")  # over an axis; the others are elementwise
# Off the kinks at 0, 0.5, 1, 1.5, 3, 4 and 6.
POINTS = np.array(
    [1e-30, 1e-3, 0.3, 0.7, 1.2, 2.0, 3.5, 5.0, 7.0, 12.0, 20.0, 50.0, 87.0, 120.0, 1e3, 1e10, 1e30, 3e38]
)
POINTS = np.concatenate([-POINTS[::-1], POINTS])


def slope(function: Any, x: Array, **arguments: Any) -> Array:
    """The derivative of the function's sum."""
    variable = graph.Variable(x, dtype=x.dtype.name)

    def step() -> list[Any]:
        return graph.differentiate(ops.sum(function(variable.value, **arguments)), [variable])

    (gradient,) = graph.trace(step, [])()
    return np.asarray(gradient)


def keras_slope(function: Any, x: Array, **arguments: Any) -> Array:
    return np.asarray(jax.grad(lambda value: function(value, **arguments).sum())(x))


def sorted_sparsemax(x: Array, axis: int = -1) -> Array:
    """Martins and Astudillo's algorithm 1 (2016); Keras's own is wrong where more than one number stays."""
    rows = np.moveaxis(x.astype("float64"), axis, -1)
    descending = -np.sort(-rows, axis=-1)
    numbers, sums = np.arange(1, rows.shape[-1] + 1), np.cumsum(descending, axis=-1)
    last = (1 + numbers * descending > sums).sum(axis=-1, keepdims=True)
    threshold = (np.take_along_axis(sums, last - 1, axis=-1) - 1) / last
    return np.moveaxis(np.maximum(rows - threshold, 0.0), -1, axis)


def test_no_activation_is_left_out() -> None:
    assert set(ALL) == {function.__name__ for function in keras.src.activations.ALL_OBJECTS}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("name", "arguments"), CASES)
def test_values_are_those_of_keras(name: str, arguments: dict[str, Any], dtype: str) -> None:
    theirs = getattr(keras.activations, name) if name != "sparsemax" else sorted_sparsemax
    for shape in [(4, 6), (2, 4, 8), (4, 2)]:
        x = np.random.default_rng(0).normal(size=shape, scale=3).astype(dtype)
        x.flat[0] = 0.0
        expected = np.asarray(theirs(x, **arguments))
        values = getattr(activations, name)(x, **arguments)
        assert values.dtype == dtype and values.shape == expected.shape
        tolerance = 2e-6 if dtype == "float32" else 1e-14
        np.testing.assert_allclose(values, expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("name", "arguments"), [case for case in CASES if case[0] not in NORMALIZING])
def test_values_and_slopes_hold_up_to_the_ends_of_the_type(name: str, arguments: dict[str, Any], dtype: str) -> None:
    x = POINTS.astype(dtype)
    exact = x.astype("float64")
    theirs, ours = getattr(keras.activations, name), getattr(activations, name)
    tolerance = 1e-5 if dtype == "float32" else 1e-12
    with np.errstate(over="ignore"):
        expected = np.asarray(theirs(exact, **arguments)).astype(dtype)
        expected_slope = keras_slope(theirs, exact, **arguments).astype(dtype)
    np.testing.assert_allclose(ours(x, **arguments), expected, rtol=tolerance, atol=1e-7)
    np.testing.assert_allclose(slope(ours, x, **arguments), expected_slope, rtol=tolerance, atol=1e-7)


@pytest.mark.parametrize(
    "name", ["celu", "elu", "selu", "gelu", "mish", "sigmoid", "silu", "softplus", "softsign", "tanh"]
)
def test_slopes_at_zero_are_those_of_keras(name: str) -> None:
    zero = np.zeros(1)
    expected = keras_slope(getattr(keras.activations, name), zero)
    np.testing.assert_allclose(slope(getattr(activations, name), zero), expected, rtol=1e-14)


def test_small_results_keep_their_digits() -> None:
    """Where 1 + erf, 1 + tanh or x + sqrt(x * x + b) would cancel."""
    x = np.array([-4.0, -8.0, -12.0], "float32")
    exact = x.astype("float64")
    expected = 0.5 * exact * np.asarray(jax.scipy.special.erfc(-exact / np.sqrt(2.0)))
    np.testing.assert_allclose(activations.gelu(x), expected, rtol=1e-5)
    assert -1e-4 < activations.gelu(np.array([-5.0], "float32"), approximate=True)[0] < -1e-7
    np.testing.assert_allclose(activations.squareplus(np.array([-1e6, -1e20], "float32")), [1e-6, 1e-20], rtol=1e-5)
    np.testing.assert_allclose(activations.log_sigmoid(np.array([20.0], "float32")), [-2.0611537e-9], rtol=1e-5)


# These replace what does not pass their threshold, NaN too, as Keras's do.
@pytest.mark.parametrize("name", sorted(set(ALL) - {"threshold", "hard_shrink", "soft_shrink"}))
def test_nan_stays_nan(name: str) -> None:
    assert np.isnan(getattr(activations, name)(np.array([[np.nan, np.nan]], dtype="float32"))).all()


@pytest.mark.parametrize("name", sorted(set(ALL) - {"sparsemax"}))
def test_nothing_gives_nothing(name: str) -> None:
    arguments = ALL[name][0]
    assert getattr(activations, name)(np.zeros((0, 4), "float32"), **arguments).shape[0] == 0


@pytest.mark.parametrize("name", sorted(set(ALL) - {"linear"}))
def test_integers_and_lists_are_taken(name: str) -> None:
    arguments = ALL[name][0]
    values = getattr(activations, name)([1, -2, 0, 3], **arguments)
    expected = getattr(activations, name)(np.array([1.0, -2.0, 0.0, 3.0], "float32"), **arguments)
    assert values.dtype == ("int32" if name in ("relu", "relu6", "hard_tanh") else "float32")
    np.testing.assert_allclose(values, expected, rtol=2e-6, atol=1e-7)


@pytest.mark.parametrize("axis", [-1, 0, 1])
@pytest.mark.parametrize("scale", [0.1, 1.0, 100.0])
def test_sparsemax_is_a_projection(axis: int, scale: float) -> None:
    x = np.random.default_rng(1).normal(size=(7, 13), scale=scale)
    values = activations.sparsemax(x, axis=axis).numpy()
    assert (values >= 0.0).all()
    np.testing.assert_allclose(values.sum(axis=axis), 1.0, rtol=1e-13)
    # Of all points that sum to 1, none is nearer: what is left out lies below what the others were lowered by.
    lowered = np.where(values > 0, x - values, -np.inf).max(axis=axis, keepdims=True)
    assert (x[values == 0] <= np.broadcast_to(lowered, x.shape)[values == 0] + 1e-12).all()


def test_activations_trace_in_a_model() -> None:
    """Every elementwise one as a layer: what predict computes in C++ is what the function gives."""
    x = np.random.default_rng(2).normal(size=(5, 6)).astype("float32")
    for name, several in ALL.items():
        if name == "threshold":
            continue
        layer = nnfast.layers.Activation(name)
        model = nnfast.Sequential([nnfast.Input((6,)), layer]) if name != "glu" else None
        if model is not None:
            np.testing.assert_array_equal(model.predict(x, verbose=0), getattr(activations, name)(x), err_msg=name)
        assert several


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: activations.glu(np.ones((2, 3))), r"even length.*axis -1 of shape \(2, 3\)"),
        (lambda: activations.glu(1.0), "scalar"),
        (lambda: activations.sparsemax(1.0), "scalar"),
        (lambda: activations.sparsemax(np.ones((2, 0))), r"at least one value.*\(2, 0\)"),
        (lambda: activations.softmax(np.ones((2, 2)), axis=(0, 0)), "each axis once"),
        (lambda: activations.softmax(np.ones((2, 2)), axis=2), "axis from -2 to 1"),
    ],
)
def test_mistakes_are_named(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
