"""Layers that make vectors of one length: UnitNormalization of 1, RMSNormalization of a root mean square of 1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nnfast import ops
from nnfast.graph import Variable, dtypes
from nnfast.layers.elementwise import Elementwise
from nnfast.layers.input_spec import Shape
from nnfast.layers.layer import Layer
from nnfast.layers.scaling import check_axis


class UnitNormalization(Elementwise):
    """Divides by the Euclidean length, so that it is 1.

    Args:
        axis: the axis, or several, that a vector lies along; default the last.
        **kwargs: name, dtype, input_shape, as of Layer.

    Raises:
        TypeError: `axis` is neither an integer nor several.
        ValueError: inputs without such an axis.

    >>> UnitNormalization()([[3.0, 4.0], [0.0, 0.0]]).tolist()
    [[0.6000000238418579, 0.800000011920929], [0.0, 0.0]]
    """

    def __init__(self, axis: int | Sequence[int] = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not isinstance(axis, int | list | tuple):
            raise TypeError(
                f"Invalid value for `axis` argument: expected an int or a list/tuple of ints. Received: axis={axis}"
            )
        self.axis: int | list[int] = axis if isinstance(axis, int) else list(axis)

    def call(self, inputs: Any) -> Any:
        return ops.normalize(inputs, _axes(self, len(inputs.shape)), order=2, epsilon=1e-12)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        _axes(self, len(input_shape))
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axis": self.axis}


class RMSNormalization(Layer):
    """Divides by the root mean square, and multiplies by a learnt factor: x / sqrt(mean(x^2) + epsilon) * scale (Zhang
    and Sennrich, 2019).

    Args:
        axis: the axis, or several, that a vector lies along; default the last.
        epsilon: is added to the mean; default 1e-6.
        **kwargs: name, dtype, input_shape, as of Layer.

    Raises:
        ValueError: inputs without such an axis, or with one whose size is not known.

    >>> RMSNormalization(epsilon=0.0)([[1.0, 7.0]]).tolist()
    [[0.20000000298023224, 1.399999976158142]]
    """

    scale: Variable

    def __init__(self, axis: int | Sequence[int] = -1, epsilon: float = 1e-6, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis: int | list[int] = axis if isinstance(axis, int) else list(axis)
        self.epsilon = epsilon

    def build(self, input_shape: Shape) -> None:
        sizes: Any = [input_shape[axis] for axis in _axes(self, len(input_shape))]
        if None in sizes:
            raise ValueError(f"Layer '{self.name}' needs to know the sizes of what it normalizes, got {input_shape}")
        self.scale = self.add_weight(sizes, "ones", name="scale")

    def call(self, inputs: Any) -> Any:
        axes = _axes(self, len(inputs.shape))
        full = dtypes.full_precision(self.compute_dtype)
        inputs = ops.cast(inputs, full)
        shape = [size if axis in axes else 1 for axis, size in enumerate(inputs.shape)]
        scale = ops.reshape(ops.cast(self.scale, full), shape)
        mean = ops.mean(ops.square(inputs), axes, keepdims=True)
        return ops.cast(inputs * ops.rsqrt(mean + self.epsilon) * scale, self.compute_dtype)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        _axes(self, len(input_shape))
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axis": self.axis, "epsilon": self.epsilon}


def _axes(layer: UnitNormalization | RMSNormalization, rank: int) -> list[int]:
    """The axes of a layer counted from the front, in order."""
    given = [layer.axis] if isinstance(layer.axis, int) else layer.axis
    return sorted(check_axis(layer.name, axis, rank) for axis in given)
