"""Functions of structures of tensors, as the functions of single tensors that are traced."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from nnfast import tree


class Structured:
    """A function of structures of tensors, as one of their leaves that returns the leaves of its result.

    Args:
        function: takes structures of tensors and returns one; None in either is what is not there.
        arguments: the structures, with specs at their leaves.

    Attributes:
        specs: the leaves of the arguments.
        outline: the structure of the last call's result, with "*" at its leaves.

    >>> from nnfast.graph import TensorSpec, abstract
    >>> doubled = Structured(lambda x: {"twice": x["a"] * 2, "no": None}, {"a": TensorSpec((None, 3), "float32")})
    >>> doubled.pack([out.shape for out in abstract(doubled, doubled.specs)])
    {'twice': (None, 3), 'no': None}
    """

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self._function = function
        self._arguments = arguments
        self.specs = tree.present(arguments)
        self.outline: Any = None

    def __call__(self, *tensors: Any) -> list[Any]:
        result = self._function(*tree.fill(self._arguments, tensors))
        self.outline = tree.outline(result)
        return tree.present(result)

    def pack(self, leaves: Sequence[Any]) -> Any:
        """Leaves, such as those of the last call's result, in the structure of that result."""
        return tree.fill(self.outline, leaves)
