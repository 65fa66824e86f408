"""Indices as what networks take: themselves, or vectors with a place for each index."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from nnfast import ops
from nnfast.layers.input_spec import Shape

Array = np.ndarray[Any, Any]

_EARLIER = {"binary": "multi_hot", "tf-idf": "tf_idf"}


def output_mode(mode: Any, modes: Sequence[str]) -> str:
    """The mode that is meant, by its present name.

    Raises:
        ValueError: none of `modes`.
    """
    found = _EARLIER.get(mode, mode) if isinstance(mode, str) else mode
    if found not in modes:
        raise ValueError(
            f"Unknown arg for output_mode: {mode}. Invalid value for argument `output_mode`. Expected one of "
            f"{tuple(modes)}. Received: output_mode={mode}"
        )
    return str(found)


def refuse_sparse(layer: str, sparse: bool) -> None:
    """Raises a ValueError where sparse tensors are asked for."""
    if sparse:
        raise ValueError(f"`sparse=True` cannot be used with nnfast, which has no sparse tensors, got it for {layer}")


def encoded_shape(shape: Shape, mode: str, depth: int | None) -> Shape:
    """The shape of what `encode` makes of indices of a shape."""
    shape = tuple(shape)
    if mode == "int":
        return shape
    if mode == "one_hot":
        return (*(shape[:-1] if len(shape) > 1 and shape[-1] == 1 else shape), depth)
    return (*shape[:1], *shape[2:], depth) if len(shape) > 1 else (depth,)


def encode(indices: Any, mode: str, depth: int, dtype: str, weights: Any = None) -> Any:
    """Indices, symbolic or not, as a mode says.

    Args:
        indices: whole numbers; those that are not from 0 to below `depth` count nowhere. Axis 1 is that of a sample's,
            which are counted together; without it, all are one sample's.
        mode: "int", "one_hot", "multi_hot" or "count".
        depth: how many indices there are.
        dtype: of the result.
        weights: in the mode "count", what each index counts for; default 1.
    """
    if mode == "int":
        return ops.cast(indices, dtype)
    if len(indices.shape) == 0:
        indices = ops.expand_dims(indices, -1)
    if mode == "one_hot":
        if len(indices.shape) > 1 and indices.shape[-1] == 1:
            indices = ops.squeeze(indices, -1)
        return ops.one_hot(indices, depth, dtype=dtype)
    hot, axis = ops.one_hot(indices, depth, dtype=dtype), min(len(indices.shape) - 1, 1)
    if mode == "multi_hot":
        return ops.max(hot, axis=axis)
    return ops.sum(hot if weights is None else hot * ops.expand_dims(weights, -1), axis=axis)


def encode_array(indices: Array, mode: str, depth: int, dtype: str) -> Array:
    """The same for an array, in the memory of the result."""
    if mode == "int":
        return indices.astype(dtype)
    if indices.ndim == 0:
        indices = indices[None]
    if mode == "one_hot":
        samples = indices[..., 0] if indices.ndim > 1 and indices.shape[-1] == 1 else indices
        together = samples.reshape(*samples.shape, 1)
    else:
        together = np.moveaxis(indices, min(indices.ndim - 1, 1), -1)
    shape = together.shape[:-1]
    rows = np.repeat(np.arange(math.prod(shape)), together.shape[-1])
    return count_rows(rows, together.ravel(), (*shape, depth), mode).astype(dtype)


def count_rows(rows: Array, indices: Array, shape: Sequence[int], mode: str) -> Array:
    """How often each index occurs in each row, or, in the mode "multi_hot", whether it does.

    Args:
        rows: the number of the row that each index is in.
        indices: those that are not from 0 to below the last size of `shape` count nowhere.
        shape: of the result.
        mode: "count" or "multi_hot".
    """
    depth = shape[-1]
    inside = (indices >= 0) & (indices < depth)
    counts = np.bincount(rows[inside] * depth + indices[inside], minlength=math.prod(shape)).reshape(tuple(shape))
    return np.minimum(counts, 1) if mode == "multi_hot" else counts
