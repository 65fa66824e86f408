"""Elementwise ops. Operands broadcast by NumPy's rules and are promoted by Keras's; gradients are summed back to each
operand's shape by the graph."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from nnfast import tree
from nnfast.graph import (
    Kind,
    Op,
    SymbolicTensor,
    TensorLike,
    TensorSpec,
    apply,
    as_operand,
    as_result,
    operators,
    register,
)
from nnfast.graph.dtypes import is_float, standardize
from nnfast.ops.shapes import (
    boolean,
    dtype_of,
    is_weak,
    promote,
    promote_to_float,
    promote_to_number,
    same_as_first,
    same_as_last,
)

_STEPS = "it is constant between its steps, where its derivative is zero"
_TRUTH = "a truth value has no derivative"


def _op(name: str, gradient: Any, infer: Callable[..., list[TensorSpec]] = same_as_first, kernel: str = "") -> Op:
    return register(Op(name, Kind.POINTWISE, infer, gradient, kernel or name))


def _cast_spec(x: TensorSpec, dtype: str) -> list[TensorSpec]:
    return [TensorSpec(x.shape, dtype)]


# g is the gradient of the output `out`.
_cast = _op("cast", lambda g, out, x, dtype: (cast(g, x.dtype) if is_float(x.dtype) else None,), _cast_spec, "identity")
_stop_gradient = _op("stop_gradient", "it is there to stop the gradient", kernel="identity")
_negative = _op("negative", lambda g, out, x: (-g,))
_absolute = _op("absolute", lambda g, out, x: (g * sign(x),))
_sign = _op("sign", _STEPS)
_square = _op("square", lambda g, out, x: (g * (2.0 * x),))
_sqrt = _op("sqrt", lambda g, out, x: (g * 0.5 / out,))
_rsqrt = _op("rsqrt", lambda g, out, x: (g * -0.5 * out / x,))
_reciprocal = _op("reciprocal", lambda g, out, x: (-g * square(out),))
_exp = _op("exp", lambda g, out, x: (g * out,))
_expm1 = _op("expm1", lambda g, out, x: (g * (out + 1.0),))
_log = _op("log", lambda g, out, x: (g / x,))
_log1p = _op("log1p", lambda g, out, x: (g / (x + 1.0),))
_tanh = _op("tanh", lambda g, out, x: (g * (1.0 - square(out)),))
_sigmoid = _op("sigmoid", lambda g, out, x: (g * (out * (1.0 - out)),))
# What relu lets through of a gradient, told by relu's output.
_relu_gradient: Op = _op("relu_gradient", lambda g, out, x, y: (apply(_relu_gradient, g, y), None))
_relu = _op("relu", lambda g, out, x: (apply(_relu_gradient, g, out),))
_floor = _op("floor", _STEPS)
_ceil = _op("ceil", _STEPS)
_round = _op("round", _STEPS)
_sin = _op("sin", lambda g, out, x: (g * cos(x),))
_cos = _op("cos", lambda g, out, x: (-g * sin(x),))
_erf = _op("erf", lambda g, out, x: (g * (2.0 / math.sqrt(math.pi)) * exp(-square(x)),))
_erfc = _op("erfc", lambda g, out, x: (g * (-2.0 / math.sqrt(math.pi)) * exp(-square(x)),))
_isnan = _op("isnan", _TRUTH, boolean)
_logical_not = _op("logical_not", _TRUTH, boolean)
_add = _op("add", lambda g, out, x, y: (g, g))
_subtract = _op("subtract", lambda g, out, x, y: (g, -g))
_multiply = _op("multiply", lambda g, out, x, y: (g * y, g * x))
_divide = _op("divide", lambda g, out, x, y: (g / y, -g * out / y))
_power = _op("power", lambda g, out, x, y: (g * y * power(x, y - 1.0), g * out * log(where(x > 0.0, x, 1.0))))
# Where both are equal each gets half, as in JAX.
_maximum = _op("maximum", lambda g, out, x, y: (g * _share(x, y), g * _share(y, x)))
_minimum = _op("minimum", lambda g, out, x, y: (g * _share(y, x), g * _share(x, y)))
_equal = _op("equal", _TRUTH, boolean)
_not_equal = _op("not_equal", _TRUTH, boolean)
_less = _op("less", _TRUTH, boolean)
_less_equal = _op("less_equal", _TRUTH, boolean)
_logical_and = _op("logical_and", _TRUTH, boolean)
_logical_or = _op("logical_or", _TRUTH, boolean)
_where = _op("where", lambda g, out, c, x, y: (None, where(c, g, 0.0), where(c, 0.0, g)), same_as_last)


def _share(x: Any, y: Any) -> Any:
    """How much of a maximum's gradient its operand x gets: all where it is greater, half where they are equal."""
    return where(equal(x, y), 0.5, cast(greater(x, y), x.dtype))


