"""What fit, evaluate and predict show while they run: a live bar on a terminal, one line an epoch elsewhere."""

from __future__ import annotations

import time
from typing import Any

from nnfast import config
from nnfast.callbacks.callback import Callback, Logs
from nnfast.utils.console import can_draw_over, print_message
from nnfast.utils.progress_text import bar_line, clock, count_of, metrics_as_text, step_time

_BAR_WIDTH = 20
_SECONDS_BETWEEN_UPDATES = 0.1


def progress_callbacks(verbose: Any) -> list[Callback]:
    """The callback, if any, that shows progress as `verbose` asks.

    Args:
        verbose: 0 shows nothing, 2 one line an epoch, 1 a bar on a terminal and else such lines; "auto" is 1, or 2
            where `config.disable_interactive_logging` was called.

    Raises:
        ValueError: any other value.
    """
    if verbose not in ("auto", 0, 1, 2):
        raise ValueError(f"verbose expects 'auto', 0, 1 or 2, got {verbose!r}")
    if verbose == 0:
        return []
    wants_bar = config.is_interactive_logging_enabled() if verbose == "auto" else verbose == 1
    return [ProgressBar() if wants_bar and can_draw_over() else ProgressLines()]


class ProgressLines(Callback):
    """Prints one line for each epoch, evaluation or prediction when it has ended."""

    heading = ""
    in_fit = False
    steps_ended: float | None = None

    @property
    def epochs(self) -> int:
        return int((self.params or {}).get("epochs") or 1)

    @property
    def steps(self) -> int | None:
        """Batches in an epoch; None while nobody knows."""
        steps: int | None = (self.params or {}).get("steps")
        return steps

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.in_fit = True

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self.heading = f"Epoch {epoch + 1}/{self.epochs}" if self.epochs > 1 else ""
        self.start()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self.finish(logs or {})

    def on_test_begin(self, logs: Logs | None = None) -> None:
        if self.in_fit:  # an epoch's validation, which is shown with the epoch
            self.steps_ended = time.perf_counter()
        else:
            self.start()

    def on_test_end(self, logs: Logs | None = None) -> None:
        if not self.in_fit:
            self.finish(logs or {})

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        self.start()

    def on_predict_end(self, logs: Logs | None = None) -> None:
        self.finish({})

    def start(self) -> None:
        """Take the time at which an epoch, evaluation or prediction begins."""
        self.started = time.perf_counter()
        self.steps_ended = None

    def finish(self, logs: Logs) -> None:
        """Show what came of it."""
        seconds, a_step = self.times()
        parts = [count_of(self.steps, self.steps), f"{seconds:.0f}s", a_step, *metrics_as_text(logs)]
        print_message(" - ".join([*([self.heading] if self.heading else []), *parts]))

    def times(self) -> tuple[float, str]:
        """Seconds since the start, and the time a step took without the validation that came after."""
        now = time.perf_counter()
        return now - self.started, step_time(((self.steps_ended or now) - self.started) / (self.steps or 1))


class ProgressBar(ProgressLines):
    """Redraws a line on the terminal as the batches go by, at most ten times a second."""

    every_batch = False

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        self.update(batch + 1, logs or {})

    def on_test_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        if not self.in_fit:
            self.update(batch + 1, logs or {})

    def on_predict_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        self.update(batch + 1, {})

    def start(self) -> None:
        super().start()
        self.drawn_at = self.started
        self.drawn_width = 0
        if self.heading:
            print_message(self.heading)

    def update(self, step: int, logs: Logs) -> None:
        """Draw the bar at `step` with the time that is left, unless it was drawn a moment ago."""
        now = time.perf_counter()
        if now - self.drawn_at >= _SECONDS_BETWEEN_UPDATES:
            self.drawn_at = now
            seconds_a_step = (now - self.started) / step
            remaining = clock(now - self.started if self.steps is None else seconds_a_step * (self.steps - step))
            import shutil

            # A line that wraps could not be drawn over.
            columns = shutil.get_terminal_size().columns - 1
            self.draw(step, remaining, [step_time(seconds_a_step), *metrics_as_text(logs)], columns)

    def finish(self, logs: Logs) -> None:
        seconds, a_step = self.times()
        self.draw(self.steps, f"{seconds:.0f}s", [a_step, *metrics_as_text(logs)])
        print_message("")

    def draw(self, step: int | None, duration: str, details: list[str], columns: int | None = None) -> None:
        """Write the line over the one before, the details cut where the line would be longer than `columns`."""
        line, width = bar_line(step, self.steps, _BAR_WIDTH, duration)
        text = f" {' - '.join(details)}"
        if columns is not None:
            text = text[: max(columns - width, 0)]
        padding = " " * (self.drawn_width - width - len(text))
        print_message(f"\r{line}{text}{padding}", line_break=False)
        self.drawn_width = width + len(text)


class ProgbarLogger(ProgressBar):
    """What `fit` shows while it runs, as a callback: a bar on a terminal, one line an epoch elsewhere.

    In a list of callbacks it takes the place of the one that `verbose` would have added.
    """

    live = False

    def set_params(self, params: dict[str, Any]) -> None:
        super().set_params(params)
        self.live = params.get("verbose") != 2 and can_draw_over()
        self.hears_batches = self.live

    def start(self) -> None:
        (ProgressBar if self.live else ProgressLines).start(self)

    def finish(self, logs: Logs) -> None:
        (ProgressBar if self.live else ProgressLines).finish(self, logs)

    def update(self, step: int, logs: Logs) -> None:
        if self.live:
            super().update(step, logs)
