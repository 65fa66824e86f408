"""A run: a model's step over all batches of some data."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

import numpy as np

from nnfast import tree
from nnfast.callbacks import CallbackList
from nnfast.callbacks.callback_list import Phase, python_logs
from nnfast.graph import Feed
from nnfast.training.data import Array, Dataset, check_labels, whole_number
from nnfast.training.epoch import EpochIterator, Position, Stretch
from nnfast.training.step import Step, find_step

if TYPE_CHECKING:
    from nnfast.training.trainer import Trainer

_STOPS: dict[Phase, str] = {"train": "stop_training", "test": "stop_evaluating", "predict": "stop_predicting"}


class AnyStretch(Protocol):
    """Batches to run one after the other."""

    @property
    def step(self) -> int:
        """The number of the first in its epoch."""

    @property
    def last_step(self) -> int:
        """The number of the last in its epoch."""


_Stretch = TypeVar("_Stretch", bound=AnyStretch)


class Run(ABC, Generic[_Stretch]):
    """Everything an epoch needs, made and checked before it.

    Args:
        model: whose step is run.
        phase: which step: "train", "test" or "predict".

    Attributes:
        steps: batches in an epoch; None while nobody knows.
        position: where the run is, for `resume`.
    """

    steps: int | None

    def __init__(self, model: Trainer, phase: Phase) -> None:
        self.model = model
        self.phase = phase

    def epoch(self, callbacks: CallbackList, number: int = 0) -> None:
        """Run the batches of epoch `number`, and call those who listen to single batches."""
        hooks = callbacks.batch_hooks(self.phase)
        length = self.model.steps_per_execution if hooks.every_batch else None
        for stretch in self.stretches(number, length):
            for begin in hooks.begin:
                begin(stretch.step, {})
            self.compute(stretch)
            if hooks.end and (hooks.every_batch or self.is_time_to_tell()):
                logs = self._logs(stretch)
                for end in hooks.end:
                    end(stretch.last_step, logs)
            if getattr(self.model, _STOPS[self.phase]):
                break

    def _logs(self, stretch: _Stretch) -> dict[str, Any]:
        """What callbacks are told after some batches: their predictions, or the metrics so far."""
        if self.phase != "predict":
            return python_logs(self.model._logs())
        return {"outputs": self.predictions(stretch)}

    @property
    @abstractmethod
    def position(self) -> Position:
        """Where the run is."""

    @abstractmethod
    def stretches(self, number: int, length: int | None) -> Iterator[_Stretch]:
        """The batches of epoch `number`, `length` at once; None for as many as suits."""

    @abstractmethod
    def compute(self, stretch: _Stretch) -> None:
        """Run the step for some batches."""

    @abstractmethod
    def predictions(self, stretch: _Stretch | None = None) -> Any:
        """What the model predicts for some batches, or for all so far: an array, or a structure of arrays."""

    @abstractmethod
    def restart(self) -> None:
        """Begin the next epoch with the first batch."""

    @abstractmethod
    def resume(self, position: Position) -> None:
        """Go on from there with the next epoch, which is the same one if some of it is done."""

    def has_more(self) -> bool:
        """Whether there is a batch for another epoch."""
        return True

    def is_time_to_tell(self) -> bool:
        """Whether those who want to hear of some batches should hear of these."""
        return True


class ArrayRun(Run[Stretch]):
    """A run over arrays.

    Args:
        model, phase: as of Run.
        data: what it is run over, with inputs in the model's order.
        batch_size: samples in a batch; None means 32, or what makes `steps` batches of the data.
        steps: batches in an epoch; None means all.
        seed: what the order of the samples is drawn from; None keeps it.

    Attributes:
        outputs: the arrays that predictions are written to, for "predict" only.

    Raises:
        ValueError: no data, shapes that the model, the loss or a metric does not take, labels that are no classes.
    """

    steps: int

    def __init__(
        self,
        model: Trainer,
        phase: Phase,
        data: Dataset,
        batch_size: int | None = None,
        steps: int | None = None,
        seed: int | None = None,
    ) -> None:
        super().__init__(model, phase)
        steps = None if steps is None else whole_number("steps", steps)
        if batch_size is None:
            batch_size = 32 if steps is None else -(-len(data) // steps) or 1
        # A larger batch than there are samples holds them all.
        batch_size = min(whole_number("batch_size", batch_size), max(len(data), 1))
        feed = Feed(data.arrays, batch_size)
        if not len(data) and phase != "predict":
            raise ValueError("x holds no samples")
        step = checked_step(model, phase, data)
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
        return self.batches.position

    def resume(self, position: Position) -> None:
        self.batches.resume(position)

    def restart(self) -> None:
        self.batches.restart()

    def stretches(self, number: int, length: int | None) -> Iterator[Stretch]:
        return self.batches.epoch(number, length)

    def compute(self, stretch: Stretch) -> None:
        self.program.run(self.batches.feed, stretch.batch, stretch.length, self.outputs)

    def predictions(self, stretch: Stretch | None = None) -> Any:
        first, length = (0, self.steps) if stretch is None else stretch[1:]
        size = self.batches.feed.batch_size
        rows = [output[first * size : (first + length) * size] for output in self.outputs]
        return tree.pack_sequence_as(self._predictions, rows)


def checked_step(model: Trainer, phase: Phase, data: Dataset, sparse: Any = None) -> Step:
    """The step for such data, whose labels are classes."""
    step = find_step(model, phase, data, sparse)
    if data.y is not None and phase != "predict" and step.predictions is not None:
        for labels, classes in model._objective.labels(data.y, step.predictions):
            check_labels(labels, classes)
    return step