def _float_unary(op: Op, x: TensorLike) -> Any:
    return apply(op, *promote_to_float(x))


def cast(x: TensorLike, dtype: object) -> Any:
    """Converts to another element type. Floats lose their fraction towards zero; to bool is whether x is not zero.

    Example:

    >>> cast([1.7, -1.7, 0.0], "int32").numpy()
    array([ 1, -1,  0], dtype=int32)
    """
    operand, name = as_operand(x), standardize(dtype)
    if dtype_of(operand) == name:
        return as_result(operand)
    if name == "bool":
        return not_equal(operand, 0)
    return apply(_cast, operand, dtype=name)


def stop_gradient(variable: TensorLike) -> Any:
    """The tensor itself, which no gradient passes."""
    return apply(_stop_gradient, as_operand(variable))


def negative(x: TensorLike) -> Any:
    """-x."""
    return apply(_negative, *promote(x))


def absolute(x: TensorLike) -> Any:
    """|x|."""
    return apply(_absolute, *promote(x))


def sign(x: TensorLike) -> Any:
    """-1, 0 or 1; NaN for NaN."""
    return apply(_sign, *promote(x))


def square(x: TensorLike) -> Any:
    """x * x.

    Example:

    >>> square([1.0, -3.0]).numpy()
    array([1., 9.], dtype=float32)
    """
    return apply(_square, *promote_to_number(x))


def sqrt(x: TensorLike) -> Any:
    """The square root; NaN below zero."""
    return _float_unary(_sqrt, x)


def rsqrt(x: TensorLike) -> Any:
    """1 / sqrt(x)."""
    return _float_unary(_rsqrt, x)


def reciprocal(x: TensorLike) -> Any:
    """1 / x."""
    return _float_unary(_reciprocal, x)


def exp(x: TensorLike) -> Any:
    """e to the power of x."""
    return _float_unary(_exp, x)


def expm1(x: TensorLike) -> Any:
    """exp(x) - 1, exact near zero."""
    return _float_unary(_expm1, x)


def log(x: TensorLike) -> Any:
    """The natural logarithm; -inf for 0, NaN below."""
    return _float_unary(_log, x)


def log1p(x: TensorLike) -> Any:
    """log(1 + x), exact near zero."""
    return _float_unary(_log1p, x)


def tanh(x: TensorLike) -> Any:
    """The hyperbolic tangent.

    Example:

    >>> tanh([-1000.0, 0.0]).tolist()
    [-1.0, 0.0]
    """
    return _float_unary(_tanh, x)


def sigmoid(x: TensorLike) -> Any:
    """1 / (1 + exp(-x)).

    Example:

    >>> sigmoid(0.0).numpy()
    array(0.5, dtype=float32)
    """
    return _float_unary(_sigmoid, x)


def relu(x: TensorLike) -> Any:
    """max(x, 0)."""
    return apply(_relu, *promote_to_number(x))


def floor(x: TensorLike) -> Any:
    """The greatest whole number that is not above x."""
    return _float_unary(_floor, x)


def ceil(x: TensorLike) -> Any:
    """The least whole number that is not below x."""
    return _float_unary(_ceil, x)


