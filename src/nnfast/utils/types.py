"""What kind of tensor a value is, and what its element type is called."""

from __future__ import annotations

from typing import Any

from nnfast.graph import KerasTensor, dtypes
from nnfast.graph.dtypes import floatx


def is_keras_tensor(x: Any) -> bool:
    """Whether x is part of a model that is being put together.

    >>> from nnfast import Input
    >>> is_keras_tensor(Input((3,))), is_keras_tensor(np.ones(3))
    (True, False)
    """
    return isinstance(x, KerasTensor)


def standardize_dtype(dtype: Any) -> str:
    """The name of an element type; of None, `floatx()`.

    Raises:
        ValueError: one that is not there.

    >>> standardize_dtype(int), standardize_dtype(np.float64), standardize_dtype(None)
    ('int32', 'float64', 'float32')
    """
    return floatx() if dtype is None else dtypes.standardize(dtype)
