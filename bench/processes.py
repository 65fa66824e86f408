"""Racers in processes of their own, in turn, on the same CPUs with the same threads, and the options of every race."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent
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

Jobs = Iterable[tuple[dict[str, str], dict[str, Any]]]  # labels, and what a racer reads


def add_options(parser: argparse.ArgumentParser, racers: Sequence[str], rounds: int, stored: str) -> None:
    """Adds what every race takes."""

    def racer_and_path(text: str) -> tuple[str, str]:
        racer, _, path = text.partition("=")
        if racer not in racers or not path:
            raise argparse.ArgumentTypeError(f"expected RACER=PATH with a racer of {', '.join(racers)}, got {text!r}")
        return racer, path

    parser.add_argument("--rounds", type=positive, default=rounds, help="turns of each racer")
    parser.add_argument("--racers", nargs="+", choices=racers, default=racers, metavar="RACER", help="who races")
    parser.add_argument("--threads", type=positive, default=len(usable_cpus()), help="threads and CPUs for each racer")
    parser.add_argument(
        "--python", type=racer_and_path, action="append", default=[], metavar="RACER=PATH", help="a racer's interpreter"
    )
    parser.add_argument("--json", type=Path, default=Path(stored), help="file for the results")


def positive(text: str) -> int:
    """A whole number from 1 up."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number of at least 1, got {text!r}")
    return int(text)


def command(script: str, options: argparse.Namespace, names: Sequence[str]) -> str:
    """What measures the same again, wherever results and interpreters lie."""
    words = ["python", f"bench/{script}"]
    for name in names:
        value = getattr(options, name)
        if value is not None and value is not False:
            values = value if isinstance(value, list | tuple) else [] if value is True else [value]
            words += [f"--{name}", *map(str, values)]
    return shlex.join(words)


def usable_cpus() -> list[int]:
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else list(range(os.cpu_count() or 1))


def keep_to_cpus(count: int) -> None:
    """Keeps this process and the racers it starts to so many CPUs, where the system can."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, usable_cpus()[:count])


def take_turns(
    contest: str,
    options: argparse.Namespace,
    jobs: Callable[[int], Jobs],
    describe: Callable[[dict[str, Any]], str],
) -> Iterator[dict[str, Any]]:
    """Runs every racer on every job in every round.

    Args:
        contest: the package in `racers` that has the racers' modules.
        options: those of `add_options`.
        jobs: gives a round's jobs.
        describe: gives a line for an outcome, for whoever waits.

    Yields:
        A record a run: its round, the job's labels, the racer, and the outcome.
    """
    keep_to_cpus(options.threads)
    missing: set[str] = set()
    for number in range(options.rounds):
        for labels, job in jobs(number):
            for racer in options.racers:
                if racer in missing:
                    continue
                python = dict(options.python).get(racer, sys.executable)
                outcome = run_racer(f"racers.{contest}.{racer}", python, job | {"threads": options.threads})
                if "missing" in outcome:
                    missing.add(racer)
                where = ", ".join([f"round {number + 1}", *labels.values()])
                print(f"{where}: {racer} {describe_problem(outcome) or describe(outcome)}", file=sys.stderr)
                yield {"round": number, **labels, "racer": racer, **outcome}


def run_racer(module: str, python: str, job: dict[str, Any]) -> dict[str, Any]:
    """One run in a process of its own: its outcome, or {"missing": module}, or {"failed": the end of what it said}."""
    try:
        done = subprocess.run(
            [python, "-m", module],
            input=json.dumps(job),
            capture_output=True,
            text=True,
            env=environment(job["threads"], job.get("device", "cpu")),
            timeout=TIMEOUT_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        return {"failed": str(problem)}
    if done.returncode != 0:
        return {"failed": f"exit code {done.returncode}: " + done.stderr[-2000:].strip()}
    outcome: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])  # a library may have printed before
    return outcome


def environment(threads: int, device: str) -> dict[str, str]:
    """The variables of this process, with the same threads and the same device for all, and no hand-made tuning."""
    kept = {name: value for name, value in os.environ.items() if name not in TUNING_VARIABLES}
    path = os.pathsep.join([str(FOLDER), *filter(None, [os.environ.get("PYTHONPATH")])])  # racers import racers.common
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "NNFAST_DEVICE": device, "JAX_PLATFORMS": device}
    if device == "cpu":
        quiet["CUDA_VISIBLE_DEVICES"] = "-1"
    return kept | quiet | {"PYTHONPATH": path} | dict.fromkeys(THREAD_VARIABLES, str(threads))


def describe_problem(outcome: dict[str, Any]) -> str | None:
    """Why a run has no result, in a line; None where it has one."""
    if "missing" in outcome:
        return f"is not installed (no module {outcome['missing']})"
    if "failed" in outcome:
        said: str = outcome["failed"]
        return "failed: " + said.rstrip().rpartition("\n")[2]
    return None
