"""The gradient of every op against central differences in float64."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from ops.keras_cases import CASES as KERAS_CASES

from nnfast import graph, ops, random

STEP = 1e-5
SMOOTH = 1e-7
KINKED = 1e-5  # away from the kinks

Case = tuple[Callable[..., Any], list[tuple[int, ...]], float]


def shifted(op: Callable[..., Any], offset: float) -> Callable[..., Any]:
    """The op on |x| + offset, for ops that need positive arguments."""
    return lambda *xs: op(*(ops.absolute(x) + offset for x in xs))


def labels(rows: int) -> np.ndarray[Any, Any]:
    return np.arange(rows) % 3


def gradient_of_take(x: Any, indices: np.ndarray[Any, Any]) -> Any:
    """What take's gradient rule makes of x, for four rows to take from."""
    table = ops.zeros((4, x.shape[-1]), "float64") * ops.sum(x)
    taken = ops.take(table, indices, axis=0)
    return graph.registry["take"].gradient(x, taken, *taken.node.inputs, axis=0)[0]


def gradient_of_take_along(x: Any, indices: np.ndarray[Any, Any]) -> Any:
    """What the gradient rule of take_along_axis makes of x, for rows of four to take from."""
    table = ops.zeros((x.shape[0], 4), "float64") * ops.sum(x)
    taken = ops.take_along_axis(table, indices, axis=1)
    return graph.registry["take_along"].gradient(x, taken, *taken.node.inputs, axis=1)[0]


def gradient_of_bags(x: Any, rate: float) -> Any:
    """What the gradient rule of bag_max makes of x, for the rows of a table of four."""
    table = np.random.default_rng(0).standard_normal((4, x.shape[-1])) + 0.0 * ops.sum(x)
    rows = random.dropout(ops.take(table, [[0, 1, 3], [2, 2, 1]], axis=0), rate, seed=1)
    most = ops.max(rows, axis=1)
    return graph.registry["bag_max"].gradient(x, most, *most.node.inputs, **most.node.attributes)[0]


