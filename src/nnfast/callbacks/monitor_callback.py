"""MonitorCallback: watches a number in the logs for the better."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from nnfast import ops
from nnfast.callbacks.callback import Callback, Logs

# Classes of metrics of which more is better, and of which less is; their subclasses are too. A metric's own
# `_direction`, "up" or "down", comes first.
_UP = frozenset(
    (
        *("Accuracy", "BinaryAccuracy", "CategoricalAccuracy", "SparseCategoricalAccuracy", "TopKCategoricalAccuracy"),
        *("SparseTopKCategoricalAccuracy", "Precision", "Recall", "AUC", "SensitivityAtSpecificity", "F1Score", "IoU"),
        *("SpecificityAtSensitivity", "PrecisionAtRecall", "RecallAtPrecision", "PearsonCorrelation", "FBetaScore"),
        *("ConcordanceCorrelation", "CosineSimilarity", "R2Score"),
    )
)
_DOWN = frozenset(
    (
        *("Hinge", "SquaredHinge", "CategoricalHinge", "BinaryCrossentropy", "CategoricalCrossentropy", "Poisson"),
        *("SparseCategoricalCrossentropy", "KLDivergence", "MeanSquaredError", "RootMeanSquaredError"),
        *("MeanAbsoluteError", "MeanAbsolutePercentageError", "MeanSquaredLogarithmicError", "LogCoshError"),
    )
)


class MonitorCallback(Callback):
    """The base of callbacks that ask after each epoch whether a number got better.

    Args:
        monitor: its name in the logs; default "val_loss".
        mode: "min" where less is better, "max" where more is; default "auto": as the metric of that name has it.
        baseline: what counts as the best so far; default None, nothing.
        min_delta: how much better the number must be to count; default 0.

    Attributes:
        best: the best value so far; None before.
    """

    def __init__(
        self, monitor: str = "val_loss", mode: str = "auto", baseline: float | None = None, min_delta: float = 0
    ) -> None:
        if mode not in ("auto", "min", "max"):
            warnings.warn(
                f"{type(self).__name__} mode '{mode}' is unknown, fallback to auto mode.",
                stacklevel=3,
            )
            mode = "auto"
        self.monitor = monitor
        self.mode = mode
        self.best = baseline
        self.min_delta = abs(min_delta)
        self.monitor_op: Callable[[Any, Any], bool] | None = None

    def _set_monitor_op(self) -> None:
        """Find out, once the metrics are made, what better means.

        Raises:
            ValueError: the mode is "auto", and no metric of that name has a direction.
        """
        if self.monitor_op is not None:
            return
        direction = {"min": "down", "max": "up"}.get(self.mode) or self._direction()
        if direction is None:
            raise ValueError(
                f"{type(self).__name__} callback received monitor={self.monitor}, but nnfast isn't able to "
                "automatically determine whether that metric should be maximized or minimized. Pass `mode='max'` in "
                "order to monitor based on the highest metric value, or pass `mode='min'` in order to use the lowest "
                "value."
            )
        self.monitor_op = ops.greater if direction == "up" else ops.less
        if direction == "down":
            self.min_delta *= -1

    def _direction(self) -> str | None:
        name = self.monitor.removeprefix("val_")
        metrics = getattr(self.model, "metrics", [])
        names = getattr(self.model, "metrics_names", [metric.name for metric in metrics])
        for known, metric in zip(names, metrics, strict=True):
            if known == name and name != "loss":
                return _direction_of(metric)
        return "down" if name == "loss" or name.endswith("_loss") else None

    def _is_improvement(self, value: Any, reference: Any) -> bool:
        """Whether a value is better than another; better than None it always is."""
        if reference is None:
            return True
        self._set_monitor_op()
        assert self.monitor_op is not None
        return bool(self.monitor_op(value - self.min_delta, reference))

    def _missing(self, message: str, logs: Logs) -> None:
        """Warn that the logs do not hold what is monitored."""
        warnings.warn(
            f"{message} `{self.monitor}` which is not available. Available metrics are: {','.join(logs)}", stacklevel=3
        )


def _direction_of(metric: Any) -> str | None:
    direction = getattr(metric, "_direction", None)
    if direction in ("up", "down"):
        return str(direction)
    classes = {parent.__name__ for parent in type(metric).__mro__}
    if classes & _UP:
        return "up"
    return "down" if classes & _DOWN or _is_of_a_loss(metric) else None


def _is_of_a_loss(metric: Any) -> bool:
    """Whether a metric is the mean of what a loss function gives."""
    return str(getattr(getattr(metric, "_fn", None), "__module__", "")).startswith("nnfast.losses")
