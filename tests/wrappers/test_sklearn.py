"""The wrappers pass scikit-learn's checks as far as Keras's do, and do what they are for: searches and pipelines."""

from __future__ import annotations

import pickle
import subprocess
import sys
import unittest
from typing import Any

import numpy as np
import pytest
from oracle import keras

import nnfast
from nnfast import layers
from nnfast.wrappers import SKLearnClassifier, SKLearnRegressor, SKLearnTransformer

pytest.importorskip("sklearn")
import sklearn
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

RNG = np.random.default_rng(0)


class DynamicModel:
    """A function that makes a model, written without its address: the names of tests are the same in every process."""

    def __call__(
        self, X: Any, y: Any, loss: str, layer_sizes: Any = (10,), activation: str = "softmax"
    ) -> nnfast.Model:
        inputs = hidden = nnfast.Input((X.shape[1],))
        for size in layer_sizes:
            hidden = layers.Dense(size, "relu")(hidden)
        model = nnfast.Model(inputs, layers.Dense(y.shape[1] if y.ndim > 1 else 1, activation)(hidden))
        model.compile("rmsprop", loss)
        return model

    def __repr__(self) -> str:
        return "dynamic_model"


dynamic_model = DynamicModel()


NOT_REPRODUCIBLE = "it expects that two fits give the same model"
# The checks that Keras's own tests leave out, for their reasons.
LEFT_OUT = {
    "check_classifiers_one_label_sample_weights": "samples of no weight are seen",
    "check_classifiers_classes": "a few samples may not be enough for all classes",
    "check_classifier_data_not_an_array": NOT_REPRODUCIBLE,
    "check_supervised_y_2d": NOT_REPRODUCIBLE,
    "check_fit_idempotent": NOT_REPRODUCIBLE,
    "check_classifiers_train": "decision_function may give probabilities or logits",
}


@parametrize_with_checks(
    [
        SKLearnClassifier(
            dynamic_model,
            model_kwargs={"loss": "categorical_crossentropy", "layer_sizes": (20, 20, 20)},
            fit_kwargs={"epochs": 5, "verbose": 0},
        ),
        SKLearnRegressor(dynamic_model, model_kwargs={"loss": "mse"}, fit_kwargs={"verbose": 0}),
        SKLearnTransformer(dynamic_model, model_kwargs={"loss": "mse"}, fit_kwargs={"verbose": 0}),
    ],
    expected_failed_checks=lambda estimator: LEFT_OUT if isinstance(estimator, SKLearnClassifier) else {},
)
def test_scikit_learns_checks(estimator: Any, check: Any) -> None:
    nnfast.utils.set_random_seed(0)
    try:
        check(estimator)
    except unittest.SkipTest as skipped:
        pytest.skip(str(skipped))


def test_names_and_arguments_are_keras() -> None:
    import inspect

    for name in ("SKLearnClassifier", "SKLearnRegressor", "SKLearnTransformer"):
        ours, theirs = getattr(nnfast.wrappers, name), getattr(keras.wrappers, name)
        assert list(inspect.signature(ours).parameters) == list(inspect.signature(theirs).parameters)
        assert {method for method in dir(theirs) if not method.startswith("_")} - set(dir(ours)) <= {"epoch_"}


@pytest.mark.parametrize("activation", ["softmax", "linear"])
def test_the_decision_is_the_prediction(activation: str) -> None:
    x, y = make_classification(n_samples=40, n_features=10, n_informative=4, n_classes=3, random_state=0)
    labels = np.array(["none", "some", "many"])[y]
    arguments = {"loss": "categorical_crossentropy", "activation": activation}
    classifier = SKLearnClassifier(dynamic_model, model_kwargs=arguments, fit_kwargs={"verbose": 0})
    classifier.fit(x, labels)
    decided = classifier.decision_function(x)
    assert decided.shape == (40, 3) and classifier.classes_.tolist() == ["many", "none", "some"]
    assert classifier.predict(x).tolist() == classifier.classes_[decided.argmax(axis=1)].tolist()
    again = pickle.loads(pickle.dumps(classifier))
    np.testing.assert_array_equal(again.predict(x), classifier.predict(x))


def compiled() -> Any:
    model = nnfast.Sequential([nnfast.Input((4,)), layers.Dense(1)])
    model.compile(nnfast.optimizers.SGD(0.01), "mse")
    return model


