"""Metrics of numbers: root mean squared error, the R2 score, correlations and the cosine of vectors."""

from __future__ import annotations

from typing import Any

from nnfast import config, losses, ops
from nnfast.graph import TensorLike
from nnfast.losses.shapes import align_ranks, pair
from nnfast.metrics.metric import Metric
from nnfast.metrics.reductions import BuiltInMeanMetric, Mean

_AGGREGATIONS = (None, "uniform_average", "variance_weighted_average")


def cosine_similarity(y_true: TensorLike, y_pred: TensorLike, axis: int = -1) -> Any:
    """The cosine of the angle between y_true and y_pred: 1 where they point the same way, -1 where opposite."""
    return -losses.cosine_similarity(y_true, y_pred, axis=axis)


def pearson_correlation(y_true: TensorLike, y_pred: TensorLike, axis: int = -1) -> Any:
    """Pearson's correlation of y_true and y_pred: 1 where one rises with the other in a line, -1 where it falls.

    Args:
        y_true: targets, cast to y_pred's dtype.
        y_pred: predictions of y_true's shape.
        axis: the axis that the values of one series lie along; default the last.

    Returns:
        A tensor of the common shape without that axis; NaN for a series of equal values.

    Raises:
        ValueError: the shapes do not broadcast.

    >>> round(float(pearson_correlation([[1, 1, 0.2]], [[1, 0.9, 0.2]])[0]), 4)
    0.9934
    """
    targets, predictions = pair(y_true, y_pred, "pearson_correlation")
    targets = targets - ops.mean(targets, axis=axis, keepdims=True)
    predictions = predictions - ops.mean(predictions, axis=axis, keepdims=True)
    targets = targets / ops.std(targets, axis=axis, keepdims=True)
    predictions = predictions / ops.std(predictions, axis=axis, keepdims=True)
    return ops.mean(targets * predictions, axis=axis)


def concordance_correlation(y_true: TensorLike, y_pred: TensorLike, axis: int = -1) -> Any:
    """Lin's concordance correlation of y_true and y_pred: 1 where they are equal.

    Args:
        y_true: targets, cast to y_pred's dtype.
        y_pred: predictions of y_true's shape.
        axis: the axis that the values of one series lie along; default the last.

    Returns:
        A tensor of the common shape without that axis.

    Raises:
        ValueError: the shapes do not broadcast.

    >>> [round(float(value), 4) for value in concordance_correlation([[0, 1, 0.5]], [[0.1, 0.9, 0.5]])]
    [0.9756]
    """
    targets, predictions = pair(y_true, y_pred, "concordance_correlation")
    target_mean = ops.mean(targets, axis=axis, keepdims=True)
    prediction_mean = ops.mean(predictions, axis=axis, keepdims=True)
    # As Keras has it: both are compared with the predictions' mean, which gives the covariance all the same.
    products = (targets - prediction_mean) * (predictions - prediction_mean)
    spread = ops.var(targets, axis=axis, keepdims=True) + ops.var(predictions, axis=axis, keepdims=True)
    norm = spread + ops.square(target_mean - prediction_mean)
    return ops.mean(2.0 * products / (norm + config.epsilon()), axis=axis)


class RootMeanSquaredError(Mean):
    """The root of the mean of (y_pred - y_true)^2.

    Args:
        name: default "root_mean_squared_error".
        dtype: as in `Metric`.

    >>> float(RootMeanSquaredError()([[0.0, 1.0], [0.0, 0.0]], [[1.0, 1.0], [0.0, 0.0]]))
    0.5
    """

    def __init__(self, name: str | None = "root_mean_squared_error", dtype: str | None = None) -> None:
        super().__init__(name=name, dtype=dtype)

    def update_state(  # type: ignore[override]
        self, y_true: TensorLike, y_pred: TensorLike, sample_weight: TensorLike | None = None
    ) -> None:
        """Take in a batch: targets, predictions, and weights as in `Mean`."""
        predictions = ops.convert_to_tensor(y_pred, self.dtype)
        targets, predictions = pair(y_true, predictions, "RootMeanSquaredError")
        super().update_state(ops.square(predictions - targets), sample_weight)

    def result(self) -> Any:
        """The root of the mean so far, a scalar."""
        return ops.sqrt(super().result())


