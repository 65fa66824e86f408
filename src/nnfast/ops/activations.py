"""Activation functions, composed of other ops.

Where a formula has two branches, each is computed everywhere and one is chosen; so each is written to stay finite, with
its derivative, where the other is meant.
"""

from __future__ import annotations

import math
from typing import Any

from nnfast.graph import TensorLike
from nnfast.ops.movement import expand_dims
from nnfast.ops.parts import split
from nnfast.ops.pointwise import (
    absolute,
    add,
    cast,
    clip,
    divide,
    erfc,
    exp,
    expm1,
    greater,
    greater_equal,
    less,
    log1p,
    maximum,
    minimum,
    multiply,
    negative,
    relu,
    sigmoid,
    sqrt,
    square,
    stop_gradient,
    subtract,
    tanh,
    where,
)
from nnfast.ops.reduction import max, sum
from nnfast.ops.shapes import dtype_of, normalize_axis, promote, promote_to_float

# Klambauer et al. (2017): with these, layers keep a mean of 0 and a variance of 1.
_SELU_ALPHA = 1.6732632423543772
_SELU_SCALE = 1.0507009873554805


def relu6(x: TensorLike) -> Any:
    """min(max(x, 0), 6).

    >>> relu6([-1.0, 3.0, 9.0]).tolist()
    [0.0, 3.0, 6.0]
    """
    return minimum(relu(x), 6)


def leaky_relu(x: TensorLike, negative_slope: float = 0.2) -> Any:
    """x where it is positive, negative_slope * x elsewhere.

    >>> leaky_relu([-5.0, 2.0]).tolist()
    [-1.0, 2.0]
    """
    (x,) = promote_to_float(x)
    return where(greater_equal(x, 0.0), x, multiply(negative_slope, x))


def elu(x: TensorLike, alpha: float = 1.0) -> Any:
    """The exponential linear unit: x where it is positive, alpha * (exp(x) - 1) elsewhere (Clevert et al., 2016).

    >>> elu([-100.0, 0.0, 2.0]).tolist()
    [-1.0, 0.0, 2.0]
    """
    return _or_exponential(x, alpha, 1.0)


def selu(x: TensorLike) -> Any:
    """The scaled exponential linear unit: 1.0507 * elu(x, 1.6733) (Klambauer et al., 2017).

    >>> selu([-100.0, 0.0, 1.0]).numpy().round(4)
    array([-1.7581,  0.    ,  1.0507], dtype=float32)
    """
    return multiply(_SELU_SCALE, elu(x, _SELU_ALPHA))


def celu(x: TensorLike, alpha: float = 1.0) -> Any:
    """x where it is positive, alpha * (exp(x / alpha) - 1) elsewhere, so that the slope at 0 is 1 for every alpha.

    >>> celu([-100.0, 0.0, 2.0], alpha=0.5).tolist()
    [-0.5, 0.0, 2.0]
    """
    return _or_exponential(x, alpha, alpha)


def _or_exponential(x: TensorLike, height: float, width: float) -> Any:
    """x where it is positive, height * (exp(x / width) - 1) elsewhere."""
    (x,) = promote_to_float(x)
    positive = greater(x, 0.0)
    below = where(positive, 0.0, x)
    return where(positive, x, multiply(height, expm1(below if width == 1.0 else divide(below, width))))


def softplus(x: TensorLike) -> Any:
    """log(exp(x) + 1), without overflow.

    >>> softplus([-1000.0, 1000.0]).tolist()
    [0.0, 1000.0]
    """
    (x,) = promote_to_float(x)
    return add(maximum(x, 0.0), log1p(exp(negative(absolute(x)))))


def softsign(x: TensorLike) -> Any:
    """x / (|x| + 1).

    >>> softsign([-1.0, 0.0, 3.0]).tolist()
    [-0.5, 0.0, 0.75]
    """
    (x,) = promote_to_float(x)
    return divide(x, add(absolute(x), 1.0))


