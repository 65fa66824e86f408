"""Data of no sample, of one, and of more than a hundred thousand: a row for each, and the right one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import nnfast
from nnfast import config, layers

Array = np.ndarray[Any, Any]
MANY = 100_001  # the last batch of 32, and of 1000, has one row


@pytest.fixture(autouse=True)
def default_threads() -> Iterator[None]:
    yield
    config.set_num_threads(0)


def net() -> nnfast.Sequential:
    nnfast.utils.set_random_seed(4)
    model = nnfast.Sequential(
        [nnfast.Input((7,)), layers.Dense(33, activation="tanh"), layers.Dense(3, activation="softmax")]
    )
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def expected(model: nnfast.Sequential, x: Array) -> Array:
    first, bias, second, other = [weight.astype("float64") for weight in model.get_weights()]
    powers = np.exp(np.tanh(x @ first + bias) @ second + other)
    return powers / powers.sum(axis=1, keepdims=True)


def data(rows: int) -> tuple[Array, Array]:
    x = np.random.default_rng(rows).normal(size=(rows, 7)).astype("float32")
    return x, np.abs(x[:, :3]).argmax(axis=1)


@pytest.mark.parametrize("batch_size", [None, 1000, MANY + 1])
@pytest.mark.parametrize("rows", [0, 1, MANY])
def test_predict(rows: int, batch_size: int | None) -> None:
    model, (x, _) = net(), data(rows)
    found = []
    for threads in (1, 3):
        config.set_num_threads(threads)
        found.append(model.predict(x, batch_size=batch_size, verbose=0))
    assert found[0].shape == (rows, 3) and found[0].dtype == np.float32
    assert found[0].tobytes() == found[1].tobytes()
    np.testing.assert_allclose(found[0], expected(model, x), rtol=1e-5, atol=1e-6)


def test_predict_row_by_row() -> None:
    model, (x, _) = net(), data(MANY // 30)
    np.testing.assert_allclose(model.predict(x, batch_size=1, verbose=0), expected(model, x), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("rows", [1, MANY])
def test_evaluate_and_fit(rows: int) -> None:
    """The mean over many batches loses no digits that float32 has."""
    model, (x, y) = net(), data(rows)
    rows_of = expected(model, x)
    loss, accuracy = model.evaluate(x, y, verbose=0)
    assert loss == pytest.approx(-np.log(rows_of[np.arange(rows), y]).mean(), rel=1e-5)
    assert accuracy == pytest.approx((rows_of.argmax(axis=1) == y).mean(), abs=1e-5)
    after = model.fit(x, y, epochs=2, verbose=0).history["loss"]
    assert after[1] < after[0]


def test_no_sample_is_an_error_of_fit_and_evaluate() -> None:
    model, (x, y) = net(), data(0)
    before = model.get_weights()
    for call in (model.fit, model.evaluate):
        with pytest.raises(ValueError, match="x holds no samples"):
            call(x, y, verbose=0)
    assert all(map(np.array_equal, before, model.get_weights()))
