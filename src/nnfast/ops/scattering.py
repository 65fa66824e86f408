"""Values put where computed indices say, and reductions of those that have the same index."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from nnfast.graph import Kind, Op, TensorLike, apply, as_operand, register
from nnfast.graph.dtypes import is_float
from nnfast.ops.movement import broadcast_to, reshape, zeros
from nnfast.ops.parts import scatter_add, scattered, take
from nnfast.ops.pointwise import (
    add,
    cast,
    equal,
    greater_equal,
    less,
    logical_and,
    maximum,
    minimum,
    multiply,
    subtract,
    where,
)
from nnfast.ops.shapes import as_shape, dtype_of, promote_to_float


def _extreme_gradient(g: Any, out: Any, x: Any, indices: Any, axis: int, length: int) -> tuple[Any, None]:
    """The gradient goes to the extreme of each index, in equal parts where there are several."""
    chosen = cast(equal(x, take(out, indices, axis)), x.dtype)
    shares = apply(scatter_add, chosen, indices, axis=axis, length=length)
    return chosen * take(g / maximum(shares, 1.0), indices, axis), None


def _product_gradient(g: Any, out: Any, x: Any, indices: Any, axis: int, length: int) -> tuple[Any, None]:
    """The product of the others: without division by zero, and zero where two are."""
    is_zero = equal(x, 0.0)
    others = apply(_scatter_prod, where(is_zero, 1.0, x), indices, axis=axis, length=length)
    zeros_there = take(apply(scatter_add, cast(is_zero, x.dtype), indices, axis=axis, length=length), indices, axis)
    alone = subtract(zeros_there, cast(is_zero, x.dtype))  # how many others are zero
    rest = take(others, indices, axis) / where(is_zero, 1.0, x)
    return take(g, indices, axis) * where(equal(alone, 0.0), rest, 0.0), None


_scatter_max = register(Op("scatter_max", Kind.SCATTER, scattered, _extreme_gradient, "max"))
_scatter_min = register(Op("scatter_min", Kind.SCATTER, scattered, _extreme_gradient, "min"))
_scatter_prod = register(Op("scatter_prod", Kind.SCATTER, scattered, _product_gradient, "prod"))


def _segments(op: Op, data: TensorLike, segment_ids: TensorLike, num_segments: int | None) -> Any:
    (operand,), places = promote_to_float(data), as_operand(segment_ids)
    if places.shape != operand.shape[: places.ndim]:
        raise ValueError(f"Expected a segment number for each of {operand.shape}, got shape {places.shape}.")
    if is_float(dtype_of(places)) or dtype_of(places) == "bool":
        raise TypeError(f"Expected whole numbers as segment_ids, got {dtype_of(places)}.")
    if num_segments is None:
        num_segments = int(np.max(np.asarray(places), initial=-1)) + 1
    # What is in no segment goes into one more, which is left out.
    inside = logical_and(greater_equal(places, 0), less(places, num_segments))
    places = as_operand(where(inside, cast(places, "int64"), num_segments))
    return apply(op, operand, places, axis=0, length=num_segments + 1)[:num_segments]


def segment_sum(
    data: TensorLike, segment_ids: TensorLike, num_segments: int | None = None, sorted: bool = False
) -> Any:
    """The sums of the values that have the same segment number; 0 where there are none.

    Args:
        data: floats; others are converted.
        segment_ids: whole numbers in [0, num_segments), of the shape of data's first dimensions; values with others are
            left out.
        num_segments: how many segments there are; default one more than the greatest number, which has to be known.
        sorted: whether the numbers ascend, which makes no difference.

    Returns:
        A tensor (num_segments, ...).

    Raises:
        ValueError: for shapes that don't go together.

    Example:

    >>> segment_sum([1.0, 2.0, 4.0], [0, 2, 0], 3).tolist()
    [5.0, 0.0, 2.0]
    """
    return _segments(scatter_add, data, segment_ids, num_segments)


def segment_max(
    data: TensorLike, segment_ids: TensorLike, num_segments: int | None = None, sorted: bool = False
) -> Any:
    """The greatest of the values that have the same segment number; minus infinity where there are none.

    See segment_sum.

    Example:

    >>> segment_max([1.0, 2.0, 4.0], [0, 1, 0], 2).tolist()
    [4.0, 2.0]
    """
    return _segments(_scatter_max, data, segment_ids, num_segments)


def segment_min(
    data: TensorLike, segment_ids: TensorLike, num_segments: int | None = None, sorted: bool = False
) -> Any:
    """The least of the values that have the same segment number; infinity where there are none. See segment_sum."""
    return _segments(_scatter_min, data, segment_ids, num_segments)


def segment_prod(
    data: TensorLike, segment_ids: TensorLike, num_segments: int | None = None, sorted: bool = False
) -> Any:
    """The products of the values that have the same segment number; 1 where there are none. See segment_sum.

    Example:

    >>> segment_prod([3.0, 2.0, 4.0], [0, 1, 0], 2).tolist()
    [12.0, 2.0]
    """
    return _segments(_scatter_prod, data, segment_ids, num_segments)


def _rows(shape: Any, indices: Any) -> tuple[int, tuple[int, ...], Any]:
    """A tensor as a table: how many rows the first axes make, a row's shape, and which row each index names."""
    depth = indices.shape[-1] if indices.ndim else 0
    lengths, row = shape[:depth], shape[depth:]
    if indices.ndim < 1 or depth is None or depth > len(shape) or None in shape:
        raise ValueError(f"Expected indices of up to {len(shape)} axes of shape {tuple(shape)}, got {indices.shape}.")
    if is_float(dtype_of(indices)):
        raise TypeError(f"Expected whole numbers as indices, got {dtype_of(indices)}.")
    numbers: Any = 0
    places = cast(indices, "int64")
    for axis, length in enumerate(lengths):
        place = places[..., axis]
        numbers = add(multiply(numbers, length), where(greater_equal(place, 0), place, add(place, length)))
    return int(np.prod(lengths, dtype=int)), tuple(row), reshape(numbers, -1)


