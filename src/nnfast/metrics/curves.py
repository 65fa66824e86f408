"""Metrics over many thresholds: the area under a curve, and the best point on one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from nnfast import config, ops
from nnfast.graph import TensorLike
from nnfast.metrics.metric import Metric
from nnfast.metrics.outcomes import count_outcomes

_COUNTS = ("true_positives", "false_positives", "true_negatives", "false_negatives")
_CURVES = ("ROC", "PR", "PRGAIN")
_SUMMATIONS = ("interpolation", "majoring", "minoring")


class _Curve(Metric):
    """The four counts over thresholds, and what is made of them."""

    true_positives: Any
    false_positives: Any
    true_negatives: Any
    false_negatives: Any

    def _add_counts(self, shape: tuple[int, ...]) -> None:
        for count in _COUNTS:
            setattr(self, count, self.add_variable(shape, name=count))

    def _count(self, y_true: Any, y_pred: Any, sample_weight: Any, thresholds: list[float], **arguments: Any) -> None:
        outcomes = count_outcomes(y_true, y_pred, sample_weight, thresholds, self.dtype, **arguments)
        for count in _COUNTS:
            getattr(self, count).assign_add(getattr(outcomes, count))

    def _sensitivity(self) -> Any:
        return ops.divide_no_nan(self.true_positives, self.true_positives + self.false_negatives)

    def _specificity(self) -> Any:
        return ops.divide_no_nan(self.true_negatives, self.true_negatives + self.false_positives)

    def _precision(self) -> Any:
        return ops.divide_no_nan(self.true_positives, self.true_positives + self.false_positives)


class _BestUnderConstraint(_Curve):
    """The greatest of one ratio over the thresholds where another is at least a given value."""

    def __init__(
        self,
        argument: str,
        value: float,
        num_thresholds: int,
        class_id: int | None,
        name: str | None,
        dtype: str | None,
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        if not 0 <= value <= 1:
            raise ValueError(f"Argument `{argument}` must be in the range [0, 1], got {argument}={value}")
        if num_thresholds <= 0:
            raise ValueError(f"Argument `num_thresholds` must be an integer > 0, got num_thresholds={num_thresholds}")
        self._argument = argument
        self.value = value
        self.num_thresholds = num_thresholds
        self.class_id = class_id
        self.thresholds = [0.5] if num_thresholds == 1 else _even(num_thresholds, 0.0)
        self._add_counts((num_thresholds,))

    def update_state(self, y_true: TensorLike, y_pred: TensorLike, sample_weight: TensorLike | None = None) -> None:
        """Take in a batch: targets, predictions of their shape, and weights that broadcast from the first dimension."""
        self._count(y_true, y_pred, sample_weight, self.thresholds, class_id=self.class_id)

    def _best(self, wanted: Any, constrained: Any) -> Any:
        return ops.max(ops.where(ops.greater_equal(constrained, self.value), wanted, 0.0))

    def get_config(self) -> dict[str, Any]:
        """The arguments that make this metric again, as plain Python values."""
        own = {"num_thresholds": self.num_thresholds, self._argument: self.value, "class_id": self.class_id}
        return {**own, **super().get_config()}


class SensitivityAtSpecificity(_BestUnderConstraint):
    """The greatest sensitivity, TP / (TP + FN), where the specificity, TN / (TN + FP), is at least a given one.

    Args:
        specificity: the least specificity to accept, in [0, 1].
        num_thresholds: how many thresholds, evenly over [0, 1], are tried; default 200.
        class_id: only this class counts; default None, all.
        name: default the class's name in snake case.
        dtype: as in `Metric`.

    Raises:
        ValueError: the specificity is outside [0, 1], or there is no threshold.

    >>> metric = SensitivityAtSpecificity(0.5)
    >>> round(float(metric([0, 0, 0, 1, 1], [0, 0.3, 0.8, 0.3, 0.8])), 4)
    0.5
    """

    def __init__(
        self,
        specificity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: str | None = None,
    ) -> None:
        self.specificity = specificity
        super().__init__("specificity", specificity, num_thresholds, class_id, name, dtype)

    def result(self) -> Any:
        """The best so far, a scalar; 0 where no threshold will do."""
        return self._best(self._sensitivity(), self._specificity())


class SpecificityAtSensitivity(_BestUnderConstraint):
    """The greatest specificity, TN / (TN + FP), where the sensitivity, TP / (TP + FN), is at least a given one.

    Args:
        sensitivity: the least sensitivity to accept, in [0, 1].
        num_thresholds: how many thresholds, evenly over [0, 1], are tried; default 200.
        class_id: only this class counts; default None, all.
        name: default the class's name in snake case.
        dtype: as in `Metric`.

    Raises:
        ValueError: the sensitivity is outside [0, 1], or there is no threshold.

    >>> metric = SpecificityAtSensitivity(0.5)
    >>> round(float(metric([0, 0, 0, 1, 1], [0, 0.3, 0.8, 0.3, 0.8])), 4)
    0.6667
    """

    def __init__(
        self,
        sensitivity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: str | None = None,
    ) -> None:
        self.sensitivity = sensitivity
        super().__init__("sensitivity", sensitivity, num_thresholds, class_id, name, dtype)

    def result(self) -> Any:
        """The best so far, a scalar; 0 where no threshold will do."""
        return self._best(self._specificity(), self._sensitivity())


class PrecisionAtRecall(_BestUnderConstraint):
    """The greatest precision, TP / (TP + FP), where the recall, TP / (TP + FN), is at least a given one.

    Args:
        recall: the least recall to accept, in [0, 1].
        num_thresholds: how many thresholds, evenly over [0, 1], are tried; default 200.
        class_id: only this class counts; default None, all.
        name: default the class's name in snake case.
        dtype: as in `Metric`.

    Raises:
        ValueError: the recall is outside [0, 1], or there is no threshold.

    >>> metric = PrecisionAtRecall(0.5)
    >>> round(float(metric([0, 0, 0, 1, 1], [0, 0.3, 0.8, 0.3, 0.8])), 4)
    0.5
    """

    def __init__(
        self,
        recall: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: str | None = None,
    ) -> None:
        self.recall = recall
        super().__init__("recall", recall, num_thresholds, class_id, name, dtype)

    def result(self) -> Any:
        """The best so far, a scalar; 0 where no threshold will do."""
        return self._best(self._precision(), self._sensitivity())


class RecallAtPrecision(_BestUnderConstraint):
    """The greatest recall, TP / (TP + FN), where the precision, TP / (TP + FP), is at least a given one.

    Args:
        precision: the least precision to accept, in [0, 1].
        num_thresholds: how many thresholds, evenly over [0, 1], are tried; default 200.
        class_id: only this class counts; default None, all.
        name: default the class's name in snake case.
        dtype: as in `Metric`.

    Raises:
        ValueError: the precision is outside [0, 1], or there is no threshold.

    >>> metric = RecallAtPrecision(0.5)
    >>> round(float(metric([0, 0, 0, 1, 1], [0, 0.3, 0.8, 0.3, 0.8])), 4)
    1.0
    """

    def __init__(
        self,
        precision: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: str | None = None,
    ) -> None:
        self.precision = precision
        super().__init__("precision", precision, num_thresholds, class_id, name, dtype)

    def result(self) -> Any:
        """The best so far, a scalar; 0 where no threshold will do."""
        return self._best(self._sensitivity(), self._precision())


class AUC(_Curve):
    """The area under a curve of two ratios over all thresholds, approximated by a sum over some.

    Args:
        num_thresholds: how many thresholds, evenly over [0, 1]; default 200.
        curve: "ROC" (default), true over false positive rate; "PR", precision over recall; or "PRGAIN".
        summation_method: the heights between two thresholds: "interpolation" (default), their mean (of PR curves, the
            true positives' mean); "minoring", the lower; "majoring", the higher.
        name: default "auc".
        dtype: as in `Metric`.
        thresholds: thresholds in [0, 1] instead of even ones; 0 and 1 are added. Default None.
        multi_label: whether each label, a place on the last axis, has an area of its own, which are averaged.
        num_labels: how many labels; default None, as many as the first predictions have.
        label_weights: weights of the labels, in the mean of the areas or, without multi_label, of the predictions.
        from_logits: whether predictions are logits rather than probabilities; default False.

    Raises:
        ValueError: an unknown curve or summation, fewer than two thresholds, num_labels without multi_label.

    >>> float(AUC(num_thresholds=3)([0, 0, 1, 1], [0, 0.5, 0.3, 0.9]))
    0.75
    """

    def __init__(
        self,
        num_thresholds: int = 200,
        curve: str = "ROC",
        summation_method: str = "interpolation",
        name: str | None = None,
        dtype: str | None = None,
        thresholds: Sequence[float] | None = None,
        multi_label: bool = False,
        num_labels: int | None = None,
        label_weights: Any = None,
        from_logits: bool = False,
    ) -> None:
        if str(curve).upper() not in _CURVES:
            raise ValueError(f'Invalid AUC curve value: "{curve}". Expected values are {list(_CURVES)}')
        if str(summation_method).lower() not in _SUMMATIONS:
            raise ValueError(
                f'Invalid AUC summation method value: "{summation_method}". Expected values are {list(_SUMMATIONS)}'
            )
        if thresholds is None and num_thresholds <= 1:
            raise ValueError(f"Argument `num_thresholds` must be an integer > 1, got num_thresholds={num_thresholds}")
        if num_labels and not multi_label:
            raise ValueError("`num_labels` is needed only when `multi_label` is True")
        super().__init__(name=name, dtype=dtype)
        self.curve = str(curve).upper()
        self.summation_method = str(summation_method).lower()
        self._given_thresholds = None if thresholds is None else sorted(float(number) for number in thresholds)
        if self._given_thresholds is None:
            self.thresholds = _even(num_thresholds, config.epsilon())
        else:
            self.thresholds = [-config.epsilon(), *self._given_thresholds, 1.0 + config.epsilon()]
        self.num_thresholds = len(self.thresholds)
        self.multi_label = multi_label
        self.num_labels = num_labels
        self.label_weights = None if label_weights is None else np.asarray(label_weights, dtype=self.dtype)
        self._from_logits = from_logits
        self._built = False
        if not multi_label:
            self._build((self.num_thresholds,))
        elif num_labels:
            self._build((self.num_thresholds, num_labels))

    def _build(self, shape: tuple[int, ...]) -> None:
        self._add_counts(shape)
        self._built = True

    def update_state(self, y_true: TensorLike, y_pred: TensorLike, sample_weight: TensorLike | None = None) -> None:
        """Take in a batch: targets, predictions of their shape, and weights that broadcast from the first dimension."""
        predictions = ops.sigmoid(y_pred) if self._from_logits else ops.convert_to_tensor(y_pred)
        if not self._built:
            if len(predictions.shape) != 2:
                raise ValueError(
                    f"`y_pred` must have rank 2 when `multi_label=True`, got shape {tuple(predictions.shape)}"
                )
            self._build((self.num_thresholds, predictions.shape[1]))
        weights = None if self.multi_label else self.label_weights
        self._count(
            y_true, predictions, sample_weight, self.thresholds, label_weights=weights, by_label=self.multi_label
        )

    def result(self) -> Any:
        """The area so far, a scalar."""
        if self.curve == "PR" and self.summation_method == "interpolation":
            return self._mean_of_labels(self._interpolated_precision())
        x, y = {"ROC": self._roc, "PR": self._precision_recall, "PRGAIN": self._gains}[self.curve]()
        if self.summation_method == "interpolation":
            heights = (y[:-1] + y[1:]) / 2.0
        else:
            heights = (ops.minimum if self.summation_method == "minoring" else ops.maximum)(y[:-1], y[1:])
        return self._mean_of_labels((x[:-1] - x[1:]) * heights)

    def _roc(self) -> tuple[Any, Any]:
        negatives = self.false_positives + self.true_negatives
        return ops.divide_no_nan(self.false_positives, negatives), self._sensitivity()

    def _precision_recall(self) -> tuple[Any, Any]:
        return self._sensitivity(), self._precision()

    def _gains(self) -> tuple[Any, Any]:
        """Recall and precision gain, of Flach and Kull."""
        odds = ops.divide_no_nan(self.true_positives + self.false_negatives, self.true_negatives + self.false_positives)
        recall = 1.0 - odds * ops.divide_no_nan(self.false_negatives, self.true_positives)
        precision = 1.0 - odds * ops.divide_no_nan(self.false_positives, self.true_positives)
        none = ops.equal(self.true_positives, 0.0)
        return ops.maximum(ops.where(none, 0.0, recall), 0.0), ops.where(none, 1.0, precision)

    def _interpolated_precision(self) -> Any:
        """The areas between thresholds, where true positives, not precision, go in a line: Davis and Goadrich."""
        positives = self.true_positives + self.false_positives
        step = self.true_positives[:-1] - self.true_positives[1:]
        slope = ops.divide_no_nan(step, ops.maximum(positives[:-1] - positives[1:], 0.0))
        intercept = self.true_positives[1:] - slope * positives[1:]
        both = ops.logical_and(ops.greater(positives[:-1], 0.0), ops.greater(positives[1:], 0.0))
        ratio = ops.where(both, ops.divide_no_nan(positives[:-1], ops.maximum(positives[1:], 0.0)), 1.0)
        total = ops.maximum(self.true_positives[1:] + self.false_negatives[1:], 0.0)
        return ops.divide_no_nan(slope * (step + intercept * ops.log(ratio)), total)

    def _mean_of_labels(self, parts: Any) -> Any:
        if not self.multi_label:
            return ops.sum(parts)
        areas = ops.sum(parts, axis=0)
        if self.label_weights is None:
            return ops.mean(areas)
        return ops.divide_no_nan(ops.sum(areas * self.label_weights), self.label_weights.sum())

    def get_config(self) -> dict[str, Any]:
        """The arguments that make this metric again, as plain Python values."""
        own: dict[str, Any] = {
            "num_thresholds": self.num_thresholds,
            "curve": self.curve,
            "summation_method": self.summation_method,
            "multi_label": self.multi_label,
            "num_labels": self.num_labels,
            "label_weights": None if self.label_weights is None else self.label_weights.tolist(),
            "from_logits": self._from_logits,
        }
        if self._given_thresholds is not None:
            own["thresholds"] = self._given_thresholds
        return {**own, **super().get_config()}


def _even(number: int, margin: float) -> list[float]:
    """Thresholds evenly over [0, 1]; the first and the last lie outside by a margin."""
    inner = [(place + 1) / (number - 1) for place in range(number - 2)]
    return [0.0 - margin, *inner, 1.0 + margin]
