"""The race of single ops: every racer knows every case, all compute the same, and the table says what was measured."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

BENCH = Path(__file__).parents[2] / "bench"


def run(tmp_path: Path, *arguments: str) -> tuple[subprocess.CompletedProcess[str], dict[str, Any]]:
    """Runs a small race and returns what it printed and what it stored."""
    stored = tmp_path / "ops.json"
    small = ["--rounds", "1", "--seconds", "0.0001", "--threads", "1", "--json", str(stored)]
    command = [sys.executable, str(BENCH / "ops.py"), *small, *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    return done, json.loads(stored.read_text())


@pytest.mark.parametrize(
    ("dtype", "parts"),
    [
        ("float32", ["32 x 512", "128 x 10,", "128 x 512,", "update", "transpose", "batch of"]),
        ("float64", ["32 x 512", "128 x 10,", "update", "batch of"]),
    ],
)
def test_all_racers_compute_the_same(tmp_path: Path, dtype: str, parts: list[str]) -> None:
    racers = ["nnfast", "nnfast_program", "numpy", "jax"]
    done, stored = run(tmp_path, "--cases", *parts, "--racers", *racers, "--dtype", dtype)
    assert done.returncode == 0, done.stderr
    assert {run["racer"]: run["round"] for run in stored["runs"]} == dict.fromkeys(racers, 0)
    everything = set(stored["runs"][2]["seconds"])
    absent = {run["racer"]: everything - set(run["seconds"]) for run in stored["runs"]}
    gradient, gathered = "128 x 10, softmax cross-entropy and gradient", "128 x 784, a batch of 6,000 in random order"
    assert absent == {"nnfast": {gradient, gathered}, "nnfast_program": set(), "numpy": set(), "jax": set()}
    for each in stored["summary"]:
        assert each["microseconds"] > 0
        assert ("ratio" in each) == (each["case"] not in (gradient, gathered))
        assert ("share_of_peak" in each) == ("forward" in each["case"] or "t gradient" in each["case"])
    header = next(line for line in done.stdout.splitlines() if line.startswith("case"))
    assert header.split() == ["case", *racers]
    assert f"{dtype}.\n" in done.stdout and stored["command"] in done.stdout and stored["machine"]["cpu"] in done.stdout


def test_a_missing_racer_is_left_out(tmp_path: Path) -> None:
    bare = tmp_path / "python"
    bare.write_text("#!/bin/sh\necho '{" + '"missing": "torch"' + "}'\n")
    bare.chmod(0o755)
    choice = ["--racers", "numpy", "torch", "--python", f"torch={bare}", "--cases", "softmax"]
    done, stored = run(tmp_path, *choice, "--rounds", "2")
    assert done.returncode == 0, done.stderr
    assert [(run["round"], run["racer"]) for run in stored["runs"]] == [(0, "numpy"), (0, "torch"), (1, "numpy")]
    assert "torch is not installed (no module torch)" in done.stderr
    assert stored["peak_gflops"] is None  # nnfast measures it


def test_a_racer_that_computes_something_else_is_found(tmp_path: Path) -> None:
    wrong = tmp_path / "python"
    outcome = {"version": "1", "seconds": {"128 x 10, softmax": 1e-6}, "digests": {"128 x 10, softmax": [127.0]}}
    wrong.write_text(f"#!/bin/sh\necho '{json.dumps(outcome)}'\n")
    wrong.chmod(0o755)
    choice = ["--racers", "numpy", "torch", "--python", f"torch={wrong}", "--cases", "10, softmax"]
    done, _ = run(tmp_path, *choice)
    assert done.returncode == 1
    (line,) = [line for line in done.stderr.splitlines() if "something else" in line]
    assert line.startswith("128 x 10, softmax: torch computed something else than numpy") and "[127.0]" in line


def test_a_racer_that_fails_is_named(tmp_path: Path) -> None:
    done, stored = run(tmp_path, "--racers", "numpy", "--python", "numpy=/bin/false", "--cases", "softmax")
    assert done.returncode == 1 and "numpy failed: exit code 1" in done.stderr
    assert stored["summary"] == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["--seconds", "0"], "--seconds above 0"), (["--cases", "convolution"], "no case has 'convolution' in its title")],
)
def test_mistakes_in_arguments(arguments: list[str], message: str) -> None:
    done = subprocess.run([sys.executable, str(BENCH / "ops.py"), *arguments], capture_output=True, text=True)
    assert done.returncode == 2 and message in done.stderr
