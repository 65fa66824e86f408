"""The latencies are measured."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).parents[2] / "bench"


WHAT = ("model(x)", "model.predict(x, verbose=0)", "its products in NumPy")


def test_startup_runs() -> None:
    done = subprocess.run(
        [sys.executable, str(BENCH / "startup.py"), "--repeats", "1"], capture_output=True, text=True, check=True
    )
    assert [line.split(":")[0] for line in done.stdout.splitlines()] == [
        "import nnfast, after import numpy",
        *(f"{net}, one sample, {what}" for net in ("784-10", "784-512-10") for what in WHAT),
    ]
