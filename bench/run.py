"""Races nnfast against NumPy, TensorFlow, PyTorch and JAX: `python bench/run.py`.

Every racer trains the same four networks on the same arrays, each time in a fresh process of its own, one after the
other, round after round, so that a machine's moods meet all alike. All get the same CPUs and the same number of
threads; the first epoch of every run warms up and is not timed. Racers that are not installed are listed as such;
`--python tensorflow=/other/venv/bin/python` runs one in another environment.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

import chart
import processes
import report
from workloads import WORKLOADS

RACERS = ("nnfast", "numpy", "tensorflow", "torch", "jax", "keras_jax")
RACERS_ON_GPUS = ("nnfast", "torch", "jax", "keras_jax")
WARM_UP_EPOCHS = 1
CHART = "bench/epochs.png"  # from the README's folder


def main(arguments: Sequence[str] | None = None) -> int:
    options = parse(arguments)
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "mnist.npz"
        training_images = save_data(data, options)

        def jobs(number: int) -> processes.Jobs:
            for name in options.workloads:
                run = {"epochs": options.epochs, "warm_up": WARM_UP_EPOCHS, "seed": options.seed + number}
                run["device"] = options.device
                yield {"workload": name}, asdict(WORKLOADS[name]) | run | {"data": str(data)}

        runs = list(processes.take_turns("training", options, jobs, report.describe))
    measures = ("epochs", "rounds", "threads", "seed", "racers", "workloads", "images", "sample")
    result = {
        "command": processes.command("run.py", options, measures + (("device",) if options.device != "cpu" else ())),
        "machine": report.machine(),
        "nnfast": next((run["details"] for run in runs if run["racer"] == "nnfast" and "details" in run), None),
        "options": {name: getattr(options, name) for name in ("epochs", "rounds", "threads", "seed", "sample")},
        "training_images": training_images,
        "warm_up_epochs": WARM_UP_EPOCHS,
        "workloads": {name: asdict(WORKLOADS[name]) for name in options.workloads},
        "summary": report.summarise(runs),
        "runs": runs,
    }
    options.json.write_text(json.dumps(result, indent=1) + "\n")
    print(report.headline(result))
    rows = report.table(result)
    print(report.markdown(rows) if options.markdown else report.text(rows))
    print(f"\n{report.origin(result)}\nEverything measured is in {options.json}.")
    if options.readme:
        picture = f"![Seconds an epoch of every racer]({CHART})"
        parts = [report.headline(result), report.markdown(rows), "", picture, "", report.origin(result)]
        options.readme.write_text(report.fill(options.readme.read_text(), "\n".join(parts)))
        chart.draw(result, options.readme.parent / CHART)
    return 1 if any("failed" in run for run in runs) else 0


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Races nnfast against its peers on MNIST.", formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    processes.add_options(parser, RACERS, rounds=3, stored="bench.json")
    parser.add_argument("--epochs", type=processes.positive, default=3, help="timed epochs in each run")
    parser.add_argument("--workloads", nargs="+", choices=WORKLOADS, default=list(WORKLOADS), help="what is trained")
    parser.add_argument("--seed", type=int, default=0, help="seed of the first round; the next takes the next")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu", help="where racers compute")
    parser.add_argument("--sample", action="store_true", help="use the 4,000 images that come with nnfast")
    parser.add_argument("--images", type=processes.positive, help="train on the first so many images only")
    parser.add_argument("--markdown", action="store_true", help="print the table as Markdown")
    parser.add_argument(
        "--readme", type=readme, help=f"file to write the table into, after {report.START}; the chart goes to {CHART}"
    )
    options = parser.parse_args(arguments)
    if options.device == "cuda":
        options.racers = [racer for racer in options.racers if racer in RACERS_ON_GPUS]
    return options


def readme(text: str) -> Path:
    """A file that has a place for the table, where a chart can be drawn: better found wanting before the race."""
    path = Path(text)
    try:
        report.fill(path.read_text(), "")
        chart.require()
    except (OSError, ValueError, ImportError) as problem:
        raise argparse.ArgumentTypeError(f"{text}: {problem}") from problem
    return path


def save_data(path: Path, options: argparse.Namespace) -> int:
    """Saves the arrays all racers read, and returns the number of training images."""
    from nnfast.datasets import DatasetUnavailable, mnist

    try:
        (x_train, y_train), (x_test, y_test) = mnist.load_sample() if options.sample else mnist.load_data()
    except DatasetUnavailable as problem:
        sys.exit(f"{problem} Or race on the images that come with nnfast: --sample.")
    x_train, y_train = x_train[: options.images], y_train[: options.images]
    np.savez(path, x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)
    return len(x_train)


if __name__ == "__main__":
    sys.exit(main())
