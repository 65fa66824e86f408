"""The tests of numbers, which any device has to pass, run on one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from building import REPOSITORY

# What is about the CPU alone: chains that have kernels of their own, products that skip zeros.
CPU_ONLY = ("chains", "zeros")
ALL = (
    *("tests/ops", "tests/graph", "tests/losses", "tests/metrics", "tests/activations", "tests/optimizers"),
    *("tests/layers", "tests/training/test_parity_100_steps.py", "tests/training/test_sparse_matrices.py"),
)
# Enough of them to see every kernel, in half a minute.
SOME = ("tests/ops/test_values.py", "tests/ops/test_gradients.py", "tests/ops/test_bags.py")


def run_on(device: str, folder: Path | None, tests: tuple[str, ...], leaving_out: tuple[str, ...] = ()) -> None:
    """Runs tests of nnfast on a device, in a process of their own, but for those with such names."""
    which = " and ".join(f"not {name}" for name in (*CPU_ONLY, *leaving_out))
    where = ["--device", device, *(["--device-folder", str(folder)] if folder else [])]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *where, "-k", which, *tests]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
