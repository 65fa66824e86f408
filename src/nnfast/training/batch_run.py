"""A run over data that comes in batches."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nnfast import tree
from nnfast.callbacks.callback_list import Phase
from nnfast.graph import Feed
from nnfast.training.data import Array, Dataset, whole_number
from nnfast.training.epoch import SECONDS_A_STRETCH, Position
from nnfast.training.run import Run, checked_step
from nnfast.training.sources import Source, as_source
from nnfast.training.step import Step, sparse_inputs
from nnfast.utils.batches import unpack_x_y_sample_weight
from nnfast.utils.tracebacks import users_line

if TYPE_CHECKING:
    from nnfast.training.trainer import Trainer


class Batches(NamedTuple):
    """Batches to compute one after the other, each as data of its own."""

    step: int  # the number of the first in its epoch
    data: list[Dataset]

    @property
    def last_step(self) -> int:
        """The number of the last in its epoch."""
        return self.step + len(self.data) - 1


class BatchRun(Run[Batches]):
    """A run over what hands out batches: of any number, and each of its own size.

    Args:
        model, phase: as of Run.
        batches: what `is_batched`.
        steps: batches in an epoch; default None, all that it hands out. With a number, an epoch goes on where the last
            one ended.
        seed: what the order of the batches is drawn from, where they have numbers; None keeps it.
        class_weight: factors by class, as of `fit`.

    Raises:
        ValueError: no batches, or as ArrayRun; for batches after the first when they come.
    """

    def __init__(
        self,
        model: Trainer,
        phase: Phase,
        batches: Any,
        steps: int | None = None,
        seed: int | None = None,
        class_weight: Any = None,
    ) -> None:
        super().__init__(model, phase)
        self._source: Source = as_source(batches)
        self._asked = None if steps is None else whole_number("steps", steps)
        self.steps = self._source.length if steps is None else self._asked
        self._class_weight = class_weight
        self._seed = seed
        self._number = self._taken = self._begin = self._done = 0
        self._told_at = 0.0
        self._outputs: list[list[Array]] = []
        self._iterator: Iterator[Any] | None = None
        try:
            first = self._dataset(self._source.first())
        except StopIteration:
            raise ValueError("x must hand out at least one batch, got none") from None
        self._sparse = sparse_inputs(first)
        self._predictions = self._step(first).predictions

    @property
    def position(self) -> Position:
        return Position(self._seed, self._number, self._taken, self._taken - self._begin)

    def resume(self, position: Position) -> None:
        self._seed, self._number, self._taken, self._done = position
        self._begin = self._taken - self._done
        self._iterator = self._source.batches(self._seed, self._number, skip=self._taken)

    def restart(self) -> None:
        if not self._source.once:
            self._iterator = None
        self._outputs = []

    def has_more(self) -> bool:
        if self._source.once and self._iterator is not None:
            try:
                batch = next(self._iterator)
            except StopIteration:
                return False
            self._iterator = chain([batch], self._iterator)
        return True

    def stretches(self, number: int, length: int | None) -> Iterator[Batches]:
        done, self._done = self._done, 0
        goes_on = self._iterator is not None and (self._source.once or self._asked is not None or done > 0)
        self._source.on_epoch_begin()
        if not goes_on:
            self._begin_pass(number)
        self._begin = self._taken - done
        step = done
        for data in self._taken_from_passes(number, length or 1, done, goes_on):
            step += len(data)
            if self._source.length is None and self._asked is None:
                self.steps = step  # as far as anybody knows
            yield Batches(step - len(data), data)
        if self._asked is not None and step < self._asked:
            warn_of_the_end()
            self._iterator = self._iterator if self._source.once else None
        self._begin = self._taken
        self._source.on_epoch_end()

    def _taken_from_passes(self, number: int, length: int, done: int, goes_on: bool) -> Iterator[list[Dataset]]:
        """The batches of an epoch, of which some are done; one that goes on may find that the last one took all."""
        left = None if self._asked is None else self._asked - done
        while left is None or left > 0:
            data = self._next(length if left is None else min(length, left))
            if not data and goes_on and not self._source.once:
                self._begin_pass(number)
                data = self._next(length if left is None else min(length, left))
            if not data:
                return
            goes_on = False
            left = None if left is None else left - len(data)
            yield data

    def _begin_pass(self, number: int) -> None:
        self._iterator = self._source.batches(self._seed, number)
        self._number, self._taken, self._begin = number, 0, 0

    def _next(self, count: int) -> list[Dataset]:
        assert self._iterator is not None
        batches = [self._dataset(batch) for batch in islice(self._iterator, count)]
        self._taken += len(batches)
        return batches

    def _dataset(self, batch: Any) -> Dataset:
        x, y, sample_weight = unpack_x_y_sample_weight(batch)
        if self.phase == "predict":
            return self.model._dataset(x)
        return self.model._dataset(x, y, sample_weight, self._class_weight)

    def _step(self, data: Dataset) -> Step:
        return checked_step(self.model, self.phase, data, self._sparse)

    def compute(self, stretch: Batches) -> None:
        for data in stretch.data:
            step = self._step(data)
            if not len(data) and self.phase != "predict":
                raise ValueError("x holds no samples")
            specs = tree.flatten(step.predictions) if self.phase == "predict" else []
            outputs = [np.empty((len(data), *spec.shape[1:]), spec.dtype) for spec in specs]
            if len(data):
                step.program.run(Feed(data.arrays, len(data)), 0, 1, outputs)
            if outputs:
                self._outputs.append(outputs)

    def predictions(self, stretch: Batches | None = None) -> Any:
        batches = self._outputs if stretch is None else self._outputs[-len(stretch.data) :]
        return tree.pack_sequence_as(self._predictions, [np.concatenate(parts) for parts in zip(*batches, strict=True)])

    def is_time_to_tell(self) -> bool:
        now = time.perf_counter()
        if now - self._told_at < SECONDS_A_STRETCH:
            return False
        self._told_at = now
        return True


def warn_of_the_end() -> None:
    """Warn that the data ran out before the training was done."""
    warnings.warn(
        "Your input ran out of data; interrupting training. Make sure that your dataset or generator can generate at "
        "least `steps_per_epoch * epochs` batches. You may need to use the `.repeat()` function when building your "
        "dataset.",
        stacklevel=users_line(),
    )
