"""fit, evaluate and predict against real Keras: the same weights and data give the same logs, hooks and predictions."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest
from nets import CLASSES, classifier, detector, regressor, samples, twins, weights_of
from oracle import floatx, keras

import nnfast


def assert_same_logs(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    assert list(ours) == list(theirs)
    for name in ours:
        np.testing.assert_allclose(ours[name], theirs[name], rtol=2e-5, atol=2e-6, err_msg=name)


def one_hot(labels: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return np.eye(CLASSES)[labels]


CASES: dict[str, dict[str, Any]] = {
    "sparse labels, validation split": dict(
        compile=dict(optimizer="rmsprop", loss="sparse_categorical_crossentropy", metrics=["accuracy"]),
        fit=dict(validation_split=0.23),
    ),
    "one-hot labels, validation data, several metrics": dict(
        compile=dict(optimizer="Adam", loss="categorical_crossentropy", metrics=["acc", "mse", "accuracy"]),
        labels=one_hot,
        fit=dict(validation_data=[*(part[:9] for part in samples(9, seed=1))], validation_batch_size=4),
    ),
    "the same metric twice, and weighted": dict(
        compile=dict(
            optimizer="sgd",
            loss="sparse_categorical_crossentropy",
            metrics=[["accuracy", "accuracy"]],
            weighted_metrics=["accuracy"],
        ),
        fit=dict(sample_weight=np.linspace(0, 2, 50, dtype="float32")),
    ),
    "class weights, labels as a column of uint8": dict(
        compile=dict(
            optimizer="sgd",
            loss="sparse_categorical_crossentropy",
            weighted_metrics=["sparse_categorical_crossentropy"],
        ),
        labels=lambda labels: labels[:, None].astype("uint8"),
        fit=dict(class_weight={0: 0.5, 2: 3.0}),
    ),
    "one-hot class weights and a loss weight": dict(
        compile=dict(optimizer="sgd", loss="categorical_crossentropy", loss_weights=0.25),
        labels=one_hot,
        fit=dict(class_weight={0: 0.5, 2: 3.0}),
    ),
    "regression, targets (n,)": dict(
        net=regressor,
        compile=dict(optimizer="sgd", loss="mse", metrics=["mean_squared_error"]),
        labels=lambda labels: labels.astype("float64"),
        fit=dict(validation_split=0.2),
    ),
    "binary targets": dict(
        net=detector,
        compile=dict(optimizer="sgd", loss="binary_crossentropy", metrics=["accuracy"]),
        labels=lambda labels: labels > 0,
    ),
    "fewer steps than batches, later epochs, validation every second": dict(
        compile=dict(optimizer="sgd", loss="crossentropy"),
        fit=dict(steps_per_epoch=2, initial_epoch=1, validation_split=0.2, validation_freq=2, validation_steps=1),
        warning="ran out",
    ),
    "steps without a batch size": dict(
        compile=dict(optimizer="sgd", loss="sparse_categorical_crossentropy"),
        fit=dict(steps_per_epoch=4, batch_size=None),
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_history_and_evaluation(case: dict[str, Any]) -> None:
    x, labels = samples()
    y = case.get("labels", lambda same: same)(labels)
    arguments = dict(batch_size=8, epochs=4, shuffle=False, verbose=0) | case.get("fit", {})
    if "validation_data" in arguments:
        arguments["validation_data"][1] = case["labels"](arguments["validation_data"][1])
    results = []
    for model in twins(case.get("net", classifier)):
        model.compile(**case["compile"])
        with pytest.warns(UserWarning, match=case["warning"]) if "warning" in case else nullcontext():
            history = model.fit(x, y, **arguments)
        evaluated = model.evaluate(x, y, batch_size=7, verbose=0, return_dict=True)
        results.append((history, evaluated, model.predict(x, verbose=0), weights_of(model)))
    ours, theirs = results
    assert_same_logs(ours[0].history, theirs[0].history)
    assert all(type(value) is float for values in ours[0].history.values() for value in values)
    assert ours[0].epoch == theirs[0].epoch
    assert ours[0].params == theirs[0].params
    assert_same_logs(ours[1], theirs[1])
    np.testing.assert_allclose(ours[2], theirs[2], rtol=1e-4, atol=1e-5)
    assert ours[2].dtype == theirs[2].dtype and type(ours[2]) is np.ndarray
    for weight, expected in zip(ours[3], theirs[3], strict=True):
        np.testing.assert_allclose(weight, expected, rtol=1e-4, atol=1e-5)


def copied(value: Any) -> Any:
    """What a hook was given, as it was then."""
    if isinstance(value, dict) and "outputs" in value:
        return np.array(value["outputs"])
    return dict(value) if isinstance(value, dict) else value


def recorder(library: Any, calls: list[Any]) -> Any:
    """A callback of either library that writes down every hook's name and arguments."""

    def hook(name: str) -> Any:
        def record(self: Any, *arguments: Any, **keywords: Any) -> None:
            calls.append((name, *[copied(value) for value in (*arguments, *keywords.values())]))

        return record

    names = [name for name in dir(library.callbacks.Callback) if name.startswith("on_") and name not in OLDER]
    return type("Recorder", (library.callbacks.Callback,), {name: hook(name) for name in names})()


