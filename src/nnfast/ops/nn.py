"""Softmax and the cross-entropies."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnfast.graph import Kind, Op, TensorLike, TensorSpec, apply, as_operand, register
from nnfast.graph.dtypes import is_float
from nnfast.ops.movement import arange, expand_dims, reshape, squeeze, transpose
from nnfast.ops.pointwise import (
    absolute,
    add,
    cast,
    clip,
    divide,
    equal,
    exp,
    floor,
    is_made_by,
    log,
    log1p,
    maximum,
    multiply,
    negative,
    power,
    rsqrt,
    square,
    subtract,
    where,
)
from nnfast.ops.reduction import Axes, normalize_axes, sum
from nnfast.ops.shapes import dtype_of, in_full_precision, normalize_axis, promote_to_float, same_as_first

# What probabilities are kept away from 0 and 1 by before their logarithm is taken; `config.epsilon()`.
_epsilon = 1e-7


def epsilon() -> float:
    """The small number that keeps divisions and logarithms finite: 1e-7, or what `set_epsilon` said."""
    return _epsilon


def set_epsilon(value: float) -> None:
    """Sets the small number that keeps divisions and logarithms finite."""
    global _epsilon
    if not 0 < value < 1:
        raise ValueError(f"Expected an epsilon between 0 and 1, got {value!r}.")
    _epsilon = float(value)


def _rows(logits: TensorSpec, targets: TensorSpec) -> list[TensorSpec]:
    expected = logits.shape if is_float(targets.dtype) else logits.shape[:-1]
    if targets.shape != expected:
        raise ValueError(f"Expected targets of shape {expected} for logits {logits.shape}, got {targets.shape}.")
    return [TensorSpec(logits.shape[:-1], logits.dtype), logits]


def _softmax_gradient(g: Any, out: Any, x: Any) -> tuple[Any]:
    return (out * (g - sum(g * out, -1, keepdims=True)),)


def _log_softmax_gradient(g: Any, out: Any, x: Any) -> tuple[Any]:
    return (g - exp(out) * sum(g, -1, keepdims=True),)


def _cross_entropy_gradient(g: Any, out: Any, logits: Any, targets: Any) -> tuple[Any, Any]:
    (of_loss, of_difference), (_, difference) = g, out
    dense = is_float(targets.dtype)
    to_logits: list[Any] = []
    to_targets: list[Any] = []
    if of_loss is not None:
        weight = expand_dims(of_loss, -1)
        to_logits.append(weight * difference)
        to_targets.append(-weight * log_softmax(logits) if dense else None)
    if of_difference is not None:  # of softmax(logits) * sum(targets) - targets
        probabilities = softmax(logits)
        inner = sum(of_difference * probabilities, -1, keepdims=True)
        total = sum(targets, -1, keepdims=True) if dense else 1.0
        to_logits.append(total * probabilities * (of_difference - inner))
        to_targets.append(inner - of_difference if dense else None)
    return _total(to_logits), _total(to_targets) if dense else None


def _total(shares: list[Any]) -> Any:
    return shares[0] if len(shares) == 1 else add(*shares)


# Over the last dimension.
_softmax = register(Op("softmax", Kind.SOFTMAX, same_as_first, _softmax_gradient, "softmax"))
_log_softmax = register(Op("log_softmax", Kind.SOFTMAX, same_as_first, _log_softmax_gradient, "log_softmax"))
# The loss of each row and softmax(logits) - targets, its gradient. Integer targets are class numbers.
_softmax_cross_entropy = register(Op("softmax_cross_entropy", Kind.CROSS_ENTROPY, _rows, _cross_entropy_gradient))


def _over_last(op: Op, x: TensorLike, axis: Axes) -> Any:
    (operand,) = promote_to_float(x)
    if operand.ndim == 0:
        raise ValueError("Expected a tensor with an axis to take the softmax over, got a scalar.")
    axes = normalize_axes(axis, operand.ndim)
    others = [number for number in range(operand.ndim) if number not in axes]
    order = [*others, *axes]
    moved = transpose(operand, order)
    rows = reshape(moved, (*moved.shape[: len(others)], -1)) if len(axes) != 1 else moved
    return transpose(reshape(apply(op, rows), moved.shape), np.argsort(order).tolist())


def softmax(x: TensorLike, axis: Axes = -1) -> Any:
    """exp(x) over its sum along an axis, computed with the maximum taken off.

    Args:
        x: floats of any shape.
        axis: the axis, or several, over which the result sums to 1; None for all. Default the last.

    Example:

    >>> softmax([0.0, 0.0]).numpy()
    array([0.5, 0.5], dtype=float32)
    """
    return _over_last(_softmax, x, axis)


def log_softmax(x: TensorLike, axis: Axes = -1) -> Any:
    """log(softmax(x)), computed with the maximum taken off.

    Example:

    >>> log_softmax([0.0, 1000.0]).tolist()
    [-1000.0, 0.0]
    """
    return _over_last(_log_softmax, x, axis)


def normalize(x: TensorLike, axis: Axes = -1, order: int = 2, epsilon: float | None = None) -> Any:
    """x over its norm along an axis, so that the norm is 1.

    Args:
        x: any tensor.
        axis: the axis, or several, that one vector lies along; default the last.
        order: of the norm: 1 is the sum of magnitudes, 2 (default) the Euclidean length.
        epsilon: smaller norms are taken for this; default `config.epsilon()`.

    Raises:
        ValueError: the order is not a whole number of at least 1.

    Example:

    >>> normalize([3.0, 4.0]).numpy()
    array([0.6, 0.8], dtype=float32)
    """
    if not isinstance(order, int) or order < 1:
        raise ValueError(f"Expected a whole number of at least 1 as order, got {order!r}.")
    (operand,) = promote_to_float(x)
    least = _epsilon if epsilon is None else epsilon
    if order == 2:
        return multiply(operand, rsqrt(maximum(sum(square(operand), axis, keepdims=True), least**2)))
    norm = power(sum(power(absolute(operand), order), axis, keepdims=True), 1.0 / order)
    return divide(operand, maximum(norm, least))


def one_hot(x: TensorLike, num_classes: int, axis: int = -1, dtype: object = None, sparse: bool = False) -> Any:
    """1 at the index that x gives along a new last axis, 0 elsewhere; all 0 for an index that is not there.

    Example:

    >>> one_hot([1, 0], 2).numpy()
    array([[0., 1.],
           [1., 0.]], dtype=float32)
    """
    if sparse:
        raise ValueError("Expected sparse=False: tensors are dense.")
    hot = cast(equal(expand_dims(x, -1), arange(num_classes)), dtype or "float32")
    number = normalize_axis(axis, hot.ndim)
    if number == hot.ndim - 1:
        return hot
    order = list(range(hot.ndim - 1))
    return transpose(hot, [*order[:number], hot.ndim - 1, *order[number:]])


def _logits_under(output: Any, activation: str) -> Any:
    """What the activation right under `output` was given, or None: a loss on it is computed from the logits, which is
    the same value where nothing is clipped, and keeps the gradient where something would be."""
    return output.node.inputs[0] if is_made_by(output, activation) else None


def _clipped(probabilities: Any) -> Any:
    return clip(probabilities, _epsilon, 1.0 - _epsilon)


def _normalized(output: Any) -> Any:
    """Probabilities that sum to one along the last axis, kept away from 0 and 1."""
    return _clipped(divide(output, sum(output, -1, keepdims=True)))


def _alike(target: TensorLike, output: TensorLike) -> tuple[Any, Any]:
    """Target and output in the output's float type, once it is sure that they have one shape."""
    (outputs,) = promote_to_float(output)
    targets = cast(target, dtype_of(outputs))
    if targets.shape != outputs.shape:
        raise ValueError(f"Expected target and output of one shape, got {targets.shape} and {outputs.shape}.")
    return targets, outputs


