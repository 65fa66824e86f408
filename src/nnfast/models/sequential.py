"""Sequential: a stack of layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

from nnfast import layers as layer_classes
from nnfast import tree
from nnfast.graph import KerasTensor, TensorSpec, dtypes
from nnfast.layers.input import InputLayer
from nnfast.layers.input_spec import as_specs
from nnfast.layers.layer import Layer
from nnfast.layers.masks import set_masks
from nnfast.models.model import Model
from nnfast.models.signature import Signature


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

    keras_module = "keras"
    holds_layers = True  # files find its layers in `layers`, whatever attributes hold them too
    _casts_inputs = True
    _stack: list[Any]

    def __init__(
        self,
        layers: Layer | KerasTensor | Sequence[Layer | KerasTensor] | None = None,
        trainable: bool = True,
        name: str | None = None,
    ) -> None:
        super().__init__(trainable=trainable, name=name)
        vars(self)["_stack"] = []  # what the model is given, and what each layer makes of it
        for layer in [layers] if isinstance(layers, Layer | KerasTensor) else layers or ():
            self._push(layer)
        self._build_from_first()

    def add(self, layer: Layer | KerasTensor) -> None:
        """Put a layer on top of the stack; if the layers before it are built, it is built too.

        Raises:
            ValueError: as of the class, or the layer does not suit the outputs of those before it. The model is then
                as it was.
        """
        before, stack = list(self._layers), list(self._stack)
        try:
            self._push(layer)
            self._build_from_first()
        except BaseException:
            self._layers[:] = before
            self._stack[:] = stack
            raise

    def pop(self) -> Layer:
        """Take the top layer off the stack and return it.

        Raises:
            ValueError: there are no layers.
        """
        if not self.layers:
            raise ValueError(f"Model '{self.name}' has no layers to pop")
        layer: Layer = self._layers.pop()
        vars(layer)["_first_call"] = None  # it may be called anew, on another stack
        self._mark_changed()
        del self._stack[-1:]
        if not self.layers or self._signature is None:
            self._stack.clear()
            vars(self).update(built=False, _signature=None)
        return layer

    @property
    def _results(self) -> Any:
        return self._stack[-1] if self._stack else None

    def _push(self, layer: Any) -> None:
        if isinstance(layer, KerasTensor):
            layer = layer.call.function
        if not isinstance(layer, Layer):
            raise ValueError(
                f"Only instances of Layer can be added: model '{self.name}' takes layers, got {layer!r} of type "
                f"{type(layer).__name__}"
            )
        layer._require_init()
        if any(layer.name == other.name and layer is not other for other in self._layers):
            raise ValueError(
                f"All layers of a Sequential should have unique names: model '{self.name}' already has a layer called "
                f"'{layer.name}'; pass another name"
            )
        if isinstance(layer, InputLayer) and self._layers:
            raise ValueError(
                f"Model '{self.name}' has already been configured to use an input: it takes an Input only as its first "
                "layer"
            )
        if not self._layers and layer._input_shape_argument is not None:
            self._layers.append(InputLayer(layer._input_shape_argument, dtype=layer.compute_dtype))
        self._layers.append(layer)
        self._mark_changed()
        if self._signature is not None:
            self._stack.append(layer(self._results))

    def _build_from_first(self) -> None:
        """Build, if the first layer says what the inputs are."""
        first = self._layers[0] if self._layers else None
        shape: Any = None
        if isinstance(first, InputLayer):
            shape = first.batch_shape
        elif isinstance(first, Model) and first._signature is not None and len(first.inputs) == 1:
            shape = first.inputs[0].shape
        if shape is not None and self.layers and self._signature is None:
            self.build(shape)

    def build(self, input_shape: Any) -> None:
        """Make the weights of all layers for inputs of `input_shape`, such as (None, 784).

        Raises:
            ValueError: there are no layers, or the model has an Input of another shape.
        """
        if not self.layers:
            raise ValueError(f"Model '{self.name}' has no layers to build: add some first")
        has_input = isinstance(self._layers[0], InputLayer)
        first, specs = self._layers[0], as_specs(input_shape, self.layers[0].input_dtype)
        if isinstance(first, InputLayer) and first.batch_shape[1:] != input_shape[1:]:
            raise ValueError(
                f"Model '{self.name}' has already been configured to use inputs of shape "
                f"{first.batch_shape}, it cannot be built for {input_shape}"
            )
        if isinstance(specs, TensorSpec):
            if not isinstance(first, InputLayer):
                first = InputLayer(batch_shape=(None, *specs.shape[1:]), dtype=specs.dtype)
            inputs = first.output
        else:  # what the first layer takes, without layers of their own
            inputs = tree.map_structure(lambda spec: KerasTensor((None, *spec.shape[1:]), spec.dtype), specs)
        stack = [inputs]
        for layer in self.layers:
            stack.append(layer(stack[-1]))
        if isinstance(first, InputLayer) and first is not self._layers[0]:
            self._layers.insert(0, first)
        self._mark_changed()
        self._stack[:] = stack
        # What the first data were like says nothing of the sizes of those to come, as of other texts.
        vars(self)["_signature"] = Signature(self.name, inputs, self.layers[0].name, any_size=not has_input)

    def call(self, inputs: Any, mask: Any = None) -> Any:
        set_masks(inputs, mask)
        for layer in self.layers:
            inputs = layer(inputs)
        return inputs

    def compute_output_shape(self, input_shape: Any) -> Any:
        for layer in self.layers:
            input_shape = layer.compute_output_shape(input_shape)
        return input_shape

    @property
    def layers(self) -> list[Layer]:
        """The layers but for the Input."""
        return [layer for layer in self._layers if not isinstance(layer, InputLayer)]

    @property
    def output_names(self) -> list[str]:
        """The name of the last layer."""
        return [self.layers[-1].name] if self.layers else []

    @property
    def input_dtype(self) -> str:
        """The dtype that inputs are cast to: the Input's, else the first layer's; it casts to half precision itself."""
        return dtypes.full_precision((self._layers[0] if self._layers else self).compute_dtype)

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
        """A model of new layers, with new weights, as `get_config` described.

        Raises:
            ValueError: a description without a name or layers.
        """
        if not {"name", "layers"} <= config.keys():
            raise ValueError(
                "A Sequential model configuration must be a dictionary containing the 'name' and 'layers' keys, got "
                f"{', '.join(map(repr, config))}"
            )
        stack = [layer_classes.deserialize(layer, custom_objects) for layer in config["layers"]]
        model = cls(stack, config.get("trainable", True), config["name"])
        if config.get("build_input_shape") is not None:
            model.build(config["build_input_shape"])
        return model
