"""What a layer demands of its inputs' shape."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from typing import Any

from nnfast import tree
from nnfast.graph import TensorSpec, dtypes

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


def as_specs(shapes: Any, dtype: str = "float32") -> Any:
    """A shape as a TensorSpec, a structure of shapes as a structure of TensorSpecs, for the functions of `tree`.

    Raises:
        ValueError: something that is no shape.

    >>> as_specs([(None, 784), {"age": (None,)}])[1]["age"]
    TensorSpec(shape=(None,), dtype='float32')
    """
    if shapes is None:
        return None
    if isinstance(shapes, Mapping):
        return {name: as_specs(inner, dtype) for name, inner in shapes.items()}
    if isinstance(shapes, list | tuple) and any(isinstance(inner, list | tuple | Mapping) for inner in shapes):
        inner = [as_specs(shape, dtype) for shape in shapes]
        return type(shapes)(*inner) if hasattr(shapes, "_fields") else type(shapes)(inner)
    return TensorSpec(standard_shape(shapes), dtype)


def shapes_of(tensors: Any) -> Any:
    """The shapes of a structure of tensors or TensorSpecs."""
    return tree.map_structure(lambda tensor: None if tensor is None else tuple(tensor.shape), tensors)


class InputSpec:
    """The rank and the sizes that a layer's inputs must have; None accepts any size.

    Args:
        dtype: the name of the element type; default None, any.
        shape: the whole shape with its batch dimension; default None, any.
        ndim: the rank.
        max_ndim: the largest rank.
        min_ndim: the smallest rank.
        axes: sizes by axis, such as {-1: 784}.
        allow_last_axis_squeeze: whether a last axis of length 1 may be there or not; default False.
        name: of the input; default None.
        optional: whether there may be no such input; default False.

    Raises:
        TypeError: `axes` is no dictionary by integers.
        ValueError: an axis that inputs of such a rank don't have.

    >>> InputSpec(min_ndim=2, axes={-1: 784}).check("dense", (32, 100))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ValueError: ... is incompatible with the layer: expected axis -1 of input shape to have value 784, found 100
    """

    def __init__(
        self,
        dtype: object = None,
        shape: Shape | None = None,
        ndim: int | None = None,
        max_ndim: int | None = None,
        min_ndim: int | None = None,
        axes: Mapping[int, int | None] | None = None,
        allow_last_axis_squeeze: bool = False,
        name: str | None = None,
        optional: bool = False,
    ) -> None:
        self.dtype = None if dtype is None else dtypes.standardize(dtype)
        self.shape = None if shape is None else standard_shape(shape)
        self.ndim = ndim if self.shape is None else len(self.shape)
        self.max_ndim = max_ndim
        self.min_ndim = min_ndim
        try:
            self.axes = {int(axis): size for axis, size in dict(axes or {}).items()}
        except (TypeError, ValueError):
            raise TypeError(f"InputSpec expects a dictionary of sizes by axes, got axes={axes!r}") from None
        most = self.ndim if self.ndim is not None else max_ndim
        if most is not None and any(axis >= most for axis in self.axes):
            raise ValueError(f"InputSpec expects axes that inputs of rank {most} have, got {sorted(self.axes)}")
        self.allow_last_axis_squeeze = allow_last_axis_squeeze
        self.name = name
        self.optional = optional

    def check(self, layer_name: str, shape: Shape, dtype: object = None) -> None:
        """Raise ValueError where inputs of `shape` and `dtype` do not suit; a None in `shape` suits every size."""
        expected = self._mismatch(shape)
        if expected is not None:
            raise ValueError(
                f"Layer '{layer_name}' got an input of shape {shape} that is incompatible with the layer: {expected}"
            )
        if self.dtype is not None and dtype is not None and self.dtype != str(dtype):
            raise ValueError(
                f"Layer '{layer_name}' got an input that is incompatible with the layer: expected dtype={self.dtype}, "
                f"found dtype={dtype}"
            )

    def _mismatch(self, shape: Shape) -> str | None:
        """What was expected in the place of `shape`, in Keras's words; None where it suits."""
        wanted = self.shape
        if self.allow_last_axis_squeeze:
            shape = shape[:-1] if shape[-1:] == (1,) else shape
            wanted = wanted[:-1] if wanted is not None and wanted[-1:] == (1,) else wanted
        rank = len(shape)
        if wanted is not None and (rank != len(wanted) or not all(map(_suits, wanted, shape))):
            return f"expected shape={self.shape}, found shape={shape}"
        if self.ndim is not None and rank != self.ndim and not self.allow_last_axis_squeeze:
            return f"expected ndim={self.ndim}, found ndim={rank}"
        if self.min_ndim is not None and rank < self.min_ndim:
            return f"expected min_ndim={self.min_ndim}, found ndim={rank}"
        if self.max_ndim is not None and rank > self.max_ndim:
            return f"expected max_ndim={self.max_ndim}, found ndim={rank}"
        for axis, size in self.axes.items():
            if not -rank <= axis < rank:
                return f"expected an axis {axis} of size {size}, found ndim={rank}"
            if not _suits(size, shape[axis]):
                return f"expected axis {axis} of input shape to have value {size}, found {shape[axis]}"
        return None

    def get_config(self) -> dict[str, Any]:
        """The arguments that make this again, as plain Python values."""
        names = ("dtype", "shape", "ndim", "max_ndim", "min_ndim", "axes", "optional")
        return {name: getattr(self, name) for name in names}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> InputSpec:
        """An InputSpec with the arguments that `get_config` returned."""
        return cls(**config)

    def __repr__(self) -> str:
        names = ("dtype", "shape", "ndim", "max_ndim", "min_ndim", "axes")
        return f"InputSpec({', '.join(f'{name}={getattr(self, name)}' for name in names if getattr(self, name))})"


def _suits(wanted: int | None, size: int | None) -> bool:
    return wanted is None or size is None or wanted == size
