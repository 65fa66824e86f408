"""A training step takes the instructions that it took: a guard of speed where time is noise."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from nnfast import _core, config

BENCH = Path(__file__).parents[2] / "bench"


def test_steps_take_the_instructions_that_are_recorded() -> None:
    recorded = json.loads((BENCH / "instructions.json").read_text())
    built_by = config.info()["build flags"].partition(".")[0]
    if shutil.which("valgrind") is None or shutil.which("callgrind_control") is None:
        pytest.skip("wants valgrind")
    if "avx2" not in _core.supported_instruction_sets or built_by not in recorded:
        pytest.skip(f"recorded with avx2 and {', '.join(recorded)}; this is {built_by}")
    done = subprocess.run([sys.executable, str(BENCH / "instructions.py")], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("instructions a step") == len(recorded[built_by])
