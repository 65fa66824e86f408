"""Ops whose results' shapes depend on values: of arrays, not of what is traced. Places, and what is there how often."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnfast.graph import Tensor, TensorLike, as_operand
from nnfast.ops.pointwise import cast, floor_divide, less, mod, where
from nnfast.ops.shapes import as_shape, dtype_of


def _numbers(x: TensorLike) -> Any:
    """An array; of what is traced an error that says so."""
    return np.asarray(as_operand(x))


def _tensor(array: Any, dtype: str | None = None) -> Any:
    return np.ascontiguousarray(array, dtype).reshape(np.shape(array)).view(Tensor)


def nonzero(x: TensorLike) -> tuple[Any, ...]:
    """Where values are not zero: for each axis the indices, as int32. Of arrays, not of what is traced.

    Example:

    >>> [places.tolist() for places in nonzero([[0, 1], [2, 0]])]
    [[0, 1], [1, 0]]
    """
    return tuple(_tensor(places, "int32") for places in np.nonzero(_numbers(x)))


def unique(
    x: TensorLike,
    sorted: bool = True,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: int | None = None,
    size: int | None = None,
    fill_value: Any = None,
) -> Any:
    """The different values there are, in ascending order. Of arrays, not of what is traced.

    Args:
        x: any array.
        sorted: makes no difference.
        return_index: whether to return where each is for the first time, too.
        return_inverse: whether to return which of them each value is, too.
        return_counts: whether to return how often each is there, too.
        axis: of the different parts along this axis; default None, of values.
        size: how many to return; default as many as there are. The first ones, or fill_value behind them.
        fill_value: default the least of them.

    Returns:
        The values, or a tuple of these and what was asked for besides, as int32.

    Example:

    >>> values, counts = unique([3, 1, 3], return_counts=True)
    >>> values.tolist(), counts.tolist()
    ([1, 3], [1, 2])
    """
    array = _numbers(x)
    values, index, inverse, counts = np.unique(
        array, return_index=True, return_inverse=True, return_counts=True, axis=axis, equal_nan=False
    )
    number = axis or 0
    if size is not None:
        missing = size - values.shape[number]
        if missing < 0:
            values, index, counts = (np.take(part, range(size), number) for part in (values, index, counts))
        elif missing:
            filler = np.take(values, [0] * missing, number) if fill_value is None else None
            if filler is None:
                shape = list(values.shape)
                shape[number] = missing
                filler = np.full(shape, fill_value, values.dtype)
            values = np.concatenate([values, filler], number)
            index = np.concatenate([index, np.full(missing, index[0])])
            counts = np.concatenate([counts, np.zeros(missing, counts.dtype)])
    inverse = inverse.reshape(array.shape) if axis is None else inverse
    extras = [(return_index, index), (return_inverse, inverse), (return_counts, counts)]
    wanted = [_tensor(part, "int32") for flag, part in extras if flag]
    return (_tensor(values), *wanted) if wanted else _tensor(values)


def bincount(x: TensorLike, weights: TensorLike | None = None, minlength: int = 0, sparse: bool = False) -> Any:
    """How often each whole number is there, from 0 to the greatest. Of arrays, not of what is traced.

    Args:
        x: whole numbers that are not negative, shape (n,) or (rows, n): each row is counted by itself.
        weights: of x's shape: what is summed in place of 1. Default None.
        minlength: the least length of the result.
        sparse: only False.

    Returns:
        Shape (length,) or (rows, length), as int32, or of the weights' type.

    Raises:
        ValueError: for another rank, or negative numbers.

    Example:

    >>> bincount([1, 3, 1]).tolist()
    [0, 2, 0, 1]
    """
    if sparse:
        raise ValueError("Expected sparse=False: tensors are dense.")
    numbers = _numbers(x)
    if numbers.ndim not in (1, 2) or numbers.dtype.kind not in "iub":
        raise ValueError(f"Expected whole numbers of rank 1 or 2, got {numbers.dtype} of shape {numbers.shape}.")
    if numbers.size and numbers.min() < 0:
        raise ValueError(f"Expected numbers that are not negative, got {numbers.min()}.")
    rows = np.atleast_2d(numbers)
    shares = np.ones(rows.shape) if weights is None else np.atleast_2d(_numbers(weights))
    if shares.shape != rows.shape:
        raise ValueError(f"Expected weights of shape {numbers.shape}, got {shares.shape}.")
    length = max(int(numbers.max()) + 1 if numbers.size else 0, minlength)
    dtype = "int32" if weights is None else dtype_of(as_operand(weights))
    counts = np.stack([np.bincount(row, share, length) for row, share in zip(rows, shares, strict=True)])
    return _tensor(counts[0] if numbers.ndim == 1 else counts, dtype)


def unravel_index(indices: TensorLike, shape: Any) -> tuple[Any, ...]:
    """The places, an index for each axis, of values that are counted row by row.

    Args:
        indices: whole numbers; negative ones count from the end.
        shape: of the tensor that they are places of.

    Example:

    >>> [places.tolist() for places in unravel_index([5, 1], (2, 3))]
    [[1, 0], [2, 1]]
    """
    sizes = [size for size in as_shape(shape) if size is not None]
    left = as_operand(indices)
    dtype = dtype_of(left)
    whole = int(np.prod(sizes, dtype=int))
    left = where(less(left, 0), left + whole, left)
    places = []
    for size in reversed(sizes):
        places.append(cast(mod(left, size), dtype))
        left = floor_divide(left, size)
    return tuple(reversed(places))
