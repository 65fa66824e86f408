"""The notes' own programme on handwritten digits, with keras meaning nnfast: it learns, and predicts probabilities."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nnfast as keras
from nnfast.datasets import mnist

Array = np.ndarray[Any, Any]

FOLDER = os.environ.get("NNFAST_DATA_DIR", "")


def reference_net(seed: int) -> keras.Sequential:
    """As the notes have it: 784-512-10, RMSprop."""
    keras.utils.set_random_seed(seed)
    model = keras.Sequential(
        [
            keras.layers.Dense(512, activation="relu"),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(optimizer="rmsprop", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def flat(images: Array) -> Array:
    return images.reshape(len(images), -1).astype("float32") / 255


def trained(seed: int, epochs: int = 5) -> tuple[keras.Sequential, Any]:
    (x, y), _ = mnist.load_sample()
    model = reference_net(seed)
    return model, model.fit(flat(x), y, epochs=epochs, batch_size=128, verbose=0)


def check_predictions(model: keras.Sequential, images: Array, labels: Array) -> None:
    predictions = model.predict(images[:10], verbose=0)
    assert predictions.shape == (10, 10) and predictions.dtype == np.float32
    assert (predictions >= 0).all()
    np.testing.assert_allclose(predictions.sum(axis=1), 1, atol=1e-5)
    assert (predictions.argmax(axis=1) == labels[:10]).mean() >= 0.8


def test_the_sample_is_learnt() -> None:
    model, history = trained(seed=1)
    assert history.epoch == [0, 1, 2, 3, 4] and list(history.history) == ["accuracy", "loss"]
    losses = history.history["loss"]
    assert losses == sorted(losses, reverse=True) and losses[-1] < 0.25 < 0.6 < losses[0] < 1
    _, (x_test, y_test) = mnist.load_sample()
    loss, accuracy = model.evaluate(flat(x_test), y_test, verbose=0)
    assert loss < 0.4 and 0.88 <= accuracy <= 0.97  # 0.90 to 0.93 over four seeds
    check_predictions(model, flat(x_test), y_test)
    rows = model.predict(flat(x_test), batch_size=100, verbose=0)
    assert accuracy == pytest.approx((rows.argmax(axis=1) == y_test).mean(), abs=1e-6)
    assert loss == pytest.approx(-np.log(rows[np.arange(1000), y_test]).mean(), rel=1e-4)


def test_pixels_may_stay_bytes() -> None:
    """uint8 images, as the archive has them, give what float32 ones of the same numbers give."""
    (x, y), _ = mnist.load_sample()
    images = x.reshape(-1, 784)[:1000]
    one, other = reference_net(1), reference_net(1)
    one.fit(images, y[:1000], batch_size=128, shuffle=False, verbose=0)
    other.fit(images.astype("float32"), y[:1000].astype("int64"), batch_size=128, shuffle=False, verbose=0)
    assert all(map(np.array_equal, one.get_weights(), other.get_weights()))


@pytest.mark.skipif(not (FOLDER and Path(FOLDER, "mnist.npz").exists()), reason="NNFAST_DATA_DIR holds no mnist.npz")
def test_the_whole_of_mnist_is_learnt() -> None:
    (x, y), (x_test, y_test) = mnist.load_data()
    model = reference_net(seed=1)
    model.fit(flat(x), y, epochs=5, batch_size=128, verbose=0)
    loss, accuracy = model.evaluate(flat(x_test), y_test, verbose=0)
    assert 0.975 <= accuracy < 0.99 and loss < 0.1
    check_predictions(model, flat(x_test), y_test)
