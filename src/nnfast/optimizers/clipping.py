"""Gradient clipping: by value, by the norm of each gradient, by the norm of all gradients together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nnfast import ops


def clip_by_value(gradients: Sequence[Any], limit: float) -> list[Any]:
    """The gradients with every element brought into [-limit, limit]."""
    return [ops.clip(gradient, -limit, limit) for gradient in gradients]


def clip_by_norm(gradients: Sequence[Any], limit: float) -> list[Any]:
    """The gradients, each scaled to a Euclidean norm of at most `limit`."""
    return [gradient * (limit / ops.maximum(ops.sqrt(_squared_norm(gradient)), limit)) for gradient in gradients]


def clip_by_global_norm(gradients: Sequence[Any], limit: float) -> list[Any]:
    """The gradients, all scaled by one factor so that together they have a norm of at most `limit`.

    An infinite or NaN norm makes all of them NaN, so that a broken step does not pass for a small one.
    """
    squared_norm = _squared_norm(gradients[0])
    for gradient in gradients[1:]:
        squared_norm = squared_norm + ops.cast(_squared_norm(gradient), squared_norm.dtype)
    norm = ops.sqrt(squared_norm)
    scale = limit / ops.maximum(norm, limit) + (norm - norm)
    return [gradient * ops.cast(scale, gradient.dtype) for gradient in gradients]


def _squared_norm(gradient: Any) -> Any:
    return ops.sum(ops.square(gradient))
