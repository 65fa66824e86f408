"""Lowering: kernels become a flat list of instructions over numbered buffers."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from nnfast import _core
from nnfast.graph.buffers import (
    Slots,
    dimensions,
    direct_stores,
    last_readers,
    panel_variables,
    product,
    scalar_constant,
)
from nnfast.graph.device import Engine
from nnfast.graph.dtypes import HALVES, compute_dtype
from nnfast.graph.fuse import SOURCES, Kernel, root
from nnfast.graph.op import Kind
from nnfast.graph.tensor import Node, Shape, SymbolicTensor
from nnfast.graph.trace import Trace
from nnfast.graph.variable import Variable


def lower(
    engine: Engine,
    trace: Trace,
    kernels: Sequence[Kernel],
    outputs: Sequence[SymbolicTensor],
    sparse: Collection[int] = (),
) -> tuple[_core.Program, list[str]]:
    """The engine's Program for these kernels, and a line of text for each of its instructions.

    Args:
        engine: the module of the device that it is for.
        trace: what was recorded.
        kernels: its nodes, grouped.
        outputs: what the traced function returned.
        sparse: the numbers of the arguments whose zeros products skip.
    """
    if engine.multiplies_halves:
        from nnfast.graph.halves import reading_halves  # for devices other than the CPU

        kernels = reading_halves(trace, kernels, outputs)
    lowering = _Lowering(engine, trace, kernels, outputs)
    lowering.gather_arguments()
    if engine.panel_columns:
        lowering.list_nonzeros(sparse)
    for position, kernel in enumerate(kernels):
        lowering.emit(position, kernel)
    lowering.copy_results()
    return lowering.program, lowering.listing


class _Lowering:
    def __init__(
        self, engine: Engine, trace: Trace, kernels: Sequence[Kernel], outputs: Sequence[SymbolicTensor]
    ) -> None:
        self.program = engine.Program()
        self.listing: list[str] = []
        self._trace = trace
        self._end = len(kernels)
        self._last_reader = last_readers(kernels)
        self._stores = direct_stores(trace, kernels, outputs)
        self._slots = Slots()
        self._buffers: dict[int, int] = {}  # by tensor
        self._variables = {variable: self.program.add_variable(variable.buffer) for variable in trace.initial_values}
        for variable, tensor in trace.initial_values.items():
            self._buffers[id(tensor)] = self._variables[variable]
        self._multiplied = [kernel.head for kernel in kernels if kernel.head and kernel.head.op.name == "matmul"]
        self._nonzeros: dict[int, list[int]] = {}  # by argument, the buffers of its lists
        self._panels: set[int] = set()  # buffers that lie in panels
        for variable in panel_variables(trace, kernels, outputs, self._stores):
            if variable.kept_dtype in engine.panel_columns:
                self._keep_in_panels(variable)
        self._pending_outputs: list[tuple[int, SymbolicTensor]] = []
        self._add_outputs(outputs)
        for value in trace.values.values():  # what is copied into a variable at the end lives until then
            if id(root(value)) not in self._stores:
                self._last_reader[id(root(value))] = self._end

    def _keep_in_panels(self, variable: Variable) -> None:
        """Gives a variable a buffer in panels, filled before the first step and copied back after the last."""
        rows, columns = variable.shape
        step = _core.panel_columns[variable.kept_dtype]
        room = (rows, (columns + step - 1) // step * step)
        panels = self._temporary(room, variable.kept_dtype, -1, self._end + 1)
        source, old = self._variables[variable], self._trace.initial_values[variable]
        self.program.pack(variable.kept_dtype, source, panels, rows, columns)
        self.listing.append(f"first: pack {source} -> {panels}: {variable.kept_dtype}[{rows}, {columns}]")
        if self._trace.values[variable] is not old:
            self.program.unpack(variable.kept_dtype, panels, source, rows, columns)
            self.listing.append(f"last: unpack {panels} -> {source}: {variable.kept_dtype}[{rows}, {columns}]")
        self._variables[variable] = self._buffers[id(old)] = panels
        self._panels.add(panels)

    def _add_outputs(self, outputs: Sequence[SymbolicTensor]) -> None:
        """A kernel's result that is wanted once is made in the caller's memory; the others are copied there."""
        for output in outputs:
            batched = output.shape[:1] == (None,)
            number = self.program.add_output(output.dtype, dimensions(output.shape), batched)
            tensor = root(output)
            placed = id(tensor) in self._stores or id(tensor) in self._buffers
            if tensor.node.op.kind not in SOURCES and not placed:
                self._buffers[id(tensor)] = number
            else:
                self._pending_outputs.append((number, output))
                self._last_reader[id(tensor)] = self._end

    def gather_arguments(self) -> None:
        for argument in self._trace.arguments:
            out = self._temporary_for(argument, -1)
            self._buffers[id(argument)] = out
            row = argument.shape[1:] if argument.shape[:1] == (None,) else argument.shape
            self.program.gather(out, argument.dtype, product(row))
            self.listing.append(f"gather {out}: {argument.dtype}{dimensions(argument.shape)}")

    def list_nonzeros(self, sparse: Collection[int]) -> None:
        """Lists the nonzeros of sparse arguments that are the left side of products."""
        for number, argument in enumerate(self._trace.arguments):
            if number not in sparse or not any(_multiplies_rows(node, argument) for node in self._multiplied):
                continue
            columns = product(argument.shape[1:])
            groups = -(-columns // _core.nonzeros_group)
            lists = [
                self._temporary(shape, dtype, -1, self._end)
                for shape, dtype in (
                    ((None, groups * _core.nonzeros_group), argument.dtype),
                    ((None, groups), "int32"),
                    ((None, 2 * groups), "int32"),
                )
            ]
            source = self._buffers[id(argument)]
            self.program.list_nonzeros(argument.dtype, source, lists, -1, columns)
            self.listing.append(f"list nonzeros {source} -> {lists}: {argument.dtype}[-1, {columns}]")
            self._nonzeros[id(argument)] = lists

    def emit(self, position: int, kernel: Kernel) -> None:
        """Adds the instruction of a kernel."""
        emit = {
            None: self._pointwise,
            Kind.MATMUL: self._matmul,
            Kind.REDUCE: self._reduce,
            Kind.ARG_REDUCE: self._reduce,
            Kind.SCAN: self._scan,
            Kind.ARG_SORT: self._arg_sort,
            Kind.INTEGERS: self._integers,
            Kind.SOFTMAX: self._softmax,
            Kind.CROSS_ENTROPY: self._cross_entropy,
            Kind.TRANSPOSE: self._transpose,
            Kind.CONCATENATE: self._concatenate,
            Kind.SLICE: self._slice,
            Kind.PAD: self._pad,
            Kind.TAKE: self._take,
            Kind.TAKE_ALONG: self._take,
            Kind.SCATTER: self._scatter,
            Kind.SCATTER_ALONG: self._scatter,
            Kind.BAG_MAX: self._bag_max,
            Kind.BAG_MAX_GRADIENT: self._bag_max_gradient,
            Kind.SIZE: self._size,
            Kind.RANDOM: self._random,
        }[kernel.head.op.kind if kernel.head is not None else None]
        self.listing.append(emit(position, kernel))

    def copy_results(self) -> None:
        """Outputs and variables that could not be made in place. Old values of variables that others are given are read
        before any variable is written."""
        for number, output in self._pending_outputs:
            self._copy(output, number)
        copies = []
        for variable, value in self._trace.values.items():
            if value is self._trace.initial_values[variable] or self._stores.get(id(root(value))) is variable:
                continue
            source = self._buffer(value)
            if root(value).node.op.kind is Kind.VARIABLE:
                source = self._temporary(value.shape, value.dtype, self._end, self._end)
                self._copy(value, source)
            copies.append((variable, value, source))
        for variable, value, source in copies:
            self._copy(value, self._variables[variable], source)

    def _copy(self, tensor: SymbolicTensor, out: int, source: int | None = None) -> None:
        source = self._buffer(tensor) if source is None else source
        code = _core.PointwiseCode(compute_dtype([tensor.dtype]), False)
        code.add_input(source, tensor.dtype, [True] * tensor.ndim, False)
        code.add_output(out, tensor.dtype, 0, False)
        self.program.pointwise(code, dimensions(tensor.shape))
        self.listing.append(f"copy {source} -> {out}: {tensor.dtype}{dimensions(tensor.shape)}")

    def _temporary(self, shape: Shape, dtype: str, first: int, last: int) -> int:
        """A buffer that is written at position `first` and read for the last time at position `last`."""
        return self.program.add_temporary(dtype, dimensions(shape), self._slots.take(shape, dtype, first, last))

    def _temporary_for(self, tensor: SymbolicTensor, first: int) -> int:
        last = self._last_reader.get(id(tensor), first)
        return self._temporary(tensor.shape, tensor.dtype, first, last)

    def _buffer(self, tensor: SymbolicTensor) -> int:
        """The buffer that a tensor, or what it views, lies in."""
        tensor = root(tensor)
        if id(tensor) not in self._buffers:
            assert tensor.node.op.kind is Kind.CONSTANT, f"{tensor} is read before it is made"
            self._buffers[id(tensor)] = self.program.add_constant(tensor.node.attributes["value"])
        return self._buffers[id(tensor)]

    def _result(self, position: int, tensor: SymbolicTensor) -> int:
        """The buffer that a kernel makes a tensor in."""
        variable = self._stores.get(id(tensor))
        if variable is not None:
            self._buffers[id(tensor)] = self._variables[variable]
        elif id(tensor) not in self._buffers:
            self._buffers[id(tensor)] = self._temporary_for(tensor, position)
        return self._buffers[id(tensor)]

    def _wanted(self, tensor: SymbolicTensor) -> bool:
        """Whether anybody outside its kernel reads a tensor."""
        return id(tensor) in self._last_reader or id(tensor) in self._stores or id(tensor) in self._buffers

    def _code(self, position: int, kernel: Kernel) -> tuple[_core.PointwiseCode, str]:
        """A kernel's chain as a pointwise program, and as text."""
        code = _core.PointwiseCode(kernel.compute, kernel.head is not None)
        made = {id(out) for node in kernel.nodes for out in node.outputs}
        reads = {id(tensor): tensor for node in kernel.chain for tensor in node.inputs if id(tensor) not in made}
        numbers = {key: number for key, tensor in reads.items() if (number := scalar_constant(tensor)) is not None}
        buffers = {key: self._buffer(tensor) for key, tensor in reads.items() if key not in numbers}
        first = [id(kernel.head.outputs[0])] if kernel.head is not None else []
        order = [*first, *buffers, *numbers, *(id(node.outputs[0]) for node in kernel.chain)]
        values = {key: number for number, key in enumerate(order)}
        for key, buffer in buffers.items():
            code.add_input(buffer, reads[key].dtype, _present(reads[key], kernel), buffer in self._panels)
        for value in numbers.values():
            code.add_constant(value)
        for node in kernel.chain:
            code.add_step(_step_of(node), [values[id(tensor)] for tensor in node.inputs])
        written = [node.outputs[0] for node in kernel.nodes if self._wanted(node.outputs[0])]
        results = [self._result(position, tensor) for tensor in written]
        for tensor, buffer in zip(written, results, strict=True):
            code.add_output(buffer, tensor.dtype, values[id(tensor)], buffer in self._panels)
        names = " ".join(node.op.name for node in kernel.chain)
        return code, f"{names} of {list(buffers.values())} -> {results}"

    def _pointwise(self, position: int, kernel: Kernel) -> str:
        code, text = self._code(position, kernel)
        self.program.pointwise(code, dimensions(kernel.shape))
        return f"pointwise {text}: {kernel.compute}{dimensions(kernel.shape)}"

    def _matmul(self, position: int, kernel: Kernel) -> str:
        node = _head(kernel)
        out, (a, b) = node.outputs[0], node.inputs
        shape = _matmul_shape(node)
        transposes = node.attributes["transpose_a"], node.attributes["transpose_b"]
        left, right = self._buffer(a), self._buffer(b)
        code, text, result = None, "", -1
        if kernel.chain:
            code, text = self._code(position, kernel)
        else:
            result = self._result(position, out)
            text = f"-> {result}"
        nonzeros = self._nonzeros.get(id(root(a))) if _multiplies_rows(node, root(a)) else None
        self.program.matmul(out.dtype, left, right, result, shape, *transposes, right in self._panels, code, nonzeros)
        marks = ["'" if transposed else "" for transposed in transposes]
        skips = "nonzeros of " if nonzeros else ""
        return f"matmul {skips}{left}{marks[0]} . {right}{marks[1]} {text}: {out.dtype}{shape}"

    def _reduce(self, position: int, kernel: Kernel) -> str:
        node = _head(kernel)
        x, out = node.inputs[0], node.outputs[0]
        axis, last = node.attributes["axis"], node.attributes["axis"] + node.attributes["axes"]
        source, result = self._buffer(x), self._result(position, out)
        shape = [product(x.shape[:axis]), product(x.shape[axis:last]), product(x.shape[last:])]
        if node.op.kind is Kind.ARG_REDUCE:
            self.program.arg_reduce(x.dtype, node.op.kernel, source, result, shape[:2])
        else:
            self.program.reduce(x.dtype, node.op.kernel, source, result, shape)
        return f"{node.op.name} {source} -> {result}: {x.dtype}{shape}"

    def _scan(self, position: int, kernel: Kernel) -> str:
        node = _head(kernel)
        x, out, axis = node.inputs[0], node.outputs[0], node.attributes["axis"]
        source, factors = self._buffer(x), self._buffer(node.inputs[1]) if len(node.inputs) > 1 else -1
        result, reverse = self._result(position, out), node.attributes["reverse"]
        shape = [product(x.shape[:axis]), product(x.shape[axis : axis + 1]), product(x.shape[axis + 1 :])]
        self.program.scan(x.dtype, source, factors, result, shape, reverse)
        return f"{node.op.name} {source} {factors} -> {result}: {x.dtype}{shape}{' in reverse' if reverse else ''}"

    def _arg_sort(self, position: int, kernel: Kernel) -> str:
        node = _head(kernel)
        x = node.inputs[0]
        source, result = self._buffer(x), self._result(position, node.outputs[0])
        shape = [product(x.shape[:-1]), product(x.shape[-1:])]
        self.program.argsort(x.dtype, source, result, shape)
        return f"argsort {source} -> {result}: {x.dtype}{shape}"

    def _integers(self, position: int, kernel: Kernel) -> str:
        node = _head(kernel)
        out = node.outputs[0]
        a, b = (self._buffer(x) for x in node.inputs)
        result = self._result(position, out)
        self.program.integers(out.dtype, node.op.name, a, b, result, dimensions(out.shape))
        return f"{node.op.name} {a} {b} -> {result}: {out.dtype}{dimensions(out.shape)}"

    def _softmax(self, position: int, kernel: Kernel) -> str:
        node = _head(kernel)
        x = node.inputs[0]
        source, result = self._buffer(x), self._result(position, node.outputs[0])
        shape = [product(x.shape[:-1]), product(x.shape[-1:])]
        self.program.softmax(x.dtype, node.op.kernel, source, result, shape)
        return f"{node.op.name} {source} -> {result}: {x.dtype}{shape}"

    def _cross_entropy(self, position: int, kernel: Kernel) -> str:
        node = _head(kernel)
        logits, targets = node.inputs
        sources = self._buffer(logits), self._buffer(targets)
        loss, difference = node.outputs
        results = self._result(position, loss), self._result(position, difference) if self._wanted(difference) else -1
        shape = [product(logits.shape[:-1]), product(logits.shape[-1:])]
        self.program.cross_entropy(logits.dtype, targets.dtype, *sources, *results, shape)
        return f"{node.op.name} {sources} -> {results}: {logits.dtype}{shape}"

    def _transpose(self, position: int, kernel: Kernel) -> str:
        node = _head(kernel)
        x = node.inputs[0]
        source, result = self._buffer(x), self._result(position, node.outputs[0])
        order = node.attributes["axes"]
        self.program.transpose(x.dtype, source, result, dimensions(x.shape), order)
        return f"transpose {source} -> {result}: {x.dtype}{dimensions(x.shape)} {order}"

    def _concatenate(self, position: int, kernel: Kernel) -> str:
        node = _head(kernel)
        out, axis = node.outputs[0], node.attributes["axis"]
        sources, result = [self._buffer(x) for x in node.inputs], self._result(position, out)
        outer, widths = product(out.shape[:axis]), [product(x.shape[axis:]) for x in node.inputs]
        self.program.concatenate(out.dtype, sources, result, outer, widths)
        return f"concatenate {sources} -> {result}: {out.dtype}[{outer}, {widths}]"

    def _slice(self, position: int, kernel: Kernel) -> str:
        node = _head(kernel)
        return self._places(position, node, node.inputs[0].shape, node.attributes["count"])

    def _pad(self, position: int, kernel: Kernel) -> str:
        node = _head(kernel)
        count = node.inputs[0].shape[node.attributes["axis"]]
        assert count is not None
        return self._places(position, node, node.outputs[0].shape, count)

    def _places(self, position: int, node: Node, whole: Shape, count: int) -> str:
        """A slice, or a pad: values go out of some places of an axis, or into them."""
        axis, x = node.attributes["axis"], node.inputs[0]
        source, result = self._buffer(x), self._result(position, node.outputs[0])
        shape = [product(whole[:axis]), product(whole[axis + 1 :])]
        places = [product(whole[axis : axis + 1]), node.attributes["start"], node.attributes["step"], count]
        if node.op.kind is Kind.SLICE:
            self.program.slice(x.dtype, source, result, shape, places)
        else:
            self.program.pad(x.dtype, source, result, shape, places, node.attributes["value"])
        return f"{node.op.name} {source} -> {result}: {x.dtype}{shape} {places}"

    def _take(self, position: int, kernel: Kernel) -> str:
        node = _head(kernel)
        types, buffers, shape = self._table(position, node, node.inputs[0].shape)
        self.program.take(*types, *buffers, shape)
        return f"{node.op.name} {buffers}: {types[0]}{shape}"

    def _scatter(self, position: int, kernel: Kernel) -> str:
        node = _head(kernel)
        types, buffers, shape = self._table(position, node, node.outputs[0].shape)
        self.program.scatter(*types, node.op.kernel, *buffers, shape)
        return f"{node.op.name} {buffers}: {types[0]}{shape}"

    def _table(
        self, position: int, node: Node, table: Shape
    ) -> tuple[tuple[str, str], tuple[int, int, int], list[int]]:
        """Rows out of a table, or into one: the types of rows and indices, the buffers, and the TableShape."""
        axis, (x, indices) = node.attributes["axis"], node.inputs
        own = axis if node.op.kind in (Kind.TAKE_ALONG, Kind.SCATTER_ALONG) else 0
        parts = table[:axis], table[axis : axis + 1], table[axis + 1 :], indices.shape[own:], indices.shape[:own]
        buffers = self._buffer(x), self._buffer(indices), self._result(position, node.outputs[0])
        return (x.dtype, indices.dtype), buffers, [product(part) for part in parts]

    def _bag_max(self, position: int, kernel: Kernel) -> str:
        node = _head(kernel)
        source, text = self._bags(*node.inputs, **node.attributes)
        result = self._result(position, node.outputs[0])
        self.program.bag_max(source, result)
        return f"{node.op.name} {text} -> {result}"

    def _bag_max_gradient(self, position: int, kernel: Kernel) -> str:
        node = _head(kernel)
        gradient, out, *bags = node.inputs
        source, text = self._bags(*bags, **node.attributes)
        buffers = self._buffer(out), self._buffer(gradient)
        result = self._result(position, node.outputs[0])
        self.program.bag_max_gradient(source, *buffers, result)
        return f"{node.op.name} {text} {buffers} -> {result}"

    def _bags(
        self, table: SymbolicTensor, indices: SymbolicTensor, *state: SymbolicTensor, rate: float, scale: float
    ) -> tuple[_core.BagSource, str]:
        """What bags are made of, and how that is listed."""
        buffers = self._buffer(table), self._buffer(indices), self._buffer(state[0]) if state else -1
        shape = [product(part) for part in (indices.shape[:1], indices.shape[1:], table.shape[:1], table.shape[1:])]
        return _core.BagSource(table.dtype, indices.dtype, *buffers, rate, scale, shape), f"{buffers}: {shape}"

    def _size(self, position: int, kernel: Kernel) -> str:
        node = _head(kernel)
        result = self._result(position, node.outputs[0])
        shape = dimensions(node.attributes["shape"])
        self.program.size(node.outputs[0].dtype, result, shape)
        return f"size {shape} -> {result}"

    def _random(self, position: int, kernel: Kernel) -> str:
        node = _head(kernel)
        out = node.outputs[0]
        state, result = self._buffer(node.inputs[0]), self._result(position, out)
        self.program.random_uniform(out.dtype, state, result, dimensions(out.shape))
        return f"{node.op.name} {state} -> {result}: {out.dtype}{dimensions(out.shape)}"


