"""Circle: a loss of the pairs of a batch, which brings embeddings of one class together."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from nnfast import ops
from nnfast.graph import TensorLike, set_mask
from nnfast.losses.wrapper import BuiltInLoss


def circle(
    y_true: TensorLike,
    y_pred: TensorLike,
    ref_labels: TensorLike | None = None,
    ref_embeddings: TensorLike | None = None,
    remove_diagonal: bool = True,
    gamma: float = 80,
    margin: float = 0.4,
) -> Any:
    """Softplus of how much farther the embeddings of a sample's class are than those of others (Sun et al., 2020).

    Args:
        y_true: classes as whole numbers, (batch,) or (batch, 1).
        y_pred: embeddings of length 1, (batch, d).
        ref_labels, ref_embeddings: what each is compared with, of shapes (m,) and (m, d); default those of the batch.
        remove_diagonal: whether a sample is not compared with itself; default True.
        gamma: the scale of similarities; default 80.
        margin: how far apart classes are to be; default 0.4.

    Returns:
        Losses of shape (batch,), 0 for samples without others of their class, which don't count in means.

    Raises:
        ValueError: the size of the batch is not known, as in a compiled step: compile with run_eagerly=True.

    >>> embeddings = [[1.0, 0.0], [0.0, 1.0], [0.6, 0.8]]
    >>> [round(loss) for loss in circle([0, 1, 0], embeddings).tolist()]
    [0, 0, 38]
    """
    embeddings = ops.convert_to_tensor(y_pred)
    references = embeddings if ref_embeddings is None else ops.convert_to_tensor(ref_embeddings, embeddings.dtype)
    if None in embeddings.shape:
        raise ValueError(
            "The loss circle compares all pairs of a batch, and must know its size: compile with run_eagerly=True"
        )
    labels = ops.reshape(ops.cast(y_true, "int32"), (-1, 1))
    others = ops.reshape(labels if ref_labels is None else ops.cast(ref_labels, "int32"), (1, -1))
    same = ops.equal(labels, others)
    positive, negative = same, ops.logical_not(same)
    if remove_diagonal:
        rows, columns = same.shape
        positive = ops.logical_and(same, ops.not_equal(ops.expand_dims(ops.arange(rows), 1), ops.arange(columns)))
    distance = ops.maximum(1.0 - ops.matmul(embeddings, ops.transpose(references)), 0.0)
    attraction = _soft_maximum(gamma * (distance + margin) * (distance - margin), positive)
    repulsion = _soft_maximum(gamma * ops.maximum(1 + margin - distance, 0.0) * (1 - margin - distance), negative)
    paired = ops.logical_and(ops.any(positive, axis=1), ops.any(negative, axis=1))
    losses = ops.where(paired, ops.softplus(attraction + repulsion), 0.0)
    set_mask(losses, ops.greater(losses, 0.0))
    return losses


def _soft_maximum(scores: Any, counted: Any) -> Any:
    """The logarithm of the sum of exp(scores) over those of each row that count; 0 and no gradient without any."""
    empty = ops.where(ops.any(counted, axis=1, keepdims=True), -math.inf, 0.0)
    return ops.logsumexp(ops.where(counted, scores, ops.cast(empty, scores.dtype)), axis=1)


class Circle(BuiltInLoss):
    """The loss `circle`, with weights and a reduction; for embeddings that UnitNormalization has made.

    Args:
        gamma: the scale of similarities; default 80.
        margin: how far apart classes are to be; default 0.4.
        remove_diagonal: whether a sample is not compared with itself; default True.
        reduction: as in `Loss`.
        name: default "circle".
        dtype: as in `Loss`.

    >>> round(float(Circle()([0, 1, 0], [[1.0, 0.0], [0.0, 1.0], [0.6, 0.8]])), 1)
    19.2
    """

    takes_labels: ClassVar[bool] = True

    def __init__(
        self,
        gamma: float = 80.0,
        margin: float = 0.4,
        remove_diagonal: bool = True,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "circle",
        dtype: str | None = None,
    ) -> None:
        super().__init__(
            circle,
            reduction=reduction,
            name=name,
            dtype=dtype,
            gamma=gamma,
            margin=margin,
            remove_diagonal=remove_diagonal,
        )
