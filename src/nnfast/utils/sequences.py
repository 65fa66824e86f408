"""Sequences of different lengths as one array."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np


def pad_sequences(
    sequences: Sequence[Any],
    maxlen: int | None = None,
    dtype: Any = "int32",
    padding: str = "pre",
    truncating: str = "pre",
    value: Any = 0.0,
) -> np.ndarray[Any, Any]:
    """Sequences filled up, or cut, to one length.

    Args:
        sequences: a list of lists or arrays; their items may be arrays themselves, of one shape.
        maxlen: the length; default None: that of the longest.
        dtype: the element type of the result; default "int32". object is for text of different lengths.
        padding: where short sequences are filled up: "pre" (default), at their beginning, or "post", at their end.
        truncating: where long ones are cut: "pre" (default) or "post".
        value: what they are filled up with; default 0.

    Returns:
        An array of shape (sequences, maxlen), followed by an item's shape.

    Raises:
        ValueError: an argument is none of these, or items differ in shape.

    >>> pad_sequences([[1], [2, 3], [4, 5, 6]])
    array([[0, 0, 1],
           [0, 2, 3],
           [4, 5, 6]], dtype=int32)
    >>> pad_sequences([[1], [2, 3], [4, 5, 6]], maxlen=2, padding="post", value=-1)
    array([[ 1, -1],
           [ 2,  3],
           [ 5,  6]], dtype=int32)
    """
    if padding not in ("pre", "post"):
        raise ValueError(f'Padding type "{padding}" not understood, expected "pre" or "post"')
    if truncating not in ("pre", "post"):
        raise ValueError(f'Truncating type "{truncating}" not understood, expected "pre" or "post"')
    if not hasattr(sequences, "__len__"):
        raise ValueError(f"`sequences` must be iterable, a list of lists; got {sequences!r}")
    is_text = np.issubdtype(dtype, np.str_) or np.issubdtype(dtype, np.bytes_)
    if isinstance(value, str) and np.dtype(dtype) != object and not is_text:
        raise ValueError(f"`dtype` {dtype} does not hold the value {value!r}; use dtype=object for text")
    for sequence in sequences:
        if not hasattr(sequence, "__len__"):
            raise ValueError(f"`sequences` must be a list of iterables. Found non-iterable: {sequence!r}")

    length = max(map(len, sequences), default=0) if maxlen is None else maxlen
    item = next((np.asarray(sequence).shape[1:] for sequence in sequences if len(sequence)), ())
    padded = np.full((len(sequences), length, *item), value, dtype=dtype)
    for position, sequence in enumerate(sequences):
        excess = max(len(sequence) - length, 0)
        cut = sequence[excess:] if truncating == "pre" else sequence[: len(sequence) - excess]
        values = np.asarray(cut, dtype=dtype)
        if len(cut) == 0:
            continue
        if values.shape[1:] != item:
            raise ValueError(
                f"Shape of sample {values.shape[1:]} of sequence at position {position} is different from expected "
                f"shape {item}"
            )
        start = length - len(cut) if padding == "pre" else 0
        padded[position, start : start + len(cut)] = values
    return padded
