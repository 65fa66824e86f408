"""NumPy: an expression an op; updates as in the race of epochs, in place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from cases import DROPOUT_RATE, Array
from racers.ops.job import Job, Racer, prepare_calls, race
from racers.training.numpy import SGD, Adam, RMSprop, softmax


def cross_entropy(logits: Any, labels: Any) -> Any:
    chosen = np.arange(len(labels)), labels
    gradient = logits.copy()
    softmax(gradient)
    loss = -np.log(gradient[chosen]).mean()
    gradient[chosen] -= 1
    gradient /= len(labels)
    return loss, gradient


def update(optimizer: Any) -> Callable[..., Callable[[], Any]]:
    def prepare(weights: Array, gradient: Array) -> Callable[[], Any]:
        step = optimizer(weights)

        def call() -> Any:
            step(weights, gradient)
            return weights

        return call

    return prepare


RANDOM = np.random.default_rng(0)
UPDATES = {"sgd": update(SGD), "rmsprop": update(RMSprop), "adam": update(Adam)}
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "forward": lambda x, weights: x @ weights,
    "weight_gradient": lambda x, delta: x.T @ delta,
    "input_gradient": lambda delta, weights: delta @ weights.T,
    "bias_relu": lambda x, bias: np.maximum(x + bias, 0),
    "softmax": lambda x: (e := np.exp(x - x.max(1, keepdims=True))) / e.sum(1, keepdims=True),
    "cross_entropy": cross_entropy,
    "dropout": lambda x: x * ((RANDOM.random(x.shape, x.dtype) >= DROPOUT_RATE) * x.dtype.type(1 / (1 - DROPOUT_RATE))),
    "sum_all": lambda x: x.sum(),
    "sum_0": lambda x: x.sum(0),
    "sum_1": lambda x: x.sum(1),
    "mean_1": lambda x: x.mean(1),
    "max_1": lambda x: x.max(1),
    "argmax_1": lambda x: x.argmax(1),
    "exp": np.exp,
    "tanh": np.tanh,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "gelu": lambda x: 0.5 * x * (1 + np.tanh(0.7978845608 * (x + 0.044715 * x * x * x))),
    "transpose": lambda x: x.T.copy(),
    "gather": lambda images, rows: images.take(rows, 0, mode="clip"),
}


def start(job: Job) -> Racer:
    return Racer(np.__version__, prepare_calls(FUNCTIONS, UPDATES))


if __name__ == "__main__":
    race(start)
