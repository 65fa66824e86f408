"""Public data sets, found on this machine or downloaded once, with Keras's signatures.

Example:

    >>> from nnfast.datasets import fashion_mnist, imdb, mnist
    >>> (x_train, y_train), (x_test, y_test) = mnist.load_sample()
    >>> x_train.shape, y_test.shape
    ((4000, 28, 28), (1000,))
"""

from __future__ import annotations

from nnfast.datasets import mnist
from nnfast.datasets.files import DatasetCorrupt, DatasetUnavailable

__all__ = ["DatasetCorrupt", "DatasetUnavailable", "fashion_mnist", "imdb", "mnist"]
