"""The constraints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from nnfast import config, ops
from nnfast.graph import TensorLike
from nnfast.ops.reduction import Axes


class Constraint:
    """The class of all constraints: `constraint(w)` returns what the weight w is set to after an update.

    >>> class AtMostOne(Constraint):
    ...     def __call__(self, w):
    ...         return ops.minimum(w, 1.0)
    >>> AtMostOne()([0.5, 7.0]).tolist()
    [0.5, 1.0]
    """

    def __call__(self, w: TensorLike) -> Any:
        """The values that come nearest to w and obey: w itself, unless a subclass says otherwise."""
        return w

    def get_config(self) -> dict[str, Any]:
        """The arguments that make this constraint again, as plain Python values."""
        return {}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """A constraint with the arguments that `get_config` returned."""
        return cls(**config)


class MaxNorm(Constraint):
    """Vectors longer than `max_value` are shortened to that.

    Args:
        max_value: the largest length; default 2.
        axis: the axis, or several, along which a weight's vectors lie; default 0, a Dense kernel's inputs.

    >>> MaxNorm(1.0)([[0.0, 3.0], [0.5, 4.0]]).numpy().round(4).tolist()
    [[0.0, 0.6000000238418579], [0.5, 0.800000011920929]]
    """

    def __init__(self, max_value: float = 2, axis: Axes = 0) -> None:
        self.max_value = max_value
        self.axis = axis

    def __call__(self, w: TensorLike) -> Any:
        lengths = _lengths(w, self.axis)
        return _rescaled(w, lengths, ops.minimum(lengths, self.max_value))

    def get_config(self) -> dict[str, Any]:
        return {"max_value": self.max_value, "axis": self.axis}


class NonNeg(Constraint):
    """What is negative becomes zero.

    >>> NonNeg()([-1.0, 2.0]).tolist()
    [0.0, 2.0]
    """

    def __call__(self, w: TensorLike) -> Any:
        return ops.maximum(w, 0)


class UnitNorm(Constraint):
    """Vectors are scaled to the length 1.

    Args:
        axis: as of MaxNorm.

    >>> UnitNorm()([[3.0], [4.0]]).numpy().round(4).tolist()
    [[0.6000000238418579], [0.800000011920929]]
    """

    def __init__(self, axis: Axes = 0) -> None:
        self.axis = axis

    def __call__(self, w: TensorLike) -> Any:
        return ops.divide(w, ops.add(_lengths(w, self.axis), config.epsilon()))

    def get_config(self) -> dict[str, Any]:
        return {"axis": self.axis}


class MinMaxNorm(Constraint):
    """Vectors are scaled to a length between two bounds, or towards it.

    Args:
        min_value: the least length; default 0.
        max_value: the largest length; default 1.
        rate: how far the way to the bound is gone at each update, from 0 to 1; default 1.
        axis: as of MaxNorm.

    >>> MinMaxNorm(2.0, 3.0)([[1.0, 2.5, 6.0]]).numpy().round(4).tolist()
    [[2.0, 2.5, 3.0]]
    """

    def __init__(self, min_value: float = 0.0, max_value: float = 1.0, rate: float = 1.0, axis: Axes = 0) -> None:
        self.min_value = min_value
        self.max_value = max_value
        self.rate = rate
        self.axis = axis

    def __call__(self, w: TensorLike) -> Any:
        lengths = _lengths(w, self.axis)
        bounded = ops.clip(lengths, self.min_value, self.max_value)
        return _rescaled(w, lengths, self.rate * bounded + (1 - self.rate) * lengths)

    def get_config(self) -> dict[str, Any]:
        return {"min_value": self.min_value, "max_value": self.max_value, "rate": self.rate, "axis": self.axis}


def _lengths(w: TensorLike, axis: Axes) -> Any:
    """The length of each vector along an axis, which stays as a dimension of 1."""
    return ops.sqrt(ops.sum(ops.square(w), axis=axis, keepdims=True))


def _rescaled(w: TensorLike, lengths: Any, wanted: Any) -> Any:
    return ops.multiply(w, ops.divide(wanted, ops.add(lengths, config.epsilon())))
