"""The race of epochs runs end to end on a little work, and its table and chart say what was measured."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
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


def test_the_table_and_the_chart_go_into_a_readme(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text("above\n<!-- bench:start -->\nold\n<!-- bench:end -->\nbelow\n")
    _, stored = run(tmp_path, "--racers", "numpy", "--workloads", "linear", "--readme", str(readme))
    above, start, *table, end, below = readme.read_text().splitlines()
    assert (above, start, end, below) == ("above", "<!-- bench:start -->", "<!-- bench:end -->", "below")
    assert "| racer | 784-10, SGD, batch 128 |" in table and "old" not in table
    command = "python bench/run.py --epochs 1 --rounds 1 --threads 1 --seed 0 --racers numpy --workloads linear"
    assert table[-1] == f"`{command} --images 300 --sample`."
    assert stored["machine"]["date"][:10] in table[-2] and f"with numpy {np.__version__} (" in table[-2]
    (picture,) = [line for line in table if line.startswith("![")]
    chart = tmp_path / picture.partition("(")[2].rstrip(")")
    assert chart.read_bytes().startswith(b"\x89PNG") and chart.parent.name == "bench"


def test_a_readme_without_matplotlib_is_refused_before_the_race(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text("<!-- bench:start -->\n<!-- bench:end -->\n")
    (tmp_path / "matplotlib.py").write_text("raise ModuleNotFoundError")
    path = os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])])
    command = [sys.executable, str(BENCH / "run.py"), "--readme", str(readme)]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": path})
    assert done.returncode == 2 and "the chart needs matplotlib" in done.stderr


def test_the_chart_has_a_bar_for_each_racer_that_ran(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(BENCH)
    from matplotlib.figure import Figure

    chart = importlib.import_module("chart")
    panel = Figure().subplots()
    measured = {"fastest": 0.5, "median": 1.0, "slowest": 2.0}
    chart.draw_workload(
        panel,
        [
            {"racer": "nnfast", "ratio": 1.0, **measured},
            {"racer": "torch", "problem": "not installed"},
            {"racer": "numpy", "ratio": 3.0, **measured | {"median": 1.5}},
        ],
    )
    bars = [bar for bar in panel.patches if bar.get_width() > 0]
    assert [(bar.get_width(), round(bar.get_y() + bar.get_height() / 2)) for bar in bars] == [(1.0, 0), (1.5, 2)]
    assert [label.get_text() for label in panel.get_yticklabels()] == ["nnfast", "torch", "numpy"]
    assert [text.get_text().strip() for text in panel.texts] == ["1.000 s  1.0x", "not installed", "1.500 s  3.0x"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--python", "torch"], "RACER=PATH"),
        (["--epochs", "0"], "argument --epochs: expected a whole number of at least 1, got '0'"),
        (["--threads", "two"], "argument --threads: expected a whole number"),
        (["--readme", __file__], "<!-- bench:start --> and later"),
        (["--readme", "nowhere"], "nowhere"),
    ],
)
def test_mistakes_in_arguments(arguments: list[str], message: str) -> None:
    command = [sys.executable, str(BENCH / "run.py"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2 and message in done.stderr
