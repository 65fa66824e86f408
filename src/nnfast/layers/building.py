"""What holds for the building of every layer."""

from __future__ import annotations

import functools
import os
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from nnfast import tree
from nnfast.layers.input_spec import as_specs, shapes_of
from nnfast.naming import current_path, scope

if TYPE_CHECKING:
    from nnfast.layers.layer import Layer

_lock = threading.RLock()


def build_lock() -> threading.RLock:
    """Held while a layer is built, so that threads that call it first don't make its weights twice."""
    return _lock


def _renew_lock() -> None:
    global _lock
    _lock = threading.RLock()


os.register_at_fork(after_in_child=_renew_lock)  # another thread of the parent's may have held it


def builds_once(build: Callable[..., None]) -> Callable[..., None]:
    """`build` with what holds for every layer: it builds the layer for good, or leaves it without weights."""

    @functools.wraps(build)
    def build_once(self: Layer, *args: Any, **kwargs: Any) -> None:
        if self._building:  # a subclass's build that calls super().build
            build(self, *args, **kwargs)
            return
        args = tuple(_standardized(shape) for shape in args or ((None,) if not kwargs else ()))
        kwargs = {name: _standardized(shape) for name, shape in kwargs.items()}
        given = [*args, *kwargs.values()]
        shape = given[0] if len(given) == 1 else given
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
            with scope(self):
                state["_path"] = current_path()
                build(self, *args, **kwargs)
            state.update(built=True, _build_shape=shape)
        except BaseException:
            for items, saved in zip(owned, before, strict=True):
                items[:] = saved
            raise
        finally:
            state["_building"] = False

    return build_once


def _standardized(shapes: Any) -> Any:
    return shapes_of(as_specs(shapes))


def _samples(shapes: Any) -> list[Any]:
    """Shapes without the batch."""
    return [spec.shape[1:] for spec in tree.present(as_specs(shapes))]
