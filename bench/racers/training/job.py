"""A training run as a job, and the outcome that a racer reports."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from racers.common import answer


@dataclass(frozen=True)
class Job:
    """One training run. The fields up to batch_size are those of `workloads.Workload`."""

    title: str
    hidden: tuple[int, ...]
    dropout: float
    optimizer: str
    batch_size: int
    epochs: int  # timed
    warm_up: int  # epochs before them, not timed
    threads: int
    seed: int
    x_train: np.ndarray[Any, Any] = field(repr=False)  # float32 (n, 784), 0 to 1
    y_train: np.ndarray[Any, Any] = field(repr=False)  # int32 (n,)
    x_test: np.ndarray[Any, Any] = field(repr=False)
    y_test: np.ndarray[Any, Any] = field(repr=False)
    device: str = "cpu"  # or "cuda", where the racer knows of such

    @property
    def units(self) -> tuple[int, ...]:
        """Widths from the input to the output."""
        return (784, *self.hidden, 10)


@dataclass
class Outcome:
    """What a racer reports."""

    version: str
    epoch_seconds: list[float]
    test_accuracy: float  # after all epochs, warm-up included
    libraries: dict[str, str] = field(default_factory=dict)  # versions of what computes for it
    details: dict[str, Any] = field(default_factory=dict)


def race(train: Callable[[Job], Outcome]) -> None:
    """Answers a job with what this function makes of it."""
    answer(lambda fields: vars(train(_read(fields))))


def _read(fields: dict[str, Any]) -> Job:
    with np.load(fields.pop("data")) as data:
        for name in ("x_train", "x_test"):
            fields[name] = data[name].reshape(-1, 784).astype(np.float32) / np.float32(255)
        for name in ("y_train", "y_test"):
            fields[name] = data[name].astype(np.int32)
    return Job(**fields | {"hidden": tuple(fields["hidden"])})


def glorot_uniform(rng: np.random.Generator, inputs: int, outputs: int) -> np.ndarray[Any, Any]:
    limit = np.sqrt(6 / (inputs + outputs))
    return rng.uniform(-limit, limit, (inputs, outputs)).astype(np.float32)


def timed_epochs(job: Job, epoch: Callable[[], None]) -> list[float]:
    """Runs the warm-up epochs and the timed ones. Returns the seconds of each timed epoch."""
    for _ in range(job.warm_up):
        epoch()
    seconds = []
    for _ in range(job.epochs):
        started = time.perf_counter()
        epoch()
        seconds.append(time.perf_counter() - started)
    return seconds
