"""MultiOptimizer and OptimizerMap against Keras's: steps, fits, configurations, files, and what they refuse."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from oracle import keras

import nnfast
from nnfast import graph
from nnfast.optimizers import SGD, Adam, LossScaleOptimizer, MultiOptimizer, OptimizerMap

X = np.random.default_rng(0).normal(size=(16, 4)).astype("float32")
Y = X.sum(axis=1, keepdims=True)


def optimizer_of(lib: Any) -> Any:
    kinds = lib.optimizers
    first = {"(.*/)?first/.*": kinds.Adam(0.05, clipnorm=1.0, use_ema=True, name="a")}
    return kinds.MultiOptimizer(kinds.OptimizerMap(kinds.SGD(0.1, momentum=0.9, name="s"), first), 4.0, name="m")


def made(lib: Any, optimizer: Any = None) -> Any:
    model = lib.Sequential([lib.Input((4,)), lib.layers.Dense(3, "tanh", name="first"), lib.layers.Dense(1)])
    model.compile(optimizer or optimizer_of(lib), "mse")
    return model


def fit(model: Any) -> None:
    model.fit(X, Y, batch_size=8, shuffle=False, verbose=0)


def assert_like(one: Any, other: Any) -> None:
    ours, theirs = [*one.weights, *one.optimizer.variables], [*other.weights, *other.optimizer.variables]
    for our, their in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(np.asarray(our.numpy()), np.asarray(their.numpy()), rtol=2e-4, atol=1e-6)


def test_a_fit_equals_keras() -> None:
    ours, theirs = made(nnfast), made(keras)
    ours.set_weights([np.asarray(weight) for weight in theirs.get_weights()])
    fit(ours)
    fit(theirs)
    assert_like(ours, theirs)
    assert [int(inner.iterations.numpy()) for inner in (ours.optimizer, *ours.optimizer.optimizers)] == [2, 2, 2]


@pytest.mark.parametrize(("writes", "reads"), [(nnfast, keras), (keras, nnfast)], ids=["ours in Keras", "Keras's here"])
def test_files(writes: Any, reads: Any, tmp_path: Path) -> None:
    model = made(writes)
    fit(model)
    model.save(tmp_path / "model.keras")
    again = reads.saving.load_model(tmp_path / "model.keras")
    assert [type(inner).__name__ for inner in again.optimizer.optimizers] == ["Adam", "SGD"]
    assert_like(model, again)


def test_configuration_is_keras_s() -> None:
    ours, theirs = optimizer_of(nnfast), optimizer_of(keras)
    assert nnfast.optimizers.serialize(ours) == keras.optimizers.serialize(theirs)
    assert nnfast.optimizers.get(keras.optimizers.serialize(theirs)).get_config() == ours.get_config()


def test_a_function_chooses() -> None:
    weights = [graph.Variable([4.0], name=name) for name in ("kernel", "bias")]
    chosen = {"kernel": SGD(1.0), "bias": SGD(0.5)}
    optimizer = MultiOptimizer(lambda variable: chosen[variable.name])
    optimizer.apply([[1.0], [1.0]], weights)
    assert [weight.numpy()[0] for weight in weights] == [3.0, 3.5]
    assert optimizer.optimizers == list(chosen.values())


def test_scaled_by_a_factor_that_changes() -> None:
    weight = graph.Variable([4.0], name="kernel")
    inner = MultiOptimizer(OptimizerMap(SGD(1.0, loss_scale_factor=3.0)), loss_scale_factor=5.0)
    optimizer = LossScaleOptimizer(inner, initial_scale=2.0)
    for gradient in (2.0, np.nan):
        optimizer.apply([[gradient]], [weight])
        assert weight.numpy()[0] == 3.0
    assert float(optimizer.dynamic_scale) == 1.0 and int(inner.iterations.numpy()) == 1


def test_learning_rates_are_the_optimizers_own() -> None:
    model = made(nnfast)
    assert not hasattr(model.optimizer, "learning_rate")
    with pytest.raises(AttributeError, match="cannot be set on a MultiOptimizer"):
        model.optimizer.learning_rate = 0.5
    fit(model)
    model.optimizer.optimizers[0].learning_rate = nnfast.optimizers.schedules.ExponentialDecay(1e-30, 1, 1.0)
    before = model.get_weights()
    fit(model)
    changed = [not np.allclose(old, new, atol=1e-3) for old, new in zip(before, model.get_weights(), strict=True)]
    assert not changed[0] and changed[2]


def test_callbacks_set_all_learning_rates() -> None:
    model = made(nnfast)
    halve = nnfast.callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2)
    logs = model.fit(X, Y, epochs=2, verbose=0, callbacks=[halve]).history
    np.testing.assert_allclose(logs["learning_rate_a"], [0.025, 0.0125])
    np.testing.assert_allclose(logs["learning_rate_s"], [0.05, 0.025])
    stop = nnfast.callbacks.ReduceLROnPlateau("loss", factor=0.5, patience=1, min_delta=100.0, min_lr=0.02)
    logs = model.fit(X, Y, epochs=3, verbose=0, callbacks=[stop]).history
    np.testing.assert_allclose(logs["learning_rate_s"], [0.025, 0.025, 0.02])
    np.testing.assert_allclose(logs["learning_rate_a"], [0.0125, 0.0125, 0.0125])


def test_map() -> None:
    adam, sgd = Adam(), SGD()
    found = OptimizerMap(sgd, {"a/.*": adam})
    found["b"] = adam
    assert found["a/kernel"] is adam and found["b"] is adam and found["b/kernel"] is sgd and found["c"] is sgd
    assert list(found) == ["a/.*", "b"] and len(found) == 2
    del found["b"]
    assert found["b"] is sgd
    found[".*/kernel"] = sgd
    with pytest.raises(ValueError, match="Multiple optimizers assigned to variable a/kernel"):
        found["a/kernel"]
    for key, value, message in [
        ("a/.*", adam, "already exists"),
        (3, adam, "key must be a string"),
        ("c", "sgd", "must be a Keras Optimizer"),
        ("c", LossScaleOptimizer(adam), "cannot be LossScaleOptimizer"),
        ("c", MultiOptimizer(OptimizerMap(adam)), "cannot be MultiOptimizer"),
    ]:
        with pytest.raises(ValueError, match=message):
            found[key] = value  # type: ignore[index, assignment]
    with pytest.raises(TypeError, match="default_optimizer must be"):
        OptimizerMap("sgd")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="optimizer_map must be a dictionary"):
        OptimizerMap(sgd, [adam])  # type: ignore[arg-type]


def test_errors_change_nothing() -> None:
    weights = [graph.Variable([1.0], name="kernel"), graph.Variable([1.0], name="bias")]
    optimizer = MultiOptimizer(OptimizerMap(SGD(1.0), {"bias": SGD(1.0)}))
    optimizer.build(weights)
    with pytest.raises(ValueError, match="each of 2 variables, got 1 gradients"):
        optimizer.apply([[1.0]])
    with pytest.raises(ValueError, match=r"'bias' must have its shape \(1,\)"):
        optimizer.apply([[1.0], [1.0, 2.0]])
    with pytest.raises(ValueError, match=r"not built for the variables \['stranger'\]"):
        optimizer.apply([[1.0]], [graph.Variable([1.0], name="stranger")])
    assert [weight.numpy()[0] for weight in weights] == [1.0, 1.0]
    nested = MultiOptimizer(lambda variable: optimizer)
    with pytest.raises(ValueError, match="MultiOptimizer cannot be used inside an MultiOptimizer"):
        nested.build(weights)
    assert not nested.built
