"""Losses of single numbers and of distributions as functions: one value a sample, as in `losses.functions`."""

from __future__ import annotations

import math
from typing import Any

from nnfast import config, ops
from nnfast.graph import TensorLike
from nnfast.losses.shapes import align_ranks, check_broadcastable


def _pair(y_true: TensorLike, y_pred: TensorLike, caller: str) -> tuple[Any, Any]:
    """Targets, in the predictions' dtype, and predictions; a ValueError unless their shapes broadcast."""
    predictions = ops.convert_to_tensor(y_pred)
    targets, predictions = align_ranks(ops.cast(y_true, predictions.dtype), predictions)
    check_broadcastable(targets, predictions, ("y_true", "y_pred"), caller)
    return targets, predictions


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
    targets, predictions = _pair(y_true, y_pred, "mean_absolute_error")
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
    targets, predictions = _pair(y_true, y_pred, "mean_absolute_percentage_error")
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
    targets, predictions = _pair(y_true, y_pred, "mean_squared_logarithmic_error")
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
    targets, predictions = _pair(y_true, y_pred, "log_cosh")
    error = predictions - targets
    return ops.mean(error + ops.softplus(error * -2.0) - math.log(2.0), axis=-1)


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
    targets, predictions = _pair(y_true, y_pred, "poisson")
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
    targets, predictions = _pair(y_true, y_pred, "kl_divergence")
    targets, predictions = ops.clip(targets, config.epsilon(), 1.0), ops.clip(predictions, config.epsilon(), 1.0)
    return ops.sum(targets * ops.log(targets / predictions), axis=-1)
