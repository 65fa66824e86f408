"""How a layer notices what is put into a list or a dictionary that it holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, SupportsIndex


class TrackedList(list[Any]):
    """A list that reports every item it takes in, so that `self.blocks.append(Dense(8))` makes a sub-layer."""

    def __init__(self, items: Iterable[Any], track: Callable[[Any], None]) -> None:
        super().__init__()
        self._track = track
        self.extend(items)

    def append(self, item: Any) -> None:
        super().append(tracked(item, self._track))

    def extend(self, items: Iterable[Any]) -> None:
        for item in items:
            self.append(item)

    def insert(self, index: SupportsIndex, item: Any) -> None:
        super().insert(index, tracked(item, self._track))

    def __iadd__(self, items: Iterable[Any]) -> TrackedList:  # type: ignore[misc]
        self.extend(items)
        return self

    def __setitem__(self, index: Any, value: Any) -> None:
        if isinstance(index, slice):
            super().__setitem__(index, [tracked(item, self._track) for item in value])
        else:
            super().__setitem__(index, tracked(value, self._track))

    def __reduce_ex__(self, protocol: SupportsIndex) -> Any:
        # Copies and pickles are plain lists; a layer that is copied as a whole makes its own of them again.
        return list, (list(self),)


class TrackedDict(dict[Any, Any]):
    """A dictionary that reports every value it takes in."""

    def __init__(self, items: Mapping[Any, Any], track: Callable[[Any], None]) -> None:
        super().__init__()
        self._track = track
        self.update(items)

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(key, tracked(value, self._track))

    def setdefault(self, key: Any, default: Any = None) -> Any:
        if key not in self:
            self[key] = default
        return self[key]

    def update(self, *given: Any, **named: Any) -> None:
        for key, value in dict(*given, **named).items():
            self[key] = value

    def __ior__(self, items: Any) -> TrackedDict:  # type: ignore[misc]
        self.update(items)
        return self

    def __reduce_ex__(self, protocol: SupportsIndex) -> Any:
        return dict, (dict(self),)


def tracked(value: Any, track: Callable[[Any], None]) -> Any:
    """A value as a layer keeps it, once all that it holds is reported: lists and dictionaries, however deep, become
    such that report what is put into them later."""
    if type(value) in (list, TrackedList):
        return TrackedList(value, track)
    if type(value) in (dict, TrackedDict):
        return TrackedDict(value, track)
    if type(value) is tuple:
        return tuple(tracked(item, track) for item in value)
    track(value)
    return value
