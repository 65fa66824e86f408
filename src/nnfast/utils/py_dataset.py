"""PyDataset: batches by number, made when they are needed."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Iterator
from typing import Any


class PyDataset:
    """The base of data sets that make their batches themselves. Define `__getitem__` and `__len__`.

    `fit`, `evaluate` and `predict` take such an object as x, and ask for each batch once an epoch.

    Args:
        workers: threads that make batches ahead of time; default 1, which makes each when it is needed.
        use_multiprocessing: taken for Keras's sake, True has the workers make batches ahead, in threads; default False.
        max_queue_size: how many batches are made ahead of time at most; default 10.

    >>> class Squares(PyDataset):
    ...     def __len__(self):
    ...         return 2
    ...     def __getitem__(self, index):
    ...         x = [[4.0 * index], [4.0 * index + 1]]
    ...         return x, [value ** 2 for (value,) in x]
    >>> list(Squares())
    [([[0.0], [1.0]], [0.0, 1.0]), ([[4.0], [5.0]], [16.0, 25.0])]
    """

    def __init__(self, workers: int = 1, use_multiprocessing: bool = False, max_queue_size: int = 10) -> None:
        self._workers = workers
        self._use_multiprocessing = use_multiprocessing
        self._max_queue_size = max_queue_size

    def __getitem__(self, index: int) -> Any:
        """The batch at `index`: a tuple of inputs, targets and weights, the latter two where there are any."""
        raise NotImplementedError(f"{type(self).__name__} must define __getitem__(index), which returns a batch")

    @property
    def num_batches(self) -> int | None:
        """How many batches there are; None for no end of them."""
        if hasattr(self, "__len__"):
            return len(self)
        raise NotImplementedError(
            "You need to implement the `num_batches` property:\n\n@property\ndef num_batches(self):\n  return ..."
        )

    def on_epoch_begin(self) -> None:
        """Called when an epoch begins."""

    def on_epoch_end(self) -> None:
        """Called when an epoch has ended."""

    def __iter__(self) -> Iterator[Any]:
        count = self.num_batches
        for index in itertools.count() if count is None else range(count):
            yield self[index]

    @property
    def workers(self) -> int:
        """How many threads make batches ahead of time."""
        return int(self._argument("_workers", 1))

    @workers.setter
    def workers(self, value: int) -> None:
        self._workers = value

    @property
    def use_multiprocessing(self) -> bool:
        """Whether batches are made ahead of time with one worker, too."""
        return bool(self._argument("_use_multiprocessing", False))

    @use_multiprocessing.setter
    def use_multiprocessing(self, value: bool) -> None:
        self._use_multiprocessing = value

    @property
    def max_queue_size(self) -> int:
        """How many batches are made ahead of time at most."""
        return int(self._argument("_max_queue_size", 10))

    @max_queue_size.setter
    def max_queue_size(self, value: int) -> None:
        self._max_queue_size = value

    def _argument(self, name: str, default: Any) -> Any:
        if name not in vars(self):
            warnings.warn(
                "Your `PyDataset` class should call `super().__init__(**kwargs)` in its constructor. `**kwargs` can "
                "include `workers`, `use_multiprocessing`, `max_queue_size`. Do not pass these arguments to `fit()`, "
                "as they will be ignored.",
                stacklevel=3,
            )
            setattr(self, name, default)
        return vars(self)[name]
