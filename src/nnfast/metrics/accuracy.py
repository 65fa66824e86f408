"""Accuracies: how often predictions are right. As functions (1 or 0 a prediction) and as metrics."""

from __future__ import annotations

from typing import Any

from nnfast import config, ops
from nnfast.graph import TensorLike
from nnfast.losses.shapes import align_ranks, check_broadcastable, check_labels_fit, check_same_shape
from nnfast.metrics.reductions import BuiltInMeanMetric


def accuracy(y_true: TensorLike, y_pred: TensorLike) -> Any:
    """1 where y_pred equals y_true, 0 elsewhere.

    Args:
        y_true: targets, cast to y_pred's dtype.
        y_pred: predictions of a shape that broadcasts with y_true's.

    Returns:
        Ones and zeros of the common shape, in `config.floatx()`.

    Raises:
        ValueError: the shapes do not broadcast.

    >>> accuracy([1, 2, 3], [1, 0, 3]).tolist()
    [1.0, 0.0, 1.0]
    """
    predictions = ops.convert_to_tensor(y_pred)
    targets, predictions = align_ranks(ops.cast(y_true, predictions.dtype), predictions)
    check_broadcastable(targets, predictions, ("y_true", "y_pred"), "accuracy")
    return ops.cast(ops.equal(targets, predictions), config.floatx())


def binary_accuracy(y_true: TensorLike, y_pred: TensorLike, threshold: float = 0.5) -> Any:
    """1 where (y_pred > threshold) equals y_true, 0 elsewhere.

    Args:
        y_true: targets, 0 or 1.
        y_pred: probabilities of a shape that broadcasts with y_true's.
        threshold: what a probability must exceed to mean 1; default 0.5.

    Returns:
        Ones and zeros of the common shape, in `config.floatx()`.

    Raises:
        ValueError: the shapes do not broadcast.

    >>> binary_accuracy([1, 1, 0, 0], [0.9, 0.5, 0.1, 0.6]).tolist()
    [1.0, 0.0, 1.0, 0.0]
    """
    targets, predictions = align_ranks(ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred))
    check_broadcastable(targets, predictions, ("y_true", "y_pred"), "binary_accuracy")
    decisions = ops.cast(ops.greater(predictions, threshold), targets.dtype)
    return ops.cast(ops.equal(targets, decisions), config.floatx())


def categorical_accuracy(y_true: TensorLike, y_pred: TensorLike) -> Any:
    """1 where y_pred and y_true are largest at the same class, 0 elsewhere.

    Args:
        y_true: one-hot targets or probabilities, (batch, ..., classes).
        y_pred: probabilities or logits of y_true's shape.

    Returns:
        Ones and zeros of shape (batch, ...), in `config.floatx()`.

    Raises:
        ValueError: the shapes differ.

    >>> categorical_accuracy([[0, 0, 1], [0, 1, 0]], [[0.1, 0.9, 0.8], [0.05, 0.95, 0.0]]).tolist()
    [0.0, 1.0]
    """
    targets, predictions = ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred)
    check_same_shape(targets, predictions, "categorical_accuracy", "Integer labels need sparse_categorical_accuracy.")
    return ops.cast(ops.equal(ops.argmax(targets, axis=-1), ops.argmax(predictions, axis=-1)), config.floatx())


def sparse_categorical_accuracy(y_true: TensorLike, y_pred: TensorLike) -> Any:
    """1 where y_pred is largest at the class that y_true names, 0 elsewhere.

    Args:
        y_true: labels, (batch, ...) or (batch, ..., 1), of any real dtype.
        y_pred: probabilities or logits, (batch, ..., classes).

    Returns:
        Ones and zeros of shape (batch, ...), in `config.floatx()`.

    Raises:
        ValueError: the shapes do not go together.

    >>> sparse_categorical_accuracy([2, 1], [[0.1, 0.6, 0.3], [0.05, 0.95, 0.0]]).tolist()
    [0.0, 1.0]
    """
    labels, predictions = ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred)
    if len(labels.shape) == len(predictions.shape) and labels.shape[-1] == 1:
        labels = ops.squeeze(labels, axis=-1)
    if tuple(labels.shape) != tuple(predictions.shape[:-1]):
        raise ValueError(
            "sparse_categorical_accuracy needs one label for each row of predictions, got y_true "
            f"{tuple(labels.shape)} and y_pred {tuple(predictions.shape)}. One-hot targets need categorical_accuracy."
        )
    matches = ops.cast(ops.equal(labels, ops.argmax(predictions, axis=-1)), config.floatx())
    return ops.squeeze(matches, axis=-1) if len(matches.shape) > 1 and matches.shape[-1] == 1 else matches


def top_k_categorical_accuracy(y_true: TensorLike, y_pred: TensorLike, k: int = 5) -> Any:
    """1 where the one-hot target's class is among the k greatest predictions, 0 elsewhere.

    Args:
        y_true: one-hot targets or probabilities, (batch, ..., classes).
        y_pred: probabilities or logits of y_true's shape.
        k: how many predictions count; default 5.

    Returns:
        Ones and zeros of shape (batch, ...), in `config.floatx()`.

    Raises:
        ValueError: the shapes differ.

    >>> top_k_categorical_accuracy([[0, 0, 1], [0, 1, 0]], [[0.1, 0.9, 0.8], [0.05, 0.9, 0.95]], k=1).tolist()
    [0.0, 0.0]
    """
    targets, predictions = ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred)
    check_same_shape(targets, predictions, "top_k_categorical_accuracy")
    return sparse_top_k_categorical_accuracy(ops.argmax(targets, axis=-1), predictions, k)