def round(x: TensorLike, decimals: int = 0) -> Any:
    """The nearest number with so many decimals; halves go to the even one. Below 0 these are tens, hundreds and so on.

    Example:

    >>> round([1.5, 2.5, -0.7]).tolist(), round(1234, -2).tolist()
    ([2.0, 2.0, -1.0], 1200)
    """
    (operand,) = promote(x)
    dtype = dtype_of(operand)
    if decimals and (is_float(dtype) or (decimals < 0 and dtype != "bool")):
        scale = 10.0 ** abs(decimals)
        wide = operand if is_float(dtype) else cast(operand, "float64")
        if decimals > 0:
            return divide(apply(_round, as_operand(multiply(wide, scale))), scale)
        return cast(multiply(apply(_round, as_operand(divide(wide, scale))), scale), dtype)
    return _float_unary(_round, operand) if is_float(dtype) else as_result(operand)


def sin(x: TensorLike) -> Any:
    """The sine of x in radians."""
    return _float_unary(_sin, x)


def cos(x: TensorLike) -> Any:
    """The cosine of x in radians."""
    return _float_unary(_cos, x)


def erf(x: TensorLike) -> Any:
    """The error function, 2 / sqrt(pi) times the integral of exp(-t * t) from 0 to x."""
    return _float_unary(_erf, x)


def erfc(x: TensorLike) -> Any:
    """1 - erf(x), exact where that is small.

    Example:

    >>> f"{float(erfc(5.0)):.3e}", f"{1.0 - float(erf(5.0)):.3e}"
    ('1.537e-12', '0.000e+00')
    """
    return _float_unary(_erfc, x)


def isnan(x: TensorLike) -> Any:
    """Whether x is not a number."""
    return apply(_isnan, *promote(x))


def isinf(x: TensorLike) -> Any:
    """Whether x is infinity or minus infinity."""
    return equal(absolute(x), math.inf)


def isfinite(x: TensorLike) -> Any:
    """Whether x is a number, and not infinite."""
    return less(absolute(x), math.inf)


def divide_no_nan(x1: TensorLike, x2: TensorLike) -> Any:
    """x1 / x2, and 0 where x2 is 0.

    Example:

    >>> divide_no_nan([1.0, 3.0], [0.0, 2.0]).tolist()
    [0.0, 1.5]
    """
    numerator, denominator = promote_to_float(x1, x2)
    is_zero = equal(denominator, 0)
    # The denominator is replaced too: 0/0 would make the gradient NaN even where it isn't chosen.
    return where(is_zero, 0.0, divide(numerator, where(is_zero, 1.0, denominator)))


def cond(pred: TensorLike, true_fn: Callable[[], Any], false_fn: Callable[[], Any]) -> Any:
    """What true_fn returns where pred is true, else what false_fn returns. Both are called.

    Args:
        pred: a truth value.
        true_fn, false_fn: functions without arguments, which return a tensor or structures of tensors that are alike.

    Example:

    >>> float(cond(True, lambda: 1.0, lambda: 2.0))
    1.0
    """
    chosen, other = true_fn(), false_fn()
    pairs = zip(tree.flatten(chosen), tree.flatten(other), strict=True)
    made = [None if pair[0] is None else where(pred, *pair) for pair in pairs]
    return tree.pack_sequence_as(tree.skeleton(chosen), made)


def logical_not(x: TensorLike) -> Any:
    """Whether x is zero."""
    return apply(_logical_not, *promote(x))


def add(x1: TensorLike, x2: TensorLike) -> Any:
    """x1 + x2.

    Example:

    >>> add([1.0, 2.0], 10).numpy()
    array([11., 12.], dtype=float32)
    """
    return apply(_add, *promote(x1, x2))


def subtract(x1: TensorLike, x2: TensorLike) -> Any:
    """x1 - x2."""
    return apply(_subtract, *promote(x1, x2))


def multiply(x1: TensorLike, x2: TensorLike) -> Any:
    """x1 * x2."""
    return apply(_multiply, *promote(x1, x2))


