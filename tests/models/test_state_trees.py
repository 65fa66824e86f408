"""State trees: the values of a model's variables in nested dictionaries, as Keras's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from oracle import keras

import nnfast

X, Y = np.random.default_rng(0).random((8, 3), "float32"), np.ones((8, 1), "float32")
GROUPS = ["trainable_variables", "non_trainable_variables", "optimizer_variables", "metrics_variables"]


def trained(library: Any) -> Any:
    layers = [library.layers.Dense(4, name="hidden"), library.layers.BatchNormalization(name="norm")]
    model = library.Sequential([library.Input((3,)), *layers, library.layers.Dense(1, name="score")], name="net")
    model.compile(library.optimizers.Adam(name="adam"), "mse", metrics=["mae"])
    model.fit(X, Y, verbose=0)
    return model


def outline(tree: Any) -> Any:
    return {name: outline(inner) for name, inner in tree.items()} if isinstance(tree, dict) else np.shape(tree)


def test_the_tree_is_keras() -> None:
    ours, theirs = trained(nnfast), trained(keras)
    assert outline(ours.get_state_tree()) == outline(theirs.get_state_tree())
    assert list(ours.get_state_tree()) == GROUPS
    kernel = ours.get_state_tree("numpy_array")["trainable_variables"]["net"]["hidden"]["kernel"]
    assert type(kernel) is np.ndarray
    np.testing.assert_array_equal(kernel, ours.get_layer("hidden").kernel.numpy())


def test_what_one_model_gives_another_takes() -> None:
    first, second = trained(nnfast), trained(nnfast)
    second.set_state_tree(first.get_state_tree())
    for group in GROUPS[:2]:
        for mine, other in zip(getattr(first, group), getattr(second, group), strict=True):
            np.testing.assert_array_equal(mine.numpy(), other.numpy())
    for model in (first, second):  # the optimizer's slots too: they go on alike
        model.fit(X, Y, shuffle=False, verbose=0)
    np.testing.assert_array_equal(first.predict(X, verbose=0), second.predict(X, verbose=0))
    second.set_state_tree({"trainable_variables": {"net": {"score": {"bias": [0.5]}}}})
    assert second.get_layer("score").bias.numpy().tolist() == [0.5]


def test_mistakes() -> None:
    model = trained(nnfast)
    before = model.get_weights()
    with pytest.raises(ValueError, match="Unknown variable name: weights"):
        model.set_state_tree({"weights": {}})
    wrong = {"net": {"hidden": {"kernel": np.zeros((3, 4))}, "score": {"bias": np.zeros(2)}}}
    with pytest.raises(ValueError, match=r"net/score/bias expects shape \(1,\), got \(2,\)"):
        model.set_state_tree({"trainable_variables": wrong})
    for value, other in zip(model.get_weights(), before, strict=True):  # nothing was set
        np.testing.assert_array_equal(value, other)
    with pytest.raises(ValueError, match=r"Invalid `value_format` argument: expected one of .*numpy_array, got 'list'"):
        model.get_state_tree("list")

    class Twins(nnfast.Model):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.second = (nnfast.layers.Dense(3, name="twin") for _ in range(2))

        def call(self, inputs: Any) -> Any:
            return self.second(self.first(inputs))

    twins = Twins()
    twins(X)
    with pytest.raises(ValueError, match="variable path is found twice in the model: 'twins/twin/kernel'"):
        twins.get_state_tree()
