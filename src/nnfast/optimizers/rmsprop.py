"""RMSprop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from nnfast import ops
from nnfast.graph import Variable
from nnfast.optimizers.checks import check_between
from nnfast.optimizers.optimizer import Optimizer


class RMSprop(Optimizer):
    """Gradients divided by the root of their moving mean square.

    With gradient g,

        velocity = rho * velocity + (1 - rho) * g^2
        w -= learning_rate * g / sqrt(velocity + epsilon)

    Centered, the square of g's moving mean is taken off the velocity under the root, which makes it a variance. With
    momentum, the steps are summed: m = momentum * m + step, w -= m. Source: G. Hinton, Neural Networks for Machine
    Learning, lecture 6e, 2012.

    Args:
        learning_rate: a number >= 0; default 0.001.
        rho: the share of the past in the moving means, in [0, 1]; default 0.9.
        momentum: a number in [0, 1]; default 0.
        epsilon: a number >= 0 that keeps the root from 0; default 1e-7.
        centered: whether to divide by the standard deviation; default False.
        weight_decay: this and all that follow as in `Optimizer`.

    >>> weight = Variable(10.0)
    >>> RMSprop(learning_rate=0.1).apply([10.0], [weight])
    >>> round(float(weight.numpy()), 4)
    9.6838
    """

    def __init__(
        self,
        learning_rate: float | Callable[..., Any] = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        centered: bool = False,
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
        self.rho = check_between("rho", rho, 0, 1)
        self.momentum = check_between("momentum", momentum, 0, 1)
        self.epsilon = check_between("epsilon", epsilon, 0)
        self.centered = bool(centered)

    def build(self, var_list: Sequence[Variable]) -> None:
        """Make the velocities, and what momentum and centering keep."""
        if self.built:
            return
        super().build(var_list)
        self.add_optimizer_variables(var_list, "velocity")
        if self.momentum > 0:
            self.add_optimizer_variables(var_list, "momentum")
        if self.centered:
            self.add_optimizer_variables(var_list, "average_gradient")

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        """One step of RMSprop."""
        velocity = self.slot("velocity", variable)
        velocity.assign(self.rho * velocity + (1 - self.rho) * ops.square(gradient))
        if self.centered:
            average = self.slot("average_gradient", variable)
            average.assign(self.rho * average + (1 - self.rho) * gradient)
            step = learning_rate * gradient / ops.sqrt(velocity - ops.square(average) + self.epsilon)
        else:
            step = learning_rate * gradient / ops.sqrt(velocity + self.epsilon)
        if self.momentum > 0:
            momentum = self.slot("momentum", variable)
            momentum.assign(self.momentum * momentum + step)
            variable.assign_sub(momentum)
        else:
            variable.assign_sub(step)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make this optimizer again, without its slots, as plain Python values."""
        return {
            **super().get_config(),
            "rho": self.rho,
            "momentum": self.momentum,
            "epsilon": self.epsilon,
            "centered": self.centered,
        }
