"""Ops of one use each: erfinv, a Bessel function, distances, parts of a signal, codes for several classes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from nnfast.graph import Kind, Op, TensorLike, TensorSpec, apply, as_operand, register
from nnfast.ops.movement import expand_dims
from nnfast.ops.nn import one_hot
from nnfast.ops.parts import length_of, take
from nnfast.ops.pointwise import (
    absolute,
    add,
    cast,
    divide,
    erf,
    erfc,
    exp,
    less,
    log,
    maximum,
    minimum,
    multiply,
    negative,
    sign,
    sqrt,
    square,
    stop_gradient,
    subtract,
    where,
)
from nnfast.ops.reduction import max, mean, sum
from nnfast.ops.shapes import dtype_of, in_full_precision, promote_to_float
from nnfast.ops.trigonometry import log10


def _specs(value: TensorSpec, x: TensorSpec) -> list[TensorSpec]:
    return [value]


# The value that was found otherwise, with the derivative of erfinv at x.
_erfinv = register(
    Op(
        "erfinv",
        Kind.RESHAPE,
        _specs,
        lambda g, out, value, x: (None, g * (math.sqrt(math.pi) / 2.0) * exp(square(out))),
    )
)

# Giles, "Approximating the erfinv function": polynomials in w = -log(1 - x * x), for w below 5 and from there on.
_CENTER = (
    2.81022636e-08, 3.43273939e-07, -3.5233877e-06, -4.39150654e-06, 0.00021858087, -0.00125372503, -0.00417768164,
    0.246640727, 1.50140941,
)  # fmt: skip
_TAIL = (
    -0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773, -0.0076224613, 0.00943887047,
    1.00167406, 2.83297682,
)  # fmt: skip


def _polynomial(x: Any, coefficients: tuple[float, ...]) -> Any:
    result: Any = coefficients[0]
    for coefficient in coefficients[1:]:
        result = add(multiply(result, x), coefficient)
    return result


@in_full_precision("x")
def erfinv(x: TensorLike) -> Any:
    """The number whose error function is x; infinite at -1 and 1, NaN beyond.

    Example:

    >>> erfinv([0.0, 0.5, 1.0]).numpy()
    array([0.        , 0.47693628,        inf], dtype=float32)
    """
    (operand,) = promote_to_float(x)
    given = stop_gradient(operand)
    inside = less(absolute(given), 1.0)
    place = where(inside, given, 0.0)
    w = negative(log(multiply(subtract(1.0, place), add(1.0, place))))
    center = _polynomial(subtract(w, 2.5), _CENTER)
    tail = _polynomial(subtract(sqrt(maximum(w, 5.0)), 3.0), _TAIL)
    value = multiply(place, where(less(w, 5.0), center, tail))
    if dtype_of(operand) == "float64":
        # Beyond what float32 holds: from erfc(y) = exp(-y * y) / (y * sqrt(pi)), nearly.
        u = maximum(add(w, math.log(2.0)), 1.0)
        far = multiply(sign(place), sqrt(subtract(u, multiply(0.5, log(multiply(math.pi, u))))))
        value = _refined(_refined(where(less(w, 16.0), value, far), place), place)
    beyond = where(less(1.0, absolute(given)), math.nan, multiply(sign(given), math.inf))
    return apply(_erfinv, as_operand(where(inside, value, beyond)), operand)


def _refined(value: Any, x: Any) -> Any:
    """A step of Halley's method towards erf(value) = x. What is near 1 is told by erfc, which loses nothing there."""
    magnitude = absolute(value)
    error = where(
        less(absolute(x), 0.5),
        subtract(erf(magnitude), absolute(x)),
        subtract(subtract(1.0, absolute(x)), erfc(magnitude)),
    )
    step = divide(error, multiply(2.0 / math.sqrt(math.pi), exp(negative(square(value)))))
    return multiply(sign(x), subtract(magnitude, divide(step, add(1.0, multiply(magnitude, step)))))


# Clenshaw, "Chebyshev series for mathematical functions": the Bessel function times exp(-|x|), up to 8 in polynomials
# of |x| / 2 - 2, and beyond, times sqrt(|x|), in those of 32 / |x| - 2; the last first.
_NEAR = (
    -4.4153416464793395e-18, 3.3307945188222384e-17, -2.431279846547955e-16, 1.715391285555133e-15,
    -1.1685332877993451e-14, 7.676185498604936e-14, -4.856446783111929e-13, 2.95505266312964e-12,
    -1.726826291441556e-11, 9.675809035373237e-11, -5.189795601635263e-10, 2.6598237246823866e-09,
    -1.300025009986248e-08, 6.046995022541919e-08, -2.670793853940612e-07, 1.1173875391201037e-06,
    -4.4167383584587505e-06, 1.6448448070728896e-05, -5.754195010082104e-05, 0.00018850288509584165,
    -0.0005763755745385824, 0.0016394756169413357, -0.004324309995050576, 0.010546460394594998, -0.02373741480589947,
    0.04930528423967071, -0.09490109704804764, 0.17162090152220877, -0.3046826723431984, 0.6767952744094761,
)  # fmt: skip
_FAR = (
    -7.233180487874754e-18, -4.830504485944182e-18, 4.46562142029676e-17, 3.461222867697461e-17,
    -2.8276239805165836e-16, -3.425485619677219e-16, 1.7725601330565263e-15, 3.8116806693526224e-15,
    -9.554846698828307e-15, -4.150569347287222e-14, 1.54008621752141e-14, 3.8527783827421426e-13,
    7.180124451383666e-13, -1.7941785315068062e-12, -1.3215811840447713e-11, -3.1499165279632416e-11,
    1.1889147107846439e-11, 4.94060238822497e-10, 3.3962320257083865e-09, 2.266668990498178e-08,
    2.0489185894690638e-07, 2.8913705208347567e-06, 6.889758346916825e-05, 0.0033691164782556943, 0.8044904110141088,
)  # fmt: skip


