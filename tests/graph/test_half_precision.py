"""Half precision in the graph: rounded where it is made, computed with as float32, the same bits fused and unfused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnfast import Variable, config, graph, ops, random
from nnfast.graph.dtypes import result_type

ml_dtypes = pytest.importorskip("ml_dtypes")

HALVES = ["float16", "bfloat16"]


def same(got: Any, expected: Any) -> None:
    """NumPy does not tell NaNs of bfloat16 from others, and float32 holds all there is."""
    assert np.asarray(got).dtype == np.asarray(expected).dtype
    np.testing.assert_array_equal(np.asarray(got, "float32"), np.asarray(expected, "float32"))


@pytest.mark.parametrize("half", HALVES)
def test_casts_round_as_numpy_does(half: str) -> None:
    with np.errstate(over="ignore"):
        numbers = np.concatenate(
            [np.random.default_rng(0).normal(size=2000) * 10.0**power for power in (-9, -7, -5, -2, 0, 3, 5, 38)]
            + [[0.0, -0.0, np.inf, -np.inf, np.nan, 65504.0, 65519.0, 65520.0, 3.39e38]]
        ).astype("float32")
        expected = numbers.astype(half)
    small = np.abs(numbers) < np.finfo("float32").tiny  # the team takes these for zeros
    same(np.asarray(ops.cast(numbers, half))[~small], expected[~small])
    same(ops.cast(expected, "float32"), expected.astype("float32"))
    same(ops.cast(expected, "float64"), expected.astype("float64"))
    same(ops.cast(np.array([1.7, 300.0]), half), np.array([1.7, 300.0]).astype(half))
    assert ops.cast(expected[:3], "int32").dtype == "int32"


@pytest.mark.parametrize("half", HALVES)
def test_an_op_is_computed_in_float32_and_rounded(half: str) -> None:
    x = np.random.default_rng(1).normal(size=(6, 8)).astype(half)
    y = np.random.default_rng(2).normal(size=(8, 6)).astype(half)
    wide, other = x.astype("float32"), y.astype("float32")
    for op in (ops.exp, ops.tanh, ops.relu, ops.square, ops.softmax, ops.mean, ops.var, ops.logsumexp, ops.max):
        same(op(x), ops.cast(op(wide), half))
    same(ops.matmul(x, y), ops.cast(ops.matmul(wide, other), half))
    same(ops.add(x, ops.transpose(y)), x + np.asarray(ops.transpose(y)))
    moved = (ops.transpose(x), ops.reshape(x, (8, 6)), ops.concatenate([x, x]), ops.take(x, [1, 0], axis=0), x[1:3])
    assert all(tensor.dtype == half for tensor in moved)
    assert ops.argmax(x, axis=1).tolist() == np.argmax(wide, axis=1).tolist()
    assert ops.greater(x, 0).dtype == "bool"


def test_types_together() -> None:
    assert result_type("float16", "int64") == "float16"
    assert result_type("float16", "bfloat16") == "float32"
    assert result_type("bfloat16", "float32") == "float32" and result_type("float16", "float64") == "float64"
    half = np.ones(2, "float16")
    assert ops.multiply(half, 0.1).dtype == "float16" and ops.add(half, np.float32(1)).dtype == "float32"


@pytest.mark.parametrize("half", HALVES)
def test_sums_in_means_do_not_overflow(half: str) -> None:
    assert float(ops.mean(np.full(3000, 1000.0, half))) == 1000.0


@pytest.mark.parametrize("half", HALVES)
def test_gradients_have_the_types_of_what_they_belong_to(half: str) -> None:
    weights = Variable(np.random.default_rng(3).normal(size=(4, 3)), dtype="float32")

    def gradient(x: Any) -> list[Any]:
        product = ops.matmul(ops.cast(x, half), ops.cast(weights.value, half))
        return graph.differentiate(ops.sum(ops.cast(ops.square(product), "float32")), [weights])

    x = np.random.default_rng(4).normal(size=(5, 4)).astype("float32")
    (got,) = graph.trace(gradient, [graph.TensorSpec((None, 4), "float32")])(x)
    expected = 2 * x.T @ (x @ weights.numpy())
    assert got.dtype == "float32"
    np.testing.assert_allclose(got, expected, rtol=0.1, atol=0.1)


@given(st.lists(st.integers(0, 5), min_size=1, max_size=6), st.sampled_from(HALVES))
def test_fused_equals_op_by_op(steps: list[int], half: str) -> None:
    choices = [
        lambda a, b: a * b,
        lambda a, b: ops.tanh(a) + b,
        lambda a, b: ops.matmul(a, ops.transpose(b)),
        lambda a, b: ops.relu(a - 0.1),
        lambda a, b: ops.softmax(a),
        lambda a, b: ops.cast(ops.cast(a, "float32") / 3.0, half),
    ]

    def function(x: Any, y: Any) -> list[Any]:
        a, b = ops.cast(x, half), ops.cast(y, half)
        for step in steps:
            a = choices[step](a, b)
        return [ops.cast(a, "float32"), a]

    arrays = [np.random.default_rng(seed).normal(size=(6, 6)).astype("float32") for seed in (5, 6)]
    traced = graph.trace(function, [graph.TensorSpec((6, 6), "float32")] * 2)(*arrays)
    eager = graph.run_eagerly(function, arrays)
    for one, other in zip(traced, eager, strict=True):
        same(one, other)


@pytest.mark.parametrize("half", HALVES)
def test_variables_are_kept_in_two_bytes(half: str) -> None:
    variable = Variable([1.0, 2.0], dtype=half)
    variable.assign_add([0.5, 1.5])
    assert variable.numpy().dtype == half and variable.numpy().tolist() == [1.5, 3.5] and variable.numpy().nbytes == 4


def test_variables_are_read_in_half_precision_where_that_is_asked_for() -> None:
    kept, whole = Variable([1.0 + 2**-12], autocast=False), Variable([3], dtype="int32")
    variable = Variable([1.0 + 2**-12])
    with graph.autocasting("float16"):
        assert variable.dtype == variable.value.dtype == (variable * 2.0).dtype == "float16"
        assert float(variable.value[0]) == 1.0
        assert kept.dtype == "float32" and whole.dtype == "int32"
        variable.assign([1.0 + 2**-13])
    assert variable.dtype == "float32" and float(variable.value[0]) == 1.0 + 2**-13


@pytest.mark.parametrize("half", HALVES)
def test_random_numbers(half: str) -> None:
    numbers = random.normal((1000,), dtype=half, seed=1)
    assert numbers.dtype == half and np.isfinite(np.asarray(numbers, "float32")).all()
    assert random.truncated_normal((5,), dtype=half, seed=1).dtype == half
    same(numbers, np.asarray(random.normal((1000,), dtype="float32", seed=1)).astype(half))


def test_floatx_may_be_half_precision() -> None:
    config.set_floatx("float16")
    try:
        assert ops.ones(2).dtype == "float16" and ops.convert_to_tensor([0.5]).dtype == "float16"
    finally:
        config.set_floatx("float32")
