"""Tensors made from nothing or along a diagonal: evenly spaced numbers, unit and triangular matrices, windows."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from nnfast.graph import Tensor, TensorLike, as_operand
from nnfast.graph.dtypes import floatx, is_float, standardize
from nnfast.ops.movement import expand_dims, moveaxis, reshape, zeros, zeros_like
from nnfast.ops.parts import length_of, pad, take
from nnfast.ops.pointwise import (
    absolute,
    add,
    cast,
    divide,
    exp,
    floor,
    log,
    multiply,
    power,
    sign,
    subtract,
    where,
)
from nnfast.ops.reduction import sum
from nnfast.ops.shapes import dtype_of, normalize_axis, promote_to_float


def empty(shape: Any, dtype: object = None) -> Any:
    """A tensor of zeros."""
    return zeros(shape, dtype)


def empty_like(x: TensorLike, dtype: object = None) -> Any:
    """Zeros with the shape of x."""
    return zeros_like(x, dtype)


def eye(N: int, M: int | None = None, k: int = 0, dtype: object = None) -> Any:
    """A matrix with ones on a diagonal and zeros elsewhere.

    Args:
        N: how many rows.
        M: how many columns; default N.
        k: which diagonal; 0 begins in the corner, 1 is the one above it.
        dtype: default floatx.

    Example:

    >>> eye(2).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    return np.eye(N, M, k, dtype=standardize(dtype or floatx())).view(Tensor)


def identity(n: int, dtype: object = None) -> Any:
    """A square matrix with ones on its diagonal."""
    return eye(n, dtype=dtype)


def tri(N: int, M: int | None = None, k: int = 0, dtype: object = None) -> Any:
    """A matrix with ones on a diagonal and below it; see eye.

    Example:

    >>> tri(3, dtype="int32").tolist()
    [[1, 0, 0], [1, 1, 0], [1, 1, 1]]
    """
    return np.tri(N, M, k, dtype=standardize(dtype or floatx())).view(Tensor)


def _triangle(x: Any, k: int) -> Any:
    if x.ndim < 2:
        raise ValueError(f"Expected a matrix or several, got shape {x.shape}.")
    return np.tri(length_of(x.shape, x.ndim - 2), length_of(x.shape, x.ndim - 1), k, dtype="bool")


def tril(x: TensorLike, k: int = 0) -> Any:
    """Matrices with zeros above a diagonal.

    Example:

    >>> tril([[1, 2], [3, 4]]).tolist()
    [[1, 0], [3, 4]]
    """
    operand = as_operand(x)
    return where(_triangle(operand, k), operand, False)


def triu(x: TensorLike, k: int = 0) -> Any:
    """Matrices with zeros below a diagonal.

    Example:

    >>> triu([[1, 2], [3, 4]]).tolist()
    [[1, 2], [0, 4]]
    """
    operand = as_operand(x)
    return where(_triangle(operand, k - 1), False, operand)


