"""Weights in several HDF5 files, none larger than was asked for, and a `.weights.json` that says what is where.

The map has the group of each object's variables, `/PATH/vars`, with the name of the file that it stands in, or with a
list of names where there are several variables.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, MutableMapping
from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from nnfast.saving.store import Array, Puts, Reader, Writer
from nnfast.utils.atomic import atomic_file
from nnfast.utils.objects import parse_json

if TYPE_CHECKING:
    from pathlib import Path

ENDING = ".weights.json"


class ShardedWriter:
    """Collects arrays, and writes them to files beside the map.

    Args:
        path: the map's, ends in `.weights.json`.
        max_shard_size: how many GB of arrays a file may hold.

    Raises:
        ValueError: another size than a number above 0.
    """

    def __init__(self, path: str | os.PathLike[str], max_shard_size: float) -> None:
        if isinstance(max_shard_size, bool) or not isinstance(max_shard_size, int | float) or not max_shard_size > 0:
            raise ValueError(f"max_shard_size expects a number of GB above 0, got {max_shard_size!r}")
        self._path = _path(path)
        self._most = max_shard_size * 1024**3
        self._size = self._total = 0
        self._map: dict[str, str | list[str]] = {}
        self._shards: dict[str, Writer] = {}
        self._begin()

    def _begin(self) -> None:
        base = self._path.stem.replace(".weights", "")
        self._name = f"{base}_{len(self._shards):05}.weights.h5"
        self._shards[self._name] = Writer()
        self._size = 0

    def make(self, path: str, name: str | None = None) -> MutableMapping[str, Any]:
        """Where the variables of the object at `path` are put, by name."""

        def put(key: str, value: Any) -> None:
            array = np.asarray(value)
            if array.nbytes > self._most:
                raise ValueError(
                    f"The size of {path}/{key} is {array.nbytes} bytes, which exceeds the maximum shard size "
                    f"{self._most:.0f}. You can increase the `max_shard_size` parameter to accommodate the size."
                )
            if self._size + array.nbytes > self._most:
                self._begin()
            self._size += array.nbytes
            self._total += array.nbytes
            self._shards[self._name].make(path, name)[key] = array
            place = f"/{path}/vars" if path else "/vars"
            files = self._map.get(place, [])
            files = [files] if isinstance(files, str) else files
            self._map[place] = [*dict.fromkeys([*files, self._name])] if files else self._name

        return Puts(put)

    def finish(self) -> None:
        """Writes the files. Where there is no room for all of them, none takes the place of an older one.

        Raises:
            OSError: a folder that is not there, a disk that is full.
        """
        text = json.dumps({"metadata": {"total_size": float(self._total)}, "weight_map": self._map}, indent=4)
        # The map is opened first, and put in place last.
        parts: dict[str, bytes | memoryview] = {self._path.name: text.encode()}
        parts |= {name: writer.finish() for name, writer in self._shards.items()}
        with ExitStack() as stack:
            for name, data in parts.items():
                file = stack.enter_context(atomic_file(self._path.with_name(name)))
                file.write(data)
                file.flush()


class ShardedReader:
    """The files of such a map, to be used in a `with`.

    Raises:
        ValueError: no such map, or one that is none.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = _path(path)
        if not self._path.is_file():
            raise ValueError(f"File not found: filepath={path}")
        found = parse_json(self._path.read_bytes())
        weight_map = found.get("weight_map") if isinstance(found, dict) else None
        if not isinstance(weight_map, dict):
            raise ValueError(f"Expected a map of weights to files in {path}, got {str(found)[:80]}")
        self._map: dict[str, Any] = weight_map
        self._open: tuple[str, Reader] | None = None  # one at a time, as each may fill much of the memory

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._close()

    def get(self, path: str) -> Mapping[str, Array]:
        """The arrays of the object at `path`, by name; none if it is not there.

        Raises:
            ValueError: a file that is not there, is damaged, or stands elsewhere.
        """
        files = self._map.get(f"/{path}/vars" if path else "/vars", [])
        arrays: dict[str, Array] = {}
        for name in [files] if isinstance(files, str) else files:
            arrays.update(self._reader(name).get(path))
        return arrays

    def _reader(self, name: Any) -> Reader:
        if self._open is None or self._open[0] != name:
            self._close()
            if not isinstance(name, str) or _path(name).name != name:
                raise ValueError(f"Expected names of files beside {self._path}, got {name!r}")
            place = self._path.with_name(name)
            if not place.is_file():
                raise ValueError(f"File not found: {place}, which {self._path} names")
            self._open = name, Reader(place.read_bytes())
        return self._open[1]

    def _close(self) -> None:
        if self._open is not None:
            self._open[1].__exit__(None, None, None)
            self._open = None


def _path(path: str | os.PathLike[str]) -> Path:
    from pathlib import Path  # takes time

    return Path(path)
