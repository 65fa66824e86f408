"""Metrics against Keras's: values over shapes and weights, batch after batch, eager and traced."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from oracle import keras

from nnfast import config, graph, metrics

RANDOM = np.random.default_rng(11)
LABELS, LABELS3 = RANDOM.integers(0, 4, 8), RANDOM.integers(0, 3, (2, 5))
SCORES, SCORES3 = RANDOM.dirichlet(np.ones(4), 8), RANDOM.dirichlet(np.ones(3), (2, 5))
ONE_HOT, ONE_HOT3 = np.eye(4)[LABELS], np.eye(3)[LABELS3]
YES_NO, CHANCES = RANDOM.integers(0, 2, (8, 3)), RANDOM.random((8, 3))
CHANCES[0] = 0.5

CASES: dict[str, tuple[str, dict[str, Any], Any, Any]] = {
    "accuracy": ("Accuracy", {}, LABELS, LABELS[::-1].copy()),
    "accuracy column": ("Accuracy", {}, LABELS[:, None], LABELS[::-1].copy()),
    "accuracy of floats": ("Accuracy", {}, LABELS3, LABELS3.astype("float32")),
    "binary": ("BinaryAccuracy", {}, YES_NO, CHANCES),
    "binary vector and column": ("BinaryAccuracy", {}, YES_NO[:, 0], CHANCES[:, :1]),
    "binary column": ("BinaryAccuracy", {}, YES_NO[:, :1], CHANCES[:, :1]),
    "binary threshold": ("BinaryAccuracy", {"threshold": 0.8}, YES_NO.astype("float32"), CHANCES),
    "categorical": ("CategoricalAccuracy", {}, ONE_HOT, SCORES),
    "categorical rank 3": ("CategoricalAccuracy", {}, ONE_HOT3, SCORES3),
    "sparse": ("SparseCategoricalAccuracy", {}, LABELS, SCORES),
    "sparse column": ("SparseCategoricalAccuracy", {}, LABELS[:, None], SCORES),
    "sparse uint8": ("SparseCategoricalAccuracy", {}, LABELS.astype("uint8"), SCORES),
    "sparse floats": ("SparseCategoricalAccuracy", {}, LABELS.astype("float32"), SCORES),
    "sparse rank 3": ("SparseCategoricalAccuracy", {}, LABELS3, SCORES3),
    "sparse one step": ("SparseCategoricalAccuracy", {}, LABELS[:, None], SCORES[:, None]),
    "mse": ("MeanSquaredError", {}, YES_NO, CHANCES),
    "mse rank 3": ("MeanSquaredError", {}, ONE_HOT3, SCORES3),
    "bce": ("BinaryCrossentropy", {"label_smoothing": 0.1}, YES_NO, CHANCES),
    "bce logits": ("BinaryCrossentropy", {"from_logits": True}, YES_NO, CHANCES),
    "cce": ("CategoricalCrossentropy", {"label_smoothing": 0.1}, ONE_HOT, SCORES),
    "scce": ("SparseCategoricalCrossentropy", {}, LABELS, SCORES),
    "top k": ("TopKCategoricalAccuracy", {"k": 2}, ONE_HOT, SCORES),
    "top k rank 3": ("TopKCategoricalAccuracy", {"k": 1}, ONE_HOT3, SCORES3),
    "sparse top k": ("SparseTopKCategoricalAccuracy", {"k": 3}, LABELS, SCORES),
    "sparse top k ids": (
        "SparseTopKCategoricalAccuracy",
        {"k": 2, "from_sorted_ids": True},
        LABELS,
        np.argsort(-SCORES, -1).astype("float32"),
    ),
    "mae": ("MeanAbsoluteError", {}, YES_NO, CHANCES),
    "mape": ("MeanAbsolutePercentageError", {}, YES_NO + 1, CHANCES),
    "msle": ("MeanSquaredLogarithmicError", {}, YES_NO, CHANCES),
    "logcosh": ("LogCoshError", {}, YES_NO, CHANCES),
    "poisson": ("Poisson", {}, YES_NO, CHANCES),
    "kld": ("KLDivergence", {}, ONE_HOT, SCORES),
    "hinge": ("Hinge", {}, 2 * YES_NO - 1, CHANCES),
    "squared hinge": ("SquaredHinge", {}, 2 * YES_NO - 1, CHANCES),
    "categorical hinge": ("CategoricalHinge", {}, ONE_HOT, SCORES),
    "cosine": ("CosineSimilarity", {}, CHANCES[::-1].copy(), CHANCES),
    "pearson": ("PearsonCorrelation", {}, ONE_HOT, SCORES),
    "concordance": ("ConcordanceCorrelation", {}, CHANCES[::-1] ** 2 + np.arange(3), CHANCES + np.arange(3)),
}
FUNCTIONS = {
    "TopKCategoricalAccuracy": "top_k_categorical_accuracy",
    "SparseTopKCategoricalAccuracy": "sparse_top_k_categorical_accuracy",
    "PearsonCorrelation": "pearson_correlation",
    "ConcordanceCorrelation": "concordance_correlation",
    "BinaryAccuracy": "binary_accuracy",
    "CategoricalAccuracy": "categorical_accuracy",
    "SparseCategoricalAccuracy": "sparse_categorical_accuracy",
    "MeanSquaredError": "mean_squared_error",
    "BinaryCrossentropy": "binary_crossentropy",
    "CategoricalCrossentropy": "categorical_crossentropy",
    "SparseCategoricalCrossentropy": "sparse_categorical_crossentropy",
}


def batches(y_true: Any, y_pred: Any) -> list[slice]:
    """Three batches, the last one partial."""
    step = max(1, len(y_pred) * 2 // 5)
    return [slice(start, start + step) for start in range(0, len(y_pred), step)]


def weights_for(values: np.ndarray) -> dict[str, Any]:
    """Weights of every shape that goes with a metric's values, by name; they have the values' batch."""
    random = np.random.default_rng(3)
    weights = {"none": None, "vector": random.random(len(values)), "zeros": np.zeros(len(values))}
    if values.ndim <= 2:
        weights["column"] = random.random((len(values), 1))
    if values.ndim == 2:
        weights["full"] = random.random(values.shape)
    return weights


@pytest.mark.parametrize("case", CASES)
def test_equals_keras(case: str) -> None:
    name, arguments, y_true, y_pred = CASES[case]
    values = np.asarray(getattr(keras.metrics, name)(**arguments)._fn(y_true, y_pred))
    for kind, weight in weights_for(values).items():
        ours = getattr(metrics, name)(dtype="float64", **arguments)
        theirs = getattr(keras.metrics, name)(dtype="float64", **arguments)
        for batch in batches(y_true, y_pred):
            part = None if weight is None else weight[batch]
            ours.update_state(y_true[batch], y_pred[batch], part)
            theirs.update_state(y_true[batch], y_pred[batch], part)
            np.testing.assert_allclose(ours.result(), np.asarray(theirs.result()), rtol=1e-12, err_msg=kind)
        expected = [np.asarray(variable.value) for variable in theirs.variables]
        for got, want in zip(ours.variables, expected, strict=True):
            np.testing.assert_allclose(got.numpy(), want, rtol=1e-12, err_msg=kind)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("weighted", [False, True])
def test_traced_equals_eager(case: str, weighted: bool) -> None:
    name, arguments, y_true, y_pred = CASES[case]
    eager, traced = (getattr(metrics, name)(dtype="float64", **arguments) for _ in range(2))
    arrays = [y_true, y_pred] + [np.random.default_rng(3).random(len(y_pred))] * weighted
    specs = [graph.TensorSpec((None, *array.shape[1:]), array.dtype.name) for array in arrays]

    def update(*batch: Any) -> list[Any]:
        traced.update_state(*batch)
        return []

    program = graph.trace(update, specs)
    for batch in batches(y_true, y_pred):
        part = [np.ascontiguousarray(array[batch]) for array in arrays]
        eager.update_state(*part)
        program(*part)
    np.testing.assert_allclose(traced.result(), eager.result(), rtol=1e-13)


@pytest.mark.parametrize("case", [case for case in CASES if CASES[case][0] in FUNCTIONS])
def test_function_equals_keras(case: str) -> None:
    name, arguments, y_true, y_pred = CASES[case]
    got = getattr(metrics, FUNCTIONS[name])(y_true, y_pred, **arguments)
    expected = np.asarray(getattr(keras.metrics, FUNCTIONS[name])(y_true, y_pred, **arguments))
    assert got.shape == expected.shape
    np.testing.assert_allclose(got, expected, rtol=1e-12)


VALUES = {"scalar": np.float64(2.5), "vector": np.arange(6.0), "matrix": np.arange(12.0).reshape(6, 2) ** 2}
WEIGHTS: dict[str, Any] = {
    "none": None,
    "scalar": np.float64(3.0),
    "vector": np.array([0.0, 1.0, 0.5, 2.0, 0.0, 1.0]),
    "column": np.array([[0.0], [1.0], [0.5], [2.0], [0.0], [1.0]]),
    "matrix": np.linspace(0, 1, 12).reshape(6, 2),
    "row": np.array([[0.25, 0.75]]),
}


@pytest.mark.parametrize("name", ["Mean", "Sum"])
@pytest.mark.parametrize("values", VALUES)
@pytest.mark.parametrize("weight", WEIGHTS)
def test_reductions_equal_keras(name: str, values: str, weight: str) -> None:
    ours, theirs = getattr(metrics, name)(dtype="float64"), getattr(keras.metrics, name)(dtype="float64")
    arguments = (VALUES[values], WEIGHTS[weight])
    try:
        theirs.update_state(*arguments)
        theirs.update_state(*arguments)
    except (ValueError, TypeError):
        with pytest.raises(ValueError, match="sample_weight of shape"):
            ours.update_state(*arguments)
        return
    ours.update_state(*arguments)
    ours.update_state(*arguments)
    np.testing.assert_allclose(ours.result(), np.asarray(theirs.result()), rtol=1e-13)


def test_mean_of_a_loss_weighted_by_the_batch() -> None:
    """The way that training keeps its loss: a scalar a batch, weighted by the number of its samples."""
    mean = metrics.Mean(dtype="float64")

    def update(losses: Any) -> list[Any]:
        from nnfast import ops

        mean.update_state(ops.mean(losses), sample_weight=ops.size(losses))
        return []

    program = graph.trace(update, [graph.TensorSpec((None,), "float64")])
    values = np.random.default_rng(2).random(10)
    for batch in (slice(0, 4), slice(4, 8), slice(8, 10)):
        program(values[batch].copy())
    np.testing.assert_allclose(mean.result(), values.mean(), rtol=1e-13)


def test_root_mean_squared_error() -> None:
    ours, theirs = (library.RootMeanSquaredError(dtype="float64") for library in (metrics, keras.metrics))
    for weight in (None, np.random.default_rng(3).random(8)):
        ours.update_state(YES_NO, CHANCES, weight)
        theirs.update_state(YES_NO, CHANCES, weight)
        np.testing.assert_allclose(ours.result(), np.asarray(theirs.result()), rtol=1e-12)


def test_mean_before_the_first_batch_is_zero() -> None:
    assert float(metrics.Mean().result()) == 0.0
    assert config.floatx() == metrics.Mean().dtype == "float32"


def test_reset_and_call() -> None:
    metric = metrics.BinaryAccuracy()
    assert float(metric([1, 0], [0.9, 0.9])) == 0.5
    metric.reset_state()
    assert [float(variable.numpy()) for variable in metric.variables] == [0.0, 0.0]
    assert float(metric([1], [0.9])) == 1.0


class Spread(metrics.Metric):
    """Two kinds of variables, and a metric inside."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.largest = self.add_weight(name="largest", initializer="zeros")
        self.counts = self.add_variable((2,), "ones", dtype="int32", name="counts")
        self.mean = metrics.Mean()

    def update_state(self, values: Any) -> None:
        from nnfast import ops

        self.largest.assign(ops.maximum(self.largest, ops.max(values)))
        self.mean.update_state(values)

    def result(self) -> Any:
        return self.largest - self.mean.result()


def test_subclass() -> None:
    metric = Spread(name="spread")
    assert float(metric([1.0, 2.0, 6.0])) == 3.0
    assert len(metric.variables) == 4
    assert metric.counts.dtype == "int32" and metric.counts.numpy().tolist() == [1, 1]
    metric.reset_state()
    assert metric.counts.numpy().tolist() == [0, 0] and float(metric.result()) == 0.0
    with pytest.raises(NotImplementedError, match="must define update_state"):
        metrics.Metric().update_state()
