"""Gradient accumulation: what the gradients of several steps make together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from nnfast import ops
from nnfast.graph import Variable


def accumulate(
    accumulators: Sequence[Variable],
    gradients: Sequence[Any],
    is_last: Any,
    combine: Callable[[Any, Any], Any] = ops.add,
) -> list[Any]:
    """Combines each gradient with its accumulator, which keeps that; after the last of the steps, it is 0 again.

    Args:
        accumulators: a variable for each gradient.
        gradients: tensors.
        is_last: whether this step is the last of those that make one update, a scalar tensor.
        combine: of a gradient and an accumulator; default their sum.

    Returns:
        What the gradients of the steps so far make together.
    """
    totals = [combine(gradient, kept.value) for gradient, kept in zip(gradients, accumulators, strict=True)]
    for kept, total in zip(accumulators, totals, strict=True):
        kept.assign(ops.where(is_last, ops.zeros_like(total), total))
    return totals
