"""Flatten: each sample as one row."""

from __future__ import annotations

import math
from typing import Any

from nnfast import ops
from nnfast.layers.input_spec import InputSpec, Shape
from nnfast.layers.layer import Layer


class Flatten(Layer):
    """Inputs of shape (batch, a, b, ...) as (batch, a * b * ...); (batch,) becomes (batch, 1).

    Args:
        data_format: "channels_last" (default), or "channels_first": axis 1 is moved last before flattening.
        **kwargs: name, dtype, input_shape, as of Layer.

    >>> Flatten()([[[1.0, 2.0], [3.0, 4.0]]]).tolist()
    [[1.0, 2.0, 3.0, 4.0]]
    """

    def __init__(self, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        data_format = "channels_last" if data_format is None else data_format
        if data_format not in ("channels_last", "channels_first"):
            raise ValueError(f"Flatten expects 'channels_last' or 'channels_first' as data_format, got {data_format!r}")
        self.data_format = data_format
        self.input_spec = InputSpec(min_ndim=1)

    def call(self, inputs: Any) -> Any:
        rank = len(inputs.shape)
        if self.data_format == "channels_first" and rank > 2:
            inputs = ops.transpose(inputs, axes=(0, *range(2, rank), 1))
        return ops.reshape(inputs, self.compute_output_shape(tuple(inputs.shape)))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        sizes = [size for size in input_shape[1:] if size is not None]
        known = len(sizes) == len(input_shape) - 1
        return (input_shape[0], math.prod(sizes) if known else None)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "data_format": self.data_format}
