"""What each op becomes in ONNX."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from nnfast.graph.tensor import Node, SymbolicTensor
from nnfast.saving.onnx_graph import Graph

# Ops that ONNX has under other names.
_SAME = {
    "negative": "Neg",
    "absolute": "Abs",
    "sign": "Sign",
    "sqrt": "Sqrt",
    "reciprocal": "Reciprocal",
    "exp": "Exp",
    "log": "Log",
    "tanh": "Tanh",
    "sigmoid": "Sigmoid",
    "relu": "Relu",
    "floor": "Floor",
    "ceil": "Ceil",
    "round": "Round",
    "sin": "Sin",
    "cos": "Cos",
    "erf": "Erf",
    "isnan": "IsNaN",
    "add": "Add",
    "subtract": "Sub",
    "multiply": "Mul",
    "divide": "Div",
    "power": "Pow",
    "maximum": "Max",
    "minimum": "Min",
    "equal": "Equal",
    "less": "Less",
    "less_equal": "LessOrEqual",
}
_LOGICAL = {"logical_not": "Not", "logical_and": "And", "logical_or": "Or"}
_REDUCTIONS = {"sum": "ReduceSum", "max": "ReduceMax", "min": "ReduceMin"}
_ROUNDING = ("floor", "ceil", "round")

# What runtimes compute with; other whole numbers, and truth values, are computed with as int64.
_NUMBERS = ("float16", "float32", "float64", "int32", "int64")

_LEAST = -(2**63)


def convert(graph: Graph, node: Node) -> str:
    """Writes what an op becomes, and returns what its output is called.

    Raises:
        ValueError: an op that ONNX does not have.
    """
    name = node.op.name
    if name in _SAME:
        return _same(graph, node)
    if name in _LOGICAL:
        return graph.add(_LOGICAL[name], *(_truth(graph, tensor) for tensor in node.inputs))
    if name in _REDUCTIONS:
        axes = range(node.attributes["axis"], node.attributes["axis"] + node.attributes["axes"])
        return _in_numbers(graph, node, lambda x: graph.add(_REDUCTIONS[name], x, graph.integers(axes), keepdims=0))
    if name not in _OTHERS:
        raise ValueError(
            f"Expected ops that ONNX has, got {name!r}, which can't be exported: {_REASONS.get(name, 'it has none')}"
        )
    return _OTHERS[name](graph, node, *(graph.name_of(tensor) for tensor in node.inputs), **node.attributes)


_REASONS = {
    "random_uniform": "random numbers are drawn from a state that the file would not keep",
    "scatter_add": "it is the gradient of take",
    "softmax_cross_entropy": "it is a loss",
    "relu_gradient": "it is a gradient",
}


def _same(graph: Graph, node: Node) -> str:
    if node.op.name in _ROUNDING and not node.inputs[0].dtype.startswith("float"):
        return graph.name_of(node.inputs[0])
    return _in_numbers(graph, node, lambda *names: graph.add(_SAME[node.op.name], *names))


def _in_numbers(graph: Graph, node: Node, compute: Callable[..., str]) -> str:
    """What an op makes of its operands, in a type that runtimes compute with, and cast back."""
    names = [graph.name_of(tensor) for tensor in node.inputs]
    dtype, out = node.inputs[0].dtype, node.outputs[0].dtype
    if dtype in _NUMBERS:
        return compute(*names)
    result = compute(*(graph.cast(name, "int64") for name in names))
    return result if out == "bool" and dtype != "bool" else graph.cast(result, out)


def _truth(graph: Graph, tensor: SymbolicTensor) -> str:
    name = graph.name_of(tensor)
    return name if tensor.dtype == "bool" else graph.cast(name, "bool")


def _one(graph: Graph, node: Node) -> str:
    return graph.constant(1, node.outputs[0].dtype)


def _not_equal(graph: Graph, node: Node, x: str, y: str) -> str:
    return graph.add("Not", _in_numbers(graph, node, lambda *names: graph.add("Equal", *names)))


def _where(graph: Graph, node: Node, condition: str, x: str, y: str) -> str:
    return graph.add("Where", _truth(graph, node.inputs[0]), x, y)


def _reshape(graph: Graph, node: Node, x: str, shape: Sequence[int | None]) -> str:
    return _reshaped(graph, x, shape)


def _reshaped(graph: Graph, x: str, shape: Sequence[int | None]) -> str:
    if 0 in shape:  # beside which no length may be left open
        return graph.add("Reshape", x, graph.shape(tuple(shape)), allowzero=1)
    return graph.add("Reshape", x, graph.integers([-1 if size is None else size for size in shape]))


def _matmul(graph: Graph, node: Node, a: str, b: str, transpose_a: bool, transpose_b: bool) -> str:
    """A product of matrices; leading dimensions of an operand are more of its rows."""
    left, right = node.inputs
    if not transpose_a and right.ndim == 2:  # ONNX's own, whatever the left side's leading dimensions
        return graph.add("MatMul", a, _transposed(graph, b, 2) if transpose_b else b)
    a, b = (
        name if side.ndim == 2 else _reshaped(graph, name, (-1, side.shape[-1]))
        for name, side in ((a, left), (b, right))
    )
    a = _transposed(graph, a, 2) if transpose_a else a
    b = _transposed(graph, b, 2) if transpose_b else b
    return _reshaped(graph, graph.add("MatMul", a, b), node.outputs[0].shape)


def _batched_matmul(graph: Graph, node: Node, a: str, b: str, transpose_a: bool, transpose_b: bool) -> str:
    left, right = node.inputs
    a = _transposed(graph, a, left.ndim) if transpose_a else a
    b = _transposed(graph, b, right.ndim) if transpose_b else b
    return graph.add("MatMul", a, b)


def _transposed(graph: Graph, x: str, rank: int) -> str:
    return graph.add("Transpose", x, perm=[*range(rank - 2), rank - 1, rank - 2])


def _arg_extreme(kind: str) -> Callable[..., str]:
    def convert_one(graph: Graph, node: Node, x: str, axis: int, axes: int) -> str:
        if axes > 1:
            x = _reshaped(graph, x, (*node.outputs[0].shape, -1))
        numbers = x if node.inputs[0].dtype in _NUMBERS else graph.cast(x, "int64")
        return graph.cast(graph.add(kind, numbers, axis=axis, keepdims=0), node.outputs[0].dtype)

    return convert_one


def _slice(graph: Graph, node: Node, x: str, axis: int, start: int, step: int, count: int) -> str:
    end = start + step * count
    ends = [_LEAST if end < 0 else end]
    return graph.add("Slice", x, *map(graph.integers, ([start], ends, [axis], [step])))


def _pad(graph: Graph, node: Node, x: str, axis: int, start: int, step: int, length: int, value: Any) -> str:
    count = node.inputs[0].shape[axis]
    if step != 1 or count is None:
        raise ValueError(f"Expected ops that ONNX has, got 'pad' with a step of {step}, which can't be exported")
    pads = graph.integers([start, length - start - count])
    return graph.add("Pad", x, pads, graph.constant(value, node.outputs[0].dtype), graph.integers([axis]))


def _take(graph: Graph, node: Node, x: str, indices: str, axis: int) -> str:
    if node.inputs[1].dtype not in ("int32", "int64"):
        indices = graph.cast(indices, "int64")
    return graph.add("Gather", x, indices, axis=axis)


def _bag_max(graph: Graph, node: Node, table: str, indices: str, *state: str, rate: float, scale: float) -> str:
    if state:
        raise ValueError(
            f"Expected ops that ONNX has, got dropout, which can't be exported: {_REASONS['random_uniform']}"
        )
    return graph.add("ReduceMax", _take(graph, node, table, indices, 0), graph.integers([1]), keepdims=0)


def _size(graph: Graph, node: Node, shape: Sequence[int | None], dtype: str) -> str:
    count = graph.add("ReduceProd", graph.shape(tuple(shape)), keepdims=0)
    return graph.cast(count, dtype)


_OTHERS: dict[str, Callable[..., str]] = {
    "argmax": _arg_extreme("ArgMax"),
    "argmin": _arg_extreme("ArgMin"),
    "bag_max": _bag_max,
    "batched_matmul": _batched_matmul,
    "broadcast_to": lambda graph, node, x, shape: graph.add("Expand", x, graph.shape(shape)),
    "cast": lambda graph, node, x, dtype: graph.cast(x, dtype),
    "concatenate": lambda graph, node, *parts, axis: graph.add("Concat", *parts, axis=axis),
    "erfc": lambda graph, node, x: graph.add("Sub", _one(graph, node), graph.add("Erf", x)),
    "expm1": lambda graph, node, x: graph.add("Sub", graph.add("Exp", x), _one(graph, node)),
    "log1p": lambda graph, node, x: graph.add("Log", graph.add("Add", x, _one(graph, node))),
    "log_softmax": lambda graph, node, x: graph.add("LogSoftmax", x, axis=-1),
    "matmul": _matmul,
    "not_equal": _not_equal,
    "pad": _pad,
    "reshape": _reshape,
    "rsqrt": lambda graph, node, x: graph.add("Reciprocal", graph.add("Sqrt", x)),
    "size": _size,
    "slice": _slice,
    "softmax": lambda graph, node, x: graph.add("Softmax", x, axis=-1),
    "square": lambda graph, node, x: graph.add("Mul", x, x),
    "stop_gradient": lambda graph, node, x: graph.add("Identity", x),
    "take": _take,
    "transpose": lambda graph, node, x, axes: graph.add("Transpose", x, perm=list(axes)),
    "where": _where,
}
