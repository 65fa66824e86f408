"""A hundred steps beside real Keras: the same weights, the same MNIST batches in order, each optimizer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from nets import weights_of
from oracle import floatx, keras

import nnfast

Array = np.ndarray[Any, Any]

BATCH, STEPS = 32, 100

OPTIMIZERS: dict[str, Callable[[Any], Any]] = {
    "sgd": lambda k: k.optimizers.SGD(0.1),
    "momentum": lambda k: k.optimizers.SGD(0.01, momentum=0.9),
    "nesterov": lambda k: k.optimizers.SGD(0.01, momentum=0.9, nesterov=True),
    "rmsprop": lambda k: k.optimizers.RMSprop(),
    "rmsprop centered": lambda k: k.optimizers.RMSprop(momentum=0.5, centered=True),
    "adam": lambda k: k.optimizers.Adam(),
    "adam amsgrad": lambda k: k.optimizers.Adam(amsgrad=True),
    "sgd decay and clip": lambda k: k.optimizers.SGD(0.1, weight_decay=1e-3, clipnorm=0.5),
    "adam global clip": lambda k: k.optimizers.Adam(global_clipnorm=0.5),
}


def digits(dtype: str) -> tuple[Array, Array]:
    (x, y), _ = nnfast.datasets.mnist.load_sample()
    count = BATCH * STEPS
    return x[:count].reshape(count, 784).astype(dtype) / 255, y[:count].astype("int64")


def reference_net(k: Any, optimizer: Any) -> Any:
    hidden, output = k.layers.Dense(64, activation="relu"), k.layers.Dense(10, activation="softmax")
    net = k.Sequential([k.Input((784,)), hidden, output])
    net.compile(optimizer=optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return net


class Losses(nnfast.callbacks.Callback):
    """The running loss after every batch."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[float] = []

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.seen.append(logs["loss"])


class KerasLosses(keras.callbacks.Callback):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[float] = []

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.seen.append(logs["loss"])


def train(k: Any, name: str, weights: Any, losses: Any) -> tuple[Any, Array, Array, list[Array]]:
    """A net of library k trained for a hundred steps from these weights: its losses, predictions and weights."""
    x, y = digits(str(k.config.floatx()))
    k.utils.set_random_seed(0)
    net = reference_net(k, OPTIMIZERS[name](k))
    if weights is not None:
        net.set_weights(weights)
    start = weights_of(net)
    net.fit(x, y, batch_size=BATCH, shuffle=False, verbose=0, callbacks=[losses])
    assert len(losses.seen) == STEPS
    return start, np.array(losses.seen), net.predict(x, verbose=0), weights_of(net)


def relative(got: Any, expected: Any) -> float:
    assert got.shape == expected.shape
    return float(np.max(np.abs(got - expected) / np.maximum(1.0, np.abs(expected))))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_float64_agrees_to_1e_8(name: str) -> None:
    with floatx("float64"):
        start, *expected = train(keras, name, None, KerasLosses())
        _, *got = train(nnfast, name, start, Losses())
    assert got[1].dtype == expected[1].dtype == "float64"
    assert relative(got[0], expected[0]) < 1e-8
    assert relative(got[1], expected[1]) < 1e-8
    assert max(map(relative, got[2], expected[2])) < 1e-8


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_float32_agrees_to_1e_4(name: str) -> None:
    start, *expected = train(keras, name, None, KerasLosses())
    _, *got = train(nnfast, name, start, Losses())
    assert got[1].dtype == "float32"
    assert relative(got[0], expected[0]) < 1e-4
    assert relative(got[1], expected[1]) < 1e-4
