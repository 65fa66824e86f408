"""Losses of single numbers and of vectors: how far predictions are from targets."""

from __future__ import annotations

import math
from typing import Any

from nnfast import config, ops
from nnfast.graph import TensorLike
from nnfast.losses.shapes import pair
from nnfast.losses.wrapper import BuiltInLoss


def mean_squared_error(y_true: TensorLike, y_pred: TensorLike) -> Any:
    """mean((y_true - y_pred)^2) over the last axis.

    Args:
        y_true: targets, (batch, ..., d); cast to y_pred's dtype.
        y_pred: predictions of a shape that broadcasts with y_true's.

    Returns:
        Losses of shape (batch, ...).

    Raises:
        ValueError: the shapes do not broadcast.

    >>> mean_squared_error([[0.0, 1.0], [0.0, 0.0]], [[1.0, 1.0], [1.0, 0.0]]).tolist()
    [0.5, 0.5]
    """
    targets, predictions = pair(y_true, y_pred, "mean_squared_error")
    return ops.mean(ops.square(targets - predictions), axis=-1)


def mean_absolute_error(y_true: TensorLike, y_pred: TensorLike) -> Any:
    """mean(|y_true - y_pred|) over the last axis.

    Args:
        y_true: targets, (batch, ..., d); cast to y_pred's dtype.
        y_pred: predictions of a shape that broadcasts with y_true's.

    Returns:
        Losses of shape (batch, ...).

    Raises:
        ValueError: the shapes do not broadcast.

    >>> round(float(mean_absolute_error([[0.25, 0.75]], [[0.5, 0.5]])[0]), 4)
    0.25
    """
    targets, predictions = pair(y_true, y_pred, "mean_absolute_error")
    return ops.mean(ops.abs(targets - predictions), axis=-1)


def mean_absolute_percentage_error(y_true: TensorLike, y_pred: TensorLike) -> Any:
    """100 mean(|y_true - y_pred| / max(|y_true|, epsilon)) over the last axis.

    Args:
        y_true: targets, (batch, ..., d); cast to y_pred's dtype.
        y_pred: predictions of a shape that broadcasts with y_true's.

    Returns:
        Losses of shape (batch, ...).

    Raises:
        ValueError: the shapes do not broadcast.

    >>> round(float(mean_absolute_percentage_error([[0.25, 0.75]], [[0.5, 0.5]])[0]), 4)
    66.6667
    """
    targets, predictions = pair(y_true, y_pred, "mean_absolute_percentage_error")
    return 100.0 * ops.mean(ops.abs((targets - predictions) / ops.maximum(ops.abs(targets), config.epsilon())), axis=-1)


def mean_squared_logarithmic_error(y_true: TensorLike, y_pred: TensorLike) -> Any:
    """mean((log(y_true + 1) - log(y_pred + 1))^2) over the last axis, of values not below epsilon.

    Args:
        y_true: targets, (batch, ..., d); cast to y_pred's dtype.
        y_pred: predictions of a shape that broadcasts with y_true's.

    Returns:
        Losses of shape (batch, ...).

    Raises:
        ValueError: the shapes do not broadcast.

    >>> round(float(mean_squared_logarithmic_error([[0.25, 0.75]], [[0.5, 0.5]])[0]), 4)
    0.0285
    """
    targets, predictions = pair(y_true, y_pred, "mean_squared_logarithmic_error")
    return ops.mean(
        ops.square(
            ops.log(ops.maximum(predictions, config.epsilon()) + 1.0)
            - ops.log(ops.maximum(targets, config.epsilon()) + 1.0)
        ),
        axis=-1,
    )


def log_cosh(y_true: TensorLike, y_pred: TensorLike) -> Any:
    """mean(log(cosh(y_pred - y_true))) over the last axis.

    Args:
        y_true: targets, (batch, ..., d); cast to y_pred's dtype.
        y_pred: predictions of a shape that broadcasts with y_true's.

    Returns:
        Losses of shape (batch, ...).

    Raises:
        ValueError: the shapes do not broadcast.

    >>> round(float(log_cosh([[0.25, 0.75]], [[0.5, 0.5]])[0]), 4)
    0.0309
    """
    targets, predictions = pair(y_true, y_pred, "log_cosh")
    error = predictions - targets
    return ops.mean(error + ops.softplus(error * -2.0) - math.log(2.0), axis=-1)


def huber(y_true: TensorLike, y_pred: TensorLike, delta: float = 1.0) -> Any:
    """error^2 / 2 up to an error of delta, and from there on linear, in the mean over the last axis.

    Args:
        y_true: targets, (batch, ..., d); cast to y_pred's dtype.
        y_pred: predictions of a shape that broadcasts with y_true's.
        delta: the error from which on the loss is linear; default 1.

    Returns:
        Losses of shape (batch, ...).

    Raises:
        ValueError: the shapes do not broadcast.

    >>> round(float(huber([[0.0, 1.0]], [[0.5, 3.0]])[0]), 4)
    0.8125
    """
    targets, predictions = pair(y_true, y_pred, "huber")
    error = ops.abs(predictions - targets)
    linear = delta * error - 0.5 * delta**2
    return ops.mean(ops.where(error <= delta, 0.5 * ops.square(error), linear), axis=-1)


