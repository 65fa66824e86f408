"""`.keras` files: a zip of metadata.json, config.json and model.weights.h5."""

from __future__ import annotations

import io
import json
import os
import time
from typing import TYPE_CHECKING, Any

from nnfast.saving.expansion import check_expansion

if TYPE_CHECKING:
    import zipfile

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"

# Keras of this version has written and read such files in the tests.
_KERAS = "3.15.1"


def pack(config: str, weights: bytes | memoryview) -> memoryview:
    """The bytes of a file."""
    import zipfile  # takes time

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        saved = time.strftime("%Y-%m-%d@%H:%M:%S")
        metadata = {"keras_version": _KERAS, "date_saved": saved}
        archive.writestr(METADATA, json.dumps(metadata))
        archive.writestr(CONFIG, config)
        archive.writestr(WEIGHTS, weights)
    return buffer.getbuffer()


def unpack(path: str | os.PathLike[str], *members: str) -> list[bytes]:
    """Members of a file.

    Raises:
        ValueError: no such file, one that is no zip or is damaged, a member that is not there or is far larger than
            what is stored.
    """
    import zipfile
    import zlib

    if not os.path.isfile(path):
        raise ValueError(f"File not found: filepath={path}. Expected an accessible `.keras` zip file.")
    try:
        with zipfile.ZipFile(path) as archive:
            return [_member(archive, name) for name in members]
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise ValueError(f"Expected a `.keras` zip file, got {path}, which can't be read: {error}") from None


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    try:
        info: Any = archive.getinfo(name)
    except KeyError:
        raise ValueError(f"Expected a `.keras` file with a member {name}, got {archive.namelist()[:10]}") from None
    check_expansion(name, info.file_size, info.compress_size, harmless=2**24)
    return archive.read(name)
