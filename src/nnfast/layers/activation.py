"""Activation: a function as a layer."""

from __future__ import annotations

from typing import Any

from nnfast import activations
from nnfast.layers.input_spec import Shape
from nnfast.layers.layer import Layer


class Activation(Layer):
    """Applies an activation function to its inputs.

    Args:
        activation: a name, such as "relu", or a function of a tensor.
        **kwargs: name, dtype, input_shape, as of Layer.

    Raises:
        ValueError: no activation is called so.

    >>> Activation("relu")([-3.0, 2.0]).tolist()
    [0.0, 2.0]
    """

    def __init__(self, activation: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.activation = activations.get(activation)
        self.built = True

    def call(self, inputs: Any) -> Any:
        return self.activation(inputs)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "activation": activations.serialize(self.activation)}
