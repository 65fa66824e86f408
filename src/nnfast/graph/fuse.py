"""Fusion: the nodes of a trace grouped into kernels, each of which becomes one instruction.

A kernel is one primitive, or a chain of pointwise nodes over one shape, or a matrix product with such a chain as its
epilogue. A kernel runs where its last node stands in the trace, so a node may join a kernel only while nobody outside
has read what the kernel makes. That one rule keeps every order of reads and writes as it was traced.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from nnfast.graph import dtypes
from nnfast.graph.op import Kind
from nnfast.graph.tensor import Node, Shape, SymbolicTensor
from nnfast.graph.trace import Trace

# Nodes that run nothing: values that are there, and views of others.
SOURCES = (Kind.PLACEHOLDER, Kind.VARIABLE, Kind.CONSTANT)
VALUES = (*SOURCES, Kind.RESHAPE)


class Kernel:
    """Nodes that run as one instruction.

    Attributes:
        position: where in the trace it runs: the number of its last node.
        head: the primitive; None for a chain of pointwise nodes alone.
        chain: the pointwise nodes, in order.
        shape: what the chain iterates over.
        compute: the float type the chain computes in; "" for a primitive that takes no chain.
        is_read: whether a node outside reads what it makes.
    """

    def __init__(self, position: int, head: Node | None, chain: list[Node], shape: Shape, compute: str) -> None:
        self.position = position
        self.head = head
        self.chain = chain
        self.shape = shape
        self.compute = compute
        self.is_read = False

    @property
    def nodes(self) -> list[Node]:
        return [*([self.head] if self.head else []), *self.chain]


def root(tensor: SymbolicTensor) -> SymbolicTensor:
    """The tensor whose memory this one is a view of."""
    while tensor.node.op.kind is Kind.RESHAPE:
        tensor = tensor.node.inputs[0]
    return tensor


def compute_dtype(node: Node) -> str:
    """The float type in which a pointwise node computes."""
    return dtypes.compute_dtype([*(tensor.dtype for tensor in node.inputs), node.outputs[0].dtype])


# What is 0 or 1 before it is stored, too.
_TRUTHS = frozenset({"equal", "not_equal", "less", "less_equal", "logical_and", "logical_or", "logical_not", "isnan"})


def rounds_when_stored(node: Node) -> bool:
    """Whether a node's value is exact only after it went through memory: integers, which saturate, bools that are not
    yet 0 or 1, and casts to float32 of what it does not hold; to half precision a step of the chain rounds."""
    target = node.outputs[0].dtype
    if not dtypes.is_float(target):
        return node.op.name not in _TRUTHS
    source = node.inputs[0].dtype
    return node.op.name == "cast" and target == "float32" and dtypes.compute_dtype([source]) != "float32"


def live_nodes(trace: Trace, outputs: Sequence[SymbolicTensor]) -> list[Node]:
    """The nodes that an output or a variable's final value depends on, in order."""
    wanted = {id(tensor.node) for tensor in [*outputs, *trace.arguments, *trace.values.values()]}
    live = []
    for node in reversed(trace.nodes):
        if id(node) in wanted:
            live.append(node)
            wanted.update(id(source.node) for source in node.inputs)
    return live[::-1]


def fuse(trace: Trace, outputs: Sequence[SymbolicTensor]) -> list[Kernel]:
    """Groups a trace's live nodes into kernels, in the order to run them.

    Args:
        trace: what was recorded.
        outputs: what the traced function returned.
    """
    return _Fusion().run(live_nodes(trace, outputs))


def separate(trace: Trace, outputs: Sequence[SymbolicTensor]) -> list[Kernel]:
    """Every live node as a kernel of its own: what a fused graph has to agree with."""
    nodes = live_nodes(trace, outputs)
    return [_single(position, node) for position, node in enumerate(nodes) if node.op.kind not in VALUES]


def _single(position: int, node: Node) -> Kernel:
    shape = node.outputs[0].shape
    if node.op.kind is Kind.POINTWISE:
        return Kernel(position, None, [node], shape, compute_dtype(node))
    return Kernel(position, node, [], shape, node.outputs[0].dtype if node.op.kind is Kind.MATMUL else "")


