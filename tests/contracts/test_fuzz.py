"""Random shapes, types, strides and arguments: NumPy's answer, or an error; the process never dies.

Every run draws the same examples.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import nnfast
from nnfast import layers, ops

Array = np.ndarray[Any, Any]
fixed = settings(
    max_examples=120, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)

DTYPES = ("bool", "int8", "uint8", "int16", ">i2", "uint16", "int32", "uint32", ">i4", "int64")
FLOATS = ("float16", "float32", ">f4", "float64", ">f8")
SIZES = st.sampled_from([0, 1, 1, 2, 3, 5, 8, 17, 33, 130])


@st.composite
def arrays(draw: Any, shape: Any = None, dtypes: tuple[str, ...] = (*DTYPES, *FLOATS), least: int = 0) -> Array:
    """An array of any type and any layout: transposed, reversed, strided, repeated, unaligned or read-only."""
    wanted = draw(st.lists(SIZES, min_size=least, max_size=4)) if shape is None else list(shape)
    while np.prod(wanted) > 20_000:
        wanted[int(np.argmax(wanted))] = 2
    dtype = np.dtype(draw(st.sampled_from(dtypes)))
    steps = [draw(st.sampled_from([1, 1, 1, 2, -1, -3])) for _ in wanted]
    order = draw(st.permutations(range(len(wanted))))
    whole = [size * abs(step) for size, step in zip(wanted, steps, strict=True)]
    random = np.random.default_rng(draw(st.integers(0, 99)))
    memory = random.integers(0, 4, [whole[axis] for axis in order])
    if dtype.kind in "fi":
        memory = memory - 2
    array = memory.astype(dtype).transpose(np.argsort(order))
    array = np.asarray(array[tuple(slice(None, None, step) for step in steps)])
    form = draw(st.sampled_from(["as it is", "as it is", "unaligned", "repeated"]))
    if form == "unaligned":
        moved = np.frombuffer(bytearray(array.nbytes + 1), dtype, array.size, 1).reshape(array.shape)
        moved[...] = array
        array = moved
    elif form == "repeated" and array.size:
        array = np.broadcast_to(array[:1] if array.ndim else array, array.shape)
    if draw(st.booleans()):
        array.flags.writeable = False
    assert list(array.shape) == wanted
    return array


def exact(array: Array) -> Array:
    return array.astype("float64")


def softmax(x: Array) -> Array:
    powers = np.exp(x - x.max(axis=-1, keepdims=True, initial=-9))
    return powers / powers.sum(axis=-1, keepdims=True)


UNARY: dict[str, tuple[Callable[[Any], Any], Callable[[Array], Array]]] = {
    "negative": (lambda x: ops.negative(ops.cast(x, "float32")), np.negative),
    "square": (lambda x: ops.square(ops.cast(x, "float32")), np.square),
    "exp": (ops.exp, np.exp),
    "tanh": (ops.tanh, np.tanh),
    "relu": (ops.relu, lambda x: np.maximum(x, 0)),
    "round": (ops.round, np.round),
    "sum": (lambda x: ops.sum(ops.cast(x, "float64")), np.sum),
    "mean of nothing less": (lambda x: ops.mean(x, keepdims=True) * (ops.size(x) > 0), lambda x: x.mean(keepdims=True)),
    "transpose": (ops.transpose, np.transpose),
    "softmax": (lambda x: ops.softmax(ops.reshape(x, (*x.shape, 1))), lambda x: softmax(x[..., None])),
    "comparison": (lambda x: ops.where(x > 0, x, 1), lambda x: np.where(x > 0, x, 1)),
}


@pytest.mark.parametrize("name", UNARY)
@fixed
@given(x=arrays())
def test_ops_of_one_array(name: str, x: Array) -> None:
    op, reference = UNARY[name]
    if x.size == 0 and name.startswith("mean"):
        return
    before = x.tobytes()
    found = op(x)
    np.testing.assert_allclose(exact(found), reference(exact(x)), rtol=2e-6, atol=2e-6)
    assert x.tobytes() == before


@st.composite
def pairs(draw: Any) -> tuple[Array, Array]:
    """Two arrays whose shapes broadcast."""
    shape = draw(st.lists(SIZES, max_size=3))
    sides = []
    for _ in range(2):
        side = [draw(st.sampled_from([size, size, 1])) for size in shape][draw(st.integers(0, len(shape))) :]
        sides.append(side)
    try:
        np.broadcast_shapes(*sides)
    except ValueError:
        sides[1] = sides[0]
    if np.prod(np.broadcast_shapes(*sides)) > 30_000:
        sides = [[3, 1], [1, 5]]
    return draw(arrays(sides[0])), draw(arrays(sides[1]))


BINARY: dict[str, tuple[Callable[[Any, Any], Any], Callable[[Array, Array], Array]]] = {
    "add": (lambda x, y: ops.add(ops.cast(x, "float32"), y), np.add),
    "subtract": (lambda x, y: ops.subtract(x, ops.cast(y, "float64")), np.subtract),
    "multiply": (lambda x, y: ops.multiply(ops.cast(x, "int32"), ops.cast(y, "int32")), lambda x, y: (x // 1) * y),
    "maximum": (ops.maximum, np.maximum),
    "less": (ops.less, np.less),
    "where": (lambda x, y: ops.where(ops.not_equal(x, 0), y, x), lambda x, y: np.where(x != 0, y, x)),
}


@pytest.mark.parametrize("name", BINARY)
@fixed
@given(both=pairs())
def test_ops_of_two_arrays(name: str, both: tuple[Array, Array]) -> None:
    x, y = both
    op, reference = BINARY[name]
    if name in ("maximum", "less", "where") and {x.dtype.kind, y.dtype.kind} == {"u", "i"}:
        y = np.abs(y)  # int64 holds what both hold, but for uint32 and below zero
    np.testing.assert_allclose(exact(op(x, y)), reference(exact(x), exact(y)), rtol=1e-6)


@st.composite
def reductions(draw: Any) -> tuple[Array, Any, bool]:
    x = draw(arrays())
    axes = draw(st.none() | st.sets(st.integers(0, max(0, x.ndim - 1)), max_size=x.ndim).map(tuple))
    if axes is not None:
        axes = tuple(axis - x.ndim if draw(st.booleans()) else axis for axis in axes)
    return x, axes if x.ndim else None, draw(st.booleans())


@pytest.mark.parametrize("name", ["sum", "max", "min"])
@fixed
@given(case=reductions())
def test_reductions(name: str, case: tuple[Array, Any, bool]) -> None:
    x, axes, keepdims = case
    try:
        expected = getattr(np, name)(exact(x), axis=axes, keepdims=keepdims)
    except ValueError:  # nothing has no extreme
        with pytest.raises(ValueError, match="at least one value"):
            getattr(ops, name)(ops.cast(x, "float64"), axis=axes, keepdims=keepdims)
        return
    found = getattr(ops, name)(ops.cast(x, "float64"), axis=axes, keepdims=keepdims)
    assert found.shape == expected.shape
    np.testing.assert_array_equal(found, expected)


@fixed
@given(sizes=st.tuples(*[st.sampled_from([0, 1, 2, 7, 13, 14, 15, 31, 33, 64, 100, 257])] * 3), data=st.data())
def test_products(sizes: tuple[int, int, int], data: Any) -> None:
    rows, depth, columns = sizes
    x, y = data.draw(arrays((rows, depth))), data.draw(arrays((depth, columns)))
    while rows * depth > 20_000 or depth * columns > 20_000:
        return
    found, expected = ops.matmul(x, y), exact(x) @ exact(y)
    assert found.shape == expected.shape
    np.testing.assert_array_equal(exact(found), expected)  # small whole numbers: every sum is exact


@fixed
@given(x=arrays(least=1), wrong=st.lists(st.sampled_from([-1, 0, 1, 2, 3, 5, 8]), max_size=4), axis=st.integers(-6, 6))
def test_shapes_that_may_be_wrong(x: Array, wrong: list[int], axis: int) -> None:
    """What NumPy does, or an error where NumPy has one."""
    largest = {"bool": 1, "uint8": 255}.get(x.dtype.name, np.inf)
    calls: list[tuple[Callable[[], Any], Callable[[], Any]]] = [
        (lambda: ops.reshape(x, wrong), lambda: x.reshape(wrong)),
        (lambda: ops.transpose(x, wrong), lambda: x.transpose(wrong)),
        (lambda: ops.broadcast_to(x, wrong), lambda: np.broadcast_to(x, wrong)),
        (lambda: ops.squeeze(x, axis), lambda: x.squeeze(axis)),
        (lambda: ops.expand_dims(x, axis), lambda: np.expand_dims(x, axis)),
        (lambda: ops.argmax(x, axis), lambda: x.argmax(axis)),
        (lambda: ops.sum(ops.cast(x, "float64"), wrong), lambda: exact(x).sum(tuple(wrong))),
        (lambda: ops.matmul(x, x), lambda: np.minimum(np.matmul(exact(x), exact(x)), largest)),
        (lambda: ops.add(ops.cast(x, "float64"), np.ones(np.abs(wrong))), lambda: x + np.ones(np.abs(wrong))),
    ]
    for call, reference in calls:
        try:
            expected = reference()
        except (ValueError, IndexError):
            with pytest.raises(ValueError):
                call()
        else:
            np.testing.assert_allclose(exact(call()), exact(expected), rtol=1e-3)


@pytest.mark.parametrize("dtype", (*DTYPES, *FLOATS))
def test_a_single_number_stays_one(dtype: str) -> None:
    x = np.array(1, dtype)
    for found in (
        ops.exp(x),
        ops.sum(x),
        ops.negative(ops.cast(x, "float32")),
        ops.convert_to_tensor(x),
        x + ops.ones(()),
    ):
        assert found.shape == ()
    assert ops.add(x, np.ones(3)).shape == (3,)


def known_net() -> tuple[nnfast.Sequential, Callable[[Array], Array]]:
    nnfast.utils.set_random_seed(2)
    model = nnfast.Sequential(
        [nnfast.Input((6,)), layers.Dense(19, activation="tanh"), layers.Dense(4, activation="softmax")]
    )
    first, bias, second, other = [exact(array) for array in model.get_weights()]
    return model, lambda x: softmax(np.tanh(exact(x) @ first + bias) @ second + other)


MODEL, REFERENCE = known_net()


@fixed
@given(rows=st.integers(0, 70), batch_size=st.integers(1, 80), data=st.data())
def test_predictions(rows: int, batch_size: int, data: Any) -> None:
    x = data.draw(arrays((rows, 6)))
    found = MODEL.predict(x, batch_size=batch_size, verbose=0)
    assert found.shape == (rows, 4) and found.dtype == np.float32
    np.testing.assert_allclose(found, REFERENCE(x), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(MODEL(x), REFERENCE(x), rtol=1e-4, atol=1e-6)


@fixed
@given(x=arrays(), y=arrays(), batch_size=st.integers(-1, 80))
def test_fits_of_anything(x: Array, y: Array, batch_size: int) -> None:
    """A fit, or an error after which the weights are what they were."""
    MODEL.compile("sgd", "sparse_categorical_crossentropy")
    before = MODEL.get_weights()
    try:
        losses = MODEL.fit(x, y, batch_size=batch_size, verbose=0).history["loss"]
        assert len(losses) == 1 and losses[0] > 0
        MODEL.set_weights(before)
    except (ValueError, TypeError):
        assert all(map(np.array_equal, before, MODEL.get_weights()))


@pytest.mark.parametrize("seed", range(3))
def test_no_public_call_ends_the_process(seed: int, tmp_path: Path) -> None:
    """Functions, classes and methods with arguments drawn from all kinds of things; the last call is told."""
    log = tmp_path / "last_call"
    program = Path(__file__).with_name("public_calls.py")
    command = [sys.executable, "-W", "ignore", str(program), str(seed), "8000", str(log)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, f"{done.returncode}\n{done.stderr[-3000:]}\nthe last call: {log.read_text()[:2000]}"
