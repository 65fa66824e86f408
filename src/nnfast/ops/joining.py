"""More ways to take tensors apart and put them together."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from nnfast.graph import TensorLike, as_operand, as_result
from nnfast.ops.movement import broadcast_to, reshape, swapaxes
from nnfast.ops.parts import concatenate, flip, get_item, length_of, split
from nnfast.ops.pointwise import cast
from nnfast.ops.shapes import dtype_of, elements, normalize_axis


def ravel(x: TensorLike) -> Any:
    """All values one after the other, with rank 1.

    Example:

    >>> ravel([[1, 2], [3, 4]]).tolist()
    [1, 2, 3, 4]
    """
    return reshape(x, -1 if elements(as_operand(x).shape)[0] else 0)


def append(x1: TensorLike, x2: TensorLike, axis: int | None = None) -> Any:
    """The values of x2 behind those of x1 along an axis; by default both with rank 1.

    Example:

    >>> append([1, 2], [[3, 4]]).tolist()
    [1, 2, 3, 4]
    """
    return concatenate([ravel(x1), ravel(x2)]) if axis is None else concatenate([x1, x2], axis)


def _at_least(x: TensorLike, rank: int) -> Any:
    """A tensor with axes of 1 added, as NumPy's stacking functions do."""
    operand = as_operand(x)
    shape = operand.shape
    if operand.ndim < rank:
        shape = {0: (1,) * rank, 1: (1, *shape, *(1,) * (rank - 2)), 2: (*shape, 1)}[operand.ndim]
    return reshape(operand, shape)


def hstack(xs: Sequence[TensorLike]) -> Any:
    """Tensors side by side along the second axis; along the first where they have one.

    Example:

    >>> hstack([[1, 2], [3]]).tolist()
    [1, 2, 3]
    """
    tensors = [as_operand(x) if as_operand(x).ndim else reshape(x, 1) for x in xs]
    return concatenate(tensors, 0 if tensors and tensors[0].ndim == 1 else 1)


def vstack(xs: Sequence[TensorLike]) -> Any:
    """Tensors below each other, along the first axis; those of rank 1 are rows.

    Example:

    >>> vstack([[1, 2], [3, 4]]).tolist()
    [[1, 2], [3, 4]]
    """
    return concatenate([_at_least(x, 2) for x in xs], 0)


def dstack(xs: Sequence[TensorLike]) -> Any:
    """Tensors side by side along the third axis.

    Example:

    >>> dstack([[1, 2], [3, 4]]).tolist()
    [[[1, 3], [2, 4]]]
    """
    return concatenate([_at_least(x, 3) for x in xs], 2)


def hsplit(x: TensorLike, indices_or_sections: int | Sequence[int]) -> list[Any]:
    """The parts of a tensor along its second axis, or its only one; see split."""
    return split(x, indices_or_sections, 1 if as_operand(x).ndim > 1 else 0)


def vsplit(x: TensorLike, indices_or_sections: int | Sequence[int]) -> list[Any]:
    """The parts of a tensor along its first axis; see split."""
    return split(x, indices_or_sections, 0)


def dsplit(x: TensorLike, indices_or_sections: int | Sequence[int]) -> list[Any]:
    """The parts of a tensor along its third axis; see split."""
    return split(x, indices_or_sections, 2)


