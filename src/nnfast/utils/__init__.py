"""Small helpers around training: one-hot labels, vectors of length 1, sequences of one length, seeds, sessions."""

from __future__ import annotations

from nnfast.utils.numerical import normalize, to_categorical
from nnfast.utils.sequences import pad_sequences
from nnfast.utils.session import clear_session, set_random_seed

__all__ = ["clear_session", "normalize", "pad_sequences", "set_random_seed", "to_categorical"]
