"""Cross-entropies that care less for some samples: focal ones for what is easy, generalized ones for wrong labels."""

from __future__ import annotations

from typing import Any

from nnfast import config, ops
from nnfast.graph import TensorLike
from nnfast.losses.crossentropies import check_classes, smoothed
from nnfast.losses.shapes import check_labels_fit, check_same_shape, tensors
from nnfast.losses.wrapper import BuiltInLoss


def binary_focal_crossentropy(
    y_true: TensorLike,
    y_pred: TensorLike,
    apply_class_balancing: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Any:
    """mean((1 - p)^gamma times the binary cross-entropy) over an axis, where p is the probability of what is right.

    Args:
        y_true: targets in [0, 1], (batch, ..., d); cast to y_pred's dtype.
        y_pred: probabilities, or logits if `from_logits`, of y_true's shape.
        apply_class_balancing: whether a target of 1 weighs alpha, and one of 0 weighs 1 - alpha; default False.
        alpha: default 0.25.
        gamma: how little the samples count that are right already; default 2.
        from_logits: whether y_pred holds logits.
        label_smoothing: s in [0, 1]: targets become y_true (1 - s) + s / 2.
        axis: the axis that losses are averaged over; default the last.

    Returns:
        Losses of y_true's shape without that axis.

    Raises:
        ValueError: the shapes differ, or label_smoothing is outside [0, 1].

    >>> [round(float(loss), 4) for loss in binary_focal_crossentropy([[0, 1], [0, 0]], [[0.6, 0.4], [0.4, 0.6]])]
    [0.3299, 0.2058]
    """
    targets, predictions = tensors(y_true, y_pred)
    check_same_shape(targets, predictions, "binary_focal_crossentropy")
    targets = smoothed(targets, label_smoothing, 2)
    if from_logits:
        predictions = ops.sigmoid(predictions)
    right = targets * predictions + (1.0 - targets) * (1.0 - predictions)
    losses = ops.power(1.0 - right, gamma) * ops.binary_crossentropy(targets, predictions)
    if apply_class_balancing:
        losses = (targets * alpha + (1.0 - targets) * (1.0 - alpha)) * losses
    return ops.mean(losses, axis=axis)


def categorical_focal_crossentropy(
    y_true: TensorLike,
    y_pred: TensorLike,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Any:
    """alpha (1 - p)^gamma times the cross-entropy, where p is the probability of the right class, for one-hot targets.

    Args:
        y_true: one-hot targets or probabilities, (batch, ..., classes); cast to y_pred's dtype.
        y_pred: probabilities, or logits if `from_logits`, of y_true's shape.
        alpha: the factor of all losses, or a list of one for each class; default 0.25.
        gamma: how little the samples count that are right already; default 2.
        from_logits: whether y_pred holds logits.
        label_smoothing: s in [0, 1]: targets become y_true (1 - s) + s / classes.
        axis: the axis of the classes; default the last.

    Returns:
        Losses of y_true's shape without that axis.

    Raises:
        ValueError: the shapes differ, or label_smoothing is outside [0, 1].

    >>> losses = categorical_focal_crossentropy([[0, 1, 0], [0, 0, 1]], [[0.05, 0.9, 0.05], [0.1, 0.2, 0.7]])
    >>> [round(float(loss), 4) for loss in losses]
    [0.0003, 0.008]
    """
    targets, predictions = tensors(y_true, y_pred)
    check_same_shape(targets, predictions, "categorical_focal_crossentropy")
    check_classes(predictions.shape[axis], "categorical_focal_crossentropy")
    targets = smoothed(targets, label_smoothing, targets.shape[-1])
    if from_logits:
        predictions = ops.softmax(predictions, axis=axis)
    predictions = predictions / ops.sum(predictions, axis=axis, keepdims=True)
    predictions = ops.clip(predictions, config.epsilon(), 1.0 - config.epsilon())
    weights = ops.power(1.0 - predictions, gamma) * ops.convert_to_tensor(alpha, dtype=predictions.dtype)
    return -ops.sum(weights * targets * ops.log(predictions), axis=axis)


def categorical_generalized_cross_entropy(y_true: TensorLike, y_pred: TensorLike, q: float) -> Any:
    """(1 - p^q) / q, where p is the probability of the right class, for integer labels of which some may be wrong.

    Args:
        y_true: labels in [0, classes), (batch, ...), of any real dtype.
        y_pred: probabilities, (batch, ..., classes).
        q: in (0, 1); towards 0 it is the cross-entropy, towards 1 the mean absolute error.

    Returns:
        Losses of shape (batch, ...).

    Raises:
        ValueError: the shapes do not go together.

    >>> round(float(categorical_generalized_cross_entropy([1], [[0.3, 0.64, 0.06]], q=0.5)[0]), 4)
    0.4
    """
    labels, predictions = ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred)
    check_labels_fit(labels, predictions, -1, "categorical_generalized_cross_entropy")
    right = ops.one_hot(ops.cast(labels, "int32"), predictions.shape[-1], dtype=predictions.dtype)
    return (1.0 - ops.power(ops.sum(predictions * right, axis=-1), q)) / q


class BinaryFocalCrossentropy(BuiltInLoss):
    """The loss `binary_focal_crossentropy`, with weights and a reduction.

    Args:
        apply_class_balancing: whether a target of 1 weighs alpha, and one of 0 weighs 1 - alpha; default False.
        alpha: default 0.25.
        gamma: how little the samples count that are right already; default 2.
        from_logits: whether predictions are logits rather than probabilities; default False.
        label_smoothing: s in [0, 1]: targets become y_true (1 - s) + s / 2; default 0.
        axis: the axis that losses are averaged over; default the last.
        reduction: as in `Loss`.
        name: default "binary_focal_crossentropy".
        dtype: as in `Loss`.

    >>> round(float(BinaryFocalCrossentropy()([[0, 1], [0, 0]], [[0.6, 0.4], [0.4, 0.6]])), 4)
    0.2678
    """

    def __init__(
        self,
        apply_class_balancing: bool = False,
        alpha: float = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "binary_focal_crossentropy",
        dtype: str | None = None,
    ) -> None:
        super().__init__(
            binary_focal_crossentropy,
            reduction=reduction,
            name=name,
            dtype=dtype,
            apply_class_balancing=apply_class_balancing,
            alpha=alpha,
            gamma=gamma,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )


class CategoricalFocalCrossentropy(BuiltInLoss):
    """The loss `categorical_focal_crossentropy`, with weights and a reduction.

    Args:
        alpha: the factor of all losses, or a list of one for each class; default 0.25.
        gamma: how little the samples count that are right already; default 2.
        from_logits: whether predictions are logits rather than probabilities; default False.
        label_smoothing: s in [0, 1]: targets become y_true (1 - s) + s / classes; default 0.
        axis: the axis of the classes; default the last.
        reduction: as in `Loss`.
        name: default "categorical_focal_crossentropy".
        dtype: as in `Loss`.

    >>> round(float(CategoricalFocalCrossentropy()([[0, 1, 0], [0, 0, 1]], [[0.05, 0.9, 0.05], [0.1, 0.2, 0.7]])), 4)
    0.0041
    """

    def __init__(
        self,
        alpha: float = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_focal_crossentropy",
        dtype: str | None = None,
    ) -> None:
        super().__init__(
            categorical_focal_crossentropy,
            reduction=reduction,
            name=name,
            dtype=dtype,
            alpha=alpha,
            gamma=gamma,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )


class CategoricalGeneralizedCrossEntropy(BuiltInLoss):
    """The loss `categorical_generalized_cross_entropy`, with weights and a reduction.

    Args:
        q: in (0, 1); default 0.5. Towards 0 it is the cross-entropy, towards 1 the mean absolute error.
        reduction: as in `Loss`.
        name: default "categorical_generalized_cross_entropy".
        dtype: as in `Loss`; labels keep their own.

    Raises:
        ValueError: q is not in (0, 1).

    >>> round(float(CategoricalGeneralizedCrossEntropy()([1], [[0.3, 0.64, 0.06]])), 4)
    0.4
    """

    takes_labels = True

    def __init__(
        self,
        q: float = 0.5,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_generalized_cross_entropy",
        dtype: str | None = None,
    ) -> None:
        if not 0 < q < 1:
            raise ValueError(f"Expected q in the interval (0, 1), got {q!r}")
        super().__init__(categorical_generalized_cross_entropy, reduction=reduction, name=name, dtype=dtype, q=q)
