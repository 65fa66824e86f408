"""What the benchmarks print and store: the machine, medians and ratios, tables."""

from __future__ import annotations

import datetime
import os
import platform
import statistics
from typing import Any

Row = list[str]
START, END = "<!-- bench:start -->", "<!-- bench:end -->"


def machine() -> dict[str, Any]:
    """The machine, its software and the time, for the record."""
    return {
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "cpu": cpu_name(),
        "cpus": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
    }


def cpu_name() -> str:
    try:
        with open("/proc/cpuinfo") as lines:
            return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def describe(outcome: dict[str, Any]) -> str:
    """One training run's outcome in a line."""
    return f"{statistics.median(outcome['epoch_seconds']):.3f} s an epoch, accuracy {outcome['test_accuracy']:.4f}"


def summarise(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One record for each workload and racer: over all rounds, the median, fastest and slowest epoch in seconds, the
    median test accuracy, and the median's ratio to nnfast's; or, where no run ended well, what was in the way."""
    pairs = list(dict.fromkeys((run["workload"], run["racer"]) for run in runs))
    records = [record(*pair, [run for run in runs if (run["workload"], run["racer"]) == pair]) for pair in pairs]
    reference = {each["workload"]: each["median"] for each in records if each["racer"] == "nnfast" and "median" in each}
    for each in records:
        if "median" in each and each["workload"] in reference:
            each["ratio"] = each["median"] / reference[each["workload"]]
    return records


def record(workload: str, racer: str, runs: list[dict[str, Any]]) -> dict[str, Any]:
    finished = [run for run in runs if "epoch_seconds" in run]
    who = {"workload": workload, "racer": racer}
    if not finished:
        return who | {"problem": "not installed" if "missing" in runs[0] else "failed"}
    seconds = [second for run in finished for second in run["epoch_seconds"]]
    return who | {
        "version": finished[0]["version"],
        "libraries": finished[0]["libraries"],
        "median": statistics.median(seconds),
        "fastest": min(seconds),
        "slowest": max(seconds),
        "test_accuracy": statistics.median(run["test_accuracy"] for run in finished),
    }


def headline(result: dict[str, Any]) -> str:
    """What the table's numbers mean and where they come from."""
    options = result["options"]
    data = "of the sample that comes with nnfast" if options["sample"] else "of MNIST"
    epochs = result["warm_up_epochs"] + options["epochs"]
    instructions = f", nnfast with {result['nnfast']['instruction set']}" if result["nnfast"] else ""
    if result["nnfast"] and result["nnfast"]["device"] != "cpu":
        instructions = f", on {result['nnfast']['device']}"
    return (
        f"{computer(result)}{instructions}; {result['training_images']:,} training images {data}.\n"
        f"Median seconds an epoch ({options['rounds']} rounds of {options['epochs']} epochs), times nnfast's, "
        f"test accuracy after {epochs} epochs.\n"
    )


def computer(result: dict[str, Any]) -> str:
    """The CPU, and how much of it a racer has."""
    about, threads = result["machine"], result["options"]["threads"]
    return f"{about['cpu']} with {about['cpus']} CPUs, {threads} thread{'s' * (threads > 1)}"


def table(result: dict[str, Any]) -> list[Row]:
    """A row for each racer, a column for each workload, titles first."""
    cells = {(each["racer"], each["workload"]): each for each in result["summary"]}
    absent = {each["racer"]: each for each in result["summary"] if each.get("problem") == "not installed"}
    rows = [["racer", *(workload["title"] for workload in result["workloads"].values())]]
    for racer in dict.fromkeys(each["racer"] for each in result["summary"]):
        entries = [cells.get((racer, workload)) or absent[racer] for workload in result["workloads"]]
        version = next((entry["version"] for entry in entries if "version" in entry), "")
        rows.append([f"{racer} {version}".strip(), *map(cell, entries)])
    return rows


def cell(entry: dict[str, Any]) -> str:
    if "problem" in entry:
        return str(entry["problem"])
    ratio = f"{entry['ratio']:.1f}x, " if "ratio" in entry else ""
    return f"{entry['median']:.3f} s, {ratio}{entry['test_accuracy']:.1%}"


def text(rows: list[Row]) -> str:
    """Columns set apart by blanks."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(entry.ljust(width) for entry, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def markdown(rows: list[Row]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([lines[0], "|" + " --- |" * len(rows[0]), *lines[1:]])


def origin(result: dict[str, Any]) -> str:
    """When, with what and by which command a table was measured."""
    about = result["machine"]
    when = f"Measured on {about['date'][:10]} with Python {about['python']} on {about['system']}"
    return f"{when}, with {', '.join(libraries(result['summary']))}, by\n`{result['command']}`."


def libraries(summary: list[dict[str, Any]]) -> list[str]:
    """Every racer that ran, with its version and the versions of what it stands on."""
    ran = {each["racer"]: each for each in summary if "version" in each}
    return [
        f"{racer} {each['version']}" + "".join(f" ({name} {version})" for name, version in each["libraries"].items())
        for racer, each in ran.items()
    ]


def fill(document: str, content: str) -> str:
    """The document with this content between its two markers, instead of what was there.

    Raises:
        ValueError: the document does not have both markers, in order and once.
    """
    before, start, rest = document.partition(START)
    _, end, after = rest.partition(END)
    if not (start and end) or START in rest or END in before + after:
        raise ValueError(f"expected {START} and later {END} in the document, each once")
    return f"{before}{START}\n{content.strip()}\n{END}{after}"
