"""What metrics have come to: computed in C++ where their `result` can be traced, else in Python."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from nnfast import graph
from nnfast.graph import UntraceableError, Variable, dtypes
from nnfast.metrics import Metric


class Results:
    """The results of metrics by name.

    Args:
        metrics: by the names that logs have.
    """

    def __init__(self, metrics: Mapping[str, Metric]) -> None:
        self.metrics = dict(metrics)
        self._traced = [name for name, metric in self.metrics.items() if _is_traceable(metric)]
        # Traced together, as op by op they take longer than a batch of a small model.
        self._program = graph.trace(lambda: [_result(self.metrics[name]) for name in self._traced], [])

    def __call__(self) -> dict[str, Any]:
        """The results so far: Python floats, and arrays where they are no scalars.

        Raises:
            TypeError: a metric's `result` does not return numbers.
        """
        traced = dict(zip(self._traced, self._program(), strict=True))
        logs: dict[str, Any] = {}
        for name, metric in self.metrics.items():
            value = traced[name] if name in traced else _result(metric)
            logs |= value if isinstance(value, Mapping) else {name: value}
        return {name: _as_log(name, value) for name, value in logs.items()}


def _result(metric: Metric) -> Any:
    result = metric.result()
    return result.value if isinstance(result, Variable) else result


def _is_traceable(metric: Metric) -> bool:
    """Whether a metric computes its result with ops alone."""
    traceable = False

    def trace() -> list[Any]:
        nonlocal traceable
        result = _result(metric)
        traceable = graph.is_symbolic(result)
        return [result] if traceable else []

    try:
        graph.abstract(trace, [])
    except UntraceableError:
        return False
    return traceable


def _as_log(name: str, value: Any) -> Any:
    numbers = np.asarray(value)
    if dtypes.kind_of(numbers.dtype) not in "biuf":
        raise TypeError(f"Metric '{name}' must return its result, a number or a tensor, got {value!r}")
    return float(numbers) if numbers.ndim == 0 else numbers
