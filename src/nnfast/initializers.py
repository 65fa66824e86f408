"""Initializers: the values that weights have before training.

An initializer is called with a shape and a dtype. One that draws random numbers returns the same ones at every call,
unless its seed is a SeedGenerator; a layer makes its own initializer from a name, so two layers still differ.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

import numpy as np

from nnfast import config, random
from nnfast.graph import Tensor
from nnfast.utils.naming import to_snake_case
from nnfast.utils.registry import Registry

# The standard deviation of a standard normal that is cut off at two standard deviations.
_TRUNCATED_DEVIATION = 0.87962566103423978


class Initializer:
    """The class of all initializers: `initializer(shape, dtype)` returns an array.

    >>> class Countdown(Initializer):
    ...     def __call__(self, shape, dtype=None):
    ...         return np.arange(math.prod(shape), dtype=dtype)[::-1].reshape(shape)
    >>> Countdown()((2, 2), "float32").tolist()
    [[3.0, 2.0], [1.0, 0.0]]
    """

    def __call__(self, shape: Sequence[int], dtype: str | None = None) -> Any:
        """Values of `shape` in `dtype` (default `config.floatx()`)."""
        raise NotImplementedError(f"Initializer {type(self).__name__} must define __call__(shape, dtype=None)")

    def get_config(self) -> dict[str, Any]:
        """The arguments that make this initializer again, as plain Python values."""
        return {}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """An initializer with the arguments that `get_config` returned."""
        return cls(**config)

    def clone(self) -> Self:
        """Another initializer with this one's arguments; without a seed it draws other numbers."""
        return self.from_config(self.get_config())


class Zeros(Initializer):
    """All zeros.

    >>> Zeros()((2,)).tolist()
    [0.0, 0.0]
    """

    def __call__(self, shape: Sequence[int], dtype: str | None = None) -> Tensor:
        return np.zeros(shape, dtype or config.floatx()).view(Tensor)


class Ones(Initializer):
    """All ones.

    >>> Ones()((2,), "int32").tolist()
    [1, 1]
    """

    def __call__(self, shape: Sequence[int], dtype: str | None = None) -> Tensor:
        return np.ones(shape, dtype or config.floatx()).view(Tensor)


class RandomInitializer(Initializer):
    """An initializer that draws from a counter-based generator (Philox) keyed by its seed.

    The numbers are drawn in float64 and rounded, so float32 and float64 weights of one seed agree.

    Args:
        seed: an integer, a SeedGenerator (other numbers at every call), or None: taken from the global seed.
    """

    def __init__(self, seed: int | random.SeedGenerator | None = None) -> None:
        if seed is not None and not isinstance(seed, int | random.SeedGenerator):
            raise ValueError(f"An initializer's seed must be an integer, a SeedGenerator or None, got {seed!r}")
        self._seed_argument = seed
        self.seed = random.make_default_seed() if seed is None else seed

    def __call__(self, shape: Sequence[int], dtype: str | None = None) -> Tensor:
        dtype = dtype or config.floatx()
        if np.dtype(dtype).kind != "f":
            raise ValueError(f"{type(self).__name__} draws floating-point numbers, got dtype {dtype!r}")
        return self.draw(tuple(shape), self._generator()).astype(dtype).view(Tensor)

    def draw(self, shape: tuple[int, ...], generator: np.random.Generator) -> np.ndarray[Any, Any]:
        """float64 values of `shape` from `generator`."""
        raise NotImplementedError(f"Initializer {type(self).__name__} must define draw(shape, generator)")

    def _generator(self) -> np.random.Generator:
        from numpy.random import Generator, Philox

        seed, counter = self.seed.next() if isinstance(self.seed, random.SeedGenerator) else (self.seed, 0)
        return Generator(Philox(key=np.array([int(seed) % 2**64, int(counter)], np.uint64)))

    def get_config(self) -> dict[str, Any]:
        return {"seed": self._seed_argument}


