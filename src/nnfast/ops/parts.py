"""Ops that take tensors apart and put tensors together."""

from __future__ import annotations

import builtins
import itertools
import operator
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from nnfast.graph import (
    Kind,
    Op,
    Operand,
    Shape,
    TensorLike,
    TensorSpec,
    apply,
    as_operand,
    as_result,
    register,
)
from nnfast.graph.dtypes import is_float
from nnfast.ops.movement import broadcast_to, expand_dims, reshape
from nnfast.ops.pointwise import cast
from nnfast.ops.shapes import as_shape, dtype_of, normalize_axis, promote


def _with_length(x: TensorSpec, axis: int, length: int | None) -> TensorSpec:
    return TensorSpec((*x.shape[:axis], length, *x.shape[axis + 1 :]), x.dtype)


def _concatenated(*xs: TensorSpec, axis: int) -> list[TensorSpec]:
    return [_with_length(xs[0], axis, sum(length_of(x.shape, axis) for x in xs))]


def length_of(shape: Shape, axis: int) -> int:
    """The length of an axis, which must not be the batch."""
    length = shape[axis]
    if length is None:
        raise ValueError(
            f"Expected an axis other than the batch (None), got axis {axis} of shape {shape}: samples are not taken "
            "apart or put together while a function is traced."
        )
    return length


def _parts(g: Any, out: Any, *xs: Any, axis: int) -> list[Any]:
    """The gradient of each of the tensors that lie side by side in out."""
    lengths = [x.shape[axis] for x in xs]
    starts = np.cumsum([0, *lengths]).tolist()
    return [_places(g, axis, start, 1, length) for start, length in zip(starts, lengths, strict=False)]


def _padded(x: TensorSpec, axis: int, start: int, step: int, length: int, value: float) -> list[TensorSpec]:
    return [_with_length(x, axis, length)]


def _taken(x: TensorSpec, indices: TensorSpec, axis: int) -> list[TensorSpec]:
    return [TensorSpec((*x.shape[:axis], *indices.shape, *x.shape[axis + 1 :]), x.dtype)]


def scattered(x: TensorSpec, indices: TensorSpec, axis: int, length: int) -> list[TensorSpec]:
    return [TensorSpec((*x.shape[:axis], length, *x.shape[axis + len(indices.shape) :]), x.dtype)]


_concatenate = register(Op("concatenate", Kind.CONCATENATE, _concatenated, _parts))
# Places start, start + step, ... of an axis; and a tensor put into such places of a longer axis, `value` between.
_slice = register(
    Op(
        "slice",
        Kind.SLICE,
        lambda x, axis, start, step, count: [_with_length(x, axis, count)],
        lambda g, out, x, axis, start, step, count: (_put(g, axis, start, step, x.shape[axis], 0.0),),
    )
)
_pad = register(
    Op(
        "pad",
        Kind.PAD,
        _padded,
        lambda g, out, x, axis, start, step, length, value: (_places(g, axis, start, step, x.shape[axis]),),
    )
)


def _taken_gradient(g: Any, out: Any, x: Any, indices: Any, axis: int) -> tuple[Any, None]:
    return apply(scatter_add, g, indices, axis=axis, length=x.shape[axis]), None


def _scattered_gradient(g: Any, out: Any, x: Any, indices: Any, axis: int, length: int) -> tuple[Any, None]:
    return apply(_take, g, indices, axis=axis), None


_take = register(Op("take", Kind.TAKE, _taken, _taken_gradient))
# The gradient of take: what several indices name gets the sum of their parts, in the order of the indices.
scatter_add = register(Op("scatter_add", Kind.SCATTER, scattered, _scattered_gradient, "sum"))


def _places(x: Operand, axis: int, start: int, step: int, count: int) -> Any:
    """Places start, start + step, ... of an axis."""
    if (start, step, count) == (0, 1, x.shape[axis]):
        return as_result(x)
    length_of(x.shape, axis)
    return apply(_slice, x, axis=axis, start=start, step=step, count=count)


def _put(x: Operand, axis: int, start: int, step: int, length: int, value: float) -> Any:
    """x in places start, start + step, ... of an axis of this length."""
    if (start, step, length) == (0, 1, x.shape[axis]):
        return as_result(x)
    length_of(x.shape, axis)
    return apply(_pad, x, axis=axis, start=start, step=step, length=length, value=value)


