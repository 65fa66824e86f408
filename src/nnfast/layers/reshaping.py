"""Layers that give each sample another shape."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any

from nnfast import config, ops
from nnfast.layers.input_spec import InputSpec, Shape
from nnfast.layers.layer import Layer

_DATA_FORMATS = ("channels_last", "channels_first")


def standard_data_format(kind: str, data_format: str | None) -> str:
    """Where the channels are; None means `config.image_data_format()`.

    Raises:
        ValueError: neither "channels_last" nor "channels_first".
    """
    if data_format is None:
        return config.image_data_format()
    if data_format not in _DATA_FORMATS:
        raise ValueError(f"{kind} expects 'channels_last' or 'channels_first' as data_format, got {data_format!r}")
    return data_format


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
        self.data_format = standard_data_format("Flatten", data_format)
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


class Reshape(Layer):
    """Each sample in another shape.

    Args:
        target_shape: of a sample, without the batch; one size may be -1, for what is left.
        **kwargs: name, dtype, input_shape, as of Layer.

    Raises:
        ValueError: `target_shape` is no shape; samples do not have as many numbers.

    >>> Reshape((2, -1))([[1.0, 2.0, 3.0, 4.0]]).tolist()
    [[[1.0, 2.0], [3.0, 4.0]]]
    """

    def __init__(self, target_shape: Sequence[int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.target_shape = tuple(operator.index(size) for size in target_shape)
        if any(size < -1 for size in self.target_shape):
            raise ValueError(f"Reshape expects non-negative integers or -1, got target_shape={self.target_shape}")
        if self.target_shape.count(-1) > 1:
            raise ValueError(f"Reshape expects at most one unknown dimension, -1, got target_shape={self.target_shape}")
        self._build_at_init()

    def call(self, inputs: Any) -> Any:
        return ops.reshape(inputs, self.compute_output_shape(tuple(inputs.shape)))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        sample, target = input_shape[1:], self.target_shape
        if None in sample:
            return (input_shape[0], *(None if size == -1 else size for size in target))
        count, known = math.prod(sample), math.prod(size for size in target if size != -1)  # type: ignore[arg-type]
        fits = count == known if -1 not in target else known > 0 and count % known == 0
        if not fits:
            raise ValueError(f"Layer '{self.name}' can't give samples of shape {sample} the shape {target}")
        return (input_shape[0], *(count // known if size == -1 else size for size in target))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "target_shape": self.target_shape}


class Permute(Layer):
    """Each sample with its axes in another order.

    Args:
        dims: the axes of a sample, counted from 1, in their new order.
        **kwargs: name, dtype, input_shape, as of Layer.

    Raises:
        ValueError: `dims` are not 1, 2, ... in some order.

    >>> Permute((2, 1))([[[1.0, 2.0], [3.0, 4.0]]]).tolist()
    [[[1.0, 3.0], [2.0, 4.0]]]
    """

    def __init__(self, dims: Sequence[int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.dims = tuple(dims)
        if sorted(self.dims) != list(range(1, len(self.dims) + 1)):
            raise ValueError(f"Invalid permutation `dims`: expected a sample's axes, counted from 1, got {dims!r}")
        self.input_spec = InputSpec(ndim=len(self.dims) + 1)

    def call(self, inputs: Any) -> Any:
        return ops.transpose(inputs, axes=(0, *self.dims))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (input_shape[0], *(input_shape[axis] for axis in self.dims))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "dims": self.dims}


class RepeatVector(Layer):
    """Each sample n times: inputs of shape (batch, features) as (batch, n, features).

    Args:
        n: how often, at least once.
        **kwargs: name, dtype, input_shape, as of Layer.

    Raises:
        TypeError: `n` is no integer.
        ValueError: `n` is not positive.

    >>> RepeatVector(2)([[1.0, 2.0]]).tolist()
    [[[1.0, 2.0], [1.0, 2.0]]]
    """

    def __init__(self, n: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not isinstance(n, int) or isinstance(n, bool):
            raise TypeError(f"Expected an integer value for `n`, got {n!r}")
        if n <= 0:
            raise ValueError(f"The argument `n` should be a positive integer, got {n}")
        self.n = n
        self.input_spec = InputSpec(ndim=2)

    def call(self, inputs: Any) -> Any:
        return ops.repeat(ops.expand_dims(inputs, 1), self.n, axis=1)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (input_shape[0], self.n, input_shape[1])

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "n": self.n}
