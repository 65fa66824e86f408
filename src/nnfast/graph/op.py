"""What an op is to the graph: a name, a shape rule, a gradient rule, and the kind of instruction it becomes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum, auto
from typing import Any

from nnfast.graph.tensor import TensorSpec


class Kind(Enum):
    """The families of primitives; each lowers to one kind of instruction."""

    PLACEHOLDER = auto()  # an argument of the traced function
    VARIABLE = auto()  # the value of a Variable when the Program starts
    CONSTANT = auto()
    POINTWISE = auto()
    RESHAPE = auto()  # the same memory under another shape
    MATMUL = auto()
    REDUCE = auto()
    SCAN = auto()
    ARG_SORT = auto()
    INTEGERS = auto()  # operations on bits
    ARG_REDUCE = auto()
    SOFTMAX = auto()
    CROSS_ENTROPY = auto()
    TRANSPOSE = auto()
    CONCATENATE = auto()
    SLICE = auto()
    PAD = auto()
    TAKE = auto()
    TAKE_ALONG = auto()  # rows have indices of their own
    SCATTER = auto()
    SCATTER_ALONG = auto()
    BAG_MAX = auto()  # the greatest of the rows of a table that a sample names
    BAG_MAX_GRADIENT = auto()
    SIZE = auto()
    RANDOM = auto()


# gradient(g, out, *inputs, **attributes) -> one gradient, or None, for each input. Of an op with several outputs g and
# out are sequences, and a g may be None.
GradientRule = Callable[..., Sequence[Any]]


class Op:
    """A primitive.

    Args:
        name: its name in ops.
        kind: which family of instructions it becomes.
        infer: (*input specs, **attributes) -> the specs of its outputs; raises ValueError where they don't go together.
        gradient: its gradient rule, written in ops; or, where the derivative is zero or undefined, the reason.
        kernel: which kernel of the family.
    """

    __slots__ = ("gradient", "infer", "kernel", "kind", "name")

    def __init__(
        self,
        name: str,
        kind: Kind,
        infer: Callable[..., list[TensorSpec]],
        gradient: GradientRule | str,
        kernel: str = "",
    ) -> None:
        self.name = name
        self.kind = kind
        self.infer = infer
        self.gradient = gradient
        self.kernel = kernel


# Every op by name, in the order of definition; the tests walk it.
registry: dict[str, Op] = {}


def register(op: Op) -> Op:
    if op.name in registry:
        raise ValueError(f"Expected a new op, got {op.name!r} a second time.")
    registry[op.name] = op
    return op
