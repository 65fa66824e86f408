"""Pipeline: layers one after the other, as one layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

from nnfast.layers.calls import calling
from nnfast.layers.layer import Layer
from nnfast.utils.objects import deserialize_keras_object, serialize_keras_object


class Pipeline(Layer):
    """Layers that are called one after the other, such as those that prepare data before there is a model.

    Args:
        layers: the layers, in order.
        name: default 'pipeline'.

    >>> from nnfast import layers
    >>> Pipeline([layers.Hashing(10), layers.CategoryEncoding(10, output_mode="one_hot")])(["a", "b"]).shape
    (2, 10)
    """

    def __init__(self, layers: Sequence[Layer], name: str | None = None) -> None:
        super().__init__(name=name)
        self._pipeline_layers = layers

    @property
    def layers(self) -> Sequence[Layer]:
        """The layers, in order."""
        return self._pipeline_layers

    def convert_inputs(self, inputs: Any) -> Any:
        """What is given, texts too: the layers convert it."""
        return inputs

    def call(self, inputs: Any, training: bool = True, mask: Any = None) -> Any:
        """The last layer's outputs; layers are in training unless they are told otherwise."""
        with calling(self, training):
            for layer in self._pipeline_layers:
                inputs = layer(inputs)
        return inputs

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        layers = config.get("layers")
        if not isinstance(layers, list | tuple):
            raise ValueError(
                "`Pipeline` config must contain a `layers` key mapping to a list of serialized layers. Received config "
                f"with layers={layers}."
            )
        return cls(**{**config, "layers": [deserialize_keras_object(layer) for layer in layers]})

    def get_config(self) -> dict[str, Any]:
        return {"layers": serialize_keras_object(list(self._pipeline_layers)), "name": self.name}
