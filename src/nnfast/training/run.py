"""A run: a model's traced step over all batches of some data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nnfast import tree
from nnfast.callbacks import CallbackList
from nnfast.callbacks.callback_list import Phase, python_logs
from nnfast.graph import Feed
from nnfast.training.data import Array, Dataset, check_labels, whole_number
from nnfast.training.epoch import EpochIterator, Position, Stretch
from nnfast.training.step import find_step

if TYPE_CHECKING:
    from nnfast.training.trainer import Trainer

_STOPS: dict[Phase, str] = {"train": "stop_training", "test": "stop_evaluating", "predict": "stop_predicting"}


class Run:
    """Everything an epoch needs, made and checked before it.

    Args:
        model: whose step is run.
        phase: which step: "train", "test" or "predict".
        data: what it is run over, with inputs in the model's order.
        batch_size: samples in a batch; None means 32, or what makes `steps` batches of the data.
        steps: batches in an epoch; None means all.
        seed: what the order of the samples is drawn from; None keeps it.

    Attributes:
        steps: batches in an epoch.
        outputs: the arrays that predictions are written to, for "predict" only.

    Raises:
        ValueError: no data, shapes that the model, the loss or a metric does not take, labels that are no classes.
    """

    def __init__(
        self,
        model: Trainer,
        phase: Phase,
        data: Dataset,
        batch_size: int | None = None,
        steps: int | None = None,
        seed: int | None = None,
    ) -> None:
        steps = None if steps is None else whole_number("steps", steps)
        if batch_size is None:
            batch_size = 32 if steps is None else -(-len(data) // steps) or 1
        # A larger batch than there are samples holds them all.
        batch_size = min(whole_number("batch_size", batch_size), max(len(data), 1))
        feed = Feed(data.arrays, batch_size)
        if not len(data) and phase != "predict":
            raise ValueError("x holds no samples")
        step = find_step(model, phase, data)
        if data.y is not None:
            for labels, classes in model._objective.labels(data.y, step.predictions):
                check_labels(labels, classes)
        self.model = model
        self.phase = phase
        self.program = step.program
        self.batches = EpochIterator(feed, steps, seed)
        self.steps = self.batches.steps
        self._predictions = step.predictions
        self.outputs: list[Array] = []
        if phase == "predict":
            specs = tree.flatten(step.predictions)
            self.outputs = [np.empty((len(data), *spec.shape[1:]), spec.dtype) for spec in specs]

    @property
    def position(self) -> Position:
        """Where the run is, for `resume`."""
        return self.batches.position

    def resume(self, position: Position) -> None:
        """Go on from there with the next epoch, which is the same one if some of it is done."""
        self.batches.resume(position)

    def epoch(self, callbacks: CallbackList, number: int = 0) -> None:
        """Run the batches of epoch `number`, and call those who listen to single batches."""
        hooks = callbacks.batch_hooks(self.phase)
        length = self.model.steps_per_execution if hooks.every_batch else None
        for stretch in self.batches.epoch(number, length):
            for begin in hooks.begin:
                begin(stretch.step, {})
            self.program.run(self.batches.feed, stretch.batch, stretch.length, self.outputs)
            if hooks.end:
                logs = self._logs(stretch)
                for end in hooks.end:
                    end(stretch.last_step, logs)
            if getattr(self.model, _STOPS[self.phase]):
                break

    def _logs(self, stretch: Stretch) -> dict[str, Any]:
        """What callbacks are told after some batches: their predictions, or the metrics so far."""
        if not self.outputs:
            return python_logs(self.model.get_metrics_result())
        return {"outputs": self.predictions(stretch.batch, stretch.batch + stretch.length)}

    def predictions(self, first: int, end: int) -> Any:
        """What the model predicts for the batches from `first` to below `end`: an array, or a structure of arrays."""
        size = self.batches.feed.batch_size
        rows = [output[first * size : end * size] for output in self.outputs]
        return tree.pack_sequence_as(self._predictions, rows)
