"""LossScaleOptimizer against Keras's: gradients that are not finite, a factor that falls and grows, fits, files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jax
import numpy as np
import oracle
import pytest
from oracle import keras

import nnfast
from nnfast import graph

SHAPES = [(3, 2), (2,), ()]
INNER: dict[str, Any] = {
    "sgd": lambda lib: lib.optimizers.SGD(0.1, momentum=0.9),
    "adam and all": lambda lib: lib.optimizers.Adam(
        0.05, weight_decay=0.1, use_ema=True, global_clipnorm=1.0, gradient_accumulation_steps=2, loss_scale_factor=3.0
    ),
    "a schedule": lambda lib: lib.optimizers.RMSprop(lib.optimizers.schedules.PiecewiseConstantDecay([4], [0.5, 0.25])),
}


def gradients_of(step: int) -> list[np.ndarray]:
    """Of which some are not finite."""
    gradients = [np.random.default_rng(step).normal(0, 20, shape) for shape in SHAPES]
    if step in (3, 9, 10):
        gradients[step % 3] = np.where(gradients[step % 3] > -50, np.inf if step % 2 else np.nan, 0.0)
    return gradients


def prepared(lib: Any, inner: str) -> tuple[Any, list[Any]]:
    variables = [lib.Variable(np.full(shape, 0.5), name=f"w{i}") for i, shape in enumerate(SHAPES)]
    variables[1].overwrite_with_gradient = True
    optimizer = lib.optimizers.LossScaleOptimizer(INNER[inner](lib), initial_scale=16.0, dynamic_growth_steps=3)
    optimizer.build(variables)
    return optimizer, variables


@pytest.mark.parametrize("traced", [False, True], ids=["eager", "traced"])
@pytest.mark.parametrize("inner", INNER)
def test_steps_equal_keras(inner: str, traced: bool) -> None:
    with oracle.floatx("float64"), jax.disable_jit():
        ours, our_variables = prepared(nnfast, inner)
        theirs, their_variables = prepared(keras, inner)

        def step(*gradients: Any) -> list[Any]:
            ours.apply(gradients, our_variables)
            return []

        run = graph.trace(step, [graph.TensorSpec(shape, "float64") for shape in SHAPES]) if traced else step
        for number in range(16):
            run(*gradients_of(number))
            theirs.apply([keras.ops.convert_to_tensor(gradient) for gradient in gradients_of(number)], their_variables)
            assert len(ours.variables) == len(theirs.variables)
            for one, other in zip(
                [*our_variables, *ours.variables], [*their_variables, *theirs.variables], strict=True
            ):
                np.testing.assert_allclose(one.numpy(), np.asarray(other.value), rtol=1e-10, atol=1e-14)
            assert float(ours.scale_loss(2.0)) == float(theirs.scale_loss(2.0))
            assert float(np.asarray(ours.learning_rate)) == pytest.approx(float(theirs.learning_rate), rel=1e-6)


X = np.random.default_rng(0).normal(size=(32, 4)).astype("float32")
Y = X.sum(axis=1, keepdims=True)
X[9, 0] = np.inf  # in the third batch


def made(lib: Any) -> Any:
    stack = [lib.Input((4,)), lib.layers.Dense(3, "tanh"), lib.layers.Dense(1)]
    model = lib.Sequential(stack)
    model.compile(lib.optimizers.LossScaleOptimizer(lib.optimizers.Adam(0.1), 2.0**10, 4), "mse")
    return model


def fit(model: Any) -> None:
    model.fit(X, Y, batch_size=4, shuffle=False, verbose=0)


def assert_like(one: Any, other: Any) -> None:
    ours, theirs = [*one.weights, *one.optimizer.variables], [*other.weights, *other.optimizer.variables]
    for our, their in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(np.asarray(our.numpy()), np.asarray(their.numpy()), rtol=2e-4, atol=1e-6)


def test_a_fit_equals_keras() -> None:
    ours, theirs = made(nnfast), made(keras)
    ours.set_weights([np.asarray(weight) for weight in theirs.get_weights()])
    fit(ours)
    fit(theirs)
    assert int(ours.optimizer.iterations.numpy()) == 7 and float(ours.optimizer.dynamic_scale) == 2.0**10
    assert_like(ours, theirs)


@pytest.mark.parametrize(("writes", "reads"), [(nnfast, keras), (keras, nnfast)], ids=["ours in Keras", "Keras's here"])
def test_files(writes: Any, reads: Any, tmp_path: Path) -> None:
    model = made(writes)
    fit(model)
    model.save(tmp_path / "model.keras")
    again = reads.saving.load_model(tmp_path / "model.keras")
    assert type(again.optimizer.inner_optimizer).__name__ == "Adam"
    assert_like(model, again)
    fit(model)
    fit(again)
    assert_like(model, again)


def test_mixed_precision_scales_the_loss(tmp_path: Path) -> None:
    models = []
    for lib in (keras, nnfast):
        lib.config.set_dtype_policy("mixed_float16")
        try:
            stack = [lib.Input((4,)), lib.layers.Dense(8, "tanh"), lib.layers.Dense(1, dtype="float32")]
            models.append(lib.Sequential(stack))
        finally:
            lib.config.set_dtype_policy("float32")
    for model, lib in zip(models, (keras, nnfast), strict=True):
        random = np.random.default_rng(7)
        model.set_weights([random.normal(0, 0.3, weight.shape) for weight in model.weights])
        model.compile(lib.optimizers.SGD(0.05), "mse")
        assert type(model.optimizer) is lib.optimizers.LossScaleOptimizer
        fit(model)
    for our, their in zip(models[1].weights, models[0].weights, strict=True):
        np.testing.assert_allclose(our.numpy(), np.asarray(their.value), rtol=0.02, atol=1e-3)
    ours, theirs = (model.optimizer.get_config() for model in reversed(models))
    assert {**ours, "inner_optimizer": None} == {**theirs, "inner_optimizer": None}
    assert int(models[1].optimizer.step_counter) == int(models[0].optimizer.step_counter)
    assert float(models[1].optimizer.dynamic_scale) == float(models[0].optimizer.dynamic_scale.value)
    models[1].save(tmp_path / "model.keras")
    for lib in (keras, nnfast):
        read = lib.saving.load_model(tmp_path / "model.keras")
        assert type(read.optimizer.inner_optimizer) is lib.optimizers.SGD
    models[1].compile("sgd", "mse", auto_scale_loss=False)
    assert type(models[1].optimizer) is nnfast.optimizers.SGD


def test_configuration_is_keras_s() -> None:
    ours, theirs = (
        lib.optimizers.LossScaleOptimizer(lib.optimizers.SGD(0.5, name="s"), 4.0, name="l") for lib in (nnfast, keras)
    )
    assert nnfast.optimizers.serialize(ours) == keras.optimizers.serialize(theirs)
    again = nnfast.optimizers.get(keras.optimizers.serialize(theirs))
    assert again.get_config() == ours.get_config()


def test_a_new_schedule_and_a_new_rate_are_the_inner_optimizer_s() -> None:
    model = nnfast.Sequential([nnfast.Input((1,)), nnfast.layers.Dense(1, kernel_initializer="ones", use_bias=False)])
    model.compile(nnfast.optimizers.LossScaleOptimizer(nnfast.optimizers.SGD(0.0)), "mse")
    model.fit([[1.0]], [[0.0]], verbose=0)
    model.optimizer.learning_rate = 0.25
    model.fit([[1.0]], [[0.0]], verbose=0)
    assert float(model.weights[0].numpy()[0, 0]) == 0.5
    model.optimizer.learning_rate = nnfast.optimizers.schedules.ExponentialDecay(0.5, 1, 1.0)
    model.fit([[1.0]], [[0.0]], verbose=0)
    assert float(model.weights[0].numpy()[0, 0]) == 0.0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"dynamic": False}, "`dynamic=False`"),
        ({"clipnorm": 1.0}, "set `clipnorm` on the `inner_optimizer`"),
        ({"what": 1}, "does not support arguments: `what`"),
        ({"initial_scale": 0.0}, "initial_scale must be a number > 0"),
        ({"dynamic_growth_steps": 0}, "`dynamic_growth_steps` must be an integer >= 1"),
        ({"dynamic_growth_steps": None}, "`dynamic_growth_steps` must be an integer >= 1"),
        ({"inner_optimizer": "sgd"}, "`inner_optimizer` must be an optimizer. Received: inner_optimizer='sgd'"),
    ],
)
def test_bad_arguments(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        nnfast.optimizers.LossScaleOptimizer(**{"inner_optimizer": nnfast.optimizers.SGD(), **arguments})


def test_errors_change_nothing() -> None:
    variable = graph.Variable([1.0, 2.0])
    optimizer = nnfast.optimizers.LossScaleOptimizer(nnfast.optimizers.SGD(0.5))
    with pytest.raises(ValueError, match="must already be built"):
        optimizer.apply([[1.0, 1.0]])
    optimizer.build([variable])
    with pytest.raises(ValueError, match=r"must have its shape \(2,\)"):
        optimizer.apply([[1.0]])
    with pytest.raises(ValueError, match="No gradients provided"):
        optimizer.apply([None])
    with pytest.raises(ValueError, match="each of 1 variables, got 2 gradients"):
        optimizer.apply([[1.0, 1.0], [1.0, 1.0]])
    assert variable.numpy().tolist() == [1.0, 2.0] and float(optimizer.dynamic_scale) == 2.0**15