def concatenate(xs: Sequence[TensorLike], axis: int = 0) -> Any:
    """Tensors side by side along an axis.

    Args:
        xs: tensors of one shape, but for that axis. Floats win over integers.
        axis: which axis; default the first.

    Raises:
        ValueError: there are none, they have other shapes, or the axis is the batch of a traced function.

    Example:

    >>> concatenate([[1, 2], [3]]).numpy()
    array([1, 2, 3], dtype=int32)
    """
    operands = [as_operand(x) for x in promote(*xs)] if len(xs) else []
    if not operands or operands[0].ndim == 0:
        raise ValueError(f"Expected tensors with an axis to concatenate, got {len(operands)}.")
    number = normalize_axis(axis, operands[0].ndim)
    others = {(*x.shape[:number], *x.shape[number + 1 :]) for x in operands}
    if len(others) > 1 or len({x.ndim for x in operands}) > 1:
        shapes = " and ".join(str(x.shape) for x in operands)
        raise ValueError(f"Expected tensors of one shape but for axis {axis}, got {shapes}.")
    return as_result(operands[0]) if len(operands) == 1 else apply(_concatenate, *operands, axis=number)


def stack(x: Sequence[TensorLike], axis: int = 0) -> Any:
    """Tensors of one shape side by side along a new axis.

    Example:

    >>> stack([[1, 2], [3, 4]], axis=1).numpy()
    array([[1, 3],
           [2, 4]], dtype=int32)
    """
    operands = [as_operand(tensor) for tensor in x]
    if len({operand.shape for operand in operands}) != 1:
        raise ValueError(
            f"Expected tensors of one shape to stack, got {[tuple(operand.shape) for operand in operands]}."
        )
    return concatenate([expand_dims(operand, axis) for operand in operands], normalize_axis(axis, operands[0].ndim + 1))


