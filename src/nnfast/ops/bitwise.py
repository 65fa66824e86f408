"""Operations on whole numbers that are exact for all their types: on their bits, and divisors."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnfast.graph import Kind, Op, TensorLike, apply, as_operand, register
from nnfast.graph.dtypes import is_float
from nnfast.ops.movement import broadcast_to
from nnfast.ops.pointwise import logical_not
from nnfast.ops.shapes import broadcast_shapes, dtype_of, promote, promote_to_number, same_as_first


def _op(name: str) -> Op:
    return register(Op(name, Kind.INTEGERS, same_as_first, "whole numbers have no derivative"))


_and, _or, _xor = _op("bitwise_and"), _op("bitwise_or"), _op("bitwise_xor")
_left, _right = _op("left_shift"), _op("right_shift")
_gcd, _lcm = _op("gcd"), _op("lcm")


def _apply(op: Op, operands: list[Any]) -> Any:
    if is_float(dtype_of(operands[0])):
        raise TypeError(f"Expected whole numbers, got {dtype_of(operands[0])}.")
    shape = broadcast_shapes(*(operand.shape for operand in operands))
    return apply(op, *(as_operand(broadcast_to(operand, shape)) for operand in operands))


def bitwise_and(x: TensorLike, y: TensorLike) -> Any:
    """The bits that both have.

    Example:

    >>> bitwise_and([6, 5], 3).tolist()
    [2, 1]
    """
    return _apply(_and, promote(x, y))


def bitwise_or(x: TensorLike, y: TensorLike) -> Any:
    """The bits that one of them has."""
    return _apply(_or, promote(x, y))


def bitwise_xor(x: TensorLike, y: TensorLike) -> Any:
    """The bits that one, and not the other, has."""
    return _apply(_xor, promote(x, y))


def bitwise_invert(x: TensorLike) -> Any:
    """The bits that x does not have; of a truth value, its opposite.

    Example:

    >>> bitwise_invert([0, 5]).tolist()
    [-1, -6]
    """
    (operand,) = promote(x)
    dtype = dtype_of(operand)
    if dtype == "bool":
        return logical_not(operand)
    bits = {"uint8": 8, "uint16": 16, "uint32": 32, "uint64": 64}.get(dtype)
    return _apply(_xor, [operand, np.asarray(-1 if bits is None else 2**bits - 1, dtype)])


bitwise_not = bitwise_invert


def left_shift(x: TensorLike, y: TensorLike) -> Any:
    """x with its bits moved to the left by y places, zeros behind them.

    Example:

    >>> left_shift([1, 3], 2).tolist()
    [4, 12]
    """
    return _apply(_left, promote_to_number(x, y))


def right_shift(x: TensorLike, y: TensorLike) -> Any:
    """x with its bits moved to the right by y places, the sign's bit before them.

    Example:

    >>> right_shift([8, -8], 2).tolist()
    [2, -2]
    """
    return _apply(_right, promote_to_number(x, y))


bitwise_left_shift = left_shift
bitwise_right_shift = right_shift


def gcd(x1: TensorLike, x2: TensorLike) -> Any:
    """The greatest common divisor of whole numbers.

    Example:

    >>> gcd([12, 7], 18).tolist()
    [6, 1]
    """
    return _apply(_gcd, promote_to_number(x1, x2))


def lcm(x1: TensorLike, x2: TensorLike) -> Any:
    """The least common multiple of whole numbers.

    Example:

    >>> lcm([4, 7], 6).tolist()
    [12, 42]
    """
    return _apply(_lcm, promote_to_number(x1, x2))
