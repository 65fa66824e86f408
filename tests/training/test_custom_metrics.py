"""Metrics of the user's own in training: traced where they can be, else told of arrays; results that are no scalars."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import nnfast
from nnfast import layers, metrics, ops

X = np.random.default_rng(1).normal(size=(50, 3)).astype("float32")
Y = (X.sum(-1, keepdims=True) > 0).astype("float32")
WEIGHTS = np.random.default_rng(2).random(50).astype("float32")


def compiled(*measured: Any, **arguments: Any) -> Any:
    nnfast.utils.set_random_seed(3)
    model = nnfast.Sequential([nnfast.Input((3,)), layers.Dense(4, "tanh"), layers.Dense(1, "sigmoid")])
    model.compile("sgd", loss="mse", metrics=list(measured), **arguments)
    return model


def absolute_error(y_true: Any, y_pred: Any) -> Any:
    return np.mean(np.abs(y_true - y_pred), axis=-1)


def python_absolute_error(y_true: Any, y_pred: Any) -> Any:
    return np.abs(np.asarray(y_true) - np.asarray(y_pred)).mean(axis=-1)


def test_a_function_of_numpy_is_traced() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        history = compiled(absolute_error, "mae").fit(X, Y, epochs=2, verbose=0).history
    assert history["absolute_error"] == history["mae"]


def test_what_cannot_be_traced_is_told_of_arrays() -> None:
    model = compiled(python_absolute_error, "mae", weighted_metrics=[python_absolute_error, "mse"])
    with pytest.warns(UserWarning, match=r"'python_absolute_error' is computed in Python.*in python_absolute_error"):
        history = model.fit(X, Y, epochs=2, sample_weight=WEIGHTS, validation_data=(X, Y, WEIGHTS), verbose=0).history
    assert history["python_absolute_error"] == pytest.approx(history["mae"], rel=1e-5)
    assert history["val_python_absolute_error"] == pytest.approx(history["val_mae"], rel=1e-5)
    errors = np.abs(Y - model.predict(X, verbose=0))[:, 0]
    weighted = history["val_weighted_python_absolute_error"][-1]
    assert weighted == pytest.approx((errors * WEIGHTS).sum() / WEIGHTS.sum(), rel=1e-5)
    with warnings.catch_warnings():  # the user was told
        warnings.simplefilter("error")
        logs = model.evaluate(X, Y, batch_size=7, verbose=0, return_dict=True)
        assert logs["python_absolute_error"] == pytest.approx(logs["mae"], rel=1e-5)
        logs = model.train_on_batch(X[:9], Y[:9], return_dict=True)
        assert logs["python_absolute_error"] == pytest.approx(logs["mae"], rel=1e-5)


def test_training_is_the_same_with_such_metrics() -> None:
    plain = compiled()
    plain.fit(X, Y, epochs=2, verbose=0)
    measured = compiled(python_absolute_error)
    with pytest.warns(UserWarning, match="computed in Python"):
        measured.fit(X, Y, epochs=2, verbose=0)
    for one, other in zip(plain.get_weights(), measured.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


class HalfTraced(metrics.Metric):
    """Changes a variable before it finds that it can't be traced."""

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.batches = self.add_weight(name="batches")
        self.largest = self.add_weight(name="largest")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        self.batches.assign_add(1.0)
        if ops.max(y_pred) > self.largest:
            self.largest.assign(ops.max(y_pred))

    def result(self) -> Any:
        return {"batches": self.batches.value, "largest": float(self.largest)}


def test_half_an_update_does_not_stay() -> None:
    model = compiled(HalfTraced())
    with pytest.warns(UserWarning, match=r"line \d+, in update_state: if ops.max\(y_pred\) > self.largest"):
        logs = model.evaluate(X, Y, batch_size=10, verbose=0, return_dict=True)
    assert logs["batches"] == 5.0 and logs["largest"] == pytest.approx(model.predict(X, verbose=0).max())


class Branching(metrics.Mean):
    """Traced, but for its result."""

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:  # type: ignore[override]
        super().update_state(ops.abs(y_true - y_pred))

    def result(self) -> Any:
        if self.count == 0:
            return 0.0
        return float(self.total) / float(self.count)


def test_a_result_may_branch() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        history = compiled(Branching(name="branching"), "mae").fit(X, Y, epochs=2, verbose=0).history
    assert history["branching"] == pytest.approx(history["mae"], rel=1e-6)


def test_results_that_are_no_scalars() -> None:
    model = compiled(
        metrics.Precision([0.2, 0.5], name="precision"), metrics.F1Score(threshold=0.5), metrics.AUC(name="auc")
    )
    history = model.fit(X, Y, epochs=2, verbose=0).history
    assert [value.shape for value in history["precision"]] == [(2,), (2,)] and history["f1_score"][0].shape == (1,)
    precision = metrics.Precision(thresholds=[0.2, 0.5])
    logs = model.evaluate(X, Y, verbose=0, return_dict=True)
    np.testing.assert_allclose(logs["precision"], precision(Y, model.predict(X, verbose=0)), rtol=1e-6)
    auc = metrics.AUC()
    assert logs["auc"] == pytest.approx(float(auc(Y, model.predict(X, verbose=0))), rel=1e-6)