CASES: dict[str, list[Case]] = {
    "bag_max": [
        (lambda x: ops.max(ops.take(x, [[0, 1, 3], [2, 2, 1]], axis=0), axis=1), [(4, 5)], KINKED),
        (lambda x: ops.max(random.dropout(ops.take(x, [[0, 1], [2, 2]], axis=0), 0.4, seed=1), 1), [(4, 5)], KINKED),
    ],
    "bag_max_gradient": [
        (lambda x: gradient_of_bags(x, 0.0), [(2, 5)], SMOOTH),
        (lambda x: gradient_of_bags(x, 0.4), [(2, 5)], SMOOTH),
    ],
    "cast": [(lambda x: ops.cast(ops.cast(x, "float64"), "float64") * 1.0, [(3, 2)], SMOOTH)],
    "negative": [(ops.negative, [(3, 2)], SMOOTH)],
    "absolute": [(ops.absolute, [(7, 3)], KINKED)],
    "square": [(ops.square, [(7,)], SMOOTH)],
    "sqrt": [(shifted(ops.sqrt, 0.5), [(7,)], SMOOTH)],
    "rsqrt": [(shifted(ops.rsqrt, 0.5), [(7,)], SMOOTH)],
    "reciprocal": [(shifted(ops.reciprocal, 0.5), [(7,)], SMOOTH)],
    "exp": [(ops.exp, [(5, 3)], SMOOTH)],
    "expm1": [(ops.expm1, [(5, 3)], SMOOTH)],
    "log": [(shifted(ops.log, 0.5), [(5, 3)], SMOOTH)],
    "log1p": [(shifted(ops.log1p, 0.0), [(5, 3)], SMOOTH)],
    "tanh": [(ops.tanh, [(5, 3)], SMOOTH)],
    "sigmoid": [(ops.sigmoid, [(5, 3)], SMOOTH)],
    "relu": [(ops.relu, [(9, 3)], KINKED)],
    "relu_gradient": [(lambda x, y: ops.relu(x * ops.relu(y)), [(9, 3), (9, 3)], KINKED)],
    "sin": [(ops.sin, [(5,)], SMOOTH)],
    "cos": [(ops.cos, [(5,)], SMOOTH)],
    "erf": [(ops.erf, [(5,)], SMOOTH)],
    "erfc": [(ops.erfc, [(5,)], SMOOTH)],
    "add": [(ops.add, [(4, 3), (3,)], SMOOTH), (ops.add, [(1, 1), (2, 3)], SMOOTH)],
    "subtract": [(ops.subtract, [(4, 1), (4, 3)], SMOOTH)],
    "multiply": [(ops.multiply, [(4, 3), (4, 1)], SMOOTH), (ops.multiply, [(2, 1, 3), (5, 1)], SMOOTH)],
    "divide": [(lambda x, y: x / (ops.square(y) + 1.0), [(4, 3), (3,)], SMOOTH)],
    "power": [(lambda x, y: ops.power(ops.absolute(x) + 0.5, y), [(4, 3), (4, 3)], SMOOTH)],
    "maximum": [(ops.maximum, [(4, 3), (3,)], KINKED)],
    "minimum": [(ops.minimum, [(4, 3), (4, 3)], KINKED)],
    "where": [(lambda x, y: ops.where(ops.greater(x, 0.0), x * y, y), [(4, 3), (4, 3)], KINKED)],
    "reshape": [(lambda x: ops.reshape(x, (2, -1)) * np.arange(6.0).reshape(2, 3), [(3, 2)], SMOOTH)],
    "broadcast_to": [(lambda x: ops.broadcast_to(x, (4, 3)) * np.arange(12.0).reshape(4, 3), [(3,)], SMOOTH)],
    "transpose": [
        (lambda x: ops.transpose(x) * np.arange(6.0).reshape(2, 3), [(3, 2)], SMOOTH),
        (lambda x: ops.transpose(x, (1, 2, 0)) * np.arange(24.0).reshape(3, 4, 2), [(2, 3, 4)], SMOOTH),
    ],
    "concatenate": [
        (lambda x, y: ops.concatenate([x, y], axis=1), [(3, 2), (3, 4)], SMOOTH),
        (lambda x, y: ops.concatenate([x, y, x], axis=0), [(2, 3), (1, 3)], SMOOTH),
        (lambda x, y: ops.stack([x, y], axis=1), [(2, 3), (2, 3)], SMOOTH),
    ],
    "slice": [
        (lambda x: x[1:, ..., ::-2], [(3, 2, 5)], SMOOTH),
        (lambda x: x[None, 1, -1], [(3, 4)], SMOOTH),
        (lambda x: ops.split(x, [1, 3], axis=1)[1], [(2, 4, 3)], SMOOTH),
        (lambda x: ops.flip(x, 0) * x, [(5, 2)], SMOOTH),
    ],
    "pad": [
        (lambda x: ops.pad(x, ((1, 2), (0, 1)), constant_values=3.0), [(2, 3)], SMOOTH),
        (lambda x: ops.square(ops.pad(x, 2)), [(2, 1, 2)], SMOOTH),
    ],
    "take": [
        (lambda x: ops.take(x, [[2, 0], [-1, 2]], axis=0), [(3, 4)], SMOOTH),
        (lambda x: ops.square(ops.take(x, np.array([1, 1, 3]), axis=1)), [(2, 4, 3)], SMOOTH),
        (lambda x: ops.take(x, 1, axis=-1), [(2, 3)], SMOOTH),
        (lambda x: ops.repeat(x, [2, 0, 1], axis=0), [(3, 2)], SMOOTH),
    ],
    "scatter_add": [(lambda x: gradient_of_take(x, np.array([[2, 0], [-1, 2]])), [(2, 2, 5)], SMOOTH)],
    "scatter_along": [(lambda x: gradient_of_take_along(x, np.array([[2, 0], [-1, 2]])), [(2, 2)], SMOOTH)],
    "matmul": [
        (ops.matmul, [(3, 4), (4, 5)], SMOOTH),
        (ops.matmul, [(2, 3, 4), (4, 5)], SMOOTH),
        (ops.matmul, [(17, 33), (33, 65)], SMOOTH),
        (ops.matmul, [(4,), (4, 3)], SMOOTH),
    ],
    "einsum": [
        (lambda x, y: ops.einsum("abc,cde->abde", x, y), [(2, 3, 4), (4, 3, 2)], SMOOTH),
        (lambda x, y: ops.einsum("abc,bcd->dab", x, y), [(3, 2, 4), (2, 4, 3)], SMOOTH),
        (lambda x, y: ops.einsum("aab,b->a", x, y), [(3, 3, 2), (2,)], SMOOTH),
        (lambda x, y: ops.einsum("...ab,...cb->...ac", x, y), [(2, 3, 4), (1, 2, 4)], SMOOTH),
    ],
    "batched_matmul": [
        (ops.matmul, [(2, 3, 4), (2, 4, 5)], SMOOTH),
        (ops.matmul, [(3, 4), (2, 4, 5)], SMOOTH),
    ],
    "sum": [
        (lambda x: ops.sum(x, axis=0), [(3, 4)], SMOOTH),
        (lambda x: ops.sum(x, axis=(0, 2), keepdims=True), [(2, 3, 4)], SMOOTH),
        (ops.mean, [(3, 4)], SMOOTH),
    ],
    "max": [(lambda x: ops.max(x, axis=-1), [(5, 4)], KINKED), (ops.max, [(5, 4)], KINKED)],
    "min": [(lambda x: ops.min(x, axis=0), [(5, 4)], KINKED)],
    "softmax": [
        (ops.softmax, [(5, 4)], SMOOTH),
        (lambda x: ops.softmax(x, axis=0), [(5, 4)], SMOOTH),
        (lambda x: ops.softmax(x, axis=(0, 2)), [(2, 3, 4)], SMOOTH),
    ],
    "log_softmax": [(ops.log_softmax, [(5, 4)], SMOOTH)],
    "softmax_cross_entropy": [
        (lambda z: ops.sparse_categorical_crossentropy(labels(6), z, from_logits=True), [(6, 3)], SMOOTH),
        (lambda z, t: ops.categorical_crossentropy(t, z, from_logits=True), [(6, 3), (6, 3)], SMOOTH),
        (lambda z: ops.sparse_categorical_crossentropy(labels(6), ops.softmax(z)), [(6, 3)], SMOOTH),
        (lambda z: ops.binary_crossentropy(np.ones((6, 1)), z, from_logits=True), [(6, 1)], SMOOTH),
        (lambda z: ops.binary_crossentropy(np.ones((6, 1)), ops.sigmoid(z)), [(6, 1)], SMOOTH),
    ],
}