def sparse_top_k_categorical_accuracy(
    y_true: TensorLike, y_pred: TensorLike, k: int = 5, from_sorted_ids: bool = False
) -> Any:
    """1 where the labelled class is among the k greatest predictions, 0 elsewhere.

    Args:
        y_true: labels, (batch, ...) or (batch, ..., 1), of any real dtype.
        y_pred: probabilities or logits, (batch, ..., classes).
        k: how many predictions count; default 5.
        from_sorted_ids: whether y_pred holds class numbers, the likeliest first, instead of probabilities.

    Returns:
        Ones and zeros of y_true's shape, in `config.floatx()`.

    Raises:
        ValueError: the shapes do not go together.

    >>> sparse_top_k_categorical_accuracy([2, 1], [[0.1, 0.6, 0.3], [0.05, 0.95, 0.0]], k=2).tolist()
    [1.0, 1.0]
    """
    labels, predictions = ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred)
    shape = labels.shape
    if len(labels.shape) == len(predictions.shape) and labels.shape[-1] == 1:
        labels = ops.squeeze(labels, axis=-1)
    check_labels_fit(labels, predictions, -1, "sparse_top_k_categorical_accuracy")
    if from_sorted_ids:
        matches = ops.any(ops.equal(ops.expand_dims(labels, -1), predictions[..., :k]), axis=-1)
    else:
        matches = ops.in_top_k(labels, predictions, k)
    return ops.reshape(ops.cast(matches, config.floatx()), shape)


class Accuracy(BuiltInMeanMetric):
    """How often predictions equal targets; see `accuracy`.

    Args:
        name: default "accuracy".
        dtype: as in `Metric`.

    >>> float(Accuracy()([1, 2, 3, 4], [0, 2, 3, 4]))
    0.75
    """

    def __init__(self, name: str | None = "accuracy", dtype: str | None = None) -> None:
        super().__init__(accuracy, name=name, dtype=dtype)


class BinaryAccuracy(BuiltInMeanMetric):
    """How often probabilities fall on the right side of a threshold; see `binary_accuracy`.

    Args:
        name: default "binary_accuracy".
        dtype: as in `Metric`.
        threshold: what a probability must exceed to mean 1, in [0, 1]; default 0.5.

    >>> float(BinaryAccuracy()([[1], [1], [0], [0]], [[0.98], [1.0], [0.0], [0.6]]))
    0.75
    """

    def __init__(self, name: str | None = "binary_accuracy", dtype: str | None = None, threshold: float = 0.5) -> None:
        super().__init__(binary_accuracy, name=name, dtype=dtype, threshold=threshold)


class CategoricalAccuracy(BuiltInMeanMetric):
    """How often the largest prediction is the one-hot target's class; see `categorical_accuracy`.

    Args:
        name: default "categorical_accuracy".
        dtype: as in `Metric`.

    >>> float(CategoricalAccuracy()([[0, 0, 1], [0, 1, 0]], [[0.1, 0.9, 0.8], [0.05, 0.95, 0.0]]))
    0.5
    """

    def __init__(self, name: str | None = "categorical_accuracy", dtype: str | None = None) -> None:
        super().__init__(categorical_accuracy, name=name, dtype=dtype)


class SparseCategoricalAccuracy(BuiltInMeanMetric):
    """How often the largest prediction is the labelled class; see `sparse_categorical_accuracy`.

    Args:
        name: default "sparse_categorical_accuracy".
        dtype: as in `Metric`.

    >>> float(SparseCategoricalAccuracy()([[2], [1]], [[0.1, 0.6, 0.3], [0.05, 0.95, 0.0]]))
    0.5
    """

    def __init__(self, name: str | None = "sparse_categorical_accuracy", dtype: str | None = None) -> None:
        super().__init__(sparse_categorical_accuracy, name=name, dtype=dtype)


class TopKCategoricalAccuracy(BuiltInMeanMetric):
    """How often the one-hot target's class is among the k greatest predictions; see `top_k_categorical_accuracy`.

    Args:
        k: how many predictions count; default 5.
        name: default "top_k_categorical_accuracy".
        dtype: as in `Metric`.

    >>> float(TopKCategoricalAccuracy(k=1)([[0, 0, 1], [0, 1, 0]], [[0.1, 0.9, 0.8], [0.05, 0.95, 0.0]]))
    0.5
    """

    def __init__(self, k: int = 5, name: str | None = "top_k_categorical_accuracy", dtype: str | None = None) -> None:
        super().__init__(top_k_categorical_accuracy, name=name, dtype=dtype, k=k)


class SparseTopKCategoricalAccuracy(BuiltInMeanMetric):
    """How often the labelled class is among the k greatest predictions; see `sparse_top_k_categorical_accuracy`.

    Args:
        k: how many predictions count; default 5.
        name: default "sparse_top_k_categorical_accuracy".
        dtype: as in `Metric`.
        from_sorted_ids: whether predictions are class numbers, the likeliest first, instead of probabilities.

    >>> float(SparseTopKCategoricalAccuracy(k=1)([2, 1], [[0.1, 0.9, 0.8], [0.05, 0.95, 0.0]]))
    0.5
    """

    def __init__(
        self,
        k: int = 5,
        name: str | None = "sparse_top_k_categorical_accuracy",
        dtype: str | None = None,
        from_sorted_ids: bool = False,
    ) -> None:
        super().__init__(
            sparse_top_k_categorical_accuracy, name=name, dtype=dtype, k=k, from_sorted_ids=from_sorted_ids
        )
