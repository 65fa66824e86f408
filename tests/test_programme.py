"""The notes' own programme, with keras meaning nnfast; and that its numbers depend on nothing but the seed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import nnfast as keras

Array = np.ndarray[Any, Any]


@pytest.fixture(autouse=True)
def default_threads() -> Iterator[None]:
    yield
    keras.config.set_num_threads(0)


def flat(images: Array) -> Array:
    return images.reshape(len(images), -1).astype("float32") / 255


def reference_net() -> Any:
    model = keras.Sequential([keras.layers.Dense(512, activation="relu"), keras.layers.Dense(10, activation="softmax")])
    model.compile(optimizer="rmsprop", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def test_the_embedded_digits() -> None:
    (x_train, y_train), (x_test, y_test) = keras.datasets.mnist.load_sample()
    keras.utils.set_random_seed(0)
    model = reference_net()
    model.fit(flat(x_train), y_train, epochs=5, batch_size=128, verbose=0)
    assert model.evaluate(flat(x_test), y_test, verbose=0)[1] >= 0.9


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("optimizer", ["sgd", "rmsprop", "adam"])
def test_a_fit_has_the_same_bits_for_any_number_of_threads(optimizer: str, dtype: str) -> None:
    (x, y), _ = keras.datasets.mnist.load_sample()
    results = []
    for threads in (1, 2, 3, 5):
        keras.config.set_num_threads(threads)
        keras.utils.set_random_seed(7)
        layers = keras.layers
        model = keras.Sequential(
            [
                layers.Dense(133, activation="relu", dtype=dtype),
                layers.Dropout(0.3, dtype=dtype),
                layers.Dense(65, activation="tanh", dtype=dtype),
                layers.Dense(10, activation="softmax", dtype=dtype),
            ]
        )
        model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
        history = model.fit(flat(x[:1111]), y[:1111], batch_size=203, epochs=2, verbose=0)  # the last batch is partial
        results.append([*model.get_weights(), model.predict(flat(x[:333]), verbose=0), *history.history.values()])
    for others in results[1:]:
        for expected, got in zip(results[0], others, strict=True):
            np.testing.assert_array_equal(got, expected)
