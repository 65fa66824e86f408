"""Metrics that can't be traced, such as a user's own with Python code on values: told of arrays after each batch."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from nnfast import graph
from nnfast.graph import Feed, Program, SymbolicTensor, UntraceableError
from nnfast.metrics import Metric
from nnfast.training.data import Array
from nnfast.utils.tracebacks import users_line


class ArrayMetrics:
    """The metrics of a model that can't be traced, and what each of them is told of a batch.

    A step that is traced calls `begin`, then `update` for each metric, and returns `tensors` as its results.
    """

    def __init__(self) -> None:
        self._untraceable: set[Metric] = set()
        self._told: list[tuple[Metric, int]] = []  # with the number of their tensors
        self.tensors: list[Any] = []

    def __getstate__(self) -> dict[str, Any]:
        # A trace's tensors stay with it.
        return {**vars(self), "_told": [], "tensors": []}

    def begin(self) -> None:
        """Forget the tensors of another trace."""
        self._told, self.tensors = [], []

    def update(self, metric: Metric, *batch: Any) -> None:
        """Trace a metric's update, or remember what it is to be told; targets, predictions, and weights or None."""
        given = [tensor for tensor in batch if tensor is not None]
        if not all(type(tensor) is SymbolicTensor for tensor in given):  # run eagerly: Python sees the values
            metric.update_state(*batch)
            return
        if metric not in self._untraceable:

            def alone(*tensors: Any) -> list[Any]:
                metric.update_state(*tensors)
                return []

            try:  # in a trace of its own, as half an update must not stay
                graph.abstract(alone, [tensor.spec for tensor in given])
            except UntraceableError as error:
                warnings.warn(
                    f"Metric '{metric.name}' is computed in Python after each batch, which takes time, as it can't be "
                    f"traced: {error}",
                    stacklevel=users_line(),
                )
                self._untraceable.add(metric)
        if metric not in self._untraceable:
            metric.update_state(*batch)
            return
        self._told.append((metric, len(given)))
        self.tensors += given

    def watching(self, program: Program) -> Program | WatchedProgram:
        """The program of the step that was traced last; it tells the metrics of each batch."""
        return WatchedProgram(program, self._told) if self._told else program


class WatchedProgram:
    """A program without its last results, which are what metrics are told."""

    def __init__(self, program: Program, told: Sequence[tuple[Metric, int]]) -> None:
        self._program = program
        self._told = list(told)
        kept = len(program.outputs) - sum(count for _, count in told)
        self.outputs, self._specs = program.outputs[:kept], program.outputs[kept:]

    def run(self, feed: Feed, first: int, count: int, outputs: Sequence[Array] = ()) -> None:
        """Runs batches, as a Program does, and tells the metrics of each."""
        # Memory is touched where rows are written, and nowhere else.
        arrays: list[Array] = [
            np.empty([feed.samples if size is None else size for size in spec.shape], spec.dtype)
            for spec in self._specs
        ]
        size = feed.batch_size
        for number in range(first, first + count):
            self._program.run(feed, number, 1, [*outputs, *arrays])
            rows = iter([array[number * size : (number + 1) * size] for array in arrays])
            for metric, tensors in self._told:
                metric.update_state(*[next(rows).copy() for _ in range(tensors)])
