"""Shape and type rules that ops share."""

from __future__ import annotations

import functools
import inspect
import operator
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import numpy as np

from nnfast.graph import Operand, Shape, SymbolicTensor, TensorSpec, Variable, as_operand, operators
from nnfast.graph.dtypes import HALVES, floatx, full_precision, is_float, name_of, result_type

Function = TypeVar("Function", bound=Callable[..., Any])


def broadcast_shapes(*shapes: Shape) -> Shape:
    """The shape that values of these shapes have together, by NumPy's rules; the batch goes with the batch or with 1.

    Raises:
        ValueError: where they don't go together.

    Example:

    >>> broadcast_shapes((None, 10), (10,))
    (None, 10)
    """
    rank = max(map(len, shapes), default=0)
    padded = [(1,) * (rank - len(shape)) + tuple(shape) for shape in shapes]
    result: list[int | None] = []
    for dimensions in zip(*padded, strict=True):
        wide = {dimension for dimension in dimensions if dimension != 1}
        if len(wide) > 1:
            raise ValueError(f"Expected shapes that broadcast together, got {' and '.join(map(str, shapes))}.")
        result.append(wide.pop() if wide else 1)
    return tuple(result)


def normalize_axis(axis: int, rank: int) -> int:
    """An axis counted from the front.

    Raises:
        ValueError: where there is no such axis.
    """
    number = operator.index(axis)  # NumPy's whole numbers too
    if not -rank <= number < rank:
        raise ValueError(f"Expected an axis from {-rank} to {rank - 1} for a tensor of rank {rank}, got {axis}.")
    return number % rank


def is_weak(value: object) -> bool:
    """Whether a value is a Python number, which takes the type of what it meets."""
    return isinstance(value, bool | int | float) and not hasattr(value, "dtype")


def dtype_of(operand: Operand) -> str:
    return operand.dtype if isinstance(operand, SymbolicTensor) else name_of(operand.dtype)


def promote(*values: Any) -> list[Operand]:
    """Values as operands of one type, by Keras's rules: floats win over integers, Python numbers give way, and so do
    NumPy's float64 numbers, such as np.sqrt(2), to tensors."""
    if np.float64 in map(type, values) and any(isinstance(v, SymbolicTensor | Variable | np.ndarray) for v in values):
        values = tuple(float(value) if isinstance(value, np.float64) else value for value in values)
    operands = [value if is_weak(value) else as_operand(value) for value in values]
    dtype = result_type(*(dtype_of(operand) for operand in operands if not is_weak(operand)))
    weak = [value for value in operands if is_weak(value)]
    if any(isinstance(value, float) for value in weak) and not is_float(dtype):
        dtype = floatx()
    elif dtype == "bool" and any(not isinstance(value, bool) for value in weak):
        dtype = "int32"
    return [as_operand(value, dtype) if is_weak(value) else _cast(value, dtype) for value in operands]


def promote_to_number(*values: Any) -> list[Operand]:
    """Values as operands of one type that counts: truth values become int32."""
    operands = promote(*values)
    return [_cast(operand, "int32") for operand in operands] if dtype_of(operands[0]) == "bool" else operands


def promote_to_float(*values: Any) -> list[Operand]:
    """Values as operands of one float type; integers become floatx."""
    operands = promote(*values)
    dtype = dtype_of(operands[0])
    return operands if is_float(dtype) else [_cast(operand, floatx()) for operand in operands]


def _cast(operand: Operand, dtype: str) -> Any:
    return operand if dtype_of(operand) == dtype else operators["cast"](operand, dtype)


def in_full_precision(name: str) -> Callable[[Function], Function]:
    """For an op of several steps, which errors in half precision would add up in: where the argument of this name is
    half precision, the op takes it as float32, and only what comes out is rounded."""

    def decorate(function: Function) -> Function:
        signature = inspect.signature(function)

        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            bound = signature.bind(*args, **kwargs)
            operand = as_operand(bound.arguments[name])
            dtype = dtype_of(operand)
            if dtype not in HALVES:
                return function(*args, **kwargs)
            bound.arguments[name] = _cast(operand, full_precision(dtype))
            return _cast(function(*bound.args, **bound.kwargs), dtype)

        return call  # type: ignore[return-value]

    return decorate


def same_as_first(*specs: TensorSpec, **_: Any) -> list[TensorSpec]:
    return [TensorSpec(broadcast_shapes(*(spec.shape for spec in specs)), specs[0].dtype)]


def same_as_last(*specs: TensorSpec, **_: Any) -> list[TensorSpec]:
    return [TensorSpec(broadcast_shapes(*(spec.shape for spec in specs)), specs[-1].dtype)]


def boolean(*specs: TensorSpec, **_: Any) -> list[TensorSpec]:
    return [TensorSpec(broadcast_shapes(*(spec.shape for spec in specs)), "bool")]


def shape_of(value: Any) -> Shape:
    """A value's shape; None is the batch."""
    return tuple(value.shape if hasattr(value, "shape") else as_operand(value).shape)


def elements(shape: Iterable[int | None]) -> tuple[int, int]:
    """The number of elements without the batch, and how many times the batch counts (0 or 1)."""
    count, batches = 1, 0
    for dimension in shape:
        if dimension is None:
            batches += 1
        else:
            count *= dimension
    return count, batches


def as_shape(shape: Any) -> tuple[int | None, ...]:
    """A shape as a tuple, from a tuple, a list or a number."""
    if isinstance(shape, int | np.integer) or (isinstance(shape, np.ndarray) and shape.ndim == 0):
        shape = (shape,)
    try:
        return tuple(dimension if dimension is None else operator.index(dimension) for dimension in shape)
    except TypeError:
        raise TypeError(f"Expected a shape, a tuple of whole numbers, got {shape!r}.") from None


_image_data_format = "channels_last"


def image_data_format() -> str:
    """Which axis of images holds colours by default: 'channels_last' or 'channels_first'."""
    return _image_data_format


def set_image_data_format(data_format: str) -> None:
    """Sets which axis of images holds colours by default.

    Raises:
        ValueError: anything but 'channels_last' and 'channels_first'.
    """
    global _image_data_format
    if data_format not in ("channels_last", "channels_first"):
        raise ValueError(f"Expected 'channels_last' or 'channels_first', got {data_format!r}")
    _image_data_format = data_format
