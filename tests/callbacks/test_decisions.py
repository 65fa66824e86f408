"""EarlyStopping, ReduceLROnPlateau, LearningRateScheduler, ModelCheckpoint and CSVLogger decide, print and write what
Keras's do, over the same made-up logs."""

from __future__ import annotations

import itertools
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from nets import SPARSE, compiled, samples
from oracle import keras

import nnfast
from nnfast import callbacks

RUNS = [
    [1.0, 0.9, 0.95, 0.8, 0.85, 0.84, 0.83, 0.9, 0.7, 0.75],
    [0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5],
    [float("nan"), 0.5, 0.4, 0.6, 0.3, 0.2, 0.1, 0.1, 0.1, 0.1],
    [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0],
]


class Model:
    """As much of a model as these callbacks know; its weights are the number of the epoch."""

    metrics: list[Any] = []  # noqa: RUF012

    def __init__(self) -> None:
        self.stop_training = False
        self.weights = 0
        self.saved: list[str] = []
        self.optimizer = SimpleNamespace(learning_rate=1.0)

    def get_weights(self) -> int:
        return self.weights

    def set_weights(self, weights: int) -> None:
        self.weights = weights

    def save(self, path: str, overwrite: bool) -> None:
        self.saved.append(path)

    save_weights = save


def decisions(library: Any, name: str, values: list[float], **arguments: Any) -> list[Any]:
    """Everything that one can see of a callback in a fit whose logs hold these values."""
    callback, model = getattr(library.callbacks, name)(**arguments), Model()
    callback.set_model(model)
    callback.on_train_begin({})
    seen: list[Any] = []
    for epoch, value in enumerate(values):
        model.weights = epoch
        callback.on_epoch_begin(epoch, {})
        for batch in range(3):
            callback.on_train_batch_end(batch, {"loss": value})
        logs = {"loss": value, "val_loss": value, "val_score": value}
        callback.on_epoch_end(epoch, logs)
        state = [getattr(callback, name, None) for name in ("wait", "best", "cooldown_counter")]
        seen.append([epoch, model.stop_training, model.optimizer.learning_rate, dict(logs), list(model.saved), state])
        if model.stop_training:
            break
    callback.on_train_end({})
    return [*seen, model.weights]


CASES = [
    *(
        ("EarlyStopping", dict(patience=patience, min_delta=delta, verbose=1, **more))
        for patience, delta, more in itertools.product(
            (0, 2),
            (0, 0.06),
            (
                dict(restore_best_weights=True),
                dict(baseline=0.75, restore_best_weights=True),
                dict(start_from_epoch=4, restore_best_weights=True),
                dict(monitor="val_score", mode="max"),
                dict(monitor="loss"),
            ),
        )
    ),
    *(
        ("ReduceLROnPlateau", dict(patience=patience, cooldown=cooldown, factor=0.3, verbose=1, **more))
        for patience, cooldown, more in itertools.product(
            (1, 2), (0, 2), (dict(min_lr=0.2), dict(monitor="val_score", mode="max", min_delta=0.11))
        )
    ),
    ("LearningRateScheduler", dict(schedule=lambda epoch, rate: rate * 0.5, verbose=1)),
    ("LearningRateScheduler", dict(schedule=lambda epoch: 0.25 * epoch)),
    *(
        ("ModelCheckpoint", dict(filepath="{epoch:02d}-{loss:.2f}.keras", monitor="loss", verbose=1, **more))
        for more in (
            dict(),
            dict(save_best_only=True),
            dict(save_best_only=True, initial_value_threshold=0.6),
            dict(save_best_only=True, mode="max"),
            dict(save_freq=4),
        )
    ),
    ("ModelCheckpoint", dict(filepath="{epoch}.weights.h5", save_weights_only=True)),
]


@pytest.mark.parametrize("values", RUNS, ids=["falling", "level", "nan", "rising"])
@pytest.mark.parametrize(("name", "arguments"), CASES)
def test_decisions(name: str, arguments: dict[str, Any], values: list[float], capsys: Any) -> None:
    ours = decisions(nnfast, name, values, **arguments)
    said = capsys.readouterr().out
    theirs = decisions(keras, name, values, **arguments)
    assert repr(ours) == repr(theirs)
    assert said == capsys.readouterr().out


@pytest.mark.parametrize("separator", [",", ";"])
def test_csv_files_are_the_same(separator: str, tmp_path: Path) -> None:
    logs: list[dict[str, Any]] = [
        {"loss": 0.5, "accuracy": np.float32(0.25)},
        {"loss": 1, "accuracy": [1, 2]},
        {"loss": float("nan"), "val_loss": 3.0, "text": "a,b"},
    ]
    files = []
    for library in (nnfast, keras):
        path = tmp_path / f"{library.__name__}.csv"
        for append in (False, True):
            logger = library.callbacks.CSVLogger(path, separator=separator, append=append)
            logger.on_train_begin()
            for epoch, values in enumerate(logs):
                logger.on_epoch_end(epoch, values)
            logger.on_train_end()
        files.append(path.read_bytes())
    assert files[0] == files[1] and files[0].count(b"\r\n") == 7


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("ReduceLROnPlateau", dict(factor=1.0)),
        ("ModelCheckpoint", dict(filepath="a.txt")),
        ("ModelCheckpoint", dict(filepath="a.keras", save_weights_only=True)),
        ("ModelCheckpoint", dict(filepath="a.keras", save_freq="batch")),
        ("BackupAndRestore", dict(backup_dir="")),
        ("BackupAndRestore", dict(backup_dir="a", save_freq="batch")),
    ],
)
def test_mistakes_have_keras_words(name: str, arguments: dict[str, Any]) -> None:
    with pytest.raises(ValueError) as theirs:
        getattr(keras.callbacks, name)(**arguments)
    with pytest.raises(ValueError) as ours:
        getattr(callbacks, name)(**arguments)
    assert str(ours.value) == str(theirs.value)


