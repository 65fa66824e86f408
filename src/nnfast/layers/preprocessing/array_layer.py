"""What layers that work on strings have in common: they compute in Python, before a model."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

import numpy as np

from nnfast import graph, tree
from nnfast.layers.layer import Layer

Array = np.ndarray[Any, Any]


class ArrayLayer(Layer):
    """A layer that is called with arrays of strings or numbers, and is no part of a model's program."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """`call`, for arrays or nested lists.

        Raises:
            ValueError: symbolic tensors, as in a model.
        """
        self._require_init()
        if graph.is_deferred((args, kwargs)) or any(
            isinstance(leaf, graph.SymbolicTensor) for leaf in tree.flatten((args, kwargs))
        ):
            raise ValueError(
                f"Layer '{self.name}' computes in Python, on arrays: call it on the data before a model is given them"
            )
        self.built = True
        return self.call(*args, **kwargs)


def strings(values: Any, encoding: str = "utf-8") -> Array:
    """An array, or nested lists, of strings; bytes are decoded, and numbers written out."""
    array = np.asarray(values)
    if array.dtype.kind == "U":
        return array
    if array.dtype.kind == "S":
        return np.char.decode(array, encoding)
    flat = [item.decode(encoding) if isinstance(item, bytes) else str(item) for item in array.ravel().tolist()]
    return np.array(flat, dtype=str).reshape(array.shape)


def batches(data: Any, steps: int | None) -> Iterator[Array]:
    """What a layer adapts to: an array, nested lists, or an iterable of batches, of which `steps` are taken.

    Samples that are single values get an axis of their own.

    Raises:
        TypeError: nothing of the kind.
    """
    if isinstance(data, list | tuple) or hasattr(data, "shape"):
        array = np.asarray(data)
        yield array[:, None] if array.ndim == 1 else array
    elif hasattr(data, "__iter__") and not isinstance(data, str | bytes):
        yield from (np.asarray(batch) for batch in islice(data, steps))
    else:
        raise TypeError(f"adapt expects an array, nested lists or an iterable of batches, got {type(data).__name__}")
