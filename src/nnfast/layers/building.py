"""What holds for the building of every layer."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from nnfast.layers.input_spec import flatten_shapes, map_shapes, standard_shape

if TYPE_CHECKING:
    from nnfast.layers.layer import Layer


def builds_once(build: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
    """`build` with what holds for every layer: it builds the layer for good, or leaves it without weights."""

    @functools.wraps(build)
    def build_once(self: Layer, input_shape: Any = None) -> None:
        if self._building:  # a subclass's build that calls super().build
            build(self, input_shape)
            return
        shape = None if input_shape is None else map_shapes(standard_shape, input_shape)
        owned: tuple[list[Any], ...] = (self._trainable_variables, self._non_trainable_variables, self._layers)
        if self.built and None not in (self._build_shape, shape) and any(owned[:2]):
            if _samples(shape) != _samples(self._build_shape):
                raise ValueError(
                    f"Layer '{self.name}' is built for inputs of shape {self._build_shape}, "
                    f"it cannot be built again for {shape}"
                )
            return
        before = [list(items) for items in owned]
        state = vars(self)  # not through __setattr__, where Ctrl-C could come between
        state["_building"] = True
        try:
            build(self, shape)
            state.update(built=True, _build_shape=shape)
        except BaseException:
            for items, saved in zip(owned, before, strict=True):
                items[:] = saved
            raise
        finally:
            state["_building"] = False

    return build_once


def _samples(shapes: Any) -> list[Any]:
    """Shapes without the batch."""
    return [shape[1:] for shape in flatten_shapes(shapes)]
