"""Losses against Keras's: values over shapes, weights and reductions, gradients, and traced against eager."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jax
import numpy as np
import oracle
import pytest
from oracle import keras

from nnfast import graph, losses
from nnfast.naming import to_snake_case

TOLERANCE = {"float32": 2e-6, "float64": 1e-12}


@pytest.fixture(params=["float32", "float64"])
def floatx(request: pytest.FixtureRequest) -> Iterator[str]:
    with oracle.floatx(request.param):
        yield request.param


def one_hot(labels: np.ndarray, classes: int) -> np.ndarray:
    return np.eye(classes)[labels]


def probabilities(random: np.random.Generator, *shape: int) -> np.ndarray:
    """Rows of positive numbers; not quite summing to 1, and with entries that the losses clip."""
    values = random.random(shape) + 0.01
    values /= values.sum(-1, keepdims=True) * 1.01
    values.reshape(-1)[0] = 0.0
    return values


def cases() -> dict[str, tuple[str, dict[str, Any], np.ndarray, np.ndarray]]:
    """Loss class, arguments, targets and predictions by name."""
    random = np.random.default_rng(7)
    labels, labels3 = random.integers(0, 4, 6), random.integers(0, 3, (2, 5))
    yes_no = random.integers(0, 2, (6, 3))
    logits = random.normal(0, 5, (6, 4))
    return {
        "mse": ("MeanSquaredError", {}, random.normal(size=(6, 3)), random.normal(size=(6, 3))),
        "mse vector and column": ("MeanSquaredError", {}, random.normal(size=6), random.normal(size=(6, 1))),
        "mse column and vector": ("MeanSquaredError", {}, random.normal(size=(6, 1)), random.normal(size=6)),
        "mse broadcast": ("MeanSquaredError", {}, random.normal(size=(6, 1)), random.normal(size=(6, 3))),
        "mse rank 3": ("MeanSquaredError", {}, random.normal(size=(2, 5, 3)), random.normal(size=(2, 5, 3))),
        "mse uint8": ("MeanSquaredError", {}, random.integers(0, 9, (6, 3)).astype("uint8"), random.random((6, 3))),
        "mse single": ("MeanSquaredError", {}, random.normal(size=(1, 1)), random.normal(size=(1, 1))),
        "cce": ("CategoricalCrossentropy", {}, one_hot(labels, 4), probabilities(random, 6, 4)),
        "cce smooth": (
            "CategoricalCrossentropy",
            {"label_smoothing": 0.2},
            one_hot(labels, 4),
            probabilities(random, 6, 4),
        ),
        "cce logits": ("CategoricalCrossentropy", {"from_logits": True}, one_hot(labels, 4), logits),
        "cce rank 3": ("CategoricalCrossentropy", {}, one_hot(labels3, 3), probabilities(random, 2, 5, 3)),
        "scce": ("SparseCategoricalCrossentropy", {}, labels, probabilities(random, 6, 4)),
        "scce column": ("SparseCategoricalCrossentropy", {}, labels[:, None], probabilities(random, 6, 4)),
        "scce uint8": ("SparseCategoricalCrossentropy", {}, labels.astype("uint8"), probabilities(random, 6, 4)),
        "scce float labels": ("SparseCategoricalCrossentropy", {}, labels * 1.0, probabilities(random, 6, 4)),
        "scce logits": ("SparseCategoricalCrossentropy", {"from_logits": True}, labels, logits),
        "scce rank 3": ("SparseCategoricalCrossentropy", {}, labels3, probabilities(random, 2, 5, 3)),
        "mean_absolute_error": ("MeanAbsoluteError", {}, random.random((6, 3)) + 0.1, random.random((6, 3)) + 0.1),
        "mean_absolute_percentage_error": (
            "MeanAbsolutePercentageError",
            {},
            random.random((6, 3)) + 0.1,
            random.random((6, 3)) + 0.1,
        ),
        "mean_squared_logarithmic_error": (
            "MeanSquaredLogarithmicError",
            {},
            random.random((6, 3)) + 0.1,
            random.random((6, 3)) + 0.1,
        ),
        "log_cosh": ("LogCosh", {}, random.random((6, 3)) + 0.1, random.random((6, 3)) + 0.1),
        "poisson": ("Poisson", {}, random.random((6, 3)) + 0.1, random.random((6, 3)) + 0.1),
        "kl_divergence": ("KLDivergence", {}, random.random((6, 3)) + 0.1, random.random((6, 3)) + 0.1),
        "scce ignore": ("SparseCategoricalCrossentropy", {"ignore_class": 2}, labels, probabilities(random, 6, 4)),
        "scce ignore -1": (
            "SparseCategoricalCrossentropy",
            {"ignore_class": -1, "from_logits": True},
            np.where(labels == 1, -1, labels),
            logits,
        ),
        "huber": ("Huber", {}, random.normal(0, 2, (6, 3)), random.normal(size=(6, 3))),
        "huber delta": ("Huber", {"delta": 0.3}, random.normal(size=6), random.normal(size=(6, 1))),
        "cosine": ("CosineSimilarity", {}, random.normal(size=(6, 3)), random.normal(size=(6, 3))),
        "cosine axis": ("CosineSimilarity", {"axis": 1}, random.normal(size=(2, 3, 3)), random.normal(size=(2, 3, 3))),
        "hinge": ("Hinge", {}, 2 * yes_no - 1, random.normal(size=(6, 3))),
        "hinge of 0 and 1": ("Hinge", {}, yes_no, random.normal(size=(6, 3))),
        "hinge of numbers": ("Hinge", {}, random.normal(size=(6, 3)), random.normal(size=(6, 3))),
        "squared hinge": ("SquaredHinge", {}, 2 * yes_no - 1, random.normal(size=(6, 3))),
        "squared hinge of 0 and 1": ("SquaredHinge", {}, yes_no, random.normal(size=(6, 3))),
        "categorical hinge": ("CategoricalHinge", {}, one_hot(labels, 4), random.normal(size=(6, 4))),
        "binary focal": ("BinaryFocalCrossentropy", {}, yes_no, random.random((6, 3))),
        "binary focal balanced": (
            "BinaryFocalCrossentropy",
            {"apply_class_balancing": True, "alpha": 0.6, "gamma": 1.5, "label_smoothing": 0.1},
            yes_no,
            random.random((6, 3)),
        ),
        "binary focal logits": (
            "BinaryFocalCrossentropy",
            {"from_logits": True, "gamma": 0.0},
            yes_no,
            random.normal(size=(6, 3)),
        ),
        "categorical focal": ("CategoricalFocalCrossentropy", {}, one_hot(labels, 4), random.dirichlet(np.ones(4), 6)),
        "categorical focal smooth": (
            "CategoricalFocalCrossentropy",
            {"alpha": [0.125, 0.25, 0.5, 0.75], "gamma": 3.0, "label_smoothing": 0.2},
            one_hot(labels, 4),
            random.dirichlet(np.ones(4), 6),
        ),
        "categorical focal logits": (
            "CategoricalFocalCrossentropy",
            {"from_logits": True},
            one_hot(labels, 4),
            random.normal(size=(6, 4)),
        ),
        "generalized": ("CategoricalGeneralizedCrossEntropy", {"q": 0.5}, labels, random.dirichlet(np.ones(4), 6)),
        "generalized q": ("CategoricalGeneralizedCrossEntropy", {"q": 0.2}, labels, random.dirichlet(np.ones(4), 6)),
        "dice": ("Dice", {}, yes_no, random.random((6, 3))),
        "dice axis": ("Dice", {"axis": (1, 2)}, random.random((2, 5, 3)), random.random((2, 5, 3))),
        "tversky": ("Tversky", {"alpha": 0.3, "beta": 0.7}, yes_no, random.random((6, 3))),
        "tversky axis": ("Tversky", {"axis": 1}, yes_no, random.random((6, 3))),
        "bce": ("BinaryCrossentropy", {}, yes_no, probabilities(random, 6, 3)),
        "bce vector and column": ("BinaryCrossentropy", {}, yes_no[:, 0].copy(), random.random((6, 1))),
        "bce smooth": ("BinaryCrossentropy", {"label_smoothing": 0.3}, yes_no, random.random((6, 3))),
        "bce logits": ("BinaryCrossentropy", {"from_logits": True}, yes_no, random.normal(0, 5, (6, 3))),
    }


CASES = cases()
FUNCTIONS = {"CategoricalGeneralizedCrossEntropy": "categorical_generalized_cross_entropy"}
REDUCTIONS = ["sum_over_batch_size", "sum", "mean", "mean_with_sample_weight", "none", None]


def weights_for(y_pred: np.ndarray, y_true: np.ndarray, cls: str) -> dict[str, Any]:
    """Weights of every shape that Keras broadcasts to this loss's values."""
    random = np.random.default_rng(3)
    if cls in ("Dice", "Tversky"):
        return {"none": None, "scalar": 0.5}
    rank = max(y_true.ndim, y_pred.ndim) - (cls != "SparseCategoricalCrossentropy")
    shape = y_pred.shape[:-1] if y_pred.ndim >= y_true.ndim else y_true.shape[:-1]
    weights = {"none": None, "scalar": 0.5, "full": random.random(shape), "zero": np.zeros(shape)}
    weights["column"] = random.random((shape[0], 1))
    weights["list"] = random.random(shape).tolist()
    if rank == 2:
        weights["row"] = random.random((1, shape[-1]))
    return weights


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("case", CASES)
def test_equals_keras(case: str, reduction: str | None, floatx: str) -> None:
    name, arguments, y_true, y_pred = CASES[case]
    ours = getattr(losses, name)(reduction=reduction, **arguments)
    theirs = getattr(keras.losses, name)(reduction=reduction, **arguments)
    for kind, weight in weights_for(y_pred, y_true, name).items():
        got = ours(y_true, y_pred, weight)
        expected = np.asarray(theirs(y_true, y_pred, weight))
        assert got.shape == expected.shape and got.dtype == expected.dtype, kind
        np.testing.assert_allclose(got, expected, rtol=TOLERANCE[floatx], atol=TOLERANCE[floatx] / 20, err_msg=kind)


