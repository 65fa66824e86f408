"""The maximum over rows of a table, computed without the rows, is the one of the rows that are made, bit for bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import nnfast
from nnfast import graph, layers, ops, random

Arrays = tuple[np.ndarray[Any, Any], ...]


def both(
    table: np.ndarray[Any, Any], indices: np.ndarray[Any, Any], rate: float, weights: np.ndarray[Any, Any]
) -> tuple[Arrays, Arrays]:
    """The maxima and the table's gradient of a weighted sum of them: without the rows, and of rows that are made."""
    variable = graph.Variable(table, dtype=table.dtype.name)
    generator = random.SeedGenerator(3)

    def step(made: bool) -> list[Any]:
        rows = random.dropout(ops.take(variable, indices, axis=0), rate, seed=generator)
        most = ops.max(rows * 1.0 if made else rows, axis=1)
        return [most, *graph.differentiate(ops.sum(most * weights), [variable])]

    results = []
    for made in (False, True):
        generator.state.assign([3, 0])
        program = graph.trace(lambda made=made: step(made), [])
        assert ("bag_max" in program.explain()) is not made
        results.append(program())
    return results[0], results[1]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("index_dtype", ["int32", "int64"])
@pytest.mark.parametrize("rate", [0.0, 0.3, 0.9])
@pytest.mark.parametrize(
    ("samples", "steps", "features"), [(1, 1, 1), (3, 7, 5), (4, 20, 8), (2, 50, 16), (5, 9, 50), (2, 30, 130)]
)
def test_bags_have_the_bits_of_rows_that_are_made(
    samples: int, steps: int, features: int, rate: float, index_dtype: str, dtype: str
) -> None:
    draws = np.random.default_rng(samples * steps * features)
    table = draws.standard_normal((11, features)).astype(dtype)
    indices = draws.integers(-11, 11, (samples, steps)).astype(index_dtype)  # with many twice
    weights = draws.standard_normal((samples, features)).astype(dtype)
    for got, expected in zip(*both(table, indices, rate, weights), strict=True):
        np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize("rate", [0.0, 0.5])
@pytest.mark.parametrize("sign", [1.0, 0.0, -1.0])
def test_ties_share_a_gradient(rate: float, sign: float) -> None:
    # Of negative values the greatest is a dropped one, which passes no gradient on.
    table = sign * np.tile(np.float32([[1.0], [1.0], [0.5]]), (1, 20))
    indices = np.array([[0, 1, 2, 0, 2, 1], [2, 2, 2, 2, 2, 2]])
    for got, expected in zip(*both(table, indices, rate, np.ones((2, 20), "float32")), strict=True):
        np.testing.assert_array_equal(got, expected)


def test_nan_is_the_greatest() -> None:
    table = np.arange(40.0, dtype="float32").reshape(2, 20)
    table[1, 3] = np.nan
    (most, _), (expected, _) = both(table, np.array([[0, 0], [1, 0]]), 0.0, np.ones((2, 20), "float32"))
    np.testing.assert_array_equal(most, expected)
    assert np.isnan(most[1, 3])
    assert not np.isnan(most[0]).any()


def text_model() -> nnfast.Sequential:
    model = nnfast.Sequential(
        [
            nnfast.Input((12,)),
            layers.Embedding(30, 10),
            layers.Dropout(0.3),
            layers.GlobalMaxPooling1D(),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile("adam", "binary_crossentropy")
    return model


def test_text_models_train_as_they_do_op_by_op() -> None:
    x = np.random.default_rng(0).integers(0, 30, (64, 12))
    weights = []
    for eagerly in (False, True):
        nnfast.utils.set_random_seed(0)
        model = text_model()
        model.compile("adam", "binary_crossentropy", run_eagerly=eagerly)
        model.fit(x, np.arange(64) % 2, batch_size=20, epochs=2, verbose=0)
        weights.append(model.get_weights())
    for got, expected in zip(*weights, strict=True):
        np.testing.assert_array_equal(got, expected)


def test_an_index_that_names_no_row_is_an_error_before_a_weight_changes() -> None:
    model = text_model()
    x = np.zeros((8, 12), "int64")
    x[5, 2] = 30
    before = model.get_weights()
    with pytest.raises(ValueError, match="expected indices from -30 to 29, got 30"):
        model.fit(x, np.zeros(8), verbose=0)
    for got, expected in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(got, expected)
