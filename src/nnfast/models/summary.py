"""The table that `model.summary()` prints, in the form that Keras gives it."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nnfast import tree
from nnfast.layers.input_spec import Shape, as_specs

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from nnfast.graph import Variable
    from nnfast.layers.layer import Layer
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

    table = _empty_table(line_length, positions, show_trainable)
    for layer in _select(model.layers, layer_range):
        for row in _rows(layer, "", expand_nested):
            table.add_row(*(row if show_trainable else row[:3]))
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


def _empty_table(line_length: int | None, positions: Sequence[float] | None, show_trainable: bool) -> Table:
    import shutil

    from rich.table import Column, Table

    headers = ["Layer (type)", "Output Shape", "Param #"]
    ends = list(positions or (0.45, 0.80, 1.0))
    width = 88
    if show_trainable:
        headers.append("Trainable")
        ends = [0.9 * end for end in ends] + [1.0]
        width += 12
    width = line_length or min(width, shutil.get_terminal_size().columns - 4)
    edges = [0, *(int(end * width) for end in ends)]
    widths = [end - start for start, end in itertools.pairwise(edges)]
    if min(widths) < 4:
        raise ValueError(f"A summary needs columns of 4 characters or more, got widths {widths}; raise line_length")
    sides: tuple[Any, ...] = ("left", "left", "right", "center")
    columns = [
        Column(header, justify=side, width=column) for header, side, column in zip(headers, sides, widths, strict=False)
    ]
    return Table(*columns, width=width, show_lines=True)


def _rows(layer: Layer, indent: str, expand_nested: bool) -> Iterator[tuple[str, str, str, str]]:
    """The cells of a layer's row, and of the rows of the layers inside it."""
    from rich.markup import escape

    branch = f"{indent}└ " if indent else ""
    name = f"{escape(branch + layer.name)} ({_colour(escape(type(layer).__name__), _CLASS)})"
    count = _colour(f"{layer.count_params():,}", _NUMBER) if layer.built else f"{_colour(0, _NUMBER)} (unbuilt)"
    flag = _bold("-")
    if layer.weights:
        flag = _bold(_colour("Y", _NUMBER) if layer.trainable else _colour("N", _FROZEN))
    yield name, _output_shape(layer), count, flag
    if expand_nested:
        for inner in getattr(layer, "layers", ()):
            yield from _rows(inner, indent + "   ", expand_nested)


def _output_shape(layer: Layer) -> str:
    if layer._first_call is not None:
        shapes = [tensor.shape for tensor in tree.flatten(layer.output)]
    elif layer._build_shape is not None:
        specs = as_specs(layer.compute_output_shape(layer._build_shape))
        shapes = [spec.shape for spec in tree.flatten(specs)]
    else:
        return "?"
    return ", ".join(map(_shape, shapes))


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


def _select(layers: Sequence[Layer], layer_range: Sequence[str] | None) -> Sequence[Layer]:
    """The layers from the first that matches one end of the range to the last that matches the other."""
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
