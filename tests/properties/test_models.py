"""fit, evaluate and predict on arrays of any type and layout: what the same numbers give in plain memory, bit for bit,
and what NumPy gives; on arrays of any shape, an error after which the model is what it was."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from properties.drawn import Array, Drawn, arrays, shapes

import nnfast
from nnfast import layers

FEATURES, CLASSES = 6, 4
ROWS = st.sampled_from([1, 2, 5, 33, 70])
BATCH_SIZES = st.sampled_from([32, 1, 7, 100])


@functools.cache
def net(loss: str) -> nnfast.Sequential:
    """One model for all examples of a loss: each begins with the same weights."""
    nnfast.utils.set_random_seed(2)
    activation = "softmax" if "crossentropy" in loss else "linear"
    stack = [layers.Dense(19, activation="tanh"), layers.Dense(CLASSES, activation=activation)]
    model = nnfast.Sequential([nnfast.Input((FEATURES,)), *stack])
    model.compile("sgd", loss, metrics=["accuracy"] if "crossentropy" in loss else ["mse"])
    return model


@functools.cache
def first_weights(loss: str) -> list[Array]:
    return list(net(loss).get_weights())


def outputs(weights: list[Array], x: Array, loss: str) -> Array:
    first, bias, second, other = [weight.astype("float64") for weight in weights]
    logits = np.tanh(x.astype("float64") @ first + bias) @ second + other
    if "crossentropy" not in loss:
        return logits
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def mean_of(loss: str, targets: Array, found: Array, weights: Array | None) -> float:
    """What evaluate is to give."""
    if loss == "mse":
        each = np.square(found - targets).mean(axis=1)
    else:
        hot = np.eye(CLASSES)[targets.reshape(-1).astype(int)] if loss.startswith("sparse") else targets
        each = -(hot * np.log(found)).sum(axis=1)
    return float((each * (1.0 if weights is None else weights)).mean())


# How the targets of each loss are drawn, for a number of rows.
TARGETS: dict[str, Callable[[int], Any]] = {
    "mse": lambda rows: arrays((rows, CLASSES)),
    "sparse_categorical_crossentropy": lambda rows: st.sampled_from([(rows,), (rows, 1)]).flatmap(
        lambda shape: arrays(shape, values=tuple(range(CLASSES)))
    ),
    "categorical_crossentropy": lambda rows: arrays((rows, CLASSES), values=(1, 0)),
}


@st.composite
def data(draw: Any, loss: str) -> tuple[Drawn, Drawn, Drawn | None]:
    rows = draw(ROWS)
    x, y = draw(arrays((rows, FEATURES))), draw(TARGETS[loss](rows))
    return x, y, draw(st.none() | arrays((rows,), values=(1, 0, 2, 3)))


@given(x=st.integers(0, 70).flatmap(lambda rows: arrays((rows, FEATURES), wild=True)), batch_size=BATCH_SIZES)
def test_predict(x: Drawn, batch_size: int) -> None:
    model = net("categorical_crossentropy")
    model.set_weights(first_weights("categorical_crossentropy"))
    found = model.predict(x.array, batch_size=batch_size, verbose=0)
    assert found.shape == (len(x.array), CLASSES) and found.dtype == np.float32
    assert found.tobytes() == model.predict(x.plain, batch_size=batch_size, verbose=0).tobytes()
    with np.errstate(all="ignore"):
        expected = outputs(model.get_weights(), x.plain, "categorical_crossentropy")
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)
    for whole in (model, model.predict_on_batch):
        np.testing.assert_allclose(whole(x.array), expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("loss", TARGETS)
def test_evaluate_and_fit(loss: str) -> None:
    model = net(loss)

    def results(x: Array, y: Array, weights: Array | None, batch_size: int) -> list[Any]:
        """All that evaluate and a fit give."""
        nnfast.utils.set_random_seed(1)
        model.set_weights(first_weights(loss))
        named = {"sample_weight": weights, "batch_size": batch_size, "verbose": 0}
        judged = model.evaluate(x, y, **named)
        split = 0.4 if len(x) > 4 else 0.0
        history = model.fit(x, y, epochs=2, validation_split=split, **named).history
        return [judged, history, *(weight.tobytes() for weight in model.get_weights())]

    @given(data(loss), BATCH_SIZES)
    def check(given_data: tuple[Drawn, Drawn, Drawn | None], batch_size: int) -> None:
        x, y, weights = given_data
        found = results(x.array, y.array, weights and weights.array, batch_size)
        plain = results(x.plain, y.plain, weights and weights.plain, batch_size)
        np.testing.assert_equal(found, plain)  # NaN is NaN
        predicted = outputs(first_weights(loss), x.plain, loss)
        expected = mean_of(loss, y.plain.astype("float64"), predicted, weights and weights.plain.astype("float64"))
        assert found[0][0] == pytest.approx(expected, rel=1e-4, abs=1e-6)

    check()


LOSSES = ("sparse_categorical_crossentropy", "mse")


@given(
    x=arrays(wild=True), y=arrays(wild=True), weights=st.none() | arrays(shapes(most=2)), loss=st.sampled_from(LOSSES)
)
def test_arrays_that_need_not_go_together(x: Drawn, y: Drawn, weights: Drawn | None, loss: str) -> None:
    """A fit, or an error that says what it is about, after which the weights are what they were."""
    model = net(loss)
    model.set_weights(first_weights(loss))
    try:
        losses = model.fit(x.array, y.array, sample_weight=weights and weights.array, verbose=0).history["loss"]
        assert len(losses) == 1
    except (ValueError, TypeError) as error:
        assert len(str(error)) > 15
        assert all(map(np.array_equal, first_weights(loss), model.get_weights()))
    assert not nnfast.graph.is_tracing()
