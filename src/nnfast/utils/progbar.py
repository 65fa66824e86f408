"""Progbar: a bar for loops of one's own."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from nnfast.utils.console import can_draw_over, print_message
from nnfast.utils.progress_text import bar_line, clock, count_of, metrics_as_text, step_time


class Progbar:
    """Shows how far a loop is: on a terminal as a bar that is drawn over, elsewhere as a line when it has ended.

    Args:
        target: how many steps there are; None where nobody knows.
        width: of the bar, in characters; default 20.
        verbose: 0 shows nothing, 1 a bar, 2 a line at the end; default 1.
        interval: seconds between two updates of the bar, at least; default 0.05.
        stateful_metrics: names of values to be shown as they are, where others are averaged; default none.
        stateless_metrics: names of values to be averaged, where others are shown as they are; instead of the former.
        unit_name: what a step is called; default "step".

    Raises:
        ValueError: both kinds of names.

    >>> bar = Progbar(2, verbose=2)
    >>> for step in (1, 2):
    ...     bar.update(step, [("loss", 0.5 * step)])  # doctest: +ELLIPSIS
    2/2 - 0s - ...s/step - loss: 0.7500
    """

    def __init__(
        self,
        target: int | None,
        width: int = 20,
        verbose: int = 1,
        interval: float = 0.05,
        stateful_metrics: Iterable[str] | None = None,
        stateless_metrics: Iterable[str] | None = None,
        unit_name: str = "step",
    ) -> None:
        if stateful_metrics is not None and stateless_metrics is not None:
            raise ValueError("Only one of `stateful_metrics` or `stateless_metrics` can be provided.")
        self.target = target
        self.width = width
        self.verbose = verbose
        self.interval = interval
        self.unit_name = unit_name
        self._averaged = None if stateless_metrics is None else set(stateless_metrics)
        self._shown = set(stateful_metrics or ())
        self._values: dict[str, tuple[float, int]] = {}  # sums, and of how many steps
        self._seen = 0
        self._started = time.perf_counter()
        self._drawn_at = float("-inf")
        self._drawn_width = 0

    def update(
        self, current: int, values: Iterable[tuple[str, Any]] | None = None, finalize: bool | None = None
    ) -> None:
        """Show the bar at a step.

        Args:
            current: the step, from 1.
            values: (name, value of the steps since the last update); default none.
            finalize: whether this is the last update; default: whether the target is reached.
        """
        if finalize is None:
            finalize = self.target is not None and current >= self.target
        for name, value in values or ():
            steps = 1 if finalize and self._averaged is not None else max(current - self._seen, 1)
            is_averaged = name not in self._shown if self._averaged is None else name in self._averaged
            total, count = self._values.get(name, (0.0, 0)) if is_averaged else (0.0, 0)
            self._values[name] = total + float(value) * steps, count + steps
        self._seen = current
        now = time.perf_counter()
        if self.verbose == 1 and can_draw_over():
            if finalize or now - self._drawn_at >= self.interval:
                self._drawn_at = now
                self._draw(current, now - self._started, finalize)
        elif self.verbose and finalize:
            parts = [count_of(current, self.target), f"{now - self._started:.0f}s", *self._details(now)]
            print_message(" - ".join(parts))

    def add(self, n: int, values: Iterable[tuple[str, Any]] | None = None) -> None:
        """Show the bar `n` steps further on."""
        self.update(self._seen + n, values)

    def _details(self, now: float) -> list[str]:
        means = {name: total / count for name, (total, count) in self._values.items()}
        return [step_time((now - self._started) / max(self._seen, 1), self.unit_name), *metrics_as_text(means)]

    def _draw(self, current: int, seconds: float, finalize: bool) -> None:
        remaining = seconds / max(current, 1) * ((self.target or 0) - current)
        duration = f"{seconds:.0f}s" if finalize or self.target is None else clock(remaining)
        details = f" {' - '.join(self._details(self._started + seconds))}"
        line = bar_line(current, self.target, self.width, duration)
        width = line.width + len(details)
        print_message(f"\r{line.text}{details}{' ' * (self._drawn_width - width)}", line_break=finalize)
        self._drawn_width = width
