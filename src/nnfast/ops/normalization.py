"""Normalizations, and attention."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from nnfast.graph import TensorLike, as_operand
from nnfast.graph.dtypes import HALVES
from nnfast.ops.linear import matmul
from nnfast.ops.movement import reshape, transpose
from nnfast.ops.nn import epsilon as default_epsilon
from nnfast.ops.nn import softmax
from nnfast.ops.parts import length_of, repeat
from nnfast.ops.pointwise import absolute, add, cast, divide, multiply, rsqrt, square, subtract, where
from nnfast.ops.reduction import mean, normalize_axes, var
from nnfast.ops.shapes import dtype_of, in_full_precision, normalize_axis, promote_to_float


def _along(parameter: TensorLike, x: Any, axes: list[int]) -> Any:
    """A parameter of the shape of some axes, to go along with x."""
    operand = cast(parameter, dtype_of(x))
    if operand.ndim == x.ndim or axes == [x.ndim - 1]:
        return operand
    return reshape(operand, [size if number in axes else 1 for number, size in enumerate(x.shape)])


@in_full_precision("x")
def layer_normalization(
    x: TensorLike,
    gamma: TensorLike | None = None,
    beta: TensorLike | None = None,
    axis: int | Sequence[int] = -1,
    epsilon: float | None = None,
    **kwargs: Any,
) -> Any:
    """x with a mean of 0 and a variance of 1 over axes, times gamma, plus beta.

    Args:
        x: any tensor; integers are converted.
        gamma, beta: of the axes' shape; default None.
        axis: an axis, or several; default the last.
        epsilon: is added to the variance; default `config.epsilon()`.

    Example:

    >>> layer_normalization([1.0, 3.0, 5.0], epsilon=0.0).numpy().round(3)
    array([-1.225,  0.   ,  1.225], dtype=float32)
    """
    by_variance = kwargs.pop("rms_scaling", False)
    if kwargs:
        raise TypeError(f"Expected no other arguments, got {', '.join(kwargs)}.")
    (operand,) = promote_to_float(x)
    axes = normalize_axes(axis if isinstance(axis, int) else list(axis), operand.ndim)
    scale = rsqrt(add(var(operand, axes, keepdims=True), default_epsilon() if epsilon is None else epsilon))
    if by_variance:
        warnings.warn(
            "You passed `rms_scaling=True`, which is deprecated: it divides by the standard deviation. Use "
            "rms_normalization.",
            stacklevel=3,
        )
        result = multiply(operand, scale)
    else:
        result = multiply(subtract(operand, mean(operand, axes, keepdims=True)), scale)
    if gamma is not None:
        result = multiply(result, _along(gamma, operand, axes))
    return result if beta is None or by_variance else add(result, _along(beta, operand, axes))


@in_full_precision("x")
def rms_normalization(
    x: TensorLike, scale: TensorLike | None = None, axis: int | Sequence[int] = -1, epsilon: float | None = None
) -> Any:
    """x over the root of its mean square along axes, times a scale.

    Args:
        x: any tensor; integers are converted.
        scale: broadcasts with x; default None.
        axis: an axis, or several; default the last.
        epsilon: is added to the mean square; default `config.epsilon()`.

    Example:

    >>> rms_normalization([3.0, 4.0], epsilon=0.0).numpy().round(4)
    array([0.8485, 1.1314], dtype=float32)
    """
    (operand,) = promote_to_float(x)
    if operand.ndim == 0:
        operand = as_operand(reshape(operand, 1))
    axes = list(axis) if not isinstance(axis, int) else axis
    squares = mean(square(operand), axes, keepdims=True)
    result = multiply(operand, rsqrt(add(squares, default_epsilon() if epsilon is None else epsilon)))
    return result if scale is None else multiply(result, cast(scale, dtype_of(operand)))


@in_full_precision("x")
def batch_normalization(
    x: TensorLike,
    mean: TensorLike,
    variance: TensorLike,
    axis: int,
    offset: TensorLike | None = None,
    scale: TensorLike | None = None,
    epsilon: float = 1e-3,
) -> Any:
    """(x - mean) / sqrt(variance + epsilon) * scale + offset, with a number of each for each part along an axis.

    Args:
        x: any tensor; integers are converted.
        mean, variance: shape (n,).
        axis: which axis, of length n.
        offset, scale: shape (n,); default None.
        epsilon: is added to the variance.

    Example:

    >>> batch_normalization([[1.0, 2.0]], [1.0, 0.0], [1.0, 4.0], axis=-1, epsilon=0.0).tolist()
    [[0.0, 1.0]]
    """
    (operand,) = promote_to_float(x)
    axes = [normalize_axis(axis, operand.ndim)]
    factor = rsqrt(add(_along(variance, operand, axes), epsilon))
    if scale is not None:
        factor = multiply(factor, _along(scale, operand, axes))
    result = multiply(subtract(operand, _along(mean, operand, axes)), factor)
    return result if offset is None else add(result, _along(offset, operand, axes))


def dot_product_attention(
    query: TensorLike,
    key: TensorLike,
    value: TensorLike,
    bias: TensorLike | None = None,
    mask: TensorLike | None = None,
    scale: float | None = None,
    is_causal: bool = False,
    flash_attention: bool | None = None,
    attn_logits_soft_cap: float | None = None,
) -> Any:
    """For each query, the mean of the values, weighted by the softmax of its products with the keys.

    Args:
        query: shape (batch, queries, heads, depth).
        key: shape (batch, keys, heads, depth); of fewer heads each serves several of the queries'.
        value: shape (batch, keys, heads, width).
        bias: is added to the products; broadcasts to (batch, heads, queries, keys). Default None.
        mask: which keys count for a query, truth values that broadcast to the same. Default None, all of them.
        scale: what products are multiplied by; default 1 / sqrt(depth).
        is_causal: whether a query sees no keys behind its own place.
        flash_attention: not True: there is one way to compute it.
        attn_logits_soft_cap: products are divided by 1 + |product| / soft cap; default None.

    Returns:
        Shape (batch, queries, heads, width).

    Raises:
        ValueError: another rank, or flash_attention=True.

    Example:

    >>> values = np.arange(4.0, dtype="float32").reshape(1, 2, 1, 2)
    >>> dot_product_attention(np.zeros((1, 1, 1, 3)), np.zeros((1, 2, 1, 3)), values).tolist()
    [[[[1.0, 2.0]]]]
    """
    if flash_attention:
        raise ValueError("Expected flash_attention=None or False: there is one way to compute attention.")
    queries, keys, values = promote_to_float(query, key, value)
    shapes = [tensor.shape for tensor in (queries, keys, values)]
    if any(len(shape) != 4 for shape in shapes):
        raise ValueError(f"Expected a query, a key and a value of rank 4, got shapes {shapes}.")
    dtype = dtype_of(queries)
    groups = length_of(queries.shape, 2) // length_of(keys.shape, 2)
    if groups > 1:
        keys, values = repeat(keys, groups, axis=2), repeat(values, groups, axis=2)
    if scale is None:
        scale = 1.0 / math.sqrt(length_of(queries.shape, 3))
    logits = matmul(transpose(queries, (0, 2, 1, 3)), transpose(keys, (0, 2, 3, 1)))
    logits = multiply(cast(logits, "float32") if dtype in HALVES else logits, scale)
    if attn_logits_soft_cap is not None:
        logits = divide(logits, add(1.0, divide(absolute(logits), attn_logits_soft_cap)))
    if bias is not None:
        logits = add(logits, cast(bias, dtype_of(logits)))
    least = -0.7 * float(np.finfo("float32").max)  # where nothing counts, all does
    if mask is not None:
        logits = where(mask, logits, least)
    if is_causal:
        logits = where(np.tri(length_of(queries.shape, 1), length_of(keys.shape, 1), dtype="bool"), logits, least)
    return transpose(matmul(cast(softmax(logits), dtype), transpose(values, (0, 2, 1, 3))), (0, 2, 1, 3))
