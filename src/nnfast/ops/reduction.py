"""Reductions over axes. Each result is summed in a fixed order, whatever the number of threads."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from nnfast.graph import Kind, Op, TensorLike, TensorSpec, apply, as_operand, as_result, register
from nnfast.graph.dtypes import is_float
from nnfast.ops.bags import max_of_bags
from nnfast.ops.movement import broadcast_to, expand_dims, reshape, size_of_shape, squeeze, transpose
from nnfast.ops.pointwise import (
    absolute,
    cast,
    divide,
    equal,
    exp,
    greater,
    less,
    log,
    logical_not,
    maximum,
    minimum,
    not_equal,
    sqrt,
    square,
    stop_gradient,
    subtract,
    where,
)
from nnfast.ops.shapes import dtype_of, elements, in_full_precision, normalize_axis, promote, promote_to_float

Axes = int | Sequence[int] | None


def _without(x: TensorSpec, axis: int, axes: int) -> list[TensorSpec]:
    return [TensorSpec((*x.shape[:axis], *x.shape[axis + axes :]), x.dtype)]


def _index(x: TensorSpec, axis: int, axes: int) -> list[TensorSpec]:
    return [TensorSpec(x.shape[:axis], "int32")]


def restored(y: Any, x: Any, axis: int, axes: int) -> Any:
    """A reduction's result repeated over the axes it lost."""
    return broadcast_to(reshape(y, (*x.shape[:axis], *(1,) * axes, *x.shape[axis + axes :])), x.shape)


def _extreme_gradient(g: Any, out: Any, x: Any, axis: int, axes: int) -> tuple[Any]:
    """The gradient goes to the extreme element, in equal parts where there are several."""
    chosen = cast(equal(x, restored(out, x, axis, axes)), x.dtype)
    return (chosen * restored(g / _reduced(_sum, chosen, axis, axes), x, axis, axes),)


_sum = register(Op("sum", Kind.REDUCE, _without, lambda g, out, x, axis, axes: (restored(g, x, axis, axes),), "sum"))
_max = register(Op("max", Kind.REDUCE, _without, _extreme_gradient, "max"))
_min = register(Op("min", Kind.REDUCE, _without, _extreme_gradient, "min"))
_argmax = register(Op("argmax", Kind.ARG_REDUCE, _index, "an index has no derivative", "argmax"))
_argmin = register(Op("argmin", Kind.ARG_REDUCE, _index, "an index has no derivative", "argmin"))


def _reduced(op: Op, x: Any, axis: int, axes: int) -> Any:
    return apply(op, x, axis=axis, axes=axes)


def normalize_axes(axis: Axes, rank: int) -> list[int]:
    """Axes counted from the front, in order; None is all of them."""
    if axis is None:
        return list(range(rank))
    given: list[Any] = list(axis) if isinstance(axis, tuple | list) else [axis]
    axes = sorted(normalize_axis(number, rank) for number in given)
    if len(set(axes)) != len(axes):
        raise ValueError(f"Expected each axis once, got {tuple(given)}.")
    return axes


def fold(op: Op, operand: Any, axis: Axes, keepdims: bool) -> Any:
    """Reduces run after run of neighbouring axes, the last first."""
    axes = normalize_axes(axis, operand.ndim)
    if op in (_max, _min) and 0 in (operand.shape[number] for number in axes):
        raise ValueError(f"Expected at least one value to choose from along {axes}, got shape {operand.shape}.")
    kept = [1 if number in axes else dimension for number, dimension in enumerate(operand.shape)]
    result = operand
    while axes:
        last = axes.pop()
        first = last
        while axes and axes[-1] == first - 1:
            first = axes.pop()
        result = _reduced(op, result, first, last + 1 - first)
    return reshape(result, kept) if keepdims else as_result(result)


# What sums of small types are, so that they do not saturate; as in Keras.
_SUM_TYPES = {"bool": "int32", "int8": "int32", "int16": "int32", "uint8": "uint32", "uint16": "uint32"}


def sum_type(dtype: str) -> str:
    """The type of sums and products of values of a type."""
    return _SUM_TYPES.get(dtype, dtype)


def _over_floats(op: Op, x: TensorLike, axis: Axes, keepdims: bool) -> Any:
    operand = as_operand(x)
    dtype = dtype_of(operand)
    if is_float(dtype):
        return fold(op, operand, axis, keepdims)
    # Integers are reduced in float64, which holds them exactly up to 2^53.
    result = fold(op, cast(operand, "float64"), axis, keepdims)
    return cast(result, sum_type(dtype) if op is _sum else dtype)


def sum(x: TensorLike, axis: Axes = None, keepdims: bool = False) -> Any:
    """The sum over axes, by default over all.

    Args:
        x: any tensor.
        axis: an axis, several, or None for all.
        keepdims: whether the axes stay, with a length of 1.

    Example:

    >>> sum([[1.0, 2.0], [3.0, 4.0]], axis=0).numpy()
    array([4., 6.], dtype=float32)
    """
    return _over_floats(_sum, x, axis, keepdims)


def _extreme(op: Op, combine: Callable[..., Any], x: TensorLike, axis: Axes, keepdims: bool, initial: Any) -> Any:
    operand = as_operand(x)
    if initial is None:
        pooled = max_of_bags(operand) if op is _max and axis in (1, (1,)) else None
        if pooled is not None:
            return expand_dims(pooled, 1) if keepdims else pooled
        return _over_floats(op, operand, axis, keepdims)
    axes = normalize_axes(axis, operand.ndim)
    if 0 not in (operand.shape[number] for number in axes):
        return combine(_over_floats(op, operand, axes, keepdims), cast(initial, dtype_of(operand)))
    kept = [
        1 if number in axes else size for number, size in enumerate(operand.shape) if keepdims or number not in axes
    ]
    return broadcast_to(cast(initial, dtype_of(operand)), kept)


