"""Measures what a short program feels: the import of nnfast on top of NumPy's, and one-sample prediction."""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence

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
    """Median seconds of one call on one sample with the network 784-512-10."""
    import numpy as np

    import nnfast as keras

    model = keras.Sequential(
        [
            keras.Input((784,)),
            keras.layers.Dense(512, activation="relu"),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    image = np.random.default_rng(0).random((1, 784), dtype=np.float32)
    return {
        "model(x), one sample": median_call(lambda: model(image)),
        "model.predict(x, verbose=0), one sample": median_call(lambda: model.predict(image, verbose=0)),
    }


def median_call(call: Callable[[], object], count: int = 500) -> float:
    seconds = []
    for _ in range(count):
        started = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


if __name__ == "__main__":
    sys.exit(main())
