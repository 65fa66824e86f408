"""What an initializer is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self


class Initializer:
    """The class of all initializers: `initializer(shape, dtype)` returns an array.

    >>> import numpy as np
    >>> class Countdown(Initializer):
    ...     def __call__(self, shape, dtype=None):
    ...         return np.arange(np.prod(shape), dtype=dtype)[::-1].reshape(shape)
    >>> Countdown()((2, 2), "float32").tolist()
    [[3.0, 2.0], [1.0, 0.0]]
    """

    def __call__(self, shape: Sequence[int], dtype: object = None) -> Any:
        """Values of `shape` in `dtype` (default `config.floatx()`)."""
        raise NotImplementedError(f"Initializer {type(self).__name__} must define __call__(shape, dtype=None)")

    def get_config(self) -> dict[str, Any]:
        """The arguments that make this initializer again, as plain Python values."""
        return {}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """An initializer with the arguments that `get_config` returned."""
        return cls(**config)

    def clone(self) -> Self:
        """Another initializer with this one's arguments; without a seed it draws other numbers."""
        return self.from_config(self.get_config())
