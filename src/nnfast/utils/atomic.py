"""Files that are there as a whole, or as they were."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import BinaryIO


@contextmanager
def atomic_file(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """A file to write, which takes the place of the one at `path` once all is written; after an error, the old one is
    left.

    Raises:
        OSError: the folder is not there or can't be written to, or the disk is full.
    """
    target = os.path.realpath(path)  # what a link leads to is replaced, not the link
    part = f"{target}.{os.getpid()}.{threading.get_ident()}.part"
    try:
        with open(part, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(part)
        raise


def write_folder(path: str | os.PathLike[str], files: Mapping[str, str | bytes | memoryview]) -> None:
    """A folder of these files by path, in the place of the one at `path`; after an error, the old one is left.

    Raises:
        OSError: the folder around it is not there or can't be written to, what is at `path` is no folder, or the disk
            is full.
    """
    import shutil  # takes time

    target = os.path.realpath(path)
    if os.path.exists(target) and not os.path.isdir(target):
        raise NotADirectoryError(f"Expected a folder, or nothing, at {path}")
    part, old = (f"{target}.{os.getpid()}.{threading.get_ident()}.{name}" for name in ("part", "old"))
    try:
        os.mkdir(part)
        for name, content in files.items():
            os.makedirs(os.path.dirname(os.path.join(part, name)), exist_ok=True)
            with open(os.path.join(part, name), "wb") as file:
                file.write(content.encode() if isinstance(content, str) else content)
                file.flush()
                os.fsync(file.fileno())
        if os.path.isdir(target):
            os.replace(target, old)
        try:
            os.replace(part, target)
        except BaseException:
            if os.path.isdir(old):
                os.replace(old, target)
            raise
    finally:
        for left in (part, old):
            shutil.rmtree(left, ignore_errors=True)
