"""Layers: the parts of a network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nnfast.layers.activation import Activation
from nnfast.layers.dense import Dense
from nnfast.layers.dropout import Dropout
from nnfast.layers.flatten import Flatten
from nnfast.layers.input import Input, InputLayer
from nnfast.layers.input_spec import InputSpec
from nnfast.layers.layer import Layer
from nnfast.utils.registry import Registry

__all__ = [
    "Activation",
    "Dense",
    "Dropout",
    "Flatten",
    "Input",
    "InputLayer",
    "InputSpec",
    "Layer",
    "deserialize",
    "serialize",
]

_CLASSES = (Activation, Dense, Dropout, Flatten, InputLayer)
_registry = Registry("layer", "keras.layers", {cls.__name__: cls for cls in _CLASSES})


# Models are layers too, and come from a room above.
register_model = _registry.add


def serialize(layer: Layer) -> dict[str, Any]:
    """The class and the arguments of a layer as a dictionary.

    >>> serialize(Flatten(name="rows"))["class_name"]
    'Flatten'
    """
    return _registry.serialize(layer)


def deserialize(config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Layer:
    """A new layer of the class and with the arguments that `serialize` described; its weights are new.

    Args:
        config: what `serialize` returned.
        custom_objects: layer classes by name, looked up before the built-in ones.

    Raises:
        ValueError: no layer is called so.

    >>> deserialize(serialize(Dense(3))).units
    3
    """
    layer: Layer = _registry.deserialize(config, custom_objects)
    return layer
