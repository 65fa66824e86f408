"""Fashion-MNIST: 70,000 images of ten kinds of clothing, 28 by 28 grey pixels each.

Zalando SE holds the copyright of Fashion-MNIST (Xiao, Rasul and Vollgraf, 2017), which is under the MIT licence.
"""

from __future__ import annotations

import gzip
import os
import zlib
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from nnfast.datasets.files import DatasetCorrupt, Source, locate_or_download

if TYPE_CHECKING:
    from numpy.typing import NDArray

Pixels: TypeAlias = "NDArray[np.uint8]"
Split: TypeAlias = "tuple[Pixels, Pixels]"

# What a label stands for.
CLASSES = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
)  # fmt: skip

FOLDER = "fashion-mnist"
_ADDRESS = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
_SHA256 = {
    "train-images-idx3-ubyte.gz": "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
    "train-labels-idx1-ubyte.gz": "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
    "t10k-images-idx3-ubyte.gz": "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
    "t10k-labels-idx1-ubyte.gz": "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
}
SOURCES = {name: Source(_ADDRESS + name, f"sha256:{digest}") for name, digest in _SHA256.items()}


def load_data() -> tuple[Split, Split]:
    """The whole of Fashion-MNIST, downloaded (31 MB) the first time unless a copy is found on this machine.

    Its four files are looked for as fashion-mnist/*.gz in the folders that `nnfast.datasets.files` lists.

    Returns:
        `(x_train, y_train), (x_test, y_test)`: images of shape (60000, 28, 28) and (10000, 28, 28), pixels 0 to 255,
        and labels 0 to 9 of shape (60000,) and (10000,), all uint8. `CLASSES` says what the labels stand for.

    Raises:
        DatasetUnavailable: a file is not on this machine and cannot be downloaded.
        DatasetCorrupt: a file is not what it should be.

    Example:

        (x_train, y_train), (x_test, y_test) = nnfast.datasets.fashion_mnist.load_data()
    """
    return _split("train"), _split("t10k")


def _split(name: str) -> Split:
    images, image_path = _read(f"{name}-images-idx3-ubyte.gz", (28, 28))
    labels, label_path = _read(f"{name}-labels-idx1-ubyte.gz", ())
    if len(images) != len(labels):
        raise DatasetCorrupt(f"{image_path} holds {len(images)} images, but {label_path} holds {len(labels)} labels.")
    return images, labels


def _read(name: str, shape: tuple[int, ...]) -> tuple[Pixels, str]:
    """The records of a file in the IDX format, bytes of this shape each, and the file's path.

    The format: two zero bytes, 8 for unsigned bytes, the number of dimensions, each dimension as four bytes with the
    highest first, the values.
    """
    path = locate_or_download(os.path.join(FOLDER, name), SOURCES[name])
    try:
        with gzip.open(path, "rb") as file:
            content = file.read()
    except (OSError, EOFError, zlib.error) as problem:
        raise DatasetCorrupt(
            f"{path} cannot be read as a gzip file ({problem}). Delete it and load again."
        ) from problem
    rank = 1 + len(shape)
    found = tuple(np.frombuffer(content[4 : 4 + 4 * rank], ">u4").tolist()) if len(content) >= 4 + 4 * rank else ()
    values = np.frombuffer(content, np.uint8)[4 + 4 * rank :]
    if content[:4] != bytes([0, 0, 8, rank]) or found[1:] != shape or values.size != np.prod(found, dtype=object):
        raise DatasetCorrupt(
            f"{path} is not an IDX file of records of shape {shape}: its header says {found or content[:4]!r} and "
            f"{values.size} values follow. Delete it and load again."
        )
    return values.reshape(found).copy(), path  # the caller may write into its arrays
