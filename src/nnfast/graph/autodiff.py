"""Reverse-mode differentiation of a trace, by the gradient rules of its ops."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nnfast.graph.op import Kind
from nnfast.graph.tensor import Node, SymbolicTensor, operators
from nnfast.graph.trace import current_trace
from nnfast.graph.variable import Variable


def differentiate(loss: SymbolicTensor, variables: Sequence[Variable | SymbolicTensor]) -> list[SymbolicTensor]:
    """The gradient of a scalar with respect to each variable's value at the start of the trace, or to tensors of it.

    Args:
        loss: a symbolic scalar of a float type.
        variables: Variables, or symbolic tensors, of float types; one that the loss does not depend on gets zeros.

    Returns:
        A symbolic tensor of each variable's shape and dtype, recorded into the same trace.

    Raises:
        ValueError: where the loss is not a symbolic scalar.
    """
    trace = current_trace()
    if trace is None or not isinstance(loss, SymbolicTensor):
        raise ValueError(f"Expected a symbolic loss inside a trace, got {loss!r}.")
    if loss.shape != ():
        raise ValueError(f"Expected a scalar loss, got shape {loss.shape}; sum it or take its mean.")
    wanted = [
        variable if isinstance(variable, SymbolicTensor) else trace.initial_values.get(variable)
        for variable in variables
    ]
    needed = _depends_on(trace.nodes, {id(tensor) for tensor in wanted if tensor is not None})
    gradients: dict[int, Any] = {id(loss): operators["ones_like"](loss)}
    for node in reversed(list(trace.nodes)):
        given = [gradients.get(id(out)) for out in node.outputs]
        if id(node) in needed and any(gradient is not None for gradient in given):
            _backward(node, given, needed, gradients)
    return [
        gradients[id(tensor)] if tensor is not None and id(tensor) in gradients else operators["zeros_like"](variable)
        for variable, tensor in zip(variables, wanted, strict=True)
    ]


def _depends_on(nodes: Sequence[Node], tensors: set[int]) -> set[int]:
    """The nodes, by identity, that one of these tensors flows into, or that make it."""
    found: set[int] = set()
    for node in nodes:
        if any(id(out) in tensors for out in node.outputs) or any(id(source.node) in found for source in node.inputs):
            found.add(id(node))
    return found


def _backward(node: Node, given: list[Any], needed: set[int], gradients: dict[int, Any]) -> None:
    """Adds what the gradients of a node's outputs give its inputs."""
    if isinstance(node.op.gradient, str):  # the derivative is zero or undefined, for the reason given there
        return
    gradient, out = (given[0], node.outputs[0]) if len(node.outputs) == 1 else (given, node.outputs)
    shares = node.op.gradient(gradient, out, *node.inputs, **node.attributes)
    for source, share in zip(node.inputs, shares, strict=True):
        if share is None or id(source.node) not in needed:
            continue
        if node.op.kind is Kind.POINTWISE:
            share = operators["sum_to_shape"](share, source.shape)
        known = gradients.get(id(source))
        gradients[id(source)] = share if known is None else known + share
