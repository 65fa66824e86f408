"""LearningRateSchedule, the class of all schedules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self


class LearningRateSchedule:
    """A learning rate for each step. It is traced with the step, and costs nothing beside it.

    Subclasses define `__call__(step)`, written in `nnfast.ops`, and `get_config`.

    >>> from nnfast import ops, optimizers
    >>> class Halving(LearningRateSchedule):
    ...     def __call__(self, step):
    ...         return 0.25 * 0.5 ** ops.cast(step, "float32")
    >>> optimizer = optimizers.SGD(Halving())
    >>> float(optimizer.learning_rate)
    0.25
    """

    def __call__(self, step: Any) -> Any:
        """The learning rate of a step, a scalar.

        Args:
            step: how many steps were taken, a scalar tensor of integers.
        """
        raise NotImplementedError(f"Learning rate schedule '{type(self).__name__}' must define __call__(self, step)")

    def get_config(self) -> dict[str, Any]:
        """The arguments that make this schedule again, as plain Python values."""
        raise NotImplementedError(
            f"Learning rate schedule '{type(self).__name__}' must define get_config() in order to be serialized"
        )

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """A schedule with the arguments that `get_config` returned."""
        return cls(**config)


def check_steps(**steps: float) -> None:
    """Raise a ValueError unless a number of steps is positive."""
    for name, value in steps.items():
        if value <= 0:
            raise ValueError(f"Argument `{name}` must be > 0. Received: {name}={value}")
