"""A functional model's calls as plain Python values, and back: the form is that of Keras's files."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Mapping, Sequence
from typing import Any

from nnfast import layers as layer_classes
from nnfast import ops, tree
from nnfast.graph import Call, KerasTensor
from nnfast.layers.layer import Layer
from nnfast.models.network import Network, Operation
from nnfast.utils.objects import deserialize_keras_object, serialize_keras_object

# The ops that a file may name, which take tensors and numbers alone, with the modules where Keras has them.
_OPS = {
    "add": "numpy",
    "subtract": "numpy",
    "multiply": "numpy",
    "divide": "numpy",
    "true_divide": "numpy",
    "power": "numpy",
    "maximum": "numpy",
    "minimum": "numpy",
    "negative": "numpy",
    "absolute": "numpy",
    "exp": "numpy",
    "log": "numpy",
    "sqrt": "numpy",
    "square": "numpy",
    "sin": "numpy",
    "cos": "numpy",
    "matmul": "numpy",
    "relu": "nn",
    "sigmoid": "nn",
    "tanh": "numpy",
    "silu": "nn",
    "softplus": "nn",
    # What Keras finds masks by.
    "any": "numpy",
    "concatenate": "numpy",
    "expand_dims": "numpy",
    "get_item": "numpy",
    "logical_or": "numpy",
    "not_equal": "numpy",
    "ones_like": "numpy",
    "zeros_like": "numpy",
}

# The arguments that are part of an op in Keras, rather than of its call.
_PARAMETERS = {
    "any": ("axis", "keepdims"),
    "concatenate": ("axis",),
    "expand_dims": ("axis",),
    "ones_like": ("dtype",),
    "zeros_like": ("dtype",),
}

# Names of classes in Keras that are not the function's in camel case.
_CLASS_NAMES = {"true_divide": "TrueDivide", "relu": "Relu"}


def describe_calls(network: Network, inputs: Any, outputs: Any) -> dict[str, Any]:
    """The layers and ops of a model, with their calls, and what its inputs and outputs are.

    Raises:
        ValueError: an op that a file can't name, or an argument that is no plain value.
    """

    def history(tensor: KerasTensor) -> list[Any]:
        operation, call, output = network.source(tensor)
        return [operation.name, call, output]

    def argument(value: Any) -> Any:
        if isinstance(value, KerasTensor):
            return {
                "class_name": "__keras_tensor__",
                "config": {"shape": list(value.shape), "dtype": value.dtype, "keras_history": history(value)},
            }
        if value is None or isinstance(value, bool | int | float | str):
            return value
        if value is Ellipsis or isinstance(value, slice):  # between an index's brackets
            return serialize_keras_object(value)
        raise ValueError(f"A call with the argument {value!r} can't be written to a file: put it into a layer")

    described = []
    # As Keras writes them: the layers, and then the ops as they are called.
    operations: list[Operation] = [*network.layers]
    operations += [call for call in network.calls if not isinstance(call.function, Layer)]
    for operation in operations:
        config = layer_classes.serialize(operation) if isinstance(operation, Layer) else _describe_op(operation)
        nodes = [
            {"args": tree.map_structure(argument, args), "kwargs": tree.map_structure(argument, kwargs)}
            for args, kwargs, _ in (_arguments(call) for call in network.calls_of(operation) if call.inputs)
        ]
        described.append({**config, "name": operation.name, "inbound_nodes": nodes})
    return {
        "layers": described,
        "input_layers": tree.map_structure(history, inputs),
        "output_layers": tree.map_structure(history, outputs),
    }


def rebuild_calls(config: Mapping[str, Any]) -> tuple[Any, Any]:
    """The inputs and outputs that `describe_calls` described, of new layers.

    Raises:
        ValueError: something that is not there, or calls that wait for each other.
    """
    made: dict[str, Any] = {}
    results: dict[tuple[str, int], list[KerasTensor]] = {}
    waiting = [(layer["name"], layer, [*map(_as_node, layer["inbound_nodes"])]) for layer in config["layers"]]
    unknown = {key[0] for _, _, nodes in waiting for key in _needed(nodes)} - {name for name, _, _ in waiting}
    if unknown:
        raise ValueError(f"Expected calls of the layers that the model has. Missing node: {', '.join(sorted(unknown))}")
    for name, description, nodes in waiting:
        is_op = str(description.get("module")).startswith("keras.src.ops.")
        made[name] = _rebuild_op(description) if is_op else layer_classes.deserialize(description)
        if not nodes:
            results[name, 0] = tree.flatten(made[name].output)

    def value(leaf: Mapping[str, Any]) -> Any:
        name, node, index = leaf["config"]["keras_history"]
        return results[name, node][index]

    while any(nodes for _, _, nodes in waiting):
        before = len(results)
        for name, _, nodes in waiting:
            while nodes and all((key[0], key[1]) in results for key in _needed(nodes[0])):
                node, number = nodes.pop(0), sum(key[0] == name for key in results)
                # Keras writes arguments that nobody gave, as None.
                given = {name: inner for name, inner in node.get("kwargs", {}).items() if inner is not None}
                args, kwargs = _with_tensors(node["args"], value), _with_tensors(given, value)
                tensors = results[name, number] = tree.flatten(made[name](*args, **kwargs))
                for tensor in tensors:
                    if isinstance(tensor, KerasTensor):
                        tensor.name = tensor.call.name = name
        if len(results) == before:
            raise ValueError(
                "Expected calls that lead from inputs to outputs, got a loop, or some that need what nobody makes"
            )

    def end(history: Sequence[Any]) -> KerasTensor:
        name, node, index = history
        tensor: KerasTensor = results[name, node][index]
        return tensor

    return _map_ends(end, config["input_layers"]), _map_ends(end, config["output_layers"])


def _arguments(call: Call) -> tuple[list[Any], dict[str, Any], dict[str, Any]]:
    """The arguments of a call, and those that are part of the op."""
    name = getattr(call.function, "__name__", "")
    if name not in _PARAMETERS:
        return list(call.args), call.kwargs, {}
    bound = inspect.signature(call.function).bind(*call.args, **call.kwargs).arguments
    parameters = {key: value for key, value in bound.items() if key in _PARAMETERS[name]}
    return [value for key, value in bound.items() if key not in parameters], {}, parameters


def class_name(call: Call) -> str:
    """The name of Keras's class of the op that is called."""
    function = call.function.__name__
    return _CLASS_NAMES.get(function) or "".join(part.capitalize() for part in function.split("_"))


