"""Where values lie: what a kernel reads from memory, what it may make where it is kept, and what shares memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from nnfast.graph.dtypes import compute_dtype
from nnfast.graph.fuse import Kernel, root
from nnfast.graph.op import Kind
from nnfast.graph.tensor import Shape, SymbolicTensor
from nnfast.graph.trace import Trace
from nnfast.graph.variable import Variable


def operands(kernel: Kernel) -> list[SymbolicTensor]:
    """What a kernel reads from memory: the inputs of its nodes that it does not make itself."""
    made = {id(out) for node in kernel.nodes for out in node.outputs}
    return [tensor for node in kernel.nodes for tensor in node.inputs if id(tensor) not in made]


def dimensions(shape: Iterable[int | None]) -> list[int]:
    """A shape as the engine has it: a negative dimension is that many times the batch."""
    return [-1 if dimension is None else dimension for dimension in shape]


def product(shape: Iterable[int | None]) -> int:
    """The number of elements of a shape, as one such dimension."""
    total = 1
    for dimension in dimensions(shape):
        total *= dimension
    return total


def last_readers(kernels: Sequence[Kernel]) -> dict[int, int]:
    """The position of the last kernel that reads each tensor, by identity; views count as what they view."""
    return {id(root(tensor)): position for position, kernel in enumerate(kernels) for tensor in operands(kernel)}


def reads_elementwise(kernel: Kernel, tensor: SymbolicTensor) -> bool:
    """Whether a kernel reads a tensor only in its chain, each element along with the one it writes there."""
    reads = [(node, source) for node in kernel.nodes for source in node.inputs if root(source) is tensor]
    return all(node is not kernel.head and source.shape == kernel.shape for node, source in reads)


# What may find values out of range.
_CHECKED = (Kind.CROSS_ENTROPY, Kind.TAKE, Kind.TAKE_ALONG)


def direct_stores(trace: Trace, kernels: Sequence[Kernel], outputs: Sequence[SymbolicTensor]) -> dict[int, Variable]:
    """The tensors, by identity, that can be made right in the memory of the Variable they are assigned to.

    That is safe for what one kernel makes if nobody reads the variable's old value afterwards, nor in that same kernel
    other than element by element; and if no label and no index is checked afterwards, for a wrong one leaves variables
    as they were.
    """
    checked = max(
        (at for at, kernel in enumerate(kernels) if kernel.head and kernel.head.op.kind in _CHECKED),
        default=-1,
    )
    last_reader = last_readers(kernels)
    maker = {
        id(out): position for position, kernel in enumerate(kernels) for node in kernel.nodes for out in node.outputs
    }
    kept = {id(root(tensor)) for tensor in outputs} | {
        id(root(value)) for variable, value in trace.values.items() if value is not trace.initial_values[variable]
    }
    stores: dict[int, Variable] = {}
    for variable, value in trace.values.items():
        tensor, old = root(value), trace.initial_values[variable]
        position = maker.get(id(tensor))
        if position is None or position < checked or id(tensor) in stores or id(old) in kept:
            continue
        last = last_reader.get(id(old), -1)
        if last < position or (last == position and reads_elementwise(kernels[position], old)):
            stores[id(tensor)] = variable
    return stores


def panel_variables(
    trace: Trace, kernels: Sequence[Kernel], outputs: Sequence[SymbolicTensor], stores: Mapping[int, Variable]
) -> list[Variable]:
    """The Variables that a Program keeps in panels while it runs: matrices that products alone read and change.

    Panels are the layout in which products read and write fastest; no bit of any result depends on it.
    """
    found = []
    for variable, old in trace.initial_values.items():
        value = trace.values[variable]
        in_place = value is old or stores.get(id(value)) is variable
        others = [other for key, other in trace.values.items() if key is not variable]
        copied = any(root(tensor) is old or root(tensor) is value for tensor in [*outputs, *others])
        if variable.ndim != 2 or variable.kept_dtype != compute_dtype([variable.kept_dtype]) or not in_place or copied:
            continue
        users = [kernel for kernel in kernels if _touches(kernel, old) or _touches(kernel, value)]
        if users and all(_takes_panels(kernel, tensor) for kernel in users for tensor in (old, value)):
            found.append(variable)
    return found


def _touches(kernel: Kernel, tensor: SymbolicTensor) -> bool:
    """Whether a kernel reads or makes a tensor."""
    return any(root(source) is tensor for node in kernel.nodes for source in (*node.inputs, *node.outputs))


def _takes_panels(kernel: Kernel, tensor: SymbolicTensor) -> bool:
    """Whether a kernel can have a matrix in panels: as the right side of its product, or beside what that makes."""
    head = kernel.head
    if not _touches(kernel, tensor):
        return True
    if head is None or head.op.name != "matmul":
        return False
    beside = [source for node in kernel.chain for source in (*node.inputs, *node.outputs) if root(source) is tensor]
    return (
        root(head.inputs[0]) is not tensor
        and (head.inputs[1] is tensor or root(head.inputs[1]) is not tensor)
        and head.outputs[0] is not tensor
        and all(
            source is tensor and source.shape == kernel.shape and source.dtype == kernel.compute for source in beside
        )
    )


def scalar_constant(tensor: SymbolicTensor) -> float | None:
    """The number of a constant with one element; None for anything else."""
    node = root(tensor).node
    if node.op.kind is not Kind.CONSTANT or node.attributes["value"].size != 1:
        return None
    return float(node.attributes["value"].reshape(()))


class _Slot(NamedTuple):
    size: int
    busy_until: int


class Slots:
    """The slots of a Program's arena: memory for values that are alive for a part of it, then used again."""

    # What the batch counts for when sizes are compared; any number gives right results.
    NOMINAL_BATCH = 128

    def __init__(self) -> None:
        self._slots: list[_Slot] = []

    def take(self, shape: Shape, dtype: str, first: int, last: int) -> int:
        """A slot for a value written at position `first` and read for the last time at position `last`."""
        elements = product(shape)
        size = (elements if elements >= 0 else -elements * self.NOMINAL_BATCH) * np.dtype(dtype).itemsize
        free = [number for number, slot in enumerate(self._slots) if slot.busy_until < first]
        if not free:
            self._slots.append(_Slot(size, last))
            return len(self._slots) - 1
        number = min(free, key=lambda candidate: abs(self._slots[candidate].size - size))
        self._slots[number] = _Slot(max(self._slots[number].size, size), last)
        return number
