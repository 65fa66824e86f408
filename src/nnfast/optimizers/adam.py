"""Adam."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from nnfast import ops
from nnfast.graph import Variable
from nnfast.optimizers.checks import check_between
from nnfast.optimizers.optimizer import Optimizer


class Adam(Optimizer):
    """Moving means of gradients divided by the roots of the moving means of their squares.

    With gradient g in step t = 1, 2, ...,

        m += (g - m) * (1 - beta_1)
        v += (g^2 - v) * (1 - beta_2)
        w -= alpha * m / (sqrt(v) + epsilon),  alpha = learning_rate * sqrt(1 - beta_2^t) / (1 - beta_1^t)

    With amsgrad, the largest v so far stands under the root. Source: D. Kingma, J. Ba, Adam: A Method for Stochastic
    Optimization, 2014 (arXiv:1412.6980), the form before section 2.1; S. Reddi, S. Kale, S. Kumar, On the Convergence
    of Adam and Beyond, 2018.

    Args:
        learning_rate: a number >= 0; default 0.001.
        beta_1: the share of the past in m, in [0, 1]; default 0.9.
        beta_2: the share of the past in v, in [0, 1]; default 0.999.
        epsilon: a number >= 0 that keeps the denominator from 0; default 1e-7.
        amsgrad: whether to keep the largest v; default False.
        weight_decay: this and all that follow as in `Optimizer`.

    >>> weight = Variable(10.0)
    >>> Adam(learning_rate=0.1).apply([10.0], [weight])
    >>> round(float(weight.numpy()), 4)
    9.9
    """

    def __init__(
        self,
        learning_rate: float | Callable[..., Any] = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
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
        self.amsgrad = bool(amsgrad)

    def build(self, var_list: Sequence[Variable]) -> None:
        """Make m and v (Keras calls them momentum and velocity), and with amsgrad the largest v."""
        if self.built:
            return
        super().build(var_list)
        self.add_optimizer_variables(var_list, ["momentum", "velocity"])
        if self.amsgrad:
            self.add_optimizer_variables(var_list, "velocity_hat")

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        """One step of Adam."""
        names = ("momentum", "velocity", "velocity_hat") if self.amsgrad else ("momentum", "velocity")
        slots = [self.slot(name, variable) for name in names]
        adam_step(gradient, variable, slots, learning_rate, self.iterations, self.beta_1, self.beta_2, self.epsilon)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make this optimizer again, without its slots, as plain Python values."""
        return {
            **super().get_config(),
            "beta_1": self.beta_1,
            "beta_2": self.beta_2,
            "epsilon": self.epsilon,
            "amsgrad": self.amsgrad,
        }


def adam_step(
    gradient: Any,
    variable: Variable,
    slots: Sequence[Variable],
    learning_rate: Any,
    iterations: Any,
    beta_1: float,
    beta_2: float,
    epsilon: float,
) -> None:
    """Changes a variable by the formula of `Adam`; slots are m, v, and with amsgrad the largest v."""
    step = ops.cast(iterations + 1, variable.dtype)
    # A trace holds equal scalars once, however many variables ask for them.
    alpha = learning_rate * ops.sqrt(1 - ops.power(beta_2, step)) / (1 - ops.power(beta_1, step))
    m, v, *largest = slots
    m.assign_add((gradient - m) * (1 - beta_1))
    v.assign_add((ops.square(gradient) - v) * (1 - beta_2))
    for greatest in largest:
        greatest.assign(ops.maximum(greatest, v))
        v = greatest
    variable.assign_sub(m * alpha / (ops.sqrt(v) + epsilon))
