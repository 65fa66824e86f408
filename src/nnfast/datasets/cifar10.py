"""CIFAR-10: 60,000 colour images of ten kinds of animals and vehicles, 32 by 32 pixels each.

Collected by Krizhevsky (2009): https://www.cs.toronto.edu/~kriz/cifar.html
"""

from __future__ import annotations

from nnfast.datasets.cifar import Split, read_splits
from nnfast.datasets.files import Source

# What a label stands for.
CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")

NAME = "cifar-10-python.tar.gz"
SOURCE = Source(
    f"https://www.cs.toronto.edu/~kriz/{NAME}",
    "sha256:6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
)
_FOLDER = "cifar-10-batches-py"


def load_data() -> tuple[Split, Split]:
    """The images, downloaded (170 MB) the first time unless a copy is found on this machine.

    Returns:
        `(x_train, y_train), (x_test, y_test)`: images of shape (50000, 32, 32, 3) and (10000, 32, 32, 3), or with the
        colours first where `config.image_data_format()` says so, pixels 0 to 255, and labels 0 to 9 of shape (50000, 1)
        and (10000, 1), all uint8. `CLASSES` says what the labels stand for.

    Raises:
        DatasetUnavailable: the archive is not on this machine and cannot be downloaded.
        DatasetCorrupt: the archive cannot be read.

    Example:

        (x_train, y_train), (x_test, y_test) = nnfast.datasets.cifar10.load_data()
    """
    train = [f"{_FOLDER}/data_batch_{number}" for number in range(1, 6)]
    return read_splits(NAME, SOURCE, train, [f"{_FOLDER}/test_batch"], "labels", 10)
