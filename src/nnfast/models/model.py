"""The Model: a layer that can be trained."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from nnfast import graph, tree
from nnfast.graph import KerasTensor, Program, Structured, Tensor, TensorSpec, Variable, dtypes
from nnfast.layers.arguments import CallArguments
from nnfast.layers.calls import added_losses
from nnfast.layers.input_spec import as_specs
from nnfast.layers.layer import Layer
from nnfast.layers.masks import set_masks
from nnfast.models.boxes import boxes_of
from nnfast.models.network import Network
from nnfast.models.signature import Signature
from nnfast.models.stored import StoredModel
from nnfast.models.summary import print_summary
from nnfast.training.data import as_array, as_arrays
from nnfast.training.trainer import Trainer
from nnfast.utils.diagram import Box
from nnfast.utils.registry import custom_objects_in_scope
from nnfast.utils.tracebacks import filter_traceback, leave_out_frames

# How many traces of its call a model keeps: one for each shape of a sample, and for training or not.
_PROGRAMS_KEPT = 32

# The dtypes that a Program reads as they are.
_FEEDABLE = frozenset(np.dtype(name) for name in dtypes.SUPPORTED if name != "bfloat16")
# Arrays that need no conversion; what is derived from them may, such as a masked array.
_ARRAYS = (np.ndarray, graph.Tensor)


class _Traced(NamedTuple):
    """A model's call for arrays of certain shapes."""

    program: Program
    pack: Callable[[Sequence[Any]], Any]  # puts its results into (outputs, masks, what layers add to the loss)
    adders: tuple[Layer, ...]  # the layers that add to the loss
    outline: Any  # of the outputs, where there is nothing beside; else None


