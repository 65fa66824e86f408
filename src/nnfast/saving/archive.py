"""`.keras` files: metadata.json, config.json, model.weights.h5 and the files of layers, in a zip or in a folder."""

from __future__ import annotations

import io
import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO

from nnfast.saving.expansion import check_expansion

if TYPE_CHECKING:
    import zipfile

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
_ASSETS = "assets/"

# Keras of this version has written and read such files in the tests.
KERAS = "3.15.1"


def pack(config: str, weights: bytes | memoryview, assets: Mapping[str, bytes]) -> memoryview:
    """The bytes of a file."""
    import zipfile  # takes time

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members_of(config, weights, assets).items():
            archive.writestr(name, content)
    return buffer.getbuffer()


def members_of(
    config: str, weights: bytes | memoryview, assets: Mapping[str, bytes]
) -> dict[str, str | bytes | memoryview]:
    """What is in a file, or in a folder, by name."""
    metadata = json.dumps({"keras_version": KERAS, "date_saved": time.strftime("%Y-%m-%d@%H:%M:%S")})
    own = {f"{_ASSETS}{name}": content for name, content in assets.items()}
    return {METADATA: metadata, CONFIG: config, WEIGHTS: weights, **own}


def unpack(source: str | os.PathLike[str] | BinaryIO, *members: str) -> list[bytes]:
    """Members of a file, an open file, or a folder.

    Raises:
        ValueError: no such file, one that is no zip or is damaged, a member that is not there or is far larger than
            what is stored.
    """
    if isinstance(source, str | os.PathLike) and os.path.isdir(source):
        return [_file(os.path.join(source, name)) for name in members]
    with _opened(source) as archive:
        return [_member(archive, name) for name in members]


def unpack_assets(source: str | os.PathLike[str] | BinaryIO) -> dict[str, bytes]:
    """The files of layers, by their paths.

    Raises:
        ValueError: as of `unpack`.
    """
    if isinstance(source, str | os.PathLike) and os.path.isdir(source):
        folder = os.path.join(source, _ASSETS)
        paths = [os.path.join(place, name) for place, _, names in os.walk(folder) for name in names]
        return {os.path.relpath(path, folder): _file(path) for path in paths}
    with _opened(source) as archive:
        names = [name for name in archive.namelist() if name.startswith(_ASSETS) and not name.endswith("/")]
        return {name.removeprefix(_ASSETS): _member(archive, name) for name in names}


@contextmanager
def _opened(source: str | os.PathLike[str] | BinaryIO) -> Iterator[zipfile.ZipFile]:
    """A file as a zip."""
    import zipfile
    import zlib

    if isinstance(source, str | os.PathLike) and not os.path.isfile(source):
        raise ValueError(
            f"File not found: filepath={source}. Please ensure the file is an accessible `.keras` zip file."
        )
    try:
        with zipfile.ZipFile(source) as archive:
            yield archive
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise ValueError(f"Expected a `.keras` zip file, got {source}, which can't be read: {error}") from None


def _file(path: str) -> bytes:
    if not os.path.isfile(path):
        raise ValueError(f"Expected the folder of a model with a file {os.path.basename(path)}, got none: {path}")
    with open(path, "rb") as file:
        return file.read()


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    try:
        info: Any = archive.getinfo(name)
    except KeyError:
        raise ValueError(f"Expected a `.keras` file with a member {name}, got {archive.namelist()[:10]}") from None
    check_expansion(name, info.file_size, info.compress_size, harmless=2**24)
    return archive.read(name)
