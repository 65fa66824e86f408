"""Ops that take tensors apart and put them together: NumPy's answer, in traces with a batch too, and clear errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from oracle import keras

from nnfast import Input, Model, Sequential, Variable, config, graph, layers, ops

Array = np.ndarray[Any, Any]
DTYPES = ["bool", "uint8", "int32", "uint32", "int64", "float32", "float64"]


def numbers(*shape: int, dtype: str = "float32") -> Array:
    return (np.arange(np.prod(shape)).reshape(shape) % 251).astype(dtype)


KEYS: list[Any] = [
    0,
    -1,
    (slice(None), 1),
    (slice(1, None), slice(None, -1)),
    (..., slice(None, None, 2)),
    (slice(None, None, -1), None, ..., -2),
    (None, ..., None),
    (1, 2, 3),
    (slice(5, 1), ...),
    (slice(-2, 100), 0),
    (...,),
    (),
    np.int64(1),
]


@pytest.mark.parametrize("key", KEYS, ids=str)
@pytest.mark.parametrize("dtype", DTYPES)
def test_get_item(key: Any, dtype: str) -> None:
    x = numbers(3, 4, 5, dtype=dtype)
    (traced,) = graph.trace(lambda symbol: [symbol[key]], [graph.TensorSpec(x.shape, dtype)])(x)
    for found in (ops.get_item(x, key), traced, Variable(x, dtype=dtype)[key]):
        np.testing.assert_array_equal(found, x[key])
        assert found.dtype == dtype


CALLS: dict[str, tuple[Callable[[Any], Any], Callable[[Array], Any]]] = {
    "concatenate": (lambda x: ops.concatenate([x, x[:, :2], x], axis=1), lambda x: np.concatenate([x, x[:, :2], x], 1)),
    "concatenate last": (lambda x: ops.concatenate([x, x + x], -1), lambda x: np.concatenate([x, x + x], -1)),
    "stack": (lambda x: ops.stack([x, x, x], axis=-1), lambda x: np.stack([x, x, x], -1)),
    "stack first": (lambda x: ops.stack([x[0], x[1]]), lambda x: np.stack([x[0], x[1]])),
    "split": (lambda x: ops.split(x, 2, axis=1)[1], lambda x: np.split(x, 2, 1)[1]),
    "split at": (lambda x: ops.split(x, [1, 3], axis=2)[1], lambda x: np.split(x, [1, 3], 2)[1]),
    "split past the end": (lambda x: ops.split(x, (3, 9), axis=1)[2], lambda x: np.split(x, (3, 9), 1)[2]),
    "slice": (lambda x: ops.slice(x, (0, 1, 2), (2, -1, 3)), lambda x: x[0:2, 1:, 2:5]),
    "pad": (lambda x: ops.pad(x, ((0, 0), (1, 2), (3, 0))), lambda x: np.pad(x, ((0, 0), (1, 2), (3, 0)))),
    "pad with": (
        lambda x: ops.pad(x, (1, 2), constant_values=1),
        lambda x: np.pad(x, (1, 2), constant_values=1),
    ),
    "pad all": (lambda x: ops.pad(x, 1), lambda x: np.pad(x, 1)),
    "take": (lambda x: ops.take(x, [[3, 0], [-1, -4]], axis=1), lambda x: np.take(x, [[3, 0], [-1, -4]], 1)),
    "take one": (lambda x: ops.take(x, 2, axis=-1), lambda x: np.take(x, 2, -1)),
    "take of all": (lambda x: ops.take(x, np.array([7, 0], "uint8")), lambda x: np.take(x, [7, 0])),
    "take nothing": (lambda x: ops.take(x, np.zeros(0, "int64"), axis=0), lambda x: x[:0]),
    "repeat": (lambda x: ops.repeat(x, 3, axis=1), lambda x: np.repeat(x, 3, 1)),
    "repeat all": (lambda x: ops.repeat(x, 2), lambda x: np.repeat(x, 2)),
    "repeat each": (lambda x: ops.repeat(x, [0, 2, 1, 1], axis=1), lambda x: np.repeat(x, [0, 2, 1, 1], 1)),
    "repeat never": (lambda x: ops.repeat(x, 0, axis=1), lambda x: np.repeat(x, 0, 1)),
    "tile": (lambda x: ops.tile(x, (2, 1, 3)), lambda x: np.tile(x, (2, 1, 3))),
    "tile last": (lambda x: ops.tile(x, 2), lambda x: np.tile(x, 2)),
    "tile to more axes": (lambda x: ops.tile(x, (2, 1, 1, 2)), lambda x: np.tile(x, (2, 1, 1, 2))),
    "flip": (lambda x: ops.flip(x), lambda x: np.flip(x)),
    "flip some": (lambda x: ops.flip(x, axis=(0, -1)), lambda x: np.flip(x, (0, -1))),
    "moveaxis": (lambda x: ops.moveaxis(x, (0, 1), (-1, 0)), lambda x: np.moveaxis(x, (0, 1), (-1, 0))),
    "swapaxes": (lambda x: ops.swapaxes(x, 0, 2), lambda x: np.swapaxes(x, 0, 2)),
}


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_numpys_answer(name: str, dtype: str) -> None:
    op, reference = CALLS[name]
    x = numbers(2, 4, 6, dtype=dtype)
    expected = reference(x)
    (traced,) = graph.trace(lambda symbol: [op(symbol)], [graph.TensorSpec(x.shape, dtype)])(x)
    for found in (op(ops.convert_to_tensor(x)), traced):
        np.testing.assert_array_equal(found, expected)
        assert found.dtype == expected.dtype


ROWS: dict[str, tuple[Callable[[Any], Any], Callable[[Array], Any]]] = {
    "get_item": (lambda x: x[:, 1, None, ::-2], lambda x: x[:, 1, None, ::-2]),
    **{
        name: CALLS[name]
        for name in (
            "concatenate",
            "concatenate last",
            "stack",
            "split",
            "split at",
            "take",
            "take one",
            "repeat",
            "repeat each",
        )
    },
    "slice": (lambda x: ops.slice(x, (0, 1, 2), (-1, 2, 3)), lambda x: x[:, 1:3, 2:5]),
    "pad": CALLS["pad"],
    "tile": (lambda x: ops.tile(x, (1, 2, 2)), lambda x: np.tile(x, (1, 2, 2))),
    "the batch elsewhere": (
        lambda x: ops.moveaxis(ops.moveaxis(x, 0, 2)[1:, ::2], 2, 0),
        lambda x: x[:, 1:, ::2],
    ),
}


@pytest.mark.parametrize("name", ROWS)
def test_rows_of_any_batch(name: str) -> None:
    op, reference = ROWS[name]
    inputs = Input((4, 6))
    model = Model(inputs, op(inputs))
    for rows in (1, 3, 70, 0):
        x = numbers(rows, 4, 6)
        expected = reference(x)
        np.testing.assert_array_equal(model.predict(x, verbose=0, batch_size=32), expected)
    assert model.output_shape == (None, *expected.shape[1:])


def test_types_are_promoted_as_in_keras() -> None:
    for pair in [("int32", "float32"), ("float32", "float64"), ("bool", "uint8"), ("int64", "int32")]:
        x, y = (np.ones((1, 2), dtype) for dtype in pair)
        assert ops.concatenate([x, y]).dtype == str(keras.ops.concatenate([x, y]).dtype)


ERRORS: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: ops.concatenate([]), ValueError, "Expected tensors with an axis"),
    (lambda: ops.concatenate([1.0, 2.0]), ValueError, "Expected tensors with an axis"),
    (
        lambda: ops.concatenate([np.ones((2, 3)), np.ones((2, 4))]),
        ValueError,
        r"one shape but for axis 0, got \(2, 3\)",
    ),
    (lambda: ops.concatenate([np.ones((2, 3)), np.ones(3)], 1), ValueError, "one shape but for axis 1"),
    (lambda: ops.stack([np.ones(2), np.ones(3)]), ValueError, "one shape to stack"),
    (lambda: ops.split(np.ones(5), 2), ValueError, r"parts that divide axis 0 of shape \(5,\), got 2"),
    (lambda: ops.split(np.ones(5), 0), ValueError, "parts that divide"),
    (lambda: ops.slice(np.ones((2, 3)), (0, 2), (2, 2)), ValueError, r"a part of shape \(2, 3\), got \(2, 2\) from"),
    (lambda: ops.slice(np.ones((2, 3)), (0,), (2,)), ValueError, "a start and a length for each axis"),
    (lambda: ops.pad(np.ones(3), (1, -1)), ValueError, "not negative"),
    (lambda: ops.pad(np.ones((3, 2)), ((1, 1),) * 3), ValueError, r"\(before, after\) for each axis"),
    (lambda: ops.pad(np.ones(3), 1, mode="mirror"), ValueError, "got 'mirror'"),
    (lambda: ops.pad(np.ones(3), 1.5), TypeError, "whole numbers as pad_width"),
    (lambda: ops.take(np.ones((3, 2)), [0, 3], axis=0), ValueError, "indices from -3 to 2, got 3 at place 1"),
    (lambda: ops.take(np.ones((3, 2)), [-4], axis=0), ValueError, "indices from -3 to 2, got -4"),
    (lambda: ops.take(np.ones((3, 2)), [0.5], axis=0), TypeError, "whole numbers as indices, got float32"),
    (lambda: ops.take(np.ones((3, 2)), [0], axis=2), ValueError, "an axis from -2 to 1"),
    (lambda: ops.get_item(np.ones((3, 2)), 3), IndexError, "an index from -3 to 2"),
    (lambda: ops.get_item(np.ones((3, 2)), (0, 0, 0)), IndexError, "at most 2 indices"),
    (lambda: ops.get_item(np.ones((3, 2)), (..., ...)), IndexError, "one \\.\\.\\."),
    (lambda: ops.get_item(np.ones((3, 2)), True), TypeError, "whole numbers, slices"),
    (lambda: ops.get_item(np.ones((3, 2)), "a"), TypeError, "whole numbers, slices"),
    (lambda: ops.repeat(np.ones(3), -1), ValueError, "not negative"),
    (lambda: ops.repeat(np.ones(3), [1, 2]), ValueError, "one number for each of 3 parts"),
    (lambda: ops.tile(np.ones(3), -1), ValueError, "not negative"),
    (lambda: ops.moveaxis(np.ones((2, 3)), (0, 1), 0), ValueError, "as many different axes"),
]


@pytest.mark.parametrize(("call", "kind", "message"), ERRORS)
def test_errors(call: Callable[[], Any], kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        call()


def test_the_batch_is_not_taken_apart() -> None:
    inputs = Input((4,))
    for call in (
        lambda: inputs[0],
        lambda: inputs[1:],
        lambda: ops.concatenate([inputs, inputs], axis=0),
        lambda: ops.take(inputs, [0], axis=0),
        lambda: ops.pad(inputs, 1),
        lambda: ops.flip(inputs),
    ):
        with pytest.raises(ValueError, match=r"other than the batch \(None\), got axis 0"):
            call()


@pytest.mark.parametrize("index", [-5, 4])
def test_an_index_out_of_range_is_found_before_a_weight_changes(index: int) -> None:
    class Table(layers.Layer):
        def build(self, input_shape: Any) -> None:
            self.rows = self.add_weight((4, 3), "uniform", name="rows")

        def call(self, inputs: Any) -> Any:
            return ops.sum(ops.take(self.rows, inputs, axis=0), axis=1)

    model = Sequential([Input((2,), dtype="int32"), Table(), layers.Dense(1)])
    model.compile("sgd", "mse")
    x = np.array([[0, 1], [2, 3]] * 8)
    model.fit(x, np.ones(16), batch_size=4, verbose=0)
    before = model.get_weights()
    x[5, 1] = index
    with pytest.raises(ValueError, match=f"indices from -4 to 3, got {index} at place 11"):
        model.fit(x, np.ones(16), batch_size=16, shuffle=False, verbose=0)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_gradients_of_a_table_have_the_same_bits_on_any_number_of_threads() -> None:
    random = np.random.default_rng(1)
    table = graph.Variable(random.normal(size=(1000, 33)))
    indices = random.zipf(1.3, 20_000).clip(max=1000) - 1
    weights = random.normal(size=(20_000, 33)).astype("float32")

    def step() -> list[Any]:
        return graph.differentiate(ops.sum(ops.take(table, indices, axis=0) * weights), [table])

    program, found = graph.trace(step, []), []
    try:
        for threads in (1, 2, 3, 5):
            config.set_num_threads(threads)
            found.append(program()[0])
    finally:
        config.set_num_threads(0)
    expected = np.zeros((1000, 33), "float32")
    np.add.at(expected, indices, weights)
    for gradient in found:
        np.testing.assert_array_equal(gradient, expected)
