"""Metrics that count right and wrong decisions: numbers of outcomes, precision and recall."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from nnfast import ops
from nnfast.graph import TensorLike
from nnfast.metrics.metric import Metric
from nnfast.metrics.outcomes import LOWEST, count_outcomes

Thresholds = float | Sequence[float] | None


def _as_list(thresholds: Thresholds, default: float = 0.5) -> list[float]:
    """The thresholds as a list; a ValueError unless they are in [0, 1]."""
    if thresholds is None:
        return [default]
    numbers = list(thresholds) if isinstance(thresholds, Sequence) else [thresholds]
    wrong = [number for number in numbers if number is None or not 0 <= number <= 1]
    if wrong:
        raise ValueError(f"Threshold values must be in [0, 1]. Received: {wrong}")
    return numbers


class _Count(Metric):
    """The number of predictions with one of the four outcomes; the result is a scalar where there is one threshold."""

    counted: ClassVar[str]

    def __init__(self, thresholds: Thresholds = None, name: str | None = None, dtype: str | None = None) -> None:
        super().__init__(name=name, dtype=dtype)
        self.init_thresholds = thresholds
        self.thresholds = _as_list(thresholds)
        self.accumulator = self.add_variable((len(self.thresholds),), name="accumulator")

    def update_state(self, y_true: TensorLike, y_pred: TensorLike, sample_weight: TensorLike | None = None) -> None:
        """Take in a batch: targets, predictions of their shape, and weights that broadcast from the first dimension."""
        outcomes = count_outcomes(y_true, y_pred, sample_weight, self.thresholds, self.dtype)
        self.accumulator.assign_add(getattr(outcomes, self.counted))

    def result(self) -> Any:
        """The number so far: a scalar, or one for each threshold."""
        return self.accumulator[0] if len(self.thresholds) == 1 else self.accumulator.value

    def get_config(self) -> dict[str, Any]:
        """The arguments that make this metric again, as plain Python values."""
        return {"thresholds": self.init_thresholds, **super().get_config()}


class TruePositives(_Count):
    """The number of predictions above a threshold that are right.

    Args:
        thresholds: as in `Precision`.
        name: default "true_positives".
        dtype: as in `Metric`.

    >>> float(TruePositives()([1, 1, 1, 0, 0], [0.9, 0.7, 0.1, 0.8, 0.2]))
    2.0
    """

    counted = "true_positives"


class FalsePositives(_Count):
    """The number of predictions above a threshold that are wrong.

    Args:
        thresholds: as in `Precision`.
        name: default "false_positives".
        dtype: as in `Metric`.

    >>> float(FalsePositives()([1, 1, 1, 0, 0], [0.9, 0.7, 0.1, 0.8, 0.2]))
    1.0
    """

    counted = "false_positives"


class TrueNegatives(_Count):
    """The number of predictions not above a threshold that are right.

    Args:
        thresholds: as in `Precision`.
        name: default "true_negatives".
        dtype: as in `Metric`.

    >>> float(TrueNegatives()([1, 1, 1, 0, 0], [0.9, 0.7, 0.1, 0.8, 0.2]))
    1.0
    """

    counted = "true_negatives"


class FalseNegatives(_Count):
    """The number of predictions not above a threshold that are wrong.

    Args:
        thresholds: as in `Precision`.
        name: default "false_negatives".
        dtype: as in `Metric`.

    >>> float(FalseNegatives()([1, 1, 1, 0, 0], [0.9, 0.7, 0.1, 0.8, 0.2]))
    1.0
    """

    counted = "false_negatives"


class _Ratio(Metric):
    """True positives over true positives and one kind of error."""

    wrong: ClassVar[str]

    def __init__(
        self,
        thresholds: Thresholds = None,
        top_k: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
        dtype: str | None = None,
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        self.init_thresholds = thresholds
        self.top_k = top_k
        self.class_id = class_id
        self.thresholds = _as_list(thresholds, 0.5 if top_k is None else LOWEST)
        self.true_positives = self.add_variable((len(self.thresholds),), name="true_positives")
        setattr(self, self.wrong, self.add_variable((len(self.thresholds),), name=self.wrong))

    def update_state(self, y_true: TensorLike, y_pred: TensorLike, sample_weight: TensorLike | None = None) -> None:
        """Take in a batch: targets, predictions of their shape, and weights that broadcast from the first dimension."""
        outcomes = count_outcomes(
            y_true, y_pred, sample_weight, self.thresholds, self.dtype, top_k=self.top_k, class_id=self.class_id
        )
        self.true_positives.assign_add(outcomes.true_positives)
        getattr(self, self.wrong).assign_add(getattr(outcomes, self.wrong))

    def result(self) -> Any:
        """The ratio so far: a scalar, or one for each threshold; 0 where nothing was counted."""
        ratios = ops.divide_no_nan(self.true_positives, self.true_positives + getattr(self, self.wrong))
        return ratios[0] if len(self.thresholds) == 1 else ratios

    def get_config(self) -> dict[str, Any]:
        """The arguments that make this metric again, as plain Python values."""
        own = {"thresholds": self.init_thresholds, "top_k": self.top_k, "class_id": self.class_id}
        return {**own, **super().get_config()}


class Precision(_Ratio):
    """The fraction of the predictions above a threshold that are right: TP / (TP + FP).

    Args:
        thresholds: what a prediction must exceed to be positive, in [0, 1]: a number, or a list, which gives a result
            for each. Default 0.5; with top_k, any prediction is above.
        top_k: only so many predictions of a row, the greatest, can be positive; default None, all.
        class_id: only this class counts; default None, all.
        name: default "precision".
        dtype: as in `Metric`.

    Raises:
        ValueError: a threshold is outside [0, 1].

    >>> round(float(Precision()([1, 1, 1, 0, 0], [0.9, 0.7, 0.1, 0.8, 0.2])), 4)
    0.6667
    """

    wrong = "false_positives"


class Recall(_Ratio):
    """The fraction of the positive targets whose prediction is above a threshold: TP / (TP + FN).

    Args:
        thresholds: what a prediction must exceed to be positive, in [0, 1]: a number, or a list, which gives a result
            for each. Default 0.5; with top_k, any prediction is above.
        top_k: only so many predictions of a row, the greatest, can be positive; default None, all.
        class_id: only this class counts; default None, all.
        name: default "recall".
        dtype: as in `Metric`.

    Raises:
        ValueError: a threshold is outside [0, 1].

    >>> round(float(Recall()([1, 1, 1, 0, 0], [0.9, 0.7, 0.1, 0.8, 0.2])), 4)
    0.6667
    """

    wrong = "false_negatives"
