"""Random functions written in ops, as source text, so that a counterexample is a short program to read and to run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st

from nnfast import graph, ops, random

Array = np.ndarray[Any, Any]
Shape = tuple[int | None, ...]
Expression = tuple[str, Shape]

CLASSES = 3


def shapes_of_variables(units: int) -> dict[str, Shape]:
    """What every function may read and assign beside its arguments, x of shape (batch, units) and the labels."""
    matrices: dict[str, Shape] = {"weight": (units, units), "last": (units, CLASSES), "back": (CLASSES, units)}
    return {**matrices, "pair": (2, CLASSES, units), "row": (units,), "scalar": ()}


def variables(units: int, dtype: str) -> dict[str, graph.Variable]:
    """Fresh Variables, always of the same values."""
    draws = np.random.default_rng(5)
    return {
        name: graph.Variable(draws.standard_normal(shape) / np.sqrt(units), dtype=dtype, name=name)
        for name, shape in shapes_of_variables(units).items()
    }


class Step:
    """A function of a batch and its labels, whose source is its name."""

    def __init__(self, units: int, lines: Sequence[str], results: Sequence[str]) -> None:
        self.units = units
        self.source = "\n    ".join(["def step(x, labels):", *lines, f"return [{', '.join(results)}]"])

    def __repr__(self) -> str:
        return f"\n{self.source}  # {self.units} units\n"

    @property
    def is_the_same_op_by_op(self) -> bool:
        """Not where a trace is needed, nor where a loss is computed from the logits under a softmax that it sees."""
        return "differentiate" not in self.source and ", ops.softmax(" not in self.source

    def bound(self, variables: dict[str, graph.Variable], seed: int = 3) -> Callable[[Any, Any], list[Any]]:
        """The function, with its Variables, and draws of its own."""
        names = {"ops": ops, "graph": graph, "random": random, "seeds": random.SeedGenerator(seed), **variables}
        exec(self.source, names)
        return names["step"]  # type: ignore[no-any-return]


def broadcast(first: Shape, second: Shape) -> Shape | None:
    """What two shapes have together, or None."""
    rank = max(len(first), len(second))
    padded = [(1,) * (rank - len(shape)) + tuple(shape) for shape in (first, second)]
    found = []
    for one, other in zip(*padded, strict=True):
        if one != other and 1 not in (one, other):
            return None
        found.append(other if one == 1 else one)
    # The batch is the first dimension, or there is none.
    return None if None in found[1:] else tuple(found)


Draw = Callable[[Any], Any]
Values = dict[str, Shape]


def _any(draw: Draw, values: Values, fits: Callable[[Shape], bool] = lambda shape: True) -> tuple[str, Shape]:
    """A value that fits: often one of the newest, for what stands close together is fused, often one with a batch."""
    fitting = [item for item in values.items() if fits(item[1])][::-1]
    batched = [item for item in fitting if None in item[1]]
    groups = [fitting[:2], fitting, *([batched] if batched else [])]
    return draw(st.sampled_from(draw(st.sampled_from(groups))))  # type: ignore[no-any-return]


def _has(values: Values, fits: Callable[[Shape], bool]) -> bool:
    return any(fits(shape) for shape in values.values())


def _unary(draw: Draw, values: Values, templates: Sequence[str]) -> Expression:
    name, shape = _any(draw, values)
    return draw(st.sampled_from(templates)).format(name), shape


def _binary(draw: Draw, values: Values, templates: Sequence[str]) -> Expression:
    first, shape = _any(draw, values)
    second, other = _any(draw, values, lambda other: broadcast(shape, other) is not None)
    found = broadcast(shape, other)
    assert found is not None
    return draw(st.sampled_from(templates)).format(first, second), found


SMOOTH_UNARY = (
    "ops.tanh({})", "{} * 0.5", "ops.sigmoid({})", "-{}", "ops.square({})", "ops.softplus({})", "ops.sin({})",
    "ops.erf({})", "ops.exp(ops.tanh({}))", "ops.log1p(ops.square({}))", "ops.sqrt(ops.square({}) + 1.0)",
    "ops.rsqrt(ops.square({}) + 1.0)", "ops.reciprocal(ops.square({}) + 1.0)", "ops.expm1(ops.tanh({}))",
    "ops.power(ops.square({}) + 0.5, 1.5)", "ops.cos({})", "ops.log(ops.square({}) + 0.5)",
)  # fmt: skip
SMOOTH_BINARY = (
    "{} + {}", "{} * {}", "{} - {}", "{} / (ops.square({}) + 1.0)", "ops.power(ops.square({0}) + 0.5, ops.tanh({1}))",
)  # fmt: skip
KINKED_UNARY = (
    "ops.relu({})", "ops.absolute({})", "ops.sign({})", "ops.round({} * 3.0)", "ops.floor({})", 
    "ops.clip({}, -0.3, 0.4)",
    "ops.cast(ops.cast({} * 3.0, 'int32'), 'float32')", "ops.cast(ops.tanh(ops.cast({}, 'float64')), 'float32')",
    "ops.cast(ops.cast({} * 9.0, 'uint8') * 2, 'float32')", "ops.cast(ops.cast({}, 'bool'), 'float32')",
    "random.dropout({}, 0.4, seed=seeds)", "ops.stop_gradient({})",
)  # fmt: skip
KINKED_BINARY = (
    "ops.maximum({}, {})", "ops.minimum({}, {})", "ops.where({0} > {1}, {1}, {0})", "ops.cast({} <= {}, 'float32')",
    "ops.mod({}, ops.absolute({}) + 1.0)", "ops.where(ops.logical_and({0}, {1}), {0}, 0.5)",
)  # fmt: skip


def _reduced(draw: Draw, values: Values, functions: Sequence[str]) -> Expression:
    name, shape = _any(draw, values, lambda shape: len(shape) > 0)
    axis = draw(st.sampled_from([None, *range(len(shape))]))
    keepdims = draw(st.booleans())
    axes = range(len(shape)) if axis is None else [axis]
    kept = [1 if number in axes else size for number, size in enumerate(shape) if keepdims or number not in axes]
    function = draw(st.sampled_from(functions))
    return f"{function}({name}, axis={axis}, keepdims={keepdims})", tuple(kept)


def _product(draw: Draw, values: Values) -> Expression:
    depths = {shape[0] for shape in values.values() if len(shape) == 2} - {None}
    first, shape = _any(draw, values, lambda shape: len(shape) in (2, 3) and shape[-1] in depths)
    second, other = _any(draw, values, lambda other: len(other) == 2 and other[0] == shape[-1])
    found = (*shape[:-1], other[1])
    if draw(st.booleans()):  # as a layer's bias
        bias, _ = _any(draw, values, lambda other: broadcast(found, other) == found)
        return f"ops.matmul({first}, {second}) * 0.3 + {bias}", found
    return f"ops.matmul({first}, {second}) * 0.3", found


def _product_over_the_batch(draw: Draw, values: Values) -> Expression:
    first, shape = _any(draw, values, lambda shape: len(shape) == 2 and shape[0] is None)
    second, other = _any(draw, values, lambda other: len(other) == 2 and other[0] is None)
    return f"ops.matmul(ops.transpose({first}), {second}) * 0.2", (shape[1], other[1])


def _softmax(draw: Draw, values: Values) -> Expression:
    name, shape = _any(draw, values, lambda shape: len(shape) > 0 and shape[-1] is not None)
    return f"{draw(st.sampled_from(['ops.softmax', 'ops.log_softmax']))}({name})", shape


def _crossentropy(draw: Draw, values: Values) -> Expression:
    name, _ = _any(draw, values, lambda shape: shape == (None, CLASSES))
    template = draw(
        st.sampled_from(
            [
                "ops.sparse_categorical_crossentropy(labels, {}, from_logits=True)",
                "ops.sparse_categorical_crossentropy(labels, ops.softmax({}))",
                "ops.categorical_crossentropy(ops.one_hot(labels, 3), ops.softmax({}))",
            ]
        )
    )
    return template.format(name), (None,)


def _transposed(draw: Draw, values: Values) -> Expression:
    name, shape = _any(draw, values, lambda shape: len(shape) > 1 and None not in shape)
    return f"ops.transpose({name})", shape[::-1]


def _widened(draw: Draw, values: Values) -> Expression:
    name, shape = _any(draw, values, lambda shape: 0 < len(shape) < 3)
    axis = draw(st.integers(0 if None not in shape else 1, len(shape)))
    return f"ops.expand_dims({name}, {axis})", (*shape[:axis], 1, *shape[axis:])


def _squeezed(draw: Draw, values: Values) -> Expression:
    name, shape = _any(draw, values, lambda shape: 1 in shape)
    kept = tuple(size for size in shape if size != 1)
    return f"ops.squeeze({name}, {[axis for axis, size in enumerate(shape) if size == 1]})", kept


def _repeated(draw: Draw, values: Values) -> Expression:
    name, shape = _any(draw, values, lambda shape: None not in shape and len(shape) < 3)
    return f"ops.broadcast_to({name}, {(2, *shape)})", (2, *shape)


BATCH_MATRIX: Callable[[Shape], bool] = lambda shape: len(shape) == 2 and shape[0] is None  # noqa: E731

# What may come next: a condition on the values that are there, and how it is written.
Move = tuple[Callable[[Values], bool], Callable[[Draw, Values], Expression]]
SMOOTH: tuple[Move, ...] = (
    (lambda values: True, lambda draw, values: _unary(draw, values, SMOOTH_UNARY)),
    (lambda values: True, lambda draw, values: _binary(draw, values, SMOOTH_BINARY)),
    (lambda values: True, lambda draw, values: _reduced(draw, values, ["ops.sum", "ops.mean"])),
    (lambda values: True, _product),
    (lambda values: _has(values, BATCH_MATRIX), _product_over_the_batch),
    (lambda values: True, _softmax),
    (lambda values: _has(values, lambda shape: shape == (None, CLASSES)), _crossentropy),
    (lambda values: True, _transposed),
    (lambda values: True, _widened),
    (lambda values: _has(values, lambda shape: 1 in shape), _squeezed),
    (lambda values: True, _repeated),
)
ALL: tuple[Move, ...] = (
    *SMOOTH,
    (lambda values: True, lambda draw, values: _unary(draw, values, KINKED_UNARY)),
    (lambda values: True, lambda draw, values: _binary(draw, values, KINKED_BINARY)),
    (lambda values: True, lambda draw, values: _reduced(draw, values, ["ops.max", "ops.min"])),
)


def _assignment(draw: Draw, values: Values) -> str:
    names = ("weight", "last", "back", "pair", "row", "scalar")
    pairs = [(name, other) for name in names for other in values if values[other] == values[name] and other != name]
    name, other = draw(st.sampled_from(pairs[::-1] or [("row", "row")]))
    return draw(st.sampled_from(["{}.assign(ops.tanh({}))", "{}.assign_add({} * 0.1)"])).format(name, other)  # type: ignore[no-any-return]


def _gradient(draw: Draw, values: Values) -> str:
    name, _ = _any(draw, values)
    values |= {"d_weight": values["weight"], "d_row": values["row"]}
    return f"d_weight, d_row = graph.differentiate(ops.mean({name}), [weight, row])"


@st.composite
def steps(draw: Any, moves: Sequence[Move] = ALL, most: int = 14, assigns: bool = True) -> Step:
    """A function of up to `most` lines; with `assigns`, it may change Variables and differentiate."""
    units = draw(st.sampled_from([5, 1, 17, 66]))
    values: Values = {**shapes_of_variables(units), "x": (None, units)}
    lines: list[str] = []
    for number in range(draw(st.integers(1, most))):
        kind = draw(st.integers(0, 9)) if assigns else 0
        if kind >= 8:
            lines.append(_assignment(draw, values))
        elif kind == 7 and "d_row" not in values:
            lines.append(_gradient(draw, values))
        else:
            move = draw(st.sampled_from([write for condition, write in moves if condition(values)]))
            expression, shape = move(draw, values)
            lines.append(f"v{number} = {expression}")
            values[f"v{number}"] = shape
    made = [name for name in values if name.startswith(("v", "d_"))]
    return Step(units, lines, made[-4:] or ["x * 1.0"])
