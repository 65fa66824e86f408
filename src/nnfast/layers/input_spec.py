"""What a layer demands of its inputs' shape."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

Shape = tuple[int | None, ...]


def standard_shape(shape: Any) -> Shape:
    """`shape` as a tuple of sizes, None where any size will do.

    Raises:
        ValueError: `shape` is not a sequence of sizes.

    >>> standard_shape([None, 784])
    (None, 784)
    """
    try:
        sizes = tuple(None if size is None else operator.index(size) for size in shape)
    except TypeError:
        sizes = (-1,)
    if any(size is not None and size < 0 for size in sizes):
        raise ValueError(f"Expected a shape, a tuple of sizes or None such as (None, 784), got {shape!r}")
    return sizes


def is_shape(shapes: Any) -> bool:
    """Whether this is one shape, rather than a list, a tuple or a dictionary of shapes."""
    return not isinstance(shapes, Mapping) and not any(isinstance(item, list | tuple | Mapping) for item in shapes)


def map_shapes(function: Callable[[Any], Any], shapes: Any) -> Any:
    """function(shape) for a shape, or for each in a structure of shapes.

    >>> map_shapes(len, [(None, 784), {"age": (None,)}])
    [2, {'age': 1}]
    """
    if isinstance(shapes, Mapping):
        return {name: map_shapes(function, inner) for name, inner in shapes.items()}
    if not isinstance(shapes, list | tuple) or is_shape(shapes):
        return function(shapes)
    return type(shapes)([map_shapes(function, inner) for inner in shapes])


def flatten_shapes(shapes: Any) -> list[Shape]:
    """The shapes of a structure in the order of its leaves."""
    flat: list[Shape] = []
    if isinstance(shapes, Mapping):
        shapes = [shapes[name] for name in sorted(shapes)]
    map_shapes(flat.append, shapes)
    return flat


class InputSpec:
    """The rank and the sizes that a layer's inputs must have; None accepts any size.

    Args:
        shape: the whole shape with its batch dimension; default None, any.
        ndim: the rank.
        max_ndim: the largest rank.
        min_ndim: the smallest rank.
        axes: sizes by axis, such as {-1: 784}.

    >>> InputSpec(min_ndim=2, axes={-1: 784}).check("dense", (32, 100))
    Traceback (most recent call last):
    ValueError: Layer 'dense' expects inputs whose last dimension is 784, got an array of shape (32, 100)
    """

    def __init__(
        self,
        *,
        shape: Shape | None = None,
        ndim: int | None = None,
        max_ndim: int | None = None,
        min_ndim: int | None = None,
        axes: Mapping[int, int | None] | None = None,
    ) -> None:
        self.shape = None if shape is None else tuple(shape)
        self.ndim = ndim
        self.max_ndim = max_ndim
        self.min_ndim = min_ndim
        self.axes = dict(axes or {}) if shape is None else dict(enumerate(shape))

    def check(self, layer_name: str, shape: Shape) -> None:
        """Raise ValueError where inputs of `shape` do not suit; a None in `shape` suits every size."""
        expected = self._mismatch(shape)
        if expected is not None:
            raise ValueError(f"Layer '{layer_name}' expects inputs {expected}, got an array of shape {shape}")

    def _mismatch(self, shape: Shape) -> str | None:
        """What `shape` should have been, in words; None where it suits."""
        rank = len(shape)
        if self.shape is not None and rank != len(self.shape):
            return f"of shape {self.shape}"
        if self.ndim is not None and rank != self.ndim:
            return f"of rank {self.ndim}"
        if self.min_ndim is not None and rank < self.min_ndim:
            return f"of rank {self.min_ndim} or more"
        if self.max_ndim is not None and rank > self.max_ndim:
            return f"of rank {self.max_ndim} or less"
        for axis, size in self.axes.items():
            if not -rank <= axis < rank:
                return f"that have an axis {axis}"
            if size is not None and shape[axis] not in (size, None):
                place = "last dimension" if axis == -1 else f"dimension {axis}"
                return f"whose {place} is {size}" if self.shape is None else f"of shape {self.shape}"
        return None
