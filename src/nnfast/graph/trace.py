"""Recording: while a function is traced, ops append nodes and Variables have symbolic values."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from nnfast.graph import dtypes
from nnfast.graph.op import Kind, Op
from nnfast.graph.tensor import Array, Node, SymbolicTensor, TensorSpec

if TYPE_CHECKING:
    from nnfast.graph.variable import Variable


# More than any memory holds; C++ counts bytes, and batches of these, in 64 bits.
_MOST_ELEMENTS = 2**48


def _given(*_: TensorSpec, spec: TensorSpec, **__: Any) -> list[TensorSpec]:
    return [spec]


_PLACEHOLDER = Op("placeholder", Kind.PLACEHOLDER, _given, "an argument has no inputs")
_VARIABLE = Op("variable", Kind.VARIABLE, _given, "a variable has no inputs")
_CONSTANT = Op("constant", Kind.CONSTANT, _given, "a constant has no inputs")


class Trace:
    """The nodes of one traced function, in the order of their recording, which is an order to run them in."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.arguments: list[SymbolicTensor] = []
        self.initial_values: dict[Variable, SymbolicTensor] = {}
        self.values: dict[Variable, SymbolicTensor] = {}
        self.kept: dict[Any, Any] = {}  # what others keep as long as the function is traced
        self._known: dict[Any, Node] = {}
        self._own: set[int] = set()  # the nodes, by identity

    def record(
        self, op: Op, inputs: tuple[SymbolicTensor, ...], attributes: Mapping[str, Any]
    ) -> tuple[SymbolicTensor, ...]:
        """The outputs of an op on these inputs. Ops are pure, so that equal calls are one node."""
        if not all(id(tensor.node) in self._own for tensor in inputs):
            raise RuntimeError(f"Op {op.name!r} got a symbolic tensor outside the trace that made it.")
        key = (op, tuple(map(id, inputs)), tuple(sorted(attributes.items())))
        node = self._known.get(key)
        if node is None:
            specs = op.infer(*(tensor.spec for tensor in inputs), **attributes)
            _check_shapes(op, specs)
            node = self._known[key] = self._add(op, inputs, attributes, specs)
        return node.outputs

    def _add(
        self, op: Op, inputs: tuple[SymbolicTensor, ...], attributes: Mapping[str, Any], specs: list[TensorSpec]
    ) -> Node:
        node = Node(op, inputs, attributes, specs)
        self.nodes.append(node)
        self._own.add(id(node))
        return node

    def argument(self, spec: TensorSpec) -> SymbolicTensor:
        node = self._add(_PLACEHOLDER, (), {"index": len(self.arguments)}, [spec])
        self.arguments.append(node.outputs[0])
        return node.outputs[0]

    def constant(self, value: Array) -> SymbolicTensor:
        key = (_CONSTANT, value.dtype.name, value.shape, value.tobytes()) if value.size <= 16 else None
        node = self._known.get(key) if key else None
        if node is None:
            spec = TensorSpec(value.shape, value.dtype.name)
            node = self._add(_CONSTANT, (), {"value": np.asarray(value, order="C")}, [spec])
            if key:
                self._known[key] = node
        return node.outputs[0]

    def read(self, variable: Variable) -> SymbolicTensor:
        """The variable's value at this point of the trace."""
        value = self.values.get(variable)
        if value is None:
            node = self._add(_VARIABLE, (), {"variable": variable}, [TensorSpec(variable.shape, variable.kept_dtype)])
            value = self.initial_values[variable] = self.values[variable] = node.outputs[0]
        return value

    def assign(self, variable: Variable, value: SymbolicTensor) -> None:
        self.read(variable)
        self.values[variable] = value


def _check_shapes(op: Op, specs: Sequence[TensorSpec]) -> None:
    for spec in specs:
        if math.prod(dimension for dimension in spec.shape if dimension is not None) > _MOST_ELEMENTS:
            raise ValueError(
                f"Expected tensors that memory holds, got {op.name!r} with a result of shape {spec.shape}."
            )
        if spec.shape.count(None) > 1:
            raise ValueError(
                f"Expected the batch to be one dimension of a tensor, got {op.name!r} with a result of shape "
                f"{spec.shape}: pairs of samples can't be traced."
            )


class _Active(threading.local):
    """The trace that is being recorded on this thread."""

    trace: Trace | None = None


_active = _Active()


def current_trace() -> Trace | None:
    return _active.trace


def is_tracing() -> bool:
    """Whether a function is being traced on this thread."""
    return _active.trace is not None


@contextmanager
def recording(trace: Trace | None) -> Iterator[None]:
    """Ops on this thread are recorded into `trace` inside."""
    outer = _active.trace
    _active.trace = trace
    try:
        yield
    finally:
        _active.trace = outer


@contextmanager
def not_tracing() -> Iterator[None]:
    """Ops run at once inside, even in a function that is being traced: for initial values."""
    with recording(None):
        yield


def record(
    function: Callable[..., Sequence[SymbolicTensor]], specs: Sequence[TensorSpec]
) -> tuple[Trace, list[SymbolicTensor]]:
    """Calls a function on symbolic arguments; its trace and its outputs."""
    for spec in specs:
        if None in spec.shape[1:]:
            raise ValueError(f"Expected only the first dimension, the batch, to be None; got shape {spec.shape}.")
    trace = Trace()
    with recording(trace):
        outputs = function(*(trace.argument(spec) for spec in specs))
        return trace, [_as_output(trace, out) for out in outputs]


def _as_output(trace: Trace, out: Any) -> SymbolicTensor:
    if isinstance(out, SymbolicTensor):
        return out
    array = np.asarray(out)
    if dtypes.kind_of(array.dtype) not in "biuf":
        raise TypeError(f"Expected a function that returns tensors, got {out!r} from it.")
    return trace.constant(array)
