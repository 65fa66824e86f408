"""More elementwise ops: truths about numbers, rounding, and functions put together from others."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from nnfast.graph import Tensor, TensorLike, as_operand, as_result
from nnfast.graph.dtypes import floatx, is_float, standardize
from nnfast.ops.movement import full_like, zeros_like
from nnfast.ops.pointwise import (
    absolute,
    add,
    cast,
    ceil,
    clip,
    divide,
    equal,
    exp,
    floor,
    isnan,
    less,
    less_equal,
    log1p,
    logical_and,
    logical_or,
    maximum,
    minimum,
    multiply,
    not_equal,
    reciprocal,
    subtract,
    where,
)
from nnfast.ops.reduction import all
from nnfast.ops.shapes import dtype_of, promote, promote_to_float, shape_of


def copy(x: TensorLike) -> Any:
    """The same numbers in memory of their own."""
    operand = as_operand(x)
    return as_result(operand.copy() if isinstance(operand, np.ndarray) else operand)


def fabs(x: TensorLike) -> Any:
    """|x|, a float even for integers."""
    return absolute(*promote_to_float(x))


def trunc(x: TensorLike) -> Any:
    """x without its fraction; integers stay what they are.

    Example:

    >>> trunc([1.7, -1.7]).tolist()
    [1.0, -1.0]
    """
    operand = as_operand(x)
    return where(less(operand, 0), ceil(operand), floor(operand)) if is_float(dtype_of(operand)) else as_result(operand)


def signbit(x: TensorLike) -> Any:
    """Whether x has a minus sign; -0.0 has one.

    Example:

    >>> signbit([-1.0, -0.0, 0.0]).tolist()
    [True, True, False]
    """
    operand = as_operand(x)
    below = less(operand, 0)
    return logical_or(below, less(reciprocal(operand), 0)) if is_float(dtype_of(operand)) else below


def heaviside(x1: TensorLike, x2: TensorLike) -> Any:
    """0 where x1 is below 0, 1 where it is above, and x2 where it is 0.

    Example:

    >>> heaviside([-1.0, 0.0, 2.0], 0.5).tolist()
    [0.0, 0.5, 1.0]
    """
    a, b = promote_to_float(x1, x2)
    steps = where(isnan(a), a, cast(less(0.0, a), dtype_of(a)))
    return where(equal(a, 0.0), b, steps)


def isposinf(x: TensorLike) -> Any:
    """Whether x is infinity."""
    return equal(x, math.inf)


def isneginf(x: TensorLike) -> Any:
    """Whether x is minus infinity."""
    return equal(x, -math.inf)


def isreal(x: TensorLike) -> Any:
    """Whether x has no imaginary part: true of all that nnfast computes with."""
    return full_like(x, True, "bool")


def real(x: TensorLike) -> Any:
    """x, since numbers are real."""
    return as_result(as_operand(x))


def imag(x: TensorLike) -> Any:
    """0, since numbers are real."""
    return zeros_like(x)


def conjugate(x: TensorLike) -> Any:
    """x, since numbers are real."""
    return real(x)


conj = conjugate


def angle(x: TensorLike) -> Any:
    """The angle of a real number in the complex plane: 0, or pi where it has a minus sign.

    Example:

    >>> angle([1.0, -1.0]).numpy()
    array([0.       , 3.1415927], dtype=float32)
    """
    (operand,) = promote_to_float(x)
    return where(isnan(operand), operand, where(signbit(operand), math.pi, zeros_like(operand)))


def logical_xor(x1: TensorLike, x2: TensorLike) -> Any:
    """Whether one, and not the other, is not zero."""
    return not_equal(not_equal(x1, 0), not_equal(x2, 0))


def isclose(x1: TensorLike, x2: TensorLike, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Any:
    """Whether x1 and x2 differ by no more than atol + rtol * |x2|, or are the same infinity.

    Args:
        x1, x2: tensors that broadcast.
        rtol, atol: the relative and the absolute tolerance.
        equal_nan: whether NaN is close to NaN.

    Example:

    >>> isclose([1.0, 2.0], [1.000001, 2.1]).tolist()
    [True, False]
    """
    a, b = promote_to_float(x1, x2)
    near = less_equal(absolute(subtract(a, b)), add(atol, multiply(rtol, absolute(b))))
    finite = logical_and(less(absolute(a), math.inf), less(absolute(b), math.inf))
    close = logical_or(logical_and(near, finite), equal(a, b))
    return logical_or(close, logical_and(isnan(a), isnan(b))) if equal_nan else close


def allclose(x1: TensorLike, x2: TensorLike, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Any:
    """Whether all of x1 is close to x2; see isclose.

    Example:

    >>> bool(allclose([1.0, 2.0], [1.0, 2.000001]))
    True
    """
    return all(isclose(x1, x2, rtol, atol, equal_nan))


def nan_to_num(x: TensorLike, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None) -> Any:
    """Numbers in the place of NaN and the infinities.

    Args:
        x: any tensor.
        nan: what NaN becomes; default 0.
        posinf, neginf: what infinity and minus infinity become; default the greatest and the least number of the type.

    Example:

    >>> nan_to_num([float("nan"), 1.0, float("inf")], posinf=9.0).tolist()
    [0.0, 1.0, 9.0]
    """
    operand = as_operand(x)
    dtype = dtype_of(operand)
    if not is_float(dtype):
        return as_result(operand)
    most = _greatest(dtype)
    result = where(isnan(operand), nan, operand)
    result = where(isposinf(operand), most if posinf is None else posinf, result)
    return where(isneginf(operand), -most if neginf is None else neginf, result)


def _greatest(dtype: str) -> float:
    """The greatest number of a float type."""
    return (2.0 - 2.0**-7) * 2.0**127 if dtype == "bfloat16" else float(np.finfo(dtype).max)


def saturate_cast(x: TensorLike, dtype: object) -> Any:
    """Converts to another element type; what it does not hold becomes the nearest number that it does.

    Example:

    >>> saturate_cast([300.0, -3.0], "uint8").tolist()
    [255, 0]
    """
    operand, name = as_operand(x), floatx() if dtype is None else standardize(dtype)
    if not is_float(name):  # casts to integers are such
        return cast(operand, name)
    return cast(clip(operand, -_greatest(name), _greatest(name)), name) if name != "float64" else cast(operand, name)


def fmax(x1: TensorLike, x2: TensorLike) -> Any:
    """The greater of two; where one is NaN, the other."""
    a, b = promote(x1, x2)
    return where(isnan(a), b, where(isnan(b), a, maximum(a, b)))


def fmin(x1: TensorLike, x2: TensorLike) -> Any:
    """The lesser of two; where one is NaN, the other.

    Example:

    >>> fmin([1.0, float("nan")], 2.0).tolist()
    [1.0, 2.0]
    """
    a, b = promote(x1, x2)
    return where(isnan(a), b, where(isnan(b), a, minimum(a, b)))


def logaddexp(x1: TensorLike, x2: TensorLike) -> Any:
    """log(exp(x1) + exp(x2)), without overflow.

    Example:

    >>> float(logaddexp(1000.0, 1000.0)) - 1000.0
    0.69317626953125
    """
    return _log_add(x1, x2, 1.0)


def logaddexp2(x1: TensorLike, x2: TensorLike) -> Any:
    """The logarithm to base 2 of 2**x1 + 2**x2, without overflow.

    Example:

    >>> float(logaddexp2(3.0, 3.0))
    4.0
    """
    return _log_add(x1, x2, math.log(2.0))


def _log_add(x1: TensorLike, x2: TensorLike, base: float) -> Any:
    """The logarithm of the sum of two powers, whose base has the logarithm `base`."""
    a, b = promote_to_float(x1, x2)
    difference = where(equal(a, b), 0.0, subtract(a, b))  # infinity less infinity is no number
    return add(maximum(a, b), divide(log1p(exp(multiply(-base, absolute(difference)))), base))


def select(condlist: Sequence[TensorLike], choicelist: Sequence[TensorLike], default: TensorLike = 0) -> Any:
    """For each element, that of the first choice whose condition is true, else the default.

    Args:
        condlist: truth values.
        choicelist: as many tensors, which broadcast with them.
        default: what is there where no condition is true.

    Raises:
        ValueError: there are not as many choices as conditions, or none.

    Example:

    >>> x = np.array([1, 5, 9])
    >>> select([x < 3, x > 6], [x, -x], 0).tolist()
    [1, 0, -9]
    """
    if len(condlist) != len(choicelist) or not len(condlist):
        raise ValueError(f"Expected as many choices as conditions, got {len(choicelist)} and {len(condlist)}.")
    result, *choices = promote(default, *choicelist)
    for condition, choice in zip(reversed(condlist), reversed(choices), strict=True):
        result = where(condition, choice, result)
    return result


def ndim(x: TensorLike) -> int:
    """How many axes a tensor has."""
    return len(shape_of(x))


def dtype(x: TensorLike) -> str:
    """The name of a tensor's element type.

    Example:

    >>> dtype(np.zeros(3, "int32"))
    'int32'
    """
    return str(x.dtype) if hasattr(x, "dtype") else dtype_of(as_operand(x))


def view(x: TensorLike, dtype: object = None) -> Any:
    """The same bytes as another element type. Of arrays, not of what is traced.

    Example:

    >>> view(np.array([1.0], "float32"), "int32").tolist()
    [1065353216]
    """
    array = np.asarray(as_operand(x))
    return (array if dtype is None else array.view(standardize(dtype))).view(Tensor)
