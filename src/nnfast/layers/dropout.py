"""Dropout: noise that keeps a network from relying on single units."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from nnfast import random
from nnfast.layers.input_spec import Shape, standard_shape
from nnfast.layers.layer import Layer


class Dropout(Layer):
    """While training, sets each input to 0 with probability `rate` and multiplies the others by 1 / (1 - rate).

    Outside training the inputs pass unchanged. At rate 1 everything becomes 0.

    Args:
        rate: a number in [0, 1].
        noise_shape: the shape of the random mask, broadcast against the inputs; None in it, and the default None,
            mean the inputs' own size.
        seed: an integer; default None, taken from the global seed.
        **kwargs: name, dtype, input_shape, as of Layer.

    Raises:
        ValueError: `rate` lies outside [0, 1], or `noise_shape` is not a shape.

    >>> layer = Dropout(0.5, seed=1)
    >>> layer([[1.0, 1.0]]).tolist()
    [[1.0, 1.0]]
    >>> sorted(set(layer([[1.0] * 100], training=True)[0].tolist()))
    [0.0, 2.0]
    """

    def __init__(
        self, rate: float, noise_shape: Sequence[int | None] | None = None, seed: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        if not (isinstance(rate, int | float | np.number) and 0 <= rate <= 1):
            raise ValueError(f"Dropout expects a rate between 0 and 1, got {rate!r}")
        self.rate = rate
        self.noise_shape = None if noise_shape is None else standard_shape(noise_shape)
        self.seed = seed
        if rate > 0:
            self.seed_generator = random.SeedGenerator(seed)
        self.built = True

    def call(self, inputs: Any, training: bool = False) -> Any:
        if training and self.rate > 0:
            return random.dropout(inputs, self.rate, noise_shape=self.noise_shape, seed=self.seed_generator)
        return inputs

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "rate": self.rate, "noise_shape": self.noise_shape, "seed": self.seed}
