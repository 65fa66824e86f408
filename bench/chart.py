"""The race as a picture: seconds an epoch of every racer, a panel a workload."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import report

OURS, THEIRS = "#d1495b", "#8d99ae"
COLUMNS = 2


def require() -> None:
    """Raises ImportError where no chart can be drawn."""
    try:
        import matplotlib  # noqa: F401
    except ImportError as missing:
        raise ImportError("the chart needs matplotlib: pip install matplotlib") from missing


def draw(result: dict[str, Any], path: Path) -> None:
    """Writes a PNG of a race's result, whose folder is made where it is not there."""
    from matplotlib.figure import Figure

    workloads = result["workloads"]
    columns = min(COLUMNS, len(workloads))
    lines = math.ceil(len(workloads) / columns)
    figure = Figure(figsize=(5.2 * columns, 0.8 + 2.7 * lines), layout="constrained")
    panels = list(figure.subplots(lines, columns, squeeze=False).flat)
    for panel, name in zip(panels, workloads, strict=False):
        draw_workload(panel, [each for each in result["summary"] if each["workload"] == name])
        panel.set_title(workloads[name]["title"], fontsize=10, loc="left", fontweight="bold")
    for panel in panels[len(workloads) :]:
        panel.set_visible(False)
    about = result["machine"]
    figure.supxlabel(
        f"median seconds an epoch of {result['training_images']:,} images, with a line from the fastest epoch to the "
        f"slowest; less is better\n{report.computer(result)}, {about['date'][:10]}",
        fontsize=8,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120)


def draw_workload(panel: Any, records: list[dict[str, Any]]) -> None:
    """A bar for each racer, the first on top, with its seconds and ratio; in the bar's place what was in the way."""
    longest = max((each["slowest"] for each in records if "slowest" in each), default=1.0)
    for row, each in enumerate(records):
        if "problem" in each:
            panel.text(0, row, f" {each['problem']}", va="center", fontsize=8, color="grey")
            continue
        seconds = each["median"]
        spread = [[seconds - each["fastest"]], [each["slowest"] - seconds]]
        panel.barh(row, seconds, color=OURS if each["racer"] == "nnfast" else THEIRS)
        panel.errorbar(seconds, row, xerr=spread, color="black", linewidth=0.8, capsize=2)
        ratio = f"  {each['ratio']:.1f}x" if "ratio" in each else ""
        panel.text(each["slowest"] + 0.015 * longest, row, f" {seconds:.3f} s{ratio}", va="center", fontsize=8)
    panel.set_yticks(range(len(records)), [each["racer"] for each in records], fontsize=9)
    panel.set_ylim(len(records) - 0.4, -0.6)
    panel.set_xlim(0, 1.3 * longest)  # room for the numbers
    panel.tick_params(axis="x", labelsize=8)
    panel.spines[["top", "right"]].set_visible(False)
