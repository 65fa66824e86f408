"""Exponential moving averages of variables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nnfast import ops
from nnfast.graph import Variable
from nnfast.optimizers.conditions import changing_only_if


def move_averages(averages: Sequence[Variable], variables: Sequence[Variable], momentum: float, updates: Any) -> None:
    """Moves averages on: average = momentum * average + (1 - momentum) * variable; they begin at the variables.

    Args:
        averages: one for each variable.
        variables: whose new values they take in.
        momentum: the weight of the old average, in [0, 1].
        updates: how many updates there were before this one.
    """
    momentum = ops.where(ops.equal(updates, 0), 0.0, momentum)
    for average, variable in zip(averages, variables, strict=True):
        weight = ops.cast(momentum, variable.dtype)
        average.assign(weight * average + (1.0 - weight) * variable)


def overwrite_with_averages(
    averages: Sequence[Variable], variables: Sequence[Variable], every: int, updates: Any
) -> None:
    """Sets variables to their averages, once in so many updates."""
    with changing_only_if(ops.equal((updates + 1) % every, 0), variables):
        for average, variable in zip(averages, variables, strict=True):
            variable.assign(average)