def diagonal(x: TensorLike, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """The values on a diagonal of two axes, as the last axis.

    Args:
        x: a tensor of rank 2 or more.
        offset: which diagonal; 0 begins in the corner, 1 is the one above it.
        axis1, axis2: the axes of the matrices; default the first two.

    Raises:
        ValueError: there are not two different axes.

    Example:

    >>> diagonal([[1, 2], [3, 4]]).tolist()
    [1, 4]
    """
    operand = as_operand(x)
    if operand.ndim < 2:
        raise ValueError(f"Expected a tensor of rank 2 or more, got shape {operand.shape}.")
    first, second = normalize_axis(axis1, operand.ndim), normalize_axis(axis2, operand.ndim)
    if first == second:
        raise ValueError(f"Expected two different axes, got {axis1} and {axis2} of shape {operand.shape}.")
    matrices = as_operand(moveaxis(operand, (first, second), (-2, -1)))
    rows, columns = (length_of(matrices.shape, axis) for axis in (matrices.ndim - 2, matrices.ndim - 1))
    count = max(0, min(rows + min(offset, 0), columns - max(offset, 0)))
    start = max(-offset, 0) * columns + max(offset, 0)
    places = start + (columns + 1) * np.arange(count, dtype="int32")
    return take(reshape(matrices, (*matrices.shape[:-2], rows * columns)), places, axis=-1)


def trace(x: TensorLike, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """The sum of the values on a diagonal of two axes; see diagonal.

    Example:

    >>> trace([[1, 2], [3, 4]]).tolist()
    5
    """
    return sum(diagonal(x, offset, axis1, axis2), -1)


def diag(x: TensorLike, k: int = 0) -> Any:
    """A square matrix with these values on a diagonal, or the values on a diagonal of a matrix.

    Args:
        x: values (n,), or a matrix.
        k: which diagonal; 0 begins in the corner, 1 is the one above it.

    Raises:
        ValueError: x has another rank.

    Example:

    >>> diag([1, 2]).tolist(), diag([[1, 2], [3, 4]], k=1).tolist()
    ([[1, 0], [0, 2]], [2])
    """
    operand = as_operand(x)
    if operand.ndim == 2:
        return diagonal(operand, k)
    if operand.ndim != 1:
        raise ValueError(f"Expected values of rank 1, or a matrix, got shape {operand.shape}.")
    below, right = max(-k, 0), max(k, 0)
    matrix = where(np.eye(length_of(operand.shape, 0), dtype="bool"), operand, False)  # which gives way to all types
    return pad(matrix, ((below, right), (right, below)))


def diagflat(x: TensorLike, k: int = 0) -> Any:
    """A square matrix with all values of x on a diagonal; see diag.

    Example:

    >>> diagflat([[1, 2]]).tolist()
    [[1, 0], [0, 2]]
    """
    return diag(reshape(x, -1), k)


def vander(x: TensorLike, N: int | None = None, increasing: bool = False) -> Any:
    """A row of powers for each value.

    Args:
        x: values (n,).
        N: how many powers; default n.
        increasing: whether they begin with the 0th; default False, they end with it.

    Example:

    >>> vander([2, 3], 3).tolist()
    [[4, 2, 1], [9, 3, 1]]
    """
    operand = as_operand(x)
    if operand.ndim != 1:
        raise ValueError(f"Expected values of rank 1, got shape {operand.shape}.")
    count = length_of(operand.shape, 0) if N is None else N
    powers = np.arange(count) if increasing else np.arange(count)[::-1]
    return power(expand_dims(operand, -1), powers.astype(dtype_of(operand) if dtype_of(operand) != "bool" else "int32"))


def linspace(
    start: TensorLike,
    stop: TensorLike,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: object = None,
    axis: int = 0,
) -> Any:
    """Evenly spaced numbers from start to stop.

    Args:
        start, stop: the first and the last, numbers or tensors.
        num: how many.
        endpoint: whether stop is the last; default True. Else it would be the next.
        retstep: whether to return how far apart they are, too.
        dtype: default floatx, or that of start and stop.
        axis: which axis of the result they lie along, for tensors; default the first.

    Example:

    >>> linspace(0.0, 1.0, 5).tolist()
    [0.0, 0.25, 0.5, 0.75, 1.0]
    """
    if num < 0:
        raise ValueError(f"Expected a number that is not negative, got num={num}.")
    first, last = promote_to_float(start, stop)
    gaps = num - 1 if endpoint else num
    step = divide(subtract(last, first), gaps) if gaps > 0 else add(subtract(last, first), math.nan)
    shares = np.arange(num) / max(gaps, 1)
    weights = reshape(shares.astype(dtype_of(first)), (num, *(1,) * max(first.ndim, last.ndim)))
    numbers = add(multiply(first, subtract(1.0, weights)), multiply(last, weights))
    name = standardize(dtype) if dtype is not None else dtype_of(first)
    if not is_float(name):
        numbers = floor(numbers)
    result = cast(moveaxis(numbers, 0, axis) if axis else numbers, name)
    return (result, step) if retstep else result


def logspace(
    start: TensorLike,
    stop: TensorLike,
    num: int = 50,
    endpoint: bool = True,
    base: float = 10,
    dtype: object = None,
    axis: int = 0,
) -> Any:
    """Powers of a base, whose exponents are evenly spaced from start to stop; see linspace.

    Example:

    >>> logspace(0.0, 2.0, 3).tolist()
    [1.0, 10.0, 100.0]
    """
    powers = power(float(base), linspace(start, stop, num, endpoint, axis=axis))
    return powers if dtype is None else cast(powers, dtype)


def geomspace(
    start: TensorLike, stop: TensorLike, num: int = 50, endpoint: bool = True, dtype: object = None, axis: int = 0
) -> Any:
    """Numbers from start to stop, each the same multiple of the one before; both of one sign.

    Example:

    >>> np.round(geomspace(1.0, 8.0, 4), 4).tolist()
    [1.0, 2.0, 4.0, 8.0]
    """
    first, last = promote_to_float(start, stop)
    numbers = multiply(sign(first), exp(linspace(log(absolute(first)), log(absolute(last)), num, endpoint)))
    result = moveaxis(numbers, 0, axis) if axis else numbers
    return result if dtype is None else cast(result, dtype)


def _window(length: TensorLike, function: Any) -> Any:
    """function(angle from 0 to 2 pi) at evenly spaced angles; 1 for a window of one value."""
    count = int(length)  # type: ignore[arg-type]
    numbers = function(2 * np.pi * np.arange(count) / max(count - 1, 1)) if count > 1 else np.ones(max(count, 0))
    return numbers.astype(floatx()).view(Tensor)


def bartlett(x: int) -> Any:
    """A window of x values that rise from 0 to 1 and fall again, in straight lines.

    Example:

    >>> bartlett(5).tolist()
    [0.0, 0.5, 1.0, 0.5, 0.0]
    """
    return _window(x, lambda angle: 1 - np.abs(angle / np.pi - 1))


def hanning(x: int) -> Any:
    """A window of x values: (1 - cos(t)) / 2 for t from 0 to 2 pi.

    Example:

    >>> hanning(3).tolist()
    [0.0, 1.0, 0.0]
    """
    return _window(x, lambda angle: 0.5 - 0.5 * np.cos(angle))


def hamming(x: int) -> Any:
    """A window of x values: 0.54 - 0.46 cos(t) for t from 0 to 2 pi."""
    return _window(x, lambda angle: 0.54 - 0.46 * np.cos(angle))


def blackman(x: int) -> Any:
    """A window of x values: 0.42 - 0.5 cos(t) + 0.08 cos(2 t) for t from 0 to 2 pi."""
    return _window(x, lambda angle: 0.42 - 0.5 * np.cos(angle) + 0.08 * np.cos(2 * angle))


def kaiser(x: int, beta: float) -> Any:
    """A window of x values: i0(beta sqrt(1 - t * t)) / i0(beta) for t from -1 to 1."""
    return _window(
        x, lambda angle: np.i0(float(beta) * np.sqrt(np.maximum(1 - (angle / np.pi - 1) ** 2, 0))) / np.i0(float(beta))
    )
