"""Half precision that is read as it is stored, by devices that convert what they load: nobody needs it in float32."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy

from nnfast.graph.dtypes import HALVES
from nnfast.graph.fuse import Kernel, root
from nnfast.graph.op import Kind
from nnfast.graph.tensor import Node, SymbolicTensor
from nnfast.graph.trace import Trace


def reading_halves(trace: Trace, kernels: Sequence[Kernel], outputs: Sequence[SymbolicTensor]) -> list[Kernel]:
    """The same kernels, whose products and chains read half precision itself in place of a cast of it to float32 that
    another kernel makes; without the casts that nobody reads then."""
    wanted = {id(root(tensor)) for tensor in [*outputs, *trace.values.values()]}
    kept = []
    for kernel in reversed(kernels):
        reading = _reading_halves(kernel)
        reading.chain = _wanted_nodes(reading.chain, wanted)
        if reading.head is not None and not _wanted_nodes([reading.head], wanted):
            reading.head = None
        if reading.nodes:
            kept.append(reading)
    return kept[::-1]


def _reading_halves(kernel: Kernel) -> Kernel:
    made = {id(out) for node in kernel.nodes for out in node.outputs}

    def replaced(node: Node) -> Node:
        halves = [tensor if id(tensor) in made else _half_under(tensor) for tensor in node.inputs]
        other = copy(node)
        other.inputs = tuple(halves)
        return other

    other = copy(kernel)
    other.chain = [replaced(node) for node in kernel.chain]
    if kernel.head is not None and kernel.head.op.kind is Kind.MATMUL:
        other.head = replaced(kernel.head)
    return other


def _half_under(tensor: SymbolicTensor) -> SymbolicTensor:
    """The tensor of half precision that a tensor in float32 is a cast of, or itself."""
    half = _cast_from(tensor)
    if half is None or tensor.dtype != "float32" or half.dtype not in HALVES:
        return tensor
    half = _before_round_trips(half)
    return tensor if root(half).node.op.kind is Kind.CONSTANT else half  # those are in float32 already


def _before_round_trips(half: SymbolicTensor) -> SymbolicTensor:
    """The tensor that half precision was before it was cast to float32 and back."""
    wide = _cast_from(half)
    earlier = _cast_from(wide) if wide is not None and wide.dtype == "float32" else None
    return half if earlier is None or earlier.dtype != half.dtype else _before_round_trips(earlier)


def _cast_from(tensor: SymbolicTensor) -> SymbolicTensor | None:
    return tensor.node.inputs[0] if tensor.node.op.name == "cast" else None


def _wanted_nodes(nodes: Sequence[Node], wanted: set[int]) -> list[Node]:
    """The nodes that make what is wanted; what they read is wanted, too."""
    kept = []
    for node in reversed(nodes):
        if any(id(out) in wanted for out in node.outputs):
            kept.append(node)
            wanted.update(id(root(tensor)) for tensor in node.inputs)
    return kept[::-1]
