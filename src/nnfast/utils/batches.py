"""Batches as tuples of inputs, targets and weights."""

from __future__ import annotations

from typing import Any


def unpack_x_y_sample_weight(data: Any) -> tuple[Any, Any, Any]:
    """x, y and sample_weight of a batch that is x, (x,), (x, y) or (x, y, sample_weight); None for what is missing.

    Raises:
        ValueError: a tuple of another length.

    >>> unpack_x_y_sample_weight(([1], [2]))
    ([1], [2], None)
    """
    parts = tuple(data) if isinstance(data, tuple | list) else (data,)
    if not 1 <= len(parts) <= 3:
        raise ValueError(
            "A batch must be a tuple, either (input,) or (inputs, targets) or (inputs, targets, sample_weights). "
            f"Received: {str(data)[:100]}... of type {type(data)}"
        )
    x, y, sample_weight = (*parts, None, None)[:3]
    return x, y, sample_weight


def pack_x_y_sample_weight(x: Any, y: Any = None, sample_weight: Any = None) -> Any:
    """A batch that `unpack_x_y_sample_weight` takes apart; x itself where there is nothing else.

    >>> pack_x_y_sample_weight(1, 2), pack_x_y_sample_weight(1), pack_x_y_sample_weight(1, 2, 3)
    ((1, 2), 1, (1, 2, 3))
    """
    if y is None:
        return (x,) if isinstance(x, tuple | list) else x
    return (x, y) if sample_weight is None else (x, y, sample_weight)
