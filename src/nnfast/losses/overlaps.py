"""Losses of regions: how little what is predicted overlaps what is there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nnfast import config, ops
from nnfast.graph import TensorLike
from nnfast.losses.shapes import pair
from nnfast.losses.wrapper import BuiltInLoss


def dice(y_true: TensorLike, y_pred: TensorLike, axis: int | Sequence[int] | None = None) -> Any:
    """1 - 2 sum(y_true y_pred) / (sum(y_true) + sum(y_pred)): how little two regions overlap.

    Args:
        y_true: targets, (batch, ..., d); cast to y_pred's dtype.
        y_pred: predictions of a shape that broadcasts with y_true's.
        axis: the axes of one region; default None, all, so that the batch has one loss.

    Returns:
        A scalar; with axes, losses of the shape without them.

    Raises:
        ValueError: the shapes do not broadcast.

    >>> round(float(dice([[1.0, 0.0]], [[0.5, 0.5]])), 4)
    0.5
    """
    targets, predictions = pair(y_true, y_pred, "dice")
    common = ops.sum(targets * predictions, axis=axis)
    return 1.0 - 2.0 * common / (ops.sum(targets, axis=axis) + ops.sum(predictions, axis=axis) + config.epsilon())


def tversky(
    y_true: TensorLike,
    y_pred: TensorLike,
    alpha: float = 0.5,
    beta: float = 0.5,
    axis: int | Sequence[int] | None = None,
) -> Any:
    """1 - common / (common + alpha missed + beta false): `dice` with weights for the two kinds of error.

    Args:
        y_true: targets, (batch, ..., d); cast to y_pred's dtype.
        y_pred: predictions of a shape that broadcasts with y_true's.
        alpha: the weight of what is predicted too little; default 0.5.
        beta: the weight of what is predicted too much; default 0.5.
        axis: the axes of one region; default None, all, so that the batch has one loss.

    Returns:
        A scalar; with axes, losses of the shape without them.

    Raises:
        ValueError: the shapes do not broadcast.

    >>> round(float(tversky([[1.0, 0.0]], [[0.5, 0.5]], alpha=0.9, beta=0.1)), 4)
    0.5
    """
    targets, predictions = pair(y_true, y_pred, "tversky")
    common = ops.sum(targets * predictions, axis=axis)
    missed = ops.sum((1.0 - predictions) * targets, axis=axis)
    false = ops.sum(predictions * (1.0 - targets), axis=axis)
    return 1.0 - common / (common + missed * alpha + false * beta + config.epsilon())


class Dice(BuiltInLoss):
    """The loss `dice`, with weights and a reduction.

    Args:
        axis: the axes of one region; default None, all, so that the batch has one loss.
        reduction: as in `Loss`.
        name: default "dice".
        dtype: as in `Loss`.

    >>> round(float(Dice()([[1.0, 0.0]], [[0.5, 0.5]])), 4)
    0.5
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "dice",
        axis: int | Sequence[int] | None = None,
        dtype: str | None = None,
    ) -> None:
        super().__init__(
            dice,
            reduction=reduction,
            name=name,
            dtype=dtype,
            axis=axis,
        )


class Tversky(BuiltInLoss):
    """The loss `tversky`, with weights and a reduction.

    Args:
        alpha: the weight of what is predicted too little; default 0.5.
        beta: the weight of what is predicted too much; default 0.5.
        axis: the axes of one region; default None, all, so that the batch has one loss.
        reduction: as in `Loss`.
        name: default "tversky".
        dtype: as in `Loss`.

    >>> round(float(Tversky(alpha=0.9, beta=0.1)([[1.0, 0.0]], [[0.5, 0.5]])), 4)
    0.5
    """

    def __init__(
        self,
        alpha: float = 0.5,
        beta: float = 0.5,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "tversky",
        axis: int | Sequence[int] | None = None,
        dtype: str | None = None,
    ) -> None:
        super().__init__(
            tversky,
            reduction=reduction,
            name=name,
            dtype=dtype,
            alpha=alpha,
            beta=beta,
            axis=axis,
        )
