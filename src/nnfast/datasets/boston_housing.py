"""Boston housing: the prices of homes in 506 suburbs of Boston in 1978, and 13 numbers about each suburb.

Collected by Harrison and Rubinfeld (1978). One of the numbers counts people by the colour of their skin, on the
assumption that it lowers prices: fit for comparing programmes, not for lessons on housing.
"""

from __future__ import annotations

import os

from nnfast.datasets.files import Source
from nnfast.datasets.tables import Split, read_table, split_table

SOURCE = Source(
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/boston_housing.npz",
    "sha256:f553886a1f8d56431e820c5b82552d9d95cfcb96d1e678153f8839538947dff5",
)


def load_data(
    path: str | os.PathLike[str] = "boston_housing.npz", test_split: float = 0.2, seed: int = 113
) -> tuple[Split, Split]:
    """The table, shuffled, downloaded (57 kB) the first time unless a copy is found on this machine.

    Args:
        path: name of the archive, looked for in the folders that `nnfast.datasets.files` lists; may be absolute.
        test_split: the last fraction of the rows is for testing; default 0.2.
        seed: of the shuffling; default 113.

    Returns:
        `(x_train, y_train), (x_test, y_test)`: float64 rows of 13 columns, and prices in thousands of dollars.

    Raises:
        DatasetUnavailable: the archive is not on this machine and cannot be downloaded.
        DatasetCorrupt: the archive cannot be read.
        ValueError: a fraction that is none.
    """
    return split_table(*read_table(path, SOURCE, 13), test_split, seed)
