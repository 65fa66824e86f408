"""The same small nets in nnfast and in real Keras, with the same weights, and data for them."""

from __future__ import annotations

from typing import Any

import numpy as np
from oracle import keras

import nnfast

CLASSES = 3
FEATURES = 5


def classifier(library: Any, hidden: int = 7) -> Any:
    return library.Sequential(
        [
            library.Input((FEATURES,)),
            library.layers.Dense(hidden, activation="relu"),
            library.layers.Dense(CLASSES, activation="softmax"),
        ]
    )


def regressor(library: Any) -> Any:
    return library.Sequential([library.Input((FEATURES,)), library.layers.Dense(1)])


def detector(library: Any) -> Any:
    return library.Sequential([library.Input((FEATURES,)), library.layers.Dense(1, activation="sigmoid")])


def twins(make: Any = classifier) -> tuple[Any, Any]:
    """A net of nnfast's and one of Keras's that starts with its weights."""
    nnfast.utils.set_random_seed(1)
    ours, theirs = make(nnfast), make(keras)
    theirs.set_weights(ours.get_weights())
    return ours, theirs


def samples(count: int = 50, seed: int = 0) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Inputs, and labels that depend on them."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(count, FEATURES)).astype("float32")
    return x, np.abs(x[:, :CLASSES]).argmax(axis=1)


def weights_of(model: Any) -> list[np.ndarray[Any, Any]]:
    """The weights of a model of either library; Keras's own get_weights warns with NumPy 2."""
    return [np.asarray(weight.value) for weight in model.weights]


SPARSE = "sparse_categorical_crossentropy"


def compiled(optimizer: Any = "sgd", metrics: Any = None, **arguments: Any) -> Any:
    """A classifier of nnfast's, the same at every call."""
    nnfast.utils.set_random_seed(3)
    model = classifier(nnfast)
    model.compile(optimizer, SPARSE, metrics=metrics, **arguments)
    return model


def same_weights(first: list[Any], second: list[Any]) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
