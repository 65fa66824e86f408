"""Single ops as a job: a racer prepares each case, it is called until its time is known, and its results are kept."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cases import CASES, Array, arguments
from racers.common import answer

Run = Callable[[int], Any]  # does an op so many times, and returns the last results: an array, or a sequence of them
SAMPLE_SECONDS, FEWEST_SAMPLES = 0.001, 5


@dataclass
class Racer:
    """A library: its version, and how it prepares an operation with its arguments; None where it has no such thing."""

    version: str
    prepare: Callable[[str, dict[str, Array]], Run | None]
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Job:
    """What to measure."""

    cases: list[str]
    dtype: str  # "float32" or "float64"
    seconds: float  # for each case
    threads: int


def race(start: Callable[[Job], Racer]) -> None:
    """Answers a job with the seconds of a call of every case, and a digest of its results."""

    def measure(fields: dict[str, Any]) -> dict[str, Any]:
        job = Job(**fields)
        racer = start(job)
        outcome: dict[str, Any] = {"version": racer.version, "details": racer.details, "seconds": {}, "digests": {}}
        for title in job.cases:
            case = CASES[title]
            run = racer.prepare(case.operation, arguments(case, job.dtype))
            if run is not None:
                outcome["digests"][title] = digest(run(1))
                outcome["seconds"][title] = seconds_a_call(run, job.seconds)
        return outcome

    answer(measure)


def digest(results: Any) -> list[float]:
    """The sum of the absolute values of each result."""
    several = results if isinstance(results, list | tuple) else [results]
    return [float(np.abs(np.asarray(result, np.float64)).sum()) for result in several]


def seconds_a_call(run: Run, seconds: float) -> float:
    """The median over samples of about a millisecond, so that most are free of whatever else the machine does."""
    count = 1
    while min(timed(run, count) for _ in range(3)) < SAMPLE_SECONDS:
        count *= 2
    samples: list[float] = []
    while len(samples) < FEWEST_SAMPLES or sum(samples) < seconds:
        samples.append(timed(run, count))
    return statistics.median(samples) / count


def timed(run: Run, count: int) -> float:
    started = time.perf_counter()
    run(count)
    return time.perf_counter() - started


def repeat(call: Callable[[], Any]) -> Run:
    """Calls from Python, one after the other."""

    def run(times: int) -> Any:
        for _ in range(times):
            results = call()
        return results

    return run


def prepare_calls(
    functions: Mapping[str, Callable[..., Any]], updates: Mapping[str, Callable[..., Callable[[], Any]]]
) -> Callable[[str, dict[str, Array]], Run | None]:
    """How a library without a program of its own prepares: `functions` are called with a case's arguments again and
    again; `updates` are called once and give what is called, which changes weights in place."""

    def prepare(operation: str, arrays: dict[str, Array]) -> Run | None:
        if operation in updates:
            return repeat(updates[operation](*arrays.values()))
        function = functions.get(operation)
        return None if function is None else repeat(lambda: function(*arrays.values()))

    return prepare
