"""Sorting and searching, and the values that indices name along an axis."""

from __future__ import annotations

from typing import Any

from nnfast.graph import Kind, Op, TensorLike, TensorSpec, apply, as_operand, register
from nnfast.graph.dtypes import is_float
from nnfast.ops.movement import broadcast_to, expand_dims, reshape, swapaxes
from nnfast.ops.pointwise import cast, equal, isnan, less, less_equal, logical_and, logical_not, logical_or
from nnfast.ops.reduction import any, sum
from nnfast.ops.shapes import broadcast_shapes, dtype_of, elements, normalize_axis, promote


def _along_gradient(g: Any, out: Any, x: Any, indices: Any, axis: int) -> tuple[Any, None]:
    return apply(_scatter_along, g, indices, axis=axis, length=x.shape[axis]), None


# Along the last axis: out[..., i] = x[..., indices[..., i]], and its gradient, the sums of what has the same index.
_take_along = register(
    Op("take_along", Kind.TAKE_ALONG, lambda x, i, axis: [TensorSpec(i.shape, x.dtype)], _along_gradient)
)
_scatter_along = register(
    Op(
        "scatter_along",
        Kind.SCATTER_ALONG,
        lambda x, indices, axis, length: [TensorSpec((*x.shape[:-1], length), x.dtype)],
        lambda g, out, x, indices, axis, length: (apply(_take_along, g, indices, axis=axis), None),
        "sum",
    )
)
_argsort = register(
    Op("argsort", Kind.ARG_SORT, lambda x: [TensorSpec(x.shape, "int32")], "an index has no derivative")
)


def take_along_axis(x: TensorLike, indices: TensorLike, axis: int | None = None) -> Any:
    """For each index, the value that it names along an axis; the other axes go together.

    Args:
        x: any tensor.
        indices: whole numbers, from -n to n - 1 for an axis of length n; of x's rank, and its shape but for this axis
            or 1.
        axis: which axis; default None, of all values one after the other.

    Raises:
        ValueError: when run, for indices out of range; before a weight changes.
        TypeError: the indices are no whole numbers.

    Example:

    >>> take_along_axis([[7, 8], [5, 4]], [[1], [0]], axis=1).tolist()
    [[8], [5]]
    """
    operand, places = as_operand(x), as_operand(indices)
    if is_float(dtype_of(places)) or dtype_of(places) == "bool":
        raise TypeError(f"Expected whole numbers as indices, got {dtype_of(places)}.")
    if dtype_of(places) not in ("int32", "int64"):
        places = cast(places, "int64")
    if axis is None:
        operand, places, axis = reshape(operand, -1), reshape(places, -1), 0
    if operand.ndim != places.ndim:
        raise ValueError(f"Expected indices of rank {operand.ndim}, got shape {places.shape}.")
    number = normalize_axis(axis, operand.ndim)
    last = operand.ndim - 1
    operand, places = swapaxes(operand, number, last), swapaxes(places, number, last)
    rows = broadcast_shapes(operand.shape[:-1], places.shape[:-1])
    operand, places = (broadcast_to(tensor, (*rows, tensor.shape[-1])) for tensor in (operand, places))
    return swapaxes(apply(_take_along, operand, places, axis=last), number, last)


def argsort(x: TensorLike, axis: int | None = -1) -> Any:
    """The indices, as int32, that put values in ascending order; equal ones keep their order, and NaN is last.

    Args:
        x: any tensor.
        axis: along which axis; default the last. None, and for a scalar: of all values one after the other.

    Example:

    >>> argsort([3.0, 1.0, 2.0]).tolist()
    [1, 2, 0]
    """
    operand, number = _along(x, axis if as_operand(x).ndim else None)
    if not is_float(dtype_of(operand)):
        operand = cast(operand, "float64")
    last = operand.ndim - 1
    return swapaxes(apply(_argsort, as_operand(swapaxes(operand, number, last))), number, last)


def sort(x: TensorLike, axis: int | None = -1) -> Any:
    """Values in ascending order along an axis, by default the last; NaN is last. None: of all values.

    Example:

    >>> sort([[3, 1, 2], [6, 5, 4]]).tolist()
    [[1, 2, 3], [4, 5, 6]]
    """
    operand, number = _along(x, axis)
    return take_along_axis(operand, argsort(operand, number), number)


def argpartition(x: TensorLike, kth: int, axis: int | None = -1) -> Any:
    """The indices, as int32, that put the value of place kth where sorting would, lesser ones before it, others after.

    They are argsort's: all values are in order.
    """
    operand, number = _along(x, axis)
    length = operand.shape[number]
    if length is not None and not -length <= kth < length:
        raise ValueError(f"Expected a place from {-length} to {length - 1}, got {kth}.")
    return argsort(operand, number)


def _along(x: TensorLike, axis: int | None) -> tuple[Any, int]:
    """x and the number of an axis; of all values one after the other where it is None."""
    operand = as_operand(x)
    if axis is None:
        return reshape(operand, (elements(operand.shape)[0],)), 0
    return operand, normalize_axis(axis, operand.ndim)


def searchsorted(sorted_sequence: TensorLike, values: TensorLike, side: str = "left") -> Any:
    """Where values would have to be put into a sequence for it to stay sorted, as int32.

    Args:
        sorted_sequence: numbers (n,) in ascending order.
        values: any tensor; the work grows with n for each.
        side: "left" (default), before equal ones, or "right", behind them.

    Raises:
        ValueError: the sequence has another rank, or side is neither.

    Example:

    >>> searchsorted([1, 3, 5], [0, 3, 9]).tolist(), searchsorted([1, 3, 5], 3, side="right").tolist()
    ([0, 1, 3], 2)
    """
    sequence, wanted = promote(sorted_sequence, values)
    if sequence.ndim != 1:
        raise ValueError(f"Expected a sorted sequence of rank 1, got shape {sequence.shape}.")
    if side not in ("left", "right"):
        raise ValueError(f"Expected 'left' or 'right' as side, got {side!r}.")
    value = expand_dims(wanted, -1)
    before = less(sequence, value) if side == "left" else less_equal(sequence, value)
    # NaN is behind all numbers.
    behind = logical_not(isnan(sequence)) if side == "left" else equal(1, 1)
    return sum(cast(logical_or(before, logical_and(isnan(value), behind)), "int32"), -1)


def digitize(x: TensorLike, bins: TensorLike) -> Any:
    """The number of the bin that a value is in, as int32: how many of the bins' edges are not above it.

    Args:
        x: any tensor.
        bins: the edges (n,), in ascending order.

    Example:

    >>> digitize([0.5, 1.0, 7.0], [0.0, 1.0, 2.0]).tolist()
    [1, 2, 3]
    """
    return searchsorted(bins, x, side="right")


def isin(x1: TensorLike, x2: TensorLike, assume_unique: bool = False, invert: bool = False) -> Any:
    """Whether a value of x1 is among those of x2.

    Args:
        x1: any tensor.
        x2: any tensor; the work grows with its size.
        assume_unique: whether no value is twice in one of them, which makes no difference.
        invert: whether to tell the opposite.

    Example:

    >>> isin([1, 2, 3], [3, 1]).tolist()
    [True, False, True]
    """
    a, b = promote(x1, x2)
    found = any(equal(expand_dims(a, -1), reshape(b, -1)), -1)
    return logical_not(found) if invert else found
