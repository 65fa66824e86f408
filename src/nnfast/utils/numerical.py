"""Conversions of labels and data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nnfast import config, ops
from nnfast.graph import SymbolicTensor, Tensor, Variable

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def to_categorical(x: ArrayLike, num_classes: int | None = None) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Class numbers as one-hot rows, such as `categorical_crossentropy` wants them.

    Args:
        x: integers in [0, num_classes), of any shape; a last dimension of 1 is dropped.
        num_classes: the length of a row; default is the largest class number plus one.

    Returns:
        A float64 array of shape `x.shape + (num_classes,)`.

    Raises:
        ValueError: a class number lies outside [0, num_classes), or `x` is empty and `num_classes` is not given.

    >>> to_categorical([0, 2, 1])
    array([[1., 0., 0.],
           [0., 0., 1.],
           [0., 1., 0.]])
    """
    given = np.asarray(x)
    if given.dtype.kind == "f" and not np.isfinite(given).all():
        raise ValueError("to_categorical expects class numbers from 0, got NaN or an infinity")
    classes = given.astype(np.int64)
    if classes.ndim > 1 and classes.shape[-1] == 1:
        classes = classes[..., 0]
    if not num_classes:
        if classes.size == 0:
            raise ValueError("to_categorical needs num_classes where x is empty")
        num_classes = int(classes.max()) + 1
    if classes.size and (classes.min() < 0 or classes.max() >= num_classes):
        raise ValueError(
            f"to_categorical expects class numbers from 0 to {num_classes - 1}, "
            f"got numbers from {classes.min()} to {classes.max()}"
        )
    rows = np.zeros((*classes.shape, num_classes))
    np.put_along_axis(rows, classes[..., np.newaxis], 1.0, axis=-1)
    return rows


def normalize(x: Any, axis: int = -1, order: float = 2) -> Any:
    """x divided by the length of its vectors along an axis; a vector of zeros stays as it is.

    Args:
        x: an array, which gives an array; or a tensor, which gives a tensor.
        axis: the axis along which the vectors lie; default the last.
        order: p of (sum(|x|^p))^(1/p), the length; default 2. For a tensor a whole number from 1; for an array what
            `numpy.linalg.norm` takes, such as infinity for the greatest size.

    Returns:
        What x is, with its shape; floats.

    Raises:
        ValueError: a tensor has no such order.

    >>> normalize(np.array([[3.0, 4.0], [0.0, 0.0]]))
    array([[0.6, 0.8],
           [0. , 0. ]])
    """
    if isinstance(x, Tensor | SymbolicTensor | Variable):
        return _normalized(x, axis, order)
    array = np.asarray(x)
    lengths = np.atleast_1d(np.linalg.norm(array, order, axis))
    lengths[lengths == 0] = 1
    return array / np.expand_dims(lengths, axis)


def _normalized(x: Any, axis: int, order: float) -> Any:
    """In ops. The bound keeps the derivative of a vector of zeros finite."""
    if not isinstance(order, int) or order < 1:
        raise ValueError(f"normalize expects an order that is a whole number from 1 for a tensor, got {order!r}")
    powers = ops.square(x) if order == 2 else ops.power(ops.absolute(x), order)
    total = ops.maximum(ops.sum(powers, axis, keepdims=True), config.epsilon() ** order)
    return ops.multiply(x, ops.rsqrt(total)) if order == 2 else ops.divide(x, ops.power(total, 1.0 / order))