def scatter(indices: TensorLike, values: TensorLike, shape: Any) -> Any:
    """A tensor of zeros with values added in some places.

    Args:
        indices: whole numbers (..., d): each names a place of the first d axes.
        values: shape (...) followed by the shape without its first d axes.
        shape: of the result.

    Example:

    >>> scatter([[0], [2], [0]], [1.0, 2.0, 4.0], (3,)).tolist()
    [5.0, 0.0, 2.0]
    """
    values = as_operand(values)
    return scatter_update(zeros(as_shape(shape), dtype_of(values)), indices, values, reduction="add")


_PUT_TOGETHER: dict[str, tuple[Op, Callable[..., Any]]] = {
    "add": (scatter_add, add),
    "max": (_scatter_max, maximum),
    "min": (_scatter_min, minimum),
    "mul": (_scatter_prod, multiply),
}


def scatter_update(inputs: TensorLike, indices: TensorLike, updates: TensorLike, reduction: str | None = None) -> Any:
    """A tensor with other values in some places.

    Args:
        inputs: any tensor.
        indices: whole numbers (..., d): each names a place of the first d axes.
        updates: shape (...) followed by inputs' shape without its first d axes.
        reduction: "add", "max", "min" or "mul": what the values that are there and the updates are put together by;
            default None: updates take their place, of several the last one.

    Raises:
        ValueError: another reduction, or shapes that do not go together.

    Example:

    >>> scatter_update([0, 0, 0], [[0], [2]], [7, 9]).tolist()
    [7, 0, 9]
    """
    operand, places = as_operand(inputs), as_operand(indices)
    if reduction is not None and reduction not in _PUT_TOGETHER:
        raise ValueError(f"Expected one of {', '.join(_PUT_TOGETHER)} or None as reduction, got {reduction!r}.")
    length, row, numbers = _rows(operand.shape, places)
    count = numbers.shape[0]
    dtype = dtype_of(operand)
    values = reshape(broadcast_to(updates, (*places.shape[:-1], *row)), (count, *row))
    table = reshape(operand, (length, *row))
    if reduction is None:
        if not count:
            return reshape(table, operand.shape)
        order = np.arange(count, dtype="float64")
        last = apply(_scatter_max, order, as_operand(numbers), axis=0, length=length)
        written = reshape(greater_equal(last, 0), (length, *(1,) * len(row)))
        chosen = take(cast(values, dtype), cast(maximum(last, 0), "int64"), axis=0)
        return reshape(where(written, chosen, table), operand.shape)
    op, combine = _PUT_TOGETHER[reduction]
    wide = dtype if is_float(dtype) else "float64"
    changes = apply(op, as_operand(cast(values, wide)), as_operand(numbers), axis=0, length=length)
    return cast(reshape(combine(cast(table, wide), changes), operand.shape), dtype)
