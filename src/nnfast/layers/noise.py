"""Noise while training, which keeps a network from relying on single units."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from nnfast import ops, random
from nnfast.layers.elementwise import Elementwise


class Noise(Elementwise):
    """A layer that changes its inputs at random while training, and passes them unchanged otherwise.

    Args:
        strength: a number in [0, 1]; what it means, its name in `strength_name` says. Nothing is drawn for 0.
        seed: an integer; None is taken from the global seed.

    Raises:
        ValueError: the strength lies outside [0, 1].
    """

    strength_name: ClassVar[str] = "rate"

    def __init__(self, strength: float, seed: int | None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not (isinstance(strength, int | float | np.number) and 0 <= strength <= 1):
            raise ValueError(
                f"Invalid value received for argument `{self.strength_name}`. Expected a float value between 0 and 1. "
                f"Received: {self.strength_name}={strength!r}"
            )
        setattr(self, self.strength_name, strength)
        self.seed = seed
        self._draws = strength > 0
        if self._draws:
            self.seed_generator = random.SeedGenerator(seed)

    def call(self, inputs: Any, training: bool = False) -> Any:
        return self.disturb(inputs) if training and self._draws else inputs

    def disturb(self, inputs: Any) -> Any:
        """The inputs with noise; subclasses define this."""
        raise NotImplementedError(f"Layer {type(self).__name__} must define disturb(inputs)")

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), self.strength_name: getattr(self, self.strength_name), "seed": self.seed}


class Dropout(Noise):
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

    rate: float

    def __init__(
        self, rate: float, noise_shape: Sequence[int | None] | None = None, seed: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(rate, seed, **kwargs)
        self.noise_shape = _checked_noise_shape(noise_shape)

    def disturb(self, inputs: Any) -> Any:
        return random.dropout(inputs, self.rate, noise_shape=self.noise_shape, seed=self.seed_generator)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "noise_shape": self.noise_shape}


class GaussianNoise(Noise):
    """While training, adds normally distributed noise.

    Args:
        stddev: the noise's standard deviation, a number in [0, 1].
        seed: an integer; default None, taken from the global seed.
        **kwargs: name, dtype, input_shape, as of Layer.

    Raises:
        ValueError: `stddev` lies outside [0, 1].

    >>> noisy = GaussianNoise(0.25, seed=1)([[0.0] * 1000], training=True)
    >>> round(float(ops.std(noisy)), 2)
    0.25
    """

    strength_name = "stddev"
    stddev: float

    def __init__(self, stddev: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(stddev, seed, **kwargs)

    def disturb(self, inputs: Any) -> Any:
        noise = random.normal(inputs.shape, stddev=self.stddev, dtype=self.compute_dtype, seed=self.seed_generator)
        return ops.add(inputs, noise)


class GaussianDropout(Noise):
    """While training, multiplies by normally distributed numbers with mean 1 and the variance that Dropout has.

    Args:
        rate: a number in [0, 1); the standard deviation is sqrt(rate / (1 - rate)).
        seed: an integer; default None, taken from the global seed.
        **kwargs: name, dtype, input_shape, as of Layer.

    Raises:
        ValueError: `rate` lies outside [0, 1).

    >>> noisy = GaussianDropout(0.5, seed=1)([[1.0] * 1000], training=True)
    >>> round(float(ops.mean(noisy)), 1), round(float(ops.std(noisy)), 1)
    (1.0, 1.0)
    """

    rate: float

    def __init__(self, rate: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(rate, seed, **kwargs)
        if rate == 1:
            raise ValueError("GaussianDropout expects a rate below 1, got 1: the noise would be infinite")

    def disturb(self, inputs: Any) -> Any:
        stddev = math.sqrt(self.rate / (1.0 - self.rate))
        noise = random.normal(inputs.shape, 1.0, stddev, dtype=self.compute_dtype, seed=self.seed_generator)
        return ops.multiply(inputs, noise)


# What an exponential linear unit of self-normalizing networks gives far below 0 (Klambauer et al., 2017).
_LEAST_SELU = -1.6732632423543772 * 1.0507009873554805


class AlphaDropout(Noise):
    """Dropout for networks of `selu`: mean and variance stay what they are, 0 and 1 (Klambauer et al., 2017).

    Args:
        rate: a number in [0, 1].
        noise_shape: as of Dropout.
        seed: an integer; default None, taken from the global seed.
        **kwargs: name, dtype, input_shape, as of Layer.

    Raises:
        ValueError: `rate` lies outside [0, 1], or `noise_shape` is not a shape.

    >>> AlphaDropout(0.5)([[1.0, 1.0]]).tolist()
    [[1.0, 1.0]]
    """

    rate: float

    def __init__(
        self, rate: float, noise_shape: Sequence[int | None] | None = None, seed: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(rate, seed, **kwargs)
        self.noise_shape = _checked_noise_shape(noise_shape)

    def disturb(self, inputs: Any) -> Any:
        shape = self.noise_shape or (None,) * len(inputs.shape)
        shape = tuple(own if size is None else size for own, size in zip(inputs.shape, shape, strict=True))
        kept = ops.greater_equal(random.uniform(shape, dtype=self.compute_dtype, seed=self.seed_generator), self.rate)
        scale = ((1.0 - self.rate) * (1.0 + self.rate * _LEAST_SELU**2)) ** -0.5 if self.rate < 1 else 0.0
        dropped = ops.where(kept, inputs, _LEAST_SELU)
        return ops.add(ops.multiply(dropped, scale), -scale * _LEAST_SELU * self.rate)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "noise_shape": self.noise_shape}


def _checked_noise_shape(noise_shape: Any) -> tuple[int | None, ...] | None:
    if noise_shape is None:
        return None
    if not isinstance(noise_shape, list | tuple):
        expected = "a tuple or list of integers"
    elif any(size is not None and not isinstance(size, int) for size in noise_shape):
        expected = "all elements to be integers or None"
    elif any(size is not None and size <= 0 for size in noise_shape):
        expected = "all dimensions to be positive integers or None"
    else:
        return tuple(noise_shape)
    raise ValueError(
        f"Invalid value received for argument `noise_shape`. Expected {expected}. Received: noise_shape={noise_shape!r}"
    )
