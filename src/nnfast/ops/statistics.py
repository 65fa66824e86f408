"""Averages, quantiles, counts and correlations, and reductions that leave NaN out."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from nnfast.graph import TensorLike, as_operand
from nnfast.graph.dtypes import HALVES, is_float
from nnfast.ops.accumulation import cumprod, cumsum, prod
from nnfast.ops.building import linspace
from nnfast.ops.elementwise import saturate_cast
from nnfast.ops.movement import broadcast_to, expand_dims, moveaxis, reshape, transpose
from nnfast.ops.ordering import sort, take_along_axis
from nnfast.ops.parts import flip, length_of, pad, stack, take
from nnfast.ops.pointwise import (
    add,
    cast,
    ceil,
    clip,
    divide,
    equal,
    floor,
    greater,
    isnan,
    logical_not,
    maximum,
    multiply,
    not_equal,
    round,
    sqrt,
    square,
    subtract,
    where,
)
from nnfast.ops.products import dot, inner
from nnfast.ops.reduction import Axes, all, argmax, argmin, max, mean, min, normalize_axes, sum, var
from nnfast.ops.shapes import dtype_of, elements, in_full_precision, normalize_axis, promote_to_float


def amax(x: TensorLike, axis: Axes = None, keepdims: bool = False) -> Any:
    """The greatest value over axes, by default over all; another name of max."""
    return max(x, axis, keepdims)


def amin(x: TensorLike, axis: Axes = None, keepdims: bool = False) -> Any:
    """The least value over axes, by default over all; another name of min."""
    return min(x, axis, keepdims)


def ptp(x: TensorLike, axis: Axes = None, keepdims: bool = False) -> Any:
    """From peak to peak: the greatest less the least value over axes, by default over all.

    Example:

    >>> ptp([3, 9, 4]).tolist()
    6
    """
    return subtract(max(x, axis, keepdims), min(x, axis, keepdims))


def count_nonzero(x: TensorLike, axis: Axes = None) -> Any:
    """How many values are not zero, as int32, over axes, by default over all.

    Example:

    >>> count_nonzero([[0, 1], [2, 3]], axis=0).tolist()
    [1, 2]
    """
    return sum(cast(not_equal(x, 0), "int32"), axis)


def average(x: TensorLike, axis: Axes = None, weights: TensorLike | None = None) -> Any:
    """The mean over axes, by default over all, in which values may have weights.

    Args:
        x: any tensor.
        axis: an axis, several, or None for all.
        weights: of x's shape, or of that of its axis or axes; default None, all the same.

    Raises:
        ValueError: weights of another shape.

    Example:

    >>> float(average([1.0, 2.0, 3.0], weights=[3.0, 1.0, 0.0]))
    1.25
    """
    if weights is None:
        return mean(x, axis)
    values, shares = promote_to_float(x, weights)
    if shares.shape != values.shape:
        axes = normalize_axes(axis, values.ndim)
        if axis is None or shares.shape != tuple(values.shape[number] for number in axes):
            raise ValueError(f"Expected weights of shape {values.shape}, or of that of its axes, got {shares.shape}.")
        order = np.argsort(np.argsort([normalize_axis(one, values.ndim) for one in np.atleast_1d(axis)])).tolist()
        shares = transpose(shares, np.argsort(order).tolist())
        shares = reshape(shares, [size if number in axes else 1 for number, size in enumerate(values.shape)])
    shares = broadcast_to(shares, values.shape)
    return divide(sum(multiply(values, shares), axis), sum(shares, axis))


_METHODS = ("linear", "lower", "higher", "midpoint", "nearest")


def _flat(x: Any, axis: Axes) -> tuple[Any, list[int]]:
    """x with the axes put together as the last one, and their numbers."""
    axes = normalize_axes(axis, x.ndim)
    others = [number for number in range(x.ndim) if number not in axes]
    count, batches = elements([x.shape[number] for number in axes])
    if batches:
        raise ValueError(f"Expected axes other than the batch (None), got {axis} of shape {x.shape}.")
    moved = transpose(x, [*others, *axes])
    return reshape(moved, [*(x.shape[number] for number in others), count]), axes


def _at(ordered: Any, places: Any, method: str) -> Any:
    """What stands at places (..., m), which need not be whole, along the last axis of (..., n)."""
    if method == "nearest":  # halves go to the even place
        below = above = round(places)
    else:
        below, above = floor(places), ceil(places)
    if method in ("lower", "higher"):
        below = above = below if method == "lower" else above
    first = take_along_axis(ordered, cast(below, "int32"), -1)
    if below is above:
        return first
    last = take_along_axis(ordered, cast(above, "int32"), -1)
    share = where(equal(below, above), 0.0, 0.5) if method == "midpoint" else subtract(places, below)
    between = add(multiply(first, subtract(1.0, share)), multiply(last, share))
    return where(equal(share, 0.0), first, between)  # no part of infinity is no number


def _quantiles(x: TensorLike, q: TensorLike, axis: Axes, method: str, keepdims: bool, leave_out: bool) -> Any:
    if method not in _METHODS:
        raise ValueError(f"Expected one of {', '.join(_METHODS)} as method, got {method!r}.")
    operand, shares = promote_to_float(x, q)
    if shares.ndim > 1:
        raise ValueError(f"Expected a number or a list of numbers as q, got shape {shares.shape}.")
    flat, axes = _flat(operand, axis)
    ordered = sort(flat)
    wanted = reshape(shares, -1)
    is_nan = cast(isnan(ordered), dtype_of(operand))
    missing = sum(is_nan, -1, keepdims=True)
    length = flat.shape[-1]
    last = subtract(length - 1.0, missing) if leave_out else broadcast_to(length - 1.0, missing.shape)
    places = multiply(maximum(last, 0.0), wanted)
    values = _at(ordered, places, method)
    lost = greater(missing, length - 1.0) if leave_out else greater(missing, 0.0)
    values = where(lost, math.nan, values)
    result = values[..., 0] if shares.ndim == 0 else moveaxis(values, -1, 0)
    if not keepdims:
        return result
    kept = [1 if number in axes else size for number, size in enumerate(operand.shape)]
    return reshape(result, [*shares.shape, *kept])


@in_full_precision("x")
def quantile(x: TensorLike, q: TensorLike, axis: Axes = None, method: str = "linear", keepdims: bool = False) -> Any:
    """The values that a share of all values is not above, over axes, by default over all; NaN where one is.

    Args:
        x: any tensor; integers are converted.
        q: the share, from 0 to 1, or several (m,), which are the first axis of the result.
        axis: an axis, several, or None for all.
        method: what is between two values: "linear" (default) goes evenly from one to the other; "lower", "higher",
            "midpoint", "nearest".
        keepdims: whether the axes stay, with a length of 1.

    Raises:
        ValueError: another method.

    Example:

    >>> quantile([1.0, 2.0, 3.0, 4.0], [0.0, 0.5]).tolist()
    [1.0, 2.5]
    """
    return _quantiles(x, q, axis, method, keepdims, leave_out=False)


def percentile(x: TensorLike, q: TensorLike, axis: Axes = None, method: str = "linear", keepdims: bool = False) -> Any:
    """As quantile, with q from 0 to 100.

    Example:

    >>> float(percentile([1.0, 2.0, 3.0, 4.0], 50))
    2.5
    """
    return quantile(x, divide(q, 100.0), axis, method, keepdims)


def median(x: TensorLike, axis: Axes = None, keepdims: bool = False) -> Any:
    """The value in the middle over axes, by default over all: the mean of two where their number is even.

    Example:

    >>> float(median([3.0, 1.0, 2.0])), float(median([4.0, 1.0, 2.0, 3.0]))
    (2.0, 2.5)
    """
    return quantile(x, 0.5, axis, "midpoint", keepdims)


@in_full_precision("x")
def nanquantile(x: TensorLike, q: TensorLike, axis: Axes = None, method: str = "linear", keepdims: bool = False) -> Any:
    """As quantile, of what is not NaN; NaN where all is."""
    return _quantiles(x, q, axis, method, keepdims, leave_out=True)


def nanpercentile(
    x: TensorLike, q: TensorLike, axis: Axes = None, method: str = "linear", keepdims: bool = False
) -> Any:
    """As percentile, of what is not NaN; NaN where all is."""
    return nanquantile(x, divide(q, 100.0), axis, method, keepdims)


def nanmedian(x: TensorLike, axis: Axes = None, keepdims: bool = False) -> Any:
    """As median, of what is not NaN; NaN where all is.

    Example:

    >>> float(nanmedian([3.0, float("nan"), 1.0]))
    2.0
    """
    return nanquantile(x, 0.5, axis, "midpoint", keepdims)


def _without_nan(x: TensorLike, instead: float) -> Any:
    operand = as_operand(x)
    return where(isnan(operand), instead, operand) if is_float(dtype_of(operand)) else operand


def nansum(x: TensorLike, axis: Axes = None, keepdims: bool = False) -> Any:
    """As sum, of what is not NaN.

    Example:

    >>> float(nansum([1.0, float("nan"), 2.0]))
    3.0
    """
    return sum(_without_nan(x, 0.0), axis, keepdims)


def nanprod(x: TensorLike, axis: Axes = None, keepdims: bool = False) -> Any:
    """As prod, of what is not NaN."""
    return prod(_without_nan(x, 1.0), axis, keepdims)


def nancumsum(x: TensorLike, axis: int | None = None, dtype: object = None) -> Any:
    """As cumsum, with 0 in the place of NaN."""
    return cumsum(_without_nan(x, 0.0), axis, dtype)


def nancumprod(x: TensorLike, axis: int | None = None, dtype: object = None) -> Any:
    """As cumprod, with 1 in the place of NaN."""
    return cumprod(_without_nan(x, 1.0), axis, dtype)


@in_full_precision("x")
def nanmean(x: TensorLike, axis: Axes = None, keepdims: bool = False) -> Any:
    """As mean, of what is not NaN; NaN where all is.

    Example:

    >>> float(nanmean([1.0, float("nan"), 2.0]))
    1.5
    """
    (operand,) = promote_to_float(x)
    return divide(nansum(operand, axis, keepdims), _numbers(operand, axis, keepdims))


def _numbers(operand: Any, axis: Axes, keepdims: bool) -> Any:
    """How many values are not NaN."""
    return sum(cast(logical_not(isnan(operand)), dtype_of(operand)), axis, keepdims)


@in_full_precision("x")
def nanvar(x: TensorLike, axis: Axes = None, keepdims: bool = False) -> Any:
    """As var, of what is not NaN; NaN where all is."""
    (operand,) = promote_to_float(x)
    return nanmean(square(subtract(operand, nanmean(operand, axis, keepdims=True))), axis, keepdims)


@in_full_precision("x")
def nanstd(x: TensorLike, axis: Axes = None, keepdims: bool = False) -> Any:
    """As std, of what is not NaN; NaN where all is."""
    return sqrt(nanvar(x, axis, keepdims))


def _nan_extreme(reduce: Callable[..., Any], limit: float, x: TensorLike, axis: Axes, keepdims: bool) -> Any:
    operand = as_operand(x)
    if not is_float(dtype_of(operand)):
        return reduce(operand, axis, keepdims)
    lost = all(isnan(operand), axis, keepdims)
    return where(lost, math.nan, reduce(_without_nan(operand, limit), axis, keepdims))


def nanmax(x: TensorLike, axis: Axes = None, keepdims: bool = False) -> Any:
    """As max, of what is not NaN; NaN where all is.

    Example:

    >>> float(nanmax([1.0, float("nan"), 2.0]))
    2.0
    """
    return _nan_extreme(max, -math.inf, x, axis, keepdims)


def nanmin(x: TensorLike, axis: Axes = None, keepdims: bool = False) -> Any:
    """As min, of what is not NaN; NaN where all is."""
    return _nan_extreme(min, math.inf, x, axis, keepdims)


def _nan_place(reduce: Callable[..., Any], limit: float, x: TensorLike, axis: int | None, keepdims: bool) -> Any:
    operand = as_operand(x)
    place = reduce(_without_nan(operand, limit), axis, keepdims)
    if not is_float(dtype_of(operand)):
        return place
    return where(all(isnan(operand), axis, keepdims), -1, place)


def nanargmax(x: TensorLike, axis: int | None = None, keepdims: bool = False) -> Any:
    """As argmax, of what is not NaN; -1 where all is."""
    return _nan_place(argmax, -math.inf, x, axis, keepdims)


def nanargmin(x: TensorLike, axis: int | None = None, keepdims: bool = False) -> Any:
    """As argmin, of what is not NaN; -1 where all is."""
    return _nan_place(argmin, math.inf, x, axis, keepdims)


def moments(x: TensorLike, axes: Axes, keepdims: bool = False, synchronized: bool = False) -> tuple[Any, Any]:
    """The mean and the variance over axes; in half precision the greatest number that it holds, for any above.

    Args:
        x: any tensor.
        axes: an axis, several, or None for all.
        keepdims: whether the axes stay, with a length of 1.
        synchronized: only False: there is one device.

    Example:

    >>> [float(moment) for moment in moments([1.0, 2.0, 6.0, 7.0], axes=0)]
    [4.0, 6.5]
    """
    if synchronized:
        raise NotImplementedError("Expected synchronized=False: there is one device.")
    (operand,) = promote_to_float(x)
    dtype = dtype_of(operand)
    if dtype not in HALVES:
        return mean(operand, axes, keepdims), var(operand, axes, keepdims)
    full = cast(operand, "float32")
    return saturate_cast(mean(full, axes, keepdims), dtype), saturate_cast(var(full, axes, keepdims), dtype)


def corrcoef(x: TensorLike) -> Any:
    """The correlation coefficients of variables, each of which is a row of observations.

    Args:
        x: shape (variables, observations), or (observations,) of one.

    Returns:
        Shape (variables, variables); of one variable a number.

    Example:

    >>> corrcoef([[1.0, 2.0, 3.0], [6.0, 4.0, 2.0]]).numpy().round(3)
    array([[ 1., -1.],
           [-1.,  1.]], dtype=float32)
    """
    (operand,) = promote_to_float(x)
    if operand.ndim > 2 or operand.ndim == 0:
        raise ValueError(f"Expected variables of rank 1 or 2, got shape {operand.shape}.")
    centered = subtract(operand, mean(operand, -1, keepdims=True))
    covariance = inner(centered, centered)
    if operand.ndim == 1:
        return divide(covariance, covariance)
    spread = sqrt(sum(square(centered), -1))
    return clip(divide(divide(covariance, expand_dims(spread, 1)), spread), -1.0, 1.0)


def correlate(x1: TensorLike, x2: TensorLike, mode: str = "valid") -> Any:
    """The sums of products of two sequences, one moved along the other.

    Args:
        x1, x2: shapes (m,) and (n,).
        mode: which places: "valid" (default), where they overlap completely, "full", where they do at all, or "same",
            as many as the longer one has, from the middle of these.

    Raises:
        ValueError: other ranks, or another mode.

    Example:

    >>> correlate([1.0, 2.0, 3.0], [0.0, 1.0]).tolist()
    [2.0, 3.0]
    """
    a, b = promote_to_float(x1, x2)
    if a.ndim != 1 or b.ndim != 1 or 0 in (a.shape[0], b.shape[0]):
        raise ValueError(f"Expected two sequences of numbers, got shapes {a.shape} and {b.shape}.")
    if mode not in ("valid", "full", "same"):
        raise ValueError(f"Expected 'valid', 'full' or 'same' as mode, got {mode!r}.")
    if length_of(a.shape, 0) < length_of(b.shape, 0):
        return flip(correlate(b, a, mode))
    count = length_of(b.shape, 0)
    padded = pad(a, {"valid": (0, 0), "full": (count - 1, count - 1), "same": (count // 2, (count - 1) // 2)}[mode])
    windows = np.arange(padded.shape[0] - count + 1)[:, None] + np.arange(count)
    return dot(take(padded, windows.astype("int32"), axis=0), b)


def histogram(x: TensorLike, bins: int = 10, range: tuple[float, float] | None = None) -> tuple[Any, Any]:
    """How many values there are in each of some bins of one width.

    Args:
        x: any tensor of numbers; not in a traced function without a range.
        bins: how many bins.
        range: where the first begins and the last ends; default None, the least and the greatest value.

    Returns:
        (counts, edges): shapes (bins,) and (bins + 1,), both floats. The last bin has its end in it.

    Example:

    >>> counts, edges = histogram([1.0, 2.0, 2.5, 5.0], bins=2)
    >>> counts.tolist(), edges.tolist()
    ([3.0, 1.0], [1.0, 3.0, 5.0])
    """
    (operand,) = promote_to_float(x)
    if isinstance(bins, bool) or not isinstance(bins, int) or bins < 1:
        raise ValueError(f"Expected a number of bins, got {bins!r}.")
    values = reshape(operand, -1)
    first, last = (min(values), max(values)) if range is None else range
    if range is not None and not range[0] <= range[1]:
        raise ValueError(f"Expected a range that begins before it ends, got {range}.")
    same = equal(first, last)
    edges = linspace(where(same, subtract(first, 0.5), first), where(same, add(last, 0.5), last), bins + 1)
    edges = cast(edges, dtype_of(operand))
    upto = sum(cast(greater(expand_dims(edges, 1), values), dtype_of(operand)), 1)  # values before each edge
    whole = sum(cast(logical_not(greater(values, edges[-1])), dtype_of(operand)))
    bounds = stack([*(upto[number] for number in np.arange(bins).tolist()), whole])
    return subtract(bounds[1:], bounds[:-1]), edges
