"""Losses that compare distributions: Poisson and Kullback-Leibler divergence."""

from __future__ import annotations

from typing import Any

from nnfast import config, ops
from nnfast.graph import TensorLike
from nnfast.losses.shapes import pair
from nnfast.losses.wrapper import BuiltInLoss


def poisson(y_true: TensorLike, y_pred: TensorLike) -> Any:
    """mean(y_pred - y_true log(y_pred + epsilon)) over the last axis.

    Args:
        y_true: targets, (batch, ..., d); cast to y_pred's dtype.
        y_pred: predictions of a shape that broadcasts with y_true's.

    Returns:
        Losses of shape (batch, ...).

    Raises:
        ValueError: the shapes do not broadcast.

    >>> round(float(poisson([[0.25, 0.75]], [[0.5, 0.5]])[0]), 4)
    0.8466
    """
    targets, predictions = pair(y_true, y_pred, "poisson")
    return ops.mean(predictions - targets * ops.log(predictions + config.epsilon()), axis=-1)


def kl_divergence(y_true: TensorLike, y_pred: TensorLike) -> Any:
    """sum(y_true log(y_true / y_pred)) over the last axis, of values clipped to [epsilon, 1].

    Args:
        y_true: targets, (batch, ..., d); cast to y_pred's dtype.
        y_pred: predictions of a shape that broadcasts with y_true's.

    Returns:
        Losses of shape (batch, ...).

    Raises:
        ValueError: the shapes do not broadcast.

    >>> round(float(kl_divergence([[0.25, 0.75]], [[0.5, 0.5]])[0]), 4)
    0.1308
    """
    targets, predictions = pair(y_true, y_pred, "kl_divergence")
    targets, predictions = ops.clip(targets, config.epsilon(), 1.0), ops.clip(predictions, config.epsilon(), 1.0)
    return ops.sum(targets * ops.log(targets / predictions), axis=-1)


class Poisson(BuiltInLoss):
    """The loss `poisson`, with weights and a reduction.

    Args:
        reduction: as in `Loss`.
        name: default "poisson".
        dtype: as in `Loss`.

    >>> round(float(Poisson()([[0.25, 0.75]], [[0.5, 0.5]])), 4)
    0.8466
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "poisson",
        dtype: str | None = None,
    ) -> None:
        super().__init__(poisson, reduction=reduction, name=name, dtype=dtype)


class KLDivergence(BuiltInLoss):
    """The loss `kl_divergence`, with weights and a reduction.

    Args:
        reduction: as in `Loss`.
        name: default "kl_divergence".
        dtype: as in `Loss`.

    >>> round(float(KLDivergence()([[0.25, 0.75]], [[0.5, 0.5]])), 4)
    0.1308
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "kl_divergence",
        dtype: str | None = None,
    ) -> None:
        super().__init__(kl_divergence, reduction=reduction, name=name, dtype=dtype)
