"""What every public op is to give: how its arguments are drawn, and NumPy's function that it is held against."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from properties.drawn import ANY, FLOATS, STORED, WHOLE, Array, Drawn, arrays, broadcasting_shapes, shapes

from nnfast import ops

DYADIC = (1.0, 0.0, 2.0, -1.0, 0.5, -0.25, 3.0, -2.5)  # sums of these are exact
NOT_FINITE = (math.nan, math.inf, -math.inf)


@dataclass(frozen=True)
class Call:
    """The arguments of one call of an op: arrays by position, others by name."""

    arrays: tuple[Drawn, ...]
    named: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Rule:
    """What an op is to give.

    Attributes:
        calls: draws its arguments.
        reference: NumPy's function of float64 arrays and the same named arguments.
    """

    calls: SearchStrategy[Call]
    reference: Callable[..., Any]
    op: Callable[..., Any] | None = None  # how the op is called with the arrays, where not as it stands


@st.composite
def _several(draw: Any, options: list[dict[str, Any]]) -> Call:
    wanted = draw(broadcasting_shapes(len(options)))
    return Call(tuple(draw(arrays(shape, **given)) for shape, given in zip(wanted, options, strict=True)))


def broadcasting(reference: Callable[..., Any], *each: dict[str, Any], **drawn: Any) -> Rule:
    """An op of two arrays whose shapes broadcast, or of as many as `each` says how to draw."""
    options = [{"wild": True, **drawn, **one} for one in (each or ({}, {}))]
    return Rule(_several(options), reference)


Depending = Callable[[Array], SearchStrategy[Any]]  # what draws an argument for an array


@st.composite
def _of_one(draw: Any, arrays_of: SearchStrategy[Drawn], named: dict[str, SearchStrategy[Any] | Depending]) -> Call:
    x = draw(arrays_of)
    return Call((x,), {name: draw(how(x.array) if callable(how) else how) for name, how in named.items()})


def of_one(reference: Callable[..., Any], **named: SearchStrategy[Any] | Depending) -> Rule:
    """An op of one array and of further arguments, which may depend on the array."""
    return Rule(_of_one(arrays(wild=True), named), reference)


def made(reference: Callable[..., Any], **named: SearchStrategy[Any]) -> Rule:
    return Rule(st.builds(Call, st.just(()), st.fixed_dictionaries(named)), reference)


def axis_of(x: Array) -> SearchStrategy[Any]:
    """An axis that the array has; seldom another."""
    return st.sampled_from([*range(-x.ndim, x.ndim)] * 4 + [x.ndim, -x.ndim - 1])


def axes_of(x: Array) -> SearchStrategy[Any]:
    """All axes, one, or several."""
    each = st.tuples(*(st.sampled_from([(), (axis,), (axis - x.ndim,)]) for axis in range(x.ndim)))
    return st.none() | axis_of(x) | each.map(lambda chosen: sum(chosen, ()))


def orders_of(x: Array) -> SearchStrategy[Any]:
    return st.none() | st.permutations(range(x.ndim)).map(tuple) | st.lists(axis_of(x), max_size=4).map(tuple)


def ones_of(x: Array) -> SearchStrategy[Any]:
    """Axes of one element, to squeeze."""
    ones = [axis for axis, size in enumerate(x.shape) if size == 1]
    return axes_of(x) if not ones else st.lists(st.sampled_from(ones), unique=True).map(tuple) | axes_of(x)


SHAPES = st.lists(st.sampled_from([1, 2, 3, -1, 0, 5, 8]), max_size=4).map(tuple)


def new_shapes_of(x: Array) -> SearchStrategy[Any]:
    """Shapes of as many elements, one dimension of which may be -1; or any."""

    def changed(order: list[int], unknown: int, joined: bool) -> tuple[int, ...]:
        sizes = [-1 if number == unknown else size for number, size in enumerate(order)]
        return (sizes[0] * sizes[1], *sizes[2:]) if joined and len(sizes) > 1 and -1 not in sizes[:2] else tuple(sizes)

    return st.builds(changed, st.permutations([*x.shape, 1]), st.integers(0, 9), st.booleans()) | SHAPES


def wider_shapes_of(x: Array) -> SearchStrategy[Any]:
    """Shapes that the array can be repeated to; or any."""
    sizes = st.tuples(*(st.sampled_from([1, 2, 5]) if size == 1 else st.just(size) for size in x.shape))
    return st.builds(lambda more, kept: (*more, *kept), st.lists(st.integers(0, 3), max_size=2), sizes) | SHAPES


def reduction(reference: Callable[..., Any]) -> Rule:
    named = {"axis": axes_of, "keepdims": st.booleans()}
    floats = arrays(dtypes=FLOATS, values=(*DYADIC, *NOT_FINITE))
    return Rule(_of_one(floats, named) | _of_one(arrays(), named), _of_axes(reference))


def choice(reference: Callable[..., Any]) -> Rule:
    return of_one(_of_axes(reference), axis=lambda x: st.none() | axis_of(x), keepdims=st.booleans())


@st.composite
def _factors(draw: Any) -> Call:
    size = st.sampled_from([1, 2, 0, 3, 7, 14, 17, 33, 65, 130])
    rows, depth, columns = (draw(size) for _ in range(3))
    leading = draw(broadcasting_shapes(2, most=1)) if draw(st.booleans()) else [(), ()]
    wanted = [(*leading[0], rows, depth), (*leading[1], depth, columns)]
    if draw(st.integers(0, 4)) == 4:  # a vector, or what does not go together
        side = draw(st.integers(0, 1))
        wanted[side] = (depth,) if draw(st.booleans()) else draw(shapes(most=3))
    if any(np.prod(shape) > 30_000 for shape in wanted):
        wanted = [(rows, 3), (3, columns)]
    values = (*DYADIC, *NOT_FINITE) if draw(st.booleans()) else DYADIC
    first, second = (draw(arrays(shape, dtypes=FLOATS, values=values) | arrays(shape)) for shape in wanted)
    return Call((first, second))


@st.composite
def _sums_of_products(draw: Any) -> Call:
    """Subscripts, and operands of such shapes; not in half precision, in which the order of sums matters."""
    subscripts = draw(
        st.sampled_from(["ab,bc->ac", "abc,bd->dca", "ab,ab->a", "a,b", "aab->ba", "ab,bc,c->a", "abc->b"])
    )
    sizes = {letter: draw(st.sampled_from([1, 2, 0, 3, 7, 17])) for letter in "abcd"}
    wanted = [tuple(sizes[letter] for letter in part) for part in subscripts.partition("->")[0].split(",")]
    if draw(st.integers(0, 4)) == 4:
        wanted[0] = draw(shapes(most=3))
    operands = [draw(arrays(shape, dtypes=("float32", "float64"), values=DYADIC, wild=False)) for shape in wanted]
    return Call(tuple(operands), {"subscripts": subscripts})


@st.composite
def _one_hot(draw: Any) -> Call:
    x = draw(arrays(shapes(most=3), dtypes=tuple(name for name in ANY if name not in FLOATS)))
    return Call((x,), {"num_classes": draw(st.integers(0, 12)), "axis": draw(st.sampled_from([-1, -1, 0, 1, 3, -3]))})


@st.composite
def _crossentropies(draw: Any, kind: str) -> Call:
    shape = draw(shapes(least=1 if kind != "binary" else 0, most=3))
    logits = draw(st.booleans())
    values = DYADIC if logits else (0.5, 0.25, 0.125, 0.75, 0.9, 0.01)
    output = draw(arrays(shape, dtypes=FLOATS, values=values))
    named: dict[str, Any] = {"from_logits": logits}
    if kind == "sparse":
        wanted = draw(st.sampled_from([shape[:-1], shape[:-1], (*shape[:-1], 1), shape]))
        least, most = draw(st.sampled_from([(0, shape[-1]), (0, shape[-1]), (-1, shape[-1] + 1)]))
        labels = tuple(range(least, most)) or (0,)
        return Call((draw(arrays(wanted, dtypes=("int64", "uint8", ">i4", "float32"), values=labels)), output), named)
    target = draw(arrays(shape, values=(1, 0)) | arrays(shape, dtypes=FLOATS, values=(0.5, 0.0, 1.0, 0.25)))
    if kind == "categorical":
        named["axis"] = draw(st.sampled_from([-1, -1, 0, 1, 5]))
    return Call((target, output), named)


def _softmax(x: Array, axis: int = -1) -> Array:
    powers = np.exp(x - x.max(axis=axis, keepdims=True, initial=-np.inf))
    return powers / powers.sum(axis=axis, keepdims=True)


def _log_softmax(x: Array, axis: int = -1) -> Array:
    shifted = x - x.max(axis=axis, keepdims=True, initial=-np.inf)
    return shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))


def _one_hot_of(x: Array, num_classes: int, axis: int) -> Array:
    hot = (x[..., None] == np.arange(num_classes)).astype("float64")
    return np.moveaxis(hot, -1, axis)


def _categorical(target: Array, output: Array, from_logits: bool, axis: int = -1) -> Array:
    if target.shape != output.shape:
        raise ValueError
    if from_logits:
        return -(target * _log_softmax(output, axis)).sum(axis=axis)
    probabilities = output / output.sum(axis=axis, keepdims=True)
    return -(target * np.log(np.clip(probabilities, 1e-7, 1 - 1e-7))).sum(axis=axis)


def _sparse(target: Array, output: Array, from_logits: bool) -> Array:
    labels = target[..., 0] if target.ndim == output.ndim and target.shape[-1] == 1 else target
    if labels.shape != output.shape[:-1]:
        raise ValueError
    inside = (labels >= 0) & (labels < output.shape[-1])
    if from_logits and not inside.all():
        raise ValueError
    return _categorical(_one_hot_of(labels, output.shape[-1], -1), output, from_logits)


def _binary(target: Array, output: Array, from_logits: bool) -> Array:
    if target.shape != output.shape:
        raise ValueError
    probabilities = 1 / (1 + np.exp(-output)) if from_logits else output
    return -(target * np.log(probabilities) + (1 - target) * np.log(1 - probabilities))


def _logsumexp(x: Array, axis: Any, keepdims: bool) -> Array:
    greatest = np.max(x, axis=axis, keepdims=True)
    greatest = np.where(np.isinf(greatest), 0, greatest)
    total = np.log(np.sum(np.exp(x - greatest), axis=axis, keepdims=True)) + greatest
    return total if keepdims else np.squeeze(total, axis)


def _of_axes(reference: Callable[..., Any]) -> Callable[..., Any]:
    """NumPy lets a single number have an axis 0, where nnfast has an error."""

    def of_axes_that_are_there(x: Array, **named: Any) -> Any:
        if x.ndim == 0 and named["axis"] not in (None, ()):
            raise ValueError
        return reference(x, **named)

    return of_axes_that_are_there


def _reshaped(x: Array, newshape: Any) -> Array:
    return x.reshape(newshape)


def _expanded(x: Array, axis: int) -> Array:
    return np.expand_dims(x, axis)


_erf = np.vectorize(math.erf, otypes=[np.float64])
_rint = {"dtypes": FLOATS}
FULL_SHAPE = st.lists(st.sampled_from([1, 2, 3, 0, 17]), max_size=3).map(tuple) | st.integers(0, 40)
DTYPE = st.sampled_from(STORED)
NO_ZEROS = {"values": (1, 2, 3, 5, 7), "wild": False}

RULES: dict[str, Rule] = {
    **{name: of_one(np.abs) for name in ("abs", "absolute")},
    "add": broadcasting(np.add),
    "all": reduction(np.all),
    "any": reduction(np.any),
    "arange": made(
        lambda start, stop, step: np.arange(start, stop, step),
        start=st.integers(-9, 9),
        stop=st.integers(-9, 40),
        step=st.sampled_from([1, 2, -1, 7]),
    ),
    "argmax": choice(np.argmax),
    "argmin": choice(np.argmin),
    "binary_crossentropy": Rule(_crossentropies("binary"), _binary),
    "broadcast_to": of_one(np.broadcast_to, shape=wider_shapes_of),
    "cast": of_one(lambda x, dtype: x != 0 if dtype == "bool" else x, dtype=DTYPE),
    "categorical_crossentropy": Rule(_crossentropies("categorical"), _categorical),
    "ceil": of_one(np.ceil),
    "clip": broadcasting(lambda x, least, most: np.minimum(np.maximum(x, least), most), {}, {}, {}),
    "convert_to_tensor": of_one(lambda x: x),
    "array": of_one(lambda x: x),
    "cos": of_one(np.cos),
    **{name: broadcasting(np.divide) for name in ("divide", "true_divide")},
    "equal": broadcasting(np.equal),
    "erf": of_one(_erf),
    "exp": of_one(np.exp),
    "expand_dims": of_one(_expanded, axis=lambda x: axis_of(x[..., None])),
    "expm1": of_one(np.expm1),
    "floor": of_one(np.floor),
    "floor_divide": broadcasting(np.floor_divide, {"values": (*WHOLE, 2.5, -0.25), "wild": False}, NO_ZEROS),
    "full": made(
        lambda shape, fill_value, dtype: np.full(shape, fill_value),
        shape=FULL_SHAPE,
        fill_value=st.integers(0, 1),
        dtype=DTYPE,
    ),
    "full_like": of_one(lambda x, fill_value: np.full_like(x, fill_value), fill_value=st.integers(0, 1)),
    "greater": broadcasting(np.greater),
    "greater_equal": broadcasting(np.greater_equal),
    "isnan": of_one(np.isnan),
    "less": broadcasting(np.less),
    "less_equal": broadcasting(np.less_equal),
    "log": of_one(np.log),
    "log1p": of_one(np.log1p),
    "log_softmax": of_one(_of_axes(_log_softmax), axis=axis_of),
    "logical_and": broadcasting(np.logical_and),
    "logical_not": of_one(np.logical_not),
    "logical_or": broadcasting(np.logical_or),
    "logsumexp": reduction(_logsumexp),
    "matmul": Rule(_factors(), np.matmul),
    "max": reduction(np.max),
    "maximum": broadcasting(np.maximum),
    "mean": reduction(np.mean),
    "min": reduction(np.min),
    "minimum": broadcasting(np.minimum),
    "mod": broadcasting(np.mod, {"values": (*WHOLE, 2.5, -0.25), "wild": False}, NO_ZEROS),
    "multiply": broadcasting(np.multiply),
    "negative": of_one(np.negative),
    "not_equal": broadcasting(np.not_equal),
    "one_hot": Rule(_one_hot(), _one_hot_of),
    "ones": made(lambda shape, dtype: np.ones(shape), shape=FULL_SHAPE, dtype=DTYPE),
    "ones_like": of_one(np.ones_like),
    "power": broadcasting(np.power, {}, {"values": (1, 0, 2, 3), "wild": False}),
    "reciprocal": of_one(np.reciprocal),
    "relu": of_one(lambda x: np.maximum(x, 0)),
    "reshape": of_one(_reshaped, newshape=new_shapes_of),
    "round": of_one(np.round),
    "rsqrt": of_one(lambda x: 1 / np.sqrt(x)),
    "sigmoid": of_one(lambda x: 1 / (1 + np.exp(-x))),
    "sign": of_one(np.sign),
    "sin": of_one(np.sin),
    "size": of_one(np.size),
    "softmax": of_one(_of_axes(_softmax), axis=axis_of),
    "softplus": of_one(lambda x: np.logaddexp(x, 0)),
    "sparse_categorical_crossentropy": Rule(_crossentropies("sparse"), _sparse),
    "sqrt": of_one(np.sqrt),
    "square": of_one(np.square),
    "squeeze": of_one(_of_axes(np.squeeze), axis=ones_of),
    "std": reduction(np.std),
    "stop_gradient": of_one(lambda x: x),
    "subtract": broadcasting(np.subtract),
    "sum": reduction(np.sum),
    "tanh": of_one(np.tanh),
    "transpose": of_one(np.transpose, axes=orders_of),
    "var": reduction(np.var),
    "where": broadcasting(lambda c, x, y: np.where(c != 0, x, y), {}, {}, {}),
    "zeros": made(lambda shape, dtype: np.zeros(shape), shape=FULL_SHAPE, dtype=DTYPE),
    "zeros_like": of_one(np.zeros_like),
}


def activation(reference: Callable[..., Any], **named: SearchStrategy[Any] | Depending) -> Rule:
    """As of_one, on finite numbers: at infinity the formulas are no numbers, and what Keras has is tested elsewhere."""
    return Rule(_of_one(arrays(), named), reference)


def _sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def _elu(x: Array, alpha: float) -> Array:
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def _gelu(x: Array, approximate: bool) -> Array:
    if approximate:
        return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))
    return 0.5 * x * (1 + _erf(x / math.sqrt(2)))


def _glu(x: Array, axis: int) -> Array:
    if x.shape[axis] % 2:
        raise ValueError
    first, second = np.split(x, 2, axis)
    return first * _sigmoid(second)


def _sparsemax(x: Array, axis: int) -> Array:
    if x.shape[axis] == 0:
        raise ValueError
    ordered = -np.sort(-x, axis=axis)
    counts = np.expand_dims(
        np.arange(1, x.shape[axis] + 1), [other for other in range(x.ndim) if other != axis % x.ndim]
    )
    sums = np.cumsum(ordered, axis) - 1
    support = (ordered * counts > sums).sum(axis=axis, keepdims=True)
    return np.maximum(x - np.take_along_axis(sums, support - 1, axis) / support, 0)


@st.composite
def _side_by_side(draw: Any, same: bool) -> Call:
    """Arrays of one type whose shapes differ in one axis, unless they are the same; seldom in another one."""
    shape = list(draw(shapes(least=0 if same else 1, most=3)))
    axis = draw(st.integers(-len(shape) - same, len(shape) - 1 + same))
    dtype, found = draw(st.sampled_from(STORED)), []
    for _ in range(draw(st.integers(1, 3))):
        if not same and shape:
            shape[axis % len(shape)] = draw(st.sampled_from([1, 2, 0, 5]))
        found.append(draw(arrays(tuple(shape), dtypes=(dtype,))))
    return Call(tuple(found), {"axis": axis})


def keys_of(x: Array) -> SearchStrategy[Any]:
    bound = st.none() | st.integers(-6, 6)
    step = st.sampled_from([None, 1, 2, -1, -3])
    item = st.builds(slice, bound, bound, step) | st.integers(-3, 2) | st.sampled_from([None, Ellipsis])
    return st.lists(item, max_size=x.ndim + 1).map(tuple) | st.integers(-1, 1)


def widths_of(x: Array) -> SearchStrategy[Any]:
    width = st.integers(0, 3)
    pair = st.tuples(width, width)
    return width | pair | st.tuples(*([pair] * x.ndim))


def counts_of(x: Array) -> SearchStrategy[Any]:
    return st.integers(0, 3) | st.lists(st.integers(0, 2), max_size=4).map(tuple)


@st.composite
def _sliced(draw: Any) -> Call:
    x = draw(arrays(shapes(most=3), wild=True))
    starts = [draw(st.integers(0, size)) for size in x.array.shape]
    counts = [draw(st.integers(0, size - start)) for size, start in zip(x.array.shape, starts, strict=True)]
    return Call((x,), {"start_indices": tuple(starts), "shape": tuple(counts)})


@st.composite
def _split(draw: Any) -> Call:
    x = draw(arrays(shapes(least=1, most=3), wild=True))
    axis = draw(st.integers(-x.array.ndim, x.array.ndim - 1))
    at = st.lists(st.integers(0, 9), max_size=3).map(sorted).map(tuple)
    return Call((x,), {"indices_or_sections": draw(st.integers(1, 4) | at), "axis": axis})


@st.composite
def _taken(draw: Any) -> Call:
    x = draw(arrays(shapes(least=1, most=3), wild=True))
    axis = draw(st.none() | st.integers(-x.array.ndim, x.array.ndim - 1))
    length = x.array.size if axis is None else x.array.shape[axis]
    least, most = draw(st.sampled_from([(-length, length), (0, length), (-length - 1, length + 1)]))
    values = tuple(range(least, most)) or (0,)
    return Call((x, draw(arrays(shapes(most=2), dtypes=("int64", "int32", ">i4"), values=values))), {"axis": axis})


def _cut(x: Array, start_indices: tuple[int, ...], shape: tuple[int, ...]) -> Array:
    return x[tuple(slice(start, start + count) for start, count in zip(start_indices, shape, strict=True))]


def _take(x: Array, indices: Array, axis: int | None) -> Array:
    places, length = indices.astype("int64"), x.size if axis is None else x.shape[axis]
    outer = 1 if axis is None else math.prod(x.shape[: axis % x.ndim])
    if outer == 0 and (np.abs(places) <= length).all():  # NumPy looks at the indices only where there is something
        return np.zeros((*x.shape[: axis % x.ndim], *places.shape, *x.shape[axis % x.ndim + 1 :]))
    return np.take(x, places, axis)


RULES |= {
    "concatenate": Rule(
        _side_by_side(False), lambda *xs, axis: np.concatenate(xs, axis), lambda *xs, axis: ops.concatenate(xs, axis)
    ),
    "flip": of_one(_of_axes(np.flip), axis=lambda x: st.none() | axis_of(x)),
    "get_item": of_one(lambda x, key: x[key], key=keys_of),
    "moveaxis": of_one(np.moveaxis, source=axis_of, destination=axis_of),
    "pad": of_one(lambda x, pad_width: np.pad(x, pad_width) if x.ndim else x, pad_width=widths_of),
    "repeat": of_one(_of_axes(np.repeat), repeats=counts_of, axis=lambda x: st.none() | axis_of(x)),
    "slice": Rule(_sliced(), _cut),
    "split": Rule(
        _split(),
        lambda x, **named: np.concatenate(np.split(x, **named)[::-1], named["axis"]),
        lambda x, **named: ops.concatenate(ops.split(x, **named)[::-1], named["axis"]),
    ),
    "stack": Rule(_side_by_side(True), lambda *xs, axis: np.stack(xs, axis), lambda *xs, axis: ops.stack(xs, axis)),
    "swapaxes": of_one(np.swapaxes, axis1=axis_of, axis2=axis_of),
    "take": Rule(_taken(), _take),
    "tile": of_one(lambda x, repeats: np.tile(np.asarray(x), repeats), repeats=counts_of),
}


@st.composite
def _segments(draw: Any) -> Call:
    data = draw(arrays(shapes(least=1, most=3), values=DYADIC))
    number = draw(st.integers(1, 5))
    labels = tuple(range(number + draw(st.sampled_from([0, 0, 0, 1]))))
    count = draw(st.integers(0, data.array.ndim))
    return Call(
        (data, draw(arrays(data.array.shape[:count], dtypes=("int64", "int32", "uint8"), values=labels))),
        {"num_segments": number},
    )


def _segment_sum(data: Array, segment_ids: Array, num_segments: int) -> Array:
    inside = segment_ids < num_segments
    sums = np.zeros((num_segments, *data.shape[segment_ids.ndim :]))
    np.add.at(sums, segment_ids[inside].astype("int64"), data[inside])
    return sums


@st.composite
def _ranked(draw: Any, labelled: bool) -> Call:
    scores = draw(arrays(shapes(least=1, most=3), dtypes=FLOATS, values=DYADIC))
    classes = scores.array.shape[-1]
    named = {"k": draw(st.integers(1, max(classes, 1)))}
    labels = arrays(scores.array.shape[:-1], dtypes=("int64", "int32"), values=(-1, *range(classes + 1)))
    return Call((draw(labels), scores) if labelled else (scores,), named)


def _top_k(x: Array, k: int) -> Array:
    if x.shape[-1] < k:
        raise ValueError
    return -np.sort(-x, axis=-1)[..., :k]


def _in_top_k(targets: Array, predictions: Array, k: int) -> Array:
    classes = np.arange(predictions.shape[-1])
    of_label = np.where(targets[..., None] == classes, predictions, -np.inf).max(-1, initial=-np.inf)
    is_class = (targets >= 0) & (targets < len(classes))
    return is_class & ((predictions > of_label[..., None]).sum(-1) < k)


RULES |= {
    "cond": Rule(
        broadcasting(np.add).calls,
        lambda x, y: np.add(x, y),
        lambda x, y: ops.cond(ops.size(x) >= 0, lambda: ops.add(x, y), lambda: ops.multiply(x, y)),
    ),
    "divide_no_nan": broadcasting(lambda x, y: np.where(y == 0, 0.0, x / np.where(y == 0, 1.0, y))),
    "in_top_k": Rule(_ranked(True), _in_top_k),
    "isfinite": of_one(np.isfinite),
    "isinf": of_one(np.isinf),
    "segment_sum": Rule(_segments(), _segment_sum),
    "top_k": Rule(_ranked(False), _top_k, lambda x, k: ops.top_k(x, k)[0]),
}


SLOPE = st.sampled_from([1.0, 0.5, 2.0])
RULES |= {
    "celu": activation(lambda x, alpha: np.maximum(x, 0) + np.minimum(alpha * np.expm1(x / alpha), 0), alpha=SLOPE),
    "einsum": Rule(
        _sums_of_products(),
        lambda *arrays, subscripts: np.einsum(subscripts, *arrays),
        lambda *arrays, subscripts: ops.einsum(subscripts, *arrays),
    ),
    "elu": activation(_elu, alpha=SLOPE),
    "erfc": activation(np.vectorize(math.erfc, otypes=[np.float64])),
    "gelu": activation(_gelu, approximate=st.booleans()),
    "glu": activation(_of_axes(_glu), axis=axis_of),
    "normalize": activation(
        _of_axes(lambda x, axis: x / np.maximum(np.sqrt((x * x).sum(axis, keepdims=True)), 1e-7)), axis=axis_of
    ),
    "hard_shrink": activation(lambda x, threshold: np.where(np.abs(x) > threshold, x, 0), threshold=SLOPE),
    "hard_sigmoid": activation(lambda x: np.clip(x / 6 + 0.5, 0, 1)),
    **{name: activation(lambda x: x * np.clip(x / 6 + 0.5, 0, 1)) for name in ("hard_silu", "hard_swish")},
    "hard_tanh": activation(lambda x: np.clip(x, -1, 1)),
    "leaky_relu": activation(lambda x, negative_slope: np.where(x > 0, x, negative_slope * x), negative_slope=SLOPE),
    "log_sigmoid": activation(lambda x: -np.logaddexp(0, -x)),
    "relu6": activation(lambda x: np.clip(x, 0, 6)),
    "selu": activation(lambda x: 1.0507009873554805 * _elu(x, 1.6732632423543772)),
    **{name: activation(lambda x: x * _sigmoid(x)) for name in ("silu", "swish")},
    "soft_shrink": activation(lambda x, threshold: x - np.clip(x, -threshold, threshold), threshold=SLOPE),
    "softsign": activation(lambda x: x / (np.abs(x) + 1)),
    "sparse_plus": activation(lambda x: np.where(x > 1, x, np.square(np.maximum(x + 1, 0)) / 4)),
    "sparse_sigmoid": activation(lambda x: np.clip((x + 1) / 2, 0, 1)),
    "sparsemax": activation(_of_axes(_sparsemax), axis=axis_of),
    "squareplus": activation(lambda x, b: (x + np.sqrt(x * x + b)) / 2, b=SLOPE),
    "tanh_shrink": activation(lambda x: x - np.tanh(x)),
    "threshold": activation(
        lambda x, threshold, default_value: np.where(x > threshold, x, default_value),
        threshold=SLOPE,
        default_value=SLOPE,
    ),
}
