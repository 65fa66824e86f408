"""grad and value_and_grad: against JAX, whose they are, and against differences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import nnfast
from nnfast import ops

draws = np.random.default_rng(0)
A, B = draws.normal(size=(3, 4)), draws.normal(size=(4, 2))

FUNCTIONS: dict[str, tuple[Callable[..., Any], Any, tuple[Any, ...]]] = {
    "a product": (lambda np_, x, y: np_.sum(np_.tanh(np_.matmul(x, y))), (0, 1), (A, B)),
    "one of two": (lambda np_, x, y: np_.sum(np_.matmul(x, y) ** 2), 1, (A, B)),
    "operators": (lambda np_, x: np_.sum((x * x - 3.0 * x) / (2.0 + x * x)), 0, (A,)),
    "structures": (
        lambda np_, p, x: np_.mean(np_.exp(-np_.matmul(x, p["w"]) + p["b"][0])),
        0,
        ({"w": B, "b": [np.zeros(2)]}, A),
    ),
    "a scalar": (lambda np_, x: np_.sin(x) * x, 0, (np.float64(0.7),)),
}


@pytest.mark.parametrize(("function", "argnums", "args"), FUNCTIONS.values(), ids=FUNCTIONS)
def test_equals_jax(function: Callable[..., Any], argnums: Any, args: tuple[Any, ...]) -> None:
    ours = nnfast.value_and_grad(lambda *given: function(ops, *given), argnums)
    wanted = jax.value_and_grad(lambda *given: function(jnp, *given), argnums)(*args)
    for _ in range(2):
        got = ours(*args)
        assert jax.tree.structure(jax.tree.map(np.asarray, got)) == jax.tree.structure(wanted)
        for mine, theirs in zip(nnfast.tree.flatten(got), jax.tree.leaves(wanted), strict=True):
            assert mine.dtype == theirs.dtype
            np.testing.assert_allclose(mine, theirs, rtol=1e-9)
    np.testing.assert_array_equal(
        nnfast.tree.flatten(nnfast.grad(lambda *given: function(ops, *given), argnums)(*args))[0],
        nnfast.tree.flatten(got[1])[0],
    )


def test_gradients_of_gradients() -> None:
    third = nnfast.grad(nnfast.grad(nnfast.grad(lambda x: x**4)))
    assert float(third(2.0)) == 48.0
    hessian_times = nnfast.grad(lambda x, v: ops.sum(nnfast.grad(lambda y: ops.sum(y**3))(x) * v))
    np.testing.assert_allclose(hessian_times(np.array([1.0, 2.0]), np.array([1.0, -1.0])), [6.0, -12.0])


def test_it_is_traced_once_for_each_kind_of_arguments() -> None:
    calls = []

    def function(x: Any, factor: float = 1.0, name: str = "a") -> Any:
        calls.append((x.shape, name))
        return ops.sum(x * x) * factor

    gradient = nnfast.grad(function)
    for x, factor in (([1.0], 2.0), ([2.0], 3.0), ([1.0, 2.0], 1.0)):
        np.testing.assert_allclose(gradient(x, factor), 2 * factor * np.array(x))
    gradient([1.0], 2.0, name="b")
    assert calls == [((1,), "a"), ((2,), "a"), ((1,), "b")]


def test_variables_are_read_at_every_call_and_others_come_back() -> None:
    scale = nnfast.Variable([2.0, 3.0])
    both = nnfast.value_and_grad(lambda x: (ops.sum(x * scale), {"twice": x * 2.0}), has_aux=True)
    (value, aux), gradient = both([1.0, 1.0])
    assert (float(value), aux["twice"].tolist(), gradient.tolist()) == (5.0, [2.0, 2.0], [2.0, 3.0])
    scale.assign([5.0, 7.0])
    gradient, aux = nnfast.grad(lambda x: (ops.sum(x * scale), x), has_aux=True)([1.0, 1.0])
    assert gradient.tolist() == [5.0, 7.0] and aux.tolist() == [1.0, 1.0]
    assert both([1.0, 1.0])[1].tolist() == [5.0, 7.0]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: nnfast.grad(lambda x: x)([1.0, 2.0]), ValueError, "scalar"),
        (lambda: nnfast.grad(lambda x: 3.0)(1.0), ValueError, "scalar"),
        (lambda: nnfast.grad(lambda x: x)(1), TypeError, "float type"),
        (lambda: nnfast.grad(lambda x: x)("a"), TypeError, "float type"),
        (lambda: nnfast.grad(lambda x: x, argnums=2)(1.0), ValueError, "argnums"),
        (lambda: nnfast.grad(lambda x: x if x > 0 else -x)(1.0), TypeError, "traced"),
    ],
)
def test_mistakes(call: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
