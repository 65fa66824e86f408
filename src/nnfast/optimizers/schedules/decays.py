"""Rates that fall: exponentially, as a polynomial, with the inverse of time, in stairs. Formulas as in Keras 3."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nnfast import ops
from nnfast.optimizers.schedules.schedule import LearningRateSchedule, check_steps


class _Decay(LearningRateSchedule):
    """A rate that falls by a factor or a fraction every so many steps."""

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        decay_rate: float,
        staircase: bool = False,
        name: str | None = None,
    ) -> None:
        check_steps(decay_steps=decay_steps)
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = decay_steps
        self.decay_rate = decay_rate
        self.staircase = staircase
        self.name = name or type(self).__name__

    def _periods(self, step: Any) -> Any:
        """How many times decay_steps have passed, in whole numbers for a staircase."""
        periods = ops.cast(step, "float32") / self.decay_steps
        return ops.floor(periods) if self.staircase else periods

    def get_config(self) -> dict[str, Any]:
        return {
            "initial_learning_rate": self.initial_learning_rate,
            "decay_steps": self.decay_steps,
            "decay_rate": self.decay_rate,
            "staircase": self.staircase,
            "name": self.name,
        }


class ExponentialDecay(_Decay):
    """initial_learning_rate * decay_rate ** (step / decay_steps).

    Args:
        initial_learning_rate: the rate of step 0.
        decay_steps: after how many steps the rate has changed by `decay_rate`; > 0.
        decay_rate: a factor.
        staircase: whether the exponent is rounded down; default False.
        name: default "ExponentialDecay".

    Raises:
        ValueError: decay_steps <= 0.

    >>> float(ExponentialDecay(0.1, decay_steps=10, decay_rate=0.5)(20))
    0.02500000037252903
    """

    def __call__(self, step: Any) -> Any:
        rate = ops.cast(ops.convert_to_tensor(self.decay_rate), "float32")
        return self.initial_learning_rate * ops.power(rate, self._periods(step))


class InverseTimeDecay(_Decay):
    """initial_learning_rate / (1 + decay_rate * step / decay_steps).

    Args:
        initial_learning_rate: the rate of step 0.
        decay_steps: after how many steps `decay_rate` is added to the divisor; > 0.
        decay_rate: a summand.
        staircase: whether step / decay_steps is rounded down; default False.
        name: default "InverseTimeDecay".

    Raises:
        ValueError: decay_steps <= 0.

    >>> float(InverseTimeDecay(0.5, decay_steps=10, decay_rate=1.0)(10))
    0.25
    """

    def __call__(self, step: Any) -> Any:
        return self.initial_learning_rate / (1.0 + self.decay_rate * self._periods(step))


class PolynomialDecay(LearningRateSchedule):
    """(initial_learning_rate - end_learning_rate) * (1 - step / decay_steps) ** power + end_learning_rate.

    Args:
        initial_learning_rate: the rate of step 0.
        decay_steps: when `end_learning_rate` is reached; > 0.
        end_learning_rate: the rate from then on; default 0.0001.
        power: default 1, a straight line.
        cycle: whether the rate rises again after `decay_steps`, for as many steps more; default False.
        name: default "PolynomialDecay".

    Raises:
        ValueError: decay_steps <= 0.

    >>> [float(PolynomialDecay(1.0, 4, end_learning_rate=0.5)(step)) for step in (0, 2, 4, 9)]
    [1.0, 0.75, 0.5, 0.5]
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        end_learning_rate: float = 0.0001,
        power: float = 1.0,
        cycle: bool = False,
        name: str = "PolynomialDecay",
    ) -> None:
        check_steps(decay_steps=decay_steps)
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = decay_steps
        self.end_learning_rate = end_learning_rate
        self.power = power
        self.cycle = cycle
        self.name = name

    def __call__(self, step: Any) -> Any:
        step = ops.cast(step, "float32")
        if self.cycle:  # the first multiple of decay_steps that is not smaller than the step
            steps = self.decay_steps * ops.maximum(ops.ceil(step / self.decay_steps), 1.0)
        else:
            step, steps = ops.minimum(step, float(self.decay_steps)), float(self.decay_steps)
        left = self.initial_learning_rate - self.end_learning_rate
        return left * ops.power(1.0 - step / steps, self.power) + self.end_learning_rate

    def get_config(self) -> dict[str, Any]:
        return {
            "initial_learning_rate": self.initial_learning_rate,
            "decay_steps": self.decay_steps,
            "end_learning_rate": self.end_learning_rate,
            "power": self.power,
            "cycle": self.cycle,
            "name": self.name,
        }


class PiecewiseConstantDecay(LearningRateSchedule):
    """values[0] up to step boundaries[0], values[1] up to boundaries[1], ..., values[-1] from there on.

    Args:
        boundaries: steps, in ascending order.
        values: rates, one more than there are boundaries.
        name: default "PiecewiseConstant".

    Raises:
        ValueError: lengths that do not fit.

    >>> [float(PiecewiseConstantDecay([2, 4], [1.0, 0.5, 0.25])(step)) for step in (2, 3, 5)]
    [1.0, 0.5, 0.25]
    """

    def __init__(self, boundaries: Sequence[float], values: Sequence[float], name: str = "PiecewiseConstant") -> None:
        if len(boundaries) != len(values) - 1:
            raise ValueError(
                "The length of boundaries should be 1 less than the length of values. Received: "
                f"boundaries={boundaries} of length {len(boundaries)}, and values={values} of length {len(values)}."
            )
        self.boundaries = boundaries
        self.values = values
        self.name = name

    def __call__(self, step: Any) -> Any:
        rate = ops.convert_to_tensor(float(self.values[-1]))
        step = ops.cast(step, "float32")
        for boundary, value in zip(reversed(self.boundaries), reversed(self.values[:-1]), strict=True):
            rate = ops.where(ops.less_equal(step, float(boundary)), float(value), rate)
        return rate

    def get_config(self) -> dict[str, Any]:
        return {"boundaries": self.boundaries, "values": self.values, "name": self.name}
