"""The circle loss, which compares all pairs of a batch, against Keras's."""

from __future__ import annotations

import jax
import numpy as np
import pytest
from oracle import floatx, keras

import nnfast
from nnfast import losses

RNG = np.random.default_rng(6)
LABELS = np.array([0, 1, 0, 2, 1, 1, 3])
EMBEDDINGS = RNG.normal(size=(7, 4))
EMBEDDINGS /= np.linalg.norm(EMBEDDINGS, axis=1, keepdims=True)
WEIGHTS = RNG.random(7)


@pytest.mark.parametrize("labels", [LABELS, LABELS[:, None]])
@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "sum", "mean_with_sample_weight", None])
@pytest.mark.parametrize("arguments", [{}, {"gamma": 256, "margin": 0.25}, {"remove_diagonal": False}])
def test_values_are_keras(arguments, reduction, labels):
    with floatx("float64"):
        loss, oracle = (library.losses.Circle(**arguments, reduction=reduction) for library in (nnfast, keras))
        for weights in (None, WEIGHTS):
            expected = np.asarray(oracle(labels, EMBEDDINGS, weights))
            np.testing.assert_allclose(loss(labels, EMBEDDINGS, weights), expected, rtol=1e-10)


def test_references():
    references, classes = EMBEDDINGS[::-1][:5], LABELS[:5]
    for remove in (True, False):
        ours, theirs = (
            library.losses.circle(LABELS, EMBEDDINGS.astype("float32"), classes, references.astype("float32"), remove)
            for library in (nnfast, keras)
        )
        np.testing.assert_allclose(ours, np.asarray(theirs), rtol=1e-5)


def test_gradients_are_keras_where_it_has_them():
    kept = np.isin(LABELS, [0, 1])
    labels, embeddings = LABELS[kept], EMBEDDINGS[kept]
    with floatx("float64"):
        oracle = keras.losses.Circle()
        expected = jax.grad(lambda x: oracle(labels, x))(embeddings)
        found = nnfast.grad(lambda x: losses.Circle()(labels, x))(embeddings)
        np.testing.assert_allclose(found, np.asarray(expected), rtol=1e-9, atol=1e-9)
        # Samples without others of their class don't make the gradient NaN.
        assert np.isfinite(nnfast.grad(lambda x: losses.Circle()(LABELS, x))(EMBEDDINGS)).all()
        assert np.isfinite(nnfast.grad(lambda x: losses.Circle()(LABELS * 0, x))(EMBEDDINGS)).all()


def embedder():
    return nnfast.Sequential(
        [nnfast.Input((5,)), nnfast.layers.Dense(4), nnfast.layers.UnitNormalization()], name="embedder"
    )


def test_it_trains_op_by_op_and_says_so_where_it_can_not():
    x, labels = RNG.normal(size=(32, 5)), np.arange(32) % 4
    x[:, :4] += 2.0 * np.eye(4)[labels]
    model = embedder()
    model.compile("adam", "circle")
    with pytest.raises(ValueError, match="run_eagerly=True"):
        model.fit(x, labels, verbose=0)
    model.compile(nnfast.optimizers.Adam(0.01), losses.Circle(gamma=10.0), run_eagerly=True)
    history = model.fit(x, labels, batch_size=16, epochs=20, verbose=0).history["loss"]
    assert history[-1] < 0.8 * history[0]


def test_configuration():
    config = losses.Circle(gamma=3.0, margin=0.1).get_config()
    assert config == keras.losses.Circle(gamma=3.0, margin=0.1).get_config()
    assert losses.deserialize(losses.serialize(losses.Circle(gamma=3.0))).gamma == 3.0
