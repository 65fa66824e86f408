"""Tracing, fusion and lowering: every fused Program against the unfused one, and what Variables see."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from nnfast import config, graph, ops, random
from nnfast.graph import fuse, program

Array = np.ndarray[Any, Any]
BATCH = graph.TensorSpec((None, 7), "float32")


@pytest.fixture
def threads() -> Any:
    """Sets the number of threads for a test, and back."""
    yield config.set_num_threads
    config.set_num_threads(0)


def drawn(*shape: int, seed: int = 0) -> Array:
    return np.random.default_rng(seed).standard_normal(shape).astype("float32")


def run_both(
    make: Callable[[], tuple[Callable[..., Sequence[Any]], Sequence[graph.Variable]]],
    specs: Sequence[graph.TensorSpec],
    arrays: Sequence[Array],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Runs a step three times fused and three times unfused, from equal variables; everything has the same bits."""
    results = []
    for grouping in (fuse.fuse, fuse.separate):
        monkeypatch.setattr(program, "fuse", grouping)
        function, variables = make()
        traced = graph.trace(function, specs)
        outputs = [traced(*arrays) for _ in range(3)]
        results.append([*sum(outputs, ()), *(variable.numpy() for variable in variables)])
    for fused, unfused in zip(*results, strict=True):
        np.testing.assert_array_equal(fused, unfused)


def dense_step(units: int, rate: float, update: str) -> Callable[[], Any]:
    def make() -> Any:
        generator = random.SeedGenerator(3)
        weights = [drawn(7, units, seed=1), drawn(units, seed=2), drawn(units, 3, seed=3), drawn(3, seed=4)]
        variables = [graph.Variable(weight, name=f"w{number}") for number, weight in enumerate(weights)]
        slots = [graph.Variable(np.zeros(variable.shape), name=f"{variable.name}_slot") for variable in variables]

        def step(x: Any, y: Any) -> list[Any]:
            hidden = ops.relu(ops.matmul(x, variables[0]) + variables[1])
            hidden = random.dropout(hidden, rate, seed=generator)
            probabilities = ops.softmax(ops.matmul(hidden, variables[2]) + variables[3])
            loss = ops.mean(ops.sparse_categorical_crossentropy(y, probabilities))
            gradients = graph.differentiate(loss, variables)
            if update == "clip":
                norm = ops.sqrt(sum((ops.sum(ops.square(g)) for g in gradients), start=0.0))
                gradients = [g / ops.maximum(norm, 1.0) for g in gradients]
            for variable, slot, gradient in zip(variables, slots, gradients, strict=True):
                slot.assign(0.9 * slot + 0.1 * ops.square(gradient))
                variable.assign(variable - 0.01 * gradient / ops.sqrt(slot + 1e-7))
            return [loss, probabilities, hidden]

        return step, [*variables, *slots, generator.state]

    return make


