"""The losses as functions: one value a sample, weights and reduction left to the caller."""

from __future__ import annotations

import warnings
from typing import Any

from nnfast import ops
from nnfast.graph import TensorLike, is_symbolic
from nnfast.losses.shapes import align_ranks, check_broadcastable, check_same_shape


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
    targets, predictions = align_ranks(*_tensors(y_true, y_pred))
    check_broadcastable(targets, predictions, ("y_true", "y_pred"), "mean_squared_error")
    return ops.mean(ops.square(targets - predictions), axis=-1)


def categorical_crossentropy(
    y_true: TensorLike,
    y_pred: TensorLike,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Any:
    """-sum(y_true * log(y_pred)) over the classes, for one-hot targets.

    Probabilities are first divided by their sum over the classes and clipped to [epsilon, 1 - epsilon]. Predictions
    that come straight from a softmax are not: the loss is then computed from its logits.

    Args:
        y_true: one-hot targets or probabilities, (batch, ..., classes); cast to y_pred's dtype.
        y_pred: probabilities, or logits if `from_logits`, of y_true's shape.
        from_logits: whether y_pred holds logits.
        label_smoothing: s in [0, 1]: targets become y_true (1 - s) + s / classes.
        axis: the axis of the classes; default the last.

    Returns:
        Losses of y_true's shape without that axis.

    Raises:
        ValueError: the shapes differ, or label_smoothing is outside [0, 1].

    >>> losses = categorical_crossentropy([[0, 1, 0], [0, 0, 1]], [[0.05, 0.95, 0.0], [0.1, 0.8, 0.1]])
    >>> [round(float(loss), 4) for loss in losses]
    [0.0513, 2.3026]
    """
    targets, predictions = _tensors(y_true, y_pred)
    advice = "Integer labels need sparse_categorical_crossentropy."
    check_same_shape(targets, predictions, "categorical_crossentropy", advice)
    if predictions.shape[axis] == 1:
        warnings.warn(
            f"categorical_crossentropy of predictions {tuple(predictions.shape)}: with one class the loss is 0; for a "
            "yes or no, use binary_crossentropy",
            SyntaxWarning,
            stacklevel=2,
        )
    if _checked_smoothing(label_smoothing):
        targets = targets * (1.0 - label_smoothing) + label_smoothing / targets.shape[-1]
    return ops.categorical_crossentropy(targets, predictions, from_logits=from_logits, axis=axis)


def sparse_categorical_crossentropy(
    y_true: TensorLike,
    y_pred: TensorLike,
    from_logits: bool = False,
    ignore_class: int | None = None,
    axis: int = -1,
) -> Any:
    """-log(y_pred[label]), for targets that are integer labels.

    Probabilities are treated as in `categorical_crossentropy`.

    Args:
        y_true: labels in [0, classes), (batch, ...) or (batch, ..., 1), of any real dtype.
        y_pred: probabilities, or logits if `from_logits`, (batch, ..., classes).
        from_logits: whether y_pred holds logits.
        ignore_class: only None for now.
        axis: the axis of the classes; default the last.

    Returns:
        Losses of shape (batch, ...).

    Raises:
        ValueError: the shapes do not go together, a label is out of range, or ignore_class is not None.

    >>> losses = sparse_categorical_crossentropy([1, 2], [[0.05, 0.95, 0.0], [0.1, 0.8, 0.1]])
    >>> [round(float(loss), 4) for loss in losses]
    [0.0513, 2.3026]
    """
    check_ignore_class(ignore_class)
    labels, predictions = ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred)
    if len(labels.shape) == len(predictions.shape) and labels.shape[axis] == 1:
        labels = ops.squeeze(labels, axis=axis)
    rows = list(predictions.shape)
    del rows[axis]
    if list(labels.shape) != rows:
        raise ValueError(
            "sparse_categorical_crossentropy needs one label for each row of predictions, got y_true "
            f"{tuple(labels.shape)} and y_pred {tuple(predictions.shape)}. One-hot targets need "
            "categorical_crossentropy."
        )
    if not is_symbolic(labels):
        _check_labels(labels, predictions.shape[axis])
    return ops.sparse_categorical_crossentropy(labels, predictions, from_logits=from_logits, axis=axis)


def binary_crossentropy(
    y_true: TensorLike,
    y_pred: TensorLike,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Any:
    """-mean(y_true log(y_pred) + (1 - y_true) log(1 - y_pred)) over the last axis.

    Probabilities are first clipped to [epsilon, 1 - epsilon]. Predictions that come straight from a sigmoid are not:
    the loss is then computed from its logits.

    Args:
        y_true: targets in [0, 1], (batch, ..., d); cast to y_pred's dtype.
        y_pred: probabilities, or logits if `from_logits`, of y_true's shape.
        from_logits: whether y_pred holds logits.
        label_smoothing: s in [0, 1]: targets become y_true (1 - s) + s / 2.
        axis: the axis of the mean; default the last.

    Returns:
        Losses of y_true's shape without that axis.

    Raises:
        ValueError: the shapes differ, or label_smoothing is outside [0, 1].

    >>> losses = binary_crossentropy([[0, 1], [0, 0]], [[0.6, 0.4], [0.4, 0.6]])
    >>> [round(float(loss), 4) for loss in losses]
    [0.9163, 0.7136]
    """
    targets, predictions = align_ranks(*_tensors(y_true, y_pred))
    check_same_shape(targets, predictions, "binary_crossentropy")
    if _checked_smoothing(label_smoothing):
        targets = targets * (1.0 - label_smoothing) + 0.5 * label_smoothing
    return ops.mean(ops.binary_crossentropy(targets, predictions, from_logits=from_logits), axis=axis)


def check_ignore_class(ignore_class: int | None) -> None:
    """Raise a ValueError unless `ignore_class` is None."""
    if ignore_class is not None:
        raise ValueError(
            f"ignore_class is not available yet, got {ignore_class!r}; give the samples of that class the weight 0 "
            "with sample_weight"
        )


def _tensors(y_true: TensorLike, y_pred: TensorLike) -> tuple[Any, Any]:
    """Both as tensors, the targets in the predictions' dtype."""
    predictions = ops.convert_to_tensor(y_pred)
    return ops.cast(y_true, predictions.dtype), predictions


def _check_labels(labels: Any, classes: int) -> None:
    wrong = [label for label in labels.reshape(-1).tolist() if not 0 <= label < classes]
    if wrong:
        raise ValueError(
            f"Expected labels from 0 to {classes - 1}, for predictions of {classes} classes, got {wrong[0]}"
        )


def _checked_smoothing(label_smoothing: float) -> float:
    if not 0.0 <= label_smoothing <= 1.0:
        raise ValueError(f"label_smoothing must lie in [0, 1], got {label_smoothing!r}")
    return label_smoothing