def max(x: TensorLike, axis: Axes = None, keepdims: bool = False, initial: float | None = None) -> Any:
    """The greatest value over axes, by default over all, and of `initial` if that is given; NaN where one is.

    Raises:
        ValueError: there is no value, and no `initial`.
    """
    return _extreme(_max, maximum, x, axis, keepdims, initial)


def min(x: TensorLike, axis: Axes = None, keepdims: bool = False, initial: float | None = None) -> Any:
    """The least value over axes, by default over all, and of `initial` if that is given; NaN where one is.

    Raises:
        ValueError: there is no value, and no `initial`.
    """
    return _extreme(_min, minimum, x, axis, keepdims, initial)


@in_full_precision("x")
def mean(x: TensorLike, axis: Axes = None, keepdims: bool = False) -> Any:
    """The mean over axes, by default over all; NaN of nothing.

    Example:

    >>> float(mean([1.0, 2.0, 6.0]))
    3.0
    """
    (operand,) = promote_to_float(x)
    reduced = tuple(operand.shape[number] for number in normalize_axes(axis, operand.ndim))
    total = sum(operand, axis, keepdims)
    return divide(total, size_of_shape(reduced, dtype_of(operand)))


@in_full_precision("x")
def var(x: TensorLike, axis: Axes = None, keepdims: bool = False) -> Any:
    """The variance over axes, by default over all: the mean squared distance from the mean; NaN of nothing.

    Example:

    >>> float(var([1.0, 2.0, 6.0, 7.0]))
    6.5
    """
    return mean(square(subtract(x, mean(x, axis, keepdims=True))), axis, keepdims)


@in_full_precision("x")
def std(x: TensorLike, axis: Axes = None, keepdims: bool = False) -> Any:
    """The standard deviation over axes, by default over all: the variance's root."""
    return sqrt(var(x, axis, keepdims))


@in_full_precision("x")
def logsumexp(x: TensorLike, axis: Axes = None, keepdims: bool = False) -> Any:
    """log(sum(exp(x))) over axes, by default over all, without overflow.

    Example:

    >>> float(logsumexp([1000.0, 1000.0])) - 1000.0
    0.69317626953125
    """
    (operand,) = promote_to_float(x)
    greatest = stop_gradient(max(operand, axis, keepdims=True))
    shift = where(less(absolute(greatest), math.inf), greatest, 0.0)  # infinity less infinity is no number
    total = log(sum(exp(subtract(operand, shift)), axis, keepdims=True)) + shift
    axes = normalize_axes(axis, operand.ndim)
    return total if keepdims else squeeze(total, axes)


def any(x: TensorLike, axis: Axes = None, keepdims: bool = False) -> Any:
    """Whether a value is not zero, over axes, by default over all.

    Example:

    >>> any([[0.0, 2.0], [0.0, 0.0]], axis=1).tolist()
    [True, False]
    """
    (operand,) = promote(x)
    found = cast(not_equal(operand, 0), "float32")
    return greater(fold(_sum, found, axis, keepdims), 0.0)


def all(x: TensorLike, axis: Axes = None, keepdims: bool = False) -> Any:
    """Whether no value is zero, over axes, by default over all.

    Example:

    >>> all([[1.0, 2.0], [0.0, 3.0]], axis=1).tolist()
    [True, False]
    """
    return logical_not(any(logical_not(x), axis, keepdims))


def _arg_reduce(op: Op, x: TensorLike, axis: int | None, keepdims: bool) -> Any:
    operand = as_operand(x)
    if not is_float(dtype_of(operand)):
        operand = cast(operand, "float64")
    number = None if axis is None else normalize_axis(axis, operand.ndim)
    if number is None:
        flat = reshape(operand, (elements(operand.shape)[0],))
    else:
        others = [other for other in range(operand.ndim) if other != number]
        flat = transpose(operand, [*others, number])
    if flat.shape[-1] == 0:
        raise ValueError(f"Expected at least one value to choose from, got shape {operand.shape}.")
    result = apply(op, flat, axis=flat.ndim - 1, axes=1)
    if not keepdims:
        return result
    kept = [1 if number in (None, other) else dimension for other, dimension in enumerate(operand.shape)]
    return reshape(result, kept)


def argmax(x: TensorLike, axis: int | None = None, keepdims: bool = False) -> Any:
    """The index of the first greatest value along an axis, as int32; of all values where axis is None.

    Example:

    >>> argmax([[1.0, 5.0], [7.0, 2.0]], axis=-1).numpy()
    array([1, 0], dtype=int32)
    """
    return _arg_reduce(_argmax, x, axis, keepdims)


def argmin(x: TensorLike, axis: int | None = None, keepdims: bool = False) -> Any:
    """The index of the first least value along an axis, as int32; of all values where axis is None."""
    return _arg_reduce(_argmin, x, axis, keepdims)


def sum_to_shape(x: Any, shape: Any) -> Any:
    """Undoes a broadcast: sums over the dimensions that `shape` lacks or has as 1."""
    extra = x.ndim - len(shape)
    padded = (1,) * extra + tuple(shape)
    repeated = [
        number for number, (got, want) in enumerate(zip(x.shape, padded, strict=True)) if want == 1 and got != 1
    ]
    return reshape(sum(x, repeated) if repeated else x, shape)