# Activations are composed of ops; their kinks lie nowhere near the arguments that are drawn.
for _activation in (
    "celu", "elu", "gelu", "hard_shrink", "hard_sigmoid", "hard_silu", "hard_tanh", "leaky_relu", "log_sigmoid",
    "relu6", "selu", "silu", "soft_shrink", "softplus", "softsign", "sparse_plus", "sparse_sigmoid", "squareplus",
    "tanh_shrink",
):  # fmt: skip
    CASES[_activation] = [(getattr(ops, _activation), [(7, 3)], KINKED)]
CASES["gelu"].append((lambda x: ops.gelu(x, approximate=False), [(7, 3)], SMOOTH))
CASES["glu"] = [(ops.glu, [(5, 4)], SMOOTH), (lambda x: ops.glu(x, axis=0), [(6, 2)], SMOOTH)]
CASES["sparsemax"] = [(ops.sparsemax, [(6, 5)], KINKED), (lambda x: ops.sparsemax(x, axis=0), [(5, 3)], KINKED)]
CASES["var"] = [(ops.var, [(4, 3)], SMOOTH), (lambda x: ops.var(x, axis=(0, 2)), [(2, 3, 4)], SMOOTH)]
CASES["std"] = [(lambda x: ops.std(x, axis=0, keepdims=True), [(4, 3)], SMOOTH)]
CASES["logsumexp"] = [(ops.logsumexp, [(4, 3)], SMOOTH), (lambda x: ops.logsumexp(x, axis=0), [(4, 3)], SMOOTH)]
CASES["threshold"] = [(lambda x: ops.threshold(x, 0.2, -1.0), [(7, 3)], KINKED)]


# What other names' gradients are made of: these are tested, along with all ops of that table, in test_keras_cases.py.
UNDER = {
    "recurrence": "cumprod",
    "running_sum": "cumsum",
    "scatter_max": "segment_max",
    "scatter_min": "segment_min",
    "scatter_prod": "segment_prod",
    "take_along": "take_along_axis",
}


def loss_of(function: Callable[..., Any], arrays: list[np.ndarray[Any, Any]]) -> tuple[float, list[Any]]:
    """The sum of the function's outputs, unevenly weighted, and its gradient for each array."""
    variables = [graph.Variable(array, dtype="float64") for array in arrays]

    def step() -> list[Any]:
        out = function(*(variable.value for variable in variables))
        weights = np.cos(np.arange(np.prod(out.shape, dtype=int))).reshape(out.shape)
        loss = ops.sum(out * weights)
        return [loss, *graph.differentiate(loss, variables)]

    loss, *gradients = graph.trace(step, [])()
    return float(loss), gradients