def test_a_models_clones_are_trained_or_the_last_goes_on() -> None:
    x, y = RNG.normal(size=(30, 4)), RNG.normal(size=30)
    model = compiled()
    before = model.get_weights()
    regressor = SKLearnRegressor(model, fit_kwargs={"epochs": 2, "verbose": 0})
    regressor.fit(x, y)
    first = regressor.model_
    assert first is not model and float(first.optimizer.learning_rate) == pytest.approx(0.01)
    for mine, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, other)
    assert regressor.fit(x, y, epochs=1).model_ is not first
    assert len(regressor.history_.epoch) == 1 and regressor.fit_kwargs == {"epochs": 2, "verbose": 0}
    warm = SKLearnRegressor(model, warm_start=True, fit_kwargs={"verbose": 0}).fit(x, y)
    assert warm.fit(x, y).model_ is warm.model_ and warm.model_.optimizer.iterations == 2
    assert clone(regressor).fit_kwargs == regressor.fit_kwargs


def test_mistakes() -> None:
    x, y = RNG.normal(size=(30, 4)), RNG.normal(size=30)
    with pytest.raises(RuntimeError, match="Given model needs to be compiled"):
        SKLearnRegressor(nnfast.Sequential([nnfast.Input((4,)), layers.Dense(1)])).fit(x, y)
    with pytest.raises(ValueError, match="Target type: continuous"):
        SKLearnClassifier(compiled()).fit(x, y)
    with pytest.raises(ValueError, match="only one class is present"):
        SKLearnClassifier(compiled()).fit(x, np.zeros(30, "int64"))


def softmax_layer(X: Any, y: Any, rate: float) -> Any:
    model = nnfast.Sequential([nnfast.Input((X.shape[1],)), layers.Dense(y.shape[1], "softmax")])
    model.compile(nnfast.optimizers.Adam(rate), "categorical_crossentropy")
    return model


def test_a_search_over_two_hyperparameters_on_digits() -> None:
    (x, y), (x_test, y_test) = nnfast.datasets.mnist.load_sample()
    x, x_test = (images.reshape(-1, 784) / 255.0 for images in (x, x_test))
    classifier = SKLearnClassifier(softmax_layer, model_kwargs={"rate": 0.001}, fit_kwargs={"verbose": 0})
    grid = {"model_kwargs": [{"rate": 0.00001}, {"rate": 0.003}], "fit_kwargs": [{"epochs": 1, "verbose": 0}] * 1}
    grid["fit_kwargs"].append({"epochs": 4, "verbose": 0})
    search = GridSearchCV(classifier, grid, cv=3).fit(x[:2000], y[:2000])
    assert search.best_params_ == {"model_kwargs": {"rate": 0.003}, "fit_kwargs": {"epochs": 4, "verbose": 0}}
    assert search.score(x_test, y_test) > 0.8


def test_metadata_are_routed_where_that_is_enabled() -> None:
    x, y, weights = RNG.normal(size=(30, 4)), RNG.normal(size=30), np.zeros(30)
    regressor = SKLearnRegressor(compiled(), fit_kwargs={"verbose": 0})
    with pytest.raises(RuntimeError, match="only available when metadata routing is enabled"):
        regressor.set_fit_request(sample_weight=True)
    with sklearn.config_context(enable_metadata_routing=True):
        pipeline = make_pipeline(StandardScaler(), regressor.set_fit_request(sample_weight=True))
        pipeline[0].set_fit_request(sample_weight=False)
        pipeline.fit(x, y, sample_weight=weights)
    assert regressor.history_.history["loss"] == [0.0]


def test_pipelines_and_cross_validation() -> None:
    nnfast.utils.set_random_seed(0)
    x, y = make_classification(n_samples=300, n_features=6, n_informative=4, random_state=0)
    classifier = SKLearnClassifier(softmax_layer, model_kwargs={"rate": 0.05}, fit_kwargs={"epochs": 20, "verbose": 0})
    scores = cross_val_score(make_pipeline(StandardScaler(), classifier), x * 100, y, cv=3)
    assert scores.shape == (3,) and scores.mean() > 0.7
    regressor = nnfast.Sequential([nnfast.Input((6,)), layers.Dense(2)])
    regressor.compile("sgd", "mse")
    transformed = SKLearnTransformer(regressor, fit_kwargs={"verbose": 0}).fit_transform(x, y)
    assert transformed.shape == (300, 2)


def test_without_scikit_learn_the_error_says_what_to_do() -> None:
    code = """
import sys
sys.modules["sklearn"] = None
import nnfast
assert "sklearn" not in {name for name, module in sys.modules.items() if module}
try:
    nnfast.wrappers.SKLearnClassifier
except ImportError as error:
    print(error)
"""
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert found.startswith("SKLearnClassifier needs scikit-learn: pip install 'nnfast[sklearn]'")
