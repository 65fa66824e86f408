"""What layers that call each other know in common: whether they are trained, and what they add to the loss."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, NamedTuple

from nnfast import ops, tree
from nnfast.graph import SymbolicTensor, Tensor, current_trace
from nnfast.ops.movement import size_of_shape

if TYPE_CHECKING:
    from nnfast.layers.layer import Layer


class _Calling(NamedTuple):
    training: bool | None


# The layer that is being called, by what it was told.
_calling: ContextVar[_Calling | None] = ContextVar("calling", default=None)


def is_training() -> bool | None:
    """What the layer that is being called was told about training."""
    calling = _calling.get()
    return None if calling is None else calling.training


@contextmanager
def calling(layer: Layer, training: bool | None) -> Iterator[None]:
    """A call of a layer: what it calls is told the same about training. A call from outside forgets what layers added
    to the loss before."""
    if _calling.get() is None:
        for inner in layer.flatten_layers():
            added_losses(inner).clear()
    token = _calling.set(_Calling(training))
    try:
        yield
    finally:
        _calling.reset(token)


def added_losses(layer: Layer) -> list[Any]:
    """What a layer added to the loss, in the function that is being traced, or outside of any; to be changed."""
    trace = current_trace()
    found: list[Any] = layer._losses if trace is None else trace.kept.setdefault(layer, [])
    return found


def add_activity_losses(layer: Layer, regularizer: Any, outputs: Any) -> None:
    """Adds what a regularizer says of a layer's outputs, a sample."""
    for output in tree.flatten(outputs):
        if not isinstance(output, SymbolicTensor | Tensor):
            continue
        loss = ops.convert_to_tensor(regularizer(output))
        if output.ndim > 0:
            loss = ops.divide(loss, ops.maximum(size_of_shape(tuple(output.shape[:1]), _name(loss)), 1.0))
        layer.add_loss(loss)


def _name(tensor: Any) -> str:
    return tensor.dtype if isinstance(tensor.dtype, str) else tensor.dtype.name
