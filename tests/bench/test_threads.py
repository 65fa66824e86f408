"""Epochs on more and more threads are measured."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).parents[2] / "bench"


def test_threads_runs() -> None:
    small = ["--workloads", "linear", "--images", "300", "--rounds", "1"]
    done = subprocess.run([sys.executable, str(BENCH / "threads.py"), *small], capture_output=True, text=True)
    assert done.returncode in (0, 1), done.stderr  # what it measured is not this test's matter
    assert "784-10, SGD, batch 128" in done.stdout and "threads as on" in done.stdout