class Model(StoredModel, Trainer, Layer):
    """A layer with `compile`, `fit`, `evaluate` and `predict`.

    Use `Sequential`, or `Model(inputs, outputs)` with what layers and ops made of an `Input` (a Functional model), or
    define `call` in a subclass. Called with arrays, a model runs a Program that is traced once for each shape of a
    sample; called with symbolic tensors it records, as every layer does.

    Args:
        inputs: a KerasTensor, or a list, a tuple or a dictionary of them; not for a subclass that defines `call`.
        outputs: the same, made from the inputs.
        **kwargs: name, dtype, trainable, as of Layer.

    >>> from nnfast import Input, layers
    >>> class Twice(Model):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.dense = layers.Dense(1, kernel_initializer="ones")
    ...     def call(self, inputs):
    ...         return self.dense(inputs) + self.dense(inputs)
    >>> Twice()([[1.0, 2.0]]).tolist()
    [[6.0]]
    >>> image = Input((4,))
    >>> model = Model(image, layers.Dense(2)(image) + 1)
    >>> model.predict([[1.0, 2.0, 3.0, 4.0]], verbose=0).shape
    (1, 2)
    """

    _signature: Signature | None = None  # of a model that is made of calls
    _programs: dict[tuple[Any, ...], _Traced]
    _results: Any = None  # the KerasTensors that it makes of its inputs
    _casts_inputs = False  # whether whole numbers are cast to the input dtype too
    _network: Network | None = None  # of a functional model
    _types: Any = None  # of the inputs that it is being built for

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        if cls is Model and _says_outputs(args, kwargs):
            from nnfast.models.functional import Functional

            cls = Functional
        return super().__new__(cls, *args, **kwargs)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if _says_outputs(args, kwargs):  # of a subclass
            from nnfast.models.functional import become_functional

            become_functional(self, *args, **kwargs)
            return
        Layer.__init__(self, *args, **kwargs)
        self._set_up()

    def _set_up(self) -> None:
        """What a model has beside what a layer has."""
        Trainer.__init__(self)
        vars(self)["_programs"] = {}

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "layers":
            raise AttributeError(
                "`Model.layers` attribute is reserved and should not be used. Please use another name. Use `add()` and "
                "`pop()` to change the layers of a Sequential."
            )
        super().__setattr__(name, value)

    def __getstate__(self) -> dict[str, Any]:
        """What pickles and copies keep: all but Programs, which are made anew where they are needed."""
        return {**super().__getstate__(), "_programs": {}, "_reading": None}

    def __call__(self, inputs: Any, *args: Any, training: bool | None = None, **kwargs: Any) -> Any:
        """The outputs for `inputs`.

        Args:
            inputs: an array or a nested list, its first dimension the batch; or a symbolic tensor. Models of several
                inputs take a list, a tuple or a dictionary of arrays.
            training: whether layers such as Dropout behave as in training; default None, as they were called when the
                model was put together, else not.

        Returns:
            A Tensor, or a structure of Tensors; symbolic tensors for symbolic ones.

        Raises:
            ValueError: the inputs' shape is not what the model expects.
        """
        try:
            is_recorded = isinstance(inputs, graph.SymbolicTensor | Variable) or graph.is_tracing()
            if args or kwargs or is_recorded or graph.get_mask(inputs) is not None:
                return super().__call__(inputs, *args, training=training, **kwargs)
            self._require_init()
            if type(inputs) in _ARRAYS:
                if not (inputs.dtype in _FEEDABLE and inputs.ndim and _is_plain(inputs.flags)):
                    inputs = as_array(inputs, f"model '{self.name}'")
                arrays = [inputs]
                key: tuple[Any, ...] = (inputs.shape[1:], inputs.dtype)
            elif graph.is_deferred(inputs):
                return super().__call__(inputs, training=training)
            else:
                inputs = self.arrange_inputs(as_arrays(inputs, f"model '{self.name}'"))
                arrays = tree.present(inputs)
                key = (repr(tree.outline(inputs)), *((array.shape[1:], array.dtype) for array in arrays))
            if self._run_eagerly:
                return self._call_eagerly(inputs, training)
            traced = self._programs.get((key, training, self.structure_version))
            if traced is None:
                traced = self._trace(inputs, training)
                # Tracing may have built sub-layers, so the version is the one after it.
                self._keep((key, training, self.structure_version), traced)
            if traced.adders and not len(arrays[0]):  # a Program has no losses of no samples
                return super().__call__(inputs, training=training)
            results = [output.view(Tensor) for output in traced.program(*arrays)]
            if traced.outline is None:
                return _told(self, traced, results)
            return results[0] if traced.outline == "*" else tree.pack_sequence_as(traced.outline, results)
        except Exception as error:
            leave_out_frames(error)
            raise

    def build(self, input_shape: Any) -> None:
        """Make the weights of the layers for inputs of `input_shape`, such as (None, 784), by tracing `call`."""
        specs = as_specs(input_shape, self.input_dtype)
        if self._types is not None:
            specs = tree.map_structure(lambda spec, dtype: TensorSpec(spec.shape, dtype), specs, self._types)
        call = Structured(lambda inputs: self._call(CallArguments(self, (inputs,), {}), False), specs)
        if self._run_eagerly:  # with values that do not matter, as its Python may look at them
            graph.run_eagerly(call, [np.zeros([size or 1 for size in spec.shape], spec.dtype) for spec in call.specs])
        else:
            graph.abstract(call, call.specs)

    # What the data of a call, or of a step, must be.

    def arrange_inputs(self, inputs: Any) -> Any:
        """Inputs in the order in which the model's call takes them.

        Raises:
            ValueError: an input is missing, or there are too many.
        """
        if self._signature is None:
            return inputs
        arranged = self._signature.arrange(inputs)
        self._signature.warn_of_structure(inputs)
        return arranged

    def prepare(self, inputs: Any) -> Any:
        """Checks arrays, and makes the weights for such inputs where there are none.

        Returns:
            The shapes and types in which `call` gets them: a TensorSpec, or a structure of them.

        Raises:
            ValueError: the model does not take arrays of these shapes.
        """
        inputs = self.arrange_inputs(inputs)
        if self._signature is not None:
            self._signature.check(inputs)
            specs = tree.map_structure(
                lambda array, tensor: None if array is None else _spec(array, tensor.dtype),
                inputs,
                self._signature.structure,
            )
        else:
            specs = tree.map_structure(
                lambda array: None if array is None else _spec(array, self._taken(array)), inputs
            )
        self._prepare(CallArguments(self, (specs,), {}))
        return specs

    def _taken(self, array: Any) -> str:
        """The type in which `call` gets an array. A subclass sees whole numbers as they are: they may be indices."""
        return self.input_dtype if self._casts_inputs or dtypes.kind_of(array.dtype) == "f" else array.dtype.name

    def _prepare(self, arguments: CallArguments) -> None:
        inputs = arguments.first
        if self._signature is not None:
            self._signature.check(inputs)
        if not self.built:
            vars(self)["_types"] = tree.map_structure(lambda leaf: None if leaf is None else str(leaf.dtype), inputs)
        super()._prepare(arguments)

    def convert_inputs(self, inputs: Any) -> Any:
        """`inputs` as tensors, of the model's types and ranks where these are known."""
        return super().convert_inputs(inputs) if self._signature is None else self._signature.adapt(inputs)

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        """None: the layers of the model say what counts of its outputs."""
        return None

    def _call_eagerly(self, inputs: Any, training: bool | None) -> Any:
        """A call op by op, in which Python sees numbers."""
        call = Structured(lambda given: Layer.__call__(self, given, training=training), self.prepare(inputs))
        given = zip(tree.present(self.arrange_inputs(inputs)), call.specs, strict=True)
        results = graph.run_eagerly(call, [np.asarray(array).astype(spec.dtype) for array, spec in given])
        return call.pack([result.view(Tensor) for result in results])

    def _trace(self, inputs: Any, training: bool | None) -> _Traced:
        """The call for arrays such as these."""
        adders: tuple[Layer, ...] = ()

        def call(inputs: Any) -> tuple[Any, Any, list[Any]]:
            nonlocal adders
            outputs = Layer.__call__(self, inputs, training=training)
            added = [(layer, loss) for layer in self.flatten_layers() for loss in added_losses(layer)]
            adders = tuple(layer for layer, _ in added)
            return outputs, tree.map_structure(graph.get_mask, outputs), [loss for _, loss in added]

        function = Structured(call, self.prepare(inputs))
        program = graph.trace(function, function.specs)
        outputs, masks, losses = function.outline
        plain = not losses and not tree.present(masks) and None not in tree.flatten(outputs)
        return _Traced(program, function.pack, adders, outputs if plain else None)

    def _keep(self, key: tuple[Any, ...], traced: _Traced) -> None:
        if len(self._programs) >= _PROGRAMS_KEPT:
            self._programs.pop(next(iter(tuple(self._programs))), None)
        self._programs[key] = traced

    @classmethod
    def from_config(cls, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Any:
        """A model as `get_config` described.

        Args:
            config: what `get_config` returned: of a Functional model, of a subclass of one, or of any other subclass
                the arguments that make it.
            custom_objects: classes of layers by name, looked up before the built-in ones.

        Raises:
            ValueError: a layer or an op that is not there, or calls that don't fit together.
        """
        with custom_objects_in_scope(custom_objects):
            parameters = inspect.signature(cls.__init__).parameters
            takes_ends = {"inputs", "outputs"} <= parameters.keys() or any(
                parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()
            )
            if not (takes_ends and {"layers", "input_layers", "output_layers"} <= config.keys()):
                return super().from_config(config)
            from nnfast.models.functional import Functional, made_again

            return made_again(Functional if cls is Model else cls, config)

    # What the model is made of.

    @property
    def inputs(self) -> list[KerasTensor]:
        """The KerasTensors that the model is given, in a list.

        Raises:
            AttributeError: the model is not built yet, or it is defined by its `call`.
        """
        return list(self._made("inputs").tensors)

    @property
    def input(self) -> Any:
        """The same in the structure that the model was made with."""
        return self._made("input").structure

    @property
    def outputs(self) -> list[KerasTensor]:
        """The KerasTensors that the model makes of its inputs, in a list."""
        return tree.flatten(self.output)

    @property
    def output(self) -> Any:
        """The same in the structure that the model was made with."""
        self._made("output")
        return self._results

    @property
    def input_shape(self) -> Any:
        """The inputs' shape with its batch dimension, such as (None, 784); a list for several."""
        return _one_or_all([tensor.shape for tensor in self._made("input shape").tensors])

    @property
    def output_shape(self) -> Any:
        """The outputs' shape with its batch dimension, such as (None, 10); a list for several."""
        self._made("output shape")
        return _one_or_all([tensor.shape for tensor in self.outputs])

    def _made(self, what: str) -> Signature:
        if self._signature is None:
            raise AttributeError(f"Model '{self.name}' has no {what} before it is built, nor where a call defines it")
        return self._signature

    @property
    def output_names(self) -> list[str]:
        """What the outputs are called in the logs, and in dictionaries of losses and metrics; [] where not known."""
        return []

    @property
    def layers(self) -> list[Layer]:
        """The layers that the model holds directly."""
        return list(self._layers)

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """The layer called `name`, or at `index` in `layers`.

        Raises:
            ValueError: there is no such layer, or not exactly one of both arguments is given.
        """
        if (name is None) == (index is None):
            raise ValueError(f"get_layer expects a name or an index, got name={name!r}, index={index!r}")
        layers = self.layers
        if index is not None:
            if not -len(layers) <= index < len(layers):
                raise ValueError(f"Model '{self.name}' has {len(layers)} layers, none at index {index}")
            return layers[index]
        for layer in layers:
            if layer.name == name:
                return layer
        known = ", ".join(repr(layer.name) for layer in layers)
        raise ValueError(f"Model '{self.name}' has no layer {name!r}; its layers are {known}")

    def diagram(self, prefix: str = "") -> tuple[Box, ...]:
        """What a diagram of the model shows, in order; the boxes' keys begin with `prefix`."""
        return boxes_of(self, prefix)

    @filter_traceback
    def summary(
        self,
        line_length: int | None = None,
        positions: Sequence[float] | None = None,
        print_fn: Callable[[str], Any] | None = None,
        expand_nested: bool = False,
        show_trainable: bool = False,
        layer_range: Sequence[str] | None = None,
    ) -> None:
        """Print the layers with their output shapes and numbers of parameters.

        Args:
            line_length: the table's width; default 88 (100 with `show_trainable`), or the terminal's less 4.
            positions: where the columns end, as fractions of the width.
            print_fn: is called with the whole text; default prints it.
            expand_nested: whether the layers inside of layers are shown; default False.
            show_trainable: whether a column says what is trained; default False.
            layer_range: two names or regular expressions, the first and the last layer to show.

        Raises:
            ValueError: `layer_range` names no layer.
        """
        print_summary(self, line_length, positions, print_fn, expand_nested, show_trainable, layer_range)


def _is_plain(flags: Any) -> bool:
    """Whether C++ can read an array as it lies."""
    return bool(flags.c_contiguous and flags.aligned)


def _told(model: Model, traced: _Traced, results: list[Any]) -> Any:
    """A call's outputs, once they have their masks, and the layers what they added to the loss."""
    outputs, masks, losses = traced.pack(results)
    set_masks(outputs, masks)
    for layer in model.flatten_layers():
        layer._losses.clear()
    for layer, loss in zip(traced.adders, losses, strict=True):
        layer._losses.append(loss)
    return outputs


def _spec(array: Any, dtype: str) -> TensorSpec:
    """An array's shape, with any number of samples."""
    return TensorSpec((None, *array.shape[1:]), dtype)


def _one_or_all(items: list[Any]) -> Any:
    return items[0] if len(items) == 1 else items


def _says_outputs(args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Whether a model's arguments are inputs and outputs."""
    return len(args) == 2 or (len(args) == 1 and "outputs" in kwargs) or {"inputs", "outputs"} <= kwargs.keys()
