"""Losses of margins: zero once a prediction is on the right side, and far enough."""

from __future__ import annotations

from typing import Any

from nnfast import ops
from nnfast.graph import TensorLike
from nnfast.losses.shapes import pair
from nnfast.losses.wrapper import BuiltInLoss


def hinge(y_true: TensorLike, y_pred: TensorLike) -> Any:
    """mean(max(1 - y_true y_pred, 0)) over the last axis, for targets -1 and 1.

    Args:
        y_true: targets, (batch, ..., d), -1 or 1; where all are 0 or 1, 0 is taken for -1. Cast to y_pred's dtype.
        y_pred: predictions of a shape that broadcasts with y_true's.

    Returns:
        Losses of shape (batch, ...).

    Raises:
        ValueError: the shapes do not broadcast.

    >>> round(float(hinge([[-1.0, 1.0]], [[0.5, 0.4]])[0]), 4)
    1.05
    """
    targets, predictions = pair(y_true, y_pred, "hinge")
    return ops.mean(ops.maximum(1.0 - _signed(targets) * predictions, 0.0), axis=-1)


def squared_hinge(y_true: TensorLike, y_pred: TensorLike) -> Any:
    """mean(max(1 - y_true y_pred, 0)^2) over the last axis, for targets -1 and 1.

    Args:
        y_true: targets, (batch, ..., d), -1 or 1; where all are 0 or 1, 0 is taken for -1. Cast to y_pred's dtype.
        y_pred: predictions of a shape that broadcasts with y_true's.

    Returns:
        Losses of shape (batch, ...).

    Raises:
        ValueError: the shapes do not broadcast.

    >>> round(float(squared_hinge([[-1.0, 1.0]], [[0.5, 0.4]])[0]), 4)
    1.305
    """
    targets, predictions = pair(y_true, y_pred, "squared_hinge")
    return ops.mean(ops.square(ops.maximum(1.0 - _signed(targets) * predictions, 0.0)), axis=-1)


def categorical_hinge(y_true: TensorLike, y_pred: TensorLike) -> Any:
    """max(1 + wrong - right, 0), for one-hot targets.

    `right` is the prediction for the right class, `wrong` the greatest for another; 0 where all of them are negative.

    Args:
        y_true: targets, (batch, ..., d); cast to y_pred's dtype.
        y_pred: predictions of a shape that broadcasts with y_true's.

    Returns:
        Losses of shape (batch, ...).

    Raises:
        ValueError: the shapes do not broadcast.

    >>> round(float(categorical_hinge([[0, 1]], [[0.6, 0.4]])[0]), 4)
    1.2
    """
    targets, predictions = pair(y_true, y_pred, "categorical_hinge")
    right = ops.sum(targets * predictions, axis=-1)
    wrong = ops.max((1.0 - targets) * predictions, axis=-1)
    return ops.maximum(wrong - right + 1.0, 0.0)


class Hinge(BuiltInLoss):
    """The loss `hinge`, with weights and a reduction.

    Args:
        reduction: as in `Loss`.
        name: default "hinge".
        dtype: as in `Loss`.

    >>> round(float(Hinge()([[-1.0, 1.0]], [[0.5, 0.4]])), 4)
    1.05
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "hinge",
        dtype: str | None = None,
    ) -> None:
        super().__init__(hinge, reduction=reduction, name=name, dtype=dtype)


class SquaredHinge(BuiltInLoss):
    """The loss `squared_hinge`, with weights and a reduction.

    Args:
        reduction: as in `Loss`.
        name: default "squared_hinge".
        dtype: as in `Loss`.

    >>> round(float(SquaredHinge()([[-1.0, 1.0]], [[0.5, 0.4]])), 4)
    1.305
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "squared_hinge",
        dtype: str | None = None,
    ) -> None:
        super().__init__(squared_hinge, reduction=reduction, name=name, dtype=dtype)


class CategoricalHinge(BuiltInLoss):
    """The loss `categorical_hinge`, with weights and a reduction.

    Args:
        reduction: as in `Loss`.
        name: default "categorical_hinge".
        dtype: as in `Loss`.

    >>> round(float(CategoricalHinge()([[0, 1]], [[0.6, 0.4]])), 4)
    1.2
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_hinge",
        dtype: str | None = None,
    ) -> None:
        super().__init__(categorical_hinge, reduction=reduction, name=name, dtype=dtype)


def _signed(targets: Any) -> Any:
    """Targets of 0 and 1 as -1 and 1; others as they are."""
    are_binary = ops.all(ops.logical_or(ops.equal(targets, 0.0), ops.equal(targets, 1.0)))
    return ops.where(are_binary, 2.0 * targets - 1.0, targets)
