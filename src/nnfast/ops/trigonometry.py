"""Trigonometric and hyperbolic functions and their inverses, and powers and logarithms to other bases than e."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from nnfast.graph import Kind, Op, Tensor, TensorLike, apply, register
from nnfast.graph.dtypes import full_precision
from nnfast.ops.elementwise import trunc
from nnfast.ops.pointwise import cast, divide, equal, multiply, sin, sqrt, square, where
from nnfast.ops.shapes import dtype_of, promote_to_float, promote_to_number, same_as_first

_LN2, _LN10 = math.log(2.0), math.log(10.0)


def _op(name: str, gradient: Any) -> Op:
    return register(Op(name, Kind.POINTWISE, same_as_first, gradient, name))


def _over(x: Any, y: Any) -> Any:
    """x / y, and 0 where y is 0."""
    is_zero = equal(y, 0.0)
    return where(is_zero, 0.0, x / where(is_zero, 1.0, y))


_tan = _op("tan", lambda g, out, x: (g * (square(out) + 1.0),))
_arcsin = _op("arcsin", lambda g, out, x: (g / sqrt((1.0 - x) * (1.0 + x)),))
_arccos = _op("arccos", lambda g, out, x: (-g / sqrt((1.0 - x) * (1.0 + x)),))
_arctan = _op("arctan", lambda g, out, x: (g / (square(x) + 1.0),))
_sinh = _op("sinh", lambda g, out, x: (g * cosh(x),))
_cosh = _op("cosh", lambda g, out, x: (g * sinh(x),))
_arcsinh = _op("arcsinh", lambda g, out, x: (g / hypot(x, 1.0),))
_arccosh = _op("arccosh", lambda g, out, x: (g / sqrt((x - 1.0) * (x + 1.0)),))
_arctanh = _op("arctanh", lambda g, out, x: (g / ((1.0 - x) * (1.0 + x)),))
_cbrt = _op("cbrt", lambda g, out, x: (g / (3.0 * square(out)),))
_exp2 = _op("exp2", lambda g, out, x: (g * (out * _LN2),))
_log2 = _op("log2", lambda g, out, x: (g / (x * _LN2),))
_log10 = _op("log10", lambda g, out, x: (g / (x * _LN10),))
_arctan2 = _op(
    "arctan2",
    lambda g, out, y, x: (g * _over(x, square(x) + square(y)), -g * _over(y, square(x) + square(y))),
)
_hypot = _op("hypot", lambda g, out, x, y: (g * _over(x, out), g * _over(y, out)))
_fmod = _op("fmod", lambda g, out, x, y: (g, -g * trunc(x / y)))


def _unary(op: Op, x: TensorLike) -> Any:
    return apply(op, *promote_to_float(x))


def tan(x: TensorLike) -> Any:
    """The tangent of x in radians."""
    return _unary(_tan, x)


def arcsin(x: TensorLike) -> Any:
    """The angle from -pi/2 to pi/2 whose sine is x; NaN for none."""
    return _unary(_arcsin, x)


def arccos(x: TensorLike) -> Any:
    """The angle from 0 to pi whose cosine is x; NaN for none."""
    return _unary(_arccos, x)


def arctan(x: TensorLike) -> Any:
    """The angle from -pi/2 to pi/2 whose tangent is x.

    Example:

    >>> arctan([0.0, 1.0]).numpy()
    array([0.       , 0.7853982], dtype=float32)
    """
    return _unary(_arctan, x)


def arctan2(x1: TensorLike, x2: TensorLike) -> Any:
    """The angle from -pi to pi of the point (x2, x1), counted from the first axis.

    Example:

    >>> arctan2([1.0, -1.0], [-1.0, 1.0]).numpy()
    array([ 2.3561945, -0.7853982], dtype=float32)
    """
    return apply(_arctan2, *promote_to_float(x1, x2))


def sinh(x: TensorLike) -> Any:
    """The hyperbolic sine."""
    return _unary(_sinh, x)


def cosh(x: TensorLike) -> Any:
    """The hyperbolic cosine."""
    return _unary(_cosh, x)


def arcsinh(x: TensorLike) -> Any:
    """The number whose hyperbolic sine is x."""
    return _unary(_arcsinh, x)


def arccosh(x: TensorLike) -> Any:
    """The number from 0 on whose hyperbolic cosine is x; NaN below 1."""
    return _unary(_arccosh, x)


def arctanh(x: TensorLike) -> Any:
    """The number whose hyperbolic tangent is x; NaN beyond -1 and 1."""
    return _unary(_arctanh, x)


def cbrt(x: TensorLike) -> Any:
    """The cube root.

    Example:

    >>> cbrt([8.0, -27.0]).tolist()
    [2.0, -3.0]
    """
    return _unary(_cbrt, x)


def exp2(x: TensorLike) -> Any:
    """2 to the power of x."""
    return _unary(_exp2, x)


def log2(x: TensorLike) -> Any:
    """The logarithm to base 2; -inf for 0, NaN below.

    Example:

    >>> log2([1.0, 8.0]).tolist()
    [0.0, 3.0]
    """
    return _unary(_log2, x)


def log10(x: TensorLike) -> Any:
    """The logarithm to base 10; -inf for 0, NaN below.

    Example:

    >>> log10([1.0, 1000.0]).tolist()
    [0.0, 3.0]
    """
    return _unary(_log10, x)


def hypot(x1: TensorLike, x2: TensorLike) -> Any:
    """The length of the vector (x1, x2), without overflow.

    Example:

    >>> hypot([3.0, 3e38], [4.0, 0.0]).tolist()[0]
    5.0
    """
    return apply(_hypot, *promote_to_float(x1, x2))


def fmod(x1: TensorLike, x2: TensorLike) -> Any:
    """What is left of x1 / x2 after its whole part, with the sign of x1.

    Example:

    >>> fmod([7.0, -7.0], 3.0).tolist()
    [1.0, -1.0]
    """
    return apply(_fmod, *promote_to_number(x1, x2))


def nextafter(x1: TensorLike, x2: TensorLike) -> Any:
    """The number that is next to x1 towards x2, in their type; of arrays, not of what is traced.

    Example:

    >>> float(nextafter(1.0, 2.0)) - 1.0
    1.1920928955078125e-07
    """
    a, b = promote_to_float(x1, x2)
    return np.nextafter(np.asarray(a), np.asarray(b)).view(Tensor)


def ldexp(x1: TensorLike, x2: TensorLike) -> Any:
    """x1 * 2**x2, for whole numbers x2.

    Example:

    >>> ldexp([1.0, 3.0], [3, -1]).tolist()
    [8.0, 1.5]
    """
    (operand,) = promote_to_float(x1)
    dtype = dtype_of(operand)
    return cast(multiply(operand, exp2(cast(x2, full_precision(dtype)))), dtype)


def deg2rad(x: TensorLike) -> Any:
    """Degrees as radians.

    Example:

    >>> deg2rad(180.0).numpy()
    array(3.1415927, dtype=float32)
    """
    (operand,) = promote_to_float(x)
    return multiply(operand, math.pi / 180.0)


def rad2deg(x: TensorLike) -> Any:
    """Radians as degrees."""
    (operand,) = promote_to_float(x)
    return multiply(operand, 180.0 / math.pi)


def sinc(x: TensorLike) -> Any:
    """sin(pi x) / (pi x), and 1 at 0.

    Example:

    >>> sinc([0.0, 0.5]).numpy()
    array([1.        , 0.63661975], dtype=float32)
    """
    (operand,) = promote_to_float(x)
    is_zero = equal(operand, 0.0)
    angle = multiply(where(is_zero, 1.0, operand), math.pi)
    return where(is_zero, 1.0, divide(sin(angle), angle))
