"""Optimizers: how weights follow their gradients. As objects and by name."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from nnfast.optimizers import schedules
from nnfast.optimizers.adadelta import Adadelta
from nnfast.optimizers.adafactor import Adafactor
from nnfast.optimizers.adagrad import Adagrad
from nnfast.optimizers.adam import Adam
from nnfast.optimizers.adamax import Adamax
from nnfast.optimizers.adamw import AdamW
from nnfast.optimizers.ftrl import Ftrl
from nnfast.optimizers.lamb import Lamb
from nnfast.optimizers.lion import Lion
from nnfast.optimizers.loss_scale_optimizer import LossScaleOptimizer
from nnfast.optimizers.multi_optimizer import MultiOptimizer, OptimizerMap
from nnfast.optimizers.muon import Muon
from nnfast.optimizers.nadam import Nadam
from nnfast.optimizers.optimizer import Optimizer
from nnfast.optimizers.rmsprop import RMSprop
from nnfast.optimizers.schedule_free_adamw import ScheduleFreeAdamW
from nnfast.optimizers.sgd import SGD
from nnfast.utils.registry import Registry

__all__ = [
    "SGD",
    "Adadelta",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Ftrl",
    "Lamb",
    "Lion",
    "LossScaleOptimizer",
    "MultiOptimizer",
    "Muon",
    "Nadam",
    "Optimizer",
    "OptimizerMap",
    "RMSprop",
    "ScheduleFreeAdamW",
    "deserialize",
    "get",
    "schedules",
    "serialize",
]

_REGISTRY = Registry(
    "optimizer",
    "keras.optimizers",
    {
        optimizer.__name__: optimizer
        for optimizer in (
            SGD,
            RMSprop,
            Adam,
            AdamW,
            Adagrad,
            Adadelta,
            Adamax,
            Nadam,
            Lion,
            Ftrl,
            Adafactor,
            Lamb,
            Muon,
            ScheduleFreeAdamW,
            LossScaleOptimizer,
            MultiOptimizer,
            OptimizerMap,
        )
    },
)


def get(identifier: Any) -> Optimizer | None:
    """The optimizer that `identifier` means.

    Args:
        identifier: a name in any case ("sgd", "RMSprop"), a configuration, an Optimizer, or None.

    Returns:
        An Optimizer, with default arguments if made of a name; None for None.

    Raises:
        ValueError: nothing is called so (the message lists what is known), or `identifier` is something else.

    >>> type(get("RMSProp")).__name__, get({"class_name": "adam", "config": {"beta_1": 0.8}}).beta_1
    ('RMSprop', 0.8)
    """
    if identifier is None:
        return None
    if isinstance(identifier, str):
        identifier = deserialize({"class_name": identifier})
    elif isinstance(identifier, Mapping):
        identifier = deserialize(identifier)
    if isinstance(identifier, Optimizer):
        return identifier
    advice = " Make an instance of the class." if inspect.isclass(identifier) else ""
    raise ValueError(f"Expected an optimizer, its name or its configuration, got {identifier!r}.{advice}")


def serialize(optimizer: Optimizer) -> dict[str, Any]:
    """The configuration of an optimizer, from which `deserialize` makes it again, without its slots.

    >>> serialize(SGD(momentum=0.9))["config"]["momentum"]
    0.9
    """
    return _REGISTRY.serialize(optimizer)


def deserialize(config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Optimizer:
    """The optimizer that `serialize` described.

    Args:
        config: a configuration.
        custom_objects: optimizer classes by name, looked up before the built-in ones.

    Raises:
        ValueError: nothing is called so.

    >>> deserialize(serialize(SGD(momentum=0.9))).momentum
    0.9
    """
    optimizer: Optimizer = _REGISTRY.deserialize(config, custom_objects)
    return optimizer
