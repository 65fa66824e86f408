"""Files that are there as a whole, or as they were."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
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