class R2Score(Metric):
    """The coefficient of determination: 1 - sum((y_true - y_pred)^2) / sum((y_true - mean(y_true))^2).

    Args:
        class_aggregation: the scores of the targets' columns: "uniform_average" (default), their mean;
            "variance_weighted_average", weighted by the columns' variances; None, one score a column.
        num_regressors: how many inputs the model has, for the adjusted score; default 0, not adjusted.
        name: default "r2_score".
        dtype: as in `Metric`.

    Raises:
        ValueError: an unknown aggregation, or a negative number.

    >>> round(float(R2Score()([[1.0], [4.0], [3.0]], [[2.0], [4.0], [4.0]])), 4)
    0.5714
    """

    def __init__(
        self,
        class_aggregation: str | None = "uniform_average",
        num_regressors: int = 0,
        name: str | None = "r2_score",
        dtype: str | None = None,
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        if class_aggregation not in _AGGREGATIONS:
            raise ValueError(
                "Invalid value for argument `class_aggregation`. Expected one of "
                f"{_AGGREGATIONS}, got {class_aggregation!r}"
            )
        if num_regressors < 0:
            raise ValueError(
                f"Invalid value for argument `num_regressors`. Expected a value >= 0, got {num_regressors}"
            )
        self.class_aggregation = class_aggregation
        self.num_regressors = num_regressors
        self.num_samples = self.add_variable((), name="num_samples")
        self._built = False

    def _build(self, y_true: Any, y_pred: Any) -> None:
        if len(y_true.shape) != 2 or len(y_pred.shape) != 2:
            raise ValueError(
                f"R2Score expects 2D inputs with shape (batch_size, output_dim), got y_pred {tuple(y_pred.shape)} and "
                f"y_true {tuple(y_true.shape)}"
            )
        shape = (y_pred.shape[-1],)
        self.squared_sum = self.add_variable(shape, name="squared_sum")
        self.sum = self.add_variable(shape, name="sum")
        self.total_mse = self.add_variable(shape, name="residual")
        self.count = self.add_variable(shape, name="count")
        self._built = True

    def update_state(self, y_true: TensorLike, y_pred: TensorLike, sample_weight: TensorLike | None = None) -> None:
        """Take in a batch: targets and predictions (batch, columns), and weights that broadcast from the first."""
        targets, predictions = align_ranks(ops.cast(y_true, self.dtype), ops.cast(y_pred, self.dtype))
        if not self._built:
            self._build(targets, predictions)
        weights = ops.ones_like(targets)
        if sample_weight is not None:
            given = ops.cast(sample_weight, self.dtype)
            weights = weights * (ops.expand_dims(given, 1) if len(given.shape) == 1 else given)
        self.sum.assign_add(ops.sum(targets * weights, axis=0))
        self.squared_sum.assign_add(ops.sum(targets * targets * weights, axis=0))
        self.total_mse.assign_add(ops.sum(ops.square(targets - predictions) * weights, axis=0))
        self.count.assign_add(ops.sum(weights, axis=0))
        self.num_samples.assign_add(ops.size(targets, self.dtype))

    def result(self) -> Any:
        """The score so far: a scalar, or one for each column."""
        total = self.squared_sum - self.sum * (self.sum / self.count)
        scores = 1.0 - self.total_mse / total
        scores = ops.where(ops.isinf(scores), 0.0, scores)
        if self.class_aggregation == "uniform_average":
            scores = ops.mean(scores)
        elif self.class_aggregation == "variance_weighted_average":
            scores = ops.sum(total * scores) / ops.sum(total)
        return self._adjusted(scores) if self.num_regressors else scores

    def _adjusted(self, scores: Any) -> Any:
        """The adjusted score; the score itself where there are too few samples."""
        free = self.num_samples - 1.0 - self.num_regressors
        adjusted = 1.0 - (1.0 - scores) * (self.num_samples - 1.0) / free
        return ops.where(ops.greater(free, 0.0), adjusted, scores)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make this metric again, as plain Python values."""
        own = {"class_aggregation": self.class_aggregation, "num_regressors": self.num_regressors}
        return {**super().get_config(), **own}


class CosineSimilarity(BuiltInMeanMetric):
    """The mean cosine of the angle between targets and predictions.

    Args:
        name: default "cosine_similarity".
        dtype: as in `Metric`.
        axis: the axis that the values of one series, or the coordinates of one vector, lie along; default the last.

    >>> round(float(CosineSimilarity()([[0.0, 1.0], [1.0, 1.0]], [[1.0, 0.0], [1.0, 1.0]])), 4)
    0.5
    """

    def __init__(
        self,
        name: str | None = "cosine_similarity",
        dtype: str | None = None,
        axis: int = -1,
    ) -> None:
        super().__init__(cosine_similarity, name=name, dtype=dtype, axis=axis)


class PearsonCorrelation(BuiltInMeanMetric):
    """The mean of `pearson_correlation`.

    Args:
        name: default "pearson_correlation".
        dtype: as in `Metric`.
        axis: the axis that the values of one series, or the coordinates of one vector, lie along; default the last.

    >>> round(float(PearsonCorrelation()([[0, 1, 0.5], [1, 1, 0.2]], [[0.1, 0.9, 0.5], [1, 0.9, 0.2]])), 4)
    0.9967
    """

    def __init__(
        self,
        name: str | None = "pearson_correlation",
        dtype: str | None = None,
        axis: int = -1,
    ) -> None:
        super().__init__(pearson_correlation, name=name, dtype=dtype, axis=axis)


class ConcordanceCorrelation(BuiltInMeanMetric):
    """The mean of `concordance_correlation`.

    Args:
        name: default "concordance_correlation".
        dtype: as in `Metric`.
        axis: the axis that the values of one series, or the coordinates of one vector, lie along; default the last.

    >>> round(float(ConcordanceCorrelation()([[0, 1, 0.5]], [[0.1, 0.9, 0.5]])), 4)
    0.9756
    """

    def __init__(
        self,
        name: str | None = "concordance_correlation",
        dtype: str | None = None,
        axis: int = -1,
    ) -> None:
        super().__init__(concordance_correlation, name=name, dtype=dtype, axis=axis)
