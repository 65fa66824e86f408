"""An epoch: its batches, in stretches that run without Python."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator
from typing import NamedTuple

from nnfast.graph import Feed

# Long enough to make the return to Python free, short enough for Ctrl-C and for a progress bar that flows.
_SECONDS_A_STRETCH = 0.05
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
        self.restart()

    def restart(self) -> None:
        """Begin the next epoch with the first batch."""
        self._next = self.feed.batches

    def epoch(self, number: int = 0, length: int | None = None) -> Iterator[Stretch]:
        """The stretches of epoch `number`.

        Args:
            number: with the seed, what the order of the samples is drawn from.
            length: how many batches a stretch has; default None, as many as time suggests.
        """
        if self._next >= self.feed.batches or not self._goes_on:
            self._next = 0
            if self._seed is not None:
                self.feed.shuffle(self._seed, number)
        begin, end = self._next, min(self._next + self.steps, self.feed.batches)
        while self._next < end:
            stretch = Stretch(self._next - begin, self._next, min(length or self._length, end - self._next))
            self._next += stretch.length
            started = time.perf_counter()
            yield stretch
            self._adapt(stretch.length, time.perf_counter() - started)
        if end - begin < self.steps:
            warnings.warn(
                f"The data ran out after {end - begin} of the {self.steps} steps asked for; the next epoch starts anew",
                stacklevel=4,
            )

    def _adapt(self, count: int, seconds: float) -> None:
        """Set how many batches the next stretch has, after one of `count` batches took `seconds`."""
        wanted = int(_SECONDS_A_STRETCH * count / max(seconds, 1e-9))
        self._length = min(max(wanted, 1), self._length * _LARGEST_GROWTH)
