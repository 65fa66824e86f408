"""Random functions of ops: fused, unfused, called op by op and on any number of threads they have the same bits; their
gradients are what central differences say."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from properties.steps import CLASSES, SMOOTH, Array, Step, steps, variables

from nnfast import config, graph, ops
from nnfast.graph import fuse, program

TIMES = 3


@contextmanager
def settings_of(grouping: Callable[..., Any] = fuse.fuse, threads: int = 0, floatx: str = "float32") -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(program, "fuse", grouping)
        config.set_num_threads(threads)
        config.set_floatx(floatx)
        try:
            yield
        finally:
            config.set_num_threads(0)
            config.set_floatx("float32")


def batch(rows: int, units: int, dtype: str) -> tuple[Array, Array]:
    draws = np.random.default_rng(rows)
    return draws.standard_normal((rows, units)).astype(dtype), draws.integers(0, CLASSES, rows)


def traced(step: Step, rows: int) -> list[Array]:
    """What it gives when run a few times, and what it makes of its Variables."""
    held = variables(step.units, "float32")
    specs = [graph.TensorSpec((None, step.units), "float32"), graph.TensorSpec((None,), "int64")]
    made = graph.trace(step.bound(held), specs)
    found = [array for _ in range(TIMES) for array in made(*batch(rows, step.units, "float32"))]
    return [*found, *(variable.numpy() for variable in held.values())]


def called(step: Step, rows: int) -> list[Array]:
    """The same, op by op."""
    held = variables(step.units, "float32")
    function = step.bound(held)
    found = [np.array(array) for _ in range(TIMES) for array in function(*batch(rows, step.units, "float32"))]
    return [*found, *(variable.numpy() for variable in held.values())]


def assert_same_bits(found: list[Array], expected: list[Array]) -> None:
    for one, other in zip(found, expected, strict=True):
        assert one.dtype == other.dtype and one.shape == other.shape
        np.testing.assert_array_equal(one, other)


# Short to run, and worth more examples than others.
@settings(max_examples=8 * settings.default.max_examples)
@example(Step(5, ["v0 = ops.matmul(pair, weight)", "v1 = v0 + back"], ["v1"]), 7)  # which is no bias of its rows
@given(steps(), st.sampled_from([1, 2, 7, 64]))
def test_fused_equals_unfused_equals_op_by_op(step: Step, rows: int) -> None:
    expected = traced(step, rows)
    with settings_of(fuse.separate):
        assert_same_bits(traced(step, rows), expected)
    with settings_of(threads=3):
        assert_same_bits(traced(step, rows), expected)
    if step.is_the_same_op_by_op:
        assert_same_bits(called(step, rows), expected)


SMALL = 1e-5


@settings(max_examples=8 * settings.default.max_examples)
@given(steps(SMOOTH, most=9, assigns=False))
def test_gradients_equal_central_differences(step: Step) -> None:
    """Along random directions through all Variables at once, in float64."""
    x, labels = batch(4, step.units, "float64")
    with settings_of(floatx="float64"):
        held = variables(step.units, "float64")
        function = step.bound(held)

        def loss_and_gradients() -> list[Any]:
            weighted = [
                ops.sum(out * np.cos(np.arange(out.shape[-1] if out.shape else 1))) for out in function(x, labels)
            ]
            loss = sum(weighted, start=held["scalar"] * 0.0)
            return [loss, *graph.differentiate(loss, list(held.values()))]

        run = graph.trace(loss_and_gradients, [])
        _, *gradients = run()
        start = [variable.numpy() for variable in held.values()]
        draws = np.random.default_rng(0)
        for _ in range(3):
            direction = [draws.standard_normal(value.shape) for value in start]
            ends = []
            for sign in (SMALL, -SMALL):
                for variable, value, change in zip(held.values(), start, direction, strict=True):
                    variable.assign(value + sign * change)
                ends.append(float(run()[0]))
            slope = (ends[0] - ends[1]) / (2 * SMALL)
            along = sum(float((one * other).sum()) for one, other in zip(gradients, direction, strict=True))
            scale = max(1.0, *(float(np.abs(one).max()) for one in gradients), abs(ends[0]))
            assert abs(along - slope) < 2e-6 * scale, (along, slope)
