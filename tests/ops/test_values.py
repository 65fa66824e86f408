"""Every op against NumPy, on shapes that broadcast, are odd, unit and empty; of any layout in tests/properties."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from oracle import keras

from nnfast import _core, graph, ops
from nnfast.graph.dtypes import HALVES

Array = np.ndarray[Any, Any]

SHAPES: list[tuple[int, ...]] = [(), (1,), (7,), (0,), (3, 5), (1, 1), (0, 4), (33, 17), (2, 3, 4), (1025,)]
PAIRS: list[tuple[tuple[int, ...], tuple[int, ...]]] = [
    ((3, 5), (5,)),
    ((3, 5), (3, 1)),
    ((3, 5), ()),
    ((1, 5), (3, 1)),
    ((2, 1, 4), (3, 1)),
    ((0, 4), (4,)),
    ((40, 70), (1, 70)),
    ((2, 3, 1, 5), (3, 4, 1)),
]
TOLERANCES = {"float32": 4e-6, "float64": 1e-14}


def _erf(x: Array) -> Array:
    return np.vectorize(math.erf, otypes=[np.float64])(x)


def _erfc(x: Array) -> Array:
    return np.vectorize(math.erfc, otypes=[np.float64])(x)


UNARY: dict[str, tuple[Callable[..., Any], Callable[[Array], Array]]] = {
    "negative": (ops.negative, np.negative),
    "absolute": (ops.absolute, np.abs),
    "sign": (ops.sign, np.sign),
    "square": (ops.square, np.square),
    "sqrt": (lambda x: ops.sqrt(ops.abs(x)), lambda x: np.sqrt(np.abs(x))),
    "rsqrt": (lambda x: ops.rsqrt(ops.abs(x) + 1.0), lambda x: 1 / np.sqrt(np.abs(x) + 1)),
    "reciprocal": (lambda x: ops.reciprocal(ops.abs(x) + 1.0), lambda x: 1 / (np.abs(x) + 1)),
    "exp": (ops.exp, np.exp),
    "expm1": (ops.expm1, np.expm1),
    "log": (lambda x: ops.log(ops.abs(x) + 0.1), lambda x: np.log(np.abs(x) + 0.1)),
    "log1p": (lambda x: ops.log1p(ops.abs(x)), lambda x: np.log1p(np.abs(x))),
    "tanh": (ops.tanh, np.tanh),
    "sigmoid": (ops.sigmoid, lambda x: 1 / (1 + np.exp(-x))),
    "softplus": (ops.softplus, lambda x: np.log1p(np.exp(x))),
    "relu": (ops.relu, lambda x: np.maximum(x, 0)),
    "floor": (ops.floor, np.floor),
    "ceil": (ops.ceil, np.ceil),
    "round": (ops.round, np.round),
    "sin": (ops.sin, np.sin),
    "cos": (ops.cos, np.cos),
    "erf": (ops.erf, _erf),
    "erfc": (ops.erfc, _erfc),
    "isnan": (ops.isnan, np.isnan),
    "logical_not": (ops.logical_not, np.logical_not),
    "stop_gradient": (ops.stop_gradient, np.copy),
}
BINARY: dict[str, tuple[Callable[..., Any], Callable[..., Array]]] = {
    "add": (ops.add, np.add),
    "subtract": (ops.subtract, np.subtract),
    "multiply": (ops.multiply, np.multiply),
    "divide": (ops.divide, np.divide),
    "maximum": (ops.maximum, np.maximum),
    "minimum": (ops.minimum, np.minimum),
    "power": (lambda x, y: ops.power(ops.abs(x) + 0.5, y), lambda x, y: np.power(np.abs(x) + 0.5, y)),
    "equal": (ops.equal, np.equal),
    "not_equal": (ops.not_equal, np.not_equal),
    "less": (ops.less, np.less),
    "less_equal": (ops.less_equal, np.less_equal),
    "greater": (ops.greater, np.greater),
    "greater_equal": (ops.greater_equal, np.greater_equal),
    "logical_and": (ops.logical_and, np.logical_and),
    "logical_or": (ops.logical_or, np.logical_or),
    "where": (lambda x, y: ops.where(x > 0, x, y), lambda x, y: np.where(x > 0, x, y)),
}


def drawn(shape: tuple[int, ...], dtype: str, seed: int = 0) -> Array:
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype) * 2


def agrees(got: Any, expected: Array, dtype: str) -> None:
    expected = np.asarray(expected)
    assert isinstance(got, graph.Tensor)
    assert got.shape == expected.shape
    if expected.dtype == bool:
        assert got.dtype == bool
        np.testing.assert_array_equal(got.numpy(), expected)
    else:
        assert got.dtype == dtype
        np.testing.assert_allclose(got.numpy(), expected, rtol=TOLERANCES[dtype], atol=TOLERANCES[dtype])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", UNARY)
def test_unary(name: str, dtype: str) -> None:
    op, reference = UNARY[name]
    for shape in SHAPES:
        x = drawn(shape, dtype)
        agrees(op(x), reference(x.astype("float64")), dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", BINARY)
def test_binary(name: str, dtype: str) -> None:
    op, reference = BINARY[name]
    for first, second in PAIRS:
        x, y = drawn(first, dtype, 1), drawn(second, dtype, 2)
        agrees(op(x, y), reference(x.astype("float64"), y.astype("float64")), dtype)
        agrees(op(y, x), reference(y.astype("float64"), x.astype("float64")), dtype)


def test_every_pointwise_kernel_is_an_op_or_a_step_of_one() -> None:
    assert all(hasattr(ops, name) for name in ops.__all__)  # which loads what is loaded when it is asked for
    used = {op.kernel for op in graph.registry.values() if op.kind is graph.Kind.POINTWISE}
    rounding = {f"round_{half}" for half in HALVES}  # casts to these
    assert used | rounding == set(_core.pointwise_arities)


REDUCTIONS = [
    (ops.sum, np.sum),
    (ops.mean, np.mean),
    (ops.max, np.max),
    (ops.min, np.min),
    (ops.var, np.var),
    (ops.std, np.std),
    (ops.logsumexp, lambda x, **axes: np.log(np.sum(np.exp(x), **axes))),
]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("axis", [None, 0, 1, -1, (0, 1), (0, 2), (1, 2)])
@pytest.mark.parametrize("keepdims", [False, True])
def test_reductions(axis: Any, keepdims: bool, dtype: str) -> None:
    for shape in [(3, 4, 5), (1, 1, 1), (2, 70, 3), (130, 1, 9)]:
        x = drawn(shape, dtype)
        for op, reference in REDUCTIONS:
            expected = reference(x.astype("float64"), axis=axis, keepdims=keepdims)
            got = op(x, axis=axis, keepdims=keepdims)
            assert got.shape == expected.shape
            np.testing.assert_allclose(got.numpy(), expected, rtol=1e-5, atol=1e-5 if dtype == "float32" else 1e-13)


def test_sums_of_nothing() -> None:
    assert ops.sum(np.zeros((0, 3), "float32"), axis=0).numpy().tolist() == [0.0, 0.0, 0.0]
    assert ops.sum(np.zeros((3, 0), "float32"), axis=1).numpy().tolist() == [0.0, 0.0, 0.0]
    assert ops.sum(np.zeros((3, 0), "float32"), axis=0).shape == (0,)


@pytest.mark.parametrize("axis", [None, 0, 1, -1])
@pytest.mark.parametrize("keepdims", [False, True])
def test_argmax_and_argmin(axis: int | None, keepdims: bool) -> None:
    x = drawn((37, 11), "float32").round()  # with ties, of which the first counts
    for op, reference in [(ops.argmax, np.argmax), (ops.argmin, np.argmin)]:
        got = op(x, axis=axis, keepdims=keepdims)
        assert got.dtype == "int32"
        np.testing.assert_array_equal(got.numpy(), reference(x, axis=axis, keepdims=keepdims))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("first", "second"),
    [
        ((3, 4), (4, 5)),
        ((1, 1), (1, 1)),
        ((14, 7), (7, 33)),
        ((129, 784), (784, 65)),
        ((4,), (4,)),
        ((4,), (4, 3)),
        ((3, 4), (4,)),
        ((2, 3, 4), (4, 5)),
        ((2, 3, 4), (2, 4, 5)),
        ((5, 1, 3, 4), (2, 4, 5)),
        ((0, 4), (4, 5)),
        ((3, 0), (0, 5)),
        ((3, 4), (4, 0)),
    ],
)
def test_matmul(first: tuple[int, ...], second: tuple[int, ...], dtype: str) -> None:
    x, y = drawn(first, dtype, 1), drawn(second, dtype, 2)
    got = ops.matmul(x, y)
    expected = np.matmul(x.astype("float64"), y.astype("float64"))
    # The forward error bound of a sum of K products.
    bound = 4 * first[-1] * np.finfo(dtype).eps * np.matmul(np.abs(x), np.abs(y)).astype("float64")
    assert got.shape == expected.shape
    assert got.dtype == dtype
    assert (np.abs(got.numpy() - expected) <= bound).all()


def test_movement() -> None:
    x = drawn((2, 3, 4), "float32")
    np.testing.assert_array_equal(ops.reshape(x, (4, -1)), x.reshape(4, -1))
    np.testing.assert_array_equal(ops.expand_dims(x, 1), x[:, None])
    np.testing.assert_array_equal(ops.squeeze(x[:, :1]), x[:, 0])
    np.testing.assert_array_equal(ops.broadcast_to(x[0, 0], (5, 4)), np.broadcast_to(x[0, 0], (5, 4)))
    for axes in [(0, 1, 2), (2, 1, 0), (1, 0, 2), (0, 2, 1), (1, 2, 0), None]:
        np.testing.assert_array_equal(ops.transpose(x, axes), np.transpose(x, axes))
        for dtype in ["bool", "uint8", "int32", "int64", "float64"]:
            np.testing.assert_array_equal(ops.transpose(x.astype(dtype), axes), np.transpose(x.astype(dtype), axes))
    assert ops.zeros((2, 3)).numpy().tolist() == np.zeros((2, 3)).tolist()
    assert ops.ones_like(x, dtype="int32").dtype == "int32"
    np.testing.assert_array_equal(ops.full((2,), 7.5), [7.5, 7.5])
    np.testing.assert_array_equal(ops.arange(1, 7, 2), [1, 3, 5])
    assert ops.shape(x) == (2, 3, 4)
    assert int(ops.size(x)) == 24


def test_one_hot_gives_zeros_for_what_is_not_there() -> None:
    hot = ops.one_hot(np.array([[0, 2], [-1, 3]]), 3).numpy()
    assert hot.tolist() == [[[1, 0, 0], [0, 0, 1]], [[0, 0, 0], [0, 0, 0]]]
    np.testing.assert_array_equal(ops.one_hot([0, 1], 3, axis=0), np.eye(3)[:2].T)


@pytest.mark.parametrize(
    ("value", "dtype", "expected"),
    [
        ([1.9, -1.9], "int32", [1, -1]),
        ([0.0, 2.0], "bool", [False, True]),
        ([300, -1], "float64", [300.0, -1.0]),
        ([True, False], "float32", [1.0, 0.0]),
        ([2**40], "int64", [2**40]),
        ([255], "uint8", [255]),
    ],
)
def test_cast(value: list[Any], dtype: str, expected: list[Any]) -> None:
    got = ops.cast(np.array(value), dtype)
    assert got.dtype == dtype
    assert got.tolist() == expected


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (np.int64(1), np.float32(1), "float32"),
        (np.float64(1), np.float32(1), "float64"),
        (np.int32(1), 2, "int32"),
        (np.int32(1), 2.0, "float32"),
        (np.float64(1), 2.0, "float64"),
        (np.bool_(True), np.uint8(1), "uint8"),
        (1, 2.0, "float32"),
        (1, 2, "int32"),
        (np.float16(1), np.float32(1), "float32"),
    ],
)
def test_promotion(first: Any, second: Any, expected: str) -> None:
    assert ops.add(first, second).dtype == expected
    assert ops.add(second, first).dtype == expected


def test_python_operators_call_ops() -> None:
    x = ops.convert_to_tensor(np.array([3, 4], np.int64))
    assert (x + np.float32(1)).dtype == "float32"  # NumPy would say float64
    assert isinstance(2.0 ** (x / 2 - 1), graph.Tensor)
    assert ((x > 3) == [False, True]).all()
    assert (np.ones(2) @ x).shape == ()
    assert (-x).tolist() == [-3, -4]
    assert abs(-x).tolist() == [3, 4]


def test_nan_and_infinity_go_through() -> None:
    x = np.array([np.nan, np.inf, -np.inf, 1.0], "float32")
    assert np.isnan(ops.relu(x)[0])
    assert np.isnan(ops.maximum(x, 0.0)[0]) and np.isnan(ops.minimum(0.0, x)[0])
    np.testing.assert_array_equal(ops.exp(x[:3]), [np.nan, np.inf, 0.0])
    np.testing.assert_array_equal(ops.sigmoid(x[1:3]), [1.0, 0.0])
    assert np.isnan(ops.sum(x)) and np.isnan(ops.max(x))
    assert np.isnan(ops.matmul(x[None], np.ones((4, 1), "float32"))).all()
    np.testing.assert_array_equal(ops.softmax(np.array([0.0, -np.inf], "float32")), [1.0, 0.0])


ERRORS: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: ops.add(np.ones(2), np.ones(3)), ValueError, r"broadcast together, got \(2,\) and \(3,\)"),
    (lambda: ops.matmul(np.ones((2, 3)), np.ones((2, 3))), ValueError, r"inner dimensions agree, got shapes \(2, 3\)"),
    (lambda: ops.matmul(1.0, np.ones(3)), ValueError, "vectors or matrices"),
    (lambda: ops.sum(np.ones(3), axis=1), ValueError, "axis from -1 to 0"),
    (lambda: ops.sum(np.ones((3, 3)), axis=(0, -2)), ValueError, "each axis once"),
    (lambda: ops.reshape(np.ones(3), (2, 2)), ValueError, r"Can't reshape \(3,\) into \(2, 2\)"),
    (lambda: ops.reshape(np.ones(3), (-1, 2)), ValueError, "numbers of elements differ"),
    (lambda: ops.squeeze(np.ones((2, 1)), 0), ValueError, "dimension of 1 at axis 0"),
    (lambda: ops.transpose(np.ones((2, 1)), (0, 0)), ValueError, "each axis"),
    (lambda: ops.broadcast_to(np.ones(3), (2,)), ValueError, "broadcast"),
    (lambda: ops.argmax(np.ones((2, 0)), axis=1), ValueError, "at least one value"),
    (lambda: ops.add(np.array(["a"]), 1), TypeError, "Expected numbers"),
    (lambda: ops.add(np.array([1j]), 1), TypeError, "complex128"),
    (lambda: ops.cast(1.0, "float99"), ValueError, "element type"),
    (lambda: ops.softmax(1.0), ValueError, "scalar"),
    (lambda: ops.categorical_crossentropy(np.ones((2, 3)), np.ones((2, 2))), ValueError, "of one shape"),
    (lambda: ops.sparse_categorical_crossentropy(np.ones(3), np.ones((2, 2))), ValueError, "one class number for each"),
    (
        lambda: ops.sparse_categorical_crossentropy([0, 2], np.ones((2, 2)), from_logits=True),
        ValueError,
        r"labels from 0 to 1 \(2 classes\), got 2 in row 1",
    ),
    (
        lambda: ops.sparse_categorical_crossentropy([-1, 0], np.ones((2, 2)), from_logits=True),
        ValueError,
        "got -1 in row 0",
    ),
]


@pytest.mark.parametrize(("call", "error", "message"), ERRORS)
def test_errors_say_what_was_expected_and_what_came(
    call: Callable[[], Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        call()


def test_operators_in_place_leave_the_callers_array() -> None:
    array = np.ones(1, "float32")
    for value in ("+=", "-=", "*=", "/=", "**="):
        scope = {"x": ops.convert_to_tensor(array)}
        exec(f"x {value} 3", scope)
        assert isinstance(scope["x"], graph.Tensor)
        np.testing.assert_array_equal(array, 1)


def test_sums_of_small_types() -> None:
    assert ops.sum(np.full(10, 200, "uint8")) == 2000
    assert isinstance(ops.sum(3.0), graph.Tensor)
    assert float(ops.softplus(True)) == pytest.approx(1.3132616)


NUMBERS = {"int32": [7, -7, 8], "uint8": [7, 9, 200], "float32": [7.5, -7.5, 8.0], "bool": [True, False, True]}


@pytest.mark.parametrize(
    ("name", "dtype"),
    [
        *itertools.product(["square", "floor", "matmul"], NUMBERS),
        *itertools.product(["relu", "round", "power", "floor_divide", "mod"], ["int32", "uint8", "float32"]),
    ],
)
def test_types_and_values_of_integers_are_keras(name: str, dtype: str) -> None:
    if (name, dtype) in {("power", "uint8"), ("square", "uint8"), ("matmul", "uint8")}:
        x = np.array([1, 2, 3], "uint8")  # Keras wraps what does not fit, nnfast keeps the type's limit
    else:
        x = np.array(NUMBERS[dtype], dtype)
    others = {"power": [2], "floor_divide": [3], "mod": [3], "matmul": [x]}.get(name, [])
    expected = getattr(keras.ops, name)(x, *others)
    got = getattr(ops, name)(x, *others)
    assert got.dtype == str(expected.dtype)
    np.testing.assert_array_equal(got, np.asarray(expected))


def test_floor_divide_and_mod_are_traced() -> None:
    def both(x: Any) -> tuple[Any, Any]:
        return x // 3, 20 % x

    program = graph.trace(both, [graph.TensorSpec((None,), "int32")])
    quotient, rest = program(np.array([7, -7], "int32"))
    assert quotient.tolist() == [2, -3]
    assert rest.tolist() == [6, -1]


def test_the_extreme_of_nothing_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"at least one value .* got shape \(0, 3\)"):
        ops.max(np.zeros((0, 3)), axis=0)
    assert ops.max(np.zeros((0, 3)), axis=1).shape == (0,)


def test_a_batch_is_no_size_outside_a_trace() -> None:
    with pytest.raises(ValueError, match=r"got \(None, 3\)"):
        ops.zeros((None, 3))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("rows", [1, 5, 16, 33, 100, 784])
def test_a_few_columns_have_the_bits_that_they_have_among_many(rows: int, dtype: str) -> None:
    """However a product is cut up: those of a few columns are computed as rows, where that fills vectors."""
    generator = np.random.default_rng(0)
    for depth in (0, 1, 7, 128):
        x, y = generator.normal(size=(depth, rows)).astype(dtype), generator.normal(size=(depth, 40)).astype(dtype)
        whole = np.asarray(ops.matmul(ops.transpose(x), y))
        for columns in range(1, 18):
            part = np.asarray(ops.matmul(ops.transpose(x), np.ascontiguousarray(y[:, :columns])))
            np.testing.assert_array_equal(part, whole[:, :columns])
