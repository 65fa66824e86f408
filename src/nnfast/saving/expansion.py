"""Parts of files that take far more memory than they take in the file, as none that Keras or nnfast writes does."""

from __future__ import annotations

_MOST_EXPANSION = 100  # times the bytes in the file


def check_expansion(name: str, size: int, stored: int, harmless: int) -> None:
    """Refuses a part of a file that would fill the memory.

    Args:
        name: the part's.
        size: how many bytes it becomes.
        stored: how many it takes in the file.
        harmless: up to how many it may become whatever it takes.

    Raises:
        ValueError: it is larger, and far larger than what is stored.
    """
    if size > harmless and size > _MOST_EXPANSION * stored:
        raise ValueError(f"Expected parts that are in the file, got {name!r}: {size} bytes made of {stored}")
