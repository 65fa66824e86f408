"""Products, and what goes along an axis in order: running sums and products, and differences."""

from __future__ import annotations

import math
from typing import Any

from nnfast.graph import Kind, Op, TensorLike, TensorSpec, apply, as_operand, as_result, register
from nnfast.graph.dtypes import is_float, standardize
from nnfast.ops.movement import moveaxis, ones_like, reshape, zeros_like
from nnfast.ops.parts import concatenate, get_item
from nnfast.ops.pointwise import add, cast, multiply, not_equal, subtract
from nnfast.ops.reduction import Axes, fold, restored, sum, sum_type
from nnfast.ops.shapes import dtype_of, elements, normalize_axis


def _part(x: Any, axis: int, start: int | None, stop: int | None) -> Any:
    """x[start:stop] along an axis."""
    return get_item(x, (*(slice(None),) * axis, slice(start, stop)))


def _shifted(x: Any, axis: int, reverse: bool, first: float) -> Any:
    """The value before each one along an axis (in reverse, the one behind it), and `first` before the first."""
    edge = multiply(ones_like(_part(x, axis, 0, 1)), first)
    parts = [_part(x, axis, 1, None), edge] if reverse else [edge, _part(x, axis, None, -1)]
    return concatenate(parts, axis)


def _scan_gradient(g: Any, out: Any, x: Any, axis: int, reverse: bool) -> tuple[Any]:
    return (apply(_running_sum, g, axis=axis, reverse=not reverse),)


def _recurrence_gradient(g: Any, out: Any, x: Any, factors: Any, axis: int, reverse: bool) -> tuple[Any, Any]:
    following = _shifted(factors, axis, not reverse, 0.0)
    of_x = apply(_recurrence, g, following, axis=axis, reverse=not reverse)
    return of_x, of_x * _shifted(out, axis, reverse, 0.0)


def _same(*specs: TensorSpec, **_: Any) -> list[TensorSpec]:
    return [specs[0]]


# out[i] = x[i] + out[i - 1], and out[i] = x[i] + factors[i] * out[i - 1], where the first factor does not count; in
# reverse i + 1 stands for i - 1.
_running_sum = register(Op("running_sum", Kind.SCAN, _same, _scan_gradient))
_recurrence = register(Op("recurrence", Kind.SCAN, _same, _recurrence_gradient))


def _running_product(x: Any, axis: int, reverse: bool = False) -> Any:
    """The products of all values up to each one."""
    if reverse:
        starts = [zeros_like(_part(x, axis, None, -1)), _part(x, axis, -1, None)]
    else:
        starts = [_part(x, axis, None, 1), zeros_like(_part(x, axis, 1, None))]
    return apply(_recurrence, concatenate(starts, axis), x, axis=axis, reverse=reverse)


def _product_gradient(g: Any, out: Any, x: Any, axis: int, axes: int) -> tuple[Any]:
    """Each value's is the product of those before it and those behind it: zeros need no division."""
    flat = reshape(x, (*x.shape[:axis], math.prod(x.shape[axis : axis + axes]), *x.shape[axis + axes :]))
    before = _shifted(_running_product(flat, axis), axis, False, 1.0)
    behind = _shifted(_running_product(flat, axis, reverse=True), axis, True, 1.0)
    return (restored(g, x, axis, axes) * reshape(before * behind, x.shape),)


_product = register(
    Op(
        "prod",
        Kind.REDUCE,
        lambda x, axis, axes: [TensorSpec((*x.shape[:axis], *x.shape[axis + axes :]), x.dtype)],
        _product_gradient,
        "prod",
    )
)


def prod(x: TensorLike, axis: Axes = None, keepdims: bool = False, dtype: object = None) -> Any:
    """The product over axes, by default over all; 1 of nothing.

    Args:
        x: any tensor.
        axis: an axis, several, or None for all.
        keepdims: whether the axes stay, with a length of 1.
        dtype: of the result; default x's, int32 or uint32 for smaller integers and truth values.

    Example:

    >>> prod([[1, 2], [3, 4]], axis=0).tolist()
    [3, 8]
    """
    operand, name = _counting(x, dtype, sum_type(dtype_of(as_operand(x))))
    return cast(fold(_product, operand, axis, keepdims), name)


def _counting(x: TensorLike, dtype: object, default: str) -> tuple[Any, str]:
    """x in a float type to compute in, and the type of the result."""
    name = default if dtype is None else standardize(dtype)
    return cast(x, name if is_float(name) else "float64"), name


def _accumulated(x: TensorLike, axis: int | None, dtype: object) -> tuple[Any, int, str]:
    operand = as_operand(x)
    own = dtype_of(operand)
    operand, name = _counting(operand, dtype, "int32" if own == "bool" else own)
    if axis is None:
        operand, axis = reshape(operand, (elements(operand.shape)[0],)), 0
    return as_operand(operand), normalize_axis(axis, operand.ndim), name


def cumsum(x: TensorLike, axis: int | None = None, dtype: object = None) -> Any:
    """The sums of the values up to each one along an axis.

    Args:
        x: any tensor.
        axis: which axis; default None, of all values one after the other.
        dtype: of the result; default x's, int32 for truth values.

    Example:

    >>> cumsum([1, 2, 3]).tolist()
    [1, 3, 6]
    """
    operand, number, name = _accumulated(x, axis, dtype)
    return cast(apply(_running_sum, operand, axis=number, reverse=False), name)


def cumprod(x: TensorLike, axis: int | None = None, dtype: object = None) -> Any:
    """The products of the values up to each one along an axis; see cumsum.

    Example:

    >>> cumprod([2, 3, 4]).tolist()
    [2, 6, 24]
    """
    operand, number, name = _accumulated(x, axis, dtype)
    return cast(_running_product(operand, number) if operand.shape[number] else operand, name)


def diff(a: TensorLike, n: int = 1, axis: int = -1) -> Any:
    """The differences of neighbours along an axis, taken n times.

    Example:

    >>> diff([1, 4, 9, 16]).tolist(), diff([1, 4, 9, 16], n=2).tolist()
    ([3, 5, 7], [2, 2])
    """
    if n < 0:
        raise ValueError(f"Expected n that is not negative, got {n}.")
    operand = as_operand(a)
    number = normalize_axis(axis, operand.ndim)
    for _ in range(n):
        above, below = _part(operand, number, 1, None), _part(operand, number, None, -1)
        operand = not_equal(above, below) if dtype_of(operand) == "bool" else subtract(above, below)
    return as_result(as_operand(operand))


def trapezoid(y: TensorLike, x: TensorLike | None = None, dx: float = 1.0, axis: int = -1) -> Any:
    """The integral along an axis by the trapezoidal rule.

    Args:
        y: the values.
        x: where they are: of y's shape, or (n,) for this axis; default None, dx apart.
        dx: how far apart they are without x.
        axis: which axis; default the last.

    Example:

    >>> float(trapezoid([1.0, 2.0, 3.0])), float(trapezoid([1.0, 2.0, 3.0], x=[4.0, 6.0, 8.0]))
    (4.0, 8.0)
    """
    operand = as_operand(y)
    if not is_float(dtype_of(operand)):
        operand = cast(operand, "float32")
    values = moveaxis(operand, axis, -1)
    steps: Any = dx
    if x is not None:
        places = as_operand(x)
        steps = diff(places if places.ndim == 1 else moveaxis(places, axis, -1))
    return multiply(sum(multiply(steps, add(values[..., 1:], values[..., :-1])), -1), 0.5)
