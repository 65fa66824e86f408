"""Samples that are known by number, as batches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from nnfast.utils.py_dataset import PyDataset


class Samples(PyDataset):
    """Batches of so many samples. Subclasses define `_parts`.

    Args:
        count: how many samples there are.
        batch_size: how many of them make a batch; None for samples one by one, without the axis of batches.
        generator: puts the samples in another order after each epoch; None keeps their order.
    """

    def __init__(self, count: int, batch_size: int | None, generator: np.random.Generator | None) -> None:
        super().__init__()
        self._batch_size, self._generator = batch_size, generator
        self._order = np.arange(count)

    def _parts(self, rows: Any) -> list[Any]:
        """The inputs of some samples, and their targets if there are any."""
        raise NotImplementedError

    def _made_of(self, parts: list[Any]) -> list[Any]:
        """What a batch gives in the place of its parts."""
        return parts

    def __len__(self) -> int:
        return -(-len(self._order) // (self._batch_size or 1))

    def __getitem__(self, index: int) -> Any:
        size = self._batch_size or 1
        parts = self._parts(self._order[index * size : (index + 1) * size])
        if self._batch_size is None:
            parts = [part[0] for part in parts]
        made = self._made_of(parts)
        return tuple(made) if len(made) > 1 else made[0]

    def __iter__(self) -> Iterator[Any]:
        return (self[index] for index in range(len(self)))

    def on_epoch_end(self) -> None:
        """Puts the samples in another order, where they are shuffled."""
        if self._generator is not None:
            self._generator.shuffle(self._order)
