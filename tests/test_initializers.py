from __future__ import annotations

import math

import numpy as np
import pytest

from nnfast import initializers, random, utils

SHAPE = (300, 200)
RANDOM = ["GlorotUniform", "HeNormal", "RandomNormal", "RandomUniform", "VarianceScaling"]


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
    if name != "RandomNormal":
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


def test_zeros_and_ones():
    np.testing.assert_array_equal(initializers.Zeros()((2, 3)), np.zeros((2, 3), "float32"))
    np.testing.assert_array_equal(initializers.Ones()((2, 3), "int32"), np.ones((2, 3), "int32"))


@pytest.mark.parametrize(
    ("identifier", "cls"),
    [
        ("glorot_uniform", initializers.GlorotUniform),
        ("GlorotUniform", initializers.GlorotUniform),
        ("GLOROT_UNIFORM", initializers.GlorotUniform),
        ("he_normal", initializers.HeNormal),
        ("zeros", initializers.Zeros),
        ("Zero", initializers.Zeros),
        ("one", initializers.Ones),
        ("uniform", initializers.RandomUniform),
        ("normal", initializers.RandomNormal),
        ({"class_name": "HeNormal", "config": {"seed": 3}}, initializers.HeNormal),
        (initializers.Ones, initializers.Ones),
    ],
)
def test_get_finds_by_name_dictionary_and_class(identifier, cls):
    assert type(initializers.get(identifier)) is cls


def test_get_takes_functions_arrays_and_none():
    def function(shape, dtype=None):
        return np.zeros(shape, dtype)

    assert initializers.get(function) is function
    assert initializers.get(None) is None
    start = initializers.get(np.arange(4.0).reshape(2, 2))
    assert start((2, 2)).dtype == np.float32
    assert start((2, 2)).tolist() == [[0.0, 1.0], [2.0, 3.0]]
    with pytest.raises(ValueError, match=r"\(2, 2\).*\(3, 2\)"):
        start((3, 2))


def test_wrong_arguments_are_errors_that_say_what_is_known():
    with pytest.raises(ValueError, match=r"'glorot'.*glorot_uniform.*he_normal"):
        initializers.get("glorot")
    with pytest.raises(ValueError, match="3"):
        initializers.get(3)
    with pytest.raises(ValueError, match="'a'"):
        initializers.RandomNormal(seed="a")
    with pytest.raises(ValueError, match="int32"):
        initializers.RandomNormal()((3,), "int32")
    with pytest.raises(ValueError, match="fan_mid"):
        initializers.VarianceScaling(mode="fan_mid")
    with pytest.raises(ValueError, match="positive"):
        initializers.VarianceScaling(scale=0.0)
    with pytest.raises(ValueError, match="cauchy"):
        initializers.VarianceScaling(distribution="cauchy")


@pytest.mark.parametrize("name", [*RANDOM, "Zeros", "Ones"])
def test_configs_are_those_of_keras_and_come_back(name):
    keras = pytest.importorskip("keras")
    initializer = getattr(initializers, name)()
    assert initializer.get_config() == getattr(keras.initializers, name)().get_config()
    copy = initializers.deserialize(initializers.serialize(initializer))
    assert copy.get_config() == initializer.get_config()
    assert type(initializer.clone()) is type(initializer)
