"""Conversions of labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

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
