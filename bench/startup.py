"""Measures what a short program feels: the import of nnfast on top of NumPy's, and one-sample prediction."""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial, reduce

IMPORT = "import time, numpy; start = time.perf_counter(); import nnfast; print(time.perf_counter() - start)"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=11, help="fresh processes that import nnfast (default: 11)")
    options = parser.parse_args(arguments)
    print(f"import nnfast, after import numpy: {1e3 * import_seconds(options.repeats):.1f} ms")
    for name, seconds in latencies().items():
        print(f"{name}: {1e6 * seconds:.0f} us")
    return 0


def import_seconds(repeats: int) -> float:
    """The median over fresh processes; the first, which may have to compile and to read the disk, is not counted."""
    seconds = [
        float(subprocess.run([sys.executable, "-c", IMPORT], capture_output=True, text=True, check=True).stdout)
        for _ in range(repeats + 1)
    ]
    return statistics.median(seconds[1:])


def latencies() -> dict[str, float]:
    """Median seconds of one call on one sample, and of NumPy's products alone beside them."""
    import numpy as np

    import nnfast as keras

    image = np.random.default_rng(0).random((1, 784), dtype=np.float32)
    found = {}
    for name, hidden in (("784-10", []), ("784-512-10", [keras.layers.Dense(512, activation="relu")])):
        model = keras.Sequential([keras.Input((784,)), *hidden, keras.layers.Dense(10, activation="softmax")])
        kernels = model.get_weights()[::2]
        calls: dict[str, Callable[[], object]] = {
            "model(x)": partial(model, image),
            "model.predict(x, verbose=0)": partial(model.predict, image, verbose=0),
            "its products in NumPy": partial(reduce, np.matmul, kernels, image),
        }
        found.update({f"{name}, one sample, {what}": median_call(call) for what, call in calls.items()})
    return found


def median_call(call: Callable[[], object], count: int = 500) -> float:
    seconds = []
    for _ in range(count):
        started = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


if __name__ == "__main__":
    sys.exit(main())
