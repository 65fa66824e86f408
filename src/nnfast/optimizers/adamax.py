"""Adamax."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from nnfast import ops
from nnfast.graph import Variable
from nnfast.optimizers.checks import check_between
from nnfast.optimizers.optimizer import Optimizer


class Adamax(Optimizer):
    """Moving means of gradients divided by their largest absolute values, which fade.

    With gradient g in step t = 1, 2, ...,

        m += (g - m) * (1 - beta_1)
        u = max(beta_2 * u, |g|)
        w -= learning_rate * m / ((1 - beta_1^t) * (u + epsilon))

    Source: D. Kingma, J. Ba, Adam: A Method for Stochastic Optimization, 2014 (arXiv:1412.6980), section 7.1.

    Args:
        learning_rate: a number >= 0; default 0.001.
        beta_1: the share of the past in m, in [0, 1]; default 0.9.
        beta_2: what is left of u after a step, in [0, 1]; default 0.999.
        epsilon: a number >= 0 that keeps the denominator from 0; default 1e-7.
        weight_decay: this and all that follow as in `Optimizer`.

    >>> weight = Variable(10.0)
    >>> Adamax(learning_rate=0.1).apply([10.0], [weight])
    >>> round(float(weight.numpy()), 4)
    9.9
    """

    def __init__(
        self,
        learning_rate: float | Callable[..., Any] = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
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
        self.beta_1 = check_between("beta_1", beta_1, 0, 1)
        self.beta_2 = check_between("beta_2", beta_2, 0, 1)
        self.epsilon = check_between("epsilon", epsilon, 0)

    def build(self, var_list: Sequence[Variable]) -> None:
        """Make m and u (Keras calls them momentum and norm)."""
        if self.built:
            return
        super().build(var_list)
        self.add_optimizer_variables(var_list, ["momentum", "norm"])

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        """One step of Adamax."""
        step = ops.cast(self.iterations + 1, variable.dtype)
        m, u = self.slot("momentum", variable), self.slot("norm", variable)
        m.assign_add((gradient - m) * (1 - self.beta_1))
        u.assign(ops.maximum(u * self.beta_2, ops.abs(gradient)))
        variable.assign_sub(learning_rate * m / ((1 - ops.power(self.beta_1, step)) * (u + self.epsilon)))

    def get_config(self) -> dict[str, Any]:
        """The arguments that make this optimizer again, without its slots, as plain Python values."""
        return {
            **super().get_config(),
            "beta_1": self.beta_1,
            "beta_2": self.beta_2,
            "epsilon": self.epsilon,
        }
