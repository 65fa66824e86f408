"""Ftrl."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from nnfast import initializers, ops
from nnfast.graph import Variable
from nnfast.optimizers.checks import check_between
from nnfast.optimizers.optimizer import Optimizer


class Ftrl(Optimizer):
    """Follow the regularized leader: weights from the sum of all gradients, which L1 sets to 0 where that is small.

    With gradient g, p = -learning_rate_power and c = clip(z, -l1, l1),

        z += g + 2 * l2_shrinkage * w - w * ((n + g^2)^p - n^p) / learning_rate
        n += g^2
        w = (c - z) / ((n^p + beta) / learning_rate + 2 * l2)

    where l1, l2 and l2_shrinkage are the strengths of regularization. Source: H. B. McMahan et al., Ad Click
    Prediction: a View from the Trenches, 2013.

    Args:
        learning_rate: a number >= 0; default 0.001.
        learning_rate_power: a number <= 0, 0 for steps that do not get smaller; default -0.5.
        initial_accumulator_value: the first n, a number >= 0; default 0.1.
        l1_regularization_strength: a number >= 0; default 0.
        l2_regularization_strength: a number >= 0, which makes steps smaller; default 0.
        l2_shrinkage_regularization_strength: a number >= 0, which makes weights smaller; default 0.
        beta: a number; default 0.
        weight_decay: this and all that follow as in `Optimizer`.

    >>> weight = Variable(10.0)
    >>> Ftrl(learning_rate=0.1).apply([10.0], [weight])
    >>> round(float(weight.numpy()), 4)
    9.584
    """

    def __init__(
        self,
        learning_rate: float | Callable[..., Any] = 0.001,
        learning_rate_power: float = -0.5,
        initial_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        l2_shrinkage_regularization_strength: float = 0.0,
        beta: float = 0.0,
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
        self.learning_rate_power = check_between("learning_rate_power", learning_rate_power, -math.inf, 0)
        self.initial_accumulator_value = check_between("initial_accumulator_value", initial_accumulator_value, 0)
        self.l1_regularization_strength = check_between("l1_regularization_strength", l1_regularization_strength, 0)
        self.l2_regularization_strength = check_between("l2_regularization_strength", l2_regularization_strength, 0)
        self.l2_shrinkage_regularization_strength = check_between(
            "l2_shrinkage_regularization_strength", l2_shrinkage_regularization_strength, 0
        )
        self.beta = beta

    def build(self, var_list: Sequence[Variable]) -> None:
        """Make n and z (Keras calls them accumulator and linear)."""
        if self.built:
            return
        super().build(var_list)
        first = initializers.Constant(self.initial_accumulator_value)
        self.add_optimizer_variables(var_list, ["accumulator", "linear"], [first, "zeros"])

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        """One step of Ftrl."""
        n, z = self.slot("accumulator", variable), self.slot("linear", variable)
        l1 = self.l1_regularization_strength
        shrinking = gradient + 2 * self.l2_shrinkage_regularization_strength * variable
        total = n + ops.square(gradient)
        root = self._powered(total)
        z.assign_add(shrinking - (root - self._powered(n)) / learning_rate * variable)
        strength = (root + self.beta) / learning_rate + 2 * self.l2_regularization_strength
        variable.assign((ops.clip(z, -l1, l1) - z) / strength)
        n.assign(total)

    def _powered(self, x: Any) -> Any:
        """x to the power of -learning_rate_power: mostly a root, which takes a fraction of the time."""
        return ops.sqrt(x) if self.learning_rate_power == -0.5 else ops.power(x, -self.learning_rate_power)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make this optimizer again, without its slots, as plain Python values."""
        return {
            **super().get_config(),
            "learning_rate_power": self.learning_rate_power,
            "initial_accumulator_value": self.initial_accumulator_value,
            "l1_regularization_strength": self.l1_regularization_strength,
            "l2_regularization_strength": self.l2_regularization_strength,
            "l2_shrinkage_regularization_strength": self.l2_shrinkage_regularization_strength,
            "beta": self.beta,
        }
