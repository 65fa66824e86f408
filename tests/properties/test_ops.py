"""Every public op, on arrays of any shape, type and layout: NumPy's answer, or an error where NumPy has one. The same
numbers have the same bits however they lie in memory, and traced as called."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from ops.keras_cases import CASES as KERAS_CASES
from properties.drawn import Array, Drawn, arrays
from properties.rules import RULES, Call

from nnfast import graph, ops

# Loops and the like are tested in tests/ops/test_control.py; others tell what they know of a tensor.
NOT_OF_ARRAYS_ALONE = {
    "associative_scan", "convert_to_numpy", "custom_gradient", "dtype", "fori_loop", "is_tensor", "map", "ndim", "scan",
    "shape", "switch", "vectorize", "vectorized_map", "while_loop",
}  # fmt: skip

TOLERANCES = {"float16": 2e-3, "float32": 4e-6, "float64": 1e-13}


def exact(array: Array) -> Array:
    return array.astype("float64")


def stored(expected: Any, dtype: np.dtype[Any]) -> Array:
    """What a type makes of a float64 result: integers lose the fraction, and are the nearest that the type holds."""
    values = np.asarray(expected)
    if dtype.kind not in "iu":
        return values.astype(dtype)
    limits = np.iinfo(dtype)
    whole = np.trunc(np.nan_to_num(exact(values)))
    beyond = whole >= float(limits.max)
    inside = np.maximum(np.where(beyond, 0, whole), float(limits.min)).astype(dtype)
    return np.where(beyond, np.array(limits.max, dtype), inside)


def check_call(name: str, call: Call) -> None:
    rule = RULES[name]
    op = rule.op or getattr(ops, name)
    given = [drawn.array for drawn in call.arrays]
    before = [array.tobytes() for array in given]
    plain = [drawn.plain for drawn in call.arrays]
    with np.errstate(all="ignore"):
        try:
            expected = rule.reference(*map(exact, given), **call.named)
        except (ValueError, IndexError, TypeError):
            with pytest.raises((ValueError, TypeError, IndexError)) as caught:
                op(*given, **call.named)
            assert len(str(caught.value)) > 20, caught.value
            return
    found = op(*given, **call.named)
    assert isinstance(found, graph.Tensor) and found.flags.c_contiguous
    expected = stored(expected, found.dtype)
    assert found.shape == expected.shape
    tolerance = TOLERANCES.get(found.dtype.name, 0)
    np.testing.assert_allclose(found.numpy(), expected, rtol=tolerance, atol=tolerance)
    # However it lies in memory, and whether it is read only or not.
    assert [array.tobytes() for array in given] == before
    again = op(*plain, **call.named)
    assert found.dtype == again.dtype and found.tobytes() == again.tobytes()
    check_traced(op, [np.asarray(ops.convert_to_tensor(array)) for array in plain], call.named, found)


def check_traced(op: Callable[..., Any], given: list[Array], named: dict[str, Any], found: Array) -> None:
    specs = [graph.TensorSpec(array.shape, array.dtype.name) for array in given]
    (traced,) = graph.trace(lambda *symbols: [op(*symbols, **named)], specs)(*given)
    assert traced.dtype == found.dtype and traced.shape == found.shape and traced.tobytes() == found.tobytes()


def test_every_op_has_a_rule() -> None:
    """Here, or where real Keras is asked."""
    tested = {*RULES, *(case.name for case in KERAS_CASES), *NOT_OF_ARRAYS_ALONE}
    assert tested == set(ops.__all__)


@pytest.mark.filterwarnings("ignore:Mean of empty slice")
@pytest.mark.parametrize("name", RULES)
def test_op(name: str) -> None:
    @given(RULES[name].calls)
    def check(call: Call) -> None:
        check_call(name, call)

    check()


@given(arrays())
def test_shape(x: Drawn) -> None:
    assert ops.shape(x.array) == x.array.shape
