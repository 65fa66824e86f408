"""Measures epochs of the race's workloads on more and more threads, beyond the CPUs that there are.

`python bench/threads.py` prints milliseconds an epoch for each workload and number of threads, and fails where more
threads than CPUs take longer than MOST times as long as one a CPU.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

from workloads import WORKLOADS, Workload

MOST = 1.5


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workloads", nargs="+", choices=WORKLOADS, default=list(WORKLOADS))
    parser.add_argument("--images", type=int, default=6000, help="training images an epoch (default: 6000)")
    parser.add_argument("--rounds", type=int, default=7, help="epochs measured for each number (default: 7)")
    options = parser.parse_args(arguments)
    from nnfast import config

    cpus = config.num_threads()
    counts = sorted({1, cpus, 2 * cpus, 4 * cpus})
    print(f"{'ms an epoch, threads:':<46}", *(f"{count:>7}" for count in counts), f"{'worst':>8}")
    missed = False
    for name in options.workloads:
        workload = WORKLOADS[name]
        seconds = race_counts(counts, epoch_of(workload, options.images), config.set_num_threads, options.rounds)
        worst = max(seconds[count] for count in counts if count >= cpus) / seconds[cpus]
        missed |= worst > MOST
        print(f"{workload.title:<46}", *(f"{1e3 * seconds[count]:7.1f}" for count in counts), f"{worst:7.2f}x")
    print(f"at most {MOST} times as long on {counts[-1]} threads as on {cpus}: {'missed' if missed else 'held'}")
    return int(missed)


def epoch_of(workload: Workload, images: int) -> Callable[[], Any]:
    """One epoch of a workload on noise of MNIST's shape."""
    import numpy as np

    import nnfast as keras

    draws = np.random.default_rng(0)
    x, y = draws.random((images, 784), dtype=np.float32), draws.integers(0, 10, images)
    model = keras.Sequential([keras.Input((784,))])
    for units in workload.hidden:
        model.add(keras.layers.Dense(units, activation="relu"))
        if workload.dropout:
            model.add(keras.layers.Dropout(workload.dropout))
    model.add(keras.layers.Dense(10, activation="softmax"))
    model.compile(workload.optimizer, "sparse_categorical_crossentropy")
    return lambda: model.fit(x, y, batch_size=workload.batch_size, verbose=0)


def race_counts(
    counts: Sequence[int], work: Callable[[], Any], set_threads: Callable[[int], None], rounds: int
) -> dict[int, float]:
    """Median seconds for each number of threads, which take turns; the first turn is not counted."""
    seconds: dict[int, list[float]] = {count: [] for count in counts}
    for _ in range(rounds + 1):
        for count, measured in seconds.items():
            set_threads(count)
            started = time.perf_counter()
            work()
            measured.append(time.perf_counter() - started)
    return {count: statistics.median(measured[1:]) for count, measured in seconds.items()}


if __name__ == "__main__":
    sys.exit(main())
