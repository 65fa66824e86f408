"""Real Keras, to compare with: `from oracle import keras`. Able to compute in float64, as conftest.py's JAX is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import keras
from keras.src.backend.common import dtypes

from nnfast import config

# Keras on JAX computes some float64 ops, such as mean, in float32: "to be aligned with JAX's default behavior".
dtypes.BIT64_TO_BIT32_DTYPE["float64"] = "float64"

__all__ = ["floatx", "keras"]


@contextmanager
def floatx(dtype: str) -> Iterator[None]:
    """Both libraries' default float type."""
    before = config.floatx()
    config.set_floatx(dtype)
    keras.config.set_floatx(dtype)
    keras.config.set_dtype_policy(dtype)  # it remembers the first floatx it sees
    try:
        yield
    finally:
        config.set_floatx(before)
        keras.config.set_floatx(before)
        keras.config.set_dtype_policy(before)
