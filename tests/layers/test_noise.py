"""Noise in training: its distribution, its seeds, and none of it otherwise."""

from __future__ import annotations

import numpy as np
import pytest

import nnfast
from nnfast import layers

ALL = {
    "Dropout": lambda **more: layers.Dropout(0.4, **more),
    "SpatialDropout1D": lambda **more: layers.SpatialDropout1D(0.4, **more),
    "GaussianNoise": lambda **more: layers.GaussianNoise(0.4, **more),
    "GaussianDropout": lambda **more: layers.GaussianDropout(0.4, **more),
    "AlphaDropout": lambda **more: layers.AlphaDropout(0.4, **more),
}
ONES = np.ones((100, 40, 25), "float32")


@pytest.mark.parametrize("name", ALL)
def test_it_is_of_training_only_and_follows_its_seed(name):
    layer, again = ALL[name](seed=3), ALL[name](seed=3)
    np.testing.assert_array_equal(layer(ONES), ONES)
    first, second = np.asarray(layer(ONES, training=True)), np.asarray(layer(ONES, training=True))
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(again(ONES, training=True), first)
    assert not np.array_equal(ALL[name](seed=4)(ONES, training=True), first)
    silent = type(layer)(0.0)
    np.testing.assert_array_equal(silent(ONES, training=True), ONES)
    assert silent.variables == [] and len(layer.variables) == 1 and layer.weights == []


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("name", "mean", "deviation"),
    [
        ("Dropout", 1.0, np.sqrt(0.4 / 0.6)),
        ("SpatialDropout1D", 1.0, np.sqrt(0.4 / 0.6)),
        ("GaussianNoise", 1.0, 0.4),
        ("GaussianDropout", 1.0, np.sqrt(0.4 / 0.6)),
    ],
)
def test_mean_and_deviation(name, mean, deviation, dtype):
    noisy = np.asarray(ALL[name](seed=1, dtype=dtype)(ONES, training=True))
    assert noisy.dtype == dtype
    assert noisy.mean() == pytest.approx(mean, abs=0.05)
    assert noisy.std() == pytest.approx(deviation, abs=0.05)


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_alpha_dropout_keeps_mean_and_variance_of_normal_inputs(rate):
    x = np.random.default_rng(1).normal(size=(400, 500))
    noisy = np.asarray(layers.AlphaDropout(rate, seed=2, dtype="float64")(x, training=True))
    assert noisy.mean() == pytest.approx(0.0, abs=0.02)
    assert noisy.std() == pytest.approx(1.0, abs=0.02)


def test_alpha_dropout_that_drops_all_gives_the_mean():
    assert not np.asarray(layers.AlphaDropout(1.0)(np.full((2, 3), 7.0), training=True)).any()


def test_spatial_dropout_drops_whole_channels():
    noisy = np.asarray(layers.SpatialDropout1D(0.4, seed=1)(ONES, training=True))
    assert (noisy == noisy[:, :1]).all()
    assert 0.3 < (noisy[:, 0] == 0).mean() < 0.5
    images = ONES.reshape(100, 5, 8, 25)
    noisy = np.asarray(layers.SpatialDropout2D(0.4, seed=1)(images, training=True))
    assert (noisy == noisy[:, :1, :1]).all() and 0.3 < (noisy == 0).mean() < 0.5
    noisy = np.asarray(layers.SpatialDropout2D(0.4, "channels_first", seed=1)(images, training=True))
    assert (noisy == noisy[:, :, :1, :1]).all() and 0.3 < (noisy == 0).mean() < 0.5
    noisy = np.asarray(layers.SpatialDropout3D(0.4, seed=1)(ONES.reshape(100, 2, 4, 5, 25), training=True))
    assert (noisy == noisy[:, :1, :1, :1]).all() and 0.3 < (noisy == 0).mean() < 0.5


@pytest.mark.parametrize("kind", [layers.Dropout, layers.AlphaDropout])
def test_a_noise_shape_is_repeated(kind):
    noisy = np.asarray(kind(0.4, noise_shape=(None, 1, 25), seed=1)(ONES, training=True))
    assert (noisy == noisy[:, :1]).all()
    assert not (noisy == noisy[:1]).all()
    for wrong in ("ab", 3, (2, -1), (2, 0), (1.5,)):
        with pytest.raises(ValueError, match="noise_shape"):
            kind(0.4, noise_shape=wrong)


@pytest.mark.parametrize("name", ALL)
def test_a_fit_draws_anew_in_each_step(name):
    inputs = nnfast.Input((4, 3))
    model = nnfast.Model(inputs, layers.GlobalAveragePooling1D()(ALL[name](seed=1)(inputs)))
    model.compile("sgd", "mse")
    x, y = np.ones((8, 4, 3)), np.random.default_rng(1).normal(size=(8, 3))
    first = model.train_on_batch(x, y)
    silent = model.test_on_batch(x, y)
    assert len({first, model.train_on_batch(x, y), silent}) == 3
    assert model.test_on_batch(x, y) == silent


@pytest.mark.parametrize(
    "kind", [layers.Dropout, layers.SpatialDropout1D, layers.GaussianNoise, layers.GaussianDropout]
)
@pytest.mark.parametrize("strength", [-0.1, 1.5, "0.5", None])
def test_a_strength_out_of_range_is_refused(kind, strength):
    with pytest.raises(ValueError, match="between 0 and 1"):
        kind(strength)


def test_infinite_noise_is_refused():
    with pytest.raises(ValueError, match="below 1"):
        layers.GaussianDropout(1)