@pytest.mark.parametrize("case", CASES)
def test_function_equals_keras(case: str, floatx: str) -> None:
    name, arguments, y_true, y_pred = CASES[case]
    if case == "bce vector and column":
        pytest.skip("Keras's function does not align ranks")
    function = FUNCTIONS.get(name) or to_snake_case(name)
    got = getattr(losses, function)(y_true, y_pred.astype(floatx), **arguments)
    expected = getattr(keras.losses, function)(y_true, y_pred.astype(floatx), **arguments)
    np.testing.assert_allclose(got, np.asarray(expected), rtol=TOLERANCE[floatx], atol=1e-7)


@pytest.mark.parametrize("case", CASES)
def test_gradient_equals_keras(case: str) -> None:
    name, arguments, y_true, y_pred = CASES[case]
    ours = getattr(losses, name)(dtype="float64", **arguments)
    theirs = getattr(keras.losses, name)(dtype="float64", **arguments)
    prediction = graph.Variable(y_pred, dtype="float64")
    weight = np.random.default_rng(5).random(y_pred.shape[0])[(...,) + (None,) * max(y_pred.ndim - 2, 0)]

    def gradient() -> Any:
        return graph.differentiate(ours(y_true, prediction, weight), [prediction])

    (got,) = graph.trace(gradient, [])()
    expected = jax.grad(lambda prediction: theirs(y_true, prediction, weight))(y_pred)
    np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("weighted", [False, True])
