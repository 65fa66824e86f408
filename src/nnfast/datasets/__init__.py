"""Public data sets, found on this machine or downloaded once, with Keras's signatures.

Example:

    >>> from nnfast.datasets import fashion_mnist, imdb, mnist
    >>> (x_train, y_train), (x_test, y_test) = mnist.load_sample()
    >>> x_train.shape, y_test.shape
    ((4000, 28, 28), (1000,))
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from nnfast.datasets import mnist
from nnfast.datasets.files import DatasetCorrupt, DatasetUnavailable

__all__ = [
    "DatasetCorrupt",
    "DatasetUnavailable",
    "boston_housing",
    "california_housing",
    "cifar10",
    "cifar100",
    "fashion_mnist",
    "imdb",
    "mnist",
    "reuters",
]


def __getattr__(name: str) -> Any:
    """Modules of data sets that few programmes ask for, and that take time to import."""
    if name in __all__:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
