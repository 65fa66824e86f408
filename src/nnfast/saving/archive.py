"""`.keras` files: metadata.json, config.json and model.weights.h5 in a zip, or in a folder."""

from __future__ import annotations

import io
import json
import os
import time
from typing import TYPE_CHECKING, Any, BinaryIO

from nnfast.saving.expansion import check_expansion

if TYPE_CHECKING:
    import zipfile

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"

# Keras of this version has written and read such files in the tests.
KERAS = "3.15.1"


def pack(config: str, weights: bytes | memoryview) -> memoryview:
    """The bytes of a file."""
    import zipfile  # takes time

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members_of(config, weights).items():
            archive.writestr(name, content)
    return buffer.getbuffer()


def members_of(config: str, weights: bytes | memoryview) -> dict[str, str | bytes | memoryview]:
    """What is in a file, or in a folder, by name."""
    saved = time.strftime("%Y-%m-%d@%H:%M:%S")
    return {METADATA: json.dumps({"keras_version": KERAS, "date_saved": saved}), CONFIG: config, WEIGHTS: weights}


def unpack(source: str | os.PathLike[str] | BinaryIO, *members: str) -> list[bytes]:
    """Members of a file, an open file, or a folder.

    Raises:
        ValueError: no such file, one that is no zip or is damaged, a member that is not there or is far larger than
            what is stored.
    """
    import zipfile
    import zlib

    if isinstance(source, str | os.PathLike):
        if os.path.isdir(source):
            return [_file(os.path.join(source, name)) for name in members]
        if not os.path.isfile(source):
            raise ValueError(
                f"File not found: filepath={source}. Please ensure the file is an accessible `.keras` zip file."
            )
    try:
        with zipfile.ZipFile(source) as archive:
            return [_member(archive, name) for name in members]
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
