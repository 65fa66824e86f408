"""Rates that fall as half a wave of a cosine, once or again and again (Loshchilov and Hutter, 2016)."""

from __future__ import annotations

import math
from typing import Any

from nnfast import ops
from nnfast.optimizers.schedules.schedule import LearningRateSchedule, check_steps


class CosineDecay(LearningRateSchedule):
    """Half a wave of a cosine, from the rate down to `alpha` of it; before that, if asked for, a straight rise.

    Args:
        initial_learning_rate: the rate of step 0.
        decay_steps: how many steps the fall takes; > 0.
        alpha: what is left at the end, a fraction; default 0.
        name: default "CosineDecay".
        warmup_target: the rate that the fall starts from, reached after `warmup_steps`; default None, no rise.
        warmup_steps: default 0.

    Raises:
        ValueError: decay_steps <= 0.

    >>> [round(float(CosineDecay(1.0, 10)(step)), 6) for step in (0, 5, 10, 20)]
    [1.0, 0.5, 0.0, 0.0]
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        alpha: float = 0.0,
        name: str = "CosineDecay",
        warmup_target: float | None = None,
        warmup_steps: float = 0,
    ) -> None:
        check_steps(decay_steps=decay_steps)
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = decay_steps
        self.alpha = alpha
        self.name = name
        self.warmup_target = warmup_target
        self.warmup_steps = warmup_steps

    def __call__(self, step: Any) -> Any:
        step, steps = ops.cast(step, "float32"), float(self.decay_steps)
        if self.warmup_target is None:
            return self._fall(ops.minimum(step, steps), self.initial_learning_rate)
        warmup = float(self.warmup_steps)
        fallen = self._fall(ops.clip(step - warmup, 0.0, steps), self.warmup_target)
        if warmup <= 0:
            return fallen
        risen = (self.warmup_target - self.initial_learning_rate) * (step / warmup) + self.initial_learning_rate
        return ops.where(ops.less(step, warmup), risen, fallen)

    def _fall(self, step: Any, rate: float) -> Any:
        cosine = 0.5 * (1.0 + ops.cos(math.pi * (step / self.decay_steps)))
        return rate * ((1.0 - self.alpha) * cosine + self.alpha)

    def get_config(self) -> dict[str, Any]:
        return {
            "initial_learning_rate": self.initial_learning_rate,
            "decay_steps": self.decay_steps,
            "alpha": self.alpha,
            "name": self.name,
            "warmup_target": self.warmup_target,
            "warmup_steps": self.warmup_steps,
        }


class CosineDecayRestarts(LearningRateSchedule):
    """Half waves of a cosine, one after the other, each longer and lower than the one before.

    Args:
        initial_learning_rate: the rate of step 0.
        first_decay_steps: the length of the first wave; > 0.
        t_mul: how many times longer each wave is than the one before; default 2.
        m_mul: how many times higher; default 1.
        alpha: what is left at the end of a wave, a fraction of `initial_learning_rate`; default 0.
        name: default "SGDRDecay".

    Raises:
        ValueError: first_decay_steps <= 0.

    >>> [round(float(CosineDecayRestarts(1.0, 10)(step)), 6) for step in (0, 5, 10, 20)]
    [1.0, 0.5, 1.0, 0.5]
    """

    def __init__(
        self,
        initial_learning_rate: float,
        first_decay_steps: float,
        t_mul: float = 2.0,
        m_mul: float = 1.0,
        alpha: float = 0.0,
        name: str = "SGDRDecay",
    ) -> None:
        check_steps(first_decay_steps=first_decay_steps)
        self.initial_learning_rate = initial_learning_rate
        self.first_decay_steps = first_decay_steps
        self.t_mul = t_mul
        self.m_mul = m_mul
        self.alpha = alpha
        self.name = name

    def __call__(self, step: Any) -> Any:
        waves = ops.cast(step, "float32") / self.first_decay_steps
        if self.t_mul == 1.0:
            number = ops.floor(waves)
            place = waves - number
        else:  # the lengths of the waves before are a geometric series
            number = ops.floor(ops.log(1.0 - waves * (1.0 - self.t_mul)) / math.log(self.t_mul))
            length = ops.power(float(self.t_mul), number)
            place = (waves - (1.0 - length) / (1.0 - self.t_mul)) / length
        cosine = 0.5 * ops.power(float(self.m_mul), number) * (1.0 + ops.cos(math.pi * place))
        return self.initial_learning_rate * ((1.0 - self.alpha) * cosine + self.alpha)

    def get_config(self) -> dict[str, Any]:
        return {
            "initial_learning_rate": self.initial_learning_rate,
            "first_decay_steps": self.first_decay_steps,
            "t_mul": self.t_mul,
            "m_mul": self.m_mul,
            "alpha": self.alpha,
            "name": self.name,
        }
