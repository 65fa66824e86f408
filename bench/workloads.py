"""The four workloads of the race: dense networks on MNIST, with Keras's default learning rates."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Workload:
    """A network 784-hidden-10 with ReLU and softmax, and how it is trained."""

    title: str
    hidden: tuple[int, ...]  # units of the hidden layers
    dropout: float  # rate after each hidden layer
    optimizer: str  # "sgd", "rmsprop" or "adam"
    batch_size: int


WORKLOADS = {
    "reference": Workload("784-512-10, RMSprop, batch 128", (512,), 0.0, "rmsprop", 128),
    "small-batch": Workload("784-512-10, RMSprop, batch 32", (512,), 0.0, "rmsprop", 32),
    "dropout": Workload("784-128-128-10, dropout 0.3, Adam, batch 128", (128, 128), 0.3, "adam", 128),
    "linear": Workload("784-10, SGD, batch 128", (), 0.0, "sgd", 128),
}
