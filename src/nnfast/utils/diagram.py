"""Diagrams of models, drawn by pydot and Graphviz where these are installed."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from typing import Any, NamedTuple

from nnfast import tree
from nnfast.graph import KerasTensor


class Box(NamedTuple):
    """A layer or an op of a model, as it is drawn.

    Attributes:
        key: what tells it from others.
        name, kind: its own name, and its class's.
        inputs, outputs: the KerasTensors that it takes and makes; None where they are not known.
        activation: the name of its activation, if it has one.
        trainable: whether it is trained; None where it has no weights.
        sources: the keys of those whose results it takes.
        inside: the boxes of a model's own layers and ops; none of other layers.
    """

    key: str
    name: str
    kind: str
    inputs: Any = None
    outputs: Any = None
    activation: str | None = None
    trainable: bool | None = None
    sources: tuple[str, ...] = ()
    inside: tuple[Box, ...] = ()


def model_to_dot(
    model: Any,
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = True,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: int = 200,
    subgraph: bool = False,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
) -> Any:
    """A model's diagram as a pydot.Dot, or, with `subgraph`, as a pydot.Cluster.

    Args:
        model: a model that is built.
        show_shapes, show_dtype: whether boxes show the shapes and element types of what goes in and out; default False.
        show_layer_names: whether they show the layers' names; default True.
        rankdir: "TB" from top to bottom (default), "LR" from left to right.
        expand_nested: whether the layers of models inside the model are drawn, too; default False.
        dpi: dots per inch; default 200.
        subgraph: default False.
        show_layer_activations, show_trainable: whether boxes show activations, and what is trained; default False.

    Raises:
        ImportError: pydot is not installed.
        ValueError: the model is not built.
    """
    if not model.built:
        raise ValueError("This model has not yet been built. Build the model first by calling `build()` or the model.")
    pydot = _pydot()
    shown = _Shown(show_shapes, show_dtype, show_layer_names, show_layer_activations, show_trainable)
    return _draw(pydot, model.name, model.diagram(), shown, rankdir, dpi, subgraph, expand_nested)


def plot_model(
    model: Any,
    to_file: str | os.PathLike[str] = "model.png",
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = False,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: int = 200,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
) -> Any:
    """Draw a model's layers into a file.

    Args:
        model: a model that is built.
        to_file: its ending is the format, such as png, svg or pdf; default "model.png".
        show_layer_names: default False.
        show_shapes, show_dtype, rankdir, expand_nested, dpi, show_layer_activations, show_trainable: as of
            `model_to_dot`.

    Returns:
        In a notebook, the picture; else None.

    Raises:
        ImportError: pydot or Graphviz is not installed.
        ValueError: the model is not built.
    """
    dot = model_to_dot(
        model,
        show_shapes,
        show_dtype,
        show_layer_names,
        rankdir,
        expand_nested,
        dpi,
        show_layer_activations=show_layer_activations,
        show_trainable=show_trainable,
    )
    from pathlib import Path  # takes time

    path = Path(to_file)
    try:
        dot.write(str(path), format=path.suffix.lstrip(".") or "png")
    except FileNotFoundError as error:
        raise ImportError(
            "You must install graphviz (see instructions at https://graphviz.gitlab.io/download/) for `plot_model` to "
            "work."
        ) from error
    if "IPython" not in sys.modules or path.suffix not in (".png", ".jpg", ".jpeg"):
        return None
    return importlib.import_module("IPython.display").Image(filename=str(path))


def get_source_inputs(tensor: KerasTensor) -> list[KerasTensor]:
    """The KerasTensors of Inputs that a KerasTensor is made from.

    >>> from nnfast import Input, layers
    >>> a, b = Input((3,)), Input((3,))
    >>> [source is a for source in get_source_inputs(layers.Dense(2)(a) * 2.0)]
    [True]
    >>> len(get_source_inputs(a + b))
    2
    """
    found: dict[KerasTensor, None] = {}
    seen = set()
    stack = [tensor]
    while stack:
        one = stack.pop()
        if not one.call.inputs:
            found[one] = None
        elif one.call not in seen:
            seen.add(one.call)
            stack.extend(reversed(one.call.inputs))
    return list(found)


class _Shown(NamedTuple):
    shapes: bool
    dtype: bool
    names: bool
    activations: bool
    trainable: bool


def _pydot() -> Any:
    try:
        return importlib.import_module("pydot")
    except ImportError as error:
        raise ImportError("You must install pydot (`pip install pydot`) for `plot_model` to work.") from error


def _draw(
    pydot: Any,
    name: str,
    boxes: Sequence[Box],
    shown: _Shown,
    rankdir: str,
    dpi: int,
    subgraph: bool,
    expand_nested: bool,
) -> Any:
    if subgraph:
        dot = pydot.Cluster(style="dashed", graph_name=_quoted(name))
        dot.set("label", _quoted(name))
        dot.set("labeljust", "l")
    else:
        dot = pydot.Dot()
        dot.set("rankdir", rankdir)
        dot.set("concentrate", True)
        dot.set("dpi", dpi)
        dot.set("splines", "ortho")
        dot.set_node_defaults(shape="record")
    for box in boxes:
        if expand_nested and box.inside:
            dot.add_subgraph(_draw(pydot, box.name, box.inside, shown, rankdir, dpi, True, True))
        else:
            dot.add_node(pydot.Node(_quoted(box.key), label=_label(box, shown)))
    by_key = {box.key: box for box in boxes}
    for box in boxes:
        for source in box.sources:
            first = by_key[source].inside[-1] if expand_nested and by_key[source].inside else by_key[source]
            last = box.inside[0] if expand_nested and box.inside else box
            edge = pydot.Edge(_quoted(first.key), _quoted(last.key))
            edge.set("penwidth", "2")
            dot.add_edge(edge)
    return dot


def _label(box: Box, shown: _Shown) -> str:
    """A box's text, as a table in Graphviz's HTML."""
    title = f"<b>{box.name}</b> ({box.kind})" if shown.names else f"<b>{box.kind}</b>"
    rows = [title]
    if shown.activations and box.activation:
        rows.append(f"Activation: <b>{box.activation}</b>")
    if shown.shapes:
        rows += [
            f"{what} shape: <b>{_text(of, 'shape')}</b>"
            for what, of in (("Input", box.inputs), ("Output", box.outputs))
        ]
    if shown.dtype:
        rows.append(f"Output dtype: <b>{_text(box.outputs, 'dtype')}</b>")
    if shown.trainable and box.trainable is not None:
        rows.append(f"Trainable: <b>{box.trainable}</b>")
    cells = "".join(f'<tr><td cellpadding="8">{row}</td></tr>' for row in rows)
    return f'<<table border="0" cellborder="1" cellspacing="0">{cells}</table>>'


def _text(tensors: Any, what: str) -> str:
    if tensors is None:
        return "?"
    found = tree.map_structure(lambda tensor: getattr(tensor, what, None), tensors)
    return str(found).replace("'", "").replace("{", "").replace("}", "")


def _quoted(name: str) -> str:
    return f'"{name}"'
