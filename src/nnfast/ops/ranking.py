"""The greatest values of rows."""

from __future__ import annotations

from typing import Any

from nnfast.graph import TensorLike, as_operand
from nnfast.ops.nn import one_hot
from nnfast.ops.parts import stack
from nnfast.ops.pointwise import (
    cast,
    equal,
    greater,
    greater_equal,
    less,
    logical_and,
    where,
)
from nnfast.ops.reduction import argmax, sum
from nnfast.ops.shapes import dtype_of, promote_to_float


def top_k(x: TensorLike, k: int, sorted: bool = True) -> tuple[Any, Any]:
    """The k greatest values along the last axis, and where they are.

    Args:
        x: floats of rank 1 or more; others are converted.
        k: how many; the work grows with it.
        sorted: the greatest first; they are always.

    Returns:
        (values, indices), of x's shape with k in the place of its last dimension; of equal values the first is first.

    Raises:
        ValueError: there are not k values.

    Example:

    >>> values, indices = top_k([3.0, 7.0, 5.0], 2)
    >>> values.tolist(), indices.tolist()
    ([7.0, 5.0], [1, 2])
    """
    (operand,) = promote_to_float(x)
    length = operand.shape[-1] if operand.ndim else None
    if length is None or not 1 <= k <= length:
        raise ValueError(f"Expected k from 1 to the last dimension of shape {tuple(operand.shape)}, got {k!r}.")
    values, indices, left = [], [], operand
    for _ in range(k):
        index = argmax(left, axis=-1)
        chosen = greater(one_hot(index, length), 0.0)
        values.append(sum(where(chosen, operand, 0.0), axis=-1))
        indices.append(index)
        left = where(chosen, -float("inf"), left)
    return stack(values, axis=-1), stack(indices, axis=-1)


def in_top_k(targets: TensorLike, predictions: TensorLike, k: int) -> Any:
    """Whether fewer than k predictions of a row are greater than that for the class the target names.

    Args:
        targets: class numbers, of the predictions' shape without the last dimension.
        predictions: (..., classes).
        k: how many predictions count.

    Returns:
        Truth values of the targets' shape; false for class numbers out of range.

    Example:

    >>> in_top_k([1, 2], [[0.1, 0.6, 0.3], [0.5, 0.3, 0.2]], k=2).tolist()
    [True, False]
    """
    (scores,) = promote_to_float(predictions)
    labels = as_operand(targets)
    classes = scores.shape[-1]
    assert classes is not None
    of_label = equal(one_hot(labels, classes, dtype=dtype_of(scores)), 1.0)
    label_score = sum(where(of_label, scores, 0.0), axis=-1, keepdims=True)
    greater_ones = sum(cast(greater(scores, label_score), "float32"), axis=-1)
    is_number = equal(label_score, label_score)[..., 0]  # NaN is no high score
    is_class = logical_and(greater_equal(labels, 0), less(labels, classes))
    return logical_and(logical_and(less(greater_ones, float(k)), is_number), is_class)
