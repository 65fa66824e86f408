"""HDF5 files of arrays, laid out as Keras lays out weights: a group `PATH/vars` for each object, with '0', '1', ...

A file that is read may come from anywhere: nothing in it leads to other files, or makes more of its few bytes.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self

import numpy as np

from nnfast.graph import dtypes
from nnfast.saving.expansion import check_expansion

if TYPE_CHECKING:
    import h5py

Array = np.ndarray[Any, Any]


class Sink(Protocol):
    """What variables are written to: each object's under its path."""

    def make(self, path: str, name: str | None = None) -> MutableMapping[str, Any]: ...


class Source(Protocol):
    """What variables are read from."""

    def get(self, path: str) -> Mapping[str, Array]: ...


class Puts(dict[str, Any]):
    """A dictionary that hands on what is put into it."""

    def __init__(self, put: Callable[[str, Any], None]) -> None:
        super().__init__()
        self._put = put

    def __setitem__(self, name: str, value: Any) -> None:
        self._put(name, value)
        super().__setitem__(name, value)


def _h5py() -> Any:
    import h5py  # takes 50 ms

    return h5py


class Writer:
    """Collects arrays, and gives the file's bytes.

    >>> writer = Writer()
    >>> writer.make("layers/dense", "first")["0"] = np.zeros(3)
    >>> data = writer.finish()
    >>> with Reader(data) as reader:
    ...     reader.get("layers/dense")["0"].shape
    (3,)
    """

    def __init__(self) -> None:
        self._buffer = io.BytesIO()
        self._file = _h5py().File(self._buffer, "w")

    def make(self, path: str, name: str | None = None) -> MutableMapping[str, Any]:
        """Where the variables of the object at `path` are put, by name."""
        group = self._file.require_group(f"{path}/vars" if path else "vars")
        if name is not None:
            group.attrs["name"] = name
        return _Group(group)

    def put(self, path: str, value: Any) -> None:
        """Put an array at `path`, in groups that are made where they are not there."""
        group, _, name = path.rpartition("/")
        _Group(self._file.require_group(group or "/"))[name] = value

    def attributes(self, path: str) -> MutableMapping[str, Any]:
        """Where the attributes of the group at `path` are put, by name."""
        attributes: MutableMapping[str, Any] = self._file.require_group(path or "/").attrs
        return attributes

    def finish(self) -> memoryview:
        """The file."""
        self._file.close()
        return self._buffer.getbuffer()


class _Group(MutableMapping[str, Any]):
    """The arrays of a group, by name."""

    def __init__(self, group: h5py.Group) -> None:
        self._group = group

    def __getitem__(self, name: str) -> Array:
        return _read(self._group, name)

    def __setitem__(self, name: str, value: Any) -> None:
        array = np.asarray(value)
        self._group[name] = array
        if array.dtype.name == "bfloat16":  # to HDF5 two bytes of no meaning
            self._group[name].attrs["dtype"] = "bfloat16"

    def __delitem__(self, name: str) -> None:
        del self._group[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._group)

    def __len__(self) -> int:
        return len(self._group)


