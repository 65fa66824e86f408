"""Element types: which there are, which is the default, and how two of them combine."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

HALVES = ("float16", "bfloat16")  # kept in memory, and computed with as float32
FLOATS = (*HALVES, "float32", "float64")
INTEGERS = ("uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64")
SUPPORTED = ("bool", *INTEGERS, *FLOATS)

# Types whose every value float32 holds exactly. What touches any other is computed in float64.
_EXACT_IN_FLOAT32 = frozenset({"bool", "uint8", "int8", "uint16", "int16", *HALVES, "float32"})

_floatx = "float32"


def floatx() -> str:
    """The default float type: "float32", or what `set_floatx` said.

    Example:

    >>> floatx()
    'float32'
    """
    return _floatx


def set_floatx(value: str) -> None:
    """Sets the default float type of weights and computations: "float16", "bfloat16", "float32" or "float64".

    Raises:
        ValueError: for any other name.
        ImportError: for "bfloat16" where ml_dtypes is not installed.
    """
    global _floatx
    if value not in FLOATS:
        raise ValueError(f"Expected a float type, one of {', '.join(FLOATS)}; got {value!r}.")
    _floatx = standardize(value)


# NumPy works a type's name out anew each time it is asked.
_NAMES: dict[np.dtype[Any], str] = {}


def name_of(dtype: np.dtype[Any]) -> str:
    """The name of a NumPy element type."""
    name = _NAMES.get(dtype)
    if name is None:
        name = _NAMES[dtype] = dtype.name
    return name


def kind_of(dtype: np.dtype[Any]) -> str:
    """A NumPy element type's kind: "f" for floats, bfloat16 too, which NumPy knows from ml_dtypes alone."""
    return "f" if name_of(dtype) == "bfloat16" else dtype.kind


def is_float(dtype: str) -> bool:
    return dtype in FLOATS


def full_precision(dtype: str) -> str:
    """The type that values of a type are computed in: float32 for half precision, and else itself."""
    return "float32" if dtype in HALVES else dtype


def standardize(dtype: object) -> str:
    """The name of an element type that nnfast stores, from a name, a NumPy dtype or a Python type."""
    if dtype is float:
        return _floatx
    if dtype is int:
        return "int32"
    try:
        name = np.dtype(dtype).name  # type: ignore[call-overload]
    except TypeError:
        name = str(dtype)
    if name not in SUPPORTED:
        raise ValueError(f"Expected an element type among {', '.join(SUPPORTED)}; got {dtype!r}.")
    if name == "bfloat16":
        _teach_numpy_bfloat16()
    return str(name)


def _teach_numpy_bfloat16() -> None:
    try:
        import ml_dtypes  # noqa: F401
    except ImportError:
        raise ImportError(
            "bfloat16 needs the package ml_dtypes, from which NumPy knows it: pip install 'nnfast[bfloat16]'."
        ) from None


def fits(array: Any, dtype: str) -> bool:
    """Whether an integer type holds every value of an array; float types hold what they can of it."""
    if dtype not in INTEGERS or array.size == 0:
        return True
    limits = np.iinfo(dtype)
    return bool(array.min() >= limits.min and array.max() <= limits.max)


def compute_dtype(dtypes: Iterable[str]) -> str:
    """The float type in which values of these types are computed without loss (integers up to 2^53)."""
    return "float32" if all(dtype in _EXACT_IN_FLOAT32 for dtype in dtypes) else "float64"


def result_type(*dtypes: str) -> str:
    """The type that values of these types have together. Floats win over integers, as in Keras; unlike in NumPy, int64
    with float32 is float32. Both kinds of half precision together are float32.

    Example:

    >>> result_type("int64", "float32")
    'float32'
    """
    floats = {dtype for dtype in dtypes if dtype in FLOATS}
    if floats:
        return floats.pop() if len(floats) == 1 else "float64" if "float64" in floats else "float32"
    integers = [dtype for dtype in dtypes if dtype in INTEGERS]
    if not integers:
        return "bool"
    return np.result_type(*integers).name if np.result_type(*integers).name in SUPPORTED else "int64"
