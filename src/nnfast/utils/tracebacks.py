"""Errors and warnings that show users their own lines: the frames of this package are left out."""

from __future__ import annotations

import functools
import os
import sys
import traceback
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any, TypeVar

from nnfast import config

Function = TypeVar("Function", bound=Callable[..., Any])

_HERE = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "")


def leave_out_frames(error: BaseException) -> None:
    """Leaves out of an error's traceback the frames of this package, unless `config.disable_traceback_filtering` was
    called. Where there are no others, the innermost stays.

    To be followed by `raise`, which adds no frame: in functions that are called often, where a `try` costs nothing.
    """
    if not config.is_traceback_filtering_enabled():
        return
    frames = list(traceback.walk_tb(error.__traceback__))
    kept = [pair for pair in frames if not pair[0].f_code.co_filename.startswith(_HERE)] or frames[-1:]
    rest: TracebackType | None = None
    for frame, line in reversed(kept):
        rest = TracebackType(rest, frame, frame.f_lasti, line)
    error.__traceback__ = rest


def filter_traceback(function: Function) -> Function:
    """A function whose errors have the frames of this package left out."""

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except Exception as error:
            leave_out_frames(error)
            raise

    return call  # type: ignore[return-value]


def users_line() -> int:
    """The `stacklevel` of a warning that names the line which called this package, for who warns."""
    frame: FrameType | None = sys._getframe(1)
    level = 1
    while frame is not None and frame.f_code.co_filename.startswith(_HERE):
        frame, level = frame.f_back, level + 1
    return level
