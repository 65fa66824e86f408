"""The losses as metrics: their means over an epoch."""

from __future__ import annotations

from nnfast.losses import (
    binary_crossentropy,
    categorical_crossentropy,
    categorical_hinge,
    hinge,
    kl_divergence,
    log_cosh,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_error,
    mean_squared_logarithmic_error,
    poisson,
    sparse_categorical_crossentropy,
    squared_hinge,
)
from nnfast.metrics.reductions import BuiltInMeanMetric


class MeanSquaredError(BuiltInMeanMetric):
    """The mean of (y_true - y_pred)^2.

    Args:
        name: default "mean_squared_error".
        dtype: as in `Metric`.

    >>> float(MeanSquaredError()([[0.0, 1.0], [0.0, 0.0]], [[1.0, 1.0], [0.0, 0.0]]))
    0.25
    """

    def __init__(self, name: str | None = "mean_squared_error", dtype: str | None = None) -> None:
        super().__init__(mean_squared_error, name=name, dtype=dtype)


class BinaryCrossentropy(BuiltInMeanMetric):
    """The mean of `losses.binary_crossentropy`.

    Args:
        name: default "binary_crossentropy".
        dtype: as in `Metric`.
        from_logits: whether predictions are logits rather than probabilities; default False.
        label_smoothing: s in [0, 1]: targets become y_true (1 - s) + s / 2; default 0.

    >>> round(float(BinaryCrossentropy()([[0, 1], [0, 0]], [[0.6, 0.4], [0.4, 0.6]])), 4)
    0.8149
    """

    def __init__(
        self,
        name: str | None = "binary_crossentropy",
        dtype: str | None = None,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(
            binary_crossentropy, name=name, dtype=dtype, from_logits=from_logits, label_smoothing=label_smoothing
        )


class CategoricalCrossentropy(BuiltInMeanMetric):
    """The mean of `losses.categorical_crossentropy`.

    Args:
        name: default "categorical_crossentropy".
        dtype: as in `Metric`.
        from_logits: whether predictions are logits rather than probabilities; default False.
        label_smoothing: s in [0, 1]: targets become y_true (1 - s) + s / classes; default 0.
        axis: the axis of the classes; default the last.

    >>> metric = CategoricalCrossentropy()
    >>> round(float(metric([[0, 1, 0], [0, 0, 1]], [[0.05, 0.95, 0.0], [0.1, 0.8, 0.1]])), 4)
    1.1769
    """

    def __init__(
        self,
        name: str | None = "categorical_crossentropy",
        dtype: str | None = None,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
    ) -> None:
        super().__init__(
            categorical_crossentropy,
            name=name,
            dtype=dtype,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )


class SparseCategoricalCrossentropy(BuiltInMeanMetric):
    """The mean of `losses.sparse_categorical_crossentropy`.

    Args:
        name: default "sparse_categorical_crossentropy".
        dtype: as in `Metric`.
        from_logits: whether predictions are logits rather than probabilities; default False.
        ignore_class: a label whose samples do not count; default None.
        axis: the axis of the classes; default the last.

    >>> metric = SparseCategoricalCrossentropy()
    >>> round(float(metric([1, 2], [[0.05, 0.95, 0.0], [0.1, 0.8, 0.1]])), 4)
    1.1769
    """

    def __init__(
        self,
        name: str | None = "sparse_categorical_crossentropy",
        dtype: str | None = None,
        from_logits: bool = False,
        ignore_class: int | None = None,
        axis: int = -1,
    ) -> None:
        super().__init__(
            sparse_categorical_crossentropy,
            name=name,
            dtype=dtype,
            from_logits=from_logits,
            ignore_class=ignore_class,
            axis=axis,
        )


class MeanAbsoluteError(BuiltInMeanMetric):
    """The mean of `losses.mean_absolute_error`.

    Args:
        name: default "mean_absolute_error".
        dtype: as in `Metric`.

    >>> round(float(MeanAbsoluteError()([[0.25, 0.75]], [[0.5, 0.5]])), 4)
    0.25
    """

    def __init__(
        self,
        name: str | None = "mean_absolute_error",
        dtype: str | None = None,
    ) -> None:
        super().__init__(mean_absolute_error, name=name, dtype=dtype)


class MeanAbsolutePercentageError(BuiltInMeanMetric):
    """The mean of `losses.mean_absolute_percentage_error`.

    Args:
        name: default "mean_absolute_percentage_error".
        dtype: as in `Metric`.

    >>> round(float(MeanAbsolutePercentageError()([[0.25, 0.75]], [[0.5, 0.5]])), 4)
    66.6667
    """

    def __init__(
        self,
        name: str | None = "mean_absolute_percentage_error",
        dtype: str | None = None,
    ) -> None:
        super().__init__(mean_absolute_percentage_error, name=name, dtype=dtype)


class MeanSquaredLogarithmicError(BuiltInMeanMetric):
    """The mean of `losses.mean_squared_logarithmic_error`.

    Args:
        name: default "mean_squared_logarithmic_error".
        dtype: as in `Metric`.

    >>> round(float(MeanSquaredLogarithmicError()([[0.25, 0.75]], [[0.5, 0.5]])), 4)
    0.0285
    """

    def __init__(
        self,
        name: str | None = "mean_squared_logarithmic_error",
        dtype: str | None = None,
    ) -> None:
        super().__init__(mean_squared_logarithmic_error, name=name, dtype=dtype)


class LogCoshError(BuiltInMeanMetric):
    """The mean of `losses.log_cosh`.

    Args:
        name: default "logcosh".
        dtype: as in `Metric`.

    >>> round(float(LogCoshError()([[0.25, 0.75]], [[0.5, 0.5]])), 4)
    0.0309
    """

    def __init__(
        self,
        name: str | None = "logcosh",
        dtype: str | None = None,
    ) -> None:
        super().__init__(log_cosh, name=name, dtype=dtype)


class Poisson(BuiltInMeanMetric):
    """The mean of `losses.poisson`.

    Args:
        name: default "poisson".
        dtype: as in `Metric`.

    >>> round(float(Poisson()([[0.25, 0.75]], [[0.5, 0.5]])), 4)
    0.8466
    """

    def __init__(
        self,
        name: str | None = "poisson",
        dtype: str | None = None,
    ) -> None:
        super().__init__(poisson, name=name, dtype=dtype)


class KLDivergence(BuiltInMeanMetric):
    """The mean of `losses.kl_divergence`.

    Args:
        name: default "kl_divergence".
        dtype: as in `Metric`.

    >>> round(float(KLDivergence()([[0.25, 0.75]], [[0.5, 0.5]])), 4)
    0.1308
    """

    def __init__(
        self,
        name: str | None = "kl_divergence",
        dtype: str | None = None,
    ) -> None:
        super().__init__(kl_divergence, name=name, dtype=dtype)


class Hinge(BuiltInMeanMetric):
    """The mean of `losses.hinge`.

    Args:
        name: default "hinge".
        dtype: as in `Metric`.

    >>> round(float(Hinge()([[-1.0, 1.0]], [[0.5, 0.4]])), 4)
    1.05
    """

    def __init__(
        self,
        name: str | None = "hinge",
        dtype: str | None = None,
    ) -> None:
        super().__init__(hinge, name=name, dtype=dtype)


class SquaredHinge(BuiltInMeanMetric):
    """The mean of `losses.squared_hinge`.

    Args:
        name: default "squared_hinge".
        dtype: as in `Metric`.

    >>> round(float(SquaredHinge()([[-1.0, 1.0]], [[0.5, 0.4]])), 4)
    1.305
    """

    def __init__(
        self,
        name: str | None = "squared_hinge",
        dtype: str | None = None,
    ) -> None:
        super().__init__(squared_hinge, name=name, dtype=dtype)


class CategoricalHinge(BuiltInMeanMetric):
    """The mean of `losses.categorical_hinge`.

    Args:
        name: default "categorical_hinge".
        dtype: as in `Metric`.

    >>> round(float(CategoricalHinge()([[0, 1]], [[0.6, 0.4]])), 4)
    1.2
    """

    def __init__(
        self,
        name: str | None = "categorical_hinge",
        dtype: str | None = None,
    ) -> None:
        super().__init__(categorical_hinge, name=name, dtype=dtype)
