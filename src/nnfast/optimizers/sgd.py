"""Stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from nnfast.graph import Variable
from nnfast.optimizers.checks import check_between
from nnfast.optimizers.optimizer import Optimizer


class SGD(Optimizer):
    """Gradient descent, with momentum if wanted.

    With gradient g, w -= learning_rate * g. With momentum,

        velocity = momentum * velocity - learning_rate * g
        w += velocity                                          or, with nesterov,
        w += momentum * velocity - learning_rate * g

    Args:
        learning_rate: a number >= 0; default 0.01.
        momentum: a number in [0, 1]; default 0.
        nesterov: whether to look ahead along the velocity; default False.
        weight_decay: this and all that follow as in `Optimizer`.

    >>> weight = Variable(1.0)
    >>> optimizer = SGD(learning_rate=0.5, momentum=0.9)
    >>> for _ in range(2):
    ...     optimizer.apply([1.0], [weight])
    >>> round(float(weight.numpy()), 4)
    -0.45
    """

    def __init__(
        self,
        learning_rate: float | Callable[..., Any] = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
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
        self.momentum = check_between("momentum", momentum, 0, 1)
        self.nesterov = bool(nesterov)

    def build(self, variables: Sequence[Variable]) -> None:
        """Make the velocities (Keras calls them momentums), if there is momentum."""
        if self.built:
            return
        super().build(variables)
        if self.momentum > 0:
            self.add_optimizer_variables(variables, "momentum")

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        """One step of gradient descent."""
        if self.momentum == 0:
            variable.assign_sub(gradient * learning_rate)
            return
        velocity = self.slot("momentum", variable)
        velocity.assign(velocity * self.momentum - gradient * learning_rate)
        if self.nesterov:
            variable.assign_add(velocity * self.momentum - gradient * learning_rate)
        else:
            variable.assign_add(velocity)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make this optimizer again, without its slots, as plain Python values."""
        return {**super().get_config(), "momentum": self.momentum, "nesterov": self.nesterov}