def _describe_op(call: Call) -> dict[str, Any]:
    function = call.function.__name__
    if function not in _OPS:
        raise ValueError(f"A call of ops.{function} can't be written to a file: put it into a layer")
    name = class_name(call)
    module = f"keras.src.ops.{_OPS[function]}"
    config = {"name": call.name, **_arguments(call)[2]}
    return {"module": module, "class_name": name, "config": config, "registered_name": name}


def _rebuild_op(description: Mapping[str, Any]) -> Any:
    name = _snake_case(description["class_name"])
    given = {key: value for key, value in description["config"].items() if key != "name" and value is not None}
    unknown = given.keys() - _PARAMETERS.get(name, ())
    if name not in _OPS or unknown:
        raise ValueError(
            f"Expected a call of one of {', '.join(_OPS)} with plain arguments, got {description['class_name']!r} with "
            f"{sorted(unknown)}"
        )
    if name == "get_item":  # several indices are a tuple, which JSON does not have
        return lambda x, key: ops.get_item(x, tuple(key) if isinstance(key, list) else key)
    return functools.partial(getattr(ops, name), **given)


def _snake_case(name: str) -> str:
    return re.sub(r"(?<=[a-z])([A-Z])", r"_\1", name).lower()


def _map_ends(end: Any, ends: Any) -> Any:
    if isinstance(ends, Mapping):
        return {name: _map_ends(end, inner) for name, inner in ends.items()}
    if ends and isinstance(ends[0], str):
        return end(ends)
    structure = [_map_ends(end, inner) for inner in ends]
    return tuple(structure) if isinstance(ends, tuple) else structure


def _is_tensor(value: Any) -> bool:
    return isinstance(value, Mapping) and value.get("class_name") == "__keras_tensor__"


def _as_node(node: Any) -> Any:
    """A description of a call; one of Keras 2's, [[name, call, output, keyword arguments], ...], in today's form."""
    if not isinstance(node, list):
        return node
    tensors = [{"class_name": "__keras_tensor__", "config": {"keras_history": given[:3]}} for given in node]
    given = [keywords for _, _, _, *rest in node for keywords in rest]
    return {"args": tensors if len(tensors) == 1 else [tensors], "kwargs": given[-1] if given else {}}


def _needed(node: Any) -> list[tuple[str, int]]:
    """The calls whose results a description has among its arguments."""
    if _is_tensor(node):
        name, number, _ = node["config"]["keras_history"]
        return [(name, number)]
    inner = node.values() if isinstance(node, Mapping) else node if isinstance(node, list | tuple) else ()
    return [key for item in inner for key in _needed(item)]


def _with_tensors(node: Any, value: Any) -> Any:
    if _is_tensor(node):
        return value(node)
    if isinstance(node, Mapping) and node.get("class_name") in ("__slice__", "__ellipsis__"):
        return deserialize_keras_object(node)
    if isinstance(node, Mapping):
        return {name: _with_tensors(inner, value) for name, inner in node.items()}
    return [_with_tensors(inner, value) for inner in node] if isinstance(node, list | tuple) else node
