"""Distributions."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from nnfast import ops
from nnfast.graph import TensorLike
from nnfast.graph.dtypes import floatx, full_precision, is_float, standardize
from nnfast.ops.sampling import random_uniform
from nnfast.ops.shapes import dtype_of
from nnfast.random.seed_generator import SeedGenerator, draw_seed

Seed = SeedGenerator | int | None


def _float_type(dtype: object) -> str:
    """The float type of random numbers, floatx by default."""
    name = floatx() if dtype is None else standardize(dtype)
    if not is_float(name):
        raise ValueError(f"Expected a float type for random numbers, got {name}.")
    return name


def uniform(
    shape: Sequence[int | None],
    minval: float = 0.0,
    maxval: float = 1.0,
    dtype: object = None,
    seed: Seed = None,
) -> Any:
    """Numbers spread evenly over [minval, maxval).

    Args:
        shape: of the result.
        minval: lower bound, included.
        maxval: upper bound, not included.
        dtype: a float type; `floatx()` by default.
        seed: a SeedGenerator, or a number, which gives the same result at every call.

    Example:

    >>> from nnfast import random
    >>> bool((random.uniform((3,), seed=1) == random.uniform((3,), seed=1)).all())
    True
    """
    name = _float_type(dtype)
    numbers = random_uniform(draw_seed(seed), tuple(shape), full_precision(name))
    return ops.cast(numbers if (minval, maxval) == (0.0, 1.0) else numbers * (maxval - minval) + minval, name)


def normal(
    shape: Sequence[int | None],
    mean: float = 0.0,
    stddev: float = 1.0,
    dtype: object = None,
    seed: Seed = None,
) -> Any:
    """Normally distributed numbers, by Box and Muller's transform (1958) of two uniform ones."""
    name = _float_type(dtype)
    pairs = random_uniform(draw_seed(seed), (2, *shape), full_precision(name))
    first, second = ops.get_item(pairs, 0), ops.get_item(pairs, 1)
    # 1 - u is never 0, whose logarithm is not finite.
    radius = ops.sqrt(-2.0 * ops.log(1.0 - first))
    return ops.cast(radius * ops.cos(2.0 * math.pi * second) * stddev + mean, name)


def truncated_normal(
    shape: Sequence[int],
    mean: float = 0.0,
    stddev: float = 1.0,
    dtype: object = None,
    seed: Seed = None,
) -> Any:
    """Normally distributed numbers within two standard deviations of the mean; others are drawn again."""
    name = _float_type(dtype)
    generator = seed if isinstance(seed, SeedGenerator) else SeedGenerator(seed, name="truncated_normal")
    numbers = normal(shape, dtype=full_precision(name), seed=generator).numpy()
    while (outside := np.abs(numbers) > 2.0).any():
        numbers[outside] = normal(shape, dtype=full_precision(name), seed=generator).numpy()[outside]
    return ops.cast(ops.convert_to_tensor(numbers) * stddev + mean, name)


def dropout(inputs: TensorLike, rate: float, noise_shape: Sequence[int | None] | None = None, seed: Seed = None) -> Any:
    """Sets a part of the inputs to zero and scales the others by 1 / (1 - rate), so that sums keep their mean.

    Args:
        inputs: floats of any shape.
        rate: the part that is dropped, from 0 to 1.
        noise_shape: the shape of the mask, which is repeated to that of the inputs; theirs by default.
        seed: a SeedGenerator or a number.
    """
    tensor = ops.convert_to_tensor(inputs)
    if not 0.0 <= rate <= 1.0:
        raise ValueError(f"Expected a rate from 0 to 1, got {rate}.")
    if rate == 0.0:
        return tensor
    if rate == 1.0:
        return ops.zeros_like(tensor)
    shape = tuple(tensor.shape) if noise_shape is None else _noise_shape(tensor.shape, noise_shape)
    name = tensor.dtype if isinstance(tensor.dtype, str) else tensor.dtype.name
    kept = uniform(shape, dtype=full_precision(name), seed=seed) >= rate
    return ops.where(kept, tensor * (1.0 / (1.0 - rate)), 0.0)


def _noise_shape(shape: Sequence[int | None], noise_shape: Sequence[int | None]) -> tuple[int | None, ...]:
    """A mask's shape: None takes the input's dimension."""
    if len(noise_shape) != len(shape):
        raise ValueError(f"Expected a noise_shape of {len(shape)} dimensions, got {tuple(noise_shape)}.")
    return tuple(got if want is None else want for got, want in zip(shape, noise_shape, strict=True))


def randint(shape: Sequence[int | None], minval: int, maxval: int, dtype: object = "int32", seed: Seed = None) -> Any:
    """Whole numbers spread evenly over [minval, maxval).

    Args:
        shape: of the result.
        minval: lower bound, included.
        maxval: upper bound, not included; above minval, by at most 2**53.
        dtype: a type of whole numbers; default "int32".
        seed: as of `uniform`.

    Raises:
        ValueError: a type of other numbers, bounds that hold no number.

    >>> draws = randint((100,), 2, 5, seed=1)
    >>> int(draws.min()), int(draws.max())
    (2, 4)
    """
    name = standardize(dtype)
    if is_float(name) or name == "bool":
        raise ValueError(f"Expected a type of whole numbers, got {name}.")
    if not 0 < maxval - minval <= 2**53:
        raise ValueError(f"Expected bounds that hold whole numbers, got minval={minval} and maxval={maxval}.")
    return ops.cast(ops.floor(uniform(shape, 0.0, float(maxval - minval), "float64", seed)) + minval, name)


