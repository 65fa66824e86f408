"""Losses by name and configuration, and the errors for what cannot be a loss."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from oracle import keras

from nnfast import losses

NAMES = [
    "MeanSquaredError",
    "CategoricalCrossentropy",
    "SparseCategoricalCrossentropy",
    "BinaryCrossentropy",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredLogarithmicError",
    "LogCosh",
    "Poisson",
    "KLDivergence",
    "Huber",
    "CosineSimilarity",
    "Hinge",
    "SquaredHinge",
    "CategoricalHinge",
    "BinaryFocalCrossentropy",
    "CategoricalFocalCrossentropy",
    "CategoricalGeneralizedCrossEntropy",
    "Dice",
    "Tversky",
]


@pytest.mark.parametrize("name", ["mse", "MSE", "mean_squared_error", "Mean_Squared_Error"])
def test_functions_by_name_in_any_case(name: str) -> None:
    assert losses.get(name) is losses.mean_squared_error


@pytest.mark.parametrize("name", NAMES)
def test_classes_by_name_in_any_case(name: str) -> None:
    for spelling in (name, name.lower(), name.upper()):
        assert type(losses.get(spelling)) is getattr(losses, name)


def test_get_keeps_what_is_a_loss() -> None:
    loss = losses.MeanSquaredError()
    assert losses.get(loss) is loss
    assert losses.get(None) is None
    assert isinstance(losses.get(losses.BinaryCrossentropy), losses.BinaryCrossentropy)
    assert losses.get(losses.mean_squared_error) is losses.mean_squared_error


@pytest.mark.parametrize("identifier", ["mean_square", 3, {"config": {}}])
def test_unknown_identifiers(identifier: Any) -> None:
    with pytest.raises(ValueError, match="loss"):
        losses.get(identifier)


def test_unknown_name_lists_the_known() -> None:
    with pytest.raises(ValueError, match=r"Unknown loss 'msee'.*binary_crossentropy.*mse"):
        losses.get("msee")


@pytest.mark.parametrize("name", NAMES)
def test_signature_and_configuration_are_keras_s(name: str) -> None:
    ours, theirs = getattr(losses, name)(reduction="sum"), getattr(keras.losses, name)(reduction="sum")
    assert theirs.get_config().items() <= ours.get_config().items()
    assert losses.serialize(ours) | {"config": None} == keras.losses.serialize(theirs) | {"config": None}
    again = losses.deserialize(losses.serialize(ours))
    assert type(again) is type(ours) and again.get_config() == ours.get_config()
    assert type(losses.get(keras.losses.serialize(theirs))) is type(ours)


def test_wrapper_configuration_round_trip() -> None:
    loss = losses.LossFunctionWrapper(losses.binary_crossentropy, name="mine", from_logits=True)
    again = losses.deserialize(losses.serialize(loss))
    assert again.fn is losses.binary_crossentropy
    assert again.get_config() == loss.get_config()
    assert losses.deserialize(losses.serialize(losses.mean_squared_error)) is losses.mean_squared_error


def test_custom_objects() -> None:
    class Mine(losses.MeanSquaredError):
        pass

    config = losses.serialize(Mine(name="mine"))
    assert isinstance(losses.deserialize(config, custom_objects={"Mine": Mine}), Mine)
    with pytest.raises(ValueError, match="Unknown loss 'Mine'"):
        losses.deserialize(config)


@pytest.mark.parametrize(
    ("y_true", "y_pred", "name"),
    [
        ((None, 1), (None, 1), "BinaryCrossentropy"),
        ((None,), (None, 1), "BinaryCrossentropy"),
        ((None,), (None, 10), "SparseCategoricalCrossentropy"),
        ((None, 1), (None, 10), "SparseCategoricalCrossentropy"),
        ((None, 10), (None, 10), "CategoricalCrossentropy"),
        ((None, 5), (None, 5, 10), "SparseCategoricalCrossentropy"),
    ],
)
@pytest.mark.parametrize("word", ["crossentropy", "ce", "CE"])
def test_crossentropy_is_chosen_by_shapes(y_true: Any, y_pred: Any, name: str, word: str) -> None:
    loss = losses.resolve(word, y_true, y_pred)
    assert type(loss) is getattr(losses, name) and loss.name == word


def test_resolve() -> None:
    shapes = ((None, 3), (None, 3))

    def mine(y_true: Any, y_pred: Any) -> Any:
        return y_true - y_pred

    assert losses.resolve("mse", *shapes).name == "mse"
    assert type(losses.resolve("mse", *shapes)) is losses.MeanSquaredError
    assert type(losses.resolve(losses.mean_squared_error, *shapes)) is losses.MeanSquaredError
    assert losses.resolve(mine, *shapes).name == "mine"
    loss = losses.BinaryCrossentropy()
    assert losses.resolve(loss, *shapes) is loss


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: losses.MeanSquaredError(reduction="average"), "sum_over_batch_size.*reduction=average"),
        (lambda: losses.CategoricalGeneralizedCrossEntropy(q=1), r"interval \(0, 1\).*got 1"),
        (lambda: losses.binary_crossentropy([1.0], [0.5], label_smoothing=2), r"label_smoothing.*\[0, 1\].*2"),
        (lambda: losses.mean_squared_error(np.ones((4, 3)), np.ones((4, 2))), r"\(4, 3\).*\(4, 2\)"),
        (lambda: losses.binary_crossentropy(np.ones((4, 3)), np.ones((4, 1))), r"\(4, 3\).*\(4, 1\)"),
        (
            lambda: losses.categorical_crossentropy(np.ones(4), np.ones((4, 2))),
            r"\(4,\).*\(4, 2\).*sparse_categorical_crossentropy",
        ),
        (
            lambda: losses.sparse_categorical_crossentropy(np.ones((4, 2)), np.ones((4, 2))),
            r"\(4, 2\).*\(4, 2\).*categorical_crossentropy",
        ),
        (lambda: losses.sparse_categorical_crossentropy([0, 7], np.ones((2, 3))), "7"),
        (
            lambda: losses.MeanSquaredError()(np.ones((4, 3)), np.ones((4, 3)), np.ones(3)),
            r"losses of shape \(4,\).*sample_weight of shape \(3,\)",
        ),
    ],
)
def test_errors(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def test_one_class_warns() -> None:
    with pytest.warns(SyntaxWarning, match="binary_crossentropy"):
        losses.categorical_crossentropy(np.ones((2, 1)), np.ones((2, 1)))
