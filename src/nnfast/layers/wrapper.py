"""Wrapper: a layer around another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from nnfast.layers.layer import Layer
from nnfast.utils.objects import deserialize_keras_object, serialize_keras_object


class Wrapper(Layer):
    """The class of layers that do something to another one. Subclasses define `call`.

    Args:
        layer: the other one.
        **kwargs: name, dtype, trainable, as of Layer.

    Raises:
        ValueError: `layer` is no layer.

    >>> from nnfast import layers
    >>> class Twice(Wrapper):
    ...     def call(self, inputs):
    ...         return self.layer(self.layer(inputs))
    >>> Twice(layers.Rescaling(3.0))([1.0, 2.0]).tolist()
    [9.0, 18.0]
    """

    def __init__(self, layer: Layer, **kwargs: Any) -> None:
        if not isinstance(layer, Layer):
            raise ValueError(
                f"Layer {layer!r} supplied to Wrapper isn't a supported layer type. Please ensure wrapped layer is a "
                "valid Keras layer."
            )
        super().__init__(**kwargs)
        self.layer = layer

    def build(self, input_shape: Any) -> None:
        if not self.layer.built:
            self.layer.build(input_shape)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "layer": serialize_keras_object(self.layer)}

    @classmethod
    def from_config(cls, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Self:
        layer = deserialize_keras_object(config["layer"], custom_objects)
        return cls(layer, **{name: value for name, value in config.items() if name != "layer"})
