"""Small helpers around training: one-hot labels, seeds, sessions."""

from __future__ import annotations

from nnfast.utils.numerical import to_categorical
from nnfast.utils.session import clear_session, set_random_seed

__all__ = ["clear_session", "set_random_seed", "to_categorical"]
