"""California housing: the prices of homes in 20,640 blocks of California in 1990, and 8 numbers about each block.

Collected by Pace and Barry (1997) from the census: longitude, latitude, the homes' age, rooms, bedrooms, people,
households, income.
"""

from __future__ import annotations

import os

from nnfast.datasets.files import Source
from nnfast.datasets.tables import Split, read_table, split_table

SOURCE = Source(
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/california_housing.npz",
    "sha256:1a2e3a52e0398de6463aebe6f4a8da34fb21fbb6b934cf88c3425e766f2a1a6f",
)


def load_data(
    version: str = "large",
    path: str | os.PathLike[str] = "california_housing.npz",
    test_split: float = 0.2,
    seed: int = 113,
) -> tuple[Split, Split]:
    """The table, shuffled, downloaded (743 kB) the first time unless a copy is found on this machine.

    Args:
        version: "large" for all rows (default), or "small" for the first 600.
        path: name of the archive, looked for in the folders that `nnfast.datasets.files` lists; may be absolute.
        test_split: the last fraction of the rows is for testing; default 0.2.
        seed: of the shuffling; default 113.

    Returns:
        `(x_train, y_train), (x_test, y_test)`: float32 rows of 8 columns, and prices in dollars.

    Raises:
        DatasetUnavailable: the archive is not on this machine and cannot be downloaded.
        DatasetCorrupt: the archive cannot be read.
        ValueError: another version; a fraction that is none.
    """
    rows = {"large": None, "small": 600}
    if version not in rows:
        raise ValueError(f"Argument `version` must be one of 'small', 'large', got {version!r}")
    x, y = read_table(path, SOURCE, 8)
    return split_table(x[: rows[version]], y[: rows[version]], test_split, seed)