def squareplus(x: TensorLike, b: float = 4) -> Any:
    """(x + sqrt(x * x + b)) / 2, without overflow or cancellation (Barron, 2021).

    >>> squareplus([0.0, 1.5]).tolist()
    [1.0, 2.0]
    """
    (x,) = promote_to_float(x)
    if b == 0:
        return relu(x)
    size, root = absolute(x), math.sqrt(b)
    larger = maximum(size, root)
    hypotenuse = multiply(larger, sqrt(add(square(divide(minimum(size, root), larger)), 1.0)))
    above = add(multiply(0.5, size), multiply(0.5, hypotenuse))
    return where(less(x, 0.0), divide(0.25 * b, above), above)  # the values at x and -x have the product b / 4


def sparse_plus(x: TensorLike) -> Any:
    """0 up to -1, (x + 1)^2 / 4 between -1 and 1, x from 1 on.

    >>> sparse_plus([-2.0, 0.0, 1.0, 5.0]).tolist()
    [0.0, 0.25, 1.0, 5.0]
    """
    (x,) = promote_to_float(x)
    between = where(greater_equal(absolute(x), 1.0), -1.0, x)
    return where(greater_equal(x, 1.0), x, multiply(0.25, square(add(between, 1.0))))


def sparse_sigmoid(x: TensorLike) -> Any:
    """0 up to -1, (x + 1) / 2 between -1 and 1, 1 from 1 on.

    >>> sparse_sigmoid([-2.0, 0.0, 0.5, 5.0]).tolist()
    [0.0, 0.5, 0.75, 1.0]
    """
    (x,) = promote_to_float(x)
    return multiply(0.5, clip(add(x, 1.0), 0.0, 2.0))


def log_sigmoid(x: TensorLike) -> Any:
    """log(sigmoid(x)), without overflow.

    >>> log_sigmoid([-1000.0, 1000.0]).tolist()
    [-1000.0, -0.0]
    """
    (x,) = promote_to_float(x)
    return negative(softplus(negative(x)))


def silu(x: TensorLike) -> Any:
    """x * sigmoid(x), also known as swish (Ramachandran et al., 2017).

    >>> silu([-1000.0, 0.0, 1000.0]).tolist()
    [-0.0, 0.0, 1000.0]
    """
    (x,) = promote_to_float(x)
    return multiply(x, sigmoid(x))


def hard_sigmoid(x: TensorLike) -> Any:
    """0 up to -3, x / 6 + 1 / 2 between -3 and 3, 1 from 3 on.

    >>> hard_sigmoid([-5.0, 0.0, 1.5, 5.0]).tolist()
    [0.0, 0.5, 0.75, 1.0]
    """
    (x,) = promote_to_float(x)
    return divide(relu6(add(x, 3.0)), 6.0)


def hard_silu(x: TensorLike) -> Any:
    """x * hard_sigmoid(x), also known as hard_swish (Howard et al., 2019).

    >>> hard_silu([-5.0, 0.0, 1.5, 5.0]).tolist()
    [-0.0, 0.0, 1.125, 5.0]
    """
    (x,) = promote_to_float(x)
    return multiply(x, hard_sigmoid(x))


def hard_tanh(x: TensorLike) -> Any:
    """x, but -1 below -1 and 1 above 1.

    >>> hard_tanh([-5.0, 0.5, 5.0]).tolist()
    [-1.0, 0.5, 1.0]
    """
    (x,) = promote(x)
    below = where(greater(x, 1), 1, x)
    return below if dtype_of(x).startswith("u") else where(less(below, -1), -1, below)  # no unsigned type holds -1


def tanh_shrink(x: TensorLike) -> Any:
    """x - tanh(x).

    >>> tanh_shrink([0.0, 100.0]).tolist()
    [0.0, 99.0]
    """
    (x,) = promote_to_float(x)
    return subtract(x, tanh(x))


def hard_shrink(x: TensorLike, threshold: float = 0.5) -> Any:
    """x where |x| > threshold, 0 elsewhere.

    >>> hard_shrink([-2.0, 0.5, 0.75]).tolist()
    [-2.0, 0.0, 0.75]
    """
    (x,) = promote_to_float(x)
    return where(greater(absolute(x), threshold), x, 0.0)


