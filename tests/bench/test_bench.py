"""The benchmarks run end to end on a little work, and the race's report says what was measured."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).parents[2] / "bench"


def run(tmp_path: Path, *arguments: str) -> tuple[str, dict[str, object]]:
    """Runs a small race and returns what it printed and what it stored."""
    stored = tmp_path / "bench.json"
    small = ["--sample", "--images", "300", "--epochs", "1", "--rounds", "1", "--threads", "1", "--json", str(stored)]
    command = [sys.executable, str(BENCH / "run.py"), *small, *arguments]
    poisoned = os.environ | {"OPENBLAS_CORETYPE": "no such core", "OPENBLAS_L2_SIZE": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=poisoned)
    assert done.returncode == 0, done.stderr
    return done.stdout, json.loads(stored.read_text())


def test_every_workload_runs(tmp_path: Path) -> None:
    printed, stored = run(tmp_path, "--racers", "nnfast", "numpy")
    summary = stored["summary"]
    assert [(each["workload"], each["racer"]) for each in summary] == [
        (workload, racer)
        for workload in ("reference", "small-batch", "dropout", "linear")
        for racer in ("nnfast", "numpy")
    ]
    for each in summary:
        assert 0 < each["fastest"] <= each["median"] <= each["slowest"]
        assert each["ratio"] == 1 or each["racer"] == "numpy"
        assert 0 < each["test_accuracy"] <= 1
    assert stored["training_images"] == 300 and stored["machine"]["cpu"]
    assert "300 training images of the sample" in printed


def test_a_missing_racer_is_listed(tmp_path: Path) -> None:
    bare = tmp_path / "python"
    bare.write_text("#!/bin/sh\necho '{" + '"missing": "torch"' + "}'\n")
    bare.chmod(0o755)
    printed, stored = run(
        tmp_path, "--racers", "numpy", "torch", "--workloads", "linear", "--python", f"torch={bare}", "--markdown"
    )
    assert "| torch | not installed |" in printed
    assert [each["racer"] for each in stored["runs"]] == ["numpy", "torch"]


def test_the_table_goes_into_a_readme(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text("above\n<!-- bench:start -->\nold\n<!-- bench:end -->\nbelow\n")
    run(tmp_path, "--racers", "numpy", "--workloads", "linear", "--readme", str(readme))
    above, start, *table, end, below = readme.read_text().splitlines()
    assert (above, start, end, below) == ("above", "<!-- bench:start -->", "<!-- bench:end -->", "below")
    assert "| racer | 784-10, SGD, batch 128 |" in table and "old" not in table
    command = "python bench/run.py --epochs 1 --rounds 1 --threads 1 --seed 0 --racers numpy --workloads linear"
    assert table[-1] == f"`{command} --images 300 --sample`."


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--python", "torch"], "RACER=PATH"),
        (["--epochs", "0"], "--epochs must be at least 1"),
        (["--readme", __file__], "<!-- bench:start --> and later"),
        (["--readme", "nowhere"], "nowhere"),
    ],
)
def test_mistakes_in_arguments(arguments: list[str], message: str) -> None:
    command = [sys.executable, str(BENCH / "run.py"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2 and message in done.stderr


def test_startup_runs() -> None:
    done = subprocess.run(
        [sys.executable, str(BENCH / "startup.py"), "--repeats", "1"], capture_output=True, text=True, check=True
    )
    assert [line.split(":")[0] for line in done.stdout.splitlines()] == [
        "import nnfast, after import numpy",
        "model(x), one sample",
        "model.predict(x, verbose=0), one sample",
    ]


def test_gemm_runs() -> None:
    done = subprocess.run(
        [sys.executable, str(BENCH / "gemm.py"), "--rounds", "1", "--dtype", "float64"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "float64: measured peak" in done.stdout and "dense forward" in done.stdout


def test_threads_runs() -> None:
    small = ["--workloads", "linear", "--images", "300", "--rounds", "1"]
    done = subprocess.run([sys.executable, str(BENCH / "threads.py"), *small], capture_output=True, text=True)
    assert done.returncode in (0, 1), done.stderr  # what it measured is not this test's matter
    assert "784-10, SGD, batch 128" in done.stdout and "threads as on" in done.stdout