def _chebyshev(x: Any, coefficients: tuple[float, ...]) -> Any:
    """A sum of Chebyshev polynomials of x / 2, the last of which counts half."""
    result: Any = coefficients[0]
    before: Any = 0.0
    last: Any = 0.0
    for coefficient in coefficients[1:]:
        result, before, last = add(subtract(multiply(x, result), before), coefficient), result, before
    return multiply(0.5, subtract(result, last))


@in_full_precision("x")
def i0(x: TensorLike) -> Any:
    """The modified Bessel function of the first kind, of order 0.

    Example:

    >>> i0([1.0, 10.0]).numpy()
    array([1.2660658e+00, 2.8157166e+03], dtype=float32)
    """
    (operand,) = promote_to_float(x)
    size = absolute(operand)
    near = _chebyshev(subtract(multiply(0.5, minimum(size, 8.0)), 2.0), _NEAR)
    beyond = maximum(size, 8.0)
    far = divide(_chebyshev(subtract(divide(32.0, beyond), 2.0), _FAR), sqrt(beyond))
    root = exp(multiply(0.5, size))  # twice, as exp(size) is infinite before the product is
    return multiply(multiply(where(less(size, 8.0), near, far), root), root)


def cdist(x: TensorLike, y: TensorLike) -> Any:
    """The Euclidean distances of each vector of x from each of y.

    Args:
        x: shape (..., m, d).
        y: shape (..., n, d).

    Returns:
        Shape (..., m, n).

    Raises:
        ValueError: vectors of different lengths, or no lists of vectors.

    Example:

    >>> cdist([[0.0, 0.0]], [[3.0, 4.0], [0.0, 1.0]]).tolist()
    [[5.0, 1.0]]
    """
    a, b = promote_to_float(x, y)
    if a.ndim < 2 or b.ndim < 2 or a.shape[-1] != b.shape[-1]:
        raise ValueError(f"Expected lists of vectors of one length, got shapes {a.shape} and {b.shape}.")
    squares = sum(square(subtract(expand_dims(a, -2), expand_dims(b, -3))), -1)
    apart = less(0.0, squares)  # the root has no slope at 0
    return where(apart, sqrt(where(apart, squares, 1.0)), 0.0)


def extract_sequences(x: TensorLike, sequence_length: int, sequence_stride: int) -> Any:
    """Parts of one length along the last axis, which begin every so many places.

    Args:
        x: shape (..., n).
        sequence_length: how long each is.
        sequence_stride: how far apart they begin.

    Returns:
        Shape (..., parts, sequence_length).

    Example:

    >>> extract_sequences([1, 2, 3, 4, 5], 3, 2).tolist()
    [[1, 2, 3], [3, 4, 5]]
    """
    operand = as_operand(x)
    if sequence_length < 1 or sequence_stride < 1:
        raise ValueError(f"Expected a length and a stride of at least 1, got {sequence_length} and {sequence_stride}.")
    last = length_of(operand.shape, operand.ndim - 1) - sequence_length
    starts = np.arange(0, last + 1, sequence_stride)
    return take(operand, (starts[:, None] + np.arange(sequence_length)).astype("int32"), axis=-1)


def multi_hot(
    inputs: TensorLike,
    num_classes: int | None = None,
    axis: int = -1,
    dtype: object = None,
    sparse: bool = False,
    **kwargs: Any,
) -> Any:
    """1 at the places of all classes that a row of inputs names, 0 elsewhere.

    Args:
        inputs: class numbers, shape (classes named,) or (rows, classes named).
        num_classes: how many classes there are.
        axis: where the axis of classes stands before rows are put together; default the last.
        dtype: default floatx.
        sparse: only False.

    Example:

    >>> multi_hot([[0, 2], [1, 1]], 3).tolist()
    [[1.0, 0.0, 1.0], [0.0, 1.0, 0.0]]
    """
    count = kwargs.pop("num_tokens", num_classes)
    if count is None or kwargs:
        raise ValueError(f"Expected num_classes, and no other arguments; got {count!r} and {', '.join(kwargs)}.")
    if sparse:
        raise ValueError("Expected sparse=False: tensors are dense.")
    operand = cast(inputs, "int32")
    hot = one_hot(operand, count, axis=axis, dtype=dtype)
    return max(hot, axis=1 if operand.ndim > 1 else 0)


def psnr(x1: TensorLike, x2: TensorLike, max_val: float) -> Any:
    """The peak signal-to-noise ratio of two tensors of one shape, in decibels.

    Args:
        x1, x2: the tensors.
        max_val: the greatest value that there may be.

    Raises:
        ValueError: the shapes differ.

    Example:

    >>> float(psnr([0.0, 1.0], [0.0, 0.9], max_val=1.0)) // 1
    23.0
    """
    a, b = promote_to_float(x1, x2)
    if a.shape != b.shape:
        raise ValueError(f"Expected tensors of one shape, got {a.shape} and {b.shape}.")
    error = mean(square(subtract(a, b)))
    return subtract(multiply(20.0, log10(cast(max_val, dtype_of(b)))), multiply(10.0, log10(error)))