def soft_shrink(x: TensorLike, threshold: float = 0.5) -> Any:
    """x moved towards 0 by the threshold, and 0 where it is nearer than that.

    >>> soft_shrink([-2.0, 0.5, 0.75]).tolist()
    [-1.5, 0.0, 0.25]
    """
    (x,) = promote_to_float(x)
    moved = where(less(x, -threshold), add(x, threshold), 0.0)
    return where(greater(x, threshold), subtract(x, threshold), moved)


def threshold(x: TensorLike, threshold: float, default_value: float) -> Any:
    """x where x > threshold, default_value elsewhere.

    >>> threshold([-1.0, 0.5, 2.0], 0.5, 7.0).tolist()
    [7.0, 7.0, 2.0]
    """
    (x,) = promote(x)
    return where(greater(x, threshold), x, default_value)


def gelu(x: TensorLike, approximate: bool = True) -> Any:
    """The Gaussian error linear unit: x times the probability that a standard normal is below x (Hendrycks, 2016).

    Args:
        x: floats of any shape.
        approximate: whether the probability is computed as sigmoid(sqrt(8 / pi) * (x + 0.044715 * x^3)), which differs
            by up to 0.0005; default True.

    >>> gelu([-30.0, 0.0, 1.0], approximate=False).numpy().round(4)
    array([-0.    ,  0.    ,  0.8413], dtype=float32)
    """
    (x,) = promote_to_float(x)
    if not approximate:
        return multiply(multiply(0.5, x), erfc(multiply(-math.sqrt(0.5), x)))
    # The sigmoid is 0 or 1 long before the bound counts; without it the cube's derivative would overflow.
    squared = square(minimum(absolute(x), 32.0))
    slope = multiply(math.sqrt(8.0 / math.pi), add(multiply(0.044715, squared), 1.0))
    return multiply(x, sigmoid(multiply(x, slope)))


def glu(x: TensorLike, axis: int = -1) -> Any:
    """The gated linear unit: the first half of x along an axis times the sigmoid of the second (Dauphin et al., 2017).

    Raises:
        ValueError: where the axis has no even length.

    >>> glu([2.0, 4.0, 0.0, 1000.0]).tolist()
    [1.0, 4.0]
    """
    (x,) = promote_to_float(x)
    if x.ndim == 0:
        raise ValueError("Expected a tensor with an axis to halve, got a scalar.")
    number = normalize_axis(axis, x.ndim)
    length = x.shape[number]
    if length is None or length % 2 != 0:
        raise ValueError(f"Expected an axis of even length to halve, got axis {axis} of shape {x.shape}.")
    first, second = split(x, 2, number)
    return multiply(first, sigmoid(second))


def sparsemax(x: TensorLike, axis: int = -1) -> Any:
    """The point nearest to x whose coordinates along an axis are not negative and sum to 1 (Martins et al., 2016).

    Like softmax, but with zeros: max(x - t, 0) with the t that makes the sum 1. It takes n * n numbers for an axis of
    length n. (Keras up to 3.15 takes another t where more than one number stays; its issue 23425.)

    >>> sparsemax([0.5, 1.0, -2.0]).tolist()
    [0.25, 0.75, 0.0]
    """
    (x,) = promote_to_float(x)
    if x.ndim == 0:
        raise ValueError("Expected a tensor with an axis to normalize, got a scalar.")
    number = normalize_axis(axis, x.ndim)
    if not x.shape[number]:
        raise ValueError(f"Expected at least one value along axis {axis}, known when tracing; got shape {x.shape}.")
    shifted = subtract(x, stop_gradient(max(x, number, keepdims=True)))
    # x[i] stays above 0 if those above it exceed it by less than 1 together.
    others, own = expand_dims(shifted, number), expand_dims(shifted, number + 1)
    stays = less(sum(relu(subtract(others, own)), number + 1), 1.0)
    count = sum(cast(stays, dtype_of(x)), number, keepdims=True)
    excess = subtract(sum(where(stays, shifted, 0.0), number, keepdims=True), 1.0)
    return relu(subtract(shifted, divide(excess, count)))
