"""Running a step op by op: each op computes as it is recorded, so that Python sees numbers, and gradients work."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from nnfast.graph.apply import run_op
from nnfast.graph.op import Kind, Op
from nnfast.graph.tensor import Array, Node, Shape, SymbolicTensor, TensorSpec
from nnfast.graph.trace import Trace, recording


class EagerTensor(SymbolicTensor):
    """A symbolic tensor whose numbers are there already: it can be printed, compared and turned into an array."""

    __slots__ = ("value",)

    def __init__(self, shape: Shape, dtype: str, node: Node, value: Array) -> None:
        super().__init__(shape, dtype, node)
        self.value = value

    def numpy(self) -> Array:
        """A copy of the numbers as a NumPy array."""
        return self.value.copy()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.array(self.value, dtype=dtype)

    def __bool__(self) -> bool:
        return bool(self.value)

    def __float__(self) -> float:
        return float(self.value)

    def __int__(self) -> int:
        return int(self.value)

    def __len__(self) -> int:
        return len(self.value)

    def __repr__(self) -> str:
        return f"<EagerTensor shape={self.shape}, dtype={self.dtype}, value={self.value}>"


class _EagerTrace(Trace):
    def __init__(self, arrays: Sequence[Array]) -> None:
        super().__init__()
        self._arrays = arrays

    def _add(
        self, op: Op, inputs: tuple[SymbolicTensor, ...], attributes: Mapping[str, Any], specs: list[TensorSpec]
    ) -> Node:
        node = super()._add(op, inputs, attributes, specs)
        values = self._values(op, inputs, attributes)
        node.outputs = tuple(EagerTensor(value.shape, value.dtype.name, node, value) for value in values)
        return node

    def _values(self, op: Op, inputs: tuple[SymbolicTensor, ...], attributes: Mapping[str, Any]) -> Sequence[Array]:
        if op.kind is Kind.PLACEHOLDER:
            return [self._arrays[attributes["index"]]]
        if op.kind is Kind.VARIABLE:
            return [attributes["variable"].numpy()]
        if op.kind is Kind.CONSTANT:
            return [attributes["value"]]
        arrays = [tensor.value for tensor in inputs if isinstance(tensor, EagerTensor)]
        return [array.view(np.ndarray) for array in run_op(op, arrays, dict(attributes))]


def run_eagerly(function: Callable[..., Sequence[Any]], arrays: Sequence[Array]) -> list[Array]:
    """Call a function that could be traced with arrays, op by op; results have the bits of the traced function's.

    Args:
        function: called with an EagerTensor for each array. What it assigns to Variables they have once it has
            returned; if it raises, they keep what they had.
        arrays: its arguments.
    """
    trace = _EagerTrace(arrays)
    with recording(trace):
        outputs = function(*(trace.argument(TensorSpec(array.shape, array.dtype.name)) for array in arrays))
    for variable, tensor in trace.values.items():
        if tensor is not trace.initial_values[variable]:
            variable.assign(np.asarray(tensor))
    return [np.asarray(out) for out in outputs]
