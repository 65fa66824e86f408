"""Constraints: what weights have to obey after every update.

A constraint is a function of a weight that returns its new value, written in ops.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nnfast.constraints.constraints import Constraint, MaxNorm, MinMaxNorm, NonNeg, UnitNorm
from nnfast.naming import to_snake_case
from nnfast.utils.registry import Registry

# Keras's other names for them.
max_norm = MaxNorm
min_max_norm = MinMaxNorm
non_neg = NonNeg
unit_norm = UnitNorm

_CLASSES: tuple[type[Constraint], ...] = (Constraint, MaxNorm, MinMaxNorm, NonNeg, UnitNorm)
_registry = Registry(
    "constraint",
    "keras.constraints",
    {name: cls for cls in _CLASSES for name in (cls.__name__, to_snake_case(cls.__name__))},
)


def get(identifier: Any) -> Any:
    """The constraint that `identifier` means.

    Args:
        identifier: a name ("max_norm", "MaxNorm", without regard to case), a constraint or its class, a function of a
            weight, the result of `serialize`, or None for None.

    Raises:
        ValueError: no constraint is called so; the message lists those that are.

    >>> get("unit_norm").axis
    0
    """
    return None if identifier is None else _registry.get(identifier)


def serialize(constraint: Any) -> dict[str, Any] | None:
    """The class and the arguments of a constraint as a dictionary; None for None.

    >>> serialize(UnitNorm(axis=1))["config"]
    {'axis': 1}
    """
    return None if constraint is None else _registry.serialize(constraint)


def deserialize(config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Any:
    """A new constraint of the class and with the arguments that `serialize` described.

    Args:
        config: what `serialize` returned; "class_name" and "config" are read.
        custom_objects: constraints by name, looked up before the built-in ones.

    Raises:
        ValueError: no constraint is called so.

    >>> deserialize({"class_name": "MaxNorm", "config": {"max_value": 3.0}}).max_value
    3.0
    """
    return _registry.deserialize(config, custom_objects)


__all__ = [
    "Constraint",
    "MaxNorm",
    "MinMaxNorm",
    "NonNeg",
    "UnitNorm",
    "deserialize",
    "get",
    "max_norm",
    "min_max_norm",
    "non_neg",
    "serialize",
    "unit_norm",
]
