"""Changes that hold only under a condition, in a step that is traced once for both cases."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from nnfast import ops
from nnfast.graph import Variable


@contextmanager
def changing_only_if(condition: Any, variables: Iterable[Variable]) -> Iterator[None]:
    """What is assigned to the variables inside holds only if the condition, a scalar, is true.

    >>> counter = Variable(1.0)
    >>> for condition in (True, False):
    ...     with changing_only_if(condition, [counter]):
    ...         counter.assign_add(10.0)
    >>> float(counter)
    11.0
    """
    before = [(variable, variable.value) for variable in variables]
    yield
    for variable, old in before:
        new = variable.value
        if new is not old:  # in a trace, the variables that nobody assigned cost nothing
            variable.assign(ops.where(condition, new, old))
