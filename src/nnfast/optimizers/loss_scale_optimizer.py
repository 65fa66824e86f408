"""Loss scaling that finds its factor."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Self

from nnfast import initializers, ops
from nnfast.graph import TensorLike, Variable
from nnfast.optimizers.checks import check_count, check_positive
from nnfast.optimizers.conditions import changing_only_if
from nnfast.optimizers.optimizer import Optimizer
from nnfast.utils.objects import deserialize_keras_object, serialize_keras_object

# What older files say of this optimizer, and what may not be otherwise.
_OF_THE_INNER: dict[str, Any] = {
    "weight_decay": None,
    "clipnorm": None,
    "global_clipnorm": None,
    "clipvalue": None,
    "use_ema": False,
    "ema_momentum": 0.99,
    "ema_overwrite_frequency": None,
    "loss_scale_factor": None,
    "gradient_accumulation_steps": None,
}


class LossScaleOptimizer(Optimizer):
    """Another optimizer, with a loss that is multiplied by a factor, by which its gradients are divided again.

    That keeps small gradients from being 0 in float16. A step whose gradients are not all finite changes nothing but
    the factor, which is halved; after many steps without one of these it is doubled.

    Args:
        inner_optimizer: the Optimizer that changes the variables, and whose learning rate and iterations these are.
        initial_scale: the first factor, a number > 0; default 2^15.
        dynamic_growth_steps: after how many finite steps in a row the factor is doubled; default 2000.
        name: default "loss_scale_optimizer", numbered if taken.

    Raises:
        ValueError: an argument of the wrong kind, or one that only the inner optimizer may have.

    >>> from nnfast.optimizers.sgd import SGD
    >>> weight = Variable(1.0)
    >>> optimizer = LossScaleOptimizer(SGD(learning_rate=0.5), initial_scale=4.0)
    >>> for gradient in (4.0, float("inf"), 2.0):
    ...     optimizer.apply([gradient], [weight])
    ...     print(float(weight), float(optimizer.dynamic_scale))
    0.5 4.0
    0.5 2.0
    0.0 2.0
    """

    def __init__(
        self,
        inner_optimizer: Optimizer,
        initial_scale: float = 2.0**15,
        dynamic_growth_steps: int = 2000,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        if not kwargs.pop("dynamic", True):
            raise ValueError(
                "LossScaleOptimizer does not take `dynamic=False`: set `loss_scale_factor` on the `inner_optimizer`."
            )
        for argument, default in _OF_THE_INNER.items():
            if kwargs.pop(argument, default) != default:
                raise ValueError(
                    f"LossScaleOptimizer does not support `{argument}`: set `{argument}` on the `inner_optimizer`."
                )
        if kwargs:
            raise ValueError(f"LossScaleOptimizer does not support arguments: `{'`, `'.join(kwargs)}`.")
        if not isinstance(inner_optimizer, Optimizer):
            raise ValueError(f"`inner_optimizer` must be an optimizer. Received: inner_optimizer={inner_optimizer!r}")
        super().__init__(0.0, name=name)
        self.inner_optimizer = inner_optimizer
        self.initial_scale = check_positive("initial_scale", initial_scale)
        self.dynamic_growth_steps = check_count("dynamic_growth_steps", dynamic_growth_steps, 1)
        inner_optimizer.loss_scale_factor = None  # or gradients would be scaled twice

    def build(self, var_list: Sequence[Variable]) -> None:
        """Make the factor and the counter of finite steps, and build the inner optimizer."""
        if self.built:
            return
        self.step_counter = self.add_variable((), dtype="int64", name="step_counter")
        first = initializers.Constant(self.initial_scale)
        self.dynamic_scale = self.add_variable((), first, "float32", name="dynamic_scale")
        if not self.inner_optimizer.built:
            self.inner_optimizer.build(var_list)
        super().build(var_list)

    @property
    def variables(self) -> list[Variable]:
        """Variables of its own, and those of the inner optimizer."""
        return [*self._variables, *self.inner_optimizer.variables]

    @property
    def version(self) -> int:
        """A number that rises when steps that were traced with it are out of date."""
        return self._version + self.inner_optimizer.version

    @property
    def learning_rate(self) -> Any:
        """The inner optimizer's learning rate, which may be set."""
        return self.inner_optimizer.learning_rate

    @learning_rate.setter
    def learning_rate(self, learning_rate: Any) -> None:
        self.inner_optimizer.learning_rate = learning_rate

    @property
    def iterations(self) -> Any:
        """How many updates the inner optimizer made."""
        return self.inner_optimizer.iterations

    def scale_loss(self, loss: Any) -> Any:
        """The loss times the factor."""
        return ops.multiply(loss, self.dynamic_scale if self.built else self.initial_scale)

    def apply(self, grads: Sequence[TensorLike | None], trainable_variables: Sequence[Variable] | None = None) -> None:
        """Take a step with gradients of the scaled loss, or leave it out if these are not all finite.

        Args:
            grads: as in `Optimizer`.
            trainable_variables: as in `Optimizer`.

        Raises:
            ValueError: as in `Optimizer`.
        """
        if not grads:
            return
        variables = self._prepared(grads, trainable_variables)
        gradients = [
            gradient if gradient is None else ops.convert_to_tensor(gradient, dtype=variable.dtype)
            for gradient, variable in zip(grads, variables, strict=True)
        ]
        finite = self.check_finite(gradients)
        scaled = [
            gradient if gradient is None or variable.overwrite_with_gradient else gradient / self.dynamic_scale
            for gradient, variable in zip(gradients, variables, strict=True)
        ]
        with changing_only_if(finite, [*self._trainable_variables, *self.inner_optimizer.variables]):
            self.inner_optimizer.apply(scaled, variables)
        grows = ops.logical_and(finite, ops.equal(self.step_counter, self.dynamic_growth_steps - 1))
        self.step_counter.assign(ops.where(ops.logical_and(finite, ops.logical_not(grows)), self.step_counter + 1, 0))
        factor = ops.where(grows, 2.0, ops.where(finite, 1.0, 0.5))
        self.dynamic_scale.assign(self.dynamic_scale * factor)

    def check_finite(self, grads: Sequence[Any]) -> Any:
        """Whether all numbers of all gradients are finite, a scalar tensor."""
        finite = [ops.all(ops.isfinite(gradient)) for gradient in grads if gradient is not None]
        return ops.all(ops.stack(finite)) if finite else ops.convert_to_tensor(True)

    def finalize_variable_values(self, var_list: Iterable[Variable]) -> None:
        """As of the inner optimizer."""
        self.inner_optimizer.finalize_variable_values(var_list)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make this optimizer again, without its slots, as plain Python values."""
        return {
            "name": self.name,
            "inner_optimizer": serialize_keras_object(self.inner_optimizer),
            "initial_scale": self.initial_scale,
            "dynamic_growth_steps": self.dynamic_growth_steps,
        }

    @classmethod
    def from_config(cls, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Self:
        """An optimizer with the arguments that `get_config` returned."""
        inner = deserialize_keras_object(config.get("inner_optimizer"), custom_objects)
        return cls(**{**config, "inner_optimizer": inner})