def _step_of(node: Node) -> str:
    """The kernel of a node in a chain, which is wider than half precision: only casts make that, and round to it."""
    dtype = node.outputs[0].dtype
    return f"round_{dtype}" if dtype in HALVES else node.op.kernel


# Columns of a product that are worth the lists of its left side.
_WIDE = 64


def _multiplies_rows(node: Node, argument: SymbolicTensor) -> bool:
    """Whether an argument, a row a sample, is the left side of a product that is wide enough to skip its zeros."""
    left, columns = node.inputs[0], node.outputs[0].shape[-1]
    rows = node.op.name == "matmul" and root(left) is argument and left.ndim == 2 and left.shape[0] is None
    return rows and columns is not None and columns >= _WIDE


def _head(kernel: Kernel) -> Node:
    assert kernel.head is not None
    return kernel.head


def _matmul_shape(node: Node) -> list[int]:
    """(matrices, rows, columns, depth). A product of two matrices takes leading dimensions as more rows."""
    a, b = node.inputs
    matrices = a.shape[:-2] if node.op.name == "batched_matmul" else ()
    sides = []
    for tensor, transposed in ((a, node.attributes["transpose_a"]), (b, node.attributes["transpose_b"])):
        shape = tensor.shape[len(matrices) :]
        side = product(shape[:-1]), product(shape[-1:])
        sides.append(side[::-1] if transposed else side)
    (rows, depth), (_, columns) = sides
    return [product(matrices), rows, columns, depth]


def _present(tensor: SymbolicTensor, kernel: Kernel) -> list[bool]:
    """For each dimension that a chain iterates over, whether an operand has it or is repeated along it."""
    shape: tuple[int | None, ...] = (1,) * (len(kernel.shape) - tensor.ndim) + tensor.shape
    present = [dimension == whole for dimension, whole in zip(shape, kernel.shape, strict=True)]
    if kernel.head is None:
        return present
    # Epilogues iterate over (matrices, rows, columns).
    *leading, columns = present
    if kernel.head.op.name == "batched_matmul":
        return [all(leading[:-1]), leading[-1], columns]
    return [all(leading), all(leading), columns]