OLDER = ("on_batch_begin", "on_batch_end")


def assert_same_calls(ours: list[Any], theirs: list[Any]) -> None:
    assert [call[0] for call in ours] == [call[0] for call in theirs]
    for our_call, their_call in zip(ours, theirs, strict=True):
        for value, expected in zip(our_call[1:], their_call[1:], strict=True):
            if isinstance(expected, dict):
                assert_same_logs(value, expected)
            elif isinstance(expected, np.ndarray):
                np.testing.assert_allclose(value, expected, rtol=1e-4)
            else:
                assert value == expected, our_call[0]


@pytest.mark.parametrize("steps_per_execution", [1, 3])
def test_hooks_are_called_in_the_same_order_with_the_same_arguments(steps_per_execution: int) -> None:
    x, y = samples()
    recorded = []
    for library, model in zip((nnfast, keras), twins(), strict=True):
        calls: list[Any] = []
        callback = recorder(library, calls)
        model.compile(
            "sgd",
            "sparse_categorical_crossentropy",
            metrics=["accuracy"],
            steps_per_execution=steps_per_execution,
        )
        arguments = dict(batch_size=8, verbose=0, callbacks=[callback])
        model.fit(x, y, epochs=2, shuffle=False, validation_split=0.4, **arguments)
        if steps_per_execution == 1:  # a last, shorter execution is reported as a full one by Keras
            model.evaluate(x, y, **arguments)
            model.predict(x, **arguments)
        recorded.append(calls)
    if steps_per_execution == 1:
        assert_same_calls(*recorded)
    else:
        ours, theirs = ([call[:2] for call in calls if "train_batch_begin" in call[0]] for calls in recorded)
        assert ours == theirs


def test_evaluate_returns_a_list_in_the_order_of_the_metrics() -> None:
    x, y = samples()
    results = []
    y = one_hot(y)
    for model in twins():
        model.compile("sgd", "categorical_crossentropy", metrics=["mse", "accuracy"])
        results.append(model.evaluate(x, y, verbose=0))
    assert isinstance(results[0], list)
    np.testing.assert_allclose(results[0], results[1], rtol=1e-5)


def test_hundred_steps_in_float64() -> None:
    """Long enough for any difference of formulas to show."""
    with floatx("float64"):
        x, y = samples(200)
        results = []
        for model in twins():
            model.compile("rmsprop", "sparse_categorical_crossentropy", metrics=["accuracy"])
            history = model.fit(x.astype("float64"), y, batch_size=16, epochs=8, shuffle=False, verbose=0)
            results.append((history.history["loss"], weights_of(model)))
    np.testing.assert_allclose(results[0][0], results[1][0], rtol=1e-8)
    for ours, theirs in zip(results[0][1], results[1][1], strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-7, atol=1e-9)