def cosine_similarity(y_true: TensorLike, y_pred: TensorLike, axis: int = -1) -> Any:
    """Minus the cosine of the angle between y_true and y_pred: -1 where they point the same way, 1 where opposite.

    Args:
        y_true: targets, (batch, ..., d); cast to y_pred's dtype.
        y_pred: predictions of a shape that broadcasts with y_true's.
        axis: the axis of the vectors' coordinates; default the last.

    Returns:
        Losses of the common shape without that axis.

    Raises:
        ValueError: the shapes do not broadcast.

    >>> [round(float(loss), 4) for loss in cosine_similarity([[0.0, 1.0], [1.0, 1.0]], [[0.0, -1.0], [1.0, 1.0]])]
    [1.0, -1.0]
    """
    targets, predictions = pair(y_true, y_pred, "cosine_similarity")
    return -ops.sum(ops.normalize(targets, axis=axis) * ops.normalize(predictions, axis=axis), axis=axis)


class MeanSquaredError(BuiltInLoss):
    """The mean of (y_true - y_pred)^2.

    Args:
        reduction: as in `Loss`.
        name: default "mean_squared_error".
        dtype: as in `Loss`.

    >>> round(float(MeanSquaredError()([1.0, 0.0, 1.0], [0.9, 0.1, 0.8])), 6)
    0.02
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_squared_error",
        dtype: str | None = None,
    ) -> None:
        super().__init__(mean_squared_error, reduction=reduction, name=name, dtype=dtype)


class MeanAbsoluteError(BuiltInLoss):
    """The loss `mean_absolute_error`, with weights and a reduction.

    Args:
        reduction: as in `Loss`.
        name: default "mean_absolute_error".
        dtype: as in `Loss`.

    >>> round(float(MeanAbsoluteError()([[0.25, 0.75]], [[0.5, 0.5]])), 4)
    0.25
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_absolute_error",
        dtype: str | None = None,
    ) -> None:
        super().__init__(mean_absolute_error, reduction=reduction, name=name, dtype=dtype)


class MeanAbsolutePercentageError(BuiltInLoss):
    """The loss `mean_absolute_percentage_error`, with weights and a reduction.

    Args:
        reduction: as in `Loss`.
        name: default "mean_absolute_percentage_error".
        dtype: as in `Loss`.

    >>> round(float(MeanAbsolutePercentageError()([[0.25, 0.75]], [[0.5, 0.5]])), 4)
    66.6667
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_absolute_percentage_error",
        dtype: str | None = None,
    ) -> None:
        super().__init__(mean_absolute_percentage_error, reduction=reduction, name=name, dtype=dtype)


class MeanSquaredLogarithmicError(BuiltInLoss):
    """The loss `mean_squared_logarithmic_error`, with weights and a reduction.

    Args:
        reduction: as in `Loss`.
        name: default "mean_squared_logarithmic_error".
        dtype: as in `Loss`.

    >>> round(float(MeanSquaredLogarithmicError()([[0.25, 0.75]], [[0.5, 0.5]])), 4)
    0.0285
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_squared_logarithmic_error",
        dtype: str | None = None,
    ) -> None:
        super().__init__(mean_squared_logarithmic_error, reduction=reduction, name=name, dtype=dtype)


class LogCosh(BuiltInLoss):
    """The loss `log_cosh`, with weights and a reduction.

    Args:
        reduction: as in `Loss`.
        name: default "log_cosh".
        dtype: as in `Loss`.

    >>> round(float(LogCosh()([[0.25, 0.75]], [[0.5, 0.5]])), 4)
    0.0309
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "log_cosh",
        dtype: str | None = None,
    ) -> None:
        super().__init__(log_cosh, reduction=reduction, name=name, dtype=dtype)


class Huber(BuiltInLoss):
    """The loss `huber`, with weights and a reduction.

    Args:
        delta: the error from which on the loss is linear; default 1.
        reduction: as in `Loss`.
        name: default "huber_loss".
        dtype: as in `Loss`.

    >>> round(float(Huber()([[0.0, 1.0]], [[0.5, 3.0]])), 4)
    0.8125
    """

    def __init__(
        self,
        delta: float = 1.0,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "huber_loss",
        dtype: str | None = None,
    ) -> None:
        super().__init__(
            huber,
            reduction=reduction,
            name=name,
            dtype=dtype,
            delta=delta,
        )


class CosineSimilarity(BuiltInLoss):
    """The loss `cosine_similarity`, with weights and a reduction.

    Args:
        axis: the axis of the vectors' coordinates; default the last.
        reduction: as in `Loss`.
        name: default "cosine_similarity".
        dtype: as in `Loss`.

    >>> round(float(CosineSimilarity()([[0.0, 1.0], [1.0, 1.0]], [[1.0, 0.0], [1.0, 1.0]])), 4)
    -0.5
    """

    def __init__(
        self,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "cosine_similarity",
        dtype: str | None = None,
    ) -> None:
        super().__init__(
            cosine_similarity,
            reduction=reduction,
            name=name,
            dtype=dtype,
            axis=axis,
        )
