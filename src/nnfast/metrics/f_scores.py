"""F-scores: means of precision and recall."""

from __future__ import annotations

from typing import Any

from nnfast import config, ops
from nnfast.graph import Shape, TensorLike
from nnfast.metrics.metric import Metric

_AVERAGES = (None, "micro", "macro", "weighted")
_COUNTS = ("true_positives", "false_positives", "false_negatives", "intermediate_weights")


class FBetaScore(Metric):
    """(1 + beta^2) precision recall / (beta^2 precision + recall), class by class.

    Args:
        average: "micro", of all classes together; "macro", the mean of the classes' scores; "weighted", by the classes'
            numbers of targets; default None, a score for each class.
        beta: how much more recall counts than precision; default 1.
        threshold: what a prediction must exceed to be positive, in (0, 1]; default None, it must be its row's greatest.
        name: default "fbeta_score".
        dtype: as in `Metric`.

    Raises:
        ValueError: an unknown average, or numbers that are no floats or out of range.

    >>> metric = FBetaScore(beta=2.0, threshold=0.5)
    >>> scores = metric([[1, 1], [1, 0], [1, 1]], [[0.2, 0.6], [0.8, 0.2], [0.6, 0.1]])
    >>> [round(float(score), 4) for score in scores]
    [0.7143, 0.5556]
    """

    true_positives: Any
    false_positives: Any
    false_negatives: Any
    intermediate_weights: Any

    def __init__(
        self,
        average: str | None = None,
        beta: float = 1.0,
        threshold: float | None = None,
        name: str | None = "fbeta_score",
        dtype: str | None = None,
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        if average not in _AVERAGES:
            raise ValueError(
                f"Invalid `average` argument value. Expected one of: "
                f"{{{str(_AVERAGES)[1:-1]}}}. Received: average={average}"
            )
        if not isinstance(beta, float):
            raise ValueError(
                "Invalid `beta` argument value. It should be a Python float. "
                f"Received: beta={beta} of type '{type(beta)}'"
            )
        if beta <= 0.0:
            raise ValueError(f"Invalid `beta` argument value. It should be > 0. Received: beta={beta}")
        if threshold is not None and not isinstance(threshold, float):
            raise ValueError(
                f"Invalid `threshold` argument value. It should be a Python float. "
                f"Received: threshold={threshold} of type '{type(threshold)}'"
            )
        if threshold is not None and not 0.0 < threshold <= 1.0:
            raise ValueError(
                f"Invalid `threshold` argument value. It should verify 0 < threshold <= 1. "
                f"Received: threshold={threshold}"
            )
        self.average = average
        self.beta = beta
        self.threshold = threshold
        self._built = False

    def _build(self, y_true_shape: Shape, y_pred_shape: Shape) -> None:
        got = f"Received input shapes: y_pred.shape={tuple(y_pred_shape)} and y_true.shape={tuple(y_true_shape)}."
        expected = f"{type(self).__name__} expects 2D inputs with shape (batch_size, output_dim)"
        if len(y_true_shape) != 2 or len(y_pred_shape) != 2:
            raise ValueError(f"{expected}. {got}")
        if y_true_shape[1] is None or y_pred_shape[1] is None:
            raise ValueError(f"{expected}, with output_dim fully defined (not None). {got}")
        shape = () if self.average == "micro" else (y_pred_shape[1],)
        for count in _COUNTS:
            setattr(self, count, self.add_variable(shape, dtype=self.dtype, name=count))
        self._built = True

    def update_state(self, y_true: TensorLike, y_pred: TensorLike, sample_weight: TensorLike | None = None) -> None:
        """Take in a batch: targets of 0 and 1, predictions, both (batch, classes), and weights (batch,)."""
        targets = ops.convert_to_tensor(y_true, dtype=self.dtype)
        predictions = ops.convert_to_tensor(y_pred, dtype=self.dtype)
        if not self._built:
            self._build(targets.shape, predictions.shape)
        if self.threshold is None:
            is_greatest = ops.greater_equal(predictions, ops.max(predictions, axis=-1, keepdims=True))
            positive = ops.logical_and(is_greatest, ops.greater(ops.abs(predictions), 1e-9))
        else:
            positive = ops.greater(predictions, self.threshold)
        positive = ops.cast(positive, self.dtype)
        weights = None if sample_weight is None else ops.expand_dims(ops.cast(sample_weight, self.dtype), 1)
        right, wrong, missed = positive * targets, positive * (1.0 - targets), (1.0 - positive) * targets
        for count, values in zip(_COUNTS, (right, wrong, missed, targets), strict=True):
            values = values if weights is None else values * weights
            getattr(self, count).assign_add(ops.sum(values, axis=None if self.average == "micro" else 0))

    def result(self) -> Any:
        """The score so far: a scalar, or one for each class where there is no average."""
        right = self.true_positives
        precision = right / (right + self.false_positives + config.epsilon())
        recall = right / (right + self.false_negatives + config.epsilon())
        mean = precision * recall / (self.beta**2 * precision + recall + config.epsilon())
        scores = mean * (1.0 + self.beta**2)
        if self.average == "weighted":
            weights = self.intermediate_weights
            return ops.sum(scores * (weights / (ops.sum(weights) + config.epsilon())))
        return scores if self.average is None else ops.mean(scores)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make this metric again, as plain Python values."""
        own = {"average": self.average, "beta": self.beta, "threshold": self.threshold}
        return {**super().get_config(), **own}


class F1Score(FBetaScore):
    """2 precision recall / (precision + recall), class by class: `FBetaScore` with beta 1.

    Args:
        average, threshold: as in `FBetaScore`.
        name: default "f1_score".
        dtype: as in `Metric`.

    >>> metric = F1Score(threshold=0.5)
    >>> scores = metric([[1, 1], [1, 0], [1, 1]], [[0.2, 0.6], [0.8, 0.2], [0.6, 0.1]])
    >>> [round(float(score), 4) for score in scores]
    [0.8, 0.6667]
    """

    def __init__(
        self,
        average: str | None = None,
        threshold: float | None = None,
        name: str | None = "f1_score",
        dtype: str | None = None,
    ) -> None:
        super().__init__(average=average, beta=1.0, threshold=threshold, name=name, dtype=dtype)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make this metric again, as plain Python values."""
        return {key: value for key, value in super().get_config().items() if key != "beta"}
