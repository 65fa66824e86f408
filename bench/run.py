"""Races nnfast against NumPy, TensorFlow, PyTorch and JAX: `python bench/run.py`.

Every racer trains the same four networks on the same arrays, each time in a fresh process of its own, one after the
other, round after round, so that a machine's moods meet all alike. All get the same CPUs and the same number of
threads; the first epoch of every run warms up and is not timed. Racers that are not installed are listed as such;
`--python tensorflow=/other/venv/bin/python` runs one in another environment.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

import report
from workloads import WORKLOADS

RACERS = ("nnfast", "numpy", "tensorflow", "torch", "jax", "keras_jax")
FOLDER = Path(__file__).resolve().parent
WARM_UP_EPOCHS = 1
TIMEOUT_SECONDS = 1800
THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
    "NPROC",  # XLA's
)
TUNING_VARIABLES = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")  # set on some machines, to a peer's cost or gain


def main(arguments: Sequence[str] | None = None) -> int:
    options = parse(arguments)
    keep_to_cpus(options.threads)
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "mnist.npz"
        training_images = save_data(data, options)
        runs = list(race(options, data))
    result = {
        "command": command(options),
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
    print(f"Everything measured is in {options.json}.")
    if options.readme:
        content = "\n".join([report.headline(result), report.markdown(rows), "", report.origin(result)])
        options.readme.write_text(report.fill(options.readme.read_text(), content))
    return 1 if any("failed" in run for run in runs) else 0


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Races nnfast against its peers on MNIST.", formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--epochs", type=int, default=3, help="timed epochs in each run")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each racer on each workload")
    parser.add_argument("--racers", nargs="+", choices=RACERS, default=RACERS, metavar="RACER", help="who races")
    parser.add_argument("--workloads", nargs="+", choices=WORKLOADS, default=list(WORKLOADS), help="what is trained")
    parser.add_argument("--threads", type=int, default=len(usable_cpus()), help="threads and CPUs for every racer")
    parser.add_argument("--seed", type=int, default=0, help="seed of the first round; the next takes the next")
    parser.add_argument("--sample", action="store_true", help="use the 4,000 images that come with nnfast")
    parser.add_argument("--images", type=int, help="train on the first so many images only")
    parser.add_argument(
        "--python", type=racer_and_path, action="append", default=[], metavar="RACER=PATH", help="a racer's interpreter"
    )
    parser.add_argument("--json", type=Path, default=Path("bench.json"), help="file for the results")
    parser.add_argument("--markdown", action="store_true", help="print the table as Markdown")
    parser.add_argument("--readme", type=readme, help=f"file to write the table into, after {report.START}")
    options = parser.parse_args(arguments)
    for name in ("epochs", "rounds", "threads"):
        if getattr(options, name) < 1:
            parser.error(f"--{name} must be at least 1")
    return options


def racer_and_path(text: str) -> tuple[str, str]:
    racer, _, path = text.partition("=")
    if racer not in RACERS or not path:
        raise argparse.ArgumentTypeError(f"expected RACER=PATH with a racer of {', '.join(RACERS)}, got {text!r}")
    return racer, path


def readme(text: str) -> Path:
    """A file that has a place for the table: better found wanting before the race than after it."""
    path = Path(text)
    try:
        report.fill(path.read_text(), "")
    except (OSError, ValueError) as problem:
        raise argparse.ArgumentTypeError(f"{text}: {problem}") from problem
    return path


def command(options: argparse.Namespace) -> str:
    """What measures the same again, wherever results and interpreters lie."""
    words = ["python", "bench/run.py"]
    for name in ("epochs", "rounds", "threads", "seed", "racers", "workloads", "images"):
        value = getattr(options, name)
        if value is not None:
            words += [f"--{name}", *(map(str, value) if isinstance(value, list | tuple) else [str(value)])]
    return " ".join(words + ["--sample"] * options.sample)


def usable_cpus() -> list[int]:
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else list(range(os.cpu_count() or 1))


def keep_to_cpus(count: int) -> None:
    """Keeps this process and the racers it starts to so many CPUs, where the system can."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, usable_cpus()[:count])


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


def race(options: argparse.Namespace, data: Path) -> Iterator[dict[str, Any]]:
    """Runs every racer on every workload in every round, and yields one record a run."""
    missing: set[str] = set()
    for number in range(options.rounds):
        for workload in options.workloads:
            job = asdict(WORKLOADS[workload]) | {
                "epochs": options.epochs,
                "warm_up": WARM_UP_EPOCHS,
                "threads": options.threads,
                "seed": options.seed + number,
                "data": str(data),
            }
            for racer in options.racers:
                if racer in missing:
                    continue
                outcome = run_racer(racer, dict(options.python).get(racer, sys.executable), job)
                if "missing" in outcome:
                    missing.add(racer)
                print(f"round {number + 1}, {workload}: {racer} {report.describe(outcome)}", file=sys.stderr)
                yield {"round": number, "workload": workload, "racer": racer} | outcome


def run_racer(racer: str, python: str, job: dict[str, Any]) -> dict[str, Any]:
    """One run in a process of its own: its outcome, or {"missing": module}, or {"failed": the end of what it said}."""
    try:
        done = subprocess.run(
            [python, "-m", f"racers.{racer}"],
            input=json.dumps(job),
            capture_output=True,
            text=True,
            env=environment(job["threads"]),
            timeout=TIMEOUT_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        return {"failed": str(problem)}
    if done.returncode != 0:
        return {"failed": f"exit code {done.returncode}: " + done.stderr[-2000:].strip()}
    outcome: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])  # a library may have printed before
    return outcome


def environment(threads: int) -> dict[str, str]:
    """The variables of this process, with the same threads for all, no accelerator, and no hand-made tuning."""
    kept = {name: value for name, value in os.environ.items() if name not in TUNING_VARIABLES}
    path = os.pathsep.join([str(FOLDER), *filter(None, [os.environ.get("PYTHONPATH")])])  # racers import racers.common
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1", "JAX_PLATFORMS": "cpu"}
    return kept | quiet | {"PYTHONPATH": path} | dict.fromkeys(THREAD_VARIABLES, str(threads))


if __name__ == "__main__":
    sys.exit(main())
