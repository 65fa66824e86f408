"""Mistakes that a review found: each of these was wrong once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nnfast import config, graph, ops, random
from nnfast.graph import TensorSpec as Spec


def drawn(*shape: int, dtype: str = "float32") -> Any:
    return np.random.default_rng(0).standard_normal(shape).astype(dtype)


def test_a_float32_weight_beside_a_float64_product() -> None:
    weight = graph.Variable(drawn(101, 101), dtype="float32")
    other = graph.Variable(drawn(101, 101), dtype="float64")
    (found,) = graph.trace(lambda: [ops.matmul(other, other) * 0.0 + ops.cast(weight, "float64")], [])()
    np.testing.assert_array_equal(found, weight.numpy().astype("float64"))


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("store_first", [False, True])
def test_a_bad_label_changes_no_variable_whatever_the_threads(threads: int, store_first: bool) -> None:
    weight, count = graph.Variable(drawn(300, 300)), graph.Variable(0.0)
    before = weight.numpy()

    def update() -> None:
        count.assign_add(1.0)
        weight.assign(weight * 0.5)

    def step(x: Any, y: Any) -> list[Any]:
        if store_first:
            update()
        loss = ops.sparse_categorical_crossentropy(y, x, from_logits=True)
        if not store_first:
            update()
        return [loss]

    traced = graph.trace(step, [Spec((None, 3), "float32"), Spec((None,), "int64")])
    labels = np.zeros(4000, "int64")
    labels[[1500, 3900]] = 7, 9
    config.set_num_threads(threads)
    try:
        for _ in range(5):
            with pytest.raises(ValueError, match="got 7 in row 1500"):
                traced(drawn(4000, 3), labels)
    finally:
        config.set_num_threads(0)
    np.testing.assert_array_equal(weight.numpy(), before)
    assert float(count) == 0


@pytest.mark.parametrize("sparse", [True, False])
def test_the_second_derivative_of_a_cross_entropy(sparse: bool) -> None:
    weight, x = graph.Variable(drawn(4, 3), dtype="float64"), drawn(6, 4, dtype="float64")
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


CASTS = {
    "bool": (lambda x: ops.mean(ops.cast(x + x, "float32")), np.array([True])),
    "uint8": (lambda x: ops.cast(ops.subtract(x, np.uint8(128)), "float32") * 1.0, np.array([5], "uint8")),
    "int32": (lambda x: ops.cast(ops.cast(x, "float32"), "int32"), np.array([16777217], "int32")),
}


@pytest.mark.parametrize("name", CASTS)
def test_a_traced_chain_of_casts_gives_what_the_ops_give_one_by_one(name: str) -> None:
    function, x = CASTS[name]
    (traced,) = graph.trace(lambda value: [function(value)], [Spec(x.shape, x.dtype.name)])(x)
    np.testing.assert_array_equal(traced, function(x))


def test_arguments_with_and_without_a_batch_do_not_go_together() -> None:
    with pytest.raises(ValueError, match="batch"):
        graph.trace(lambda x, s: [x * s], [Spec((None, 3), "float32"), Spec((), "float32")])


def test_a_draw_without_a_seed_differs_from_run_to_run() -> None:
    traced = graph.trace(lambda x: [random.dropout(x, 0.5)], [Spec((None, 50), "float32")])
    x = np.ones((20, 50), "float32")
    assert not np.array_equal(traced(x)[0], traced(x)[0])


def test_operators_in_place_leave_the_callers_array() -> None:
    array = np.ones(1, "float32")
    for value in ("+=", "-=", "*=", "/=", "**="):
        scope = {"x": ops.convert_to_tensor(array)}
        exec(f"x {value} 3", scope)
        assert isinstance(scope["x"], graph.Tensor)
        np.testing.assert_array_equal(array, 1)


def test_a_big_endian_array_is_never_read_as_native() -> None:
    traced = graph.trace(lambda x: [x * 2.0], [Spec((None, 3), "float32")])
    with pytest.raises(ValueError):
        traced(np.ones((1, 3), ">f4"))


def test_no_rows_have_no_sum_of_the_batch() -> None:
    with pytest.raises(ValueError):
        graph.trace(lambda x: [ops.sum(x)], [Spec((None, 3), "float32")])(np.zeros((0, 3), "float32"))


def test_batches_beyond_the_feed_are_refused_however_large() -> None:
    traced = graph.trace(lambda x: [x * 2.0], [Spec((None, 3), "float32")])
    feed = graph.Feed([np.ones((4, 3), "float32")], 2)
    with pytest.raises(ValueError, match="batches of the feed"):
        traced.run(feed, 1, 2**63 - 1, [np.empty((4, 3), "float32")])


def test_sums_of_small_types() -> None:
    assert ops.sum(np.full(10, 200, "uint8")) == 2000
    assert isinstance(ops.sum(3.0), graph.Tensor)
    assert float(ops.softplus(True)) == pytest.approx(1.3132616)
