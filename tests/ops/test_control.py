"""Loops and branches: on arrays, in traces, and with gradients; and against real Keras."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from oracle import keras

from nnfast import gradients, graph, ops, tree

X = np.random.default_rng(0).standard_normal((5, 3)).astype("float32")

# Written for any of the two.
CALLS: dict[str, Any] = {
    "fori_loop": lambda o, x: o.fori_loop(0, 4, lambda number, value: value * 0.5 + o.sum(x), x),
    "while_loop": lambda o, x: o.while_loop(lambda n, y: n < 3, lambda n, y: (n + 1, y * 2.0), (0, x))[1],
    "while_loop of one": lambda o, x: o.while_loop(lambda y: True, lambda y: y * 2.0, x, maximum_iterations=3),
    "map": lambda o, x: o.map(lambda row: {"sum": o.sum(row), "row": row * row}, x),
    "map of several": lambda o, x: o.map(lambda pair: pair[0] - pair[1][0], (x, x * 2.0)),
    "vectorized_map": lambda o, x: o.vectorized_map(lambda row: o.max(row), x),
    "scan": lambda o, x: o.scan(lambda total, row: (total + row, total * row), x[0], x),
    "scan in reverse": lambda o, x: o.scan(lambda total, row: (total + row, total), x[0], x, reverse=True),
    "scan of nothing": lambda o, x: o.scan(lambda total, _: (total * 0.5, total), x, length=3),
    "associative_scan": lambda o, x: o.associative_scan(lambda a, b: a + b, x),
    "associative_scan in reverse": lambda o, x: o.associative_scan(lambda a, b: a * b, x, reverse=True, axis=1),
    "switch": lambda o, x: o.switch(1, [lambda y: y, lambda y: y * 2.0, lambda y: y * 3.0], x),
    "switch beyond": lambda o, x: o.switch(7, [lambda y: y, lambda y: y * 2.0], x),
}


@pytest.mark.parametrize("name", CALLS)
def test_keras_answer(name: str) -> None:
    expected = tree.flatten(CALLS[name](keras.ops, keras.ops.convert_to_tensor(X)))
    found = tree.flatten(CALLS[name](ops, ops.convert_to_tensor(X)))
    traced = graph.trace(lambda x: tree.flatten(CALLS[name](ops, x)), [graph.TensorSpec(X.shape, "float32")])(X)
    assert len(found) == len(expected)
    for got, again, wanted in zip(found, traced, expected, strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(again, wanted, rtol=1e-5, atol=1e-6)


def test_a_traced_index_chooses_among_all_branches() -> None:
    branches = [lambda y: y, lambda y: y * 2.0, lambda y: y * 3.0]
    specs = [graph.TensorSpec((), "int32"), graph.TensorSpec((3,), "float32")]
    program = graph.trace(lambda number, x: [ops.switch(number, branches, x)], specs)
    for number, factor in ((-4, 1), (0, 1), (1, 2), (2, 3), (9, 3)):
        np.testing.assert_array_equal(program(np.array(number, "int32"), X[0])[0], X[0] * np.float32(factor))


def test_a_loop_has_the_gradient_of_its_turns() -> None:
    found = gradients.grad(lambda x: ops.fori_loop(0, 3, lambda number, value: value * value, x))(1.1)
    assert float(found) == pytest.approx(8 * 1.1**7, rel=1e-5)


def test_custom_gradients() -> None:
    @ops.custom_gradient
    def both(x: Any, y: Any) -> Any:
        return (x * y, x + y), lambda upstream: (upstream[0] * 10.0, upstream[1] * 100.0)

    by_x, by_y = gradients.grad(lambda x, y: both(x, y)[0] + 3.0 * both(x, y)[1], argnums=(0, 1))(2.0, 5.0)
    assert (float(by_x), float(by_y)) == (10.0, 300.0)
    assert [float(part) for part in both(ops.convert_to_tensor(2.0), 5.0)] == [10.0, 7.0]


def test_vectorize_is_keras() -> None:
    def function(x: Any, y: Any) -> Any:
        return x * 2.0 + y

    found = ops.vectorize(function)(X, X[0])
    np.testing.assert_allclose(found, keras.ops.vectorize(function)(X, X[0]), rtol=1e-6)


def test_what_they_say_to_mistakes() -> None:
    with pytest.raises(ValueError, match="neither"):
        ops.scan(lambda total, x: (total, x), 0.0)
    with pytest.raises(ValueError, match="as many turns"):
        ops.scan(lambda total, x: (total, x), 0.0, X, length=3)
    with pytest.raises(ValueError, match="one length"):
        ops.map(lambda pair: pair[0], (X, X[:2]))
    with pytest.raises(ValueError, match="at least one function"):
        ops.switch(0, [])
    with pytest.raises(ValueError, match="at most 1000 turns of fori_loop"):
        graph.trace(lambda x: [ops.fori_loop(0, 5000, lambda _, y: y + 1.0, x)], [graph.TensorSpec((2,), "float32")])
    with pytest.raises(graph.UntraceableError, match="truth value"):
        graph.trace(
            lambda x: [ops.while_loop(lambda y: ops.sum(y) < 1.0, lambda y: y + 1.0, x)],
            [graph.TensorSpec((2,), "float32")],
        )


def test_what_is_known_of_tensors() -> None:
    assert ops.ndim(X) == 2 and ops.dtype(X) == "float32"
    symbol = graph.KerasTensor((None, 3), "int32")
    assert ops.ndim(symbol) == 2 and ops.dtype(symbol) == "int32"


def test_cond_of_nothing() -> None:
    assert ops.cond(True, lambda: None, lambda: None) is None