class _Fusion:
    def __init__(self) -> None:
        self._kernels: list[Kernel] = []
        self._maker: dict[int, Kernel] = {}  # by node

    def run(self, nodes: Iterable[Node]) -> list[Kernel]:
        for position, node in enumerate(nodes):
            if node.op.kind in VALUES:
                continue
            kernel = _single(position, node)
            if node.op.kind is Kind.POINTWISE:
                self._merge_inputs(kernel, node)
            self._kernels.append(kernel)
            self._maker[id(node)] = kernel
            for source in node.inputs:
                made_by = self._maker.get(id(root(source).node))
                if made_by is not None and made_by is not kernel:
                    made_by.is_read = True
        for kernel in self._kernels:
            kernel.chain = _in_order(kernel.chain)
        return sorted(self._kernels, key=lambda kernel: kernel.position)

    def _merge_inputs(self, kernel: Kernel, node: Node) -> None:
        """Takes into a pointwise node's kernel those that make its inputs, where they can run as late as this."""
        for source in node.inputs:
            earlier = self._maker.get(id(source.node))
            if earlier is not None and earlier is not kernel and _can_merge(earlier, kernel, source):
                self._merge(earlier, kernel)

    def _merge(self, earlier: Kernel, kernel: Kernel) -> None:
        kernel.head = kernel.head or earlier.head
        kernel.chain = [*earlier.chain, *kernel.chain]
        for node in earlier.nodes:
            self._maker[id(node)] = kernel
        self._kernels.remove(earlier)


def _in_order(chain: list[Node]) -> list[Node]:
    """The chain with every node right after those that it reads: one formula gives one chain, however merged.

    Of operands, the one that wants more registers comes first, so that few values wait (Sethi and Ullman, 1970).
    """
    members = {id(node) for node in chain}
    operands = {id(node): [source.node for source in node.inputs if id(source.node) in members] for node in chain}
    read = {id(operand) for node in chain for operand in operands[id(node)]}
    results = [node for node in chain if id(node) not in read]
    registers: dict[int, int] = {}  # wanted for a node
    for node in _after_operands(results, operands):
        wanted = sorted((registers[id(operand)] for operand in operands[id(node)]), reverse=True)
        registers[id(node)] = max((count + held for held, count in enumerate(wanted)), default=1)
    for nodes in operands.values():
        nodes.sort(key=lambda operand: registers[id(operand)], reverse=True)
    return _after_operands(results, operands)


def _after_operands(results: list[Node], operands: dict[int, list[Node]]) -> list[Node]:
    """The results and all that they are made of, each node once and right after its operands, in their order."""
    placed: dict[int, Node] = {}
    waiting = results[::-1]
    while waiting:
        node = waiting[-1]
        missing = [operand for operand in operands[id(node)] if id(operand) not in placed]
        if missing:
            waiting.extend(reversed(missing))
        else:
            placed[id(waiting.pop())] = node
    return list(placed.values())


def _can_merge(earlier: Kernel, kernel: Kernel, source: SymbolicTensor) -> bool:
    """Whether all of an earlier kernel can run in this one, where nobody has read it yet."""
    if earlier.shape != kernel.shape or earlier.compute != kernel.compute or earlier.is_read:
        return False
    if source.node.op.kind is Kind.POINTWISE and rounds_when_stored(source.node):
        return False
    if earlier.head is not None and kernel.head is not None:
        return False
    if _reads_view_of(earlier, kernel):
        return False
    head = earlier.head or kernel.head
    chain = [*earlier.chain, *kernel.chain]
    return head is None or all(_fits_epilogue(tensor, head) for node in chain for tensor in node.inputs)


def _reads_view_of(earlier: Kernel, kernel: Kernel) -> bool:
    """Whether a node of the kernel reads, under another shape, what the earlier one would still be making."""
    made = {id(node) for node in earlier.nodes}
    operands = (tensor for node in kernel.chain for tensor in node.inputs if tensor.node.op.kind is Kind.RESHAPE)
    return any(id(root(tensor).node) in made for tensor in operands)


def _fits_epilogue(tensor: SymbolicTensor, head: Node) -> bool:
    """Whether an operand can be read over (rows, columns): it has all of the leading dimensions, or none."""
    shape = head.outputs[0].shape
    padded = (1,) * (len(shape) - tensor.ndim) + tensor.shape
    leading = [want == got for want, got in zip(shape[:-1], padded[:-1], strict=True)]
    return all(leading) or all(got == 1 for got in padded[:-1])
