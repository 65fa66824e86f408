"""keras.backend's names: what code written for several backends asks of the one it runs on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from nnfast import config, ops, random
from nnfast.config import (
    backend,
    epsilon,
    floatx,
    image_data_format,
    set_epsilon,
    set_floatx,
    set_image_data_format,
)
from nnfast.graph import KerasTensor, Variable, dtypes
from nnfast.graph import get_mask as get_keras_mask
from nnfast.graph import set_mask as set_keras_mask
from nnfast.graph.dtypes import FLOATS, INTEGERS
from nnfast.naming import get_uid, name_scope
from nnfast.utils.session import clear_session
from nnfast.utils.types import is_keras_tensor, standardize_dtype

__all__ = [
    "SUPPORTS_COMPLEX_DTYPES",
    "SUPPORTS_RAGGED_TENSORS",
    "SUPPORTS_SPARSE_TENSORS",
    "KerasTensor",
    "Variable",
    "backend",
    "cast",
    "clear_session",
    "config",
    "convert_to_numpy",
    "convert_to_tensor",
    "device",
    "epsilon",
    "floatx",
    "get_keras_mask",
    "get_uid",
    "image_data_format",
    "is_float_dtype",
    "is_int_dtype",
    "is_keras_tensor",
    "is_tensor",
    "name_scope",
    "numpy",
    "random",
    "result_type",
    "set_epsilon",
    "set_floatx",
    "set_image_data_format",
    "set_keras_mask",
    "shape",
    "standardize_dtype",
]

SUPPORTS_SPARSE_TENSORS = False
SUPPORTS_RAGGED_TENSORS = False
SUPPORTS_COMPLEX_DTYPES = False

numpy = ops
cast = ops.cast
shape = ops.shape
convert_to_tensor = ops.convert_to_tensor
convert_to_numpy = ops.convert_to_numpy
is_tensor = ops.is_tensor


def result_type(*types: Any) -> str:
    """The type that values of these types have together; None stands for Python's floats.

    >>> result_type("int32", None), result_type("int64", "float32"), result_type("uint8", "int32")
    ('float32', 'float32', 'int32')
    """
    return dtypes.result_type(*map(standardize_dtype, types or (None,)))


def is_float_dtype(dtype: Any) -> bool:
    """Whether numbers of this type may have fractions."""
    return standardize_dtype(dtype) in FLOATS


def is_int_dtype(dtype: Any) -> bool:
    """Whether numbers of this type are whole."""
    return standardize_dtype(dtype) in INTEGERS


@contextmanager
def device(device_name: str) -> Iterator[None]:
    """What runs inside runs on this device: the CPU, which is all there is.

    Raises:
        ValueError: another device.

    >>> with device("cpu:0"):
    ...     int(ops.add(1, 2))
    3
    """
    kind = device_name.lower().removeprefix("/").removeprefix("device:") if isinstance(device_name, str) else ""
    if kind.partition(":")[0] != "cpu":
        raise ValueError(f"Expected the device 'cpu', the only one there is, got {device_name!r}")
    yield
