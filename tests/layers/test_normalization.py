"""Layers that normalize: their statistics in and outside training, and what they adapt to."""

from __future__ import annotations

import numpy as np
import pytest
from oracle import floatx, keras

import nnfast
from nnfast import layers

RNG = np.random.default_rng(13)
X = RNG.normal(3.0, 2.0, size=(40, 5))
Y = RNG.normal(size=(40, 2))


def net(library):
    inputs = library.Input((5,))
    hidden = library.layers.Dense(6, activation="relu")(library.layers.BatchNormalization(momentum=0.7)(inputs))
    return library.Model(inputs, library.layers.Dense(2)(library.layers.BatchNormalization()(hidden)))


@pytest.mark.parametrize("optimizer", ["adam", "rmsprop"])
def test_a_fit_with_validation_is_keras(optimizer):
    with floatx("float64"):
        models = net(nnfast), net(keras)
        models[0].set_weights(models[1].get_weights())
        results = []
        for model in models:
            model.compile(optimizer, "mse")
            logs = model.fit(X, Y, 8, epochs=4, shuffle=False, validation_split=0.2, verbose=0).history
            results.append([logs["loss"], logs["val_loss"], model.predict(X, verbose=0), *model.get_weights()])
        for ours, theirs in zip(*results, strict=True):
            np.testing.assert_allclose(ours, np.asarray(theirs), rtol=1e-7, atol=1e-9)


def test_a_fit_is_one_program_which_moves_the_averages():
    model = net(nnfast)
    model.compile("sgd", "mse")
    model.fit(X, Y, 40, epochs=1, verbose=0)
    assert len(model._steps._steps) == 1
    averages = model.layers[1]
    np.testing.assert_allclose(averages.moving_mean, 0.3 * X.mean(0), rtol=1e-5)
    np.testing.assert_allclose(averages.moving_variance, 0.7 + 0.3 * X.var(0), rtol=1e-5)
    before = [weight.numpy() for weight in averages.weights]
    model.predict(X, verbose=0)
    model.evaluate(X, Y, verbose=0)
    for old, new in zip(before, averages.weights, strict=True):
        np.testing.assert_array_equal(old, new)


def test_frozen_it_normalizes_by_its_averages_and_keeps_them():
    model = net(nnfast)
    model.layers[1].trainable = False
    model.compile("sgd", "mse")
    model.fit(X, Y, verbose=0)
    frozen, learning = model.layers[1], model.layers[3]
    assert frozen.moving_mean.numpy().tolist() == [0.0] * 5
    assert frozen.gamma.numpy().tolist() == [1.0] * 5
    assert learning.moving_mean.numpy().any()
    np.testing.assert_array_equal(frozen(X, training=True), frozen(X))
    frozen.trainable = True
    model.compile("sgd", "mse")
    model.fit(X, Y, verbose=0)
    assert frozen.moving_mean.numpy().all()


def test_a_batch_is_normalized():
    for dtype, tolerance in (("float32", 1e-4), ("float64", 1e-12)):
        large = X * 100 + 1000
        normal = np.asarray(layers.BatchNormalization(epsilon=0.0, dtype=dtype)(large, training=True))
        np.testing.assert_allclose(normal, (large - large.mean(0)) / large.std(0), rtol=tolerance, atol=tolerance)


def test_masked_statistics_are_keras():
    x = RNG.normal(size=(6, 4, 3)).astype("float32")
    mask = RNG.random((6, 4)) < 0.5
    layer, oracle = layers.BatchNormalization(), keras.layers.BatchNormalization()
    expected = np.asarray(oracle(x, training=True, mask=mask))
    np.testing.assert_allclose(layer(x, training=True, mask=mask), expected, rtol=1e-4, atol=1e-5)
    for ours, theirs in zip(layer.get_weights(), oracle.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)


def test_what_normalizing_layers_refuse():
    for layer in (layers.BatchNormalization(axis=3), layers.LayerNormalization(axis=3), layers.Normalization(axis=3)):
        with pytest.raises(ValueError, match="got 3 in layer"):
            layer.build((None, 4))
    with pytest.raises(ValueError, match="synchronized"):
        layers.BatchNormalization(synchronized=True)
    for clipping in ({"max": 1.0}, {"rmax": 0.5, "rmin": 1.0}, {"dmax": -1.0}):
        with pytest.raises(ValueError, match="renorm_clipping"):
            layers.BatchNormalization(renorm=True, renorm_clipping=clipping)
    with pytest.raises(TypeError, match="axis"):
        layers.LayerNormalization(axis="last")
    with pytest.raises(ValueError, match="sizes"):
        layers.BatchNormalization().build((None, None))


DATA = RNG.normal(5.0, 3.0, size=(60, 4, 3)).astype("float32")


@pytest.mark.parametrize("axis", [-1, 1, (1, 2), None])
@pytest.mark.parametrize("invert", [False, True])
def test_normalization_adapts_as_keras(axis, invert):
    layer, oracle = (library.layers.Normalization(axis=axis, invert=invert) for library in (nnfast, keras))
    for either in (layer, oracle):
        either.adapt(DATA)
    np.testing.assert_allclose(layer(DATA), np.asarray(oracle(DATA)), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(layer.mean, np.asarray(oracle.mean), rtol=1e-5)
    np.testing.assert_allclose(layer.variance, np.asarray(oracle.variance), rtol=1e-5)
    for ours, theirs in zip(layer.weights, oracle.weights, strict=True):
        assert (ours.name, ours.shape, ours.dtype) == (theirs.name, tuple(theirs.shape), str(theirs.dtype))


def test_normalization_adapts_to_batches_as_to_the_whole():
    whole, parts = layers.Normalization(dtype="float64"), layers.Normalization(dtype="float64")
    whole.adapt(DATA)
    parts.adapt(batch for batch in np.array_split(DATA, 7))
    np.testing.assert_allclose(parts.mean, whole.mean, rtol=1e-12)
    np.testing.assert_allclose(parts.variance, whole.variance, rtol=1e-12)
    parts.adapt(DATA[:5] * 2)
    np.testing.assert_allclose(np.ravel(parts.mean), (DATA[:5] * 2).astype("float64").mean((0, 1)), rtol=1e-12)


def test_a_traced_model_sees_what_normalization_adapted_to():
    layer = layers.Normalization()
    model = nnfast.Sequential([nnfast.Input((4, 3)), layer])
    np.testing.assert_allclose(model.predict(DATA, verbose=0), DATA, rtol=1e-6)
    layer.adapt(DATA)
    assert model.predict(DATA, verbose=0).mean() == pytest.approx(0.0, abs=1e-5)


def test_what_normalization_refuses():
    with pytest.raises(ValueError, match="both `mean` and `variance`"):
        layers.Normalization(mean=1.0)
    with pytest.raises(ValueError, match="one shape"):
        layers.Normalization(mean=[1.0, 2.0], variance=[1.0])
    with pytest.raises(ValueError, match="at least one batch"):
        layers.Normalization().adapt([])
    with pytest.raises(TypeError, match="adapt expects"):
        layers.Normalization().adapt(3)
    with pytest.raises(ValueError, match="can't adapt"):
        layers.Normalization(mean=1.0, variance=2.0).adapt(DATA)
    layer = layers.Normalization()
    layer.build((None, 3))
    with pytest.raises(ValueError, match=r"shape \(3,\)"):
        layer.adapt(np.ones((5, 4)))
