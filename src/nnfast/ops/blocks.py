"""Axes taken apart and put together, and the blocks that pictures are made of."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from nnfast.graph import Operand, TensorLike, as_operand
from nnfast.ops.movement import reshape, transpose, zeros_like
from nnfast.ops.parts import concatenate, get_item, length_of, pad, take
from nnfast.ops.pointwise import cast
from nnfast.ops.reduction import sum
from nnfast.ops.shapes import dtype_of

Pair = int | Sequence[int]


def rearrange(tensor: TensorLike, pattern: str, **axes_lengths: int) -> Any:
    """Axes in another order, some of them split or joined, as a pattern of names says.

    Args:
        tensor: any tensor.
        pattern: a name for each axis, "->", and the names in the order of the result's axes. Names in parentheses are
            the parts of one axis, the last the one that changes fastest: "b (h w) c -> b h (w c)".
        **axes_lengths: the lengths of parts; of each axis that is split, one may be left out.

    Raises:
        ValueError: the pattern does not suit the tensor, or parts do not multiply to their axis.

    Example:

    >>> rearrange([[1, 2, 3, 4]], "rows (pairs two) -> pairs two rows", two=2).tolist()
    [[[1], [2]], [[3], [4]]]
    """
    operand = as_operand(tensor)
    before, arrow, after = pattern.partition("->")
    given, wanted = _groups(before), _groups(after)
    names, result = ([name for group in groups for name in group] for groups in (given, wanted))
    if not arrow or len(given) != operand.ndim or sorted(names) != sorted(result) or len(set(names)) != len(names):
        raise ValueError(
            f"Expected each of {operand.ndim} axes named once on both sides of '->', as in 'b h w -> b (h w)', got "
            f"{pattern!r} for shape {operand.shape}."
        )
    lengths: dict[str, int | None] = dict(axes_lengths)
    for group, length in zip(given, operand.shape, strict=True):
        unknown = [name for name in group if name not in lengths]
        known = math.prod(axes_lengths[name] for name in group if name in lengths)
        if len(group) == 1 and unknown:
            lengths[group[0]] = length
            continue
        if length is None or len(unknown) > 1 or known < 1 or length % known or (not unknown and length != known):
            raise ValueError(f"Expected lengths of {' and '.join(group)} that make an axis of {length}, got {lengths}.")
        lengths.update(dict.fromkeys(unknown, length // known))
    parts = transpose(reshape(operand, [lengths[name] for name in names]), [names.index(name) for name in result])
    return reshape(parts, [_joined([lengths[name] for name in group]) for group in wanted])


def _groups(side: str) -> list[list[str]]:
    """The names of the parts of each axis."""
    return [re.findall(r"\w+", axis) for axis in re.findall(r"\w+|\(.*?\)", side)]


def _joined(lengths: list[int | None]) -> int | None:
    """The length of an axis that is made of several; the batch stays one of its own."""
    if lengths == [None]:
        return None
    if None in lengths:
        raise ValueError("The batch (None) must stay a dimension of its own.")
    return math.prod(length for length in lengths if length is not None)


_SPLIT = {
    "channels_last": "b h w (h1 w1 c) -> b (h h1) (w w1) c",
    "channels_first": "b (c h1 w1) h w -> b c (h h1) (w w1)",
}


def _blocks_of(x: TensorLike, block_size: int, data_format: str) -> tuple[Operand, tuple[int, ...]]:
    """Pictures, and the axes of their height, width and depth."""
    operand = as_operand(x)
    if data_format not in _SPLIT:
        raise ValueError(f"Expected 'channels_last' or 'channels_first' as data_format, got {data_format!r}.")
    if block_size < 2:
        raise ValueError(f"`block_size` must be at least 2. Received: block_size={block_size}")
    if operand.ndim != 4:
        raise ValueError(f"Expected a 4D input, pictures in a batch, got shape {operand.shape}.")
    return operand, (1, 2, 3) if data_format == "channels_last" else (2, 3, 1)


def depth_to_space(x: TensorLike, block_size: int, data_format: str = "channels_last") -> Any:
    """Pictures whose pixels become squares of pixels, with the channels spread over them.

    Args:
        x: shape (batch, height, width, channels), or as data_format says.
        block_size: the length of a square's side, at least 2; its square divides the channels.
        data_format: "channels_last" (default), or "channels_first" for (batch, channels, height, width).

    Returns:
        Shape (batch, height * block_size, width * block_size, channels / block_size**2), or as data_format says.

    Raises:
        ValueError: no pictures, or the channels can't be spread evenly.

    Example:

    >>> depth_to_space([[[[1, 2, 3, 4]]]], 2).tolist()
    [[[[1], [2]], [[3], [4]]]]
    """
    operand, (*_, depth) = _blocks_of(x, block_size, data_format)
    if length_of(operand.shape, depth) % block_size**2:
        raise ValueError(
            f"The number of channels ({operand.shape[depth]}) must be divisible by block_size**2 ({block_size**2})."
        )
    return rearrange(operand, _SPLIT[data_format], h1=block_size, w1=block_size)


def space_to_depth(x: TensorLike, block_size: int, data_format: str = "channels_last") -> Any:
    """Pictures whose squares of pixels become pixels with more channels; it takes `depth_to_space` back.

    Args:
        x: shape (batch, height, width, channels), or as data_format says.
        block_size: the length of a square's side, at least 2, which divides height and width.
        data_format: "channels_last" (default), or "channels_first" for (batch, channels, height, width).

    Returns:
        Shape (batch, height / block_size, width / block_size, channels * block_size**2), or as data_format says.

    Raises:
        ValueError: no pictures, or they are not made of whole squares.

    Example:

    >>> space_to_depth([[[[1], [2]], [[3], [4]]]], 2).tolist()
    [[[[1, 2, 3, 4]]]]
    """
    operand, (height, width, _) = _blocks_of(x, block_size, data_format)
    if length_of(operand.shape, height) % block_size or length_of(operand.shape, width) % block_size:
        raise ValueError(f"The height and width of {operand.shape} must be divisible by block_size ({block_size}).")
    joined, _, split = _SPLIT[data_format].partition(" -> ")
    return rearrange(operand, f"{split} -> {joined}", h1=block_size, w1=block_size)


def unfold(x: TensorLike, kernel_size: Pair, dilation: Pair = 1, padding: Pair = 0, stride: Pair = 1) -> Any:
    """The patches of pictures that a window sees on its way over them, as columns.

    Args:
        x: shape (batch, channels, height, width).
        kernel_size: height and width of the window; one number for both, as for all that follow.
        dilation: how far apart the pixels are that the window sees; default 1.
        padding: how many zeros are put around the pictures; default 0.
        stride: how far the window moves; default 1.

    Returns:
        Shape (batch, channels * the window's pixels, places of the window).

    Raises:
        ValueError: no pictures, or the window is larger than they are.

    Example:

    >>> unfold([[[[1, 2, 3], [4, 5, 6]]]], 2).tolist()
    [[[1, 2], [2, 3], [4, 5], [5, 6]]]
    """
    operand = as_operand(x)
    if operand.ndim != 4:
        raise ValueError(f"Input must be a 4D tensor. Received: input.shape={operand.shape}")
    across, down = _pair("padding", padding, 0)
    padded = as_operand(pad(operand, ((0, 0), (0, 0), (across, across), (down, down))))
    batch, channels, height, width = padded.shape
    places = _places((length_of(padded.shape, 2), length_of(padded.shape, 3)), kernel_size, dilation, stride)
    patches = take(reshape(padded, (batch, channels, _joined([height, width]))), places, axis=2)
    return reshape(patches, (batch, _joined([channels, len(places)]), places.shape[1]))


def fold(
    x: TensorLike, output_size: Pair, kernel_size: Pair, dilation: Pair = 1, padding: Pair = 0, stride: Pair = 1
) -> Any:
    """Pictures from the columns that `unfold` made of them: where patches overlap, their sum.

    Args:
        x: shape (batch, channels * the window's pixels, places of the window).
        output_size: height and width of the pictures; one number for both.
        kernel_size, dilation, padding, stride: those of `unfold`.

    Returns:
        Shape (batch, channels, height, width).

    Raises:
        ValueError: `unfold` makes no columns of that shape.

    Example:

    >>> fold([[[1, 2], [2, 3], [4, 5], [5, 6]]], (2, 3), 2).tolist()
    [[[[1, 4, 3], [4, 10, 6]]]]
    """
    operand = as_operand(x)
    if operand.ndim != 3:
        raise ValueError(f"Input must be a 3D tensor. Received: input.shape={operand.shape}")
    (height, width), (across, down) = _pair("output_size", output_size), _pair("padding", padding, 0)
    size = (height + 2 * across, width + 2 * down)
    places = _places(size, kernel_size, dilation, stride)
    batch, columns, windows = operand.shape
    if length_of(operand.shape, 1) % len(places) or windows != places.shape[1]:
        raise ValueError(
            f"The second dimension of the input ({columns}) must be divisible by kernel_size product ({len(places)}), "
            f"and the third be the number of the window's places, {places.shape[1]}; got shape {operand.shape}."
        )
    channels = length_of(operand.shape, 1) // len(places)
    flat = reshape(operand, (batch, channels, places.size))
    with_zero = concatenate([flat, zeros_like(get_item(flat, (..., slice(0, 1))))], axis=2)
    sources = _sources(places.reshape(-1), math.prod(size)).reshape(-1, *size)
    inside = sources[:, across : across + height, down : down + width]
    return cast(sum(take(with_zero, inside, axis=2), axis=2), dtype_of(operand))


def _pair(name: str, given: Pair, least: int = 1) -> tuple[int, int]:
    """A number for each axis of a picture."""
    pair = (given, given) if isinstance(given, int) else tuple(given)
    if len(pair) != 2 or not all(isinstance(number, int | np.integer) and number >= least for number in pair):
        raise ValueError(f"Expected {name} to be a whole number of at least {least}, or two of them, got {given!r}.")
    return int(pair[0]), int(pair[1])


def _places(size: tuple[int, int], kernel_size: Pair, dilation: Pair, stride: Pair) -> Any:
    """Which pixel of a picture, row by row, each pixel of the window sees at each of its places: a matrix."""
    window, apart, step = _pair("kernel_size", kernel_size), _pair("dilation", dilation), _pair("stride", stride)
    axes = []
    for length, seen, gap, move in zip(size, window, apart, step, strict=True):
        last = length - gap * (seen - 1)
        if last < 1:
            raise ValueError(f"Expected pictures that the window {window} fits into, got {size} with their padding.")
        axes.append(np.arange(seen)[:, None] * gap + np.arange(0, last, move))
    rows, columns = axes
    pixels = rows[:, None, :, None] * size[1] + columns[None, :, None, :]
    return pixels.reshape(math.prod(window), -1).astype("int32")


def _sources(places: Any, count: int) -> Any:
    """For each of `count` pixels the places that hold it, below each other; then one past the last place."""
    order = np.argsort(places, kind="stable")
    counts = np.bincount(places, minlength=count)
    sources = np.full((counts.max(), count), len(places), "int32")
    pixels = places[order]
    sources[np.arange(len(places)) - (np.cumsum(counts) - counts)[pixels], pixels] = order
    return sources
