"""Adadelta."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from nnfast import ops
from nnfast.graph import Variable
from nnfast.optimizers.checks import check_between
from nnfast.optimizers.optimizer import Optimizer


class Adadelta(Optimizer):
    """Gradients scaled by the ratio of the roots of two moving mean squares: of the past steps and of the gradients.

    With gradient g,

        a = rho * a + (1 - rho) * g^2
        step = g * sqrt(d + epsilon) / sqrt(a + epsilon)
        d = rho * d + (1 - rho) * step^2
        w -= learning_rate * step

    Source: M. Zeiler, ADADELTA: An Adaptive Learning Rate Method, 2012 (arXiv:1212.5701).

    Args:
        learning_rate: a number >= 0; default 0.001.
        rho: the share of the past in the moving means, in [0, 1]; default 0.95.
        epsilon: a number >= 0 that keeps the roots from 0; default 1e-7.
        weight_decay: this and all that follow as in `Optimizer`.

    >>> weight = Variable(10.0)
    >>> Adadelta(learning_rate=0.1).apply([10.0], [weight])
    >>> round(float(weight.numpy()), 4)
    9.9999
    """

    def __init__(
        self,
        learning_rate: float | Callable[..., Any] = 0.001,
        rho: float = 0.95,
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
        self.rho = check_between("rho", rho, 0, 1)
        self.epsilon = check_between("epsilon", epsilon, 0)

    def build(self, var_list: Sequence[Variable]) -> None:
        """Make the moving mean squares of gradients and of steps."""
        if self.built:
            return
        super().build(var_list)
        self.add_optimizer_variables(var_list, ["accumulated_grad", "accumulated_delta_var"])

    def update_step(self, grad: Any, variable: Variable, learning_rate: Any) -> None:
        """One step of Adadelta."""
        grads, steps = self.slot("accumulated_grad", variable), self.slot("accumulated_delta_var", variable)
        grads.assign(self.rho * grads + (1 - self.rho) * ops.square(grad))
        step = grad * ops.sqrt(steps + self.epsilon) / ops.sqrt(grads + self.epsilon)
        steps.assign(self.rho * steps + (1 - self.rho) * ops.square(step))
        variable.assign_sub(learning_rate * step)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make this optimizer again, without its slots, as plain Python values."""
        return {
            **super().get_config(),
            "rho": self.rho,
            "epsilon": self.epsilon,
        }
