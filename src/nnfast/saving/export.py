"""Models as ONNX files, which other runtimes compute: the traced call of a model, op by op, with its weights.

The batch is the one dimension that stays open. onnx_ops.py says what each op becomes.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from nnfast import tree
from nnfast.graph import Kind, Structured, SymbolicTensor, TensorSpec
from nnfast.graph.tensor import Array, Node
from nnfast.graph.trace import record
from nnfast.saving.onnx_graph import Graph, onnx
from nnfast.saving.onnx_ops import convert
from nnfast.utils.atomic import atomic_file

# Reductions take their axes as tensors from here on; runtimes of early 2023 know it.
_OPSET = 18
_IR_VERSION = 8

_BATCH = "batch"


def export_model(
    model: Any,
    filepath: str | os.PathLike[str],
    format: str = "tf_saved_model",
    verbose: bool | None = None,
    input_signature: Any = None,
    opset_version: int | None = None,
) -> None:
    """Write what a model predicts to a file that other runtimes compute, without its losses and its optimizer.

    Args:
        model: a model that is built. Its inputs and outputs have their names there; the batch is open.
        filepath: the file.
        format: "onnx"; Keras's default, and its other formats, are not written.
        verbose: whether it is printed that the file is there; default None, as True.
        input_signature: what the model is called with, as a structure of objects with `shape` and `dtype`, such as
            InputSpec or KerasTensor; default what it was built with.
        opset_version: the version of ONNX's operators, 18 (default) or later.

    Raises:
        ImportError: onnx is not installed: `pip install 'nnfast[onnx]'`.
        ValueError: another format; a model that is not built; an op that ONNX does not have, which is named.
        OSError: a folder that is not there, a disk that is full.
    """
    if format != "onnx":
        raise ValueError(f"Unrecognized format={format}. Supported formats are: ['onnx'].")
    data = pack_graph(model, input_signature, opset_version)
    with atomic_file(filepath) as file:
        file.write(data)
    if verbose is not False:
        print(f"Saved artifact at '{filepath}'.")


def pack_graph(model: Any, input_signature: Any = None, opset_version: int | None = None) -> bytes:
    """The bytes of an ONNX file that computes what a model predicts.

    Args:
        model: a model that is built.
        input_signature: what the model is called with, as a structure of objects with `shape` and `dtype`; default what
            it was built with.
        opset_version: the version of ONNX's operators, 18 (default) or later.

    Raises:
        ImportError: onnx is not installed.
        ValueError: a model that is not built; an op that ONNX does not have, which is named.
    """
    found = onnx()
    version = _OPSET if opset_version is None else opset_version
    if not isinstance(version, int) or version < _OPSET:
        raise ValueError(f"opset_version expects a whole number from {_OPSET} on, got {opset_version!r}")
    specs, names = _inputs(model, input_signature)
    call = Structured(lambda inputs: model(inputs, training=False), specs)
    recorded, outputs = record(call, call.specs)
    graph = Graph(recorded.arguments, names)
    _convert(graph, _reached(recorded.nodes, outputs))
    ends = []
    for number, out in enumerate(outputs):
        known = getattr(model, "output_names", [])
        name = graph.new(known[number] if len(known) == len(outputs) else f"output_{number}")
        graph.nodes.append(found.helper.make_node("Identity", [graph.name_of(out)], [name], name=name))
        ends.append(_described(graph, name, out.spec))
    starts = [_described(graph, name, spec) for name, spec in zip(names, call.specs, strict=True)]
    made = found.helper.make_graph(graph.nodes, model.name, starts, ends, graph.weights)
    opsets = [found.helper.make_opsetid("", version)]
    proto = found.helper.make_model(made, opset_imports=opsets, ir_version=_IR_VERSION, producer_name="nnfast")
    try:
        found.checker.check_model(proto, full_check=True)
        data: bytes = proto.SerializeToString()
    except Exception as error:  # of several kinds, among them that of Protocol Buffers for more than 2 GB
        raise ValueError(f"Model '{model.name}' makes no valid ONNX graph: {error}") from error
    return data


def _inputs(model: Any, input_signature: Any) -> tuple[Any, list[str]]:
    """The specs of a model's inputs, in their structure, and the names that the graph gives them."""
    if input_signature is None:
        try:
            input_signature = model.input
        except AttributeError as error:
            raise ValueError(
                f"The model provided has never been called, or a `call` of its own defines it: pass input_signature to "
                f"say what '{model.name}' is called with ({error})"
            ) from None
    elif isinstance(input_signature, list | tuple) and len(input_signature) == 1:  # Keras has the arguments in a list
        (input_signature,) = input_signature
    if not model.built:
        raise ValueError(f"Expected a model that is built, got '{model.name}': call it on data, or build it, first")
    names: list[str] = []
    for number, leaf in enumerate(tree.present(input_signature)):
        name = str(getattr(leaf, "name", None) or f"input_{number}")
        names.append(name if name not in names else f"{name}_{number}")
    described = tree.map_structure(
        lambda leaf: None if leaf is None else TensorSpec(tuple(leaf.shape), str(leaf.dtype or "float32")),
        input_signature,
    )
    return described, names


def _described(graph: Graph, name: str, spec: TensorSpec) -> Any:
    shape = [_BATCH if size is None else size for size in spec.shape]
    return onnx().helper.make_tensor_value_info(name, graph.type_of(spec.dtype), shape)


def _reached(nodes: Sequence[Node], outputs: Sequence[SymbolicTensor]) -> list[Node]:
    """The nodes that outputs are made of, in order: what else is traced, such as new states, is not predicted."""
    wanted = {id(out.node) for out in outputs}
    for node in reversed(nodes):
        if id(node) in wanted:
            wanted |= {id(tensor.node) for tensor in node.inputs}
    return [node for node in nodes if id(node) in wanted]


def _convert(graph: Graph, nodes: Sequence[Node]) -> None:
    for node in nodes:
        (out, *_) = node.outputs
        if node.op.kind is Kind.PLACEHOLDER:
            continue
        if "bfloat16" in (out.dtype, *(tensor.dtype for tensor in node.inputs)):
            raise ValueError(f"Expected types that ONNX runtimes compute with, got {node.op.name!r} on bfloat16")
        if node.op.kind is Kind.CONSTANT:
            graph.call(out, graph.constant(node.attributes["value"], out.dtype))
        elif node.op.kind is Kind.VARIABLE:
            variable = node.attributes["variable"]
            value: Array = variable.numpy()
            graph.call(out, graph.constant(value, out.dtype, variable.path))
        else:
            graph.call(out, convert(graph, node))
