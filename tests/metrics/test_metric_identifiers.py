"""Metrics by name and configuration, "accuracy" by shapes, and errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from keras.src.trainers.compile_utils import get_metric
from oracle import keras

from nnfast import losses, metrics

CLASSES = [
    "Accuracy",
    "BinaryAccuracy",
    "CategoricalAccuracy",
    "SparseCategoricalAccuracy",
    "MeanSquaredError",
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "SparseCategoricalCrossentropy",
    "Mean",
    "Sum",
    "TopKCategoricalAccuracy",
    "SparseTopKCategoricalAccuracy",
    "RootMeanSquaredError",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredLogarithmicError",
    "LogCoshError",
    "Poisson",
    "KLDivergence",
    "Hinge",
    "SquaredHinge",
    "CategoricalHinge",
    "PearsonCorrelation",
    "ConcordanceCorrelation",
    "CosineSimilarity",
]


@pytest.mark.parametrize("name", [*CLASSES, "mse", "MSE", "bce", "binary_accuracy", "Categorical_Accuracy"])
def test_by_name_in_any_case(name: str) -> None:
    expected = {"mse": "MeanSquaredError", "bce": "BinaryCrossentropy", "binary_accuracy": "BinaryAccuracy"}
    expected["categorical_accuracy"] = "CategoricalAccuracy"
    for spelling in (name, name.lower(), name.upper()):
        assert type(metrics.get(spelling)) is getattr(metrics, expected.get(name.lower(), name))


def test_get_keeps_what_is_a_metric() -> None:
    metric = metrics.Mean()
    assert metrics.get(metric) is metric
    assert metrics.get(None) is None
    assert isinstance(metrics.get(metrics.Mean), metrics.Mean)
    assert metrics.get(losses.mean_squared_error) is losses.mean_squared_error


def test_unknown_name_lists_the_known() -> None:
    with pytest.raises(ValueError, match=r"Unknown metric 'acuracy'.*binary_accuracy.*mse"):
        metrics.get("acuracy")
    with pytest.raises(ValueError, match="Expected a metric"):
        metrics.get(3)


@pytest.mark.parametrize("name", CLASSES)
def test_configuration_is_keras_s(name: str) -> None:
    ours, theirs = getattr(metrics, name)(), getattr(keras.metrics, name)()
    assert theirs.get_config().items() <= ours.get_config().items()
    expected = keras.metrics.serialize(theirs)
    assert metrics.serialize(ours) == {**expected, "config": ours.get_config()}
    again = metrics.deserialize(metrics.serialize(ours))
    assert type(again) is type(ours) and again.get_config() == ours.get_config()


def test_wrapper_configuration_round_trip() -> None:
    metric = metrics.MeanMetricWrapper(metrics.binary_accuracy, name="mine", threshold=0.75)
    again = metrics.deserialize(metrics.serialize(metric))
    assert again.get_config() == metric.get_config()
    assert float(again([1, 1], [0.7, 0.8])) == 0.5
    assert metrics.deserialize(metrics.serialize(metrics.binary_accuracy)) is metrics.binary_accuracy


def test_arguments_are_attributes() -> None:
    assert metrics.TopKCategoricalAccuracy(k=3).k == 3 and metrics.BinaryAccuracy(threshold=0.25).threshold == 0.25
    assert losses.BinaryCrossentropy(from_logits=True).from_logits and losses.Huber(delta=2.0).delta == 2.0


SHAPES = [
    ((8, 1), (8, 1)),
    ((8,), (8, 1)),
    ((8,), (8, 10)),
    ((8, 1), (8, 10)),
    ((8, 10), (8, 10)),
    ((8, 5), (8, 5, 10)),
]


@pytest.mark.parametrize("shapes", SHAPES)
@pytest.mark.parametrize("word", ["accuracy", "acc", "Accuracy", "mse", "binary_accuracy"])
def test_resolve_equals_keras(shapes: Any, word: str) -> None:
    ours = metrics.resolve(word, *((None, *shape[1:]) for shape in shapes))
    theirs = get_metric(word, *(np.zeros(shape) for shape in shapes))
    assert (type(ours).__name__, ours.name) == (type(theirs).__name__, theirs.name)


@pytest.mark.parametrize("word", ["crossentropy", "ce"])
def test_crossentropy_is_chosen_by_shapes(word: str) -> None:
    names = [type(metrics.resolve(word, *shapes)).__name__.removesuffix("Crossentropy") for shapes in SHAPES]
    assert names == ["Binary", "Binary", "SparseCategorical", "SparseCategorical", "Categorical", "SparseCategorical"]
    assert metrics.resolve(word, *SHAPES[0]).name == word


def test_resolve_functions_and_objects() -> None:
    def meanDistance(y_true: Any, y_pred: Any) -> Any:
        return abs(y_true - y_pred)

    metric = metrics.resolve(meanDistance, *SHAPES[0])
    assert metric.name == "mean_distance"
    assert float(metric(np.array([1.0, 2.0]), np.array([2.0, 4.0]))) == 1.5
    mean = metrics.BinaryAccuracy(name="mine")
    assert metrics.resolve(mean, *SHAPES[0]) is mean and mean.name == "mine"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: metrics.binary_accuracy(np.ones((4, 3)), np.ones((4, 2))), r"\(4, 3\).*\(4, 2\)"),
        (
            lambda: metrics.categorical_accuracy(np.ones(4), np.ones((4, 2))),
            r"\(4,\).*\(4, 2\).*sparse_categorical_accuracy",
        ),
        (
            lambda: metrics.sparse_categorical_accuracy(np.ones((4, 2)), np.ones((4, 2))),
            r"\(4, 2\).*\(4, 2\).*categorical_accuracy",
        ),
        (lambda: metrics.Mean()(np.ones(4), np.ones(3)), r"values of shape \(4,\).*sample_weight of shape \(3,\)"),
        (lambda: metrics.Mean()(1.0, np.ones(3)), r"values of shape \(\).*sample_weight of shape \(3,\)"),
    ],
)
def test_errors(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
