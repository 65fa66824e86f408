"""Cross-entropies: of yes and no, of one-hot classes and of labels."""

from __future__ import annotations

import warnings
from typing import Any

from nnfast import ops
from nnfast.graph import TensorLike, is_symbolic, set_mask
from nnfast.graph.dtypes import is_float
from nnfast.losses.shapes import align_ranks, check_labels_fit, check_same_shape, tensors
from nnfast.losses.wrapper import BuiltInLoss


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
    targets, predictions = align_ranks(*tensors(y_true, y_pred))
    check_same_shape(targets, predictions, "binary_crossentropy")
    targets = smoothed(targets, label_smoothing, 2)
    return ops.mean(ops.binary_crossentropy(targets, predictions, from_logits=from_logits), axis=axis)


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
    targets, predictions = tensors(y_true, y_pred)
    advice = "Integer labels need sparse_categorical_crossentropy."
    check_same_shape(targets, predictions, "categorical_crossentropy", advice)
    check_classes(predictions.shape[axis], "categorical_crossentropy")
    targets = smoothed(targets, label_smoothing, targets.shape[-1])
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
        ignore_class: a label whose samples do not count: their loss is 0, and they are masked. Default None.
        axis: the axis of the classes; default the last.

    Returns:
        Losses of shape (batch, ...).

    Raises:
        ValueError: the shapes do not go together, or a label is out of range.

    >>> losses = sparse_categorical_crossentropy([1, 2], [[0.05, 0.95, 0.0], [0.1, 0.8, 0.1]])
    >>> [round(float(loss), 4) for loss in losses]
    [0.0513, 2.3026]
    """
    labels, predictions = ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred)
    if len(labels.shape) == len(predictions.shape) and labels.shape[axis] == 1:
        labels = ops.squeeze(labels, axis=axis)
    check_labels_fit(labels, predictions, axis, "sparse_categorical_crossentropy")
    counts = None
    if ignore_class is not None:
        if not is_float(labels.dtype):
            labels = ops.cast(labels, "int64")  # unsigned labels are none of -1
        counts = ops.not_equal(labels, ignore_class)
        labels = ops.where(counts, labels, 0)
    if not is_symbolic(labels):
        _check_labels(labels, predictions.shape[axis])
    losses = ops.sparse_categorical_crossentropy(labels, predictions, from_logits=from_logits, axis=axis)
    if counts is None:
        return losses
    losses = ops.where(counts, losses, 0.0)
    set_mask(losses, counts)
    return losses


class BinaryCrossentropy(BuiltInLoss):
    """The cross-entropy of targets in [0, 1] and predicted probabilities; see `binary_crossentropy`.

    Args:
        from_logits: whether predictions are logits rather than probabilities; default False.
        label_smoothing: s in [0, 1]: targets become y_true (1 - s) + s / 2; default 0.
        axis: the axis that losses are averaged over; default the last.
        reduction: as in `Loss`.
        name: default "binary_crossentropy".
        dtype: as in `Loss`.

    >>> loss = BinaryCrossentropy(from_logits=True)
    >>> round(float(loss([0.0, 1.0, 0.0, 0.0], [-18.6, 0.51, 2.94, -12.8])), 4)
    0.8655
    """

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "binary_crossentropy",
        dtype: str | None = None,
    ) -> None:
        super().__init__(
            binary_crossentropy,
            reduction=reduction,
            name=name,
            dtype=dtype,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )


class CategoricalCrossentropy(BuiltInLoss):
    """The cross-entropy of one-hot targets and predicted classes; see `categorical_crossentropy`.

    Args:
        from_logits: whether predictions are logits rather than probabilities; default False.
        label_smoothing: s in [0, 1]: targets become y_true (1 - s) + s / classes; default 0.
        axis: the axis of the classes; default the last.
        reduction: as in `Loss`.
        name: default "categorical_crossentropy".
        dtype: as in `Loss`.

    >>> loss = CategoricalCrossentropy()
    >>> round(float(loss([[0, 1, 0], [0, 0, 1]], [[0.05, 0.95, 0.0], [0.1, 0.8, 0.1]])), 4)
    1.1769
    """

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_crossentropy",
        dtype: str | None = None,
    ) -> None:
        super().__init__(
            categorical_crossentropy,
            reduction=reduction,
            name=name,
            dtype=dtype,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )


class SparseCategoricalCrossentropy(BuiltInLoss):
    """The cross-entropy of integer labels and predicted classes; see `sparse_categorical_crossentropy`.

    Args:
        from_logits: whether predictions are logits rather than probabilities; default False.
        ignore_class: a label whose samples do not count; default None.
        reduction: as in `Loss`.
        axis: the axis of the classes; default the last.
        name: default "sparse_categorical_crossentropy".
        dtype: as in `Loss`; labels keep their own.

    >>> loss = SparseCategoricalCrossentropy()
    >>> round(float(loss([1, 2], [[0.05, 0.95, 0.0], [0.1, 0.8, 0.1]])), 4)
    1.1769
    """

    takes_labels = True

    def __init__(
        self,
        from_logits: bool = False,
        ignore_class: int | None = None,
        reduction: str | None = "sum_over_batch_size",
        axis: int = -1,
        name: str | None = "sparse_categorical_crossentropy",
        dtype: str | None = None,
    ) -> None:
        super().__init__(
            sparse_categorical_crossentropy,
            reduction=reduction,
            name=name,
            dtype=dtype,
            from_logits=from_logits,
            ignore_class=ignore_class,
            axis=axis,
        )


def _check_labels(labels: Any, classes: int) -> None:
    wrong = [label for label in labels.reshape(-1).tolist() if not 0 <= label < classes]
    if wrong:
        raise ValueError(
            f"Expected labels from 0 to {classes - 1}, for predictions of {classes} classes, got {wrong[0]}"
        )


def check_classes(classes: int, caller: str) -> None:
    """Warn of predictions of a single class."""
    if classes == 1:
        warnings.warn(
            f"{caller} of predictions of one class: the loss is 0; for a yes or no, use binary_crossentropy",
            SyntaxWarning,
            stacklevel=3,
        )


def smoothed(targets: Any, label_smoothing: float, classes: int) -> Any:
    """The targets, moved towards 1 / classes by a fraction; a ValueError unless that is in [0, 1]."""
    if not 0.0 <= label_smoothing <= 1.0:
        raise ValueError(f"label_smoothing must lie in [0, 1], got {label_smoothing!r}")
    return targets * (1.0 - label_smoothing) + label_smoothing / classes if label_smoothing else targets
