"""MNIST: 70,000 images of handwritten digits, 28 by 28 grey pixels each.

Yann LeCun and Corinna Cortes hold the copyright of MNIST, a work derived from NIST's data sets, and made it available
under the Creative Commons Attribution-ShareAlike 3.0 licence.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from nnfast.datasets.files import DatasetCorrupt, Source, locate_or_download

if TYPE_CHECKING:
    from numpy.typing import NDArray

Images: TypeAlias = "NDArray[np.uint8]"
Labels: TypeAlias = "NDArray[np.uint8]"
Split: TypeAlias = "tuple[Images, Labels]"

SOURCE = Source(
    address="https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz",
    checksum="sha256:731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1",
)
SAMPLE = os.path.join(os.path.dirname(__file__), "mnist_sample", "mnist_sample.npz")


def load_data(path: str | os.PathLike[str] = "mnist.npz") -> tuple[Split, Split]:
    """The whole of MNIST, downloaded (11 MB) the first time unless a copy is found on this machine.

    Args:
        path: name of the archive, looked for in the folders that `nnfast.datasets.files` lists; may be absolute.

    Returns:
        `(x_train, y_train), (x_test, y_test)`: images of shape (60000, 28, 28) and (10000, 28, 28), pixels 0 to 255,
        and labels 0 to 9 of shape (60000,) and (10000,), all uint8.

    Raises:
        DatasetUnavailable: the archive is not on this machine and cannot be downloaded. `load_sample` needs neither.
        DatasetCorrupt: the archive cannot be read.

    Example:

        (x_train, y_train), (x_test, y_test) = nnfast.datasets.mnist.load_data()
    """
    return _read(locate_or_download(path, SOURCE))


def load_sample() -> tuple[Split, Split]:
    """5,000 of MNIST's training images, which come with the package: 4,000 to train on and 1,000 to test with.

    Every digit is equally frequent in both parts, and in each run of ten rows: row `i` shows the digit `i % 10`.
    Where the images come from and how they are licensed is written beside them, in `mnist_sample/README.md`.

    Returns:
        `(x_train, y_train), (x_test, y_test)` as from `load_data`, of lengths 4000 and 1000.

    Example:

        >>> from nnfast.datasets import mnist
        >>> (x_train, y_train), (x_test, y_test) = mnist.load_sample()
        >>> x_train.shape, x_train.dtype, x_test.shape, y_test[:3].tolist()
        ((4000, 28, 28), dtype('uint8'), (1000, 28, 28), [0, 1, 2])
    """
    return _read(SAMPLE)


def _read(path: str) -> tuple[Split, Split]:
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as archive:
            train = archive["x_train"], archive["y_train"]
            test = archive["x_test"], archive["y_test"]
    except Exception as problem:  # a damaged archive fails in a dozen ways
        raise DatasetCorrupt(
            f"{path} cannot be read as an MNIST archive ({problem}). Delete it and load again."
        ) from problem
    for images, labels in (train, test):
        if images.shape[1:] != (28, 28) or labels.shape != images.shape[:1]:
            raise DatasetCorrupt(
                f"{path} is not an MNIST archive: expected images of shape (n, 28, 28) with labels of shape (n,), "
                f"got {images.shape} with {labels.shape}."
            )
    return train, test
