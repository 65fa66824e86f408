"""Functional models: what layers and ops made of Inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nnfast import tree
from nnfast.graph import Call, KerasTensor
from nnfast.layers.calls import is_training
from nnfast.layers.input import InputLayer
from nnfast.layers.layer import Layer
from nnfast.layers.masks import set_masks
from nnfast.models.calls import describe_calls, rebuild_calls
from nnfast.models.model import Model
from nnfast.models.signature import Signature
from nnfast.utils.registry import custom_objects_in_scope


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

    def __init__(
        self, inputs: Any, outputs: Any, trainable: bool = True, name: str | None = None, **kwargs: Any
    ) -> None:
        for what, structure in (("inputs", inputs), ("outputs", outputs)):
            wrong = [leaf for leaf in tree.flatten(structure) if not isinstance(leaf, KerasTensor)]
            if wrong or not tree.flatten(structure):
                got = wrong[0] if wrong else structure
                raise ValueError(f"A model expects {what} that come from Input, got {got!r}")
        Layer.__init__(self, name=name, **kwargs)
        self._set_up()
        # Copies: the lists and dictionaries are the caller's, to change.
        inputs, outputs = (tree.map_structure(lambda tensor: tensor, structure) for structure in (inputs, outputs))
        if isinstance(outputs, list | tuple) and len(outputs) == 1:
            (outputs,) = outputs
        tensors, made = tree.flatten(inputs), tree.flatten(outputs)
        self._ordered = tuple(_ordered_calls(self.name, tensors, made))
        self._own = _ordered_layers(tensors, made, self._ordered)
        for layer in self._own:
            if any(layer.name == other.name and layer is not other for other in self._own):
                raise ValueError(f"Model '{self.name}' has two layers called '{layer.name}'; pass other names")
            self._track(layer)
        # What a subclass set before comes after the layers of the calls, whatever the order of its lines.
        self._layers[:] = [*self._own, *(layer for layer in self._layers if layer not in self._own)]
        vars(self).update(_signature=Signature(self.name, inputs), _results=outputs)
        vars(self).update(built=True, _build_shape=self.input_shape)
        if not trainable:
            self.trainable = False

    @property
    def layers(self) -> list[Layer]:
        """The layers that are called between inputs and outputs, in order."""
        return list(self._own)

    def call(self, inputs: Any, mask: Any = None) -> Any:
        set_masks(inputs, mask)
        values: dict[KerasTensor, Any] = dict(zip(self.inputs, tree.flatten(inputs), strict=True))
        # What the model is told about training goes before what its layers were called with.
        leave_out = () if is_training() is None else ("training",)
        for call in self._ordered:
            made = tree.flatten(call.repeat(values, leave_out))
            for tensor, value in zip(tree.flatten(call.outputs), made, strict=True):
                values.setdefault(tensor, value)
        return tree.map_structure(values.__getitem__, self._results)

    def get_config(self) -> dict[str, Any]:
        """The name, and the layers with their calls, as plain Python values.

        Raises:
            ValueError: a call that has no plain form, such as of an op with an array.
        """
        described = describe_calls(self.layers, self.input, self._results, self._ordered)
        return {"name": self.name, "trainable": self.trainable, **described}

    @classmethod
    def from_config(cls, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Any:
        """A model of new layers, with new weights, as `get_config` described.

        Raises:
            ValueError: a layer or an op that is not there, or calls that don't fit together.
        """
        with custom_objects_in_scope(custom_objects):
            inputs, outputs = rebuild_calls(config)
        return cls(inputs, outputs, trainable=config.get("trainable", True), name=config.get("name"))

    @property
    def output_names(self) -> list[str]:
        """The names of the layers and ops that make the outputs."""
        return [tensor.name for tensor in self.outputs]


def become_functional(model: Model, *args: Any, **kwargs: Any) -> None:
    """Makes a Functional model of one whose class, a subclass of Model, called `super().__init__(inputs, outputs)`."""
    cls = type(model)
    model.__class__ = type(cls.__name__, (cls, Functional), {"__module__": cls.__module__, "__doc__": cls.__doc__})
    Functional.__init__(model, *args, **kwargs)  # type: ignore[arg-type]


def _ordered_calls(model: str, inputs: Sequence[KerasTensor], outputs: Sequence[KerasTensor]) -> list[Call]:
    """The calls that lead from the inputs to the outputs, each after those that it needs."""
    given, ordered = set(inputs), dict[Call, None]()
    # Depth first, with a stack of our own: models may have more layers than Python has room for calls.
    stack = [(output, False) for output in reversed(outputs)]
    while stack:
        tensor, finished = stack.pop()
        call = tensor.call
        if finished:
            ordered[call] = None
        elif tensor not in given and call not in ordered:
            if call.function is None or isinstance(call.function, InputLayer):
                raise ValueError(
                    f"Model '{model}' has an output that needs the input '{tensor.name}', which is not among its inputs"
                )
            stack.append((tensor, True))
            stack.extend((needed, False) for needed in reversed(call.inputs))
    return list(ordered)


def _ordered_layers(
    inputs: Sequence[KerasTensor], outputs: Sequence[KerasTensor], calls: Sequence[Call]
) -> list[Layer]:
    """The layers of a model in Keras's order: the farther from the outputs, the earlier; then as they are met on the
    way back from the outputs."""
    calls = [*(tensor.call for tensor in inputs if isinstance(tensor.call.function, InputLayer)), *calls]
    own = set(calls)
    depths: dict[Any, int] = {}  # by layer or op, and by call
    for call in reversed(calls):
        depth = max(depths.get(call, 0), depths.get(call.function, 0))
        depths[call] = depths[call.function] = depth
        for tensor in call.inputs:
            if tensor.call in own:
                depths[tensor.call] = max(depths.get(tensor.call, 0), depth + 1)
    met: dict[Any, None] = {}
    stack = list(reversed(outputs))
    seen: set[Call] = set()
    while stack:
        call = stack.pop().call
        if call in own and call not in seen:
            seen.add(call)
            met[call.function] = None
            stack.extend(reversed(call.inputs))
    unused = [call.function for call in calls if call.function not in met]
    order = {function: number for number, function in enumerate([*unused, *met])}
    functions = sorted(order, key=lambda function: (-depths[function], order[function]))
    return [function for function in functions if isinstance(function, Layer)]