class RandomUniform(RandomInitializer):
    """Uniform in [minval, maxval).

    Args:
        minval: the lower bound; default -0.05.
        maxval: the upper bound; default 0.05.
        seed: as of RandomInitializer.

    >>> values = RandomUniform(0.0, 2.0, seed=1)((100,))
    >>> bool(values.min() >= 0.0 and values.max() < 2.0)
    True
    """

    def __init__(
        self, minval: float = -0.05, maxval: float = 0.05, seed: int | random.SeedGenerator | None = None
    ) -> None:
        super().__init__(seed)
        self.minval = minval
        self.maxval = maxval

    def draw(self, shape: tuple[int, ...], generator: np.random.Generator) -> np.ndarray[Any, Any]:
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

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: int | random.SeedGenerator | None = None) -> None:
        super().__init__(seed)
        self.mean = mean
        self.stddev = stddev

    def draw(self, shape: tuple[int, ...], generator: np.random.Generator) -> np.ndarray[Any, Any]:
        return generator.normal(self.mean, self.stddev, shape)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "mean": self.mean, "stddev": self.stddev}


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
        seed: int | random.SeedGenerator | None = None,
        input_axes: Sequence[int] | None = None,
        output_axes: Sequence[int] | None = None,
    ) -> None:
        super().__init__(seed)
        distribution = "truncated_normal" if distribution.lower() == "normal" else distribution.lower()
        if not scale > 0.0:
            raise ValueError(f"VarianceScaling expects a positive scale, got {scale!r}")
        if mode not in self.MODES:
            raise ValueError(f"VarianceScaling expects a mode of {', '.join(self.MODES)}, got {mode!r}")
        if distribution not in self.DISTRIBUTIONS:
            raise ValueError(f"VarianceScaling expects one of {', '.join(self.DISTRIBUTIONS)}, got {distribution!r}")
        self.scale = scale
        self.mode = mode
        self.distribution = distribution
        self.input_axes = input_axes
        self.output_axes = output_axes

    def draw(self, shape: tuple[int, ...], generator: np.random.Generator) -> np.ndarray[Any, Any]:
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
        seed: int | random.SeedGenerator | None = None,
        input_axes: Sequence[int] | None = None,
        output_axes: Sequence[int] | None = None,
    ) -> None:
        super().__init__(self.SCALE, self.MODE, self.DISTRIBUTION, seed, input_axes, output_axes)

    def get_config(self) -> dict[str, Any]:
        return {"seed": self._seed_argument, "input_axes": self.input_axes, "output_axes": self.output_axes}


class GlorotUniform(_Scaled):
    """Uniform within +-sqrt(6 / (inputs + outputs)) (Glorot and Bengio, 2010), the default of Dense.

    >>> values = GlorotUniform(seed=1)((3, 3))
    >>> bool(abs(values).max() <= 1.0)
    True
    """

    SCALE, MODE, DISTRIBUTION = 1.0, "fan_avg", "uniform"


class HeNormal(_Scaled):
    """Truncated normal with variance 2 / inputs (He et al., 2015), for layers with relu.

    >>> HeNormal(seed=1)((784, 512)).shape
    (784, 512)
    """

    SCALE, MODE, DISTRIBUTION = 2.0, "fan_in", "truncated_normal"


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


def _truncated_normal(shape: tuple[int, ...], generator: np.random.Generator) -> np.ndarray[Any, Any]:
    """Standard normal numbers, those beyond two standard deviations drawn again."""
    values = generator.standard_normal(shape)
    outside = np.abs(values) > 2.0
    while outside.any():
        values[outside] = generator.standard_normal(int(outside.sum()))
        outside = np.abs(values) > 2.0
    return values


_CLASSES: tuple[type[Initializer], ...] = (
    GlorotUniform, HeNormal, Ones, RandomNormal, RandomUniform, VarianceScaling, Zeros,
)  # fmt: skip
_registry = Registry(
    "initializer",
    "keras.initializers",
    {
        **{cls.__name__: cls for cls in _CLASSES},
        **{to_snake_case(cls.__name__): cls for cls in _CLASSES},
        **{"normal": RandomNormal, "one": Ones, "uniform": RandomUniform, "zero": Zeros},
    },
)

glorot_uniform = GlorotUniform
he_normal = HeNormal
ones = Ones
random_normal = RandomNormal
random_uniform = RandomUniform
variance_scaling = VarianceScaling
zeros = Zeros


def get(identifier: Any) -> Any:
    """The initializer that `identifier` means.

    Args:
        identifier: a name ("glorot_uniform", "GlorotUniform", without regard to case), an initializer or its class,
            a function of a shape and a dtype, an array to start from, the result of `serialize`, or None for None.

    Raises:
        ValueError: no initializer is called so; the message lists those that are.

    >>> type(get("he_normal")).__name__, type(get("Zeros")).__name__
    ('HeNormal', 'Zeros')
    """
    if identifier is None:
        return None
    if isinstance(identifier, np.ndarray | np.generic):
        return _constant(np.asarray(identifier))
    return _registry.get(identifier)


def serialize(initializer: Any) -> dict[str, Any]:
    """The class and the arguments of an initializer as a dictionary.

    >>> serialize(Zeros())["class_name"]
    'Zeros'
    """
    return _registry.serialize(initializer)


def deserialize(config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Any:
    """A new initializer of the class and with the arguments that `serialize` described.

    Args:
        config: what `serialize` returned; "class_name" and "config" are read.
        custom_objects: initializer classes by name, looked up before the built-in ones.

    Raises:
        ValueError: no initializer is called so.

    >>> deserialize({"class_name": "RandomUniform", "config": {"minval": -1.0, "maxval": 1.0}}).maxval
    1.0
    """
    return _registry.deserialize(config, custom_objects)


def _constant(values: np.ndarray[Any, Any]) -> Callable[..., Any]:
    def initialize(shape: Sequence[int], dtype: str | None = None) -> Tensor:
        if tuple(shape) != values.shape:
            raise ValueError(f"The array given as initializer has shape {values.shape}, the weight has {tuple(shape)}")
        return values.astype(dtype or config.floatx()).view(Tensor)

    return initialize
