"""What progress is shown as: counts, times, metrics, and the bar."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from nnfast.utils.console import encoding

_BOLD, _GREEN, _GREY, _PLAIN = "\x1b[1m", "\x1b[32m", "\x1b[37m", "\x1b[0m"


def count_of(step: int | None, steps: int | None) -> str:
    """How far an epoch is.

    >>> count_of(3, 10), count_of(3, None)
    (' 3/10', '3/Unknown')
    """
    if steps is None:
        return f"{'?' if step is None else step}/Unknown"
    return f"{step:{len(str(steps))}d}/{steps}"


def metrics_as_text(logs: Mapping[str, Any]) -> list[str]:
    """Each metric as "name: value", small numbers with an exponent."""
    return [f"{name}: {_number(value) if isinstance(value, int | float) else value}" for name, value in logs.items()]


def _number(value: float) -> str:
    return f"{value:.4f}" if abs(value) > 1e-3 else f"{value:.4e}"


def step_time(seconds: float, unit: str = "step") -> str:
    """The time of a step in the unit that suits it.

    >>> step_time(0.0021), step_time(0.000053), step_time(12.4)
    ('2ms/step', '53us/step', '12s/step')
    """
    if seconds >= 1:
        return f"{seconds:.0f}s/{unit}"
    return f"{seconds * 1e3:.0f}ms/{unit}" if seconds >= 1e-3 else f"{seconds * 1e6:.0f}us/{unit}"


def clock(seconds: float) -> str:
    """Seconds as a clock shows them.

    >>> clock(9.7), clock(75), clock(3675)
    ('9s', '1:15', '1:01:15')
    """
    minutes, seconds = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}:{minutes:02d}:{seconds:02d}"
    return f"{minutes}:{seconds:02d}" if minutes else f"{seconds}s"


class BarLine(NamedTuple):
    """A bar with what stands before and after it, and how many characters it takes on the screen."""

    text: str
    width: int


def bar_line(step: int | None, steps: int | None, bar_width: int, duration: str) -> BarLine:
    """The bar at a step of so many; of none done where nobody knows how many."""
    done = min(bar_width * (step or 0) // max(steps, 1), bar_width) if steps is not None else 0
    filled, empty = _bar_characters()
    counter = count_of(step, steps)
    bar = f"{_GREEN}{filled * done}{_PLAIN}{_GREY}{empty * (bar_width - done)}{_PLAIN}"
    text = f"{_BOLD}{counter}{_PLAIN} {bar} {_BOLD}{duration}{_PLAIN}"
    return BarLine(text, len(counter) + 1 + bar_width + 1 + len(duration))


def _bar_characters() -> tuple[str, str]:
    """What the bar's done part and the rest are drawn with."""
    try:
        "━".encode(encoding())
    except UnicodeEncodeError:
        return "=", "."
    return "━", "━"
