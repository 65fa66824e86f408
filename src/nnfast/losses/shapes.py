"""What the shapes of targets, predictions and weights say, for losses and metrics alike."""

from __future__ import annotations

from typing import Any

from nnfast import ops
from nnfast.graph import Shape, TensorLike
from nnfast.ops.shapes import broadcast_shapes


def align_ranks(first: Any, second: Any) -> tuple[Any, Any]:
    """The two tensors with equal ranks, where a last axis of length 1 is all that differs.

    A vector is expanded to the other's (n, 1); from higher ranks the 1 is dropped. Other tensors come back as they are.
    """
    if len(first.shape) == len(second.shape) + 1 and first.shape[-1] == 1:
        if len(second.shape) == 1:
            return first, ops.expand_dims(second, axis=-1)
        return ops.squeeze(first, axis=-1), second
    if len(second.shape) == len(first.shape) + 1 and second.shape[-1] == 1:
        second, first = align_ranks(second, first)
    return first, second


def check_same_shape(y_true: Any, y_pred: Any, caller: str, advice: str = "") -> None:
    """Raise a ValueError that names both shapes unless they are equal."""
    if tuple(y_true.shape) != tuple(y_pred.shape):
        raise ValueError(
            f"{caller}: y_true and y_pred must have the same shape, got y_true {tuple(y_true.shape)} and "
            f"y_pred {tuple(y_pred.shape)}. {advice}".rstrip()
        )


def check_broadcastable(first: Any, second: Any, names: tuple[str, str], caller: str) -> None:
    """Raise a ValueError that names both shapes unless they broadcast."""
    try:
        common: Shape | None = broadcast_shapes(first.shape, second.shape)
    except ValueError:
        common = None
    if common is None or common.count(None) > 1:  # the batch of one beside that of the other
        raise ValueError(
            f"{caller} cannot combine {names[0]} of shape {tuple(first.shape)} with {names[1]} of shape "
            f"{tuple(second.shape)}: two lengths of an axis must be equal unless one is 1"
        )


def kind_of_targets(y_true_shape: Shape, y_pred_shape: Shape) -> str:
    """How Keras reads targets of this shape: "binary", "sparse_categorical" or "categorical".

    >>> kind_of_targets((None, 1), (None, 1)), kind_of_targets((None,), (None, 10)), kind_of_targets((8, 3), (8, 3))
    ('binary', 'sparse_categorical', 'categorical')
    """
    classes = y_pred_shape[-1] if y_pred_shape else 1
    if classes == 1:
        return "binary"
    if len(y_true_shape) < len(y_pred_shape) or y_true_shape[-1] == 1:
        return "sparse_categorical"
    return "categorical"


def tensors(y_true: TensorLike, y_pred: TensorLike) -> tuple[Any, Any]:
    """Both as tensors, the targets in the predictions' dtype."""
    predictions = ops.convert_to_tensor(y_pred)
    return ops.cast(y_true, predictions.dtype), predictions


def pair(y_true: TensorLike, y_pred: TensorLike, caller: str) -> tuple[Any, Any]:
    """Targets, in the predictions' dtype, and predictions; a ValueError unless their shapes broadcast."""
    targets, predictions = align_ranks(*tensors(y_true, y_pred))
    check_broadcastable(targets, predictions, ("y_true", "y_pred"), caller)
    return targets, predictions


def check_labels_fit(labels: Any, predictions: Any, axis: int, caller: str) -> None:
    """Raise a ValueError that names both shapes unless there is one label for each row of predictions."""
    rows = list(predictions.shape)
    del rows[axis]
    if list(labels.shape) != rows:
        raise ValueError(
            f"{caller} needs one label for each row of predictions, got y_true {tuple(labels.shape)} and y_pred "
            f"{tuple(predictions.shape)}. One-hot targets need categorical_crossentropy."
        )