@pytest.mark.parametrize("units", [1, 16, 33, 130])
@pytest.mark.parametrize("rows", [1, 5, 64])
@pytest.mark.parametrize(("rate", "update"), [(0.0, "plain"), (0.3, "plain"), (0.3, "clip")])
def test_fused_training_steps_equal_unfused_ones(
    units: int, rows: int, rate: float, update: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    specs = [BATCH, graph.TensorSpec((None,), "int64")]
    labels = np.arange(rows, dtype="int64") % 3
    run_both(dense_step(units, rate, update), specs, [drawn(rows, 7), labels], monkeypatch)


def test_gradients_of_a_dense_step_use_few_instructions() -> None:
    step, _ = dense_step(16, 0.0, "plain")()
    text = graph.trace(step, [BATCH, graph.TensorSpec((None,), "int64")]).explain()
    listing = text.split("program:\n")[1].splitlines()
    instructions = [line for line in listing if not line.strip().startswith(("first:", "last:"))]
    # Both weights are updated in the epilogue of their own gradient.
    updates = [line for line in instructions if "matmul" in line and "divide subtract" in line]
    assert len(updates) == 2
    assert len(instructions) <= 20


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_the_same_bits_for_any_number_of_threads(count: int, threads: Any) -> None:
    results = []
    for team in (1, count):
        threads(team)
        step, variables = dense_step(517, 0.3, "clip")()
        traced = graph.trace(step, [BATCH, graph.TensorSpec((None,), "int64")])
        feed = graph.Feed([drawn(1000, 7), np.arange(1000, dtype="int64") % 3], 301)  # the last batch is partial
        feed.shuffle(1, 2)
        outputs = [np.empty((), "float32"), np.empty((1000, 3), "float32"), np.empty((1000, 517), "float32")]
        traced.run(feed, 0, feed.batches, outputs)
        results.append([*outputs, *(variable.numpy() for variable in variables)])
    for one, several in zip(*results, strict=True):
        np.testing.assert_array_equal(one, several)


def test_variables_see_assignments_in_order() -> None:
    first, second = graph.Variable(np.float32(1)), graph.Variable(np.float32(2))

    def swap() -> list[Any]:
        before = first.value
        first.assign(second)
        second.assign(before)
        return [first.value, second.value]

    traced = graph.trace(swap, [])
    assert [float(value) for value in traced()] == [2.0, 1.0]
    assert [float(first.numpy()), float(second.numpy())] == [2.0, 1.0]


def test_an_old_value_that_is_read_late_is_not_overwritten() -> None:
    weight = graph.Variable(drawn(40, 40))
    before = weight.numpy()

    def step(x: Any) -> list[Any]:
        old = weight.value
        weight.assign(old * 2.0)
        # All of these read the value from before the assignment, after it was recorded.
        return [ops.matmul(x, old), ops.transpose(old), old, ops.matmul(x, weight)]

    x = drawn(3, 40)
    product, transposed, copy, doubled = graph.trace(step, [graph.TensorSpec((None, 40), "float32")])(x)
    np.testing.assert_allclose(product, x @ before, rtol=1e-5, atol=1e-5)
    np.testing.assert_array_equal(transposed, before.T)
    np.testing.assert_array_equal(copy, before)
    np.testing.assert_allclose(doubled, x @ before * 2, rtol=1e-5, atol=1e-5)
    np.testing.assert_array_equal(weight.numpy(), before * 2)


def test_one_value_in_two_variables_and_an_output() -> None:
    variables = [graph.Variable(np.zeros(3, "float32")) for _ in range(2)]

    def step(x: Any) -> list[Any]:
        total = ops.sum(x, axis=0)
        for variable in variables:
            variable.assign(total)
        return [total, total]

    outputs = graph.trace(step, [graph.TensorSpec((None, 3), "float32")])(np.ones((4, 3), "float32"))
    for value in [*outputs, *(variable.numpy() for variable in variables)]:
        np.testing.assert_array_equal(value, [4, 4, 4])


def test_outputs_may_be_arguments_constants_and_views() -> None:
    def step(x: Any) -> list[Any]:
        return [x, ops.reshape(x, (-1, 7, 1)), np.float32(3), ops.zeros_like(x)]

    x = drawn(4, 7)
    same, view, constant, zeros = graph.trace(step, [BATCH])(x)
    np.testing.assert_array_equal(same, x)
    np.testing.assert_array_equal(view, x[..., None])
    assert constant == 3
    assert zeros.shape == (4, 7) and not zeros.any()


@pytest.mark.parametrize("rows", [0, 1, 2, 127, 128, 300])
def test_one_program_serves_any_batch(rows: int) -> None:
    weight = graph.Variable(drawn(7, 5))
    traced = graph.trace(lambda x: [ops.matmul(x, weight)], [BATCH])
    x = drawn(rows, 7)
    (out,) = traced(x)
    assert out.shape == (rows, 5)
    np.testing.assert_allclose(out, x @ weight.numpy(), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int32", "int64", "uint32", "float32", "float64"])
@pytest.mark.parametrize("shuffled", [False, True])
def test_a_feed_casts_while_it_gathers(dtype: str, shuffled: bool) -> None:
    x = (drawn(50, 7) * 10).clip(0, 100).astype(dtype)
    traced = graph.trace(lambda x: [x * 1.0], [BATCH])
    feed = graph.Feed([x], 16)
    if shuffled:
        feed.shuffle(7, 1)
    out = np.empty((50, 7), "float32")
    traced.run(feed, 0, feed.batches, [out])
    expected = x.astype("float32")
    if shuffled:
        assert not np.array_equal(out, expected)
        out, expected = np.sort(out, axis=0), np.sort(expected, axis=0)
    np.testing.assert_array_equal(out, expected)


def test_shuffles_are_permutations_keyed_by_seed_and_epoch() -> None:
    rows = np.arange(1001, dtype="int64")[:, None]
    traced = graph.trace(lambda x: [x + 0], [graph.TensorSpec((None, 1), "int64")])
    orders = {}
    for seed, epoch in [(1, 0), (1, 1), (2, 0), (1, 0)]:
        feed = graph.Feed([rows], 100)
        feed.shuffle(seed, epoch)
        out = np.empty_like(rows)
        traced.run(feed, 0, feed.batches, [out])
        assert sorted(out[:, 0]) == list(range(1001))
        assert orders.setdefault((seed, epoch), out[:, 0].tolist()) == out[:, 0].tolist()
    assert len({tuple(order) for order in orders.values()}) == 3


def test_a_label_out_of_range_stops_before_any_weight_changes(threads: Any) -> None:
    for count in (1, 2, 3):
        threads(count)
        step, variables = dense_step(517, 0.0, "plain")()
        traced = graph.trace(step, [BATCH, graph.TensorSpec((None,), "int64")])
        labels = np.arange(600, dtype="int64") % 3
        labels[450] = 3
        feed = graph.Feed([drawn(600, 7), labels], 150)
        outputs = [np.empty((), "float32"), np.empty((600, 3), "float32"), np.empty((600, 517), "float32")]
        traced.run(feed, 0, 3, outputs)
        before = [variable.numpy() for variable in variables]
        with pytest.raises(ValueError, match=r"labels from 0 to 2 \(3 classes\), got 3 in row 0"):
            traced.run(feed, 3, 1, outputs)
        for variable, value in zip(variables, before, strict=True):
            np.testing.assert_array_equal(variable.numpy(), value)


def test_equal_calls_are_one_node() -> None:
    traced = graph.trace(lambda x: [ops.exp(x) + ops.exp(x)], [BATCH])
    assert traced.explain().split("fused graph:")[0].count("exp(") == 1


def test_nnfast_graph_prints_the_three_stages(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setenv("NNFAST_GRAPH", "1")
    graph.trace(lambda x: [ops.relu(x) * 2.0], [BATCH])
    err = capsys.readouterr().err
    assert "traced graph:" in err and "fused graph:" in err and "program:" in err
    assert "+ multiply" in err  # in relu's kernel


def test_mistakes_in_traced_functions_are_explained() -> None:
    with pytest.raises(TypeError, match=r"ops\.where"):
        graph.trace(lambda x: [x if x > 0 else -x], [BATCH])
    with pytest.raises(ValueError, match="only the first dimension"):
        graph.trace(lambda x: [x], [graph.TensorSpec((2, None), "float32")])
    leaked: list[Any] = []
    graph.trace(lambda x: leaked.append(x) or [x], [BATCH])
    with pytest.raises(RuntimeError, match="outside the trace"):
        ops.exp(leaked[0])


def test_a_feed_checks_what_it_is_given() -> None:
    with pytest.raises(ValueError, match="one length"):
        graph.Feed([np.zeros((3, 1)), np.zeros((2, 1))], 1)
    with pytest.raises(ValueError, match="batch size"):
        graph.Feed([np.zeros((3, 1))], 0)
    traced = graph.trace(lambda x: [x * 1.0], [BATCH])
    feed = graph.Feed([np.zeros((3, 6), "float32")], 1)
    with pytest.raises(ValueError, match="shapes that were traced"):
        traced.run(feed, 0, 1, [np.empty((3, 7), "float32")])
    feed = graph.Feed([np.zeros((3, 7), "float32")], 1)
    with pytest.raises(ValueError, match="row for every sample"):
        traced.run(feed, 0, 3, [np.empty((2, 7), "float32")])
    with pytest.raises(ValueError, match="batches of the feed"):
        traced.run(feed, 2, 2, [np.empty((3, 7), "float32")])


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

    traced = graph.trace(step, [graph.TensorSpec((None, 3), "float32"), graph.TensorSpec((None,), "int64")])
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


CASTS = {
    "bool": (lambda x: ops.mean(ops.cast(x + x, "float32")), np.array([True])),
    "uint8": (lambda x: ops.cast(ops.subtract(x, np.uint8(128)), "float32") * 1.0, np.array([5], "uint8")),
    "int32": (lambda x: ops.cast(ops.cast(x, "float32"), "int32"), np.array([16777217], "int32")),
}


@pytest.mark.parametrize("name", CASTS)
def test_a_traced_chain_of_casts_gives_what_the_ops_give_one_by_one(name: str) -> None:
    function, x = CASTS[name]
    (traced,) = graph.trace(lambda value: [function(value)], [graph.TensorSpec(x.shape, x.dtype.name)])(x)
    np.testing.assert_array_equal(traced, function(x))


def test_arguments_with_and_without_a_batch_do_not_go_together() -> None:
    with pytest.raises(ValueError, match="batch"):
        graph.trace(lambda x, s: [x * s], [graph.TensorSpec((None, 3), "float32"), graph.TensorSpec((), "float32")])


def test_a_draw_without_a_seed_differs_from_run_to_run() -> None:
    traced = graph.trace(lambda x: [random.dropout(x, 0.5)], [graph.TensorSpec((None, 50), "float32")])
    x = np.ones((20, 50), "float32")
    assert not np.array_equal(traced(x)[0], traced(x)[0])


def test_a_big_endian_array_is_never_read_as_native() -> None:
    traced = graph.trace(lambda x: [x * 2.0], [graph.TensorSpec((None, 3), "float32")])
    with pytest.raises(ValueError):
        traced(np.ones((1, 3), ">f4"))


def test_no_rows_have_no_sum_of_the_batch() -> None:
    with pytest.raises(ValueError):
        graph.trace(lambda x: [ops.sum(x)], [graph.TensorSpec((None, 3), "float32")])(np.zeros((0, 3), "float32"))


def test_batches_beyond_the_feed_are_refused_however_large() -> None:
    traced = graph.trace(lambda x: [x * 2.0], [graph.TensorSpec((None, 3), "float32")])
    feed = graph.Feed([np.ones((4, 3), "float32")], 2)
    with pytest.raises(ValueError, match="batches of the feed"):
        traced.run(feed, 1, 2**63 - 1, [np.empty((4, 3), "float32")])


def test_what_was_traced_before_the_seed_was_set_draws_from_it() -> None:
    program = graph.trace(lambda: [random.uniform((3,))], [])
    draws = []
    for seed in (1, 1, 2):
        random.set_seed(seed)
        draws.append([program()[0].tolist(), random.uniform((3,)).tolist()])
    assert draws[0] == draws[1] != draws[2]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("units", [64, 70, 130])
@pytest.mark.parametrize("columns", [1, 4, 7, 130])
@pytest.mark.parametrize("rows", [1, 5, 127, 128, 300])
def test_skipping_zeros_changes_no_bit(rows: int, columns: int, units: int, dtype: str, threads: Any) -> None:
    generator = np.random.default_rng(rows + columns)
    x = generator.normal(size=(rows, columns)).astype(dtype)
    x[generator.random(x.shape) < 0.8] = 0.0
    x[::3] *= -1.0  # and some zeros are negative
    g = generator.normal(size=(rows, units)).astype(dtype)
    kernel, bias = generator.normal(size=(columns, units)), generator.normal(size=units)
    found = []
    for sparse, count in (((), 1), ([0], 1), ([0], 3)):
        threads(count)
        weight, shift = graph.Variable(kernel, dtype=dtype), graph.Variable(bias, dtype=dtype)

        def step(x: Any, g: Any, weight: graph.Variable = weight, shift: graph.Variable = shift) -> list[Any]:
            plain = ops.matmul(x, weight)
            hidden = ops.relu(plain + shift)
            (gradient,) = graph.differentiate(ops.sum(hidden * g), [weight])
            weight.assign(weight - 0.1 * gradient)
            return [plain, hidden]

        specs = [graph.TensorSpec((None, columns), dtype), graph.TensorSpec((None, units), dtype)]
        traced = graph.trace(step, specs, sparse)
        assert traced.explain().count("matmul nonzeros of") == (2 if sparse else 0)
        found.append([*traced(x, g), *traced(x, g), weight.numpy()])
    for arrays in zip(*found, strict=True):
        assert len({array.tobytes() for array in arrays}) == 1


@pytest.mark.parametrize(
    ("shapes", "axes", "b_axes"),
    [
        (((40, 7), (40, 9)), (1, 0), None),
        (((7, 40), (9, 40)), None, (1, 0)),
        (((40, 7), (9, 40)), (1, 0), (1, 0)),
        (((2, 40, 7), (2, 9, 40)), (0, 2, 1), (0, 2, 1)),
        (((40, 7, 2), (40, 9)), (2, 1, 0), None),
        (((3, 7, 40), (9, 40)), None, (1, 0)),
    ],
)
def test_products_transpose_as_they_go(shapes: Any, axes: Any, b_axes: Any, capfd: Any, monkeypatch: Any) -> None:
    """The transpose of a matrix is none of its own where a product alone reads it; other orders of axes are."""
    a, b = (np.random.default_rng(0).normal(size=shape).astype("float32") for shape in shapes)

    def turned(x: Any, order: Any) -> Any:
        return x if order is None else ops.transpose(x, order)

    monkeypatch.setenv("NNFAST_GRAPH", "1")
    specs = [graph.TensorSpec(array.shape, "float32") for array in (a, b)]
    program = graph.trace(lambda x, y: [ops.matmul(turned(x, axes), turned(y, b_axes))], specs)
    ran = capfd.readouterr()
    assert ("transpose" in (ran.out + ran.err).partition("program:")[2]) == (axes == (2, 1, 0))
    left, right = (np.transpose(x, order) if order else x for x, order in ((a, axes), (b, b_axes)))
    np.testing.assert_allclose(program(a, b)[0], np.matmul(left, right), rtol=1e-5, atol=1e-5)
