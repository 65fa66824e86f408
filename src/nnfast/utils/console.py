"""Printing to wherever standard output leads, and training on where it leads nowhere."""

from __future__ import annotations

import sys


def print_message(text: str, line_break: bool = True) -> None:
    """Print to standard output, characters that it does not know as "?"; where it is gone or closed, do nothing.

    Args:
        text: what to print.
        line_break: whether a line ends after it; default True.
    """
    if sys.stdout is None:
        return
    try:
        sys.stdout.write(text.encode(encoding(), "replace").decode(encoding()) + ("\n" if line_break else ""))
        sys.stdout.flush()
    except (OSError, ValueError):
        pass


def encoding() -> str:
    """How standard output encodes text."""
    return getattr(sys.stdout, "encoding", None) or "utf-8"


def can_draw_over() -> bool:
    """Whether what is printed can be drawn over: on a terminal, and in a notebook."""
    try:
        return sys.stdout.isatty() or "ipykernel" in sys.modules
    except (AttributeError, ValueError):  # replaced by something simpler, None, or closed
        return False
