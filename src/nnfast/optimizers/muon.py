"""Muon."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from typing import Any

from nnfast import ops
from nnfast.graph import Variable
from nnfast.optimizers.adam import adam_step
from nnfast.optimizers.checks import check_between
from nnfast.optimizers.optimizer import Optimizer


class Muon(Optimizer):
    """Momentum whose singular values are all made about 1, for matrices; Adam for all else.

    With gradient g,

        m = momentum * m + g
        u = m                   or, with nesterov, g + momentum * m
        w -= learning_rate * rms_rate * sqrt(max(rows, columns)) * orthogonal(u)

    where orthogonal is `zeropower_via_newtonschulz5`. Variables that are no matrices, and those whose paths say that
    they are embeddings or excluded, are changed as by AdamW; the last layer's should be excluded. Source: K. Jordan et
    al., Muon: An optimizer for hidden layers in neural networks, 2024; J. Liu et al., Muon is Scalable for LLM
    Training, 2025 (arXiv:2502.16982).

    Args:
        learning_rate: a number >= 0; default 0.001.
        adam_beta_1: Adam's share of the past in the mean gradient, in [0, 1]; default 0.9.
        adam_beta_2: Adam's share of the past in the mean square, in [0, 1]; default 0.999.
        adam_weight_decay: None, or `weight_decay` of what Adam changes; default 0.004.
        epsilon: Adam's; a number >= 0 that keeps the denominator from 0; default 1e-7.
        weight_decay: this and those up to `name` as in `Optimizer`, but 0.004 by default, and for what Adam does not
            change.
        exclude_layers: None, or regular expressions; variables in whose paths one is found are Adam's.
        exclude_embeddings: whether variables with "embedding" in their paths are Adam's; default True.
        muon_a, muon_b, muon_c: the factors of `zeropower_via_newtonschulz5`; default 3.4445, -4.775, 2.0315.
        adam_lr_ratio: a factor of the learning rate for Adam; default 1.
        momentum: a number in [0, 1]; default 0.95.
        ns_steps: how many steps `zeropower_via_newtonschulz5` makes; default 5.
        nesterov: whether to look ahead along the momentum; default True.
        rms_rate: None for steps without the factors rms_rate and sqrt(max(rows, columns)); default 0.2.

    >>> weight = Variable([[10.0]])
    >>> Muon(learning_rate=1.0, weight_decay=None).apply([[[10.0]]], [weight])
    >>> round(float(weight.numpy()[0, 0]), 2)
    9.86
    """

    def __init__(
        self,
        learning_rate: float | Callable[..., Any] = 0.001,
        adam_beta_1: float = 0.9,
        adam_beta_2: float = 0.999,
        adam_weight_decay: float | None = 0.004,
        epsilon: float = 1e-7,
        weight_decay: float | None = 0.004,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        exclude_layers: Sequence[str] | None = None,
        exclude_embeddings: bool = True,
        muon_a: float = 3.4445,
        muon_b: float = -4.7750,
        muon_c: float = 2.0315,
        adam_lr_ratio: float = 1,
        momentum: float = 0.95,
        ns_steps: int = 5,
        nesterov: bool = True,
        rms_rate: float | None = 0.2,
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
        self.adam_beta_1 = check_between("adam_beta_1", adam_beta_1, 0, 1)
        self.adam_beta_2 = check_between("adam_beta_2", adam_beta_2, 0, 1)
        self.adam_weight_decay = (
            None if adam_weight_decay is None else check_between("adam_weight_decay", adam_weight_decay, 0)
        )
        self.epsilon = check_between("epsilon", epsilon, 0)
        self.exclude_layers = list(exclude_layers or [])
        self.exclude_embeddings = bool(exclude_embeddings)
        self.muon_a = muon_a
        self.muon_b = muon_b
        self.muon_c = muon_c
        self.adam_lr_ratio = adam_lr_ratio
        self.momentum = check_between("momentum", momentum, 0, 1)
        self.ns_steps = ns_steps
        self.nesterov = bool(nesterov)
        self.rms_rate = rms_rate

    def build(self, var_list: Sequence[Variable]) -> None:
        """Make m (Keras calls it momentum), and for Adam the mean square too (velocity)."""
        if self.built:
            return
        super().build(var_list)
        for variable in var_list:
            adam = self._should_use_adamw(variable)
            self.add_optimizer_variables([variable], ["momentum", "velocity"] if adam else ["momentum"])

    def _should_use_adamw(self, variable: Variable) -> bool:
        if len(variable.shape) != 2 or (self.exclude_embeddings and "embedding" in variable.path.lower()):
            return True
        return any(re.search(pattern, variable.path) for pattern in self.exclude_layers)

    def _weight_decay_of(self, variable: Variable) -> float | None:
        return self.adam_weight_decay if self._should_use_adamw(variable) else self.weight_decay

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        """One step of Muon, or of Adam."""
        if self._should_use_adamw(variable):
            slots = [self.slot(name, variable) for name in ("momentum", "velocity")]
            rate, betas = learning_rate * self.adam_lr_ratio, (self.adam_beta_1, self.adam_beta_2)
            adam_step(gradient, variable, slots, rate, self.iterations, *betas, self.epsilon)
            return
        m = self.slot("momentum", variable)
        m.assign_add(gradient + m * (self.momentum - 1))
        ahead = gradient + self.momentum * m if self.nesterov else m
        variable.assign_sub(self.lr_adjust(learning_rate * self.zeropower_via_newtonschulz5(ahead, self.ns_steps)))

    def lr_adjust(self, x: Any) -> Any:
        """A matrix times rms_rate * sqrt(max(rows, columns)), which makes its elements about as large as Adam's."""
        return x if self.rms_rate is None else x * (math.sqrt(max(x.shape[0], x.shape[1])) * self.rms_rate)

    def zeropower_via_newtonschulz5(self, x: Any, steps: int) -> Any:
        """U V^T of a matrix U S V^T, about: the singular values come close to 1.

        Each step makes of a matrix X, of a norm of at most 1 at first,

            muon_a * X + (muon_b * (X X^T) + muon_c * (X X^T)^2) X

        Args:
            x: a matrix, or several in dimensions before the last two.
            steps: how many steps.

        Raises:
            ValueError: x has fewer than two dimensions.
        """
        x = ops.convert_to_tensor(x)
        if len(x.shape) < 2:
            raise ValueError(f"Expected a matrix, of at least 2 dimensions, got shape {tuple(x.shape)}")
        is_tall = x.shape[-2] > x.shape[-1]
        if is_tall:  # the smaller of the two products
            x = ops.swapaxes(x, -2, -1)
        x = x / (ops.sqrt(ops.sum(ops.square(x), axis=(-2, -1), keepdims=True)) + 1e-7)
        for _ in range(steps):
            gram = ops.matmul(x, ops.swapaxes(x, -2, -1))
            x = self.muon_a * x + ops.matmul(self.muon_b * gram + ops.matmul(self.muon_c * gram, gram), x)
        return ops.swapaxes(x, -2, -1) if is_tall else x

    def get_config(self) -> dict[str, Any]:
        """The arguments that make this optimizer again, without its slots, as plain Python values."""
        return {
            **super().get_config(),
            "adam_beta_1": self.adam_beta_1,
            "adam_beta_2": self.adam_beta_2,
            "epsilon": self.epsilon,
            "exclude_layers": self.exclude_layers,
            "muon_a": self.muon_a,
            "muon_b": self.muon_b,
            "muon_c": self.muon_c,
            "adam_lr_ratio": self.adam_lr_ratio,
            "momentum": self.momentum,
            "ns_steps": self.ns_steps,
            "nesterov": self.nesterov,
            "exclude_embeddings": self.exclude_embeddings,
            "adam_weight_decay": self.adam_weight_decay,
            "rms_rate": self.rms_rate,
        }
