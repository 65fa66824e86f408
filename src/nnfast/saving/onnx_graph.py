"""An ONNX graph that is being written: its nodes, the tensors that it holds, and the names of all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from nnfast.graph import Shape, SymbolicTensor


def onnx() -> Any:
    """The package, which is an extra.

    Raises:
        ImportError: it is not installed.
    """
    try:
        import onnx
        import onnx.numpy_helper
    except ImportError:
        raise ImportError("ONNX files need the package onnx: pip install 'nnfast[onnx]'") from None
    return onnx


class Graph:
    """An ONNX graph that is being written."""

    def __init__(self, inputs: Sequence[SymbolicTensor], names: Sequence[str]) -> None:
        self._onnx = onnx()
        self.nodes: list[Any] = []
        self.weights: list[Any] = []
        self._names = {id(tensor): name for tensor, name in zip(inputs, names, strict=True)}
        self._used = set(names)
        self._batched = next((tensor for tensor in inputs if tensor.shape[:1] == (None,)), None)

    def name_of(self, tensor: SymbolicTensor) -> str:
        """What the graph calls a tensor of the trace."""
        return self._names[id(tensor)]

    def call(self, tensor: SymbolicTensor, name: str) -> None:
        """From here on the graph calls a tensor so."""
        self._names[id(tensor)] = name

    def add(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """A new node of one output, and what the output is called."""
        name = self.new(kind)
        self.nodes.append(self._onnx.helper.make_node(kind, inputs, [name], name=name, **attributes))
        return name

    def constant(self, value: Any, dtype: str, name: str = "constant") -> str:
        """A tensor that the file holds."""
        name = self.new(name)
        self.weights.append(self._onnx.numpy_helper.from_array(np.array(value, dtype), name))
        return name

    def integers(self, values: Sequence[int]) -> str:
        """A vector, as shapes and axes are given."""
        return self.constant(values, "int64")

    def cast(self, name: str, dtype: str) -> str:
        """A tensor in another element type."""
        return self.add("Cast", name, to=self.type_of(dtype))

    def type_of(self, dtype: str) -> int:
        """ONNX's number of an element type."""
        number: int = self._onnx.helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
        return number

    def shape(self, shape: Shape) -> str:
        """A shape, as a vector that is known when the graph runs."""
        if None not in shape:
            return self.integers(shape)  # type: ignore[arg-type]
        at = shape.index(None)
        parts = [self.integers(shape[:at]), self.batch(), self.integers(shape[at + 1 :])]  # type: ignore[arg-type]
        return self.add("Concat", *parts, axis=0)

    def batch(self) -> str:
        """The number of samples, a vector of one."""
        if self._batched is None:
            raise ValueError("Expected an input with a batch dimension")
        return self.add("Shape", self.name_of(self._batched), start=0, end=1)

    def new(self, base: str) -> str:
        """A name that nothing has yet."""
        name, number = base, 0
        while name in self._used:
            number += 1
            name = f"{base}_{number}"
        self._used.add(name)
        return name
