from __future__ import annotations

import math

import numpy as np
import pytest

from nnfast import initializers, random, utils

SHAPE = (300, 200)
SCALED = ["GlorotNormal", "GlorotUniform", "HeNormal", "HeUniform", "LecunNormal", "LecunUniform", "VarianceScaling"]
RANDOM = [*SCALED, "Orthogonal", "RandomNormal", "RandomUniform", "TruncatedNormal"]


@pytest.mark.parametrize("name", RANDOM)
def test_moments_and_bounds_are_those_of_keras(name):
    keras = pytest.importorskip("keras")
    expected = np.asarray(getattr(keras.initializers, name)(seed=1)(SHAPE))
    values = getattr(initializers, name)(seed=1)(SHAPE).numpy()
    assert values.shape == SHAPE
    assert values.dtype == np.float32
    deviation = expected.std()
    assert abs(values.mean()) < 5 * deviation / math.sqrt(values.size)
    assert values.std() == pytest.approx(deviation, rel=0.02)
    if name not in ("Orthogonal", "RandomNormal"):
        assert np.abs(values).max() == pytest.approx(np.abs(expected).max(), rel=0.01)


def test_glorot_uniform_fills_its_interval():
    limit = math.sqrt(6.0 / sum(SHAPE))
    values = initializers.GlorotUniform(seed=3)(SHAPE, "float64").numpy()
    assert -limit <= values.min() < -0.999 * limit
    assert 0.999 * limit < values.max() <= limit


@pytest.mark.parametrize("distribution", ["uniform", "truncated_normal", "untruncated_normal"])
@pytest.mark.parametrize(("mode", "fan"), [("fan_in", 300), ("fan_out", 200), ("fan_avg", 250)])
def test_variance_scaling_has_the_variance_it_says(distribution, mode, fan):
    values = initializers.VarianceScaling(1.7, mode, distribution, seed=2)(SHAPE, "float64").numpy()
    assert values.var() == pytest.approx(1.7 / fan, rel=0.03)


@pytest.mark.parametrize("shape", [(), (7,), (3, 4), (5, 3, 4), (2, 5, 3, 4)])
def test_fans_are_those_of_keras(shape):
    oracle = pytest.importorskip("keras.src.initializers.random_initializers")
    assert initializers.compute_fans(shape) == oracle.compute_fans(shape)


@pytest.mark.parametrize("name", RANDOM)
def test_an_instance_repeats_itself_and_float64_agrees_with_float32(name):
    initializer = getattr(initializers, name)()
    first = initializer((5, 4))
    np.testing.assert_array_equal(first, initializer((5, 4)))
    np.testing.assert_array_equal(first, initializer((5, 4), "float64").astype("float32"))
    assert not np.array_equal(first, getattr(initializers, name)()((5, 4)))


@pytest.mark.parametrize("name", RANDOM)
def test_a_seed_fixes_the_values_and_a_global_seed_does_too(name):
    make = getattr(initializers, name)
    np.testing.assert_array_equal(make(seed=5)((3, 3)), make(seed=5)((3, 3)))
    assert not np.array_equal(make(seed=5)((3, 3)), make(seed=6)((3, 3)))
    utils.set_random_seed(11)
    first = make()((3, 3))
    utils.set_random_seed(11)
    np.testing.assert_array_equal(first, make()((3, 3)))


def test_a_seed_generator_gives_other_values_at_every_call():
    initializer = initializers.RandomNormal(seed=random.SeedGenerator(1))
    first, second = initializer((4,)), initializer((4,))
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(first, initializers.RandomNormal(seed=random.SeedGenerator(1))((4,)))


def test_negative_and_large_seeds_are_taken():
    for seed in (-1, 2**40):
        assert np.isfinite(initializers.RandomUniform(seed=seed)((3,))).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", [(5, 5), (7, 3), (3, 7), (2, 3, 4), (4, 2, 30), (1, 1), (0, 3)])
def test_orthogonal_columns_or_rows_are_orthogonal(shape, dtype):
    values = initializers.Orthogonal(gain=2.0, seed=1)(shape, dtype).numpy()
    assert values.shape == shape and values.dtype == dtype
    matrix = values.reshape(-1, shape[-1]).astype("float64")
    if matrix.shape[0] < matrix.shape[1]:
        matrix = matrix.T
    products = matrix.T @ matrix
    np.testing.assert_allclose(products, 4.0 * np.eye(len(products)), atol=1e-6 if dtype == "float32" else 1e-14)


def test_orthogonal_matrices_have_no_preferred_sign():
    signs = [np.sign(initializers.Orthogonal(seed=seed)((3, 3)).numpy()) for seed in range(400)]
    assert np.abs(np.mean(signs, axis=0)).max() < 0.2


def test_truncated_normal_ends_at_two_deviations():
    values = initializers.TruncatedNormal(mean=1.0, stddev=0.5, seed=2)((100, 100), "float64").numpy()
    assert 0.0 <= values.min() < 0.01 and 1.99 < values.max() <= 2.0
    assert values.std() == pytest.approx(0.5 * 0.8796, rel=0.02)


def test_fans_of_given_axes_count():
    values = initializers.VarianceScaling(2.0, input_axes=[0], output_axes=[1, 2], seed=1)((32, 40, 16), "float64")
    assert values.numpy().var() == pytest.approx(2.0 / 32, rel=0.03)
    assert initializers.compute_fans((512, 8, 64), [0], [1, 2]) == (512, 512)
    assert initializers.compute_fans((512, 8, 64), [0, 1], [2]) == (4096, 64)


def test_wrong_arguments_are_errors_that_say_what_is_known():
    with pytest.raises(ValueError, match="'a'"):
        initializers.RandomNormal(seed="a")
    with pytest.raises(ValueError, match="int32"):
        initializers.RandomNormal()((3,), "int32")
    with pytest.raises(ValueError, match=r"Invalid `mode` argument: 'fan_mid'"):
        initializers.VarianceScaling(mode="fan_mid")
    for scale in (0.0, -1.0, math.nan):
        with pytest.raises(ValueError, match="`scale` must be positive"):
            initializers.VarianceScaling(scale=scale)
    with pytest.raises(ValueError, match=r"Invalid `distribution` argument: 'cauchy'"):
        initializers.VarianceScaling(distribution="cauchy")
    with pytest.raises(ValueError, match=r"at least two dimensions, got \(3,\)"):
        initializers.Orthogonal()((3,))
