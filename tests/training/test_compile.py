"""compile: optimizers, losses and metrics by name, as objects and as functions, and mistakes in them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from nets import FEATURES, classifier, compiled, regressor, samples

import nnfast
from nnfast import Model, layers, losses, metrics, ops, optimizers


@pytest.mark.parametrize("optimizer", ["RMSProp", "Adam", optimizers.SGD(0.1)])
@pytest.mark.parametrize(
    "loss",
    ["Sparse_Categorical_Crossentropy", "SparseCategoricalCrossentropy", "ce", losses.SparseCategoricalCrossentropy()],
)
def test_optimizers_and_losses_by_name_and_as_objects(optimizer: Any, loss: Any) -> None:
    if isinstance(optimizer, optimizers.Optimizer):
        optimizer = optimizers.SGD(0.1)  # one for each model
    model = classifier(nnfast)
    model.compile(optimizer, loss)
    assert isinstance(model.optimizer, optimizers.Optimizer)
    x, y = samples(20)
    assert model.fit(x, y, epochs=2, verbose=0).history["loss"][0] > model.evaluate(x, y, verbose=0)


@pytest.mark.parametrize(
    "wanted", ["accuracy", ["ACC"], [["accuracy"]], metrics.SparseCategoricalAccuracy(), {"a": "acc"}, ("Accuracy",)]
)
def test_metrics_by_name_as_objects_and_nested(wanted: Any) -> None:
    x, y = samples(20)
    model = compiled(metrics=wanted)
    model.fit(x, y, verbose=0)
    name = model.metrics_names[1]
    assert model.metrics_names == ["loss", name] == [metric.name for metric in model.metrics]
    if isinstance(wanted, str | list | tuple):
        assert name in ("accuracy", "ACC", "Accuracy")
    logs = model.evaluate(x, y, verbose=0, return_dict=True)
    assert logs[name] == pytest.approx((model.predict(x, verbose=0).argmax(axis=1) == y).mean())


def test_compile_without_arguments_is_rmsprop() -> None:
    model = classifier(nnfast)
    assert not model.compiled and model.metrics == model.metrics_names == []
    model.compile()
    assert model.compiled and isinstance(model.optimizer, optimizers.RMSprop) and model.metrics_names == ["loss"]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (dict(optimizer="sdg"), ValueError, "sdg"),
        (dict(loss="mean"), ValueError, "mean"),
        (dict(metrics=["accurate"]), ValueError, "accurate"),
        (dict(weighted_metrics=["accurate"]), ValueError, "accurate"),
        (dict(lr=0.1), TypeError, "lr"),
        (dict(steps_per_execution=0), ValueError, "steps_per_execution"),
    ],
)
def test_compile_mistakes_are_found_at_once(arguments: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        classifier(nnfast).compile(**arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (dict(loss={"other": "mse"}), "Invalid `loss`: 'other'.*Expected keys among 'dense"),
        (dict(loss="mse", loss_weights=[1, 2]), "loss_weights expects one entry"),
    ],
)
def test_mistakes_about_outputs_are_found_when_there_are_some(arguments: dict[str, Any], message: str) -> None:
    model = classifier(nnfast)
    model.compile(**arguments)
    with pytest.raises(ValueError, match=message):
        model.fit(*samples(), verbose=0)


def test_custom_loss_and_metric_functions() -> None:
    def absolute(y_true: Any, y_pred: Any) -> Any:
        return ops.mean(ops.absolute(y_true - y_pred), axis=-1)

    x, y = samples()
    y = y[:, None]
    model = regressor(nnfast)
    model.compile("sgd", loss=absolute, metrics=[absolute])
    logs = model.evaluate(x, y, verbose=0, return_dict=True)
    expected = np.abs(model.predict(x, verbose=0) - y).mean()
    assert list(logs) == ["absolute", "loss"]
    np.testing.assert_allclose(list(logs.values()), expected, rtol=1e-5)
    assert model.fit(x, y, epochs=30, verbose=0).history["loss"][-1] < logs["loss"]


def test_a_metric_may_compute_its_result_in_python() -> None:
    class Constant(metrics.Mean):
        def result(self) -> Any:
            return None if self.name == "nothing" else float(self.total.numpy()) / max(self.count.numpy(), 1.0)

    class Measured(Constant):
        def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
            super().update_state(y_pred)

    x, y = samples()
    model = compiled(metrics=[Measured(name="constant")])
    logs = model.evaluate(x, y, verbose=0, return_dict=True)
    assert logs["constant"] == pytest.approx(model.predict(x, verbose=0).mean(), rel=1e-5)
    with pytest.raises(TypeError, match=r"Metric 'nothing' must return its result, a number or a tensor, got None"):
        compiled(metrics=[Measured(name="nothing")]).evaluate(x, y, verbose=0)


def test_a_model_may_define_its_own_loss() -> None:
    class Autoencoder(Model):
        def __init__(self) -> None:
            super().__init__()
            self.dense = layers.Dense(FEATURES)

        def call(self, inputs: Any) -> Any:
            return self.dense(inputs)

        def compute_loss(self, x: Any = None, y: Any = None, y_pred: Any = None, *_: Any, **__: Any) -> Any:
            return ops.mean(ops.square(y_pred - x))

    x, _ = samples()
    model = Autoencoder()
    model.compile(optimizers.SGD(0.1))
    history = model.fit(x, epochs=20, verbose=0).history["loss"]
    assert history[-1] < history[0] / 2
    expected = ((model.predict(x, verbose=0) - x) ** 2).mean()
    np.testing.assert_allclose(model.evaluate(x, verbose=0), expected, rtol=1e-5)