@pytest.mark.parametrize(("name", "number"), [(name, number) for name in CASES for number in range(len(CASES[name]))])
def test_gradient_matches_central_differences(name: str, number: int) -> None:
    function, shapes, tolerance = CASES[name][number]
    random = np.random.default_rng(number)
    # Nothing nearer to a kink at zero than the step.
    arrays = [np.sign(x) * (np.abs(x) + 0.01) for x in (random.standard_normal(shape) for shape in shapes)]
    _, gradients = loss_of(function, arrays)
    for position, gradient in enumerate(gradients):
        assert gradient.shape == shapes[position]
        expected = np.zeros_like(gradient)
        indices = list(np.ndindex(*gradient.shape))[:: max(1, gradient.size // 24)]
        for index in indices:
            ends = []
            for step in (STEP, -STEP):
                moved = [array.copy() for array in arrays]
                moved[position][index] += step
                ends.append(loss_of(function, moved)[0])
            expected[index] = (ends[0] - ends[1]) / (2 * STEP)
        scale = max(1.0, np.abs(gradient).max())
        for index in indices:
            assert abs(gradient[index] - expected[index]) < tolerance * scale, (position, index)


def test_every_op_has_a_gradient_that_is_tested_or_a_reason_for_none() -> None:
    elsewhere = {case.name for case in KERAS_CASES if case.smooth}
    for name in ops.__all__:
        getattr(ops, name)  # files that few programs need are loaded, and register their ops
    for name, op in graph.registry.items():
        if isinstance(op.gradient, str):
            assert len(op.gradient) > 10
        else:
            tested = name in CASES or UNDER.get(name, name) in elsewhere
            assert tested, f"op {name!r} has a gradient rule that no case tests"


def test_stop_gradient_stops_it() -> None:
    _, (gradient,) = loss_of(lambda x: ops.stop_gradient(x) * 2.0, [np.ones((2, 2))])
    np.testing.assert_array_equal(gradient, 0.0)


def test_a_variable_that_the_loss_does_not_need_gets_zeros() -> None:
    _, (first, second) = loss_of(lambda x, y: x * 3.0, [np.ones((2, 2)), np.ones(3)])
    assert first.shape == (2, 2)
    np.testing.assert_array_equal(second, np.zeros(3))


@pytest.mark.parametrize("value", [0.0])
def test_softplus_and_binary_crossentropy_have_their_derivative_at_zero(value: float) -> None:
    _, (gradient,) = loss_of(ops.softplus, [np.array([value])])
    assert gradient[0] == pytest.approx(0.5)
    _, (gradient,) = loss_of(lambda z: ops.binary_crossentropy(np.ones(1), z, from_logits=True), [np.array([value])])
    assert gradient[0] == pytest.approx(-0.5)


def test_differentiate_says_what_it_expects() -> None:
    variable = graph.Variable(np.ones(3))
    with pytest.raises(ValueError, match="inside a trace"):
        graph.differentiate(ops.sum(variable), [variable])
    with pytest.raises(ValueError, match=r"scalar loss, got shape \(3,\)"):
        graph.trace(lambda: graph.differentiate(variable * 2.0, [variable]), [])


@pytest.mark.parametrize("sparse", [True, False])
def test_the_second_derivative_of_a_cross_entropy(sparse: bool) -> None:
    draws = np.random.default_rng(0)
    weight, x = graph.Variable(draws.standard_normal((4, 3)), dtype="float64"), draws.standard_normal((6, 4))
    labels = np.arange(6) % 3

    def step() -> list[Any]:
        logits = ops.matmul(x, weight)
        if sparse:
            loss = ops.sum(ops.sparse_categorical_crossentropy(labels, logits, from_logits=True))
        else:
            loss = ops.sum(ops.categorical_crossentropy(np.eye(3)[labels], logits, from_logits=True))
        (gradient,) = graph.differentiate(loss, [weight])
        norm = ops.sum(ops.square(gradient))
        return [norm, *graph.differentiate(norm, [weight])]

    traced = graph.trace(step, [])
    _, found = traced()
    start, small = weight.numpy(), 1e-5
    for index in np.ndindex(4, 3):
        ends = []
        for sign in (1, -1):
            moved = start.copy()
            moved[index] += sign * small
            weight.assign(moved)
            ends.append(float(traced()[0]))
        assert found[index] == pytest.approx((ends[0] - ends[1]) / (2 * small), rel=1e-6, abs=1e-7)
