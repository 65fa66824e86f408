"""The losses as metrics: their means over an epoch."""

from __future__ import annotations

from nnfast.losses import (
    binary_crossentropy,
    categorical_crossentropy,
    mean_squared_error,
    sparse_categorical_crossentropy,
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
