"""The regularizers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Self

import numpy as np

from nnfast import ops
from nnfast.graph import TensorLike
from nnfast.utils.numerical import normalize


class Regularizer:
    """The class of all regularizers: `regularizer(x)` returns a scalar that training adds to the loss.

    A function of a tensor that returns a scalar is as good.

    >>> class MeanSize(Regularizer):
    ...     def __call__(self, x):
    ...         return 0.5 * ops.mean(ops.abs(x))
    >>> float(MeanSize()([1.0, -3.0]))
    1.0
    """

    def __call__(self, x: TensorLike) -> Any:
        """The penalty of the values x: nothing, unless a subclass says otherwise."""
        return 0.0

    def get_config(self) -> dict[str, Any]:
        """The arguments that make this regularizer again, as plain Python values."""
        raise NotImplementedError(f"{type(self).__name__} must define get_config() to be written down")

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """A regularizer with the arguments that `get_config` returned."""
        return cls(**config)


class L1L2(Regularizer):
    """l1 * sum(|x|) + l2 * sum(x * x).

    Args:
        l1: not negative; default 0. None means 0.
        l2: not negative; default 0. None means 0.

    Raises:
        ValueError: a factor is negative or not finite.

    >>> float(L1L2(l1=0.5, l2=0.25)([1.0, -3.0]))
    4.5
    """

    def __init__(self, l1: float | None = 0.0, l2: float | None = 0.0) -> None:
        self.l1 = validate_float_arg(0.0 if l1 is None else l1, "l1")
        self.l2 = validate_float_arg(0.0 if l2 is None else l2, "l2")

    def __call__(self, x: TensorLike) -> Any:
        values = ops.convert_to_tensor(x)
        penalty = ops.zeros((), values.dtype)
        if self.l1 != 0.0:
            penalty = ops.add(penalty, _sum_of_sizes(self.l1, values))
        if self.l2 != 0.0:
            penalty = ops.add(penalty, _sum_of_squares(self.l2, values))
        return penalty

    def get_config(self) -> dict[str, Any]:
        return {"l1": self.l1, "l2": self.l2}


class L1(Regularizer):
    """l1 * sum(|x|), which draws small values to zero.

    Args:
        l1: not negative; default 0.01, which None means too.

    Raises:
        ValueError: the factor is negative or not finite.

    >>> float(L1(0.5)([1.0, -3.0]))
    2.0
    """

    def __init__(self, l1: float | None = 0.01) -> None:
        self.l1 = validate_float_arg(0.01 if l1 is None else l1, "l1")

    def __call__(self, x: TensorLike) -> Any:
        return _sum_of_sizes(self.l1, x)

    def get_config(self) -> dict[str, Any]:
        return {"l1": self.l1}


class L2(Regularizer):
    """l2 * sum(x * x), which keeps values small.

    Args:
        l2: not negative; default 0.01, which None means too.

    Raises:
        ValueError: the factor is negative or not finite.

    >>> float(L2(0.25)([1.0, -3.0]))
    2.5
    """

    def __init__(self, l2: float | None = 0.01) -> None:
        self.l2 = validate_float_arg(0.01 if l2 is None else l2, "l2")

    def __call__(self, x: TensorLike) -> Any:
        return _sum_of_squares(self.l2, x)

    def get_config(self) -> dict[str, Any]:
        return {"l2": self.l2}


def _sum_of_sizes(factor: float, x: TensorLike) -> Any:
    return ops.multiply(factor, ops.sum(ops.absolute(x)))


def _sum_of_squares(factor: float, x: TensorLike) -> Any:
    return ops.multiply(factor, ops.sum(ops.square(x)))


class OrthogonalRegularizer(Regularizer):
    """factor * the mean of |cosine| over all pairs of a matrix's rows, or columns.

    Args:
        factor: not negative; default 0.01.
        mode: "rows" (default) or "columns".

    Raises:
        ValueError: an argument is none of these; or, when called, x is not a matrix.

    >>> float(OrthogonalRegularizer(factor=0.5)([[3.0, 0.0], [0.0, 2.0]]))
    0.0
    >>> float(OrthogonalRegularizer(factor=0.5)([[2.0, 0.0], [2.0, 0.0]]))
    0.5
    """

    def __init__(self, factor: float = 0.01, mode: str = "rows") -> None:
        self.factor = validate_float_arg(factor, "factor")
        if mode not in ("rows", "columns"):
            raise ValueError(
                f'Invalid value for argument `mode`. Expected one of {{"rows", "columns"}}. Received: mode={mode}'
            )
        self.mode = mode

    def __call__(self, inputs: TensorLike) -> Any:
        shape = ops.shape(inputs)
        if len(shape) != 2:
            raise ValueError(f"Inputs to OrthogonalRegularizer must have rank 2. Received: inputs.shape={shape}")
        vectors = inputs if self.mode == "rows" else ops.transpose(inputs)
        count = shape[0 if self.mode == "rows" else 1]
        if count is None or count < 2:
            raise ValueError(f"OrthogonalRegularizer expects at least two {self.mode} to compare, got shape {shape}")
        unit = normalize(ops.convert_to_tensor(vectors), axis=1)
        cosines = ops.matmul(unit, ops.transpose(unit))
        others = ops.absolute(ops.multiply(cosines, ops.cast(1.0 - np.eye(count), unit.dtype)))
        return ops.multiply(self.factor / (count * (count - 1)), ops.sum(others))

    def get_config(self) -> dict[str, Any]:
        return {"factor": self.factor, "mode": self.mode}


def validate_float_arg(value: Any, name: str) -> float:
    """A regularization factor as a float.

    Raises:
        ValueError: it is no number, negative or not finite.

    >>> validate_float_arg(1, "l1")
    1.0
    """
    if not isinstance(value, float | int) or not math.isfinite(value) or value < 0:
        raise ValueError(f"Invalid value for argument {name}: expected a non-negative float, got {value!r}")
    return float(value)
