"""Pickles in the archives of data sets, read without running anything."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np


class Remains:
    """What stands for an object of NumPy's that a pickle describes: the description, and nothing is run."""

    def __init__(self, *arguments: Any) -> None:
        self.arguments = arguments
        self.state: Any = None

    def __setstate__(self, state: Any) -> None:
        self.state = state


class DescriptionsOnly(pickle.Unpickler):
    """Reads numbers, text, lists and tuples, and what an array of them is wrapped in; a pickle could run anything."""

    ALLOWED = frozenset(
        {
            ("numpy", "ndarray"),
            ("numpy", "dtype"),
            ("numpy.core.multiarray", "_reconstruct"),  # as NumPy 1 wrote it
            ("numpy._core.multiarray", "_reconstruct"),
        }
    )

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in self.ALLOWED:
            raise pickle.UnpicklingError(f"it wants {module}.{name}, which no list of numbers needs")
        return Remains


def bytes_of(described: Any) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """The array of bytes that a pickle describes.

    Raises:
        ValueError: it describes something else.
    """
    state = described.state if isinstance(described, Remains) else None
    if isinstance(state, tuple) and len(state) == 5:
        _, shape, dtype, is_fortran, content = state
        is_bytes = isinstance(dtype, Remains) and dtype.arguments[:1] in (("u1",), (b"u1",)) and not is_fortran
        if is_bytes and isinstance(shape, tuple) and isinstance(content, bytes):
            return np.frombuffer(content, np.uint8).reshape(shape)
    raise ValueError(f"expected an array of bytes, got {str(state)[:80]}")
