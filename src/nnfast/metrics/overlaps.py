"""Intersections over unions: how well the samples of a class and those predicted as such overlap."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from nnfast import config, ops
from nnfast.graph import TensorLike
from nnfast.graph.dtypes import is_float
from nnfast.losses.shapes import align_ranks, check_same_shape
from nnfast.metrics.metric import Metric


class _IoU(Metric):
    """The mean, over some classes that occur, of common / (predicted + true - common)."""

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Sequence[int],
        name: str | None,
        dtype: str | None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ) -> None:
        super().__init__(name=name, dtype=dtype or "int32")
        # First, as it refuses numbers of classes that no memory holds, which the lines below would count up to.
        self.total_cm = self.add_variable((num_classes, num_classes), dtype=self.dtype, name="total_confusion_matrix")
        if max(target_class_ids) >= num_classes:
            raise ValueError(f"Target class id {max(target_class_ids)} is out of range, which is [0, {num_classes}).")
        self.num_classes = num_classes
        self.target_class_ids = list(target_class_ids)
        self.ignore_class = ignore_class
        self.sparse_y_true = sparse_y_true
        self.sparse_y_pred = sparse_y_pred
        self.axis = axis

    def update_state(self, y_true: TensorLike, y_pred: TensorLike, sample_weight: TensorLike | None = None) -> None:
        """Take in a batch: targets, predictions, and weights of the targets' shape, or (batch,)."""
        labels = y_true if self.sparse_y_true else ops.argmax(y_true, axis=self.axis)
        chosen = y_pred if self.sparse_y_pred else ops.argmax(y_pred, axis=self.axis)
        labels, chosen = align_ranks(ops.cast(labels, "int32"), ops.cast(chosen, "int32"))
        check_same_shape(labels, chosen, "A metric")
        weights = ops.ones_like(labels, dtype="float64")
        if sample_weight is not None:
            if self.dtype == "int32" and is_float(ops.convert_to_tensor(sample_weight).dtype):
                warnings.warn(
                    "The weights' float values lose their fraction by int32 casting: give the metric a dtype",
                    stacklevel=2,
                )
            given = ops.cast(ops.cast(sample_weight, self.dtype), "float64")
            weights = weights * ops.reshape(given, (*given.shape, *(1,) * (len(labels.shape) - len(given.shape))))
        counts = ops.logical_and(self._is_class(labels), self._is_class(chosen))
        if self.ignore_class is not None:
            counts = ops.logical_and(counts, ops.not_equal(labels, self.ignore_class))
        places = ops.where(counts, labels * self.num_classes + chosen, 0)
        sums = ops.segment_sum(ops.where(counts, weights, 0.0), places, self.num_classes**2)
        self.total_cm.assign_add(ops.cast(ops.reshape(sums, self.total_cm.shape), self.dtype))

    def _is_class(self, labels: Any) -> Any:
        return ops.logical_and(ops.greater_equal(labels, 0), ops.less(labels, self.num_classes))

    def result(self) -> Any:
        """The mean so far, a scalar."""
        counted = ops.cast(self.total_cm, "float32")
        common = ops.sum(counted * np.eye(self.num_classes, dtype="float32"), axis=0)
        union = ops.sum(counted, axis=0) + ops.sum(counted, axis=1) - common
        wanted = np.isin(np.arange(self.num_classes), self.target_class_ids)
        occurs = ops.logical_and(ops.greater(union, 1e-9), wanted)
        ratios = ops.where(occurs, common / (union + config.epsilon()), 0.0)
        return ops.sum(ratios) / (ops.sum(ops.cast(occurs, "float32")) + config.epsilon())

    def _config(self, *arguments: str) -> dict[str, Any]:
        return {**{name: getattr(self, name) for name in arguments}, **super().get_config()}


