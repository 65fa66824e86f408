"""The greatest or the average value of windows over space: axis after axis, as windows are boxes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np

from nnfast.graph import Operand, TensorLike, as_operand
from nnfast.ops.parts import length_of, take
from nnfast.ops.pointwise import add, maximum, multiply
from nnfast.ops.shapes import dtype_of, image_data_format

Size = int | Sequence[int]


@dataclass(frozen=True)
class Windows:
    """What windows see of one axis.

    Attributes:
        places: int32 (windows, most places); where a window sees fewer, its first one again.
        seen: bool, of the same shape: which of them count.
    """

    places: np.ndarray[Any, Any]
    seen: np.ndarray[Any, Any]


def max_pool(
    inputs: TensorLike,
    pool_size: Size,
    strides: Size | None = None,
    padding: str = "valid",
    data_format: str | None = None,
) -> Any:
    """The greatest value in each window.

    Args:
        inputs: shape (batch, *space, channels), or (batch, channels, *space) with "channels_first".
        pool_size: the window's length along each axis of space; one number for all, as for strides.
        strides: how far the window moves; default None, by its own length.
        padding: "valid", only windows that fit in (default); or "same", as many as strides lead to, with what lies
            outside left out.
        data_format: "channels_last", "channels_first", or None for `config.image_data_format()`.

    Raises:
        ValueError: inputs without space, no such padding or format, or windows that fit nowhere.

    Example:

    >>> max_pool([[[1], [3], [2], [5], [4]]], 2).tolist()
    [[[3], [5]]]
    """
    operand, axes = _space(inputs, data_format)
    return _greatest(operand, axes, _moving(operand, axes, pool_size, strides, padding))


def average_pool(
    inputs: TensorLike,
    pool_size: Size,
    strides: Size | None = None,
    padding: str = "valid",
    data_format: str | None = None,
) -> Any:
    """The average in each window, of what it sees of the inputs.

    Args:
        inputs, pool_size, strides, padding, data_format: as of `max_pool`.

    Raises:
        ValueError: as `max_pool`.

    Example:

    >>> average_pool([[[1.0], [3.0], [2.0], [5.0], [4.0]]], 2, padding="same").tolist()
    [[[2.0], [3.5], [4.0]]]
    """
    operand, axes = _space(inputs, data_format)
    return _average(operand, axes, _moving(operand, axes, pool_size, strides, padding))


def adaptive_max_pool(inputs: TensorLike, output_size: Size, data_format: str | None = None) -> Any:
    """The greatest value in each of as many windows as are asked for, which cover the inputs evenly.

    Args:
        inputs, data_format: as of `max_pool`.
        output_size: how many windows along each axis of space; window i of m goes from floor(i n / m) to
            ceil((i + 1) n / m) of n places. One number for all axes.

    Raises:
        ValueError: as `max_pool`.

    Example:

    >>> adaptive_max_pool([[[1], [3], [2], [5], [4]]], 2).tolist()
    [[[3], [5]]]
    """
    operand, axes = _space(inputs, data_format)
    return _greatest(operand, axes, _covering(operand, axes, output_size))


def adaptive_average_pool(inputs: TensorLike, output_size: Size, data_format: str | None = None) -> Any:
    """The average in each of as many windows as are asked for, which cover the inputs evenly.

    Args:
        inputs, output_size, data_format: as of `adaptive_max_pool`.

    Raises:
        ValueError: as `max_pool`.

    Example:

    >>> adaptive_average_pool([[[1.0], [3.0], [2.0], [5.0], [4.0], [1.0]]], 3).tolist()
    [[[2.0], [3.5], [2.5]]]
    """
    operand, axes = _space(inputs, data_format)
    return _average(operand, axes, _covering(operand, axes, output_size))


def _space(inputs: TensorLike, data_format: str | None) -> tuple[Operand, range]:
    """The inputs, and their axes of space."""
    operand, chosen = as_operand(inputs), data_format or image_data_format()
    if chosen not in ("channels_last", "channels_first"):
        raise ValueError(f"Expected 'channels_last' or 'channels_first' as data_format, got {data_format!r}.")
    if not 3 <= operand.ndim <= 5:
        raise ValueError(f"Expected a batch of 1D, 2D or 3D inputs with channels, got shape {operand.shape}.")
    return operand, range(1, operand.ndim - 1) if chosen == "channels_last" else range(2, operand.ndim)


def _sizes(name: str, given: Size, axes: range) -> tuple[int, ...]:
    sizes = (given,) * len(axes) if isinstance(given, int) else tuple(given)
    if len(sizes) != len(axes) or not all(isinstance(size, int | np.integer) and size >= 1 for size in sizes):
        raise ValueError(
            f"Expected {name} to be a whole number of at least 1, or one for each of {len(axes)} axes, got {given!r}."
        )
    return sizes


def _moving(operand: Operand, axes: range, pool_size: Size, strides: Size | None, padding: str) -> list[Windows]:
    """Windows of one length that move over the inputs."""
    if padding.lower() not in ("valid", "same"):
        raise ValueError(f"Invalid padding '{padding}', must be 'same' or 'valid'.")
    sizes = _sizes("pool_size", pool_size, axes)
    steps = sizes if strides is None else _sizes("strides", strides, axes)
    windows = []
    for axis, size, step in zip(axes, sizes, steps, strict=True):
        length = length_of(operand.shape, axis)
        if padding.lower() == "same":
            count = -(-length // step)
            outside = max((count - 1) * step + size - length, 0) // 2
        else:
            count, outside = (length - size) // step + 1, 0
        if count < 1:
            raise ValueError(f"Expected inputs that a window of {size} fits into, got shape {operand.shape}.")
        starts = np.arange(count) * step - outside
        windows.append(_windows(starts, starts + size, length))
    return windows


def _covering(operand: Operand, axes: range, output_size: Size) -> list[Windows]:
    """Windows that cover the inputs evenly."""
    windows = []
    for axis, count in zip(axes, _sizes("output_size", output_size, axes), strict=True):
        length, numbers = length_of(operand.shape, axis), np.arange(count)
        windows.append(_windows(numbers * length // count, -(-(numbers + 1) * length // count), length))
    return windows


def _windows(starts: Any, ends: Any, length: int) -> Windows:
    starts, ends = np.maximum(starts, 0), np.minimum(ends, length)
    places = starts[:, None] + np.arange((ends - starts).max())
    seen = places < ends[:, None]
    return Windows(np.where(seen, places, starts[:, None]).astype("int32"), seen)


def _greatest(operand: Operand, axes: range, windows: Sequence[Windows]) -> Any:
    for axis, along in zip(axes, windows, strict=True):
        operand = reduce(maximum, [take(operand, places, axis=axis) for places in along.places.T])
    return operand


def _average(operand: Operand, axes: range, windows: Sequence[Windows]) -> Any:
    dtype = dtype_of(operand)
    for axis, along in zip(axes, windows, strict=True):
        shape = [-1 if other == axis else 1 for other in range(operand.ndim)]
        weights = (along.seen / along.seen.sum(axis=1, keepdims=True)).astype(dtype)
        parts = zip(along.places.T, weights.T, strict=True)
        operand = reduce(add, [multiply(take(operand, places, axis=axis), by.reshape(shape)) for places, by in parts])
    return operand
