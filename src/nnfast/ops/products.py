"""Products of vectors, matrices and tensors, all of them put together from matmul and multiply."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

from nnfast.graph import TensorLike, as_operand
from nnfast.ops.linear import matmul
from nnfast.ops.movement import moveaxis, reshape, transpose
from nnfast.ops.parts import length_of, stack
from nnfast.ops.pointwise import multiply, subtract
from nnfast.ops.shapes import elements, normalize_axis, promote


def dot(x1: TensorLike, x2: TensorLike) -> Any:
    """The sums of products over the last axis of x1 and the last but one of x2 (of a vector, its only one).

    Args:
        x1: shape (..., k), or a number.
        x2: shape (..., k, n) or (k,), or a number.

    Returns:
        Shape x1.shape[:-1] + x2.shape without the axis of k.

    Example:

    >>> dot([1, 2, 3], [4, 5, 6]).tolist()
    32
    """
    a, b = promote(x1, x2)
    if a.ndim == 0 or b.ndim == 0:
        return multiply(a, b)
    return tensordot(a, b, [[-1], [-1 if b.ndim == 1 else -2]])


def inner(x1: TensorLike, x2: TensorLike) -> Any:
    """The sums of products over the last axis of both.

    Example:

    >>> inner([[1, 2], [3, 4]], [5, 6]).tolist()
    [17, 39]
    """
    a, b = promote(x1, x2)
    return multiply(a, b) if a.ndim == 0 or b.ndim == 0 else tensordot(a, b, [[-1], [-1]])


def vdot(x1: TensorLike, x2: TensorLike) -> Any:
    """The sum of all products of values at the same place.

    Example:

    >>> vdot([[1, 2], [3, 4]], [[5, 6], [7, 8]]).tolist()
    70
    """
    a, b = promote(x1, x2)
    return tensordot(reshape(a, -1), reshape(b, -1), 1)


def outer(x1: TensorLike, x2: TensorLike) -> Any:
    """The products of each value of x1 with each of x2: shape (x1.size, x2.size).

    Example:

    >>> outer([1, 2], [3, 4, 5]).tolist()
    [[3, 4, 5], [6, 8, 10]]
    """
    a, b = promote(x1, x2)
    return multiply(reshape(a, (-1, 1)), reshape(b, (1, -1)))


def tensordot(x1: TensorLike, x2: TensorLike, axes: int | Sequence[Any] = 2) -> Any:
    """The sums of products over axes of two tensors.

    Args:
        x1, x2: tensors.
        axes: how many axes, the last of x1 and the first of x2; or the axes of x1 and those of x2.

    Returns:
        What is left of x1's shape, followed by what is left of x2's.

    Raises:
        ValueError: the axes' lengths differ.

    Example:

    >>> tensordot([[1, 2], [3, 4]], [[1, 2], [3, 4]], axes=1).tolist()
    [[7, 10], [15, 22]]
    """
    a, b = promote(x1, x2)
    if isinstance(axes, int):
        first, second = list(range(a.ndim - axes, a.ndim)), list(range(axes))
    else:
        first, second = ([one] if isinstance(one, int) else list(one) for one in axes)
    first, second = [normalize_axis(axis, a.ndim) for axis in first], [normalize_axis(axis, b.ndim) for axis in second]
    lengths = [a.shape[axis] for axis in first]
    if lengths != [b.shape[axis] for axis in second]:
        raise ValueError(f"Expected axes of one length, got {axes} of shapes {a.shape} and {b.shape}.")
    rows, columns = ([axis for axis in range(x.ndim) if axis not in used] for x, used in ((a, first), (b, second)))
    left_shape, right_shape = ([x.shape[axis] for axis in kept] for x, kept in ((a, rows), (b, columns)))
    depth = _size(lengths)
    left = reshape(transpose(a, [*rows, *first]), [*left_shape, depth])
    right = reshape(transpose(b, [*second, *columns]), [depth, _size(right_shape)])
    return reshape(matmul(left, right), [*left_shape, *right_shape])


def _size(shape: Sequence[int | None]) -> int | None:
    """How many elements a part of a shape has; the batch (None) stands alone."""
    count, batches = elements(shape)
    if batches and count != 1:
        raise ValueError(f"Expected the batch (None) to stay an axis of its own, got {tuple(shape)} to put together.")
    return None if batches else count


def kron(x1: TensorLike, x2: TensorLike) -> Any:
    """The Kronecker product: each value of x1 times the whole of x2, in its place.

    Example:

    >>> kron([[1, 2]], [[1, 1], [0, 1]]).tolist()
    [[1, 1, 2, 2], [0, 1, 0, 2]]
    """
    a, b = promote(x1, x2)
    rank = max(a.ndim, b.ndim)
    first, second = ((1,) * (rank - x.ndim) + x.shape for x in (a, b))
    wide = [size for length in first for size in (length, 1)], [size for length in second for size in (1, length)]
    product = multiply(reshape(a, wide[0]), reshape(b, wide[1]))
    return reshape(product, [operator.mul(*sizes) for sizes in zip(first, second, strict=True)])


def cross(
    x1: TensorLike, x2: TensorLike, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None
) -> Any:
    """The cross products of vectors of three values, or two, whose third is 0.

    Args:
        x1, x2: tensors of vectors.
        axisa, axisb: along which axis x1's and x2's vectors lie; default the last.
        axisc: along which axis the result's lie; of two vectors of two values it has none, but their third values.
        axis: this axis for all three; default None.

    Raises:
        ValueError: vectors of another length.

    Example:

    >>> cross([1, 0, 0], [0, 1, 0]).tolist()
    [0, 0, 1]
    """
    a, b = promote(x1, x2)
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = as_operand(moveaxis(a, axisa, -1)), as_operand(moveaxis(b, axisb, -1))
    if a.shape[-1] not in (2, 3) or b.shape[-1] not in (2, 3):
        raise ValueError(f"Expected vectors of 2 or 3 values, got shapes {a.shape} and {b.shape}.")
    first, second = ([*(x[..., place] for place in range(length_of(x.shape, x.ndim - 1))), 0] for x in (a, b))

    def part(one: int, other: int) -> Any:
        return subtract(multiply(first[one], second[other]), multiply(first[other], second[one]))

    if a.shape[-1] == b.shape[-1] == 2:
        return part(0, 1)
    return moveaxis(stack([part(1, 2), part(2, 0), part(0, 1)], axis=-1), -1, axisc)
