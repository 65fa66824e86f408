"""What all tests share: real Keras, on JAX and able to compute in float64, as the oracle."""

from __future__ import annotations

import os

# Before anything imports Keras or JAX.
os.environ["KERAS_BACKEND"] = "jax"
os.environ["JAX_ENABLE_X64"] = "1"
