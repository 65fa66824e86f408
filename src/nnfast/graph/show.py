"""What runs, as text: the traced graph, the fused graph, the Program."""

from __future__ import annotations

from collections.abc import Sequence

from nnfast.graph.fuse import Kernel
from nnfast.graph.op import Kind
from nnfast.graph.tensor import Node, SymbolicTensor
from nnfast.graph.trace import Trace


class _Names:
    """Short names for tensors: variables by their own, others by the op and a number."""

    def __init__(self) -> None:
        self._names: dict[int, str] = {}

    def __call__(self, tensor: SymbolicTensor) -> str:
        name = self._names.get(id(tensor))
        if name is None:
            node = tensor.node
            if node.op.kind is Kind.VARIABLE:
                name = node.attributes["variable"].name
            elif node.op.kind is Kind.CONSTANT and node.attributes["value"].ndim == 0:
                return str(node.attributes["value"][()])
            else:
                name = f"{node.op.name}_{len(self._names)}"
            self._names[id(tensor)] = name
        return name


def _shape(tensor: SymbolicTensor) -> str:
    dimensions = ", ".join("batch" if dimension is None else str(dimension) for dimension in tensor.shape)
    return f"{tensor.dtype}[{dimensions}]"


def _line(node: Node, names: _Names) -> str:
    results = ", ".join(f"{names(out)}: {_shape(out)}" for out in node.outputs)
    attributes = [f"{key}={value!r}" for key, value in node.attributes.items() if key not in ("spec", "value")]
    arguments = ", ".join([*(names(source) for source in node.inputs), *attributes])
    return f"{results} = {node.op.name}({arguments})"


def show(trace: Trace, kernels: Sequence[Kernel], listing: Sequence[str]) -> str:
    """The three stages: the traced graph, the fused graph with the nodes of each kernel, and the instructions."""
    names = _Names()
    lines = ["traced graph:"]
    lines += [f"  {_line(node, names)}" for node in trace.nodes if node.op.kind not in (Kind.VARIABLE, Kind.CONSTANT)]
    lines += [f"  {variable.name} <- {names(value)}" for variable, value in trace.values.items()]
    lines.append("fused graph:")
    for kernel in kernels:
        first, *rest = kernel.nodes
        lines.append(f"  {_line(first, names)}")
        lines += [f"    + {_line(node, names)}" for node in rest]
    return "\n".join([*lines, "program:", *(f"  {line}" for line in listing)])
