"""Layers that bring data into the range that networks like."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from nnfast import config, ops
from nnfast.layers.elementwise import Elementwise
from nnfast.layers.input_spec import Shape
from nnfast.layers.scaling import check_axis
from nnfast.ops.nn import epsilon

Array = np.ndarray[Any, Any]


class Rescaling(Elementwise):
    """inputs * scale + offset, in the layer's dtype.

    Args:
        scale: a number, or an array that broadcasts to the inputs; where `config.image_data_format()` is
            "channels_first", a list has a number for each channel of images.
        offset: the same; default 0.
        **kwargs: name, dtype, input_shape, as of Layer.

    >>> Rescaling(1 / 127.5, offset=-1)([0, 255]).tolist()
    [-1.0, 1.0]
    """

    def __init__(self, scale: Any, offset: Any = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.scale = _plain(scale)
        self.offset = _plain(offset)

    def call(self, inputs: Any) -> Any:
        scale, offset = (self._beside(number, len(inputs.shape)) for number in (self.scale, self.offset))
        return ops.add(ops.multiply(ops.cast(inputs, self.compute_dtype), scale), offset)

    def _beside(self, number: Any, rank: int) -> Any:
        array = np.asarray(number, self.compute_dtype)
        first = config.image_data_format() == "channels_first" and array.ndim == 1 and rank > 2
        return array.reshape(-1, *(1,) * (rank - 2)) if first else array

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "scale": self.scale, "offset": self.offset}


class Normalization(Elementwise):
    """(inputs - mean) / sqrt(variance), with a mean and a variance that are given, or that `adapt` finds in data.

    Args:
        axis: the axis of the features, each of which has a mean and a variance of its own, or several; None for one
            mean of everything. Default the last.
        mean, variance: numbers, or arrays of the shape of these axes; default None, for `adapt`.
        invert: whether to undo it: inputs * sqrt(variance) + mean; default False.
        **kwargs: name, dtype, input_shape, as of Layer.

    Raises:
        ValueError: a mean without a variance, or of another shape; inputs without such axes.

    >>> layer = Normalization()
    >>> layer.adapt([[1.0, 10.0], [3.0, 30.0]])
    >>> layer([[1.0, 20.0]]).tolist()
    [[-1.0, 0.0]]
    """

    def __init__(
        self,
        axis: int | Sequence[int] | None = -1,
        mean: Any = None,
        variance: Any = None,
        invert: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.axis = () if axis is None else (axis,) if isinstance(axis, int) else tuple(axis)
        self.input_mean, self.input_variance = _plain(mean), _plain(variance)
        self.invert = invert
        if (self.input_mean is None) != (self.input_variance is None):
            raise ValueError(
                "When setting values directly, both `mean` and `variance` must be set. "
                f"Received: mean={mean} and variance={variance}"
            )
        if self.input_mean is not None:
            shapes = np.shape(self.input_mean), np.shape(self.input_variance)
            if shapes[0] != shapes[1] or len(shapes[0]) > len(self.axis):
                raise ValueError(
                    f"Normalization expects mean and variance of one shape, with at most {len(self.axis)} axes, got "
                    f"shapes {shapes[0]} and {shapes[1]}"
                )

    def build(self, input_shape: Shape) -> None:
        kept = self._kept(len(input_shape))
        sizes: Any = tuple(input_shape[axis] for axis in kept)
        if None in sizes:
            raise ValueError(
                f"All `axis` values to be kept must have a known shape. Got axis={self.axis}, {input_shape=}"
            )
        self._broadcast_shape: tuple[Any, ...] = tuple(
            size if axis in kept else 1 for axis, size in enumerate(input_shape)
        )
        if self.input_mean is None:
            self.adapt_mean = self.add_weight(sizes, "zeros", trainable=False, name="mean")
            self.adapt_variance = self.add_weight(sizes, "ones", trainable=False, name="variance")
            self.count = self.add_weight((), "zeros", dtype="int32", trainable=False, name="count")

    def _kept(self, rank: int) -> list[int]:
        """The axes of the features, counted from the front, in order."""
        return sorted(check_axis(self.name, axis, rank) for axis in self.axis)

    @property
    def mean(self) -> Any:
        """The mean, in a shape that broadcasts to the inputs'; None before the layer is built."""
        return self._moment(self.input_mean, "adapt_mean")

    @property
    def variance(self) -> Any:
        """The variance, in a shape that broadcasts to the inputs'; None before the layer is built."""
        return self._moment(self.input_variance, "adapt_variance")

    def _moment(self, given: Any, adapted: str) -> Any:
        if not self.built:
            return None
        if given is None:
            return ops.reshape(getattr(self, adapted), self._broadcast_shape)
        array, kept = np.asarray(given, self.compute_dtype), self._kept(len(self._broadcast_shape))
        shape = [1] * len(self._broadcast_shape)
        for axis, size in zip(kept[len(kept) - array.ndim :], array.shape, strict=True):
            shape[axis] = size
        return np.broadcast_to(array.reshape(shape), self._broadcast_shape)

    def adapt(self, data: Any) -> None:
        """Take the mean and the variance of data, instead of those so far.

        Args:
            data: an array, or nested lists of numbers; or an iterable of arrays, batches of the data.

        Raises:
            TypeError: nothing of the kind.
            ValueError: no batches, or data of another shape than the layer is built for.
        """
        batches = _batches(data)
        first = batches[0]
        if not self.built:
            self.build((None, *first.shape[1:]))
        if self.input_mean is not None:
            raise ValueError(f"Layer '{self.name}' was given its mean and variance, and can't adapt to data")
        kept = self._kept(first.ndim)
        others = tuple(axis for axis in range(first.ndim) if axis not in kept)
        mean: Any = 0.0
        variance: Any = 0.0
        count = 0
        for batch in batches:
            sizes = tuple(batch.shape[axis] for axis in kept) if batch.ndim == first.ndim else batch.shape
            if sizes != self.adapt_mean.shape:
                raise ValueError(
                    f"Layer '{self.name}' was given an incompatible shape: expected data whose axes {self.axis} have "
                    f"the shape {self.adapt_mean.shape}, got an array of shape {batch.shape}"
                )
            # Chan et al. (1979): two sets' variances, and the distance of their means, give that of both together.
            more = math.prod(batch.shape[axis] for axis in others)
            share = more / (count + more) if count + more else 0.0
            batch_mean, batch_variance = batch.mean(others, "float64"), batch.astype("float64").var(others)
            variance = variance * (1 - share) + batch_variance * share + (batch_mean - mean) ** 2 * share * (1 - share)
            mean = mean * (1 - share) + batch_mean * share
            count += more
        self.adapt_mean.assign(mean)
        self.adapt_variance.assign(variance)

    def call(self, inputs: Any) -> Any:
        inputs = ops.cast(inputs, self.compute_dtype)
        deviation = ops.maximum(ops.sqrt(self.variance), epsilon())
        if self.invert:
            return ops.add(ops.multiply(inputs, deviation), self.mean)
        return ops.divide(ops.subtract(inputs, self.mean), deviation)

    def get_config(self) -> dict[str, Any]:
        own = {"axis": self.axis, "invert": self.invert, "mean": self.input_mean, "variance": self.input_variance}
        return {**super().get_config(), **own}


def _plain(value: Any) -> Any:
    """A number, or an array as lists; also out of what Keras writes of an array."""
    if isinstance(value, Mapping):
        value = value["config"]["value"]
    return value if value is None or isinstance(value, int | float) else np.asarray(value).tolist()


def _batches(data: Any) -> list[Array]:
    """The arrays that data comes in."""
    if hasattr(data, "shape"):
        return [np.asarray(data)]
    if not isinstance(data, Iterable):
        raise TypeError(f"adapt expects an array, nested lists or an iterable of batches, got {type(data).__name__}")
    found = [batch[0] if isinstance(batch, tuple) else batch for batch in data]
    if not found:
        raise ValueError("adapt() got an empty iterable, and expects at least one batch")
    if not hasattr(found[0], "shape"):
        return [np.asarray(data)]
    return [np.asarray(batch) for batch in found]
