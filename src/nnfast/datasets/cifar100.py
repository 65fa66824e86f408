"""CIFAR-100: 60,000 colour images of a hundred kinds of things in twenty groups, 32 by 32 pixels each.

Collected by Krizhevsky (2009): https://www.cs.toronto.edu/~kriz/cifar.html
"""

from __future__ import annotations

from nnfast.datasets.cifar import Split, read_splits
from nnfast.datasets.files import Source

NAME = "cifar-100-python.tar.gz"
SOURCE = Source(
    f"https://www.cs.toronto.edu/~kriz/{NAME}",
    "sha256:85cd44d02ba6437773c5bbd22e183051d648de2e7d6b014e1ef29b855ba677a7",
)
_FOLDER = "cifar-100-python"
_CLASSES = {"fine": 100, "coarse": 20}


def load_data(label_mode: str = "fine") -> tuple[Split, Split]:
    """The images, downloaded (169 MB) the first time unless a copy is found on this machine.

    Args:
        label_mode: "fine" for labels from 0 to 99 (default), or "coarse" for the groups, 0 to 19.

    Returns:
        `(x_train, y_train), (x_test, y_test)`: images of shape (50000, 32, 32, 3) and (10000, 32, 32, 3), or with the
        colours first where `config.image_data_format()` says so, pixels 0 to 255, and labels of shape (50000, 1) and
        (10000, 1), all uint8.

    Raises:
        DatasetUnavailable: the archive is not on this machine and cannot be downloaded.
        DatasetCorrupt: the archive cannot be read.
        ValueError: another `label_mode`.

    Example:

        (x_train, y_train), (x_test, y_test) = nnfast.datasets.cifar100.load_data()
    """
    if label_mode not in _CLASSES:
        raise ValueError(f'`label_mode` must be one of "fine", "coarse", got {label_mode!r}')
    train, test = [f"{_FOLDER}/train"], [f"{_FOLDER}/test"]
    return read_splits(NAME, SOURCE, train, test, f"{label_mode}_labels", _CLASSES[label_mode])
