"""Races single ops of nnfast against NumPy's, PyTorch's and JAX's: `python bench/ops.py`.

Every racer calls the ops a dense network is made of with the same numbers, in a process of its own, one racer after the
other, round after round. nnfast runs twice: called eagerly, as the others are, and inside a Program, as training runs
its ops. Matrix products are also given as a share of what the CPU's multiply-adds can do at most, which is measured.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import sys
from collections.abc import Sequence
from typing import Any

import processes
import report
from cases import CASES

RACERS = ("nnfast", "nnfast_program", "numpy", "torch", "jax")


def main(arguments: Sequence[str] | None = None) -> int:
    options = parse(arguments)
    titles = [title for title in CASES if not options.cases or any(part in title for part in options.cases)]
    job = {"cases": titles, "dtype": options.dtype, "seconds": options.seconds}
    runs = list(processes.take_turns("ops", options, lambda number: [({}, job)], describe))
    summary = summarise(titles, runs)
    result = {
        "command": processes.command("ops.py", options, ("rounds", "racers", "threads", "dtype", "seconds", "cases")),
        "machine": report.machine(),
        "options": {name: getattr(options, name) for name in ("rounds", "threads", "dtype", "seconds")},
        "peak_gflops": peak(runs),
        "summary": summary,
        "runs": runs,
    }
    options.json.write_text(json.dumps(result, indent=1) + "\n")
    print(headline(result))
    print(report.text(table(summary, options.racers)))
    print(f"\n{report.origin(result)}\nEverything measured is in {options.json}.")
    disagreements = disagreeing(runs)
    for line in disagreements:
        print(line, file=sys.stderr)
    return 1 if disagreements or any("failed" in run for run in runs) else 0


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Races single ops against those of nnfast's peers.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    processes.add_options(parser, RACERS, rounds=3, stored="bench-ops.json")
    parser.add_argument("--dtype", choices=["float32", "float64"], default="float32", help="of all numbers")
    parser.add_argument("--seconds", type=float, default=0.1, help="for each case, racer and round")
    parser.add_argument("--cases", nargs="+", metavar="PART", help="only cases with one of these in their titles")
    options = parser.parse_args(arguments)
    if not options.seconds > 0:
        parser.error(f"expected --seconds above 0, got {options.seconds}")
    if options.cases and not any(part in title for part in options.cases for title in CASES):
        parser.error(f"no case has {' or '.join(map(repr, options.cases))} in its title; there are: {'; '.join(CASES)}")
    return options


def describe(outcome: dict[str, Any]) -> str:
    """One run's outcome in a line."""
    return f"has measured {len(outcome['seconds'])} cases"


def peak(runs: list[dict[str, Any]]) -> float | None:
    """The most GFLOP/s that any round measured of nothing but multiply-adds; nnfast has the loop for it."""
    return max((run["details"]["peak"] for run in runs if "peak" in run.get("details", {})), default=None)


def summarise(titles: Sequence[str], runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A record for each case and racer that did it: the median over rounds in microseconds, the ratio to nnfast called
    eagerly, and for products GFLOP/s and their share of the peak."""
    most = peak(runs)
    records = []
    for title in titles:
        seconds: dict[str, list[float]] = {}
        for run in runs:
            if title in run.get("seconds", {}):
                seconds.setdefault(run["racer"], []).append(run["seconds"][title])
        medians = {racer: statistics.median(measured) for racer, measured in seconds.items()}
        versions = {run["racer"]: run["version"] for run in runs if "version" in run}
        for racer, median in medians.items():
            record = {
                "case": title,
                "racer": racer,
                "version": versions[racer],
                "libraries": {},
                "microseconds": 1e6 * median,
            }
            if "nnfast" in medians:
                record["ratio"] = median / medians["nnfast"]
            flops = CASES[title].flops
            if flops:
                record["gflops"] = flops / median / 1e9
                if most:
                    record["share_of_peak"] = record["gflops"] / most
            records.append(record)
    return records


def disagreeing(runs: list[dict[str, Any]]) -> list[str]:
    """A line for each case where a racer computed something else than the first racer that did it."""
    first: dict[str, tuple[str, list[float]]] = {}
    lines = {}
    for run in runs:
        for title, digest in run.get("digests", {}).items():
            racer, expected = first.setdefault(title, (run["racer"], digest))
            same = len(digest) == len(expected) and all(
                math.isclose(ours, theirs, rel_tol=CASES[title].tolerance)
                for ours, theirs in zip(digest, expected, strict=True)
            )
            if not same:
                lines[title, run["racer"]] = (
                    f"{title}: {run['racer']} computed something else than {racer}: results whose absolute values add "
                    f"up to {digest}, expected {expected}"
                )
    return list(lines.values())


def headline(result: dict[str, Any]) -> str:
    """What the table's numbers mean."""
    options, most = result["options"], result["peak_gflops"]
    products = f", share of the multiply-add peak of {most:.0f} GFLOP/s" if most else ""
    return (
        f"{report.computer(result)}, {options['dtype']}.\n"
        f"Median microseconds a call over {options['rounds']} rounds, times nnfast's called eagerly{products}.\n"
    )


def table(summary: list[dict[str, Any]], racers: Sequence[str]) -> list[report.Row]:
    """A row for each case, a column for each racer that ran, titles first."""
    ran = [racer for racer in racers if any(each["racer"] == racer for each in summary)]
    cells = {(each["case"], each["racer"]): cell(each) for each in summary}
    titles = dict.fromkeys(each["case"] for each in summary)
    return [["case", *ran], *([title, *(cells.get((title, racer), "-") for racer in ran)] for title in titles)]


def cell(record: dict[str, Any]) -> str:
    parts = [f"{record['microseconds']:.1f}"]
    if "ratio" in record:
        parts.append(f"{record['ratio']:.2f}x")
    if "share_of_peak" in record:
        parts.append(f"{record['share_of_peak']:.0%}")
    return " ".join(parts)


if __name__ == "__main__":
    sys.exit(main())
