"""Ops on shapes: the same values elsewhere."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from nnfast.graph import (
    Kind,
    Op,
    Shape,
    SymbolicTensor,
    Tensor,
    TensorLike,
    TensorSpec,
    apply,
    as_operand,
    as_result,
    is_tracing,
    lift,
    register,
)
from nnfast.graph.dtypes import floatx, standardize
from nnfast.ops.pointwise import cast
from nnfast.ops.shapes import as_shape, broadcast_shapes, dtype_of, elements, normalize_axis, shape_of


def _to_shape(x: TensorSpec, shape: Shape) -> list[TensorSpec]:
    return [TensorSpec(shape, x.dtype)]


def _permuted(x: TensorSpec, axes: tuple[int, ...]) -> list[TensorSpec]:
    return [TensorSpec(tuple(x.shape[axis] for axis in axes), x.dtype)]


_reshape = register(Op("reshape", Kind.RESHAPE, _to_shape, lambda g, out, x, shape: (reshape(g, x.shape),)))
# The graph sums a pointwise op's gradient back to the operand's shape.
_broadcast_to = register(Op("broadcast_to", Kind.POINTWISE, _to_shape, lambda g, out, x, shape: (g,), "identity"))
_transpose = register(
    Op("transpose", Kind.TRANSPOSE, _permuted, lambda g, out, x, axes: (transpose(g, np.argsort(axes).tolist()),))
)
_size = register(
    Op("size", Kind.SIZE, lambda shape, dtype: [TensorSpec((), dtype)], "a count does not depend on the values")
)


def shape(x: TensorLike) -> Shape:
    """The shape, a tuple; None is the batch of a symbolic tensor."""
    return shape_of(x)


def size(x: TensorLike, dtype: object = "int32") -> Any:
    """The number of elements: a scalar tensor, known when the Program runs where the batch is a part of it.

    Example:

    >>> size([[1.0, 2.0], [3.0, 4.0]]).numpy()
    array(4, dtype=int32)
    """
    return size_of_shape(shape_of(x), standardize(dtype))


def size_of_shape(shape: Shape, dtype: str) -> Any:
    """The number of elements of a shape, as a scalar tensor."""
    if None in shape:
        return apply(_size, shape=shape, dtype=dtype)
    return np.asarray(math.prod(shape), dtype).view(Tensor)  # type: ignore[arg-type]


def _resolve(old: Shape, new: Sequence[int | None]) -> Shape:
    """A new shape with its -1 replaced by what is left of the old one."""
    if any(dimension is not None and dimension < -1 for dimension in new):
        raise ValueError(f"Can't reshape {old} into {tuple(new)}: a dimension is negative.")
    count, batches = elements(old)
    known, known_batches = elements([dimension for dimension in new if dimension != -1])
    if list(new).count(-1) == 1 and known > 0 and count % known == 0 and batches - known_batches in (0, 1):
        rest: int | None = count // known
        if batches > known_batches:
            if rest != 1:
                raise ValueError(
                    f"Can't reshape {old} into {tuple(new)}: the batch (None) must stay a dimension of its own."
                )
            rest = None
        return tuple(rest if dimension == -1 else dimension for dimension in new)
    if -1 in new or (known, known_batches) != (count, batches):
        raise ValueError(f"Can't reshape {old} into {tuple(new)}: the numbers of elements differ.")
    return tuple(new)


def reshape(x: TensorLike, newshape: Any) -> Any:
    """The same values, row by row, under another shape.

    Args:
        x: any tensor.
        newshape: the shape; one dimension may be -1, for what is left.

    Example:

    >>> reshape([[1, 2], [3, 4]], (-1,)).numpy()
    array([1, 2, 3, 4], dtype=int32)
    """
    operand = as_operand(x)
    resolved = _resolve(operand.shape, as_shape(newshape))
    return as_result(operand) if resolved == operand.shape else apply(_reshape, operand, shape=resolved)


def expand_dims(x: TensorLike, axis: int | Sequence[int]) -> Any:
    """A dimension of 1 at `axis` of the result, or at several.

    Example:

    >>> expand_dims([1, 2], (0, -1)).shape
    (1, 2, 1)
    """
    operand = as_operand(x)
    axes = list(axis) if isinstance(axis, tuple | list) else [axis]
    rank = operand.ndim + len(axes)
    new = {normalize_axis(number, rank) for number in axes}  # type: ignore[arg-type]
    if len(new) != len(axes):
        raise ValueError(f"Expected each axis once, got {axis}.")
    left = iter(operand.shape)
    return reshape(operand, [1 if number in new else next(left) for number in range(rank)])


def squeeze(x: TensorLike, axis: int | Sequence[int] | None = None) -> Any:
    """Leaves out dimensions of 1: all of them, or those given.

    Raises:
        ValueError: where a dimension that was given is not 1.
    """
    operand = as_operand(x)
    given: list[Any] = list(axis) if isinstance(axis, tuple | list) else [axis]
    if axis is None:
        axes = {number for number, dimension in enumerate(operand.shape) if dimension == 1}
    else:
        axes = {normalize_axis(number, operand.ndim) for number in given}
    wrong = [number for number in sorted(axes) if operand.shape[number] != 1]
    if wrong:
        raise ValueError(f"Expected a dimension of 1 at axis {wrong[0]}, got shape {operand.shape}.")
    return reshape(operand, [dimension for number, dimension in enumerate(operand.shape) if number not in axes])


def transpose(x: TensorLike, axes: Sequence[int] | None = None) -> Any:
    """Permutes dimensions: the result's dimension i is x's dimension axes[i]; by default they are reversed.

    Example:

    >>> transpose([[1, 2], [3, 4]]).numpy()
    array([[1, 3],
           [2, 4]], dtype=int32)
    """
    operand = as_operand(x)
    given = range(operand.ndim)[::-1] if axes is None else axes
    order = tuple(normalize_axis(axis, operand.ndim) for axis in given)
    if sorted(order) != list(range(operand.ndim)):
        raise ValueError(f"Expected each axis of shape {operand.shape} once, got {tuple(given)}.")
    return as_result(operand) if order == tuple(range(operand.ndim)) else apply(_transpose, operand, axes=order)


def moveaxis(x: TensorLike, source: int | Sequence[int], destination: int | Sequence[int]) -> Any:
    """Moves dimensions elsewhere; the others keep their order.

    Example:

    >>> moveaxis(np.zeros((2, 3, 4)), 0, -1).shape
    (3, 4, 2)
    """
    operand = as_operand(x)
    given: list[list[Any]] = [
        list(axis) if isinstance(axis, tuple | list) else [axis] for axis in (source, destination)
    ]
    old, new = ([normalize_axis(axis, operand.ndim) for axis in axes] for axes in given)
    if len(old) != len(new) or len(set(old)) != len(old) or len(set(new)) != len(new):
        raise ValueError(f"Expected as many different axes to move from as to, got {source} and {destination}.")
    order = [axis for axis in range(operand.ndim) if axis not in old]
    for position, axis in sorted(zip(new, old, strict=True)):
        order.insert(position, axis)
    return transpose(operand, order)


def swapaxes(x: TensorLike, axis1: int, axis2: int) -> Any:
    """Two dimensions in each other's place.

    Example:

    >>> swapaxes(np.zeros((2, 3, 4)), 0, -1).shape
    (4, 3, 2)
    """
    operand = as_operand(x)
    order = list(range(operand.ndim))
    first, second = (normalize_axis(axis, operand.ndim) for axis in (axis1, axis2))
    order[first], order[second] = second, first
    return transpose(operand, order)


def broadcast_to(x: TensorLike, shape: Any) -> Any:
    """Repeats values along dimensions of 1 until they have this shape."""
    operand, target = as_operand(x), as_shape(shape)
    if broadcast_shapes(operand.shape, target) != target:
        raise ValueError(f"Expected a shape that {operand.shape} can be repeated to, got {target}.")
    if operand.shape == target:
        return as_result(operand)
    if None in target and not is_tracing():
        raise ValueError(f"Expected a shape of whole numbers, got {target}: None is the batch of a traced function.")
    return apply(_broadcast_to, lift(operand) if None in target else operand, shape=target)


def full(shape: Any, fill_value: Any, dtype: object = None) -> Any:
    """A tensor of one value; float32 unless asked otherwise."""
    name = standardize(dtype) if dtype is not None else floatx()
    return broadcast_to(np.asarray(fill_value, dtype=name), as_shape(shape))


def zeros(shape: Any, dtype: object = None) -> Any:
    """A tensor of zeros."""
    return full(shape, 0, dtype)


def ones(shape: Any, dtype: object = None) -> Any:
    """A tensor of ones."""
    return full(shape, 1, dtype)


def full_like(x: TensorLike, fill_value: Any, dtype: object = None) -> Any:
    """A tensor of one value with the shape, and unless asked otherwise the type, of x."""
    operand = as_operand(x)
    name = standardize(dtype) if dtype is not None else dtype_of(operand)
    value = np.asarray(fill_value, dtype=name)
    return broadcast_to(lift(value) if isinstance(operand, SymbolicTensor) else value, operand.shape)


def zeros_like(x: TensorLike, dtype: object = None) -> Any:
    """Zeros with the shape of x.

    Example:

    >>> zeros_like([1.0, 2.0]).numpy()
    array([0., 0.], dtype=float32)
    """
    return full_like(x, 0, dtype)


def ones_like(x: TensorLike, dtype: object = None) -> Any:
    """Ones with the shape of x."""
    return full_like(x, 1, dtype)


def arange(start: float, stop: float | None = None, step: float | None = None, dtype: object = None) -> Any:
    """The numbers start, start + step, ... below stop; with one argument, from 0 to below it.

    Example:

    >>> arange(3).numpy()
    array([0, 1, 2], dtype=int32)
    """
    first, last = (0, start) if stop is None else (start, stop)
    numbers = np.arange(first, last, 1 if step is None else step)
    default = floatx() if numbers.dtype.kind == "f" else "int32"
    return numbers.astype(standardize(dtype) if dtype is not None else default).view(Tensor)


def convert_to_numpy(x: Any) -> Any:
    """A tensor's or a Variable's numbers as a NumPy array of its own.

    >>> convert_to_numpy(convert_to_tensor([1.0, 2.0]))
    array([1., 2.], dtype=float32)
    """
    return np.array(x)


def is_tensor(x: Any) -> bool:
    """Whether x is a tensor, of numbers or symbolic; NumPy's arrays are none.

    >>> is_tensor(convert_to_tensor([1.0])), is_tensor([1.0])
    (True, False)
    """
    return isinstance(x, Tensor | SymbolicTensor)


def convert_to_tensor(
    x: TensorLike, dtype: object = None, sparse: bool | None = None, ragged: bool | None = None
) -> Any:
    """A value as a tensor: symbolic ones stay as they are, others become a Tensor; sparse and ragged there are none."""
    if sparse or ragged:
        raise ValueError(f"Expected a dense tensor, got sparse={sparse} and ragged={ragged}.")
    return as_result(as_operand(x)) if dtype is None else cast(x, dtype)
