"""Models: layers put together, to train and to use."""

from __future__ import annotations

from nnfast.models.model import Model
from nnfast.models.sequential import Sequential

__all__ = ["Model", "Sequential"]
