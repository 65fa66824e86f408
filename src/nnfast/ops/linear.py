"""Matrix products."""

from __future__ import annotations

from typing import Any

from nnfast.graph import Kind, Op, SymbolicTensor, TensorLike, TensorSpec, apply, register
from nnfast.graph.dtypes import is_float
from nnfast.ops.movement import broadcast_to, expand_dims, squeeze
from nnfast.ops.pointwise import cast
from nnfast.ops.shapes import broadcast_shapes, dtype_of, promote


def _sides(spec: TensorSpec, transposed: bool) -> tuple[Any, int | None]:
    """A matrix's rows (with all leading dimensions) and columns; transposed, its columns and rows."""
    return ((spec.shape[-1],), spec.shape[:-1]) if transposed else (spec.shape[:-1], (spec.shape[-1],))  # type: ignore[return-value]


def _matmul_spec(a: TensorSpec, b: TensorSpec, transpose_a: bool, transpose_b: bool) -> list[TensorSpec]:
    rows, depth = _sides(a, transpose_a)
    other_depth, columns = _sides(b, transpose_b)
    if depth != other_depth:
        raise ValueError(
            f"Expected matrices whose inner dimensions agree, got shapes {a.shape} (transposed: {transpose_a}) and "
            f"{b.shape} (transposed: {transpose_b})."
        )
    return [TensorSpec((*rows, *columns), a.dtype)]  # type: ignore[misc]


def _matmul_gradient(g: Any, out: Any, a: Any, b: Any, transpose_a: bool, transpose_b: bool) -> tuple[Any, Any]:
    """out = a . b gives da = g . b' and db = a' . g; a transposed operand gets the transpose of that."""
    da = _product(b, g, transpose_b, True) if transpose_a else _product(g, b, False, not transpose_b)
    db = _product(g, a, True, transpose_a) if transpose_b else _product(a, g, not transpose_a, False)
    return da, db


# The product of two matrices. Leading dimensions of an operand are more of its rows.
_matmul = register(Op("matmul", Kind.MATMUL, _matmul_spec, _matmul_gradient))


def _product(a: Any, b: Any, transpose_a: bool, transpose_b: bool) -> Any:
    return apply(_matmul, a, b, transpose_a=transpose_a, transpose_b=transpose_b)


def _batched_spec(a: TensorSpec, b: TensorSpec, transpose_a: bool, transpose_b: bool) -> list[TensorSpec]:
    left, right = (TensorSpec(spec.shape[-2:], spec.dtype) for spec in (a, b))
    (product,) = _matmul_spec(left, right, transpose_a, transpose_b)
    return [TensorSpec((*a.shape[:-2], *product.shape), a.dtype)]


def _batched_gradient(g: Any, out: Any, a: Any, b: Any, transpose_a: bool, transpose_b: bool) -> tuple[Any, Any]:
    da = _products(b, g, transpose_b, True) if transpose_a else _products(g, b, False, not transpose_b)
    db = _products(g, a, True, transpose_a) if transpose_b else _products(a, g, not transpose_a, False)
    return da, db


# One product for each index of the leading dimensions, which both operands have.
_batched_matmul = register(Op("batched_matmul", Kind.MATMUL, _batched_spec, _batched_gradient))


def _products(a: Any, b: Any, transpose_a: bool, transpose_b: bool) -> Any:
    return apply(_batched_matmul, a, b, transpose_a=transpose_a, transpose_b=transpose_b)


def matmul(x1: TensorLike, x2: TensorLike) -> Any:
    """The matrix product over the last dimension of x1 and the last but one of x2, as numpy.matmul.

    Args:
        x1: shape (..., m, k) or (k,).
        x2: shape (..., k, n) or (k,).

    Returns:
        Shape (..., m, n); a dimension that a vector did not have is left out. Integers give integers, int8 gives int32.

    Raises:
        ValueError: where the inner dimensions differ or the leading ones don't broadcast.

    Example:

    >>> matmul([[1.0, 2.0]], [[3.0], [4.0]]).numpy()
    array([[11.]], dtype=float32)
    """
    a, b = promote(x1, x2)
    if not is_float(dtype_of(a)):
        # Integers are summed in float64, which holds them exactly up to 2^53.
        dtype = "int32" if dtype_of(a) == "int8" else dtype_of(a)
        return cast(matmul(cast(a, "float64"), cast(b, "float64")), dtype)
    if a.ndim == 0 or b.ndim == 0:
        raise ValueError(f"Expected vectors or matrices, got shapes {a.shape} and {b.shape}.")
    if a.ndim == 1:
        return squeeze(matmul(expand_dims(a, 0), b), -2 if b.ndim > 1 else 0)
    if b.ndim == 1:
        return squeeze(matmul(a, expand_dims(b, -1)), -1)
    if a.shape[-1] != b.shape[-2]:
        raise ValueError(f"Expected matrices whose inner dimensions agree, got shapes {a.shape} and {b.shape}.")
    # An operand of more than two dimensions beside a matrix is many rows, which can't be transposed.
    transpose_a, transpose_b = (a.ndim == 2 or b.ndim > 2) and _is_transposed(a), _is_transposed(b)
    a, b = (_before(a) if transpose_a else a), (_before(b) if transpose_b else b)
    if b.ndim == 2:
        return _product(a, b, transpose_a, transpose_b)
    leading = broadcast_shapes(a.shape[:-2], b.shape[:-2])
    a, b = (broadcast_to(tensor, (*leading, *tensor.shape[-2:])) for tensor in (a, b))
    return _products(a, b, transpose_a, transpose_b)


def _is_transposed(x: Any) -> bool:
    """Whether x is traced, and is the transpose of a matrix or of each of several: products transpose as they go."""
    if not isinstance(x, SymbolicTensor) or x.node.op.name != "transpose":
        return False
    last = x.ndim - 1
    return bool(x.node.attributes["axes"] == (*range(last - 1), last, last - 1))


def _before(x: Any) -> Any:
    """What a transpose was made of."""
    return x.node.inputs[0]
