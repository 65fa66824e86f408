"""A net of odd sizes with dropout, data for it, and all that its training makes, to compare bit for bit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import nnfast
from nnfast import layers, optimizers

Array = np.ndarray[Any, Any]


def data(samples: int, features: int, classes: int) -> tuple[Array, Array]:
    random = np.random.default_rng(samples)
    return random.normal(size=(samples, features)).astype("float32"), random.integers(0, classes, samples)


def odd_net() -> nnfast.Sequential:
    return nnfast.Sequential(
        [
            nnfast.Input((37,)),
            layers.Dense(131, activation="relu"),
            layers.Dropout(0.3),
            layers.Dense(53, activation="tanh", use_bias=False),
            layers.Dense(1001, activation="sigmoid"),
            layers.Dense(7, activation="softmax"),
        ]
    )


def compiled(seed: int = 0, optimizer: Any = "adam") -> nnfast.Sequential:
    nnfast.utils.set_random_seed(seed)
    model = odd_net()
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


OPTIMIZERS: dict[str, Callable[[], optimizers.Optimizer]] = {
    "sgd": lambda: optimizers.SGD(0.05, momentum=0.9, nesterov=True),
    "rmsprop": lambda: optimizers.RMSprop(centered=True, momentum=0.1),
    "adam": lambda: optimizers.Adam(amsgrad=True, global_clipnorm=0.5, weight_decay=1e-3),
    "muon": lambda: optimizers.LossScaleOptimizer(optimizers.Muon(gradient_accumulation_steps=2, use_ema=True)),
}


def trained(
    optimizer: optimizers.Optimizer, x: Array, y: Array, batch_size: int, epochs: int = 2, seed: int = 11
) -> list[Array]:
    """All that a fit makes: weights, slots, history, predictions, and what evaluate says."""
    model = compiled(seed, optimizer)
    history = model.fit(x, y, batch_size=batch_size, epochs=epochs, verbose=0, validation_split=0.2)
    slots = [variable.numpy() for variable in (*model.variables, *model.optimizer.variables)]
    logs = [np.array(values) for values in history.history.values()]
    return [*slots, *logs, model.predict(x, verbose=0), np.array(model.evaluate(x, y, batch_size=50, verbose=0))]


def same_bits(first: list[Array], second: list[Array]) -> bool:
    return all(a.dtype == b.dtype and a.tobytes() == b.tobytes() for a, b in zip(first, second, strict=True))
