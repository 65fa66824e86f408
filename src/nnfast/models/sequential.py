"""Sequential: a stack of layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

from nnfast import layers as layer_classes
from nnfast import ops
from nnfast.graph import SymbolicTensor
from nnfast.layers.input import InputLayer, InputTensor
from nnfast.layers.input_spec import Shape
from nnfast.layers.layer import Layer
from nnfast.models.model import Model


class Sequential(Model):
    """A model whose layers are called one after the other.

    With an `Input` first, or an `input_shape` on the first layer, the model is built as layers are added. Without, it
    has no weights until it is called, fitted or built.

    Args:
        layers: a list of layers, or a single one; default none.
        trainable: default True.
        name: default 'sequential'.

    Raises:
        ValueError: something that is no layer, a second input, or two layers of one name.

    >>> from nnfast import Input, layers
    >>> model = Sequential([Input((4,)), layers.Dense(3, activation="relu"), layers.Dense(2)])
    >>> model.output_shape, model.count_params()
    ((None, 2), 23)
    >>> model([[1.0, 2.0, 3.0, 4.0]]).shape
    (1, 2)
    """

    def __init__(
        self,
        layers: Layer | SymbolicTensor | Sequence[Layer | SymbolicTensor] | None = None,
        trainable: bool = True,
        name: str | None = None,
    ) -> None:
        super().__init__(trainable=trainable, name=name)
        for layer in [layers] if isinstance(layers, Layer | SymbolicTensor) else layers or ():
            self._push(layer)
        self._build_from_first()

    def add(self, layer: Layer | SymbolicTensor) -> None:
        """Put a layer on top of the stack; if the layers before it are built, it is built too.

        Raises:
            ValueError: as of the class, or the layer does not suit the outputs of those before it. The model is then
                as it was.
        """
        before = list(self._layers)
        try:
            self._push(layer)
            self._build_from_first()
        except BaseException:
            self._layers[:] = before
            raise

    def pop(self) -> Layer:
        """Take the top layer off the stack and return it.

        Raises:
            ValueError: there are no layers.
        """
        if not self.layers:
            raise ValueError(f"Model '{self.name}' has no layers to pop")
        layer: Layer = self._layers.pop()
        self._mark_changed()
        self.built = bool(self.layers) and self.built
        return layer

    def _push(self, layer: Any) -> None:
        if isinstance(layer, InputTensor):
            layer = layer.layer
        if not isinstance(layer, Layer):
            raise ValueError(f"Model '{self.name}' takes layers, got {layer!r} of type {type(layer).__name__}")
        layer._require_init()
        if any(layer.name == other.name and layer is not other for other in self._layers):
            raise ValueError(f"Model '{self.name}' already has a layer called '{layer.name}'; pass another name")
        if isinstance(layer, InputLayer) and self._layers:
            raise ValueError(f"Model '{self.name}' takes an Input only as its first layer")
        if not self._layers and layer._input_shape_argument is not None:
            self._layers.append(InputLayer(layer._input_shape_argument, dtype=layer.compute_dtype))
        self._layers.append(layer)
        self._mark_changed()

    def _build_from_first(self) -> None:
        """Build, if the first layer says what the inputs are."""
        first = self._layers[0] if self._layers else None
        if isinstance(first, InputLayer):
            shape: Shape | None = first.batch_shape
        else:
            shape = first.input_shape if isinstance(first, Sequential) and first.built else None
        if shape is not None and self.layers:
            self.build(shape)

    def build(self, input_shape: Any) -> None:
        """Make the weights of all layers for inputs of `input_shape`, such as (None, 784).

        Raises:
            ValueError: there are no layers, or the model has an Input of another shape.
        """
        if not self.layers:
            raise ValueError(f"Model '{self.name}' has no layers to build: add some first")
        first = self._layers[0]
        if isinstance(first, InputLayer) and first.batch_shape[1:] != input_shape[1:]:
            raise ValueError(
                f"Model '{self.name}' is made for inputs of shape {first.batch_shape}, "
                f"it cannot be built for {input_shape}"
            )
        shape = input_shape
        for layer in self.layers:
            layer.check_input_shape(shape)
            if not layer.built or layer._build_shape is None:
                layer.build(shape)
            shape = layer.compute_output_shape(shape)
        if not isinstance(first, InputLayer):
            self._layers.insert(0, InputLayer(batch_shape=input_shape, dtype=first.input_dtype))
        self._mark_changed()

    def call(self, inputs: Any) -> Any:
        for layer in self.layers:
            inputs = layer(inputs)
        return inputs

    def convert_inputs(self, inputs: Any) -> Any:
        """`inputs` as a tensor of the model's input dtype and rank."""
        inputs = super().convert_inputs(inputs)
        if inputs.dtype != self.input_dtype:
            inputs = ops.cast(inputs, self.input_dtype)
        shape = self._adjust_rank(tuple(inputs.shape))
        return inputs if len(shape) == len(inputs.shape) else ops.reshape(inputs, shape)

    def check_input_shape(self, shape: Shape) -> None:
        """Raise ValueError where inputs of `shape` are not what the model is built for."""
        if not self.built:
            return
        expected = self.input_shape
        sizes = self._adjust_rank(shape)
        if len(sizes) != len(expected) or any(
            None not in (size, wanted) and size != wanted for size, wanted in zip(sizes[1:], expected[1:], strict=True)
        ):
            raise ValueError(
                f"Model '{self.name}' with first layer '{self.layers[0].name}' expects inputs of shape {expected}, "
                f"got an array of shape {shape}"
            )

    def _adjust_rank(self, shape: Shape) -> Shape:
        """`shape` with a last dimension of 1 put on or taken off, where that gives the rank of the model's inputs."""
        expected = self.input_shape if self.built else shape
        if len(shape) == len(expected) + 1 and shape[-1] == 1:
            return shape[:-1]
        if len(shape) == len(expected) - 1 and expected[-1] == 1:
            return (*shape, 1)
        return shape

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        for layer in self.layers:
            input_shape = layer.compute_output_shape(input_shape)
        return input_shape

    @property
    def layers(self) -> list[Layer]:
        """The layers but for the Input."""
        return [layer for layer in self._layers if not isinstance(layer, InputLayer)]

    @property
    def input_shape(self) -> Shape:
        """The inputs' shape with its batch dimension, such as (None, 784); an AttributeError before the build."""
        return self._input_layer("input").batch_shape

    @property
    def output_shape(self) -> Shape:
        """The outputs' shape with its batch dimension, such as (None, 10); an AttributeError before the build."""
        return self.compute_output_shape(self._input_layer("output").batch_shape)

    @property
    def input_dtype(self) -> str:
        """The dtype that inputs are cast to: the Input's, else the first layer's."""
        return self._layers[0].dtype if self._layers else self.dtype

    def get_config(self) -> dict[str, Any]:
        """The name, the layers' descriptions and the shape that the model is built for."""
        return {
            "name": self.name,
            "trainable": self.trainable,
            "layers": [layer_classes.serialize(layer) for layer in self._layers],
            "build_input_shape": self.input_shape if self.built else None,
        }

    @classmethod
    def from_config(cls, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Self:
        """A model of new layers, with new weights, as `get_config` described."""
        stack = [layer_classes.deserialize(layer, custom_objects) for layer in config["layers"]]
        model = cls(stack, config.get("trainable", True), config["name"])
        if config.get("build_input_shape") is not None:
            model.build(config["build_input_shape"])
        return model

    def _input_layer(self, what: str) -> InputLayer:
        first = self._layers[0] if self.built else None
        if not isinstance(first, InputLayer):
            raise AttributeError(f"Model '{self.name}' has no {what} shape before it is built")
        return first
