"""Training: fit, evaluate and predict, and what they need."""

from __future__ import annotations

from nnfast.training.trainer import Trainer

__all__ = ["Trainer"]
