"""Optimizer, the class of all optimizers: clipping, weight decay, slots and the order of a step."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Self

from nnfast import initializers, ops
from nnfast.graph import TensorLike, Variable, holding
from nnfast.naming import auto_name
from nnfast.optimizers.accumulation import accumulate
from nnfast.optimizers.averaging import move_averages, overwrite_with_averages
from nnfast.optimizers.checks import check_between, check_clips, check_count, check_learning_rate, check_unknown
from nnfast.optimizers.clipping import clip_by_global_norm, clip_by_norm, clip_by_value
from nnfast.optimizers.conditions import changing_only_if
from nnfast.optimizers.schedules import LearningRateSchedule
from nnfast.optimizers.variables import OptimizerVariables
from nnfast.utils.objects import deserialize_keras_object, serialize_keras_object


class Optimizer(OptimizerVariables):
    """Changes variables against their gradients.

    Subclasses make their slots (a tensor kept for each variable, such as a momentum) in `build` with
    `add_optimizer_variables`, and define `update_step(gradient, variable, learning_rate)`, written in `nnfast.ops` and
    `assign`. A step clips the gradients, decays the weights, updates each variable, applies the variables' constraints,
    and adds 1 to `iterations`.

    Args:
        learning_rate: a number >= 0, which lives in a variable and may be set at any time; or a LearningRateSchedule,
            or a function without arguments, which is traced with the step.
        weight_decay: None, or a factor d >= 0: each step begins with w -= w * d * learning_rate.
        clipnorm: None, or the largest Euclidean norm of each gradient.
        clipvalue: None, or the largest absolute value of a gradient's elements.
        global_clipnorm: None, or the largest norm of all gradients together.
        use_ema: whether to keep an exponential moving average of each variable, which the variables are set to at the
            end of `fit`; default False.
        ema_momentum: the weight m in [0, 1] of the old average: average = m * average + (1 - m) * variable; default
            0.99.
        ema_overwrite_frequency: None, or after how many steps, again and again, variables are set to their averages.
        loss_scale_factor: None, or a factor of the loss, by which the gradients are divided again.
        gradient_accumulation_steps: None, or of how many steps, at least 2, the mean gradient makes one update.
        name: default the class's name in snake case, numbered if taken.
        **kwargs: tf.keras's `decay` is ignored with a warning.

    Raises:
        ValueError: a number out of its range, more than one clip, an unknown argument.

    >>> class GradientSign(Optimizer):
    ...     def update_step(self, gradient, variable, learning_rate):
    ...         variable.assign_sub(learning_rate * ops.sign(gradient))
    >>> weight = Variable([1.0, 2.0])
    >>> GradientSign(learning_rate=0.5).apply([[-3.0, 0.1]], [weight])
    >>> weight.numpy().tolist()
    [1.5, 1.5]
    """

    def __init__(
        self,
        learning_rate: float | Callable[..., Any],
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__()
        check_unknown(type(self).__name__, kwargs)
        check_clips(clipnorm=clipnorm, clipvalue=clipvalue, global_clipnorm=global_clipnorm)
        self.name = name or auto_name(type(self).__name__)
        self.weight_decay = None if weight_decay is None else check_between("weight_decay", weight_decay, 0)
        self.use_ema = bool(use_ema)
        self.ema_momentum = ema_momentum
        self.ema_overwrite_frequency = ema_overwrite_frequency
        if use_ema:
            check_between("ema_momentum", ema_momentum, 0, 1)
            if ema_overwrite_frequency is not None:
                check_count("ema_overwrite_frequency", ema_overwrite_frequency, 1)
        self.loss_scale_factor = loss_scale_factor
        self.gradient_accumulation_steps = gradient_accumulation_steps
        if gradient_accumulation_steps is not None:
            check_count("gradient_accumulation_steps", gradient_accumulation_steps, 2)
        self.clipnorm = clipnorm
        self.clipvalue = clipvalue
        self.global_clipnorm = global_clipnorm
        self._version = 0
        self._iterations = self.add_variable((), dtype="int64", name="iteration")
        self._learning_rate = self._as_rate(learning_rate)
        self._undecayed: list[Variable | str] = []  # variables, and patterns of names

    def _as_rate(self, learning_rate: Any) -> Any:
        """The schedule or function itself; a number in a variable."""
        if callable(learning_rate):
            return learning_rate
        return self.add_variable((), initializers.Constant(check_learning_rate(learning_rate)), name="learning_rate")

    @property
    def version(self) -> int:
        """A number that rises when steps that were traced with it are out of date."""
        return self._version

    @property
    def learning_rate(self) -> Any:
        """The learning rate, a scalar variable; of a schedule, its value for the next step.

        Setting it takes a number >= 0, and changes training from the next step; or another schedule, for which steps
        are traced anew.

        Raises:
            TypeError: a number is set, but there is a schedule.

        >>> optimizer = Optimizer(learning_rate=0.5)
        >>> optimizer.learning_rate = 0.25
        >>> float(optimizer.learning_rate.numpy())
        0.25
        """
        rate = self._learning_rate
        if isinstance(rate, Variable):
            return rate
        return rate(self._iterations.value) if isinstance(rate, LearningRateSchedule) else rate()

    @learning_rate.setter
    def learning_rate(self, learning_rate: Any) -> None:
        if callable(learning_rate):
            self._variables = [variable for variable in self._variables if variable is not self._learning_rate]
            self._learning_rate = learning_rate
            self._version += 1
        elif not isinstance(self._learning_rate, Variable):
            raise TypeError(
                "This optimizer was created with a `LearningRateSchedule` object as its `learning_rate` constructor "
                "argument, hence its learning rate is not settable. If you need the learning rate to be settable, you "
                "should instantiate the optimizer with a float `learning_rate` argument."
            )
        else:
            self._learning_rate.assign(check_learning_rate(learning_rate))

    @property
    def iterations(self) -> Any:
        """How many updates there were: a variable, or, where gradients are accumulated, a tensor."""
        steps = self.gradient_accumulation_steps
        return self._iterations if steps is None else ops.floor_divide(self._iterations, steps)

    def build(self, variables: Sequence[Variable]) -> None:
        """Prepare for these variables; subclasses make their slots after calling this. Done once."""
        super().build(variables)
        if self.use_ema:
            self._model_variables_moving_average = self.add_optimizer_variables(variables, "average")
        if self.gradient_accumulation_steps is not None:
            # One for each, as those that are overwritten have to wait too.
            self._accumulated_gradients = [
                self.add_variable_from_reference(variable, "gradient_accumulator") for variable in variables
            ]

    def apply_gradients(self, grads_and_vars: Iterable[tuple[TensorLike | None, Variable]]) -> Variable:
        """`apply` for pairs of a gradient and a variable; returns `iterations`."""
        gradients, variables = zip(*grads_and_vars, strict=True)
        self.apply(gradients, variables)
        return self._iterations

    def apply(self, grads: Sequence[TensorLike | None], trainable_variables: Sequence[Variable] | None = None) -> None:
        """Take a step: at once, or recorded if called while tracing.

        Args:
            grads: one gradient of each variable's shape. None, for a variable that the loss does not depend on, leaves
                the variable as it is, with a warning.
            trainable_variables: the variables, which the optimizer is built for if it is not yet; default those it was
                built for.

        Raises:
            ValueError: numbers or shapes that differ, variables the optimizer was not built for, no gradients at all.
        """
        if not grads:
            return
        variables = self._prepared(grads, trainable_variables)
        gradients, variables = self._overwrite(*self._matched(grads, variables))
        if gradients:
            self._change(gradients, variables)
        self._iterations.assign_add(1)

    def _prepared(self, grads: Sequence[Any], trainable_variables: Sequence[Variable] | None) -> list[Variable]:
        """The variables that the gradients are for, which the optimizer is built for if it is not yet."""
        if trainable_variables is None and not self.built:
            raise ValueError(
                "When passing `grads` without `variables`, the optimizer must already be built on a list of variables. "
                "Call `optimizer.build(trainable_variables)` first."
            )
        variables = self._trainable_variables if trainable_variables is None else list(trainable_variables)
        if len(grads) != len(variables):
            raise ValueError(f"Expected a gradient for each of {len(variables)} variables, got {len(grads)} gradients")
        if not self.built:
            self.build(variables)
        return variables

    def _overwrite(self, gradients: list[Any], variables: list[Variable]) -> tuple[list[Any], list[Variable]]:
        """Sets the variables that say so to their gradients, accumulated ones to the largest; returns the others."""
        for gradient, variable in zip(gradients, variables, strict=True):
            if variable.overwrite_with_gradient:
                with self._at_updates([variable]):
                    variable.assign(self._accumulated([gradient], [variable], ops.maximum)[0])
        rest = [pair for pair in zip(gradients, variables, strict=True) if not pair[1].overwrite_with_gradient]
        return [gradient for gradient, _ in rest], [variable for _, variable in rest]

    def _change(self, gradients: list[Any], variables: list[Variable]) -> None:
        """Changes the variables against the gradients, moves the averages and applies the constraints."""
        if self.loss_scale_factor is not None:
            gradients = [gradient / self.loss_scale_factor for gradient in gradients]
        gradients = self._accumulated(gradients, variables, ops.add)
        if self.gradient_accumulation_steps is not None:
            gradients = [gradient / self.gradient_accumulation_steps for gradient in gradients]
        with self._at_updates([*variables, *self._variables]):
            self._update(gradients, variables)
        if self.use_ema:
            self._average()
        for variable in variables:
            if variable.constraint is not None:
                variable.assign(variable.constraint(variable))

    def _update(self, gradients: list[Any], variables: Sequence[Variable]) -> None:
        gradients = self._clip_gradients(gradients)
        learning_rate = self.learning_rate
        self._apply_weight_decay(variables)
        self.begin_step()
        for gradient, variable in zip(gradients, variables, strict=True):
            self.update_step(gradient, variable, ops.cast(learning_rate, variable.dtype))

    def _at_updates(self, variables: Sequence[Variable]) -> AbstractContextManager[None]:
        """What changes inside holds in steps that make an update: all, or the last of those that accumulate."""
        is_last = self._is_last()
        return nullcontext() if is_last is None else changing_only_if(is_last, variables)

    def _accumulated(
        self, gradients: list[Any], variables: Sequence[Variable], combine: Callable[[Any, Any], Any]
    ) -> list[Any]:
        """What the gradients make together with those since the last update."""
        is_last = self._is_last()
        if is_last is None:
            return gradients
        accumulators = [self._accumulated_gradients[self._get_variable_index(variable)] for variable in variables]
        return accumulate(accumulators, gradients, is_last, combine)

    def _is_last(self) -> Any:
        """Whether this step is the last of those that make one update; None where each makes one."""
        steps = self.gradient_accumulation_steps
        return None if steps is None else ops.equal((self._iterations + 1) % steps, 0)

    def _average(self) -> None:
        """Moves the averages; now and then, sets the variables to them."""
        variables = [variable for variable in self._trainable_variables if not variable.overwrite_with_gradient]
        averages = [self.slot("average", variable) for variable in variables]
        move_averages(averages, variables, self.ema_momentum, self.iterations)
        if self.ema_overwrite_frequency is not None:
            overwrite_with_averages(averages, variables, self.ema_overwrite_frequency, self.iterations)

    def finalize_variable_values(self, var_list: Iterable[Variable]) -> None:
        """Sets variables to their averages, with `use_ema`; at the end of a fit."""
        if self.use_ema and self.built:
            for variable in var_list:
                if id(variable) in self._index and not variable.overwrite_with_gradient:
                    variable.assign(self.slot("average", variable))

    def scale_loss(self, loss: Any) -> Any:
        """The loss that gradients are taken of: times `loss_scale_factor`, if there is one."""
        return loss if self.loss_scale_factor is None else loss * self.loss_scale_factor

    def stateless_apply(
        self, optimizer_variables: Sequence[Any], grads: Sequence[Any], trainable_variables: Sequence[Any]
    ) -> tuple[list[Any], list[Any]]:
        """The values that variables and slots would have after a step from these; it leaves them as they are.

        Args:
            optimizer_variables: values in the order of `variables`.
            grads: gradients.
            trainable_variables: values of the variables that the optimizer was built for.

        Returns:
            The variables' values, and the slots', as tensors.

        Raises:
            ValueError: it is not built; values for more or fewer variables.
        """
        own = self.variables
        both = [*self._trainable_variables, *own]
        given = [*trainable_variables, *optimizer_variables]
        count = len(self._trainable_variables)
        if not self.built or len(optimizer_variables) != len(own) or len(trainable_variables) != count:
            raise ValueError(
                f"stateless_apply expects an optimizer that is built, values of its {len(own)} variables "
                f"and of {count} trainable ones, got {len(optimizer_variables)} and {len(trainable_variables)}"
            )
        with holding(both, given):
            self.apply(grads)
            after = [variable.value for variable in both]
        return after[:count], after[count:]

    def assign(self, variable: Variable, value: Any) -> None:
        """`variable.assign(value)`, as update steps written for Keras call it."""
        variable.assign(value)

    def assign_add(self, variable: Variable, value: Any) -> None:
        """`variable.assign_add(value)`."""
        variable.assign_add(value)

    def assign_sub(self, variable: Variable, value: Any) -> None:
        """`variable.assign_sub(value)`."""
        variable.assign_sub(value)

    def begin_step(self) -> None:
        """Change what all variables share, once a step and before the first `update_step`; by default nothing."""

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        """Change one variable, and its slots; subclasses define this.

        Args:
            gradient: a tensor of the variable's shape and dtype.
            variable: what is to be changed, with `assign`.
            learning_rate: a scalar tensor of the variable's dtype.
        """
        raise NotImplementedError(
            f"Optimizer {type(self).__name__} must define update_step(gradient, variable, learning_rate)"
        )

    def exclude_from_weight_decay(
        self, var_list: Iterable[Variable] | None = None, var_names: Iterable[str] | None = None
    ) -> None:
        """Leave variables out of weight decay.

        Args:
            var_list: variables to leave out.
            var_names: regular expressions, such as "bias"; variables in whose name one is found are left out.
        """
        self._undecayed = [*(var_list or ()), *(var_names or ())]
        self._version += 1

    def _is_decayed(self, variable: Variable) -> bool:
        return not any(
            re.search(which, variable.name) if isinstance(which, str) else which is variable
            for which in self._undecayed
        )

    def get_config(self) -> dict[str, Any]:
        """The arguments that make this optimizer again, without its slots, as plain Python values."""
        rate = self._learning_rate
        return {
            "name": self.name,
            "learning_rate": float(rate.numpy()) if isinstance(rate, Variable) else serialize_keras_object(rate),
            "weight_decay": self.weight_decay,
            "clipnorm": self.clipnorm,
            "global_clipnorm": self.global_clipnorm,
            "clipvalue": self.clipvalue,
            "use_ema": self.use_ema,
            "ema_momentum": self.ema_momentum,
            "ema_overwrite_frequency": self.ema_overwrite_frequency,
            "loss_scale_factor": self.loss_scale_factor,
            "gradient_accumulation_steps": self.gradient_accumulation_steps,
        }

    @classmethod
    def from_config(cls, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Self:
        """An optimizer with the arguments that `get_config` returned."""
        rate = config.get("learning_rate")
        if isinstance(rate, Mapping):
            config = {**config, "learning_rate": deserialize_keras_object(rate, custom_objects)}
        return cls(**config)

    def _matched(
        self, grads: Sequence[TensorLike | None], variables: Sequence[Variable]
    ) -> tuple[list[Any], list[Variable]]:
        """The gradients that are there, in their variables' dtypes, and their variables."""
        unknown = [variable.name for variable in variables if id(variable) not in self._index]
        if unknown:
            raise ValueError(
                f"Optimizer {self.name!r} was not built for the variables {unknown}; make a new optimizer for them"
            )
        pairs = [
            (ops.convert_to_tensor(gradient, dtype=variable.dtype), variable)
            for gradient, variable in zip(grads, variables, strict=True)
            if gradient is not None
        ]
        if not pairs:
            raise ValueError("No gradients provided for any variable.")
        missing = [v.name for gradient, v in zip(grads, variables, strict=True) if gradient is None]
        if missing:
            warnings.warn(f"No gradients for the variables {missing}: they are left as they are", stacklevel=3)
        for gradient, variable in pairs:
            if tuple(gradient.shape) != tuple(variable.shape):
                raise ValueError(
                    f"The gradient of variable {variable.name!r} must have its shape {tuple(variable.shape)}, "
                    f"got {tuple(gradient.shape)}"
                )
        return [gradient for gradient, _ in pairs], [variable for _, variable in pairs]

    def _clip_gradients(self, gradients: list[Any]) -> list[Any]:
        if self.clipnorm is not None:
            return clip_by_norm(gradients, self.clipnorm)
        if self.global_clipnorm is not None:
            return clip_by_global_norm(gradients, self.global_clipnorm)
        if self.clipvalue is not None:
            return clip_by_value(gradients, self.clipvalue)
        return gradients

    def _apply_weight_decay(self, variables: Sequence[Variable]) -> None:
        for variable in variables:
            decay = self._weight_decay_of(variable)
            if decay is not None and self._is_decayed(variable):
                rate = ops.cast(self.learning_rate, variable.dtype)
                variable.assign(variable - variable * decay * rate)

    def _weight_decay_of(self, variable: Variable) -> float | None:
        """The factor of a variable that is decayed."""
        return self.weight_decay
