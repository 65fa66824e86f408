"""Lion."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from nnfast import ops
from nnfast.graph import Variable
from nnfast.optimizers.checks import check_between
from nnfast.optimizers.optimizer import Optimizer


class Lion(Optimizer):
    """Steps of one length: the sign of the gradient mixed with its moving mean.

    With gradient g,

        w -= learning_rate * sign(beta_1 * m + (1 - beta_1) * g)
        m = beta_2 * m + (1 - beta_2) * g

    Source: X. Chen et al., Symbolic Discovery of Optimization Algorithms, 2023 (arXiv:2302.06675).

    Args:
        learning_rate: a number >= 0; default 0.001.
        beta_1: the share of m in the step's sign, in (0, 1]; default 0.9.
        beta_2: the share of the past in m, in [0, 1]; default 0.99.
        weight_decay: this and all that follow as in `Optimizer`.

    >>> weight = Variable(10.0)
    >>> Lion(learning_rate=0.1).apply([10.0], [weight])
    >>> round(float(weight.numpy()), 4)
    9.9
    """

    def __init__(
        self,
        learning_rate: float | Callable[..., Any] = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.99,
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
        if not isinstance(beta_1, int | float) or not 0 < beta_1 <= 1:
            raise ValueError(
                "Argument `beta_1` must be in the [0, 1] range. Otherwise, the optimizer degenerates to SignSGD. "
                f"Received: beta_1={beta_1}."
            )
        self.beta_1 = float(beta_1)
        self.beta_2 = check_between("beta_2", beta_2, 0, 1)

    def build(self, var_list: Sequence[Variable]) -> None:
        """Make m (Keras calls it momentum)."""
        if self.built:
            return
        super().build(var_list)
        self.add_optimizer_variables(var_list, "momentum")

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        """One step of Lion."""
        m = self.slot("momentum", variable)
        variable.assign_sub(learning_rate * ops.sign(m * self.beta_1 + gradient * (1 - self.beta_1)))
        m.assign(m * self.beta_2 + gradient * (1 - self.beta_2))

    def get_config(self) -> dict[str, Any]:
        """The arguments that make this optimizer again, without its slots, as plain Python values."""
        return {
            **super().get_config(),
            "beta_1": self.beta_1,
            "beta_2": self.beta_2,
        }
