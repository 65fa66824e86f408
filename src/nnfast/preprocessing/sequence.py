"""Keras's other name for `nnfast.utils.pad_sequences`.

>>> from nnfast.preprocessing.sequence import pad_sequences
>>> pad_sequences([[1], [2, 3]]).tolist()
[[0, 1], [2, 3]]
"""

from nnfast.utils import pad_sequences

__all__ = ["pad_sequences"]
