"""Models like others, with weights of their own."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from nnfast import tree
from nnfast.graph import KerasTensor
from nnfast.layers.input import Input, InputLayer
from nnfast.layers.layer import Layer
from nnfast.models.functional import Functional
from nnfast.models.model import Model
from nnfast.models.sequential import Sequential


def clone_model(
    model: Model,
    input_tensors: Any = None,
    clone_function: Callable[[Layer], Any] | None = None,
    call_function: Callable[..., Any] | None = None,
    recursive: bool = False,
) -> Any:
    """A model of layers like the model's, with weights of their own; compiled like it, if it is.

    Args:
        model: a Sequential or Functional model, or one of a subclass that has a `get_config`.
        input_tensors: what the new model is made on, in the structure of the model's inputs; default new Inputs.
        clone_function: gives the new model's layer for a layer; default one with the same configuration. Of
            `lambda layer: layer`, the new model shares all layers.
        call_function: is called as call_function(layer, *args, **kwargs) in the place of each call of a new layer or of
            an op, of a Functional model; default `layer(*args, **kwargs)`.
        recursive: whether the layers of models inside the model are cloned one by one, too; default False.

    Raises:
        ValueError: arguments that such a model does not go with, or inputs of another structure.
        NotImplementedError: the model is defined by its `call` and has no `get_config`.

    >>> from nnfast import Input, Sequential, layers
    >>> model = Sequential([Input((3,)), layers.Dense(2)])
    >>> copy = clone_model(model)
    >>> copy.count_params(), copy.layers[0] is model.layers[0]
    (8, False)
    """
    clone = _Cloning(clone_function or _made_again, call_function, recursive)
    if isinstance(model, Sequential):
        if call_function is not None:
            raise ValueError(
                "`call_function` argument is not supported with Sequential models, whose layers are called when the "
                f"model is built: got call_function={call_function!r}"
            )
        cloned: Any = clone.stack(model, input_tensors)
    elif isinstance(model, Functional):
        cloned = clone.network(model, input_tensors)
    elif (input_tensors, clone_function, call_function) != (None, None, None):
        raise ValueError(
            "Arguments `input_tensors`, `clone_function` and `call_function` are only supported for Sequential models "
            f"or Functional models, got a model of type {type(model).__name__}"
        )
    else:
        cloned = type(model).from_config(model.get_config())
    return cloned


class _Cloning:
    """How the layers of a model are cloned: each once, however often it is called."""

    def __init__(
        self, clone: Callable[[Layer], Any], call_function: Callable[..., Any] | None, recursive: bool
    ) -> None:
        self._clone = clone
        self._call_function = call_function
        self._recursive = recursive
        self._clones: dict[Layer, Any] = {}

    def layer(self, layer: Layer) -> Any:
        if layer not in self._clones:
            if self._recursive and isinstance(layer, Sequential):
                self._clones[layer] = self.stack(layer)
            elif self._recursive and isinstance(layer, Functional):
                self._clones[layer] = self.network(layer)
            else:
                self._clones[layer] = self._clone(layer)
        return self._clones[layer]

    def stack(self, model: Sequential, input_tensors: Any = None) -> Sequential:
        if isinstance(input_tensors, list | tuple) and len(input_tensors) == 1:
            (input_tensors,) = input_tensors
        if not isinstance(input_tensors, KerasTensor | None):
            raise ValueError(f"Argument `input_tensors` must be a single KerasTensor, got {input_tensors!r}")
        layers = [self.layer(layer) for layer in model.layers]
        first = model._layers[0] if model._layers else None
        if input_tensors is not None:
            layers.insert(0, Input(batch_shape=input_tensors.shape, dtype=input_tensors.dtype, name=input_tensors.name))
        elif isinstance(first, InputLayer):
            layers.insert(0, _input_like(first.output))
        cloned = Sequential(layers, model.trainable, model.name)
        _compile_like(cloned, model)
        return cloned

    def network(self, model: Functional, input_tensors: Any = None) -> Any:
        inputs = tree.map_structure(_input_like, model.input) if input_tensors is None else input_tensors
        wrong = [tensor for tensor in tree.flatten(inputs) if not isinstance(tensor, KerasTensor)]
        if wrong:
            raise ValueError(f"All entries in `input_tensors` must be KerasTensors, got {wrong[0]!r}")
        if tree.skeleton(inputs) != tree.skeleton(model.input):
            raise ValueError(
                f"`input_tensors` must have the same structure as model.input, {model.input!r}; got {inputs!r}"
            )
        outputs = model._network.again(inputs, self.layer, self._call_function)
        cloned = Functional(inputs, outputs, model.trainable, model.name)
        _compile_like(cloned, model)
        return cloned


def _made_again(layer: Layer) -> Layer:
    return type(layer).from_config(layer.get_config())


def _input_like(tensor: KerasTensor) -> KerasTensor:
    layer = tensor.call.function
    return Input(batch_shape=tensor.shape, dtype=tensor.dtype, name=tensor.name, optional=layer.optional)


def _compile_like(cloned: Model, model: Model) -> None:
    """Compile a clone as the model, with an optimizer and metrics of its own."""
    if model.compiled:
        optimizer = model.optimizer.from_config(model.optimizer.get_config())
        cloned.compile(optimizer, **copy.deepcopy(model._compiled_with))