def categorical(logits: TensorLike, num_samples: int, dtype: object = "int32", seed: Seed = None) -> Any:
    """Classes drawn with the probabilities softmax(logits), by Gumbel's trick: the largest of logits with noise.

    Args:
        logits: unnormalized logarithms of probabilities, (batch, classes).
        num_samples: how many draws for each row.
        dtype: of the result, whole numbers; default "int32".
        seed: as of `uniform`.

    Returns:
        Shape (batch, num_samples).

    >>> categorical([[0.0, -1e9], [-1e9, 0.0]], 3, seed=1).tolist()
    [[0, 0, 0], [1, 1, 1]]
    """
    scores = ops.expand_dims(ops.convert_to_tensor(logits), 1)
    batch, _, classes = scores.shape
    noise = -ops.log(
        -ops.log(uniform((batch, num_samples, classes), 1e-30, 1.0, full_precision(dtype_of(scores)), seed))
    )
    return ops.cast(ops.argmax(scores + noise, axis=-1), standardize(dtype))


def shuffle(x: TensorLike, axis: int = 0, seed: Seed = None) -> Any:
    """The same numbers in another order along an axis; of arrays, not of symbolic tensors.

    >>> sorted(shuffle([1, 2, 3], seed=1).tolist())
    [1, 2, 3]
    """
    array = np.asarray(x)
    order = np.argsort(np.asarray(uniform((array.shape[axis],), dtype="float64", seed=seed)), kind="stable")
    return ops.convert_to_tensor(np.take(array, order, axis))


def gamma(shape: Sequence[int], alpha: TensorLike, dtype: object = None, seed: Seed = None) -> Any:
    """Numbers of the gamma distribution with the scale 1; of known shapes, not in a trace.

    Args:
        shape: of the result.
        alpha: the shape parameter, positive: a number, or an array that broadcasts to `shape`.
        dtype: a float type; `floatx()` by default.
        seed: as of `uniform`.

    Raises:
        ValueError: parameters that are not positive, or don't broadcast; a type of other numbers.

    >>> bool((gamma((3,), 2.0, seed=1) > 0).all())
    True
    """
    return _drawn("gamma", lambda generator, a: generator.standard_gamma(a, tuple(shape)), dtype, seed, alpha)


def beta(shape: Sequence[int], alpha: TensorLike, beta: TensorLike, dtype: object = None, seed: Seed = None) -> Any:
    """Numbers of the beta distribution, from 0 to 1; of known shapes, not in a trace.

    Args:
        shape: of the result.
        alpha, beta: the parameters, positive: numbers, or arrays that broadcast to `shape`.
        dtype: a float type; `floatx()` by default.
        seed: as of `uniform`.

    Raises:
        ValueError: parameters that are not positive, or don't broadcast; a type of other numbers.

    >>> draws = beta((100,), 2.0, 3.0, seed=1)
    >>> bool((draws > 0).all() and (draws < 1).all())
    True
    """
    return _drawn("beta", lambda generator, a, b: generator.beta(a, b, tuple(shape)), dtype, seed, alpha, beta)


def binomial(
    shape: Sequence[int], counts: TensorLike, probabilities: TensorLike, dtype: object = None, seed: Seed = None
) -> Any:
    """How many of `counts` trials succeed, each with a probability; of known shapes, not in a trace.

    Args:
        shape: of the result.
        counts: how many trials: a number, or an array that broadcasts to `shape`.
        probabilities: of success, the same.
        dtype: a float type; `floatx()` by default.
        seed: as of `uniform`.

    Raises:
        ValueError: negative counts, probabilities below 0 or above 1, or what does not broadcast; a type of other
            numbers.

    >>> draws = binomial((100,), 5, 0.5, seed=1)
    >>> bool((draws >= 0).all() and (draws <= 5).all())
    True
    """
    draw = lambda generator, n, p: generator.binomial(n.astype("int64"), p, tuple(shape))  # noqa: E731
    return _drawn("binomial", draw, dtype, seed, counts, probabilities)


def _drawn(name: str, draw: Callable[..., Any], dtype: object, seed: Seed, *parameters: TensorLike) -> Any:
    """What a generator of NumPy's draws, keyed by a seed and the number of the draw, as `uniform` is."""
    from numpy.random import Generator, Philox  # takes time

    type_name = _float_type(dtype)
    key = np.asarray(draw_seed(seed)).astype("uint64")
    try:
        numbers = draw(Generator(Philox(key=key)), *(np.asarray(parameter, "float64") for parameter in parameters))
    except ValueError as error:
        raise ValueError(f"Expected parameters of a {name} distribution, got {parameters}: {error}") from None
    return ops.cast(ops.convert_to_tensor(numbers), type_name)