class Reader:
    """A file of arrays, to be used in a `with`.

    Raises:
        ValueError: bytes that are no HDF5 file.
    """

    def __init__(self, data: bytes | memoryview) -> None:
        self._data = data
        with _told_clearly():
            self._file = _h5py().File(io.BytesIO(data), "r")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._file.close()

    def get(self, path: str) -> Mapping[str, Array]:
        """The arrays of the object at `path`, by name; none if it is not there.

        Raises:
            ValueError: links to elsewhere, or what is no group.
        """
        with _told_clearly():
            group = self._walk(f"{path}/vars" if path else "vars")
            return {} if group is None else _Group(group)

    def holds(self, path: str) -> bool:
        """Whether there is a group at `path`."""
        with _told_clearly():
            return self._walk(path) is not None

    def array(self, path: str) -> Array:
        """The array at `path`.

        Raises:
            ValueError: there is none, or one that stands elsewhere.
        """
        parent, _, name = path.rpartition("/")
        with _told_clearly():
            group = self._walk(parent)
            if group is None:
                raise KeyError(path)
            return _read(group, name)

    def text(self, path: str, name: str) -> str | None:
        """An attribute of the group at `path` that is a text; None if it is not there."""
        found = self._attribute(path, name)
        if found is None:
            return None
        if len(found) != 1:
            raise ValueError(f"Expected an attribute {name!r} that is a text, got {len(found)} texts")
        return found[0]

    def texts(self, path: str, name: str) -> list[str]:
        """An attribute that is a list of texts, or `name0`, `name1`, ... together; [] if there are none."""
        found = self._attribute(path, name)
        texts: list[str] = [] if found is None else found
        number = 0
        while found is None and (part := self._attribute(path, f"{name}{number}")) is not None:
            texts += part
            number += 1
        return texts

    def _attribute(self, path: str, name: str) -> list[str] | None:
        with _told_clearly():
            group = self._walk(path)
            if group is None or name not in group.attrs:
                return None
            described = group.attrs.get_id(name)
            count = 0 if described.shape is None else math.prod(described.shape)
            if not count:
                return []
            if _h5py().check_string_dtype(described.dtype) is None:
                raise ValueError(f"Expected an attribute {name!r} of texts, got one of dtype {described.dtype}")
            check_expansion(name, count * _longest_text(self._data), len(self._data), harmless=2**26)
            texts = np.ravel(np.asarray(group.attrs[name], object)).tolist()
            return [text.decode() if isinstance(text, bytes) else str(text) for text in texts]

    def _walk(self, path: str) -> Any:
        """The group at `path`, or None."""
        group = self._file
        for part in path.split("/") if path else ():
            if not part or part not in group:
                return None
            group = _child(group, part, _h5py().Group)
        return group

    def elements(self) -> int:
        """How many numbers there are in all.

        Raises:
            ValueError: links to elsewhere.
        """
        with _told_clearly():
            return _elements(self._file)


@contextmanager
def _told_clearly() -> Iterator[None]:
    """Whatever HDF5 says of a damaged file is a ValueError."""
    try:
        yield
    except (OSError, RuntimeError, OverflowError, KeyError, TypeError) as error:
        raise ValueError(f"Expected an HDF5 file of weights, got one that can't be read: {error}") from None


def _longest_text(data: bytes | memoryview) -> int:
    """No text has more bytes: those of no fixed length stand in heaps, whose heads say how large they are."""
    heads = re.finditer(rb"GCOL\x01\0\0\0(?s:(.{8}))", data)
    return max((int.from_bytes(head[1], "little") for head in heads), default=0)


def _elements(file: h5py.File) -> int:
    """The numbers of all datasets; groups and datasets that stand in several places count once, or it might not end."""
    seen: set[Any] = set()
    groups: list[Any] = [file]
    count = 0
    while groups:
        group = groups.pop()
        for name in group:
            is_group = group.get(name, getclass=True) is _h5py().Group
            child = _child(group, name, _h5py().Group) if is_group else _dataset(group, name)
            if _place(child) in seen:
                continue
            seen.add(_place(child))
            if is_group:
                groups.append(child)
            else:
                count += math.prod(child.shape)
    return count


def _place(item: Any) -> Any:
    """What tells a group or dataset from all others of its file."""
    return _h5py().h5o.get_info(item.id).addr


def _child(group: h5py.Group, name: str, kind: type) -> Any:
    """What stands in a group under a name, and is of a kind."""
    link = group.get(name, getlink=True)
    if not isinstance(link, _h5py().HardLink):
        raise ValueError(f"Expected weights that stand in the file itself, got a {type(link).__name__} called {name!r}")
    child = group[name]
    if not isinstance(child, kind):
        raise ValueError(f"Expected a {kind.__name__} called {name!r}, got a {type(child).__name__}")
    return child


def _dataset(group: h5py.Group, name: str) -> Any:
    """A dataset that holds its own numbers."""
    dataset = _child(group, name, _h5py().Dataset)
    if dataset.external or dataset.is_virtual:
        raise ValueError(f"Expected weights that stand in the file itself, got {name!r} that stand in others")
    if (dataset.dtype.kind not in "biuf" and not _is_bfloat16(dataset)) or dataset.shape is None:
        raise ValueError(f"Expected weights that are numbers, got {name!r} of dtype {dataset.dtype}")
    size = math.prod(dataset.shape) * dataset.dtype.itemsize
    check_expansion(name, size, dataset.id.get_storage_size(), harmless=2**26)
    return dataset


def _is_bfloat16(dataset: Any) -> bool:
    return bool(dataset.dtype == "V2" and dataset.attrs.get("dtype") == "bfloat16")


def _read(group: h5py.Group, name: str) -> Array:
    if name not in group:
        raise KeyError(name)
    dataset = _dataset(group, name)
    array = np.array(dataset)
    return array.view(dtypes.standardize("bfloat16")) if _is_bfloat16(dataset) else array
