"""Initializers that draw random numbers.

One of them returns the same numbers at every call, unless its seed is a SeedGenerator; a layer makes its own
initializer from a name, so two layers still differ.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nnfast import random
from nnfast.graph import Array, Tensor
from nnfast.graph.dtypes import is_float
from nnfast.initializers.constant_initializers import dtype_or_floatx
from nnfast.initializers.initializer import Initializer

Seed = int | random.SeedGenerator | Mapping[str, Any] | None

# The standard deviation of a standard normal that is cut off at two standard deviations.
_TRUNCATED_DEVIATION = 0.87962566103423978


class RandomInitializer(Initializer):
    """An initializer that draws from a counter-based generator (Philox) keyed by its seed.

    The numbers are drawn in float64 and rounded, so float32 and float64 weights of one seed agree.

    Args:
        seed: an integer, a SeedGenerator (other numbers at every call), its configuration, or None: taken from the
            global seed.
    """

    def __init__(self, seed: Seed = None) -> None:
        self._init_seed = seed
        self.seed = _as_seed(seed)

    def __call__(self, shape: Sequence[int], dtype: object = None) -> Tensor:
        name = dtype_or_floatx(dtype)
        if not is_float(name):
            raise ValueError(f"{type(self).__name__} draws floating-point numbers, got dtype {name}")
        return self.draw(tuple(shape), self._generator()).astype(name).view(Tensor)

    def draw(self, shape: tuple[int, ...], generator: np.random.Generator) -> Array:
        """float64 values of `shape` from `generator`."""
        raise NotImplementedError(f"Initializer {type(self).__name__} must define draw(shape, generator)")

    def _generator(self) -> np.random.Generator:
        from numpy.random import Generator, Philox

        seed, counter = self.seed.next() if isinstance(self.seed, random.SeedGenerator) else (self.seed, 0)
        return Generator(Philox(key=np.array([int(seed) % 2**64, int(counter)], np.uint64)))

    def get_config(self) -> dict[str, Any]:
        seed = self._init_seed
        return {"seed": _serialized(seed) if isinstance(seed, random.SeedGenerator) else seed}


def _as_seed(seed: Seed) -> int | random.SeedGenerator:
    if seed is None:
        return random.make_default_seed()
    if isinstance(seed, Mapping) and seed.get("class_name") == "SeedGenerator":
        return random.SeedGenerator.from_config(seed["config"])
    if isinstance(seed, int | random.SeedGenerator):
        return seed
    raise ValueError(f"An initializer's seed must be an integer, a SeedGenerator or None, got {seed!r}")


def _serialized(seed: random.SeedGenerator) -> dict[str, Any]:
    """A SeedGenerator as Keras writes it into a configuration."""
    return {
        "module": "keras.random",
        "class_name": "SeedGenerator",
        "config": seed.get_config(),
        "registered_name": None,
    }


class RandomUniform(RandomInitializer):
    """Uniform in [minval, maxval), up to the rounding to float32.

    Args:
        minval: the lower bound; default -0.05.
        maxval: the upper bound; default 0.05.
        seed: as of RandomInitializer.

    >>> values = RandomUniform(0.0, 2.0, seed=1)((100,))
    >>> bool(values.min() >= 0.0 and values.max() < 2.0)
    True
    """

    def __init__(self, minval: float = -0.05, maxval: float = 0.05, seed: Seed = None) -> None:
        super().__init__(seed)
        self.minval = minval
        self.maxval = maxval

    def draw(self, shape: tuple[int, ...], generator: np.random.Generator) -> Array:
        return generator.uniform(self.minval, self.maxval, shape)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "minval": self.minval, "maxval": self.maxval}


class RandomNormal(RandomInitializer):
    """Normal with a mean and a standard deviation.

    Args:
        mean: default 0.
        stddev: default 0.05.
        seed: as of RandomInitializer.

    >>> RandomNormal(seed=1)((3, 2)).shape
    (3, 2)
    """

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: Seed = None) -> None:
        super().__init__(seed)
        self.mean = mean
        self.stddev = stddev

    def draw(self, shape: tuple[int, ...], generator: np.random.Generator) -> Array:
        return generator.normal(self.mean, self.stddev, shape)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "mean": self.mean, "stddev": self.stddev}


class TruncatedNormal(RandomNormal):
    """Normal, but what lies beyond two standard deviations of the mean is drawn again.

    The spread of what is left is 0.88 times `stddev`.

    Args:
        mean: default 0.
        stddev: default 0.05.
        seed: as of RandomInitializer.

    >>> values = TruncatedNormal(mean=1.0, stddev=0.5, seed=1)((100,))
    >>> bool((abs(values - 1.0) <= 1.0).all())
    True
    """

    def draw(self, shape: tuple[int, ...], generator: np.random.Generator) -> Array:
        return self.mean + self.stddev * _truncated_normal(shape, generator)


class VarianceScaling(RandomInitializer):
    """Zero mean and variance scale / n, so that a layer's sums keep the size of its inputs.

    n is the number of a weight's inputs ("fan_in"), of its outputs ("fan_out") or the mean of both ("fan_avg").
    The uniform distribution has the bounds +-sqrt(3 scale / n); the truncated normal is drawn again beyond two
    standard deviations and widened so that its variance is scale / n after that.

    Args:
        scale: positive; default 1.
        mode: "fan_in" (default), "fan_out" or "fan_avg".
        distribution: "truncated_normal" (default; "normal" means it too), "untruncated_normal" or "uniform".
        seed: as of RandomInitializer.
        input_axes, output_axes: the axes whose sizes multiply to the number of inputs and outputs; default None:
            the last two axes, times the sizes of all before them.

    >>> values = VarianceScaling(3.0, "fan_in", "uniform", seed=1)((9, 100))
    >>> bool(abs(values).max() <= 1.0)
    True
    """

    MODES = ("fan_in", "fan_out", "fan_avg")
    DISTRIBUTIONS = ("uniform", "truncated_normal", "untruncated_normal")

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
        seed: Seed = None,
        input_axes: Sequence[int] | None = None,
        output_axes: Sequence[int] | None = None,
    ) -> None:
        super().__init__(seed)
        distribution = "truncated_normal" if distribution.lower() == "normal" else distribution.lower()
        if not scale > 0.0:
            raise ValueError(f"Argument `scale` must be positive float. Got scale={scale!r}")
        if mode not in self.MODES:
            raise ValueError(f"Invalid `mode` argument: {mode!r}. Expected one of {', '.join(self.MODES)}")
        if distribution not in self.DISTRIBUTIONS:
            raise ValueError(
                f"Invalid `distribution` argument: {distribution!r}. Expected one of {', '.join(self.DISTRIBUTIONS)}"
            )
        self.scale = scale
        self.mode = mode
        self.distribution = distribution
        self.input_axes = input_axes
        self.output_axes = output_axes

    def draw(self, shape: tuple[int, ...], generator: np.random.Generator) -> Array:
        fan_in, fan_out = compute_fans(shape, self.input_axes, self.output_axes)
        fan = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[self.mode]
        deviation = math.sqrt(self.scale / max(1.0, fan))
        if self.distribution == "uniform":
            limit = math.sqrt(3.0) * deviation
            return generator.uniform(-limit, limit, shape)
        if self.distribution == "untruncated_normal":
            return generator.normal(0.0, deviation, shape)
        return _truncated_normal(shape, generator) * (deviation / _TRUNCATED_DEVIATION)

    def get_config(self) -> dict[str, Any]:
        axes = {"input_axes": self.input_axes, "output_axes": self.output_axes}
        shape = {"scale": self.scale, "mode": self.mode, "distribution": self.distribution}
        return {**super().get_config(), **shape, **axes}


class _Scaled(VarianceScaling):
    """A VarianceScaling whose scale, mode and distribution its class says."""

    SCALE: float
    MODE: str
    DISTRIBUTION: str

    def __init__(
        self,
        seed: Seed = None,
        input_axes: Sequence[int] | None = None,
        output_axes: Sequence[int] | None = None,
    ) -> None:
        super().__init__(self.SCALE, self.MODE, self.DISTRIBUTION, seed, input_axes, output_axes)

    def get_config(self) -> dict[str, Any]:
        return {**RandomInitializer.get_config(self), "input_axes": self.input_axes, "output_axes": self.output_axes}


class GlorotUniform(_Scaled):
    """Uniform within +-sqrt(6 / (inputs + outputs)) (Glorot and Bengio, 2010), the default of Dense.

    >>> values = GlorotUniform(seed=1)((3, 3))
    >>> bool(abs(values).max() <= 1.0)
    True
    """

    SCALE, MODE, DISTRIBUTION = 1.0, "fan_avg", "uniform"


class GlorotNormal(_Scaled):
    """Truncated normal with variance 2 / (inputs + outputs) (Glorot and Bengio, 2010).

    >>> GlorotNormal(seed=1)((784, 512)).shape
    (784, 512)
    """

    SCALE, MODE, DISTRIBUTION = 1.0, "fan_avg", "truncated_normal"


class HeUniform(_Scaled):
    """Uniform within +-sqrt(6 / inputs) (He et al., 2015), for layers with relu.

    >>> values = HeUniform(seed=1)((6, 10))
    >>> bool(abs(values).max() <= 1.0)
    True
    """

    SCALE, MODE, DISTRIBUTION = 2.0, "fan_in", "uniform"


class HeNormal(_Scaled):
    """Truncated normal with variance 2 / inputs (He et al., 2015), for layers with relu.

    >>> HeNormal(seed=1)((784, 512)).shape
    (784, 512)
    """

    SCALE, MODE, DISTRIBUTION = 2.0, "fan_in", "truncated_normal"


class LecunUniform(_Scaled):
    """Uniform within +-sqrt(3 / inputs) (LeCun et al., 1998).

    >>> values = LecunUniform(seed=1)((3, 10))
    >>> bool(abs(values).max() <= 1.0)
    True
    """

    SCALE, MODE, DISTRIBUTION = 1.0, "fan_in", "uniform"


class LecunNormal(_Scaled):
    """Truncated normal with variance 1 / inputs (LeCun et al., 1998), for layers with selu.

    >>> LecunNormal(seed=1)((784, 512)).shape
    (784, 512)
    """

    SCALE, MODE, DISTRIBUTION = 1.0, "fan_in", "truncated_normal"


class Orthogonal(RandomInitializer):
    """An orthogonal matrix times a gain (Saxe et al., 2014).

    Its columns, or its rows if they are fewer, have the length `gain` and are at right angles to each other.

    A shape of more than two dimensions is taken as a matrix of its last dimension's columns.

    Args:
        gain: default 1.
        seed: as of RandomInitializer.

    Raises:
        ValueError: when called with a shape of less than two dimensions.

    >>> columns = Orthogonal(gain=2.0, seed=1)((5, 3), "float64").numpy()
    >>> bool(abs(columns.T @ columns - 4.0 * np.eye(3)).max() < 1e-14)
    True
    """

    def __init__(self, gain: float = 1.0, seed: Seed = None) -> None:
        super().__init__(seed)
        self.gain = gain

    def draw(self, shape: tuple[int, ...], generator: np.random.Generator) -> Array:
        if len(shape) < 2:
            raise ValueError(f"Orthogonal expects a shape of at least two dimensions, got {shape}")
        rows, columns = math.prod(shape[:-1]), shape[-1]
        q, r = np.linalg.qr(generator.standard_normal((max(rows, columns), min(rows, columns))))
        q *= np.where(np.diagonal(r) < 0.0, -1.0, 1.0)  # without this not all rotations are equally likely
        return self.gain * (q if rows >= columns else q.T).reshape(shape)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "gain": self.gain}


def compute_fans(
    shape: Sequence[int], input_axes: Sequence[int] | None = None, output_axes: Sequence[int] | None = None
) -> tuple[int, int]:
    """How many inputs and outputs a weight of `shape` has: a kernel's last two axes, times the axes before them.

    >>> compute_fans((784, 512)), compute_fans((3, 3, 16, 32)), compute_fans((5,))
    ((784, 512), (144, 288), (5, 5))
    """
    if input_axes is not None and output_axes is not None:
        return math.prod(shape[axis] for axis in input_axes), math.prod(shape[axis] for axis in output_axes)
    if len(shape) < 2:
        return math.prod(shape), math.prod(shape)
    field = math.prod(shape[:-2])
    return shape[-2] * field, shape[-1] * field


def _truncated_normal(shape: tuple[int, ...], generator: np.random.Generator) -> Array:
    """Standard normal numbers, those beyond two standard deviations drawn again."""
    values = generator.standard_normal(shape)
    outside = np.abs(values) > 2.0
    while outside.any():
        values[outside] = generator.standard_normal(int(outside.sum()))
        outside = np.abs(values) > 2.0
    return values
