"""Learning rates that change with the steps. An optimizer takes one as its `learning_rate`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nnfast.optimizers.schedules.cosines import CosineDecay, CosineDecayRestarts
from nnfast.optimizers.schedules.decays import (
    ExponentialDecay,
    InverseTimeDecay,
    PiecewiseConstantDecay,
    PolynomialDecay,
)
from nnfast.optimizers.schedules.schedule import LearningRateSchedule
from nnfast.utils.registry import Registry

__all__ = [
    "CosineDecay",
    "CosineDecayRestarts",
    "ExponentialDecay",
    "InverseTimeDecay",
    "LearningRateSchedule",
    "PiecewiseConstantDecay",
    "PolynomialDecay",
    "deserialize",
    "serialize",
]

_CLASSES = (
    CosineDecay,
    CosineDecayRestarts,
    ExponentialDecay,
    InverseTimeDecay,
    PiecewiseConstantDecay,
    PolynomialDecay,
)
_registry = Registry("schedule", "keras.optimizers.schedules", {cls.__name__: cls for cls in _CLASSES})


def serialize(learning_rate_schedule: LearningRateSchedule) -> dict[str, Any]:
    """The configuration of a schedule, from which `deserialize` makes it again."""
    return _registry.serialize(learning_rate_schedule)


def deserialize(config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Any:
    """The schedule that `serialize` described.

    Args:
        config: a configuration.
        custom_objects: classes by name, looked up before the built-in ones.

    Raises:
        ValueError: nothing is called so.
    """
    return _registry.deserialize(config, custom_objects)