def test_traced_equals_eager(case: str, weighted: bool) -> None:
    name, arguments, y_true, y_pred = CASES[case]
    loss = getattr(losses, name)(dtype="float64", **arguments)
    weight = np.random.default_rng(5).random(y_pred.shape[:1] + (1,) * max(y_pred.ndim - 2, 0))
    arrays = [y_true, y_pred] + [weight] * weighted
    specs = [graph.TensorSpec((None, *array.shape[1:]), array.dtype.name) for array in arrays]
    program = graph.trace(lambda *batch: [loss(*batch)], specs)
    (got,) = program(*arrays)
    np.testing.assert_allclose(got, loss(*arrays), rtol=1e-12)


def test_label_beyond_the_integers_of_float32_is_kept() -> None:
    loss = losses.SparseCategoricalCrossentropy()
    assert loss.convert_targets(np.array([2**24 + 1])).tolist() == [2**24 + 1]


@pytest.mark.parametrize("from_logits", [False, True])
def test_what_is_ignored_is_masked(from_logits: bool) -> None:
    labels, scores = np.array([1, 0, 2, 2]), np.random.default_rng(1).random((4, 3))
    arguments: dict[str, Any] = {"from_logits": from_logits, "ignore_class": 2}
    ours, theirs = (library.SparseCategoricalCrossentropy(**arguments) for library in (losses, keras.losses))
    np.testing.assert_allclose(ours(labels, scores), np.asarray(theirs(labels, scores)), rtol=2e-6)
    assert float(ours(labels[:2], scores[:2])) == pytest.approx(float(ours(labels, scores)))  # of what is left


def test_empty_batch_is_zero() -> None:
    assert float(losses.MeanSquaredError()(np.zeros((0, 3)), np.zeros((0, 3)))) == 0.0


def test_functions_of_the_user() -> None:
    def absolute(y_true: Any, y_pred: Any) -> Any:
        return abs(y_true - y_pred)

    loss = losses.LossFunctionWrapper(absolute)
    assert float(loss([0, 1], [[0.5], [1.0]])) == 0.25  # the ranks are aligned first
    # uint8 targets arrive as floats, so 1 - y does not wrap around
    assert float(losses.LossFunctionWrapper(lambda y, p: 1 - y)(np.array([2], "uint8"), [0.0])) == -1.0
    with pytest.raises(ValueError, match="'forgetful' returned None"):
        losses.LossFunctionWrapper(lambda y, p: None, name="forgetful")([0.0], [0.0])


class HalfSquare(losses.Loss):
    def call(self, y_true: Any, y_pred: Any) -> Any:
        return 0.5 * (y_true - y_pred) ** 2


def test_subclass() -> None:
    assert float(HalfSquare()([1.0, 3.0], [0.0, 0.0])) == 2.5
    assert float(HalfSquare(reduction="sum")([1.0, 3.0], [0.0, 0.0])) == 5.0
    with pytest.raises(NotImplementedError, match="must define call"):
        losses.Loss()([0.0], [0.0])
