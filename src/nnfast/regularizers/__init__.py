"""Regularizers: what training adds to the loss to keep weights small, few or apart.

A regularizer is a function of one tensor that returns a scalar, written in ops.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nnfast.naming import to_snake_case
from nnfast.regularizers.regularizers import L1, L1L2, L2, OrthogonalRegularizer, Regularizer
from nnfast.utils.registry import Registry

# Keras's other names for them.
l1 = L1
l2 = L2
l1_l2 = L1L2
orthogonal_regularizer = OrthogonalRegularizer

_CLASSES: tuple[type[Regularizer], ...] = (L1, L1L2, L2, OrthogonalRegularizer, Regularizer)
_registry = Registry(
    "regularizer",
    "keras.regularizers",
    {
        **{name: cls for cls in _CLASSES for name in (cls.__name__, to_snake_case(cls.__name__))},
        **{"l1_l2": L1L2},
    },
)


def get(identifier: Any) -> Any:
    """The regularizer that `identifier` means.

    Args:
        identifier: a name ("l2", "L1L2", without regard to case), a regularizer or its class, a function of a tensor,
            the result of `serialize`, or None for None.

    Raises:
        ValueError: no regularizer is called so; the message lists those that are.

    >>> get("l2").l2
    0.01
    """
    return None if identifier is None else _registry.get(identifier)


def serialize(regularizer: Any) -> dict[str, Any] | None:
    """The class and the arguments of a regularizer as a dictionary; None for None.

    >>> serialize(L1(0.5))["config"]
    {'l1': 0.5}
    """
    return None if regularizer is None else _registry.serialize(regularizer)


def deserialize(config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Any:
    """A new regularizer of the class and with the arguments that `serialize` described.

    Args:
        config: what `serialize` returned; "class_name" and "config" are read.
        custom_objects: regularizers by name, looked up before the built-in ones.

    Raises:
        ValueError: no regularizer is called so.

    >>> deserialize({"class_name": "L2", "config": {"l2": 0.5}}).l2
    0.5
    """
    return _registry.deserialize(config, custom_objects)


__all__ = [
    "L1",
    "L1L2",
    "L2",
    "OrthogonalRegularizer",
    "Regularizer",
    "deserialize",
    "get",
    "l1",
    "l1_l2",
    "l2",
    "orthogonal_regularizer",
    "serialize",
]
