"""The Layer: weights, and a computation that uses them."""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Self, TypeVar

import numpy as np

from nnfast import constraints, graph, initializers, ops, random, regularizers, tree
from nnfast.graph import Call, TensorSpec, Variable, dtypes
from nnfast.layers.building import builds_once
from nnfast.layers.calls import add_activity_losses, added_losses, calling, is_training
from nnfast.layers.input_spec import flatten_shapes, map_shapes
from nnfast.layers.masks import get_masks, keep_mask, masks_asked_for, pass_on
from nnfast.layers.tracking import TrackedList
from nnfast.utils.naming import auto_name

T = TypeVar("T")


class Layer:
    """The class of all layers and models.

    A layer makes its weights in `build`, once the shape of its inputs is known, and computes in `call`, written in
    `nnfast.ops`. Calling the layer builds it where needed and then calls `call`: with arrays it computes, with symbolic
    tensors it records. Variables, layers and SeedGenerators that are set as attributes (alone, or in a list, a tuple or
    a dictionary) belong to the layer.

    Args:
        name: default is made from the class ('dense', 'dense_1').
        dtype: of the weights and the computation, "float32" or "float64"; default `config.floatx()`. Floating-point
            inputs are cast to it.
        trainable: whether the weights are trained; default True.
        input_shape: the shape of one sample, for the first layer of a Sequential.
        input_dim: the same for samples of rank 1.
        activity_regularizer: a regularizer of the outputs; its value for a batch is divided by the batch's size.

    >>> class Scale(Layer):
    ...     def build(self, input_shape):
    ...         self.factor = self.add_weight((input_shape[-1],), "ones", name="factor")
    ...     def call(self, inputs):
    ...         return inputs * self.factor
    >>> scale = Scale()
    >>> scale([[1.0, 2.0]]).tolist()
    [[1.0, 2.0]]
    >>> scale.count_params()
    2
    """

    input_spec: Any = None  # an InputSpec, or a structure of them where there are several inputs

    _changes: ClassVar[int] = 0  # to any layer's structure so far

    _trainable_variables: list[Variable]
    _non_trainable_variables: list[Variable]
    _seed_generators: list[random.SeedGenerator]
    _layers: list[Layer]
    _losses: list[Any]  # what add_loss was given outside of traces
    _calls: list[Call]  # with KerasTensors, by models that are put together
    _building: bool
    _build_shape: Any
    _changed: int  # the number of the change that was this layer's last
    _version: tuple[int, int]  # the number of changes seen, and the structure version then

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        layer = super().__new__(cls)
        # Here, so that a subclass may set attributes before it calls super().__init__().
        vars(layer).update(
            _trainable_variables=[],
            _non_trainable_variables=[],
            _seed_generators=[],
            _layers=[],
            _losses=[],
            _calls=[],
            _trainable=True,
            _building=False,
            _changed=0,
            _version=(-1, 0),
            _build_shape=None,
        )
        return layer

    def __init__(
        self,
        *,
        name: str | None = None,
        dtype: str | None = None,
        trainable: bool = True,
        input_shape: Sequence[int | None] | None = None,
        input_dim: int | None = None,
        activity_regularizer: Any = None,
        **unknown: Any,
    ) -> None:
        kind = type(self).__name__
        if unknown:
            raise ValueError(f"{kind} does not take the arguments {', '.join(sorted(unknown))}")
        if not isinstance(trainable, bool):
            raise ValueError(f"{kind} expects trainable to be a boolean, got {trainable!r}")
        name = auto_name(kind) if name is None else name
        if not isinstance(name, str) or "/" in name:
            raise ValueError(f"{kind} expects a name that is a string without '/', got {name!r}")
        self.name = name
        self.dtype = _floating_dtype(kind, dtype)
        self.built = False
        self.activity_regularizer = regularizers.get(activity_regularizer)
        self.supports_masking = type(self).compute_mask is not Layer.compute_mask
        self._trainable = trainable
        self._input_shape_argument = (input_dim,) if input_dim is not None else input_shape

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "build" in vars(cls):
            cls.build = builds_once(cls.build)  # type: ignore[method-assign]

    # What a subclass defines.

    @builds_once
    def build(self, input_shape: Any) -> None:
        """Make the weights for inputs of `input_shape`, whose first entry is the batch size or None. Several inputs
        have a list or a dictionary of shapes."""

    def call(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """The outputs for `inputs`. A `training` argument, if there is one, says whether the layer is being trained,
        and a `mask` argument which steps of the inputs count."""
        raise NotImplementedError(f"Layer {type(self).__name__} must define call(inputs)")

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        """The mask of the outputs, true where they count; by default that of the inputs.

        Asked only where `supports_masking` is set, as it is by defining this.
        """
        return previous_mask

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape of the outputs for inputs of `input_shape`; by default what tracing the layer says."""
        if not self.built:
            self.build(input_shape)
        inputs = map_shapes(lambda shape: graph.source(None, TensorSpec(tuple(shape), self.input_dtype)), input_shape)
        outputs = graph.defer(self, (inputs,), {}, self.name).outputs
        return tree.map_structure(lambda tensor: tensor.shape, outputs)

    # Calling.

    def __call__(self, inputs: Any, *args: Any, training: bool | None = None, **kwargs: Any) -> Any:
        """`call(inputs)`, built first where needed. With a KerasTensor, the call is remembered for a model.

        Args:
            inputs: an array, a nested list of numbers, or a symbolic tensor; or a list or a dictionary of arrays or
                tensors.
            training: whether this is part of a training step; default: what the calling layer was told, else False.

        Raises:
            ValueError: the inputs' shape is not what the layer expects.
        """
        self._require_init()
        if graph.is_deferred((inputs, args, kwargs)):
            return self._defer((inputs, *args), kwargs if training is None else {**kwargs, "training": training})
        inputs = self.convert_inputs(inputs)
        self._prepare(inputs)
        kwargs |= masks_asked_for(_arguments_of(type(self).call)[1:], (inputs, *args), kwargs)
        outputs = self._call(inputs, training, args, kwargs)
        masks = kwargs.get("mask")
        pass_on(self, inputs, get_masks(inputs) if masks is None else masks, outputs)
        return outputs

    def _defer(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Remembers a call with KerasTensors, and gives those that it results in."""
        self._prepare(args[0])
        call = graph.defer(self, args, kwargs, self.name)
        self._calls.append(call)
        return call.outputs

    def _prepare(self, inputs: Any) -> None:
        """Check the shapes of inputs, and make the weights for them where there are none."""
        shapes = tree.map_structure(lambda tensor: tuple(tensor.shape), inputs)
        if self.input_spec is not None:
            self.check_input_shape(shapes, [str(tensor.dtype) for tensor in tree.flatten(inputs)])
        if not self.built:
            self.build(shapes)

    def _call(self, inputs: Any, training: bool | None, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """`call`, with what it and the layers that it calls are to know about training."""
        if training is None:
            training = is_training()
        if training is not None and "training" in _arguments_of(type(self).call):
            kwargs["training"] = training
        with calling(self, training):
            outputs = self.call(inputs, *args, **kwargs)
            if self.activity_regularizer is not None:
                add_activity_losses(self, self.activity_regularizer, outputs)
            return outputs

    def convert_inputs(self, inputs: Any) -> Any:
        """`inputs` as a tensor, or a structure of tensors; floating-point numbers in `input_dtype`."""
        return tree.map_structure(self._convert, inputs) if tree.holds_tensors(inputs) else self._convert(inputs)

    def _convert(self, inputs: Any) -> Any:
        tensor = inputs
        if not isinstance(inputs, graph.SymbolicTensor | Variable):
            tensor = ops.convert_to_tensor(np.asarray(inputs))
        if tensor.dtype != self.input_dtype and dtypes.is_float(str(tensor.dtype)):
            tensor = ops.cast(tensor, self.input_dtype)
        return keep_mask(inputs, tensor)

    def check_input_shape(self, shape: Any, types: Sequence[str] | None = None) -> None:
        """Raise ValueError where inputs of `shape`, or of a structure of shapes, are not what the layer expects; nor
        of their element types, where these are given."""
        specs, shapes = tree.flatten(self.input_spec), flatten_shapes(shape)
        if len(specs) != len(shapes):
            raise ValueError(f"Layer '{self.name}' expects {len(specs)} inputs, got {len(shapes)}")
        kinds: Sequence[str | None] = types or [None] * len(shapes)
        for spec, given, dtype in zip(specs, shapes, kinds, strict=True):
            if spec is not None:
                spec.check(self.name, given, dtype)

    def _require_init(self) -> None:
        if "built" not in vars(self):
            raise RuntimeError(f"{type(self).__name__}.__init__ must call super().__init__()")

    # State.

    def add_weight(
        self,
        shape: Sequence[int] = (),
        initializer: Any = None,
        dtype: str | None = None,
        trainable: bool = True,
        autocast: bool = True,
        regularizer: Any = None,
        constraint: Any = None,
        aggregation: str | None = "none",
        overwrite_with_gradient: bool = False,
        name: str | None = None,
    ) -> Variable:
        """A new variable that belongs to this layer.

        Args:
            shape: default (), a scalar.
            initializer: as of `initializers.get`; default "glorot_uniform" for floating-point numbers, else "zeros".
            dtype: default the layer's.
            trainable: whether training changes it; default True.
            autocast, aggregation: without effect: there is no mixed precision, and one machine.
            regularizer: as of `regularizers.get`: what training adds to the loss for it; default None.
            constraint: as of `constraints.get`: what the optimizer's new values go through; default None.
            overwrite_with_gradient: only False for now.
            name: default None.

        Raises:
            ValueError: the layer is built already; `shape` is a name; an unknown initializer, regularizer, constraint.
        """
        self._require_init()
        if isinstance(shape, str) or overwrite_with_gradient:
            raise ValueError(
                f"Layer '{self.name}' expects add_weight(shape, initializer, ..., name=...) without "
                f"overwrite_with_gradient, got shape {shape!r} and overwrite_with_gradient={overwrite_with_gradient!r}"
            )
        if self.built and not self._building:
            raise ValueError(f"Layer '{self.name}' is built: weights are made in __init__ or build")
        dtype = self.dtype if dtype is None else dtypes.standardize(dtype)
        if initializer is None:
            initializer = "glorot_uniform" if dtypes.is_float(dtype) else "zeros"
        make = initializers.get(initializer)
        variable = Variable(make, shape=tuple(shape), dtype=dtype, trainable=trainable, name=name)
        variable.regularizer = regularizers.get(regularizer)
        variable.constraint = constraints.get(constraint)
        self._track(variable)
        return variable

    def add_loss(self, loss: Any) -> None:
        """Adds to what training makes small, until the model is called again; in `call`, mostly.

        Args:
            loss: a tensor, or several; those that are no scalars are summed.

        Raises:
            ValueError: something that is no tensor.
        """
        for value in tree.flatten(loss):
            if not isinstance(value, graph.SymbolicTensor | graph.Tensor):
                raise ValueError(f"Layer '{self.name}' expects tensors to add to the loss, got {value!r}")
            added_losses(self).append(value)

    @property
    def losses(self) -> list[Any]:
        """What training adds to the loss: what this layer and its sub-layers added in the last call, then the
        regularizers of the trainable weights."""
        added = [loss for layer in self.flatten_layers() for loss in added_losses(layer)]
        regularized = (weight for weight in self.trainable_weights if weight.regularizer is not None)
        return added + [ops.convert_to_tensor(weight.regularizer(weight)) for weight in regularized]

    def flatten_layers(self) -> Iterator[Layer]:
        """This layer and those below it, each once."""
        seen: set[int] = set()
        stack: list[Layer] = [self]
        while stack:
            layer = stack.pop()
            if id(layer) not in seen:
                seen.add(id(layer))
                yield layer
                stack.extend(reversed(layer._layers))

    @property
    def compute_dtype(self) -> str:
        """The dtype of the computation."""
        return self.dtype

    @property
    def variable_dtype(self) -> str:
        """The dtype of the weights."""
        return self.dtype

    @property
    def input_dtype(self) -> str:
        """The dtype that floating-point inputs are cast to."""
        return self.dtype

    @property
    def input(self) -> Any:
        """The KerasTensors that the layer was first called with.

        Raises:
            AttributeError: it is in no model that is put together from calls.
        """
        call = self._first_call("input")
        return call.args[0] if call.args else call.outputs

    @property
    def output(self) -> Any:
        """The KerasTensors that the first call resulted in: `Model(model.inputs, layer.output)` shows them.

        Raises:
            AttributeError: it is in no model that is put together from calls.
        """
        return self._first_call("output").outputs

    def _first_call(self, what: str) -> Call:
        if not self._calls:
            raise AttributeError(f"Layer '{self.name}' was not called with an Input yet, and has no {what}")
        return self._calls[0]

    @property
    def trainable(self) -> bool:
        """Whether the weights are trained; setting it sets the sub-layers' too."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = bool(value)
        for variable in self._trainable_variables:
            variable.trainable = bool(value)
        for layer in self._layers:
            layer.trainable = bool(value)
        self._mark_changed()

    @property
    def weights(self) -> list[Variable]:
        """The variables of the layer and its sub-layers, but for random seeds."""
        below = (variable for layer in self._layers for variable in layer.weights)
        return _unique((*self._trainable_variables, *self._non_trainable_variables, *below))

    @property
    def variables(self) -> list[Variable]:
        """The variables of the layer and its sub-layers, random seeds included."""
        seeds = (generator.state for generator in self._seed_generators)
        below = (variable for layer in self._layers for variable in layer.variables)
        return _unique((*self._trainable_variables, *self._non_trainable_variables, *seeds, *below))

    @property
    def trainable_weights(self) -> list[Variable]:
        """The weights that training changes."""
        return [weight for weight in self.weights if weight.trainable and self._trainable]

    @property
    def non_trainable_weights(self) -> list[Variable]:
        """The weights that training leaves alone."""
        return [weight for weight in self.weights if not (weight.trainable and self._trainable)]

    @property
    def trainable_variables(self) -> list[Variable]:
        """The variables that training changes."""
        return [variable for variable in self.variables if variable.trainable and self._trainable]

    @property
    def non_trainable_variables(self) -> list[Variable]:
        """The variables that training leaves alone, random seeds included."""
        return [variable for variable in self.variables if not (variable.trainable and self._trainable)]

    def get_weights(self) -> list[np.ndarray[Any, Any]]:
        """Copies of the weights as arrays, in the order of `weights`."""
        return [weight.numpy() for weight in self.weights]

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Give all weights new values, in the order of `weights`.

        Raises:
            ValueError: the number of arrays or a shape is not the layer's; then no weight has changed.
        """
        own = self.weights
        if len(own) != len(weights):
            raise ValueError(f"Layer '{self.name}' has {len(own)} weights, set_weights got {len(weights)} arrays")
        values = [np.asarray(value) for value in weights]
        for number, (weight, value) in enumerate(zip(own, values, strict=True)):
            if tuple(weight.shape) != value.shape:
                raise ValueError(
                    f"Layer '{self.name}' expects an array of shape {tuple(weight.shape)} as weight {number} "
                    f"('{weight.name}'), got one of shape {value.shape}"
                )
            if value.dtype.kind not in "biuf":
                raise ValueError(f"Layer '{self.name}' expects numbers as weight {number}, got dtype {value.dtype}")
        for weight, value in zip(own, values, strict=True):
            weight.assign(value)

    def count_params(self) -> int:
        """How many numbers the weights hold.

        Raises:
            ValueError: the layer is not built yet.
        """
        if not self.built:
            raise ValueError(f"Layer '{self.name}' has no weights yet: call it, or build(input_shape), first")
        return sum(math.prod(weight.shape) for weight in self.weights)

    # Description.

    def get_config(self) -> dict[str, Any]:
        """The arguments that make a layer like this one, as plain Python values."""
        config = {"name": self.name, "trainable": self.trainable, "dtype": self.dtype}
        if self.activity_regularizer is not None:
            config["activity_regularizer"] = regularizers.serialize(self.activity_regularizer)
        return config

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """A new layer with the arguments that `get_config` returned. What Keras writes of what it does not use (None
        or False under a name that nnfast does not have) is left out."""
        taken = {name for kind in cls.__mro__ for name in inspect.signature(vars(kind).get("__init__", cls)).parameters}
        return cls(**{name: value for name, value in config.items() if name in taken or value not in (None, False)})

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}, built={self.built}>"

    # Structure.

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, list):
            value = TrackedList(value, self._track)
        elif isinstance(value, tuple | dict):
            for item in value.values() if isinstance(value, dict) else value:
                self._track(item)
        else:
            self._track(value)
        super().__setattr__(name, value)

    def _track(self, value: Any) -> None:
        """Make `value` part of the layer, if it is a variable, a layer or a SeedGenerator."""
        own: list[Any]
        if isinstance(value, Variable):
            own = self._trainable_variables if value.trainable else self._non_trainable_variables
            if any(value is variable for variable in (*self._trainable_variables, *self._non_trainable_variables)):
                return
            value.trainable = value.trainable and self._trainable
        elif isinstance(value, Layer):
            own = self._layers
        elif isinstance(value, random.SeedGenerator):
            own = self._seed_generators
        else:
            if callable(value):  # such as an activation
                self._mark_changed()
            return
        if not any(value is item for item in own):
            own.append(value)
            self._mark_changed()

    def _mark_changed(self) -> None:
        """Note that a trace of this layer, or of one that holds it, may be out of date."""
        Layer._changes += 1
        self._changed = Layer._changes

    @property
    def structure_version(self) -> int:
        """A number that rises when variables, sub-layers, functions or `trainable` are set, here or below."""
        seen, version = self._version
        if seen != Layer._changes:
            seen = Layer._changes
            version = max([self._changed, *(layer.structure_version for layer in self._layers)])
            self._version = (seen, version)
        return version


@functools.lru_cache(maxsize=1024)
def _arguments_of(call: Callable[..., Any]) -> tuple[str, ...]:
    return tuple(inspect.signature(call).parameters)


def _floating_dtype(kind: str, dtype: Any) -> str:
    """The name of a layer's dtype, also out of the configuration of a policy; None means `config.floatx()`."""
    if isinstance(dtype, Mapping):
        dtype = dtype["config"]["name"]
    name = dtypes.standardize(float if dtype is None else dtype)
    if not dtypes.is_float(name):
        raise ValueError(f"{kind} expects dtype {' or '.join(dtypes.FLOATS)}, got {dtype!r}")
    return name


def _unique(items: Iterable[T]) -> list[T]:
    return list({id(item): item for item in items}.values())
