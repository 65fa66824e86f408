"""Mistakes in what fit, evaluate and predict are given: found before anything trains, and said clearly."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from nets import classifier, compiled, same_weights, samples

import nnfast


@pytest.mark.parametrize("method", ["fit", "evaluate"])
def test_compile_comes_first(method: str) -> None:
    x, y = samples()
    with pytest.raises(ValueError, match=rf"call compile\(\) before {method}\(\)"):
        getattr(classifier(nnfast), method)(x, y)


X, Y = samples(12)
MISTAKES: dict[str, tuple[dict[str, Any], type[Exception], str]] = {
    "no x": (dict(x=None, y=Y), TypeError, "x expects an array"),
    "no y": (dict(x=X), ValueError, "y is missing"),
    "a generator of rows": (dict(x=(row for row in X)), ValueError, r"expected shape=\(None, 5\), found shape=\(5,\)"),
    "different lengths": (dict(x=X, y=Y[:5]), ValueError, "x has 12, y has 5"),
    "no samples": (dict(x=X[:0], y=Y[:0]), ValueError, "x holds no samples"),
    "wrong features": (dict(x=X[:, :3], y=Y), ValueError, r"expected.*5.*found.*\(12, 3\)"),
    "wrong rank": (dict(x=X[:, None], y=Y), ValueError, r"expected.*found.*\(12, 1, 5\)"),
    "text": (dict(x=X.astype(str), y=Y), ValueError, "x expects numbers"),
    "labels as text": (dict(x=X, y=Y.astype(str)), ValueError, "y expects numbers"),
    "a label too high": (dict(x=X, y=Y + 1), ValueError, "Labels must be from 0 to 2 for 3 classes, got 3"),
    "a negative label": (dict(x=X, y=Y - 1), ValueError, "got -1"),
    "a broken label": (dict(x=X, y=Y + 0.5), ValueError, "whole numbers"),
    "one-hot targets": (dict(x=X, y=np.eye(3)[Y]), ValueError, "categorical_crossentropy"),
    "batch_size 0": (
        dict(x=X, y=Y, batch_size=0),
        ValueError,
        "batch_size expects a whole number of at least 1, got 0",
    ),
    "batch_size 2.5": (dict(x=X, y=Y, batch_size=2.5), TypeError, "batch_size expects a whole number, got 2.5"),
    "verbose 3": (dict(x=X, y=Y, verbose=3), ValueError, "verbose expects"),
    "no callback": (dict(x=X, y=Y, callbacks=[print]), TypeError, "callbacks expects"),
}
FIT_MISTAKES: dict[str, tuple[dict[str, Any], type[Exception], str]] = {
    "epochs -1": (dict(epochs=-1), ValueError, "epochs expects a whole number of at least 0"),
    "epochs 1.5": (dict(epochs=1.5), TypeError, "epochs expects a whole number"),
    "split 1": (dict(validation_split=1.0), ValueError, "validation_split expects"),
    "split too small": (dict(validation_split=0.99), ValueError, "leaves 0 samples"),
    "validation labels": (dict(validation_data=(X, Y + 1)), ValueError, "got 3"),
    "validation features": (dict(validation_data=(X[:, 1:], Y)), ValueError, "expected shape="),
    "validation lengths": (dict(validation_data=(X, Y[1:])), ValueError, "validation y has 11"),
    "validation_freq": (dict(validation_freq=0), ValueError, "validation_freq expects"),
    "both weights": (dict(class_weight={0: 1.0}, sample_weight=np.ones(12)), ValueError, "cannot be given together"),
    "steps_per_epoch": (dict(steps_per_epoch=0), ValueError, "steps expects"),
    "unknown": (dict(epoch=3), TypeError, "epoch"),
}


@pytest.mark.parametrize(("arguments", "error", "message"), MISTAKES.values(), ids=MISTAKES.keys())
@pytest.mark.parametrize("method", ["fit", "evaluate"])
def test_mistakes_in_data(method: str, arguments: dict[str, Any], error: type[Exception], message: str) -> None:
    model = compiled()
    before = model.get_weights()
    with pytest.raises(error, match=message):
        getattr(model, method)(**{"verbose": 0, **arguments})
    assert same_weights(before, model.get_weights())
    assert np.isfinite(model.fit(X, Y, verbose=0).history["loss"]).all()


@pytest.mark.parametrize(("arguments", "error", "message"), FIT_MISTAKES.values(), ids=FIT_MISTAKES.keys())
def test_mistakes_in_arguments_of_fit(arguments: dict[str, Any], error: type[Exception], message: str) -> None:
    model = compiled()
    before = model.get_weights()
    with pytest.raises(error, match=message):
        model.fit(X, Y, verbose=0, **arguments)
    assert same_weights(before, model.get_weights())


def test_integer_labels_with_a_one_hot_loss() -> None:
    model = classifier(nnfast)
    model.compile("sgd", "categorical_crossentropy")
    with pytest.raises(ValueError, match="sparse_categorical_crossentropy"):
        model.fit(X, Y, verbose=0)


def test_mistakes_in_predict() -> None:
    model = classifier(nnfast)
    for wrong, error in (
        (X[:, 1:], ValueError),
        (X.astype(str), ValueError),
        (np.float32(1), ValueError),
        (None, TypeError),
    ):
        for verbose in (0, 2):
            with pytest.raises(error, match=r"expects|expected shape=\(None, 5\)"):
                model.predict(wrong, verbose=verbose)
    for batch_size, error in ((0, ValueError), (-1, ValueError), (1.5, TypeError)):
        with pytest.raises(error, match="batch_size expects"):
            model.predict(X, batch_size=batch_size, verbose=0)


def test_a_model_without_a_loss_says_so() -> None:
    model = classifier(nnfast)
    model.compile("sgd")
    with pytest.raises(ValueError, match=r"no loss to compute: give compile\(\) a loss"):
        model.fit(X, Y, verbose=0)