@pytest.mark.parametrize(
    ("metric", "grows"),
    [
        ("accuracy", True),
        ("sparse_categorical_crossentropy", False),
        (nnfast.metrics.SparseCategoricalCrossentropy(name="ce"), False),
    ],
)
def test_auto_mode_knows_the_metrics(metric: Any, grows: bool) -> None:
    x, y = samples()
    model = compiled(metrics=[metric])
    stopping = callbacks.EarlyStopping(monitor=metric if isinstance(metric, str) else metric.name, patience=9)
    model.fit(x, y, verbose=0, callbacks=[stopping])
    stopping._set_monitor_op()
    assert stopping._is_improvement(2.0, 1.0) is grows


def test_a_number_of_no_direction_asks_for_a_mode() -> None:
    x, y = samples()
    with pytest.raises(ValueError, match="automatically determine whether that metric should be maximized"):
        compiled().fit(x, y, verbose=0, callbacks=[callbacks.EarlyStopping(monitor="score")])
    with pytest.warns(UserWarning, match="Early stopping conditioned on metric `score` which is not available"):
        compiled().fit(x, y, verbose=0, callbacks=[callbacks.EarlyStopping(monitor="score", mode="max")])


def test_the_learning_rate_is_set_without_a_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = samples()
    model = compiled()
    model.fit(x, y, verbose=0)
    monkeypatch.setattr("nnfast.training.step._trace", None)
    halve = callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2)
    history = model.fit(x, y, epochs=3, verbose=0, callbacks=[halve]).history
    np.testing.assert_allclose(history["learning_rate"], [0.005, 0.0025, 0.00125])
    with pytest.raises(ValueError, match=r"should be a float\. Got: one"):
        model.fit(x, y, verbose=0, callbacks=[callbacks.LearningRateScheduler(lambda epoch, rate: "one")])


def test_what_acts_once_an_epoch_hears_of_no_batch() -> None:
    once = [
        callbacks.EarlyStopping(),
        callbacks.ReduceLROnPlateau(),
        callbacks.ModelCheckpoint("a.keras"),
        callbacks.BackupAndRestore("a"),
        callbacks.CSVLogger("a"),
        callbacks.LambdaCallback(on_epoch_end=print),
        callbacks.LearningRateScheduler(float),
    ]
    assert callbacks.CallbackList(once).batch_hooks("train") == ([], [], False)
    often = [
        callbacks.ModelCheckpoint("a.keras", save_freq=2),
        callbacks.BackupAndRestore("a", save_freq=2),
        callbacks.LambdaCallback(on_train_batch_end=print),
        callbacks.TerminateOnNaN(),
    ]
    assert len(callbacks.CallbackList(often).batch_hooks("train").end) == 4


def test_terminate_on_nan() -> None:
    x, y = samples(40)
    x[12] = np.nan
    model, seen = compiled(), []
    listener = callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: seen.append(batch))
    model.fit(x, y, batch_size=5, shuffle=False, epochs=3, verbose=0, callbacks=[callbacks.TerminateOnNaN(), listener])
    assert seen == [0, 1, 2]
    with pytest.raises(RuntimeError, match=r"NaN or Inf loss encountered at batch 2\. Loss value: nan\. Terminating"):
        fresh = compiled()
        fresh.fit(x, y, batch_size=5, shuffle=False, verbose=0, callbacks=[callbacks.TerminateOnNaN(raise_error=True)])


def test_early_stopping_restores_the_best_weights() -> None:
    x, y = samples()
    kept: list[Any] = []
    model = compiled(nnfast.optimizers.SGD(2.0))
    keep = callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: kept.append((logs["val_loss"], model.get_weights()))
    )
    stopping = callbacks.EarlyStopping(patience=3, restore_best_weights=True)
    model.fit(x, y, epochs=30, validation_split=0.3, verbose=0, callbacks=[stopping, keep])
    best = min(range(len(kept)), key=lambda epoch: kept[epoch][0])
    assert stopping.best_epoch == best
    assert all(np.array_equal(a, b) for a, b in zip(model.get_weights(), kept[best][1], strict=True))
    assert model.evaluate(x[35:], y[35:], verbose=0) == pytest.approx(kept[best][0], rel=1e-6)


def test_progress_is_shown_once(capsys: pytest.CaptureFixture[str]) -> None:
    x, y = samples()
    compiled().fit(x, y, epochs=2, callbacks=[callbacks.ProgbarLogger()])
    out = capsys.readouterr().out
    assert out.count("Epoch 1/2") == 1 and out.count("\n") == 2
    model = nnfast.Sequential([nnfast.Input((5,)), nnfast.layers.Dense(3, activation="softmax")])
    model.compile("sgd", SPARSE)
    model.evaluate(x, y)
    assert capsys.readouterr().out.startswith("2/2 - 0s - ")
