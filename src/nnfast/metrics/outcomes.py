"""Counting true and false positives and negatives over thresholds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from nnfast import config, ops
from nnfast.graph import TensorLike
from nnfast.losses.shapes import align_ranks, check_same_shape

# Below any prediction; what top_k leaves out is set to it.
LOWEST = -1e10


class Outcomes:
    """How a batch of predictions turned out: counts, weighted, for each threshold.

    Attributes:
        true_positives, false_positives, true_negatives, false_negatives: (thresholds,); (thresholds, labels) where each
            label is counted by itself.
    """

    def __init__(self, positives: Any, totals: Any) -> None:
        self.true_positives, self.false_positives = positives[..., 0], positives[..., 1]
        self.true_negatives = totals[..., 1] - self.false_positives
        self.false_negatives = totals[..., 0] - self.true_positives


def count_outcomes(
    y_true: TensorLike,
    y_pred: TensorLike,
    sample_weight: TensorLike | None,
    thresholds: Sequence[float],
    dtype: str,
    top_k: int | None = None,
    class_id: int | None = None,
    label_weights: TensorLike | None = None,
    by_label: bool = False,
) -> Outcomes:
    """Counts the outcomes of a batch.

    Args:
        y_true: targets, positive where not 0.
        y_pred: predictions of y_true's shape, positive where above a threshold.
        sample_weight: None, or weights that broadcast to the predictions, from the first dimension on.
        thresholds: in ascending order.
        dtype: what is computed in.
        top_k: only so many predictions of a row, the greatest, can be positive.
        class_id: only this class, a place on the last axis, counts.
        label_weights: None, or weights that broadcast to the predictions, up to the last dimension.
        by_label: whether each label, a place on the last axis, is counted by itself.

    Raises:
        ValueError: shapes that do not go together.
    """
    predictions, targets = align_ranks(ops.cast(y_pred, dtype), ops.cast(ops.cast(y_true, "bool"), dtype))
    check_same_shape(targets, predictions, "A metric")
    if top_k is not None:
        predictions = _only_top(predictions, top_k)
    weights = ops.ones_like(predictions) if sample_weight is None else _spread(sample_weight, predictions)
    if class_id is not None:
        if len(predictions.shape) < 2:
            raise ValueError(
                "When class_id is provided, y_pred must be a 2D array with shape (num_samples, num_classes), "
                f"found shape: {tuple(predictions.shape)}"
            )
        if not 0 <= class_id < predictions.shape[-1]:
            raise ValueError(
                f"Expected predictions of shape (batch, classes) that have the class {class_id}, got shape "
                f"{tuple(predictions.shape)}"
            )
        one = slice(class_id, class_id + 1)
        targets, predictions, weights = targets[..., one], predictions[..., one], weights[..., one]
    if label_weights is not None:
        weights = weights * ops.cast(label_weights, dtype)
    # What each prediction counts among the positive and among the negative targets.
    counts = ops.stack([targets * weights, (1.0 - targets) * weights], axis=-1)
    if are_even(thresholds):
        return _by_buckets(predictions, counts, thresholds, by_label)
    return _by_comparison(predictions, counts, thresholds, by_label)


def are_even(thresholds: Sequence[float]) -> bool:
    """Whether thresholds divide [0, 1] evenly, so that a product tells a prediction's place among them."""
    even = np.linspace(0.0, 1.0, len(thresholds))
    return len(thresholds) >= 3 and bool(np.allclose(thresholds, even, atol=config.epsilon()))


def _by_comparison(predictions: Any, counts: Any, thresholds: Sequence[float], by_label: bool) -> Outcomes:
    axes = 0 if by_label else tuple(range(len(predictions.shape)))
    are_positive = [ops.greater(predictions, float(threshold)) for threshold in thresholds]
    sums = [ops.sum(ops.where(ops.expand_dims(positive, -1), counts, 0.0), axis=axes) for positive in are_positive]
    return Outcomes(ops.stack(sums, axis=0), ops.sum(counts, axis=axes))


def _by_buckets(predictions: Any, counts: Any, thresholds: Sequence[float], by_label: bool) -> Outcomes:
    """Predictions in bucket b are above the thresholds below b."""
    number = len(thresholds)
    known = ops.where(ops.greater(predictions, 0.0), predictions, 0.0)  # NaN is in the first bucket
    buckets = ops.cast(ops.ceil(ops.minimum(known, 1.0) * float(number - 1)), "int32")
    above = np.tri(number, number, -1).T
    if thresholds[0] < 0:
        above[0] = 1.0
    above = above.astype(predictions.dtype)
    if not by_label:
        sums = ops.segment_sum(counts, buckets, number)
        return Outcomes(ops.matmul(above, sums), ops.sum(sums, axis=0))
    labels = predictions.shape[-1]
    buckets = buckets + ops.arange(labels) * number
    sums = ops.reshape(ops.segment_sum(counts, buckets, labels * number), (labels, number, 2))
    return Outcomes(ops.transpose(ops.matmul(above, sums), (1, 0, 2)), ops.sum(sums, axis=1))


def _spread(sample_weight: TensorLike, predictions: Any) -> Any:
    """Weights of the predictions' shape, from weights of the first dimensions."""
    weights = ops.cast(sample_weight, predictions.dtype)
    rank, wanted = len(weights.shape), len(predictions.shape)
    if rank == wanted + 1 and weights.shape[-1] == 1:
        weights = ops.squeeze(weights, axis=-1)
    elif rank < wanted:
        weights = ops.reshape(weights, (*weights.shape, *(1,) * (wanted - rank)))
    if any(size not in (1, other) for size, other in zip(weights.shape[::-1], predictions.shape[::-1], strict=False)):
        raise ValueError(
            f"A metric cannot weigh predictions of shape {tuple(predictions.shape)} with sample_weight of shape "
            f"{tuple(weights.shape)}"
        )
    return weights * ops.ones_like(predictions)


def _only_top(predictions: Any, k: int) -> Any:
    """The k greatest predictions of each row; the others are below any threshold."""
    _, indices = ops.top_k(predictions, k)
    chosen = ops.any(ops.greater(ops.one_hot(indices, predictions.shape[-1]), 0.0), axis=-2)
    return ops.where(chosen, predictions, LOWEST)
