"""Measures nnfast's matrix product beside NumPy's, and as a share of what the CPU's multiply-adds can do at most.

`python bench/gemm.py` prints a line for each shape; the dense-layer shapes are the three products of a layer of 512
units on MNIST's 784 pixels with batches of 128: forward, weight gradient and input gradient.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

SHAPES = {  # (rows, inner, columns)
    "large": (2048, 2048, 2048),
    "medium": (512, 512, 512),
    "dense forward": (128, 784, 512),
    "dense weight gradient": (784, 128, 512),
    "dense input gradient": (128, 512, 784),
    "class scores": (128, 512, 10),
    "one sample": (1, 784, 512),
}
SECONDS_A_ROUND = 0.1


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, help="threads for both (default: the machine's)")
    parser.add_argument("--dtype", choices=["float32", "float64"], default="float32")
    parser.add_argument("--rounds", type=int, default=5, help="turns of each (default: 5)")
    options = parser.parse_args(arguments)
    prepare_environment(options.threads)

    import numpy as np

    import nnfast
    import report
    from nnfast._core import measure_fma_peak

    threads = nnfast.config.num_threads()
    peak = measure_fma_peak(threads, options.dtype) / 1e9
    print(f"{report.cpu_name()}, {threads} threads, {options.dtype}: measured peak {peak:.0f} GFLOP/s")
    rows = [["product", "rows x inner x columns", "nnfast GFLOP/s", "of peak", "NumPy GFLOP/s", "nnfast/NumPy"]]
    generator = np.random.default_rng(0)
    for name, (m, k, n) in SHAPES.items():
        left = generator.standard_normal((m, k)).astype(options.dtype)
        right = generator.standard_normal((k, n)).astype(options.dtype)
        ours, numpys = race_products([nnfast.ops.matmul, np.matmul], left, right, options.rounds)
        rows.append(
            [name, f"{m} x {k} x {n}", f"{ours:.0f}", f"{ours / peak:.0%}", f"{numpys:.0f}", f"{ours / numpys:.2f}"]
        )
    print(report.text(rows))
    return 0


def prepare_environment(threads: int | None) -> None:
    """Sets what the libraries read when they are loaded: equal threads, and no hand-made tuning of OpenBLAS."""
    for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
        os.environ.pop(name, None)
    if threads:
        os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = str(threads)


def race_products(products: list[Callable[[Any, Any], Any]], left: Any, right: Any, rounds: int) -> list[float]:
    """The GFLOP/s of each function on the same product: medians over rounds in which they take turns."""
    flops = 2 * left.shape[0] * left.shape[1] * right.shape[1]
    repeats = [repeats_for(product, left, right) for product in products]
    seconds: list[list[float]] = [[] for _ in products]
    for _ in range(rounds):
        for product, count, measured in zip(products, repeats, seconds, strict=True):
            measured.append(time_calls(product, left, right, count) / count)
    return [flops / statistics.median(measured) / 1e9 for measured in seconds]


def repeats_for(product: Callable[[Any, Any], Any], left: Any, right: Any) -> int:
    product(left, right)
    return max(1, int(SECONDS_A_ROUND / time_calls(product, left, right, 1)))


def time_calls(product: Callable[[Any, Any], Any], left: Any, right: Any, count: int) -> float:
    started = time.perf_counter()
    for _ in range(count):
        product(left, right)
    return time.perf_counter() - started


if __name__ == "__main__":
    sys.exit(main())
