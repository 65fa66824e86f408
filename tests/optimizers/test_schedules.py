"""Learning rates that change, averages of the variables, accumulated gradients: compared with real Keras."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from oracle import keras

import nnfast

draws = np.random.default_rng(0)
X, Y = draws.normal(size=(56, 5)), draws.normal(size=(56, 2))
WEIGHTS = [draws.normal(size=(5, 4)), np.zeros(4), draws.normal(size=(4, 2)), np.zeros(2)]

SCHEDULES: dict[str, Callable[[Any], Any]] = {
    "exponential": lambda of: of.ExponentialDecay(0.1, 3, 0.5),
    "stairs": lambda of: of.ExponentialDecay(0.1, 3, 0.5, staircase=True),
    "inverse": lambda of: of.InverseTimeDecay(0.1, 3, 0.5),
    "inverse stairs": lambda of: of.InverseTimeDecay(0.1, 3, 0.5, staircase=True),
    "polynomial": lambda of: of.PolynomialDecay(0.1, 5, power=0.5),
    "polynomial cycles": lambda of: of.PolynomialDecay(0.1, 5, 0.01, power=2.0, cycle=True),
    "cosine": lambda of: of.CosineDecay(0.1, 6, alpha=0.1),
    "cosine, warm": lambda of: of.CosineDecay(0.1, 6, alpha=0.1, warmup_target=0.2, warmup_steps=3),
    "restarts": lambda of: of.CosineDecayRestarts(0.1, 3, m_mul=0.5, alpha=0.01),
    "equal restarts": lambda of: of.CosineDecayRestarts(0.1, 3, t_mul=1.0, m_mul=0.5),
    "pieces": lambda of: of.PiecewiseConstantDecay([3, 6], [0.1, 0.05, 0.01]),
}


@pytest.mark.parametrize("make", SCHEDULES.values(), ids=SCHEDULES)
def test_schedules_are_keras(make: Callable[[Any], Any]) -> None:
    schedules = nnfast.optimizers.schedules
    ours, theirs = make(schedules), make(keras.optimizers.schedules)
    for step in range(25):
        np.testing.assert_allclose(float(ours(step)), float(theirs(step)), rtol=1e-5, atol=1e-8)
    config = schedules.serialize(ours)
    assert config == keras.optimizers.schedules.serialize(theirs)
    assert schedules.deserialize(config).get_config() == ours.get_config()
    adam = nnfast.optimizers.Adam.from_config(nnfast.optimizers.Adam(ours).get_config())
    assert adam.get_config()["learning_rate"] == config


def fitted(lib: Any, optimizer: Any) -> Any:
    layers = lib.layers
    hidden, last = layers.Dense(4, "tanh", dtype="float64"), layers.Dense(2, dtype="float64")
    model = lib.Sequential([lib.Input((5,), dtype="float64"), hidden, last])
    model.set_weights(WEIGHTS)
    model.compile(optimizer, "mse")
    model.fit(X, Y, batch_size=8, epochs=2, shuffle=False, verbose=0)
    return model


OPTIMIZERS: dict[str, Callable[[Any], Any]] = {
    "accumulating Adam": lambda of: of.Adam(gradient_accumulation_steps=3),
    "accumulating SGD, clipped": lambda of: of.SGD(
        0.1, momentum=0.9, gradient_accumulation_steps=2, clipnorm=0.1, weight_decay=0.1
    ),
    "averages at the end": lambda of: of.Adam(use_ema=True, ema_momentum=0.7),
    "averages now and then": lambda of: of.RMSprop(use_ema=True, ema_momentum=0.8, ema_overwrite_frequency=3),
    "both": lambda of: of.Nadam(gradient_accumulation_steps=3, use_ema=True, ema_overwrite_frequency=2),
    "scaled loss": lambda of: of.SGD(0.1, loss_scale_factor=8.0),
    "schedule": lambda of: of.Adam(of.schedules.ExponentialDecay(0.1, 3, 0.5), weight_decay=0.01),
    "schedule and accumulation": lambda of: of.SGD(
        of.schedules.CosineDecay(0.1, 12), momentum=0.5, gradient_accumulation_steps=2
    ),
}


@pytest.mark.parametrize("make", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_fits_are_keras(make: Callable[[Any], Any]) -> None:
    ours, theirs = fitted(nnfast, make(nnfast.optimizers)), fitted(keras, make(keras.optimizers))
    for mine, wanted in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(mine, wanted, rtol=1e-5, atol=1e-7)
    assert len(ours.optimizer.variables) == len(theirs.optimizer.variables)
    for mine, wanted in zip(ours.optimizer.variables, theirs.optimizer.variables, strict=True):
        np.testing.assert_allclose(np.asarray(mine), np.asarray(wanted), rtol=1e-5, atol=1e-7)
    rates = [float(np.asarray(model.optimizer.learning_rate)) for model in (ours, theirs)]
    assert rates[0] == pytest.approx(rates[1], rel=1e-5)
    assert int(np.asarray(ours.optimizer.iterations)) == int(np.asarray(theirs.optimizer.iterations))


def test_a_schedule_of_ones_own_is_traced_and_seen_by_callbacks() -> None:
    class Halving(nnfast.optimizers.schedules.LearningRateSchedule):
        calls = 0

        def __call__(self, step: Any) -> Any:
            Halving.calls += 1
            return 0.5 * 0.5 ** nnfast.ops.cast(step, "float32")

    rates: list[float] = []
    watch = nnfast.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: rates.append(float(model.optimizer.learning_rate))
    )
    model = nnfast.Sequential([nnfast.Input((5,)), nnfast.layers.Dense(2)])
    model.compile(nnfast.optimizers.SGD(Halving()), "mse")
    model.fit(X, Y, batch_size=14, epochs=1, verbose=0, callbacks=[watch])
    assert rates == [0.25, 0.125, 0.0625, 0.03125]
    before = Halving.calls
    model.fit(X, Y, batch_size=1, verbose=0)
    assert Halving.calls - before <= 2
    with pytest.raises(TypeError, match="not settable"):
        model.optimizer.learning_rate = 0.1


def test_a_schedule_may_be_set_later() -> None:
    model = nnfast.Sequential([nnfast.Input((5,)), nnfast.layers.Dense(2)])
    model.compile(nnfast.optimizers.SGD(0.1), "mse")
    model.fit(X, Y, verbose=0)
    model.optimizer.learning_rate = nnfast.optimizers.schedules.PiecewiseConstantDecay([0], [0.0, 0.0])
    before = model.get_weights()
    model.fit(X, Y, verbose=0)
    for now, then in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(now, then)
    assert len(model.optimizer.variables) == 1


def test_a_function_may_be_a_learning_rate() -> None:
    rate = nnfast.Variable(0.5, trainable=False)
    optimizer, weight = nnfast.optimizers.SGD(lambda: rate * 2.0), nnfast.Variable([1.0])
    optimizer.apply([[1.0]], [weight])
    assert weight.numpy().tolist() == [0.0]
    rate.assign(1.0)
    optimizer.apply_gradients([([1.0], weight)])
    assert weight.numpy().tolist() == [-2.0] and int(optimizer.iterations) == 2


def test_stateless_apply_leaves_all_as_it_is() -> None:
    weight = nnfast.Variable([1.0, 2.0])
    optimizer = nnfast.optimizers.SGD(0.5, momentum=0.9)
    optimizer.build([weight])
    values = [variable.numpy() for variable in optimizer.variables]
    (new,), state = optimizer.stateless_apply(values, [[1.0, 1.0]], [[3.0, 3.0]])
    assert np.asarray(new).tolist() == [2.5, 2.5] and int(state[0]) == 1
    assert weight.numpy().tolist() == [1.0, 2.0] and int(optimizer.iterations) == 0
    with pytest.raises(ValueError, match="stateless_apply expects"):
        optimizer.stateless_apply([], [[1.0, 1.0]], [[3.0, 3.0]])


def test_a_scheduled_optimizer_is_saved(tmp_path: Any) -> None:
    """And read by Keras."""
    model = fitted(nnfast, nnfast.optimizers.Adam(nnfast.optimizers.schedules.CosineDecay(0.1, 100), use_ema=True))
    model.save(tmp_path / "it.keras")
    for lib in (nnfast, keras):
        found = lib.saving.load_model(str(tmp_path / "it.keras"))
        assert len(found.optimizer.variables) == len(model.optimizer.variables)
        got, wanted = (float(np.asarray(one.optimizer.learning_rate)) for one in (found, model))
        assert got == pytest.approx(wanted, rel=1e-5)
