"""Data that comes in batches: what hands them out, and in which order."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Set
from typing import Any

import numpy as np

from nnfast.graph import is_sparse_matrix


def is_batched(x: Any) -> bool:
    """Whether this hands out batches: a generator, a PyDataset, a torch DataLoader, or another iterable.

    Arrays, pandas frames, lists and dictionaries are data themselves; a set has no order to hand out in.

    >>> is_batched(iter([])), is_batched([1, 2]), is_batched("text")
    (True, False, False)
    """
    if isinstance(x, list | tuple | Mapping | Set | str | bytes) or hasattr(x, "__array__") or is_sparse_matrix(x):
        return False
    return hasattr(x, "__iter__") or hasattr(x, "__getitem__")


class Source:
    """Hands out batches, pass by pass.

    Args:
        batches: an iterable. One that is its own iterator, as generators are, is gone through once in all.

    Attributes:
        length: how many batches a pass has; None where nobody knows.
        once: whether there is one pass only.
    """

    once = False

    def __init__(self, batches: Any) -> None:
        self._batches = batches
        self.once = iter(batches) is batches
        self._begun: Iterator[Any] | None = None  # the first pass, of which a batch was looked at

    @property
    def length(self) -> int | None:
        try:
            return len(self._batches)
        except TypeError:
            return None

    def first(self) -> Any:
        """A batch that tells what the others are like; StopIteration where there is none."""
        iterator = iter(self._batches)
        batch = next(iterator)
        self._begun = itertools.chain([batch], iterator)
        return batch

    def batches(self, seed: int | None, number: int, skip: int = 0) -> Iterator[Any]:
        """The batches of a pass.

        Args:
            seed: None for the batches' own order; else, with `number`, what another is drawn from, if that is possible.
            number: of the epoch in which the pass begins.
            skip: how many batches to leave out; what hands them out once only leaves none out.
        """
        iterator, self._begun = self._begun or iter(self._batches), None
        return iterator if self.once else itertools.islice(iterator, skip, None)

    def on_epoch_begin(self) -> None:
        """Tell that an epoch begins."""

    def on_epoch_end(self) -> None:
        """Tell that an epoch has ended."""


class IndexedSource(Source):
    """Hands out the batches of a PyDataset, or of what is like one: by their numbers."""

    def __init__(self, batches: Any) -> None:
        self._batches = batches

    @property
    def length(self) -> int | None:
        count: int | None = self._batches.num_batches if hasattr(self._batches, "num_batches") else len(self._batches)
        return count

    def first(self) -> Any:
        if self.length == 0:
            raise StopIteration
        return self._batches[0]

    def batches(self, seed: int | None, number: int, skip: int = 0) -> Iterator[Any]:
        count = self.length
        order: Iterable[int] = itertools.count(skip)
        if count is not None:
            order = range(skip, count)
            if seed is not None:
                order = np.random.Generator(np.random.Philox(key=[seed, number])).permutation(count)[skip:].tolist()
        workers = getattr(self._batches, "workers", 1)
        if workers > 1 or (workers > 0 and getattr(self._batches, "use_multiprocessing", False)):
            return self._ahead(order, workers, max(self._batches.max_queue_size, 1))
        return (self._batches[index] for index in order)

    def _ahead(self, order: Iterable[int], workers: int, most: int) -> Iterator[Any]:
        """The batches in this order, made by threads before they are asked for."""
        from concurrent.futures import Future, ThreadPoolExecutor

        pool = ThreadPoolExecutor(workers, "nnfast-batches")
        waiting: deque[Future[Any]] = deque()
        indices = iter(order)
        try:
            while True:
                for index in itertools.islice(indices, most - len(waiting)):
                    waiting.append(pool.submit(self._batches.__getitem__, index))
                if not waiting:
                    return
                yield waiting.popleft().result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    def on_epoch_begin(self) -> None:
        getattr(self._batches, "on_epoch_begin", _nothing)()

    def on_epoch_end(self) -> None:
        getattr(self._batches, "on_epoch_end", _nothing)()


def _nothing() -> None: ...


def as_source(batches: Any) -> Source:
    """The Source of what `is_batched`."""
    return IndexedSource(batches) if hasattr(batches, "__getitem__") else Source(batches)
