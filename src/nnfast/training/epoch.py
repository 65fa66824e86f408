"""An epoch: its batches, in stretches that run without Python."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator
from typing import NamedTuple

from nnfast.graph import Feed
from nnfast.utils.tracebacks import users_line

# Long enough to make the return to Python free, short enough for Ctrl-C and for a progress bar that flows.
SECONDS_A_STRETCH = 0.05
_LARGEST_GROWTH = 8


class Stretch(NamedTuple):
    """Batches to run one after the other."""

    step: int  # the number of the first in its epoch
    batch: int  # the number of the first in the feed
    length: int

    @property
    def last_step(self) -> int:
        """The number of the last in its epoch."""
        return self.step + self.length - 1


class Position(NamedTuple):
    """Where a run over some data is."""

    seed: int | None  # what the order of the samples is drawn from
    number: int  # of the epoch in which this pass over the data began
    next: int  # the number in the data of the batch that comes next
    done: int  # how many batches of the epoch are done


class EpochIterator:
    """Hands out the batches of a feed epoch by epoch, in stretches that take about 50 ms.

    Args:
        feed: where the batches come from.
        steps: batches in an epoch; default None, all. With a number, an epoch goes on where the last one ended.
        seed: what the order of the samples is drawn from, anew for each pass over the feed; None keeps their order.
    """

    def __init__(self, feed: Feed, steps: int | None = None, seed: int | None = None) -> None:
        self.feed = feed
        self.steps: int = feed.batches if steps is None else steps
        self._goes_on = steps is not None
        self._seed = seed
        self._length = 1
        self._number = 0
        self.restart()

    def restart(self) -> None:
        """Begin the next epoch with the first batch."""
        self._next = self._begin = self.feed.batches
        self._done = 0

    @property
    def position(self) -> Position:
        """Where this is, for `resume`."""
        return Position(self._seed, self._number, self._next, self._next - self._begin)

    def resume(self, position: Position) -> None:
        """Go on from there with the next epoch, which is the same one if some of it is done."""
        self._seed, self._number, self._next, self._done = position
        self._begin = self._next - self._done
        if self._seed is not None:
            self.feed.shuffle(self._seed, self._number)

    def epoch(self, number: int = 0, length: int | None = None) -> Iterator[Stretch]:
        """The stretches of epoch `number`.

        Args:
            number: with the seed, what the order of the samples is drawn from.
            length: how many batches a stretch has; default None, as many as time suggests.
        """
        done, self._done = self._done, 0
        if not done and (self._next >= self.feed.batches or not self._goes_on):
            self._next, self._number = 0, number
            if self._seed is not None:
                self.feed.shuffle(self._seed, number)
        begin = self._begin = self._next - done
        end = min(begin + self.steps, self.feed.batches)
        while self._next < end:
            stretch = Stretch(self._next - begin, self._next, min(length or self._length, end - self._next))
            self._next += stretch.length
            started = time.perf_counter()
            yield stretch
            self._adapt(stretch.length, time.perf_counter() - started)
        if end - begin < self.steps:
            warnings.warn(
                f"The data ran out after {end - begin} of the {self.steps} steps asked for; the next epoch starts anew",
                stacklevel=users_line(),
            )
        self._begin = self._next

    def _adapt(self, count: int, seconds: float) -> None:
        """Set how many batches the next stretch has, after one of `count` batches took `seconds`."""
        wanted = int(SECONDS_A_STRETCH * count / max(seconds, 1e-9))
        self._length = min(max(wanted, 1), self._length * _LARGEST_GROWTH)
