"""Dropout of whole channels of sequences, images and volumes (Tompson et al., 2015): what lies side by side in one says
much the same, so that single values that are dropped would not be missed."""

from __future__ import annotations

from typing import Any, ClassVar

from nnfast import random
from nnfast.layers.input_spec import InputSpec
from nnfast.layers.noise import Noise
from nnfast.layers.reshaping import standard_data_format


class _SpatialDropout(Noise):
    """Dropout of whole channels."""

    rate: float
    data_format: str = "channels_last"

    def disturb(self, inputs: Any) -> Any:
        channels = 1 if self.data_format == "channels_first" else len(inputs.shape) - 1
        kept = [None if axis in (0, channels) else 1 for axis in range(len(inputs.shape))]
        return random.dropout(inputs, self.rate, noise_shape=kept, seed=self.seed_generator)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["trainable"]  # which Keras's does not take
        return config


class SpatialDropout1D(_SpatialDropout):
    """Dropout of whole channels: inputs of shape (batch, steps, channels) lose a channel in all steps, or in none.

    Args:
        rate: a number in [0, 1].
        seed: an integer; default None, taken from the global seed.
        **kwargs: name, dtype, input_shape, as of Layer.

    Raises:
        ValueError: `rate` lies outside [0, 1].

    >>> SpatialDropout1D(0.5, seed=3)([[[1.0, 1.0], [1.0, 1.0]]], training=True).tolist()
    [[[2.0, 0.0], [2.0, 0.0]]]
    """

    def __init__(self, rate: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(rate, seed, **kwargs)
        self.input_spec = InputSpec(ndim=3)


class _FormattedSpatialDropout(_SpatialDropout):
    """The same of images and volumes, which may have their channels in front."""

    dimensions: ClassVar[int]

    def __init__(self, rate: float, data_format: str | None = None, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(rate, seed, **kwargs)
        self.data_format = standard_data_format(type(self).__name__, data_format)
        self.input_spec = InputSpec(ndim=self.dimensions + 2)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "data_format": self.data_format}


class SpatialDropout2D(_FormattedSpatialDropout):
    """Dropout of whole channels: inputs of shape (batch, height, width, channels) lose a channel in all pixels, or in
    none.

    Args:
        rate: a number in [0, 1].
        data_format: "channels_last" (default), or "channels_first" where the channels come second.
        seed: an integer; default None, taken from the global seed.
        **kwargs: name, dtype, input_shape, as of Layer.

    Raises:
        ValueError: `rate` lies outside [0, 1].

    >>> SpatialDropout2D(0.5, seed=3)([[[[1.0, 1.0], [1.0, 1.0]]]], training=True).tolist()
    [[[[2.0, 0.0], [2.0, 0.0]]]]
    """

    dimensions = 2


class SpatialDropout3D(_FormattedSpatialDropout):
    """Dropout of whole channels: inputs of shape (batch, depth, height, width, channels) lose a channel everywhere, or
    nowhere.

    Args:
        rate: a number in [0, 1].
        data_format: "channels_last" (default), or "channels_first" where the channels come second.
        seed: an integer; default None, taken from the global seed.
        **kwargs: name, dtype, input_shape, as of Layer.

    Raises:
        ValueError: `rate` lies outside [0, 1].

    >>> SpatialDropout3D(0.5, seed=3)([[[[[1.0, 1.0], [1.0, 1.0]]]]], training=True).tolist()
    [[[[[2.0, 0.0], [2.0, 0.0]]]]]
    """

    dimensions = 3
