"""Schedule-free AdamW."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from nnfast import ops
from nnfast.graph import Variable
from nnfast.optimizers.checks import check_between
from nnfast.optimizers.optimizer import Optimizer


class ScheduleFreeAdamW(Optimizer):
    """Adam's steps and the mean of where they led, between which the weights lie: for no schedule at all.

    With gradient g in step t = 1, 2, ..., and x the mean that the weights w stand for,

        v += (g^2 - v) * (1 - beta_2)
        x = (w - (1 - beta_1) * z) / beta_1
        z -= learning_rate * g / (sqrt(v / (1 - beta_2^t)) + epsilon)
        x += (z - x) / t
        w = (1 - beta_1) * z + beta_1 * x

    Source: A. Defazio et al., The Road Less Scheduled, 2024 (arXiv:2405.15682).

    Args:
        learning_rate: a number >= 0; default 0.0025.
        beta_1: the share of the mean in the weights, in (0, 1]; default 0.9.
        beta_2: the share of the past in v, in [0, 1]; default 0.999.
        epsilon: a number >= 0 that keeps the denominator from 0; default 1e-8.
        warmup_steps: over how many steps the learning rate rises from 0; default 0.
        weight_decay: this and all that follow as in `Optimizer`.

    >>> weight = Variable(10.0)
    >>> ScheduleFreeAdamW(learning_rate=0.1).apply([10.0], [weight])
    >>> round(float(weight.numpy()), 4)
    9.9
    """

    def __init__(
        self,
        learning_rate: float | Callable[..., Any] = 0.0025,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        warmup_steps: int = 0,
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
        self.beta_1 = check_between("beta_1", beta_1, 0, 1)
        self.beta_2 = check_between("beta_2", beta_2, 0, 1)
        self.epsilon = check_between("epsilon", epsilon, 0)
        self.warmup_steps = warmup_steps

    def build(self, var_list: Sequence[Variable]) -> None:
        """Make z, which begins at the variable, and v (Keras calls them momentum and velocity)."""
        if self.built:
            return
        super().build(var_list)
        for variable in var_list:
            start = variable.numpy()
            self.add_optimizer_variables(
                [variable], ["momentum", "velocity"], [lambda shape, dtype, start=start: start, "zeros"]
            )

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        """One step of schedule-free AdamW."""
        step = ops.cast(self.iterations + 1, variable.dtype)
        if self.warmup_steps > 0:
            learning_rate = learning_rate * ops.minimum(step / self.warmup_steps, 1.0)
        z, v = self.slot("momentum", variable), self.slot("velocity", variable)
        v.assign_add((ops.square(gradient) - v) * (1 - self.beta_2))
        mean = (variable - (1 - self.beta_1) * z) / self.beta_1
        z.assign_sub(learning_rate * gradient / (ops.sqrt(v / (1 - ops.power(self.beta_2, step))) + self.epsilon))
        mean = (1 - 1 / step) * mean + 1 / step * z
        variable.assign((1 - self.beta_1) * z + self.beta_1 * mean)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make this optimizer again, without its slots, as plain Python values."""
        return {
            **super().get_config(),
            "beta_1": self.beta_1,
            "beta_2": self.beta_2,
            "epsilon": self.epsilon,
            "warmup_steps": self.warmup_steps,
        }
