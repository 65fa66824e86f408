"""Functional models: what layers and ops made of Inputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from nnfast import tree
from nnfast.graph import KerasTensor
from nnfast.layers.calls import is_training
from nnfast.layers.input import Input, InputLayer
from nnfast.layers.layer import Layer
from nnfast.layers.masks import set_masks
from nnfast.models.calls import describe_calls, rebuild_calls
from nnfast.models.model import Model
from nnfast.models.network import Network
from nnfast.models.signature import Signature
from nnfast.naming import current_path, scope


class Functional(Model):
    """A model that makes its outputs of its inputs by calls of layers and ops; `Model(inputs, outputs)` makes one.

    Args:
        inputs: a KerasTensor, or a list, a tuple or a dictionary of them: Inputs, or what other calls made.
        outputs: the same, made from the inputs.
        trainable: default True.
        name: default 'functional'.

    Raises:
        ValueError: something that is no KerasTensor, outputs that need another Input, two layers of one name.

    >>> from nnfast import Input, layers
    >>> age, image = Input((1,), name="age"), Input((4,), name="image")
    >>> joined = layers.Dense(3)(image) + layers.Dense(3)(age)
    >>> model = Functional({"age": age, "image": image}, layers.Dense(2, name="risk")(joined))
    >>> model.output_shape, model.output_names, model.count_params()
    ((None, 2), ['risk'], 29)
    >>> model({"age": [[30.0]], "image": [[1.0, 2.0, 3.0, 4.0]]}).shape
    (1, 2)
    """

    keras_module = "keras.src.models.functional"
    holds_layers = True  # files find its layers in `layers`, whatever attributes hold them too
    _network: Network

    def __init__(
        self, inputs: Any, outputs: Any, trainable: bool = True, name: str | None = None, **kwargs: Any
    ) -> None:
        for what, structure in (("inputs", inputs), ("outputs", outputs)):
            wrong = [leaf for leaf in tree.flatten(structure) if not isinstance(leaf, KerasTensor)]
            if wrong or not tree.flatten(structure):
                got = wrong[0] if wrong else structure
                raise ValueError(f"All `{what}` values must be KerasTensors, which come from Input, got {got!r}")
        Layer.__init__(self, name=name, **kwargs)
        self._set_up()
        # Copies: the lists and dictionaries are the caller's, to change.
        inputs, outputs = (tree.map_structure(lambda tensor: tensor, structure) for structure in (inputs, outputs))
        if isinstance(outputs, list | tuple) and len(outputs) == 1:
            (outputs,) = outputs
        network = Network(self.name, inputs, outputs)
        if not all(isinstance(tensor.call.function, InputLayer) for tensor in tree.flatten(inputs)):
            # What other calls made comes in by inputs of its own, as in Keras.
            inputs = tree.map_structure(_as_input, inputs)
            outputs = network.run(inputs)
            network = Network(self.name, inputs, outputs)
        vars(self)["_network"] = network
        for layer in network.layers:
            self._track(layer)
        # What a subclass set before comes after the layers of the calls, whatever the order of its lines.
        self._layers[:] = [*network.layers, *(layer for layer in self._layers if layer not in network.layers)]
        vars(self).update(_signature=Signature(self.name, inputs), _results=outputs)
        with scope(self):
            vars(self).update(built=True, _build_shape=self.input_shape, _path=current_path())
        if not trainable:
            self.trainable = False

    @property
    def layers(self) -> list[Layer]:
        """The layers that are called between inputs and outputs, in order."""
        return self._network.layers

    def call(self, inputs: Any, mask: Any = None) -> Any:
        set_masks(inputs, mask)
        # What the model is told about training goes before what its layers were called with.
        return self._network.run(inputs, () if is_training() is None else ("training",))

    def get_config(self) -> dict[str, Any]:
        """The name, and the layers with their calls, as plain Python values.

        Raises:
            ValueError: a call that has no plain form, such as of an op with an array.
        """
        described = describe_calls(self._network, self.input, self._results)
        return {"name": self.name, "trainable": self.trainable, **described}

    @property
    def output_names(self) -> list[str]:
        """The names of the layers and ops that make the outputs."""
        return [tensor.name for tensor in self.outputs]


def made_again(cls: Callable[..., Any], config: Mapping[str, Any]) -> Any:
    """A model of new layers, with new weights, as the `get_config` of a Functional model of this class described."""
    inputs, outputs = rebuild_calls(config)
    others = {name: value for name, value in config.items() if name not in ("layers", "input_layers", "output_layers")}
    return cls(inputs=inputs, outputs=outputs, **others)


def become_functional(model: Model, *args: Any, **kwargs: Any) -> None:
    """Makes a Functional model of one whose class, a subclass of Model, called `super().__init__(inputs, outputs)`."""
    cls = type(model)
    namespace = {"__module__": cls.__module__, "__doc__": cls.__doc__, "stands_for": cls}
    model.__class__ = type(cls.__name__, (cls, Functional), namespace)
    Functional.__init__(model, *args, **kwargs)  # type: ignore[arg-type]


def _as_input(tensor: KerasTensor) -> KerasTensor:
    return (
        tensor if isinstance(tensor.call.function, InputLayer) else Input(batch_shape=tensor.shape, dtype=tensor.dtype)
    )