@in_full_precision("output")
def categorical_crossentropy(target: TensorLike, output: TensorLike, from_logits: bool = False, axis: int = -1) -> Any:
    """-sum(target * log(output)) along an axis: the cross-entropy of rows of probabilities.

    Args:
        target: probabilities, such as one-hot rows; the shape of output.
        output: predicted probabilities, or logits.
        from_logits: whether output is logits.
        axis: the axis of classes.

    Returns:
        One loss for each row: output's shape without that axis.
    """
    targets, outputs = _alike(target, output)
    number = normalize_axis(axis, outputs.ndim)
    if number != outputs.ndim - 1:
        order = [other for other in range(outputs.ndim) if other != number] + [number]
        targets, outputs = transpose(targets, order), transpose(outputs, order)
    logits = outputs if from_logits else _logits_under(outputs, "softmax")
    if logits is not None:
        return apply(_softmax_cross_entropy, logits, targets)[0]
    return negative(sum(multiply(targets, log(_normalized(outputs))), -1))


@in_full_precision("output")
def sparse_categorical_crossentropy(
    target: TensorLike, output: TensorLike, from_logits: bool = False, axis: int = -1
) -> Any:
    """-log(output[target]): the cross-entropy of class numbers.

    Args:
        target: whole numbers from 0 to below the number of classes; output's shape without its last axis, or with 1
            there.
        output: predicted probabilities, or logits.
        from_logits: whether output is logits.
        axis: the axis of classes; only the last is supported, as in Keras.

    Returns:
        One loss for each row: output's shape without the last axis.

    Raises:
        ValueError: for shapes that don't go together; when run, for class numbers out of range from logits.
    """
    (outputs,) = promote_to_float(output)
    labels = as_operand(target)
    if is_float(dtype_of(labels)):
        labels = where(equal(floor(labels), labels), labels, -1.0)  # what is no whole number is out of range
    if axis not in (-1, outputs.ndim - 1):
        raise ValueError(f"Expected the last axis to be the axis of classes, got axis={axis}.")
    if labels.ndim == outputs.ndim and labels.shape[-1] == 1:
        labels = squeeze(labels, -1)
    if outputs.ndim < 1 or labels.shape != outputs.shape[:-1]:
        raise ValueError(
            f"Expected one class number for each row of output, got target of shape {labels.shape} and output of shape "
            f"{outputs.shape}."
        )
    logits = outputs if from_logits else _logits_under(outputs, "softmax")
    if logits is not None:
        return apply(_softmax_cross_entropy, logits, cast(labels, "int64"))[0]
    classes = outputs.shape[-1]
    assert classes is not None
    return negative(sum(multiply(one_hot(labels, classes, dtype=dtype_of(outputs)), log(_normalized(outputs))), -1))


@in_full_precision("output")
def binary_crossentropy(target: TensorLike, output: TensorLike, from_logits: bool = False) -> Any:
    """-(target * log(output) + (1 - target) * log(1 - output)), element by element.

    Args:
        target: 0 or 1, or a probability; the shape of output.
        output: the predicted probability of 1, or its logit.
        from_logits: whether output is logits.
    """
    targets, outputs = _alike(target, output)
    logits = outputs if from_logits else _logits_under(outputs, "sigmoid")
    if logits is not None:
        # The two large terms first: their difference is exact where the loss is small.
        return add(subtract(maximum(logits, 0.0), multiply(logits, targets)), log1p(exp(negative(absolute(logits)))))
    probabilities = _clipped(outputs)
    positive = multiply(targets, log(probabilities))
    return negative(add(positive, multiply(subtract(1.0, targets), log(subtract(1.0, probabilities)))))
