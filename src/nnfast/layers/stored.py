"""What files know of a layer: the shapes it is built for, and its variables by number."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from nnfast.graph import Variable

# While a file is loaded: how many numbers it holds that no variable has taken yet.
_left: ContextVar[list[float] | None] = ContextVar("left", default=None)


@contextmanager
def weights_at_most(count: int) -> Iterator[None]:
    """Layers that are built inside can't have variables of more numbers together."""
    token = _left.set([count])
    try:
        yield
    finally:
        _left.reset(token)


def check_size(layer: str, shape: Sequence[int]) -> None:
    """Refuses, while a file is loaded, variables larger than the file.

    Raises:
        ValueError: it is larger.
    """
    left = _left.get()
    if left is None:
        return
    left[0] -= math.prod(shape)
    if left[0] < 0:
        raise ValueError(f"Layer '{layer}' wants a variable of shape {tuple(shape)}, which the file does not hold")


class Stored:
    """How layers are written to files and read from them. Subclasses may define these methods anew."""

    name: str
    built: bool
    _builds = False  # whether a subclass defines build
    _build_shape: Any
    _trainable_variables: list[Variable]
    _non_trainable_variables: list[Variable]

    def build(self, input_shape: Any) -> None:
        """Make the variables."""
        raise NotImplementedError

    def get_build_config(self) -> dict[str, Any] | None:
        """What `build_from_config` needs to make the variables; None if there is nothing to build."""
        return {"input_shape": self._build_shape} if self._builds and self._build_shape is not None else None

    def build_from_config(self, config: Mapping[str, Any]) -> None:
        """Make the variables as `get_build_config` says."""
        shape = config.get("input_shape")
        if shape is not None and not self.built:
            # A list is a shape, or several inputs' shapes.
            several = isinstance(shape, Mapping) or any(isinstance(size, list) for size in shape)
            self.build(shape if several else tuple(shape))

    def save_own_variables(self, store: MutableMapping[str, Any]) -> None:
        """Put the layer's own variables, not those of its sub-layers, into a store, as arrays by name."""
        for number, variable in enumerate(self._own_variables()):
            store[str(number)] = variable.numpy()

    def load_own_variables(self, store: Mapping[str, Any]) -> None:
        """Set the layer's own variables from a store.

        Raises:
            ValueError: others than the layer has.
        """
        variables = self._own_variables()
        if len(store) != len(variables):
            hint = "" if self.built else " It was never built: a layer that holds it must build it, in its own `build`."
            raise ValueError(
                f"Layer '{self.name}' expected {len(variables)} variables, but received {len(store)} variables during "
                f"loading.{hint}"
            )
        for number, variable in enumerate(variables):
            variable.assign(store[str(number)])

    def _own_variables(self) -> list[Variable]:
        return [*self._trainable_variables, *self._non_trainable_variables]