def divide(x1: TensorLike, x2: TensorLike) -> Any:
    """x1 / x2, a float even for integers."""
    return apply(_divide, *promote_to_float(x1, x2))


def floor_divide(x1: TensorLike, x2: TensorLike) -> Any:
    """The greatest whole number that is not above x1 / x2.

    Example:

    >>> floor_divide([7, -7], 2).numpy()
    array([ 3, -4], dtype=int32)
    """
    a, b = promote_to_number(x1, x2)
    # Integers divide in float64, which holds them exactly up to 2^53.
    quotient = floor(divide(a, b) if is_float(dtype_of(a)) else divide(cast(a, "float64"), cast(b, "float64")))
    return cast(quotient, dtype_of(a))


def mod(x1: TensorLike, x2: TensorLike) -> Any:
    """What is left of x1 after floor_divide: x1 - x2 * floor_divide(x1, x2), with the sign of x2.

    Example:

    >>> mod([7, -7], 3).numpy()
    array([1, 2], dtype=int32)
    """
    a, b = promote_to_number(x1, x2)
    return subtract(a, multiply(b, floor_divide(a, b)))


def maximum(x1: TensorLike, x2: TensorLike) -> Any:
    """The greater of two; NaN where one is."""
    return apply(_maximum, *promote(x1, x2))


def minimum(x1: TensorLike, x2: TensorLike) -> Any:
    """The lesser of two; NaN where one is."""
    return apply(_minimum, *promote(x1, x2))


def power(x1: TensorLike, x2: TensorLike) -> Any:
    """x1 to the power of x2."""
    base, exponent = promote_to_number(x1, x2)
    if is_weak(x2) and x2 == 2:  # the same value, and many times as fast
        return apply(_square, base)
    return apply(_power, base, exponent)


def equal(x1: TensorLike, x2: TensorLike) -> Any:
    """Whether x1 equals x2."""
    return apply(_equal, *promote(x1, x2))


def not_equal(x1: TensorLike, x2: TensorLike) -> Any:
    """Whether x1 differs from x2."""
    return apply(_not_equal, *promote(x1, x2))


def less(x1: TensorLike, x2: TensorLike) -> Any:
    """Whether x1 is below x2."""
    return apply(_less, *promote(x1, x2))


def less_equal(x1: TensorLike, x2: TensorLike) -> Any:
    """Whether x1 is not above x2."""
    return apply(_less_equal, *promote(x1, x2))


def greater(x1: TensorLike, x2: TensorLike) -> Any:
    """Whether x1 is above x2."""
    return less(x2, x1)


def greater_equal(x1: TensorLike, x2: TensorLike) -> Any:
    """Whether x1 is not below x2."""
    return less_equal(x2, x1)


def logical_and(x1: TensorLike, x2: TensorLike) -> Any:
    """Whether both are not zero."""
    return apply(_logical_and, *promote(x1, x2))


def logical_or(x1: TensorLike, x2: TensorLike) -> Any:
    """Whether one is not zero."""
    return apply(_logical_or, *promote(x1, x2))


def where(condition: TensorLike, x1: TensorLike | None = None, x2: TensorLike | None = None) -> Any:
    """x1 where the condition is not zero, else x2; without these, what nonzero gives of the condition.

    Raises:
        ValueError: one of them without the other.

    Example:

    >>> where([True, False], 1.0, [7.0, 8.0]).numpy()
    array([1., 8.], dtype=float32)
    """
    if x1 is None and x2 is None:
        return operators["nonzero"](condition)
    if x1 is None or x2 is None:
        raise ValueError("Expected both x1 and x2, or none of them; got one.")
    return apply(_where, as_operand(condition), *promote(x1, x2))


def clip(x: TensorLike, x_min: TensorLike, x_max: TensorLike) -> Any:
    """x, but not below x_min nor above x_max."""
    return minimum(maximum(x, x_min), x_max)


def is_made_by(value: object, name: str) -> bool:
    """Whether a value is symbolic and comes right out of the op of that name."""
    return isinstance(value, SymbolicTensor) and value.node.op.name == name