def array_split(x: TensorLike, indices_or_sections: int | Sequence[int], axis: int = 0) -> list[Any]:
    """The parts of a tensor along an axis, the first of them longer by one where they can't be equal; see split.

    Example:

    >>> [part.tolist() for part in array_split([1, 2, 3, 4, 5], 2)]
    [[1, 2, 3], [4, 5]]
    """
    if isinstance(indices_or_sections, int):
        sections = indices_or_sections
        if sections < 1:
            raise ValueError(f"Expected at least one part, got {sections}.")
        operand = as_operand(x)
        length = length_of(operand.shape, normalize_axis(axis, operand.ndim))
        sizes = [length // sections + (part < length % sections) for part in range(sections)]
        return split(operand, list(itertools.accumulate(sizes))[:-1], axis)
    return split(x, indices_or_sections, axis)


def unstack(x: TensorLike, num: int | None = None, axis: int = 0) -> list[Any]:
    """The parts of a tensor along an axis, each without it.

    Args:
        x: any tensor.
        num: how many there are; default None, which asks the shape.
        axis: which axis; default the first.

    Raises:
        ValueError: there are not `num`.

    Example:

    >>> [part.tolist() for part in unstack([[1, 2], [3, 4]])]
    [[1, 2], [3, 4]]
    """
    operand = as_operand(x)
    number = normalize_axis(axis, operand.ndim)
    length = length_of(operand.shape, number)
    if num not in (None, length):
        raise ValueError(f"Expected {num} parts along axis {axis}, got shape {operand.shape}.")
    return [get_item(operand, (*(slice(None),) * number, place)) for place in range(length)]


def roll(x: TensorLike, shift: int | Sequence[int], axis: int | Sequence[int] | None = None) -> Any:
    """Values moved along an axis; those that leave it at one end come in at the other.

    Args:
        x: any tensor.
        shift: by how many places; for several axes one number each, or one for all.
        axis: which axis or axes; default None, of all values one after the other.

    Example:

    >>> roll([1, 2, 3, 4], 1).tolist()
    [4, 1, 2, 3]
    """
    operand = as_operand(x)
    if axis is None:
        return reshape(roll(ravel(operand), int(np.sum(shift)), 0), operand.shape)
    axes, shifts = np.broadcast_arrays(np.atleast_1d(axis), np.atleast_1d(shift))
    for one, places in zip(axes.tolist(), shifts.tolist(), strict=True):
        number = normalize_axis(one, operand.ndim)
        length = length_of(operand.shape, number)
        if length and places % length:
            parts = split(operand, [length - places % length], number)
            operand = as_operand(concatenate(parts[::-1], number))
    return as_result(operand)


def fliplr(x: TensorLike) -> Any:
    """The values in reverse order along the second axis."""
    return flip(x, 1)


def flipud(x: TensorLike) -> Any:
    """The values in reverse order along the first axis."""
    return flip(x, 0)


def rot90(array: TensorLike, k: int = 1, axes: tuple[int, int] = (0, 1)) -> Any:
    """Turned k times by a quarter of a circle, from the first of two axes towards the second.

    Raises:
        ValueError: the axes are not two different ones.

    Example:

    >>> rot90([[1, 2], [3, 4]]).tolist()
    [[2, 4], [1, 3]]
    """
    operand = as_operand(array)
    if operand.ndim < 2 or len(axes) != 2:
        raise ValueError(f"Expected two axes of a tensor of rank 2 or more, got axes={axes} of shape {operand.shape}.")
    first, second = (normalize_axis(axis, operand.ndim) for axis in axes)
    if first == second:
        raise ValueError(f"Expected two different axes, got axes={axes} of shape {operand.shape}.")
    turns = k % 4
    if turns == 2:
        return flip(operand, (first, second))
    if turns == 1:
        return swapaxes(flip(operand, second), first, second)
    return flip(swapaxes(operand, first, second), second) if turns else as_result(operand)


def meshgrid(*x: TensorLike, indexing: str = "xy") -> list[Any]:
    """The coordinates of the points of a grid, one tensor for each axis.

    Args:
        x: the coordinates along each axis.
        indexing: "xy" (default), where the first coordinates go along the second axis, or "ij", along the first.

    Raises:
        ValueError: another indexing.

    Example:

    >>> [grid.tolist() for grid in meshgrid([1, 2], [5, 6, 7])]
    [[[1, 2], [1, 2], [1, 2]], [[5, 5], [6, 6], [7, 7]]]
    """
    if indexing not in ("xy", "ij"):
        raise ValueError(f"Expected 'xy' or 'ij' as indexing, got {indexing!r}.")
    axes = [ravel(tensor) for tensor in x]
    shape = [tensor.shape[0] for tensor in axes]
    grids = [
        broadcast_to(reshape(tensor, [size if axis == number else 1 for axis, size in enumerate(shape)]), shape)
        for number, tensor in enumerate(axes)
    ]
    return [swapaxes(grid, 0, 1) for grid in grids] if indexing == "xy" and len(grids) > 1 else grids


def slice_update(inputs: TensorLike, start_indices: Any, updates: TensorLike) -> Any:
    """A tensor with other values from `start_indices` on; where they would reach past its end, they end there.

    Args:
        inputs: any tensor.
        start_indices: where they begin, an index for each axis, known while a function is traced.
        updates: the values, of inputs' rank.

    Raises:
        ValueError: they do not fit into the tensor.

    Example:

    >>> slice_update([[1, 2], [3, 4]], [0, 1], [[8], [9]]).tolist()
    [[1, 8], [3, 9]]
    """
    operand = as_operand(inputs)
    values = as_operand(updates)
    starts = [int(start) for start in start_indices]
    if not len(starts) == operand.ndim == values.ndim:
        raise ValueError(
            f"Expected an index and an axis of updates for each of {operand.shape}, got {starts} and {values.shape}."
        )
    return _updated(operand, starts, values, 0)


def _updated(x: Any, starts: list[int], updates: Any, axis: int) -> Any:
    """x with updates in it, which is as long in the axes before this one."""
    if axis == x.ndim:
        return cast(updates, dtype_of(x))
    if x.shape[axis] == updates.shape[axis]:
        return _updated(x, starts, updates, axis + 1)
    length, count = length_of(x.shape, axis), length_of(updates.shape, axis)
    if count > length:
        raise ValueError(f"Expected updates that fit into shape {x.shape}, got shape {updates.shape}.")
    start = min(max(starts[axis] + (length if starts[axis] < 0 else 0), 0), length - count)
    before, old, behind = split(x, [start, start + count], axis)
    return concatenate([before, _updated(old, starts, updates, axis + 1), behind], axis)
