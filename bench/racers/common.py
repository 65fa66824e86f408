"""What all racers share: a job read from standard input, and the one line of JSON that answers it.

A racer is a module that calls `answer`. It runs as `python -m racers.training.NAME` or `python -m racers.ops.NAME` with
bench/ on the module path, under whatever interpreter has its library, and needs nothing but NumPy besides.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TextIO

LEARNING_RATE = {"sgd": 0.01, "rmsprop": 0.001, "adam": 0.001}
EPSILON = 1e-7
RHO = 0.9  # RMSprop
BETA_1, BETA_2 = 0.9, 0.999  # Adam


def answer(work: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Reads a job, does it, and prints the outcome. A library that is not installed is an answer, not a failure."""
    with _standard_output_to_error() as output:
        try:
            outcome = work(json.load(sys.stdin))
        except ModuleNotFoundError as missing:
            outcome = {"missing": missing.name}
        print(json.dumps(outcome), file=output)


@contextmanager
def _standard_output_to_error() -> Iterator[TextIO]:
    """Keeps chatty libraries out of the answer: yields the real standard output, everything else goes to stderr."""
    output, sys.stdout = sys.stdout, sys.stderr
    try:
        yield output
    finally:
        sys.stdout = output
