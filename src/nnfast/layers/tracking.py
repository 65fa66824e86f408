"""How a layer notices what is put into a list that it holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, SupportsIndex


class TrackedList(list[Any]):
    """A list that reports every item it takes in, so that `self.blocks.append(Dense(8))` makes a sub-layer."""

    def __init__(self, items: Iterable[Any], track: Callable[[Any], None]) -> None:
        super().__init__()
        self._track = track
        self.extend(items)

    def append(self, item: Any) -> None:
        self._track(item)
        super().append(item)

    def extend(self, items: Iterable[Any]) -> None:
        for item in items:
            self.append(item)

    def insert(self, index: SupportsIndex, item: Any) -> None:
        self._track(item)
        super().insert(index, item)

    def __iadd__(self, items: Iterable[Any]) -> TrackedList:  # type: ignore[misc]
        self.extend(items)
        return self

    def __setitem__(self, index: Any, value: Any) -> None:
        if isinstance(index, slice):
            value = list(value)
        for item in value if isinstance(index, slice) else (value,):
            self._track(item)
        super().__setitem__(index, value)

    def __reduce_ex__(self, protocol: SupportsIndex) -> Any:
        # Copies and pickles are plain lists; a layer that is copied as a whole makes its own of them again.
        return list, (list(self),)
