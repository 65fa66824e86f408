"""Hand-written NumPy: float32 BLAS products, everything else in place in buffers made once."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from racers.common import BETA_1, BETA_2, EPSILON, LEARNING_RATE, RHO
from racers.training.job import Job, Outcome, glorot_uniform, race, timed_epochs

Array = np.ndarray[Any, Any]


class Network:
    """Parameters and gradients, each in one flat array with a view for every weight and bias, and a step's buffers."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.rng = np.random.default_rng(job.seed)
        shapes = list(zip(job.units, job.units[1:], strict=False))
        size = sum(inputs * outputs + outputs for inputs, outputs in shapes)
        self.parameters, self.gradients = np.zeros(size, np.float32), np.zeros(size, np.float32)
        self.weights, self.biases = layer_views(self.parameters, shapes)
        self.weight_gradients, self.bias_gradients = layer_views(self.gradients, shapes)
        for weights, shape in zip(self.weights, shapes, strict=True):
            weights[:] = glorot_uniform(self.rng, *shape)
        self.activations = [np.empty((job.batch_size, units), np.float32) for units in job.units]
        self.deltas = [np.empty((job.batch_size, units), np.float32) for units in job.units[1:]]
        self.masks = [np.empty((job.batch_size, units), np.float32) for units in job.hidden]
        self.update = {"sgd": SGD, "rmsprop": RMSprop, "adam": Adam}[job.optimizer](self.parameters)
        self.loss = 0.0  # running sum over the epoch

    def epoch(self) -> None:
        job = self.job
        order = self.rng.permutation(len(job.x_train))
        self.loss = 0.0
        for start in range(0, len(order), job.batch_size):
            rows = order[start : start + job.batch_size]
            inputs = self.activations[0][: len(rows)]
            np.take(job.x_train, rows, axis=0, out=inputs, mode="clip")  # the other modes copy through a buffer
            self.forward(len(rows))
            self.backward(job.y_train[rows])
            self.update(self.parameters, self.gradients)

    def forward(self, rows: int) -> None:
        last = len(self.weights) - 1
        for layer, (weights, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            outputs = self.activations[layer + 1][:rows]
            np.matmul(self.activations[layer][:rows], weights, out=outputs)
            outputs += bias
            if layer < last:
                np.maximum(outputs, 0, out=outputs)
                if self.job.dropout:
                    outputs *= self.draw_mask(layer, rows)
        softmax(outputs)

    def draw_mask(self, layer: int, rows: int) -> Array:
        mask = self.masks[layer][:rows]
        self.rng.random(out=mask, dtype=np.float32)
        np.greater_equal(mask, self.job.dropout, out=mask, casting="unsafe")
        mask *= 1 / (1 - self.job.dropout)
        return mask

    def backward(self, labels: Array) -> None:
        rows = len(labels)
        delta = self.deltas[-1][:rows]
        np.copyto(delta, self.activations[-1][:rows])
        chosen = np.arange(rows), labels
        self.loss -= float(np.log(delta[chosen] + EPSILON).sum())
        delta[chosen] -= 1
        delta *= 1 / rows
        for layer in reversed(range(len(self.weights))):
            inputs = self.activations[layer][:rows]
            np.matmul(inputs.T, delta, out=self.weight_gradients[layer])
            np.sum(delta, axis=0, out=self.bias_gradients[layer])
            if layer:
                below = self.deltas[layer - 1][:rows]
                np.matmul(delta, self.weights[layer].T, out=below)
                below *= inputs > 0
                if self.job.dropout:
                    below *= 1 / (1 - self.job.dropout)
                delta = below

    def accuracy(self) -> float:
        activations = self.job.x_test
        for layer, (weights, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            activations = activations @ weights + bias
            if layer < len(self.weights) - 1:
                np.maximum(activations, 0, out=activations)
        return float(np.mean(activations.argmax(axis=1) == self.job.y_test))


def layer_views(flat: Array, shapes: list[tuple[int, int]]) -> tuple[list[Array], list[Array]]:
    """The matrices and the vectors of all layers as views of one flat array."""
    matrices, vectors = [], []
    for inputs, outputs in shapes:
        matrix, vector, flat = np.split(flat, [inputs * outputs, inputs * outputs + outputs])
        matrices.append(matrix.reshape(inputs, outputs))
        vectors.append(vector)
    return matrices, vectors


def softmax(logits: Array) -> None:
    logits -= logits.max(axis=1, keepdims=True)
    np.exp(logits, out=logits)
    logits /= logits.sum(axis=1, keepdims=True)


class SGD:
    """w -= rate g."""

    def __init__(self, parameters: Array) -> None:
        self.work = np.empty_like(parameters)

    def __call__(self, parameters: Array, gradients: Array) -> None:
        np.multiply(gradients, LEARNING_RATE["sgd"], out=self.work)
        parameters -= self.work


class RMSprop:
    """v averages g^2; w -= rate g / sqrt(v + epsilon)."""

    def __init__(self, parameters: Array) -> None:
        self.squares = np.zeros_like(parameters)
        self.work = np.empty_like(parameters)

    def __call__(self, parameters: Array, gradients: Array) -> None:
        squares, work = self.squares, self.work
        np.square(gradients, out=work)
        work *= 1 - RHO
        squares *= RHO
        squares += work
        np.add(squares, EPSILON, out=work)
        np.sqrt(work, out=work)
        np.divide(gradients, work, out=work)
        work *= LEARNING_RATE["rmsprop"]
        parameters -= work


class Adam:
    """m and v average g and g^2; w -= rate sqrt(1 - b2^t) / (1 - b1^t) m / (sqrt(v) + epsilon)."""

    def __init__(self, parameters: Array) -> None:
        self.means, self.squares = np.zeros_like(parameters), np.zeros_like(parameters)
        self.work = np.empty_like(parameters)
        self.steps = 0

    def __call__(self, parameters: Array, gradients: Array) -> None:
        means, squares, work = self.means, self.squares, self.work
        self.steps += 1
        rate = LEARNING_RATE["adam"] * math.sqrt(1 - BETA_2**self.steps) / (1 - BETA_1**self.steps)
        np.square(gradients, out=work)
        work *= 1 - BETA_2
        squares *= BETA_2
        squares += work
        np.multiply(gradients, 1 - BETA_1, out=work)
        means *= BETA_1
        means += work
        np.sqrt(squares, out=work)
        work += EPSILON
        np.divide(means, work, out=work)
        work *= rate
        parameters -= work


def train(job: Job) -> Outcome:
    network = Network(job)
    seconds = timed_epochs(job, network.epoch)
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]  # type: ignore[call-overload]
    return Outcome(np.__version__, seconds, network.accuracy(), {blas["name"]: blas["version"]})


if __name__ == "__main__":
    race(train)
