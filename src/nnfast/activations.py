"""Activation functions: what a layer applies to its sums.

An activation is a function of one tensor, written in ops: called with arrays it computes, called with symbolic tensors
it records.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from nnfast import ops
from nnfast.utils.registry import Registry

Activation = Callable[[Any], Any]


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
    x = ops.convert_to_tensor(x)
    positive = ops.relu(x) if threshold == 0.0 else ops.where(ops.greater(x, threshold), x, ops.zeros_like(x))
    if max_value is not None:
        positive = ops.clip(positive, 0.0, max_value)
    if negative_slope == 0.0:
        return positive
    return ops.subtract(positive, ops.multiply(negative_slope, ops.relu(ops.subtract(threshold, x))))


def sigmoid(x: Any) -> Any:
    """The logistic function 1 / (1 + exp(-x)), elementwise.

    >>> sigmoid([0.0]).tolist()
    [0.5]
    """
    return ops.sigmoid(x)


def tanh(x: Any) -> Any:
    """The hyperbolic tangent, elementwise.

    >>> tanh([0.0]).tolist()
    [0.0]
    """
    return ops.tanh(x)


def softmax(x: Any, axis: int = -1) -> Any:
    """exp(x) / sum(exp(x)) along `axis`: numbers in [0, 1] that sum to 1.

    Args:
        x: tensor of rank 1 or more.
        axis: the axis that is normalised; default the last.

    >>> softmax([[1.0, 1.0]]).tolist()
    [[0.5, 0.5]]
    """
    return ops.softmax(x, axis=axis)


def linear(x: Any) -> Any:
    """x itself."""
    return x


_KNOWN = {function.__name__: function for function in (relu, sigmoid, tanh, softmax, linear)}
_registry = Registry("activation", "keras.activations", _KNOWN)


def get(identifier: str | Activation | Mapping[str, Any] | None) -> Activation:
    """The activation function that `identifier` means.

    Args:
        identifier: a name without regard to case, a callable, the result of `serialize`, or None for `linear`.

    Raises:
        ValueError: no activation is called so; the message lists those that are.

    >>> get("ReLU") is relu
    True
    """
    activation: Activation = linear if identifier is None else _registry.get(identifier)
    return activation


def serialize(activation: Activation) -> str | dict[str, Any]:
    """The name of an activation of this module; a dictionary naming the function for any other.

    >>> serialize(softmax)
    'softmax'
    """
    for name, known in _KNOWN.items():
        if activation is known:
            return name
    return _registry.serialize(activation)


def deserialize(config: str | Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Activation:
    """The activation that `serialize` described.

    Args:
        config: what `serialize` returned.
        custom_objects: functions by name, looked up before the built-in ones.

    Raises:
        ValueError: no activation is called so.

    >>> deserialize(serialize(tanh)) is tanh
    True
    """
    activation: Activation = _registry.deserialize(config, custom_objects)
    return activation
