"""What all racers share: the job read from standard input, the data, and the one line of JSON that answers it.

A racer is a module of this folder that calls `race` with a function that trains. It runs as `python -m racers.NAME`
with bench/ on the module path, under whatever interpreter has its library, and needs nothing but NumPy besides.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TextIO

import numpy as np

LEARNING_RATE = {"sgd": 0.01, "rmsprop": 0.001, "adam": 0.001}
EPSILON = 1e-7
RHO = 0.9  # RMSprop
BETA_1, BETA_2 = 0.9, 0.999  # Adam


@dataclass(frozen=True)
class Job:
    """One training run. Fields but the last four are those of `workloads.Workload`."""

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
    details: dict[str, Any] = field(default_factory=dict)


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


def race(train: Callable[[Job], Outcome]) -> None:
    """Reads a job, trains, and prints the outcome. A library that is not installed is an answer, not a failure."""
    with _standard_output_to_error() as answer:
        try:
            outcome = vars(train(_read_job(sys.stdin)))
        except ModuleNotFoundError as missing:
            outcome = {"missing": missing.name}
        print(json.dumps(outcome), file=answer)


def _read_job(stream: TextIO) -> Job:
    fields = json.load(stream)
    with np.load(fields.pop("data")) as data:
        for name in ("x_train", "x_test"):
            fields[name] = data[name].reshape(-1, 784).astype(np.float32) / np.float32(255)
        for name in ("y_train", "y_test"):
            fields[name] = data[name].astype(np.int32)
    return Job(**fields | {"hidden": tuple(fields["hidden"])})


@contextmanager
def _standard_output_to_error() -> Iterator[TextIO]:
    """Keeps chatty libraries out of the answer: yields the real standard output, everything else goes to stderr."""
    answer, sys.stdout = sys.stdout, sys.stderr
    try:
        yield answer
    finally:
        sys.stdout = answer
