"""The table that `model.summary()` prints, in the form that Keras gives it."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nnfast import tree
from nnfast.layers.input_spec import Shape, as_specs
from nnfast.layers.layer import Layer
from nnfast.models.calls import class_name
from nnfast.models.network import Network, Operation

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from nnfast.graph import Variable
    from nnfast.models.model import Model

# The colours, by rich's numbers.
_NUMBER, _CLASS, _UNKNOWN, _FROZEN = 34, 33, 45, 9


def print_summary(
    model: Model,
    line_length: int | None = None,
    positions: Sequence[float] | None = None,
    print_fn: Callable[[str], Any] | None = None,
    expand_nested: bool = False,
    show_trainable: bool = False,
    layer_range: Sequence[str] | None = None,
) -> None:
    """Print a table of the model's layers; the arguments are those of Model.summary."""
    from rich.console import Console
    from rich.markup import escape

    network = model._network
    operations: Sequence[Operation] = model.layers if network is None else network.operations
    connected = network is not None and not network.is_a_stack
    table = _empty_table(line_length, positions, connected, show_trainable)
    for operation in _select(operations, layer_range):
        for row in _rows(network, operation, "", expand_nested):
            shown = row._asdict()
            if not connected:
                del shown["sources"]
            if not show_trainable:
                del shown["flag"]
            table.add_row(*shown.values())
    lines = [_bold(f'Model: "{escape(model.name)}"'), table, *_totals(model)]
    if print_fn is None:
        _print(Console(highlight=False), lines)
        return
    console = Console(highlight=False, force_terminal=False, color_system=None)
    with console.capture() as capture:
        _print(console, lines)
    print_fn(capture.get())


def _print(console: Console, lines: Sequence[Any]) -> None:
    for line in lines:
        console.print(line)


class _Row(NamedTuple):
    """The cells of a row."""

    name: str
    shape: str
    params: str
    sources: str
    flag: str


def _empty_table(
    line_length: int | None, positions: Sequence[float] | None, connected: bool, show_trainable: bool
) -> Table:
    import shutil

    from rich.table import Column, Table

    headers, sides, ends, width = (
        ["Layer (type)", "Output Shape", "Param #"],
        ["left", "left", "right"],
        [0.45, 0.80],
        88,
    )
    if connected:
        headers, sides, ends, width = [*headers, "Connected to"], [*sides, "left"], [0.3, 0.56, 0.74], 108
    ends = list(positions or [*ends, 1.0])
    if show_trainable:
        headers.append("Trainable")
        sides.append("center")
        ends = [0.9 * end for end in ends] + [1.0]
        width += 12
    width = line_length or min(width, shutil.get_terminal_size().columns - 4)
    edges = [0, *(int(end * width) for end in ends)]
    widths = [end - start for start, end in itertools.pairwise(edges)]
    if min(widths) < 4:
        raise ValueError(f"A summary needs columns of 4 characters or more, got widths {widths}; raise line_length")
    sides_of: list[Any] = sides
    columns = [
        Column(header, justify=side, width=column)
        for header, side, column in zip(headers, sides_of, widths, strict=False)
    ]
    return Table(*columns, width=width, show_lines=True)


def _rows(network: Network | None, operation: Operation, indent: str, expand_nested: bool) -> Iterator[_Row]:
    """The row of an operation, and those of the layers inside it."""
    from rich.markup import escape

    branch = f"{indent}└ " if indent else ""
    kind = type(operation).__name__ if isinstance(operation, Layer) else class_name(operation)
    name = f"{escape(branch + operation.name)} ({_colour(escape(kind), _CLASS)})"
    count, flag = _colour(0, _NUMBER), _bold("-")
    if isinstance(operation, Layer):
        count = _colour(f"{operation.count_params():,}", _NUMBER) if operation.built else f"{count} (unbuilt)"
        if operation.weights:
            flag = _bold(_colour("Y", _NUMBER) if operation.trainable else _colour("N", _FROZEN))
    yield _Row(name, _output_shape(network, operation), count, _sources(network, operation), flag)
    if expand_nested:
        for inner in getattr(operation, "layers", ()):
            yield from _rows(network, inner, indent + "   ", expand_nested)


def _sources(network: Network | None, operation: Operation) -> str:
    """The tensors that an operation takes, by what makes them, the number of that call and of its output."""
    found = [] if network is None else network.sources_of(operation)
    numbers = (f"{a.operation.name}[{_colour(a.call, _NUMBER)}][{_colour(a.output, _NUMBER)}]" for a in found)
    return ", ".join(numbers) or "-"


def _output_shape(network: Network | None, operation: Operation) -> str:
    calls = [] if network is None else network.calls_of(operation)
    if not calls and isinstance(operation, Layer) and operation._first_call is not None:
        calls = [operation._first_call]
    if calls:
        shapes = tree.map_structure(lambda tensor: _shape(tensor.shape), calls[-1].outputs)
    elif isinstance(operation, Layer) and operation._build_shape is not None:
        specs = as_specs(operation.compute_output_shape(operation._build_shape))
        shapes = tree.map_structure(lambda spec: _shape(spec.shape), specs)
    else:
        return "?"
    flat = tree.flatten(shapes)
    return flat[0] if len(flat) == 1 else str(shapes).replace("'", "")


def _shape(shape: Shape) -> str:
    sizes = (_colour(size, _UNKNOWN if size is None else _NUMBER) for size in shape)
    return f"({', '.join(sizes)})"


def _totals(model: Model) -> Iterator[str]:
    trainable = _size(model.trainable_weights)
    frozen = _size(model.non_trainable_weights)
    optimizer = getattr(model, "optimizer", None)
    slots = _size(optimizer.variables) if optimizer is not None and optimizer.built else None
    total = [sum(pair) for pair in zip(trainable, frozen, slots or (0, 0), strict=True)]
    yield _total("Total", total)
    yield _total("Trainable", trainable)
    yield _total("Non-trainable", frozen)
    if slots is not None:
        yield _total("Optimizer", slots)


def _size(variables: Sequence[Variable]) -> tuple[int, int]:
    """How many numbers the variables hold, and how many bytes."""
    counts = [math.prod(variable.shape) for variable in variables]
    sizes = [np.dtype(variable.dtype).itemsize for variable in variables]
    return sum(counts), sum(count * size for count, size in zip(counts, sizes, strict=True))


def _total(what: str, size: Sequence[int]) -> str:
    count, amount = size[0], float(size[1])
    for unit in ("B", "KB", "MB", "GB", "TB", "PB"):
        if amount < 1024 or unit == "PB":
            break
        amount /= 1024
    return f"{_bold(f' {what} params: ')}{_colour(f'{count:,}', _NUMBER)} ({amount:.2f} {unit})"


def _select(layers: Sequence[Operation], layer_range: Sequence[str] | None) -> Sequence[Operation]:
    """The operations from the first that matches one end of the range to the last that matches the other."""
    if layer_range is None:
        return layers
    if len(layer_range) != 2 or not all(isinstance(end, str) for end in layer_range):
        raise ValueError(f"layer_range expects two names or regular expressions, got {layer_range!r}")
    first, last = ([i for i, layer in enumerate(layers) if re.match(end, layer.name)] for end in layer_range)
    if not first or not last:
        raise ValueError(f"layer_range {layer_range!r} matches none of {[layer.name for layer in layers]}")
    if min(first) > max(last):
        first, last = last, first
    return layers[min(first) : max(last) + 1]


def _colour(text: object, number: int) -> str:
    return f"[color({number})]{text}[/]"


def _bold(text: str) -> str:
    return f"[bold]{text}[/]"
