"""Nadam."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from nnfast import ops
from nnfast.graph import Variable
from nnfast.optimizers.checks import check_between
from nnfast.optimizers.optimizer import Optimizer


class Nadam(Optimizer):
    """Adam with Nesterov's momentum.

    With gradient g in step t = 1, 2, ..., b(t) = beta_1 * (1 - 0.96^t / 2) and p(t) = b(1) b(2) ... b(t),

        m += (g - m) * (1 - beta_1)
        v += (g^2 - v) * (1 - beta_2)
        n = b(t + 1) * m / (1 - p(t + 1)) + (1 - b(t)) * g / (1 - p(t))
        w -= learning_rate * n / (sqrt(v / (1 - beta_2^t)) + epsilon)

    Source: T. Dozat, Incorporating Nesterov Momentum into Adam, 2015.

    Args:
        learning_rate: a number >= 0; default 0.001.
        beta_1: the share of the past in m, in [0, 1]; default 0.9.
        beta_2: the share of the past in v, in [0, 1]; default 0.999.
        epsilon: a number >= 0 that keeps the denominator from 0; default 1e-7.
        weight_decay: this and all that follow as in `Optimizer`.

    >>> weight = Variable(10.0)
    >>> Nadam(learning_rate=0.1).apply([10.0], [weight])
    >>> round(float(weight.numpy()), 4)
    9.8937
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
        """Make m and v (Keras calls them momentum and velocity), and the product p."""
        if self.built:
            return
        super().build(var_list)
        self.add_optimizer_variables(var_list, ["momentum", "velocity"])
        dtype = var_list[0].dtype if var_list else None
        self._u_product = self.add_variable((), "ones", dtype, name="product")

    def begin_step(self) -> None:
        """Bring the product of the momenta to this step."""
        self._u_product.assign(
            self._u_product * self._momentum_at(ops.cast(self.iterations + 1, self._u_product.dtype))
        )

    def _momentum_at(self, step: Any) -> Any:
        return self.beta_1 * (1 - 0.5 * ops.power(0.96, step))

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        """One step of Nadam."""
        step = ops.cast(self.iterations + 1, variable.dtype)
        now, then = self._momentum_at(step), self._momentum_at(step + 1)
        product = ops.cast(self._u_product, variable.dtype)
        m, v = self.slot("momentum", variable), self.slot("velocity", variable)
        m.assign_add((gradient - m) * (1 - self.beta_1))
        v.assign_add((ops.square(gradient) - v) * (1 - self.beta_2))
        ahead = then * m / (1 - product * then) + (1 - now) * gradient / (1 - product)
        root = ops.sqrt(v / (1 - ops.power(self.beta_2, step)))
        variable.assign_sub(learning_rate * ahead / (root + self.epsilon))

    def get_config(self) -> dict[str, Any]:
        """The arguments that make this optimizer again, without its slots, as plain Python values."""
        return {
            **super().get_config(),
            "beta_1": self.beta_1,
            "beta_2": self.beta_2,
            "epsilon": self.epsilon,
        }
