"""From one loss a sample to the number that is minimized: weights and the reductions of Keras."""

from __future__ import annotations

import functools
from typing import Any

from nnfast import ops
from nnfast.graph import get_mask
from nnfast.losses.shapes import align_ranks, check_broadcastable

REDUCTIONS = ("sum_over_batch_size", "sum", "mean", "mean_with_sample_weight", "none", None)


def check_reduction(reduction: str | None) -> str | None:
    """`reduction` itself; a ValueError that lists the known ones if it is none of them."""
    if reduction not in REDUCTIONS:
        raise ValueError(
            f"Invalid value for argument `reduction`. Expected one of {REDUCTIONS}. Received: reduction={reduction}"
        )
    return reduction


def reduce_losses(losses: Any, sample_weight: Any, reduction: str | None) -> Any:
    """The losses, weighted and reduced.

    Args:
        losses: tensor of any shape.
        sample_weight: None, or a tensor that broadcasts to the losses once a last axis of length 1 is aligned.
        reduction: "sum_over_batch_size" and "mean": sum(weight * loss) / N over the N losses; "sum"; "none" and None:
            the weighted losses themselves; "mean_with_sample_weight": sum(weight * loss) / sum(weight), 0 if that is 0.

    Raises:
        ValueError: the weights do not broadcast to the losses.
    """
    if sample_weight is not None:
        losses, sample_weight = align_ranks(losses, sample_weight)
        check_broadcastable(losses, sample_weight, ("the losses", "sample_weight"), "A loss")
        losses = losses * sample_weight
    if reduction in ("none", None) or len(losses.shape) == 0:
        return losses
    if reduction == "mean_with_sample_weight" and sample_weight is not None:
        return ops.divide_no_nan(ops.sum(losses), ops.sum(sample_weight))
    if reduction == "sum" or 0 in losses.shape:  # a mean over nothing is 0 here, as in Keras
        return ops.sum(losses)
    return ops.mean(losses)


def common_mask(*tensors: Any) -> Any:
    """Where all of the tensors that have a mask count; None where none has one."""
    masks = [mask for mask in map(get_mask, tensors) if mask is not None]
    return functools.reduce(ops.logical_and, masks) if masks else None


def apply_mask(sample_weight: Any, mask: Any, dtype: str, reduction: str | None) -> Any:
    """Weights that are 0 where a mask is false.

    Args:
        sample_weight: None, or a tensor that broadcasts to the mask once a last axis of length 1 is aligned.
        mask: None, for the weights as they are, or a tensor.
        dtype: of the result.
        reduction: where the mean of all losses is taken, what counts weighs so much more that it is the mean of that.
    """
    if mask is None:
        return sample_weight
    weights = ops.cast(ops.cast(mask, "bool"), dtype)
    if reduction in ("mean", "sum_over_batch_size"):
        weights = weights * ops.divide_no_nan(ops.size(weights, dtype), ops.sum(weights))
    if sample_weight is None:
        return weights
    weights, sample_weight = align_ranks(weights, ops.cast(sample_weight, dtype))
    check_broadcastable(weights, sample_weight, ("the mask", "sample_weight"), "A loss")
    return sample_weight * weights
