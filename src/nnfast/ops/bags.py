"""Bags: the greatest of the rows of a table that each sample names, as an Embedding with Dropout and GlobalMaxPooling1D
has it, without the (samples, steps, features) tensor between."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnfast.graph import Kind, Op, SymbolicTensor, TensorSpec, apply, register
from nnfast.ops.movement import broadcast_to, expand_dims
from nnfast.ops.parts import take
from nnfast.ops.pointwise import cast, divide, equal, is_made_by, less_equal, multiply, where
from nnfast.ops.sampling import random_uniform


def _pooled(table: TensorSpec, indices: TensorSpec, *state: TensorSpec, rate: float, scale: float) -> list[TensorSpec]:
    return [TensorSpec((*indices.shape[:1], *table.shape[1:]), table.dtype)]


def _like_table(gradient: TensorSpec, out: TensorSpec, table: TensorSpec, *_: Any, **__: Any) -> list[TensorSpec]:
    return [table]


def _max_gradient(g: Any, out: Any, table: Any, indices: Any, *state: Any, rate: float, scale: float) -> list[Any]:
    gradient = apply(_bag_max_gradient, g, out, table, indices, *state, rate=rate, scale=scale)
    return [gradient, None, *(None for _ in state)]


def _second_gradient(
    g: Any, out: Any, gradient: Any, pooled: Any, table: Any, indices: Any, *state: Any, rate: float, scale: float
) -> list[Any]:
    """Linear in the gradient; which rows are the greatest changes in jumps."""
    from nnfast.ops.reduction import sum

    rows = dropped(table, indices, *state, rate=rate, scale=scale)
    chosen = cast(equal(rows, broadcast_to(expand_dims(pooled, 1), rows.shape)), rows.dtype)
    parts = multiply(chosen, dropped(g, indices, *state, rate=rate, scale=scale))
    return [divide(sum(parts, 1), sum(chosen, 1)), *(None for _ in (pooled, table, indices, *state))]


_bag_max = register(Op("bag_max", Kind.BAG_MAX, _pooled, _max_gradient))
_bag_max_gradient = register(Op("bag_max_gradient", Kind.BAG_MAX_GRADIENT, _like_table, _second_gradient))


def dropped(table: Any, indices: Any, *state: Any, rate: float, scale: float) -> Any:
    """The bags' rows after dropout, (samples, steps, features), as one writes them; without a state there is none."""
    rows = take(table, indices, axis=0)
    if not state:
        return rows
    kept = less_equal(rate, random_uniform(state[0], rows.shape, rows.dtype))
    return where(kept, multiply(rows, scale), 0.0)


def max_of_bags(x: Any) -> Any | None:
    """The maximum over axis 1 of rows that were taken from a table, with or without dropout; None where x is none.

    It has the bits of the maximum of x, and so has its gradient where gradients are finite; x need not be made.
    """
    found = _table_under(x) or _dropout_under(x)
    if found is None:
        return None
    (table, indices, *state), rate, scale = found
    return apply(_bag_max, table, indices, *state, rate=rate, scale=scale)


Found = tuple[list[SymbolicTensor], float, float]


def _table_under(x: Any) -> Found | None:
    if not is_made_by(x, "take") or x.node.attributes["axis"] != 0:
        return None
    table, indices = x.node.inputs
    if table.ndim != 2 or indices.ndim != 2 or table.dtype not in ("float32", "float64"):
        return None
    return [table, indices], 0.0, 1.0


def _dropout_under(x: Any) -> Found | None:
    """where(rate <= random_uniform(state), table[indices] * scale, 0), as random.dropout writes it."""
    if not is_made_by(x, "where"):
        return None
    kept, scaled, zero = x.node.inputs
    if not (is_made_by(kept, "less_equal") and is_made_by(scaled, "multiply") and _number(zero) == 0.0):
        return None
    (rate, numbers), (rows, scale) = kept.node.inputs, scaled.node.inputs
    table = _table_under(rows)
    if table is None or not is_made_by(numbers, "random_uniform") or numbers.spec != rows.spec:
        return None
    least, factor = _number(rate), _number(scale)
    if least is None or factor is None:
        return None
    return [*table[0], numbers.node.inputs[0]], least, factor


def _number(x: SymbolicTensor) -> float | None:
    """The value of a constant scalar."""
    if x.node.op.kind is not Kind.CONSTANT or x.ndim:
        return None
    return float(np.asarray(x.node.attributes["value"]))
