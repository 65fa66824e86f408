"""Adafactor."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from nnfast import ops
from nnfast.graph import Variable
from nnfast.optimizers.checks import check_between, check_positive
from nnfast.optimizers.optimizer import Optimizer


class Adafactor(Optimizer):
    """Gradients divided by the roots of means of their squares, which are known by rows and by columns only.

    With gradient g in step t = 1, 2, ..., s = g^2 + epsilon_1, b = 1 - t^beta_2_decay and rms the root of the mean
    square,

        r = b * r + (1 - b) * (mean of each row of s),  c = b * c + (1 - b) * (mean of each column of s)
        v = r c^T / mean(r)                             or, of fewer than two dimensions, v = b * v + (1 - b) * s
        u = g / sqrt(v)
        w -= max(epsilon_2, rms(w)) * rate * u / max(1, rms(u) / clip_threshold)

    where rate = min(learning_rate, 1 / sqrt(t)). Rows and columns are the last two dimensions. Source: N. Shazeer,
    M. Stern, Adafactor: Adaptive Learning Rates with Sublinear Memory Cost, 2018 (arXiv:1804.04235).

    Args:
        learning_rate: a number >= 0; default 0.001.
        beta_2_decay: how soon the past counts, a number < 0; default -0.8.
        epsilon_1: what keeps v from 0, a number >= 0; default 1e-30.
        epsilon_2: the least root of the mean square of the weights, a number >= 0; default 0.001.
        clip_threshold: the largest root of the mean square of u, a number > 0; default 1.
        relative_step: as in Keras; the rate falls with 1 / sqrt(t) either way. Default True.
        weight_decay: this and all that follow as in `Optimizer`.

    >>> weight = Variable(10.0)
    >>> Adafactor(learning_rate=0.1).apply([10.0], [weight])
    >>> round(float(weight.numpy()), 4)
    9.0
    """

    def __init__(
        self,
        learning_rate: float | Callable[..., Any] = 0.001,
        beta_2_decay: float = -0.8,
        epsilon_1: float = 1e-30,
        epsilon_2: float = 1e-3,
        clip_threshold: float = 1.0,
        relative_step: bool = True,
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
        self.beta_2_decay = beta_2_decay
        self.epsilon_1 = check_between("epsilon_1", epsilon_1, 0)
        self.epsilon_2 = check_between("epsilon_2", epsilon_2, 0)
        self.clip_threshold = check_positive("clip_threshold", clip_threshold)
        self.relative_step = bool(relative_step)

    def build(self, var_list: Sequence[Variable]) -> None:
        """Make r and c where there are rows and columns, and v (Keras calls it velocity)."""
        if self.built:
            return
        super().build(var_list)
        for variable in var_list:
            if len(variable.shape) < 2:  # Keras has two variables without a use, and files have their numbers
                for _ in range(2):
                    self.add_variable((), dtype="int32", name=variable.name)
            elif not variable.overwrite_with_gradient:
                *batch, rows, columns = variable.shape
                for name, length in (("row", rows), ("column", columns)):
                    slot = self.add_variable([*batch, length], dtype=variable.dtype, name=variable.name)
                    self._keep_slot(name, variable, slot)
            self.add_optimizer_variables([variable], "velocity")

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        """One step of Adafactor."""
        step = ops.cast(self.iterations + 1, variable.dtype)
        alpha = ops.maximum(_rms(variable), self.epsilon_2) * ops.minimum(learning_rate, 1 / ops.sqrt(step))
        past = 1 - ops.power(step, self.beta_2_decay)
        v = self.slot("velocity", variable)
        squares = ops.square(gradient) + self.epsilon_1
        if len(variable.shape) >= 2:
            r, c = self.slot("row", variable), self.slot("column", variable)
            r.assign(past * r + (1 - past) * ops.mean(squares, axis=-1))
            c.assign(past * c + (1 - past) * ops.mean(squares, axis=-2))
            shares = r / ops.mean(r, axis=-1, keepdims=True)
            v.assign(ops.expand_dims(shares, -1) * ops.expand_dims(c, -2))
        else:
            v.assign(past * v + (1 - past) * squares)
        change = gradient / ops.sqrt(v)
        variable.assign_sub(alpha * (change / ops.maximum(_rms(change) / self.clip_threshold, 1.0)))

    def get_config(self) -> dict[str, Any]:
        """The arguments that make this optimizer again, without its slots, as plain Python values."""
        return {
            **super().get_config(),
            "beta_2_decay": self.beta_2_decay,
            "epsilon_1": self.epsilon_1,
            "epsilon_2": self.epsilon_2,
            "clip_threshold": self.clip_threshold,
            "relative_step": self.relative_step,
        }


def _rms(x: Any) -> Any:
    """The root of the mean square."""
    return ops.sqrt(ops.mean(ops.square(x)))
