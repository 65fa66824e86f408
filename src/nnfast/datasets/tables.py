"""Tables of numbers with a target for each row: their archives, and the split for training and testing."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from nnfast.datasets.files import DatasetCorrupt, Source, locate_or_download

if TYPE_CHECKING:
    from numpy.typing import NDArray

Split: TypeAlias = "tuple[NDArray[Any], NDArray[Any]]"


def read_table(path: str | os.PathLike[str], source: Source, columns: int) -> Split:
    """The rows `x`, of so many columns, and the targets `y` of an archive.

    Raises:
        DatasetUnavailable: the archive is not on this machine and cannot be downloaded.
        DatasetCorrupt: the archive cannot be read, or holds something else.
    """
    found = locate_or_download(path, source)
    try:
        with np.load(found, allow_pickle=False) as archive:
            x, y = archive["x"], archive["y"]
    except Exception as problem:  # a damaged archive fails in a dozen ways
        raise DatasetCorrupt(f"{found} cannot be read as a table ({problem}). Delete it and load again.") from problem
    if x.shape != (len(x), columns) or y.shape != (len(x),) or x.dtype.kind != "f" or y.dtype.kind != "f":
        raise DatasetCorrupt(
            f"{found} is not a table of {columns} columns: it holds x of shape {x.shape} and y of shape {y.shape}."
        )
    return x, y


def split_table(x: Any, y: Any, test_split: float, seed: int) -> tuple[Split, Split]:
    """The rows in a random order, the last fraction of them for testing.

    Raises:
        ValueError: a fraction that is none.
    """
    if not 0 <= test_split < 1:
        raise ValueError(f"Invalid `test_split` argument: expected a fraction from 0 to below 1, got {test_split!r}")
    order = np.arange(len(x))
    np.random.RandomState(seed).shuffle(order)
    count = int(len(x) * (1 - test_split))
    return (x[order[:count]], y[order[:count]]), (x[order[count:]], y[order[count:]])
