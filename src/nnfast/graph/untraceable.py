"""What symbolic tensors can't do, said with the line of the user's code that asks for it."""

from __future__ import annotations

import linecache
import os
import sys

_PACKAGES = (os.path.dirname(os.path.dirname(os.path.realpath(__file__))), "/numpy/")


class UntraceableError(TypeError):
    """Python code that wants the numbers of a tensor while it is traced."""


class UntraceableAttributeError(UntraceableError, AttributeError):
    """The same, of a method that arrays have."""


def untraceable(what: str, instead: str) -> UntraceableError:
    """The error for what can't be done with a symbolic tensor.

    Args:
        what: a sentence's beginning, such as "A symbolic tensor has no len()".
        instead: the way out.
    """
    return UntraceableError(_message(what, instead))


def untraceable_attribute(name: str, instead: str) -> UntraceableAttributeError:
    """The error for an attribute that a symbolic tensor does not have."""
    return UntraceableAttributeError(_message(f"A symbolic tensor has no {name!r}", instead))


def _message(what: str, instead: str) -> str:
    return f"{what}: its numbers are not known while the model is traced. {instead}{_asking_line()}"


def _asking_line() -> str:
    """Where the user's code asks: the innermost line that is neither nnfast's nor NumPy's."""
    frame = sys._getframe(1)
    while frame is not None:
        code = frame.f_code
        if not any(package in code.co_filename for package in _PACKAGES):
            line = linecache.getline(code.co_filename, frame.f_lineno).strip()
            return f" ({code.co_filename}, line {frame.f_lineno}, in {code.co_name}: {line})"
        frame = frame.f_back  # type: ignore[assignment]
    return ""
