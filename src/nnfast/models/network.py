"""The calls that lead from a model's inputs to its outputs, and the layers and ops that they are of."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from nnfast import tree
from nnfast.graph import Call, KerasTensor, get_mask
from nnfast.layers.input import InputLayer
from nnfast.layers.layer import Layer

# A layer, or a call of an op: every call of an op is an operation of its own.
Operation: TypeAlias = Layer | Call


class Source(NamedTuple):
    """Where a tensor comes from."""

    operation: Operation
    call: int  # the number of the operation's call in the network
    output: int  # the number of the tensor among the call's outputs


class Network:
    """What a model is put together from.

    Args:
        model: the model's name, for errors.
        inputs, outputs: structures of KerasTensors.

    Attributes:
        calls: those between inputs and outputs, each after those that it needs.
        operations: in Keras's order: the farther from the outputs, the earlier; then as they are met on the way back.

    Raises:
        ValueError: an output that needs another Input, or two layers of one name.
    """

    def __init__(self, model: str, inputs: Any, outputs: Any) -> None:
        self._inputs: list[KerasTensor] = tree.flatten(inputs)
        self._outputs = outputs
        ends = tree.flatten(outputs)
        self.calls = tuple(_ordered_calls(model, self._inputs, outputs))
        given = dict.fromkeys(tensor.call for tensor in self._inputs if isinstance(tensor.call.function, InputLayer))
        self._calls_of: dict[Operation, list[Call]] = {}
        for call in [*given, *self.calls]:
            self._calls_of.setdefault(operation_of(call), []).append(call)
        self.operations = _ordered_operations([*given, *self.calls], ends)
        named: dict[str, Layer] = {}
        for layer in self.layers:
            if named.setdefault(layer.name, layer) is not layer:
                raise ValueError(f"Model '{model}' has two layers called '{layer.name}'; pass other names")

    def run(self, inputs: Any, leave_out: Collection[str] = ()) -> Any:
        """The outputs that the calls make of other inputs.

        Args:
            inputs: a structure with tensors of any kind, in the order of the network's inputs.
            leave_out: keyword arguments that are not given to the calls.
        """
        return self._walk(inputs, lambda call, values: call.repeat(values, leave_out))

    def again(self, inputs: Any, clone: Callable[[Layer], Any], call_function: Callable[..., Any] | None = None) -> Any:
        """The outputs that other layers make of other KerasTensors.

        Args:
            inputs: a structure of KerasTensors, in the order of the network's inputs.
            clone: gives the layer that stands for one of the network's; it is asked once for each.
            call_function: called as call_function(layer, *args, **kwargs) in the place of a call of a layer or op.
        """
        clones = {layer: clone(layer) for layer in self.layers if not isinstance(layer, InputLayer)}

        def call_again(call: Call, values: Mapping[KerasTensor, Any]) -> Any:
            function = clones.get(call.function, call.function)
            if call_function is not None and call.function is not get_mask:
                function = functools.partial(call_function, function)
            made = call.repeat(values, function=function)
            if not isinstance(call.function, Layer):
                for tensor in tree.flatten(made):
                    if isinstance(tensor, KerasTensor) and not isinstance(tensor.call.function, Layer):
                        tensor.name = tensor.call.name = call.name
            return made

        return self._walk(inputs, call_again)

    def _walk(self, inputs: Any, make: Callable[[Call, Mapping[KerasTensor, Any]], Any]) -> Any:
        values: dict[KerasTensor, Any] = dict(zip(self._inputs, tree.flatten(inputs), strict=True))
        for call in self.calls:
            made = tree.flatten(make(call, values))
            for tensor, value in zip(tree.flatten(call.outputs), made, strict=True):
                if tensor is not None:
                    values.setdefault(tensor, value)
        return tree.map_structure(values.__getitem__, self._outputs)

    @property
    def layers(self) -> list[Layer]:
        """The operations that are layers."""
        return [operation for operation in self.operations if isinstance(operation, Layer)]

    def calls_of(self, operation: Operation) -> list[Call]:
        """The calls of an operation here; none of one that is not here."""
        return self._calls_of.get(operation, [])

    def source(self, tensor: KerasTensor) -> Source:
        """Where a tensor comes from."""
        operation = operation_of(tensor.call)
        made = tree.flatten(tensor.call.outputs)
        output = next(number for number, other in enumerate(made) if other is tensor)
        return Source(operation, self._calls_of[operation].index(tensor.call), output)

    def sources_of(self, operation: Operation) -> list[Source]:
        """Where the tensors come from that the calls of an operation take."""
        return [self.source(tensor) for call in self.calls_of(operation) for tensor in call.inputs]

    @property
    def is_a_stack(self) -> bool:
        """Whether every operation takes what the one before it makes, and is called once."""
        calls = [call for calls in self._calls_of.values() for call in calls]
        steps = itertools.pairwise(calls)
        follow = all([tensor.call for tensor in call.inputs] == [before] for before, call in steps)
        return follow and len(self._calls_of) == len(calls)


def operation_of(call: Call) -> Operation:
    """What a call is of."""
    return call.function if isinstance(call.function, Layer) else call


def _ordered_calls(model: str, inputs: Sequence[KerasTensor], outputs: Any) -> list[Call]:
    given, ordered = set(inputs), dict[Call, None]()
    # Depth first, with a stack of our own: models may have more layers than Python has room for calls.
    paths = [(".".join(map(str, path)), output) for path, output in tree.flatten_with_path(outputs)]
    stack = [(path, output, False) for path, output in reversed(paths)]
    while stack:
        path, tensor, finished = stack.pop()
        call = tensor.call
        if finished:
            ordered[call] = None
        elif tensor not in given and call not in ordered:
            if call.function is None or isinstance(call.function, InputLayer):
                raise ValueError(
                    f"Output with path `{path}` is not connected to the inputs of model '{model}': it needs the input "
                    f"'{tensor.name}', which is not among them"
                )
            stack.append((path, tensor, True))
            stack.extend((path, needed, False) for needed in reversed(call.inputs))
    return list(ordered)


def _ordered_operations(calls: Sequence[Call], outputs: Sequence[KerasTensor]) -> list[Operation]:
    own = set(calls)
    depths: dict[Any, int] = {}  # by operation, and by call
    for call in reversed(calls):
        operation = operation_of(call)
        depth = max(depths.get(call, 0), depths.get(operation, 0))
        depths[call] = depths[operation] = depth
        for tensor in call.inputs:
            if tensor.call in own:
                depths[tensor.call] = max(depths.get(tensor.call, 0), depth + 1)
    met: dict[Operation, None] = {}
    stack = list(reversed(outputs))
    seen: set[Call] = set()
    while stack:
        call = stack.pop().call
        if call in own and call not in seen:
            seen.add(call)
            met[operation_of(call)] = None
            stack.extend(reversed(call.inputs))
    unused = dict.fromkeys(operation for operation in map(operation_of, calls) if operation not in met)
    order = {operation: number for number, operation in enumerate([*unused, *met])}
    return sorted(order, key=lambda operation: (-depths[operation], order[operation]))
