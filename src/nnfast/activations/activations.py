"""The activation functions that are not ops as they are."""

from __future__ import annotations

from typing import Any

from nnfast import ops


def relu(x: Any, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0) -> Any:
    """The rectified linear unit: max(x, 0) with the defaults.

    Where x > threshold it is min(x, max_value), elsewhere negative_slope * (x - threshold).

    Args:
        x: tensor of any shape.
        negative_slope: the slope below the threshold; default 0.
        max_value: the largest result; default None, without a bound.
        threshold: results at or below it are damped or zero; default 0.

    Returns:
        A tensor of x's shape and dtype.

    >>> relu([-10.0, -5.0, 0.0, 5.0, 10.0]).tolist()
    [0.0, 0.0, 0.0, 5.0, 10.0]
    >>> relu([-10.0, -5.0, 0.0, 5.0, 10.0], negative_slope=0.5, max_value=8.0).tolist()
    [-5.0, -2.5, 0.0, 5.0, 8.0]
    >>> relu([-10.0, -5.0, 0.0, 5.0, 10.0], threshold=5.0).tolist()
    [0.0, 0.0, 0.0, 0.0, 10.0]
    """
    if negative_slope != 0.0 and max_value is None and threshold == 0.0:
        return ops.leaky_relu(x, negative_slope)
    x = ops.convert_to_tensor(x)
    positive = ops.relu(x) if threshold == 0.0 else ops.where(ops.greater(x, threshold), x, ops.zeros_like(x))
    if max_value is not None:
        positive = ops.clip(positive, 0.0, max_value)
    if negative_slope == 0.0:
        return positive
    return ops.subtract(positive, ops.multiply(negative_slope, ops.relu(ops.subtract(threshold, x))))


def gelu(x: Any, approximate: bool = False) -> Any:
    """`ops.gelu`, exact unless asked otherwise.

    >>> gelu([0.0, 1.0]).numpy().round(4)
    array([0.    , 0.8413], dtype=float32)
    """
    return ops.gelu(x, approximate)


def mish(x: Any) -> Any:
    """x * tanh(softplus(x)) (Misra, 2019).

    >>> mish([-1000.0, 0.0, 1000.0]).tolist()
    [-0.0, 0.0, 1000.0]
    """
    x = ops.convert_to_tensor(x)
    return ops.multiply(x, ops.tanh(ops.softplus(x)))


def exponential(x: Any) -> Any:
    """exp(x), elementwise.

    >>> exponential([0.0]).tolist()
    [1.0]
    """
    return ops.exp(x)


def linear(x: Any) -> Any:
    """x itself.

    >>> linear(3.0)
    3.0
    """
    return x
