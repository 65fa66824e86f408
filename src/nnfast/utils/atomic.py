"""Files that are there as a whole, or as they were."""

from __future__ import annotations

import os
import threading
from contextlib import suppress


def write_atomically(path: str | os.PathLike[str], data: bytes | memoryview) -> None:
    """Make a file of `data`, in place of one that may be there. One that fails or is interrupted leaves the old file.

    Raises:
        OSError: the folder is not there or can't be written to, or the disk is full.
    """
    target = os.path.realpath(path)  # what a link leads to is replaced, not the link
    part = f"{target}.{os.getpid()}.{threading.get_ident()}.part"
    try:
        with open(part, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(part)
        raise
