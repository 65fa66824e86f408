"""What is public, called with arguments of all kinds: an error or a result, and the process lives."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize("seed", range(3))
def test_no_public_call_ends_the_process(seed: int, tmp_path: Path) -> None:
    """Functions, classes and methods with arguments drawn from all kinds of things; the last call is told."""
    log = tmp_path / "last_call"
    program = Path(__file__).with_name("public_calls.py")
    command = [sys.executable, "-W", "ignore", str(program), str(seed), "8000", str(log)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, f"{done.returncode}\n{done.stderr[-3000:]}\nthe last call: {log.read_text()[:2000]}"