def split(x: TensorLike, indices_or_sections: int | Sequence[int], axis: int = 0) -> list[Any]:
    """The parts of a tensor along an axis.

    Args:
        x: any tensor.
        indices_or_sections: how many equal parts, or where each part but the first begins.
        axis: which axis; default the first.

    Raises:
        ValueError: the axis can't be divided so.

    Example:

    >>> [part.tolist() for part in split([1, 2, 3, 4], 2)], [part.tolist() for part in split([1, 2, 3], [1])]
    ([[1, 2], [3, 4]], [[1], [2, 3]])
    """
    operand = as_operand(x)
    number = normalize_axis(axis, operand.ndim)
    length = length_of(operand.shape, number)
    if isinstance(indices_or_sections, Sequence | np.ndarray):
        starts = [operator.index(start) for start in indices_or_sections]
    else:
        sections = operator.index(indices_or_sections)
        if sections < 1 or length % sections:
            raise ValueError(f"Expected parts that divide axis {axis} of shape {operand.shape}, got {sections}.")
        starts = list(range(length // sections, length, length // sections)) if length else [0] * (sections - 1)
    bounds = itertools.pairwise([0, *starts, length])
    return [_sliced(operand, number, builtins.slice(first, last)) for first, last in bounds]


def get_item(x: TensorLike, key: Any) -> Any:
    """x[key], as of NumPy's arrays, for whole numbers, slices, None and Ellipsis.

    Raises:
        IndexError: there is no such place or axis.
        ValueError: the batch of a traced function is taken apart.

    Example:

    >>> get_item([[1, 2, 3], [4, 5, 6]], (..., -1)).numpy()
    array([3, 6], dtype=int32)
    """
    operand = as_operand(x)
    keys = list(key) if isinstance(key, tuple) else [key]
    given = sum(item is not None and item is not Ellipsis for item in keys)
    dots = [number for number, item in enumerate(keys) if item is Ellipsis]
    if len(dots) > 1 or given > operand.ndim:
        raise IndexError(
            f"Expected at most {operand.ndim} indices and one ..., for shape {operand.shape}; got {key!r}."
        )
    at = dots[0] if dots else len(keys)
    keys[at : at + 1] = [builtins.slice(None)] * (operand.ndim - given)
    shape: list[int | None] = []
    axis = 0
    for item in keys:
        if item is None:
            shape.append(1)
            continue
        if isinstance(item, builtins.slice):
            operand = as_operand(_sliced(operand, axis, item))
            shape.append(operand.shape[axis])
        else:
            operand = as_operand(_places(operand, axis, _place(operand.shape, axis, item), 1, 1))
        axis += 1
    return reshape(operand, shape)


def _sliced(x: Operand, axis: int, item: builtins.slice) -> Any:
    if item.start in (None, 0) and item.stop is None and item.step in (None, 1):
        return as_result(x)
    start, stop, step = item.indices(length_of(x.shape, axis))
    return _places(x, axis, start, step, len(range(start, stop, step)))


def _place(shape: Shape, axis: int, item: Any) -> int:
    if isinstance(item, bool | np.bool_):
        raise TypeError(f"Expected whole numbers, slices, None and ... as indices, got {item!r}.")
    try:
        number = operator.index(item)
    except TypeError:
        raise TypeError(f"Expected whole numbers, slices, None and ... as indices, got {item!r}.") from None
    length = length_of(shape, axis)
    if not -length <= number < length:
        raise IndexError(f"Expected an index from {-length} to {length - 1} for axis {axis} of {shape}, got {number}.")
    return number % length


def slice(inputs: TensorLike, start_indices: Sequence[int], shape: Sequence[int]) -> Any:
    """The part of a tensor of this shape that begins at `start_indices`.

    Args:
        inputs: any tensor.
        start_indices: where it begins, an index for each axis.
        shape: the shape of the part; -1 for all that is left of an axis.

    Raises:
        ValueError: it does not lie within the tensor.

    Example:

    >>> slice([[1, 2, 3], [4, 5, 6]], (0, 1), (2, 2)).numpy()
    array([[2, 3],
           [5, 6]], dtype=int32)
    """
    operand = as_operand(inputs)
    starts, counts = as_shape(start_indices), as_shape(shape)
    if not len(starts) == len(counts) == operand.ndim:
        raise ValueError(f"Expected a start and a length for each axis of {operand.shape}, got {starts} and {counts}.")
    for axis, (start, count) in enumerate(zip(starts, counts, strict=True)):
        length = operand.shape[axis]
        if start == 0 and count in (-1, length):
            continue
        length = length_of(operand.shape, axis)
        wanted = length - (start or 0) if count == -1 else count
        if start is None or wanted is None or not 0 <= start <= start + wanted <= length:
            raise ValueError(f"Expected a part of shape {operand.shape}, got {counts} from {starts} on.")
        operand = as_operand(_places(operand, axis, start, 1, wanted))
    return as_result(operand)


_CONTINUED: dict[str, Any] = {mode: mode for mode in ("reflect", "symmetric", "edge", "wrap")}


def pad(x: TensorLike, pad_width: Any, mode: str = "constant", constant_values: float | None = None) -> Any:
    """A tensor with `constant_values` before and after it along each axis.

    Args:
        x: any tensor.
        pad_width: ((before, after), ...) for each axis; (before, after) or one number for all axes.
        mode: "constant" (default), or what the tensor goes on with: "reflect" and "symmetric" its mirror image, without
            and with the last value, "edge" the last value, "wrap" its other end.
        constant_values: default 0; of "constant" alone.

    Raises:
        ValueError: another mode, a negative width, or not one pair for each axis.

    Example:

    >>> pad([1, 2], (1, 2)).numpy()
    array([0, 1, 2, 0, 0], dtype=int32)
    """
    if mode not in ("constant", *_CONTINUED):
        raise ValueError(f"Expected one of constant, {', '.join(_CONTINUED)} as the mode of padding, got {mode!r}.")
    if mode != "constant" and constant_values is not None:
        raise ValueError(
            f"Argument `constant_values` can only be provided when `mode == 'constant'`, got mode={mode!r}."
        )
    operand = as_operand(x)
    widths = np.asarray(pad_width)
    if widths.dtype.kind not in "iu":
        raise TypeError(f"Expected whole numbers as pad_width, got {pad_width!r}.")
    try:
        pairs = np.broadcast_to(widths, (operand.ndim, 2)).tolist()
    except ValueError:
        raise ValueError(f"Expected (before, after) for each axis of {operand.shape}, got {pad_width!r}.") from None
    value = 0.0 if constant_values is None else float(constant_values)
    for axis, (before, after) in enumerate(pairs):
        if before < 0 or after < 0:
            raise ValueError(f"Expected widths that are not negative, got {pad_width!r}.")
        if before or after:
            length = length_of(operand.shape, axis)
            if mode == "constant":
                operand = as_operand(_put(operand, axis, before, 1, before + length + after, value))
            else:
                places = np.pad(np.arange(length), (before, after), mode=_CONTINUED[mode])
                operand = as_operand(take(operand, places, axis))
    return as_result(operand)


def take(x: TensorLike, indices: TensorLike, axis: int | None = None) -> Any:
    """The parts of a tensor that indices name along an axis, with the indices' shape in its place.

    Args:
        x: any tensor.
        indices: whole numbers, from -n to n - 1 for an axis of length n; negative ones count from the end.
        axis: which axis; default None, of all values one after the other.

    Raises:
        ValueError: when run, for indices out of range; before a weight changes.
        TypeError: the indices are no whole numbers.

    Example:

    >>> take([[1, 2], [3, 4], [5, 6]], [2, 0, 2], axis=0).numpy()
    array([[5, 6],
           [1, 2],
           [5, 6]], dtype=int32)
    """
    operand, places = as_operand(x), as_operand(indices)
    kind = dtype_of(places)
    if is_float(kind) or kind == "bool":
        raise TypeError(f"Expected whole numbers as indices, got {kind}.")
    if kind not in ("int32", "int64"):
        places = cast(places, "int64")
    if axis is None:
        operand, axis = reshape(operand, -1), 0
    number = normalize_axis(axis, operand.ndim)
    length_of(operand.shape, number)
    return apply(_take, operand, places, axis=number)


def repeat(x: TensorLike, repeats: int | Sequence[int], axis: int | None = None) -> Any:
    """Each element, or each part along an axis, several times in a row.

    Args:
        x: any tensor.
        repeats: how often; or how often each part.
        axis: which axis; default None, all values one after the other.

    Example:

    >>> repeat([1, 2], 2).numpy(), repeat([1, 2], [0, 3]).numpy()
    (array([1, 1, 2, 2], dtype=int32), array([2, 2, 2], dtype=int32))
    """
    operand = as_operand(x)
    if axis is None:
        operand, axis = as_operand(reshape(operand, -1)), 0
    number = normalize_axis(axis, operand.ndim)
    counts = np.asarray(repeats)
    if counts.dtype.kind not in "iu" or (counts < 0).any():
        raise ValueError(f"Expected whole numbers that are not negative as repeats, got {repeats!r}.")
    if counts.size == 1:
        times = int(counts.reshape(()))
        shape = operand.shape
        spread = broadcast_to(expand_dims(operand, number + 1), (*shape[: number + 1], times, *shape[number + 1 :]))
        length = None if shape[number] is None and times == 1 else length_of(shape, number) * times
        return reshape(spread, (*shape[:number], length, *shape[number + 1 :]))
    if counts.shape != (length_of(operand.shape, number),):
        raise ValueError(f"Expected one number for each of {operand.shape[number]} parts, got {repeats!r}.")
    return take(operand, np.repeat(np.arange(counts.size), counts), number)


def tile(x: TensorLike, repeats: int | Sequence[int]) -> Any:
    """The whole tensor several times along each axis.

    Args:
        x: any tensor.
        repeats: how often along each axis; for fewer numbers than axes along the last ones, for more the tensor gets
            axes of length 1 in front.

    Example:

    >>> tile([[1, 2]], (2, 2)).numpy()
    array([[1, 2, 1, 2],
           [1, 2, 1, 2]], dtype=int32)
    """
    operand = as_operand(x)
    times = [1 if count is None else count for count in as_shape(repeats)]
    if any(count < 0 for count in times):
        raise ValueError(f"Expected numbers that are not negative as repeats, got {repeats!r}.")
    times = [1] * (operand.ndim - len(times)) + times
    shape = (1,) * (len(times) - operand.ndim) + operand.shape
    single = reshape(operand, _interleaved([1] * len(shape), shape))
    whole = broadcast_to(single, _interleaved(times, shape))
    lengths = [
        length if count == 1 else length_of(shape, axis) * count
        for axis, (count, length) in enumerate(zip(times, shape, strict=True))
    ]
    return reshape(whole, lengths)


def _interleaved(first: Iterable[int | None], second: Iterable[int | None]) -> list[int | None]:
    return [item for pair in zip(first, second, strict=True) for item in pair]


def flip(x: TensorLike, axis: int | Sequence[int] | None = None) -> Any:
    """The values in reverse order along axes, by default along all.

    Example:

    >>> flip([1, 2, 3]).numpy()
    array([3, 2, 1], dtype=int32)
    """
    operand = as_operand(x)
    given = range(operand.ndim) if axis is None else [axis] if isinstance(axis, int) else axis
    for number in {normalize_axis(item, operand.ndim) for item in given}:
        length = length_of(operand.shape, number)
        operand = as_operand(_places(operand, number, max(length - 1, 0), -1, length))
    return as_result(operand)
