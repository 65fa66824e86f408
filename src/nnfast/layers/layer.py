"""The Layer: weights, and a computation that uses them."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Mapping, MutableMapping, Sequence
from typing import Any, Self

import numpy as np

from nnfast import constraints, dtype_policies, graph, initializers, ops, regularizers, tree
from nnfast.dtype_policies import DTypePolicy
from nnfast.graph import Call, KerasTensor, Variable, dtypes
from nnfast.layers.arguments import CallArguments, parameters_of, shape_first
from nnfast.layers.building import build_lock, builds_once
from nnfast.layers.calls import add_activity_losses, added_losses, calling, is_training
from nnfast.layers.constructor import arguments_given, plain_arguments
from nnfast.layers.input_spec import as_specs, shapes_of
from nnfast.layers.masks import get_masks, keep_mask, masks_asked_for, pass_on
from nnfast.layers.state import LayerState
from nnfast.layers.stored import Stored, check_size
from nnfast.naming import auto_name, scope
from nnfast.utils.tracebacks import filter_traceback


class Layer(Stored, LayerState):
    """The class of all layers and models.

    A layer makes its weights in `build`, once the shape of its inputs is known, and computes in `call`, written in
    `nnfast.ops`. Calling the layer builds it where needed and then calls `call`: with arrays it computes, with symbolic
    tensors it records. Variables, layers and SeedGenerators that are set as attributes (alone, or in a list, a tuple or
    a dictionary) belong to the layer.

    Args:
        name: default is made from the class ('dense', 'dense_1').
        dtype: of the weights and the computation, or a policy such as "mixed_float16" that has one for each, or a
            DTypePolicyMap of policies by path; default `config.dtype_policy()`.
        autocast: whether floating-point inputs are cast to what the layer computes in; default True.
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

    _losses: list[Any]  # what add_loss was given outside of traces
    _first_call: Call | None  # with KerasTensors
    _building: bool
    _build_shape: Any
    _path: str | None
    _given: dict[str, Any] | None  # the arguments of __init__, where they are the configuration

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        layer = super().__new__(cls)
        # What defines its configuration itself needs none of its arguments.
        given = arguments_given(cls.__init__, args, kwargs) if cls.get_config is Layer.get_config else None
        vars(layer).update(_losses=[], _first_call=None, _building=False, _build_shape=None, _path=None, _given=given)
        return layer

    def __init__(
        self,
        *,
        name: str | None = None,
        dtype: str | DTypePolicy | None = None,
        autocast: bool = True,
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
        self.dtype_policy = dtype
        self.autocast = autocast
        self.built = False
        self.activity_regularizer = regularizers.get(activity_regularizer)
        self.supports_masking = type(self).compute_mask is not Layer.compute_mask
        self._trainable = trainable
        self._input_shape_argument = (input_dim,) if input_dim is not None else input_shape

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "build" in vars(cls):
            cls._builds = True
            cls.build = builds_once(cls.build)  # type: ignore[method-assign]

    # What a subclass defines.

    @builds_once
    def build(self, input_shape: Any) -> None:
        """Make the weights for inputs of `input_shape`, whose first entry is the batch size or None. Several inputs
        have a list or a dictionary of shapes."""

    def _build_at_init(self) -> None:
        """For the end of __init__: a layer that makes no weights in `build` is built."""
        self.built = not self._builds

    def call(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """The outputs for `inputs`. A `training` argument, if there is one, says whether the layer is being trained,
        and a `mask` argument which steps of the inputs count."""
        raise NotImplementedError(
            f"Layer {type(self).__name__} does not have a `call` method implemented: it must define call(inputs)"
        )

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        """The mask of the outputs, true where they count; by default that of the inputs.

        Asked only where `supports_masking` is set, as it is by defining this.
        """
        return previous_mask

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape of the outputs for inputs of `input_shape`; by default what tracing the layer says.

        Raises:
            NotImplementedError: the layer has no `call`.
        """
        if type(self).call is Layer.call:
            raise NotImplementedError(
                f"Layer {type(self).__name__} does not have a `compute_output_shape` method implemented, nor a `call`"
            )
        specs = as_specs(input_shape, self.input_dtype)
        inputs = tree.map_structure(lambda spec: KerasTensor(spec.shape, spec.dtype), specs)
        return shapes_of(self._outputs_for(CallArguments(self, (inputs,), {})).outputs)

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        """KerasTensors like the outputs for KerasTensors, as `compute_output_shape` or tracing the layer says."""
        arguments = CallArguments(self, args, kwargs)
        if type(self).compute_output_shape is Layer.compute_output_shape:
            return self._outputs_for(arguments).outputs
        shapes = self.compute_output_shape(**arguments.shapes_for(type(self).compute_output_shape))
        return tree.map_structure(
            lambda spec: KerasTensor(spec.shape, spec.dtype), as_specs(shapes, self.compute_dtype)
        )

    # Calling.

    @filter_traceback
    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """`call`, built first where needed. With a KerasTensor, the call is remembered for a model.

        Args:
            *args, **kwargs: those of `call`. The first are the inputs: an array, a nested list of numbers, or a
                symbolic tensor; or a list or a dictionary of arrays or tensors. Others that are no tensors go by name.
            training: whether this is part of a training step; default: what the calling layer was told, else False.

        Raises:
            ValueError: the inputs' shape is not what the layer expects.
        """
        self._require_init()
        arguments = CallArguments(self, args, kwargs)
        if graph.is_deferred((args, kwargs)):
            return self._defer(arguments)
        arguments.convert(self.convert_inputs, self._convert)
        inputs, given = arguments.first, arguments.kwargs
        training = given.pop("training", None)
        self._prepare(arguments)
        given |= masks_asked_for(parameters_of(type(self).call)[1:], arguments.args, given)
        outputs = self._call(arguments, training)
        masks = given.get("mask")
        pass_on(self, inputs, get_masks(inputs) if masks is None else masks, outputs)
        return outputs

    def _defer(self, arguments: CallArguments) -> Any:
        """Remembers a call with KerasTensors, and gives those that it results in."""
        if arguments.kwargs.get("training", 0) is None:
            del arguments.kwargs["training"]
        call = self._outputs_for(arguments)
        if self._first_call is None:
            vars(self)["_first_call"] = call
        return call.outputs

    def _outputs_for(self, arguments: CallArguments) -> Call:
        """A call with KerasTensors."""
        self._prepare(arguments)
        call = Call(self, arguments.args, arguments.kwargs, self.name)
        if type(self).compute_output_spec is not Layer.compute_output_spec:
            with contextlib.suppress(NotImplementedError):
                call.outputs = self.compute_output_spec(*arguments.args, **arguments.kwargs)
        if call.outputs is None:
            try:
                return graph.defer(self, arguments.args, arguments.kwargs, self.name)
            except ValueError:  # no length that was tried suits, as of a Reshape to a fixed shape
                lengths = [size for tensor in tree.present(arguments.first) for size in tensor.shape[1:]]
                if None not in lengths or type(self).compute_output_shape is Layer.compute_output_shape:
                    raise
            call.outputs = self.compute_output_spec(*arguments.args, **arguments.kwargs)
        for tensor in tree.flatten(call.outputs):
            tensor.call = call
        return call

    def _prepare(self, arguments: CallArguments) -> None:
        """Check the shapes of inputs, and make the weights for them where there are none."""
        if self.input_spec is not None:
            inputs = tree.present(arguments.first)
            self._check_inputs([(tuple(tensor.shape), tensor.dtype) for tensor in inputs])
        if not self.built:
            with build_lock(), scope(self):
                if not self.built:  # by another thread, since
                    self.build(**arguments.shapes_for(type(self).build))

    def _call(self, arguments: CallArguments, training: bool | None) -> Any:
        """`call`, with what it and the layers that it calls are to know about training."""
        if training is None:
            training = is_training()
        given = arguments.kwargs
        if training is not None and "training" in parameters_of(type(self).call):
            given = {**given, "training": training}
        casts = self.autocast and self.compute_dtype != self.variable_dtype
        with calling(self, training), scope(self), graph.autocasting(self.compute_dtype if casts else None):
            outputs = self.call(*arguments.args, **given)
            if self.activity_regularizer is not None:
                add_activity_losses(self, self.activity_regularizer, outputs)
            return outputs

    @filter_traceback
    def stateless_call(
        self,
        trainable_variables: Sequence[Any],
        non_trainable_variables: Sequence[Any],
        *args: Any,
        return_losses: bool = False,
        **kwargs: Any,
    ) -> Any:
        """The outputs where the variables have other values, which stay the layer's own only for the call.

        Args:
            trainable_variables, non_trainable_variables: a value for each variable of these lists.
            *args, **kwargs: as of a call.
            return_losses: whether what is added to the loss is returned too; default False.

        Returns:
            (outputs, the values of `non_trainable_variables` after the call), and the losses where asked for.

        Raises:
            ValueError: the layer is not built; not one value for each variable.
        """
        if not self.built:
            raise ValueError(f"To call stateless_call, layer '{self.name}' must be built: call it first")
        frozen = self.non_trainable_variables
        variables, values = [*self.trainable_variables, *frozen], [*trainable_variables, *non_trainable_variables]
        if len(frozen) != len(non_trainable_variables) or len(variables) != len(values):
            raise ValueError(
                f"Layer '{self.name}' expects {len(variables) - len(frozen)} trainable and {len(frozen)} non-trainable "
                f"variables, got {len(trainable_variables)} and {len(non_trainable_variables)}"
            )
        with graph.holding(variables, values):
            outputs = self(*args, **kwargs)
            after = [variable.value for variable in frozen]
            return (outputs, after, self.losses) if return_losses else (outputs, after)

    def convert_inputs(self, inputs: Any) -> Any:
        """`inputs` as a tensor, or a structure of tensors; floating-point numbers in `input_dtype`."""
        return tree.map_structure(self._convert, inputs) if tree.holds_tensors(inputs) else self._convert(inputs)

    def _convert(self, inputs: Any) -> Any:
        if inputs is None:
            return None
        tensor = inputs
        if not isinstance(inputs, graph.SymbolicTensor | Variable):
            tensor = ops.convert_to_tensor(np.asarray(inputs))
        if self.autocast and tensor.dtype != self.input_dtype and dtypes.is_float(str(tensor.dtype)):
            tensor = ops.cast(tensor, self.input_dtype)
        return keep_mask(inputs, tensor)

    def check_input_shape(self, shape: Any) -> None:
        """Raise ValueError where inputs of `shape`, or of a structure of shapes, are not what the layer expects."""
        self._check_inputs([(spec.shape, None) for spec in tree.present(as_specs(shape))])

    def _check_inputs(self, given: Sequence[tuple[Any, Any]]) -> None:
        """The same for shapes and element types."""
        specs = tree.flatten(self.input_spec)
        if len(specs) != len(given):
            raise ValueError(f"Layer '{self.name}' expects {len(specs)} inputs, got {len(given)}")
        for spec, (shape, dtype) in zip(specs, given, strict=True):
            if spec is not None:
                spec.check(self.name, shape, dtype)

    def _require_init(self) -> None:
        if "built" not in vars(self):
            raise RuntimeError(f"{type(self).__name__}.__init__ must call super().__init__()")

    # State.

    @shape_first
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
            autocast: whether `call` reads it in `compute_dtype`; default True.
            aggregation: without effect: there is one machine.
            regularizer: as of `regularizers.get`: what training adds to the loss for it; default None.
            constraint: as of `constraints.get`: what the optimizer's new values go through; default None.
            overwrite_with_gradient: whether training sets it to its gradient; default False.
            name: default None.

        Raises:
            ValueError: the layer is built already; a name where the shape should be, as in earlier versions of Keras;
                an unknown initializer, regularizer or constraint.
        """
        self._require_init()
        if self.built and not self._building:
            raise ValueError(
                f"You cannot add new elements of state to layer '{self.name}', which is built: weights are made in "
                "__init__ or build"
            )
        dtype = self.variable_dtype if dtype is None else dtypes.standardize(dtype)
        if initializer is None:
            initializer = "glorot_uniform" if dtypes.is_float(dtype) else "zeros"
        make = initializers.get(initializer)
        check_size(self.name, shape)
        with scope(self):
            variable = Variable(make, tuple(shape), dtype, trainable, autocast, name=name)
        variable.regularizer = regularizers.get(regularizer)
        variable.constraint = constraints.get(constraint)
        variable.overwrite_with_gradient = overwrite_with_gradient
        self._track(variable)
        return variable

    def add_variable(self, shape: Sequence[int], initializer: Any, *args: Any, **kwargs: Any) -> Variable:
        """`add_weight`, of which the shape and the initializer must be given."""
        return self.add_weight(shape, initializer, *args, **kwargs)

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

    @property
    def path(self) -> str | None:
        """The names of the layers that this one was built in, and its own: 'encoder/dense'; None before it is built,
        and where there was nothing to build."""
        return self._path

    @property
    def dtype_policy(self) -> DTypePolicy:
        """The dtypes of the weights and of the computation. Setting it changes no weights that are there; where it is a
        DTypePolicyMap, setting it sets what that has for the layer's path."""
        return self._dtype_policy

    @dtype_policy.setter
    def dtype_policy(self, policy: Any) -> None:
        given, own = dtype_policies.get(policy), vars(self).get("_dtype_policy")
        if self._path and isinstance(own, MutableMapping):
            if self._path in own:
                del own[self._path]
            own[self._path] = given
        else:
            self._dtype_policy = given
        self._mark_changed()

    @property
    def dtype(self) -> str:
        """The dtype of the weights."""
        return self.variable_dtype

    @property
    def variable_dtype(self) -> str:
        """The dtype of the weights."""
        return self._dtype_policy.at(self._path).variable_dtype

    @property
    def compute_dtype(self) -> str:
        """The dtype of the computation, and of the outputs."""
        return self._dtype_policy.at(self._path).compute_dtype

    @property
    def input_dtype(self) -> str:
        """The dtype that floating-point inputs are cast to."""
        return self.compute_dtype

    @property
    def input(self) -> Any:
        """The KerasTensors that the layer was first called with.

        Raises:
            AttributeError: it is in no model that is put together from calls.
        """
        call = self._called("input")
        if not call.inputs:
            return call.outputs
        return next(value for value in (*call.args, *call.kwargs.values()) if graph.is_deferred(value))

    @property
    def output(self) -> Any:
        """The KerasTensors that the first call resulted in: `Model(model.inputs, layer.output)` shows them.

        Raises:
            AttributeError: it is in no model that is put together from calls.
        """
        return self._called("output").outputs

    def _called(self, what: str) -> Call:
        if self._first_call is None:
            raise AttributeError(f"Layer '{self.name}' was not called with an Input yet, and has no {what}")
        return self._first_call

    # Description.

    def get_config(self) -> dict[str, Any]:
        """The arguments that make a layer like this one, as plain Python values; of a subclass that does not define
        this, the arguments that it was made with.

        Raises:
            NotImplementedError: some of these are no plain values.
        """
        config = {"name": self.name, "trainable": self.trainable, "dtype": dtype_policies.serialize(self.dtype_policy)}
        if type(self).get_config is Layer.get_config:
            config = plain_arguments(self, Layer, config)
        if self.activity_regularizer is not None:
            config["activity_regularizer"] = regularizers.serialize(self.activity_regularizer)
        return config

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """A new layer with the arguments that `get_config` returned. What Keras writes of what it does not use (None
        or False under a name that nnfast does not have) is left out.

        Raises:
            TypeError: the class does not take these arguments.
        """
        taken = {name for kind in cls.__mro__ for name in inspect.signature(vars(kind).get("__init__", cls)).parameters}
        arguments = {name: value for name, value in config.items() if name in taken or value not in (None, False)}
        try:
            return cls(**arguments)
        except (TypeError, ValueError) as error:
            raise TypeError(f"Error when deserializing class '{cls.__name__}' using {config=}. {error}") from error

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}, built={self.built}>"
