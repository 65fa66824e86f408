"""What optimizers accept: numbers in their ranges, and no other arguments than they have."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np


def check_learning_rate(learning_rate: Any) -> float:
    """`learning_rate` as a float; a ValueError unless it is a finite number >= 0."""
    rate = _number(learning_rate)
    if not 0 <= rate < math.inf:
        raise ValueError(f"learning_rate must be a number >= 0, such as 0.001, or a schedule, got {learning_rate!r}")
    return rate


def check_between(name: str, value: float, low: float, high: float = math.inf) -> float:
    """`value` as a float; a ValueError unless low <= value <= high."""
    number = _number(value)
    if not low <= number <= high:
        known = {(0, math.inf): "needs to be positive or zero", (-math.inf, 0): "needs to be negative or zero"}
        expected = known.get((low, high), f"must be a float between [{low}, {high}]")
        raise ValueError(f"`{name}` {expected}. Received: {name}={value!r}.")
    return number


def check_positive(name: str, value: Any) -> Any:
    """`value`; a ValueError unless it is a number > 0."""
    if not _number(value) > 0:
        raise ValueError(f"{name} must be a number > 0, got {value!r}")
    return value


def check_clips(**clips: float | None) -> None:
    """Raise a ValueError unless at most one clip is given, and that one is a number > 0."""
    given = {name: value for name, value in clips.items() if value is not None}
    if len(given) > 1:
        raise ValueError(f"Only one of `clipnorm`, `clipvalue` and `global_clipnorm` can be set. Received: {given}")
    for name, value in given.items():
        check_positive(name, value)


def check_unknown(optimizer: str, arguments: dict[str, Any]) -> None:
    """Raise a ValueError that names arguments that do not exist; tf.keras's `decay` only gives a warning."""
    if arguments.pop("decay", None) is not None:
        warnings.warn("The argument `decay` is ignored, as in Keras 3", stacklevel=4)
    if arguments:
        advice = " The learning rate is called learning_rate." if "lr" in arguments else ""
        raise ValueError(f"Unknown arguments of {optimizer}: {', '.join(sorted(arguments))}.{advice}")


def check_count(name: str, value: Any, least: int) -> int:
    """`value`; a ValueError unless it is a whole number of at least `least`."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= least:
        return value
    raise ValueError(f"`{name}` must be an integer >= {least}. Received: {name}={value!r}")


def _number(value: Any) -> float:
    """`value` as a float; NaN, which lies in no range, for what is no number."""
    if isinstance(value, bool | str | bytes) or callable(value):
        return math.nan
    try:
        number = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        return math.nan
    return float(number) if number.ndim == 0 else math.nan
