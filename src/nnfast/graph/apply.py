"""Calling an op: concrete arguments run at once, a symbolic one records a node."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

from nnfast.graph import dtypes
from nnfast.graph.op import Kind, Op
from nnfast.graph.program import Program, trace
from nnfast.graph.tensor import Array, SymbolicTensor, Tensor, TensorLike, TensorSpec, operators
from nnfast.graph.trace import Trace, current_trace
from nnfast.graph.variable import Variable

Operand: TypeAlias = "SymbolicTensor | Array"

# Programs of single ops, for calls with arrays; the oldest goes first.
_PROGRAMS: OrderedDict[Any, Program] = OrderedDict()
_PROGRAM_LIMIT = 1024


def as_operand(value: TensorLike, dtype: str | None = None) -> Operand:
    """A value as ops take it: symbolic, or an array of an element type that is stored.

    Python numbers and lists become `dtype`, or floatx and int32; arrays and Variables keep their own.
    """
    if isinstance(value, SymbolicTensor):
        return value
    if isinstance(value, Variable):
        operand: Operand = value.value
        return operand
    if isinstance(value, np.ndarray | np.generic):
        return _as_stored(np.asarray(value))
    array = np.asarray(value)
    if dtype is None and dtypes.kind_of(array.dtype) == "f":
        dtype = dtypes.floatx()
    elif dtype is None and array.dtype.kind == "i":
        dtype = "int32" if dtypes.fits(array, "int32") else "int64"
    if dtype is None:
        return _as_stored(array)
    if not dtypes.fits(array, dtype):
        raise OverflowError(f"Expected a number that {dtype} holds, got {value!r}.")
    return _as_stored(array.astype(dtype))


def _as_stored(array: Array) -> Array:
    name = dtypes.name_of(array.dtype)
    if name in dtypes.SUPPORTED:
        if array.dtype.isnative and array.flags.carray:
            return array
        # C++ reads native, aligned, contiguous memory.
        return np.require(array.astype(name, copy=False), requirements=["C", "A"])
    given = repr(array.item()) if array.ndim == 0 else "an array"
    raise TypeError(f"Expected numbers of type {', '.join(dtypes.SUPPORTED)}; got {given} of type {name}.")


def lift(operand: Operand) -> Operand:
    """An operand that a node can be recorded on: in a trace an array becomes a constant of it."""
    active = current_trace()
    return operand if active is None or isinstance(operand, SymbolicTensor) else active.constant(operand)


def as_result(operand: Operand) -> Any:
    """An operand as ops give it back: an array as a Tensor."""
    return operand if isinstance(operand, SymbolicTensor) else operand.view(Tensor)


def apply(op: Op, *operands: Operand, **attributes: Any) -> Any:
    """Calls a primitive on operands; attributes are hashable. One output, or a tuple of several."""
    active = current_trace()
    if active is not None and (not operands or any(isinstance(operand, SymbolicTensor) for operand in operands)):
        symbolic = tuple(
            operand if isinstance(operand, SymbolicTensor) else active.constant(operand) for operand in operands
        )
        outputs: Sequence[Any] = _record(active, op, symbolic, attributes)
    else:
        outputs = run_op(op, operands, attributes)
    return outputs[0] if len(outputs) == 1 else tuple(outputs)


# Values are moved as they are.
_MOVEMENTS = frozenset(
    {Kind.RESHAPE, Kind.TRANSPOSE, Kind.CONCATENATE, Kind.SLICE, Kind.PAD, Kind.TAKE, Kind.TAKE_ALONG}
)


def _record(
    active: Trace, op: Op, inputs: tuple[SymbolicTensor, ...], attributes: dict[str, Any]
) -> Sequence[SymbolicTensor]:
    """Records an op. On half precision it is computed in float32, and what comes out is rounded to half again."""
    half = next((tensor.dtype for tensor in inputs if tensor.dtype in dtypes.HALVES), None)
    if half is None or op.name == "cast" or op.kind in _MOVEMENTS:
        return active.record(op, inputs, attributes)
    wide = tuple(_in_full_precision(active, tensor) for tensor in inputs)
    outputs = active.record(op, wide, attributes)
    return [operators["cast"](out, half) if out.dtype == "float32" else out for out in outputs]


def _in_full_precision(active: Trace, tensor: SymbolicTensor) -> Any:
    dtype = dtypes.full_precision(tensor.dtype)
    if tensor.node.op.kind is Kind.CONSTANT:
        return active.constant(tensor.node.attributes["value"].astype(dtype, copy=False))
    return operators["cast"](tensor, dtype)


def run_op(op: Op, operands: Sequence[Any], attributes: dict[str, Any]) -> list[Tensor]:
    """Runs a primitive on arrays."""
    if any(isinstance(operand, SymbolicTensor) for operand in operands):
        raise RuntimeError(f"Op {op.name!r} got a symbolic tensor outside the trace that made it.")
    shapes = tuple([(operand.shape, dtypes.name_of(operand.dtype)) for operand in operands])
    key = (op, shapes, tuple(sorted(attributes.items())))
    program = _PROGRAMS.get(key)
    if program is None:

        def function(*arguments: SymbolicTensor) -> Sequence[SymbolicTensor]:
            active = current_trace()
            assert active is not None
            return _record(active, op, arguments, attributes)

        program = _PROGRAMS[key] = trace(function, [TensorSpec(*shape) for shape in shapes])
        if len(_PROGRAMS) > _PROGRAM_LIMIT:
            _PROGRAMS.popitem(last=False)
    return [output.view(Tensor) for output in program(*operands)]
