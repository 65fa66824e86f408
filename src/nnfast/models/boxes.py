"""A model as its diagram shows it."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from nnfast import tree
from nnfast.layers.layer import Layer
from nnfast.models.calls import class_name
from nnfast.models.network import Network, Operation
from nnfast.utils.diagram import Box

if TYPE_CHECKING:
    from nnfast.models.model import Model


def boxes_of(model: Model, prefix: str = "") -> tuple[Box, ...]:
    """The layers and ops of a functional model; else the layers of a model, one after the other."""
    network = model._network
    operations: list[Operation] = list(model._layers if network is None else network.operations)
    boxes = [_box(network, operation, prefix) for operation in operations]
    if network is not None:
        return tuple(boxes)
    chained = [box._replace(sources=(before.key,)) for before, box in itertools.pairwise(boxes)]
    return (*boxes[:1], *chained)


def _box(network: Network | None, operation: Operation, prefix: str) -> Box:
    calls = [] if network is None else network.calls_of(operation)
    key = prefix + operation.name
    if isinstance(operation, Layer):
        calls = calls or [call for call in (operation._first_call,) if call is not None]
        activation = getattr(operation, "activation", None)
        box = Box(key, operation.name, type(operation).__name__)
        box = box._replace(
            activation=getattr(activation, "__name__", None),
            trainable=operation.trainable if operation.weights else None,
            inside=operation.diagram(f"{key}/") if hasattr(operation, "diagram") else (),
        )
    else:
        box = Box(key, operation.name, class_name(operation))
    if calls:
        taken = calls[0].inputs or tree.flatten(calls[0].outputs)  # an Input's own
        box = box._replace(inputs=taken[0] if len(taken) == 1 else taken, outputs=calls[0].outputs)
    sources = [] if network is None else network.sources_of(operation)
    return box._replace(sources=tuple(dict.fromkeys(prefix + source.operation.name for source in sources)))
