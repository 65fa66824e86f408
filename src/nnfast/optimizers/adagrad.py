"""Adagrad."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from nnfast import initializers, ops
from nnfast.graph import Variable
from nnfast.optimizers.checks import check_between
from nnfast.optimizers.optimizer import Optimizer


class Adagrad(Optimizer):
    """Gradients divided by the root of the sum of all their squares: weights seldom changed take longer steps.

    With gradient g,

        a += g^2
        w -= learning_rate * g / sqrt(a + epsilon)

    Source: J. Duchi, E. Hazan, Y. Singer, Adaptive Subgradient Methods, 2011.

    Args:
        learning_rate: a number >= 0; default 0.001.
        initial_accumulator_value: what a starts from, a number >= 0; default 0.1.
        epsilon: a number >= 0 that keeps the denominator from 0; default 1e-7.
        weight_decay: this and all that follow as in `Optimizer`.

    >>> weight = Variable(10.0)
    >>> Adagrad(learning_rate=0.1).apply([10.0], [weight])
    >>> round(float(weight.numpy()), 4)
    9.9001
    """

    def __init__(
        self,
        learning_rate: float | Callable[..., Any] = 0.001,
        initial_accumulator_value: float = 0.1,
        epsilon: float = 1e-7,
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
        super().__init__(
            learning_rate,
            weight_decay,
            clipnorm,
            clipvalue,
            global_clipnorm,
            use_ema,
            ema_momentum,
            ema_overwrite_frequency,
            loss_scale_factor,
            gradient_accumulation_steps,
            name,
            **kwargs,
        )
        self.initial_accumulator_value = check_between("initial_accumulator_value", initial_accumulator_value, 0)
        self.epsilon = check_between("epsilon", epsilon, 0)

    def build(self, var_list: Sequence[Variable]) -> None:
        """Make the sums of squares."""
        if self.built:
            return
        super().build(var_list)
        self.add_optimizer_variables(var_list, "accumulator", initializers.Constant(self.initial_accumulator_value))

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        """One step of Adagrad."""
        accumulator = self.slot("accumulator", variable)
        accumulator.assign_add(ops.square(gradient))
        variable.assign_sub(learning_rate * gradient / ops.sqrt(accumulator + self.epsilon))

    def get_config(self) -> dict[str, Any]:
        """The arguments that make this optimizer again, without its slots, as plain Python values."""
        return {
            **super().get_config(),
            "initial_accumulator_value": self.initial_accumulator_value,
            "epsilon": self.epsilon,
        }
