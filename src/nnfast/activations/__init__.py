"""Activation functions: what a layer applies to its sums.

An activation is a function of one tensor, written in ops: called with arrays it computes, called with symbolic tensors
it records. Most of them are ops.

>>> relu([-1.0, 2.0]).tolist()
[0.0, 2.0]
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from nnfast.activations.activations import exponential, gelu, linear, mish, relu
from nnfast.ops import (
    celu,
    elu,
    glu,
    hard_shrink,
    hard_sigmoid,
    hard_silu,
    hard_tanh,
    leaky_relu,
    log_sigmoid,
    log_softmax,
    relu6,
    selu,
    sigmoid,
    silu,
    soft_shrink,
    softmax,
    softplus,
    softsign,
    sparse_plus,
    sparse_sigmoid,
    sparsemax,
    squareplus,
    tanh,
    tanh_shrink,
    threshold,
)
from nnfast.utils.registry import Registry

Activation = Callable[..., Any]

hard_swish = hard_silu
swish = silu

_FUNCTIONS: tuple[Activation, ...] = (
    celu, elu, exponential, gelu, glu, hard_shrink, hard_sigmoid, hard_silu, hard_tanh, leaky_relu, linear,
    log_sigmoid, log_softmax, mish, relu, relu6, selu, sigmoid, silu, soft_shrink, softmax, softplus, softsign,
    sparse_plus, sparse_sigmoid, sparsemax, squareplus, tanh, tanh_shrink, threshold,
)  # fmt: skip
_KNOWN = {function.__name__: function for function in _FUNCTIONS}
_registry = Registry("activation", "keras.activations", {**_KNOWN, "hard_swish": hard_silu, "swish": silu})


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


__all__ = [
    "celu",
    "deserialize",
    "elu",
    "exponential",
    "gelu",
    "get",
    "glu",
    "hard_shrink",
    "hard_sigmoid",
    "hard_silu",
    "hard_swish",
    "hard_tanh",
    "leaky_relu",
    "linear",
    "log_sigmoid",
    "log_softmax",
    "mish",
    "relu",
    "relu6",
    "selu",
    "serialize",
    "sigmoid",
    "silu",
    "soft_shrink",
    "softmax",
    "softplus",
    "softsign",
    "sparse_plus",
    "sparse_sigmoid",
    "sparsemax",
    "squareplus",
    "swish",
    "tanh",
    "tanh_shrink",
    "threshold",
]