class IoU(_IoU):
    """The mean intersection over union of some classes: common / (predicted + true - common).

    Args:
        num_classes: how many classes there are.
        target_class_ids: the classes to average over.
        name: default the class's name in snake case.
        dtype: of the counts; default "int32".
        ignore_class: targets of this class do not count; default None.
        sparse_y_true: whether targets are class numbers, not one-hot; default True.
        sparse_y_pred: whether predictions are class numbers, not scores of the classes; default True.
        axis: the axis of the classes, where there is one; default the last.

    >>> round(float(IoU(2, [0])([0, 0, 1, 1], [0, 1, 0, 1])), 4)
    0.3333
    """

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Sequence[int],
        name: str | None = None,
        dtype: str | None = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ) -> None:
        super().__init__(num_classes, target_class_ids, name, dtype, ignore_class, sparse_y_true, sparse_y_pred, axis)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make this metric again, as plain Python values."""
        return self._config("target_class_ids", "num_classes", "ignore_class", "sparse_y_true", "sparse_y_pred", "axis")


class MeanIoU(_IoU):
    """`IoU` of all classes.

    Args:
        num_classes: how many classes there are.
        name: default the class's name in snake case.
        dtype: of the counts; default "int32".
        ignore_class: targets of this class do not count; default None.
        sparse_y_true: whether targets are class numbers, not one-hot; default True.
        sparse_y_pred: whether predictions are class numbers, not scores of the classes; default True.
        axis: the axis of the classes, where there is one; default the last.

    >>> round(float(MeanIoU(2)([0, 0, 1, 1], [0, 1, 0, 1])), 4)
    0.3333
    """

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: str | None = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ) -> None:
        super().__init__(num_classes, range(num_classes), name, dtype, ignore_class, sparse_y_true, sparse_y_pred, axis)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make this metric again, as plain Python values."""
        return self._config("num_classes", "ignore_class", "sparse_y_true", "sparse_y_pred", "axis")


class OneHotIoU(_IoU):
    """`IoU` of one-hot targets, and of scores.

    Args:
        num_classes: how many classes there are.
        target_class_ids: the classes to average over.
        name: default the class's name in snake case.
        dtype: of the counts; default "int32".
        ignore_class: targets of this class do not count; default None.
        sparse_y_pred: whether predictions are class numbers, not scores of the classes; default False.
        axis: the axis of the classes, where there is one; default the last.

    >>> metric = OneHotIoU(2, [0])
    >>> round(float(metric([[1, 0], [1, 0], [0, 1]], [[0.9, 0.1], [0.3, 0.7], [0.1, 0.9]])), 4)
    0.5
    """

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Sequence[int],
        name: str | None = None,
        dtype: str | None = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ) -> None:
        super().__init__(num_classes, target_class_ids, name, dtype, ignore_class, False, sparse_y_pred, axis)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make this metric again, as plain Python values."""
        return self._config("target_class_ids", "num_classes", "ignore_class", "sparse_y_pred", "axis")


class OneHotMeanIoU(_IoU):
    """`IoU` of all classes, of one-hot targets, and of scores.

    Args:
        num_classes: how many classes there are.
        name: default the class's name in snake case.
        dtype: of the counts; default "int32".
        ignore_class: targets of this class do not count; default None.
        sparse_y_pred: whether predictions are class numbers, not scores of the classes; default False.
        axis: the axis of the classes, where there is one; default the last.

    >>> metric = OneHotMeanIoU(2)
    >>> round(float(metric([[1, 0], [1, 0], [0, 1]], [[0.9, 0.1], [0.3, 0.7], [0.1, 0.9]])), 4)
    0.5
    """

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: str | None = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ) -> None:
        super().__init__(num_classes, range(num_classes), name, dtype, ignore_class, False, sparse_y_pred, axis)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make this metric again, as plain Python values."""
        return self._config("num_classes", "ignore_class", "sparse_y_pred", "axis")


class BinaryIoU(_IoU):
    """`IoU` of the classes 0 and 1, of probabilities.

    Args:
        target_class_ids: the classes to average over; default both.
        threshold: from which probability on it is a 1; default 0.5.
        name: default "binary_io_u".
        dtype: of the counts; default "int32".

    >>> round(float(BinaryIoU(threshold=0.3)([0, 1, 0, 1], [0.1, 0.2, 0.4, 0.7])), 4)
    0.3333
    """

    def __init__(
        self,
        target_class_ids: Sequence[int] = (0, 1),
        threshold: float = 0.5,
        name: str | None = None,
        dtype: str | None = None,
    ) -> None:
        super().__init__(2, target_class_ids, name, dtype)
        self.threshold = threshold

    def update_state(self, y_true: TensorLike, y_pred: TensorLike, sample_weight: TensorLike | None = None) -> None:
        """Take in a batch: targets, probabilities, and weights of the targets' shape, or (batch,)."""
        super().update_state(y_true, ops.greater_equal(y_pred, self.threshold), sample_weight)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make this metric again, as plain Python values."""
        return self._config("target_class_ids", "threshold")
