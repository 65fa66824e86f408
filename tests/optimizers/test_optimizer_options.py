"""What all optimizers can do, in all combinations, against Keras's in float64."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import jax
import numpy as np
import oracle
import pytest
from oracle import keras

import nnfast
from nnfast import graph

STEPS = 7  # accumulation and averages begin anew in them, and the last of them is in their middle
NAMES = ["kernel", "bias", "gamma"]
SHAPES = [(3, 2), (2,), ()]

CLIPS: list[dict[str, Any]] = [{}, {"clipnorm": 0.7}, {"global_clipnorm": 0.9}, {"clipvalue": 0.3}]
AVERAGES: list[dict[str, Any]] = [
    {},
    {"use_ema": True, "ema_momentum": 0.6},
    {"use_ema": True, "ema_momentum": 0.8, "ema_overwrite_frequency": 2},
]
ACCUMULATIONS: list[dict[str, Any]] = [{}, {"gradient_accumulation_steps": 2}, {"gradient_accumulation_steps": 3}]
DECAYS: list[dict[str, Any]] = [{}, {"weight_decay": 0.2, "loss_scale_factor": 8.0}]

# The optimizers take turns.
OPTIMIZERS: list[tuple[str, dict[str, Any]]] = [
    ("SGD", {"learning_rate": 0.1, "momentum": 0.9, "nesterov": True}),
    ("Adam", {"learning_rate": 0.05, "amsgrad": True}),
    ("RMSprop", {"learning_rate": 0.05, "momentum": 0.5, "centered": True}),
    ("Nadam", {"learning_rate": 0.05}),
    ("Lion", {"learning_rate": 0.05}),
]
COMBINATIONS = [
    (OPTIMIZERS[number % len(OPTIMIZERS)], {k: v for option in options for k, v in option.items()})
    for number, options in enumerate(product(CLIPS, AVERAGES, ACCUMULATIONS, DECAYS))
]


@pytest.fixture(autouse=True)
def float64() -> Iterator[None]:
    with oracle.floatx("float64"), jax.disable_jit():
        yield


def prepared(lib: Any, name: str, options: dict[str, Any]) -> tuple[Any, list[Any]]:
    """An optimizer, and variables of which one is constrained, one is not decayed, and one is overwritten."""
    random = np.random.default_rng(5)
    variables = [lib.Variable(random.normal(size=shape), name=name) for name, shape in zip(NAMES, SHAPES, strict=True)]
    variables[0].constraint = lib.constraints.MaxNorm(1.0)
    # Keras with JAX fails where averages overwrite variables of which one has none.
    variables[2].overwrite_with_gradient = "ema_overwrite_frequency" not in options
    optimizer = getattr(lib.optimizers, name)(**options)
    optimizer.exclude_from_weight_decay(var_names=["bia"])
    optimizer.build(variables)
    return optimizer, variables


def gradients_of(step: int) -> list[np.ndarray]:
    random = np.random.default_rng(step)
    return [random.normal(0, random.choice([0.1, 1.0]), shape) for shape in SHAPES]


def assert_like(ours: list[Any], theirs: list[Any]) -> None:
    for our, their in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(our.numpy(), np.asarray(their.value), rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize(("optimizer", "options"), COMBINATIONS)
def test_combinations_equal_keras(optimizer: tuple[str, dict[str, Any]], options: dict[str, Any]) -> None:
    name, arguments = optimizer
    ours, our_variables = prepared(nnfast, name, {**arguments, **options})
    theirs, their_variables = prepared(keras, name, {**arguments, **options})

    def apply(*gradients: Any) -> list[Any]:
        ours.apply(gradients, our_variables)
        return []

    step = graph.trace(apply, [graph.TensorSpec(shape, "float64") for shape in SHAPES])
    for number in range(STEPS):
        step(*gradients_of(number))
        theirs.apply([keras.ops.convert_to_tensor(gradient) for gradient in gradients_of(number)], their_variables)
        assert_like(our_variables, their_variables)
        assert_like(ours.variables, theirs.variables)
    ours.finalize_variable_values(our_variables)
    theirs.finalize_variable_values(their_variables)
    assert_like(our_variables, their_variables)


def test_overwritten_variables_have_no_slots() -> None:
    optimizer, variables = prepared(nnfast, "Adam", {"use_ema": True})
    slots = optimizer.add_optimizer_variables(variables, ["a", "b"], ["ones", "zeros"])
    assert [slot is None for slot in slots[0]] == [False, False, True]
    assert [found[1].numpy().tolist() for found in slots] == [[1.0, 1.0], [0.0, 0.0]]
    assert len(optimizer.variables) == 2 + 2 * 3 + 2 * 2
    with pytest.raises(ValueError, match="number of provided names must match the number of provided initializers"):
        optimizer.add_optimizer_variables(variables, ["a", "b"], ["ones"])
    with pytest.raises(TypeError, match="`overwrite_with_gradient` must be a boolean"):
        variables[0].overwrite_with_gradient = 1


def test_a_layer_s_weight_is_overwritten_in_a_fit() -> None:
    class Scale(nnfast.layers.Layer):
        def build(self, shape: Any) -> None:
            self.scale = self.add_weight((shape[-1],), "ones", overwrite_with_gradient=True, name="scale")

        def call(self, inputs: Any) -> Any:
            return inputs * self.scale

    model = nnfast.Sequential([nnfast.Input((3,)), Scale()])
    model.compile(nnfast.optimizers.SGD(0.1), loss=lambda y_true, y_pred: nnfast.ops.sum(y_pred, axis=-1))
    model.fit([[1.0, 2.0, 3.0]], [[0.0]], verbose=0)
    assert model.weights[0].numpy().tolist() == [1.0, 2.0, 3.0]


def test_steps_are_traced_anew_for_what_is_not_decayed() -> None:
    model = nnfast.Sequential([nnfast.Input((1,)), nnfast.layers.Dense(1, kernel_initializer="ones")])
    model.compile(nnfast.optimizers.SGD(1.0, weight_decay=0.5), loss="mse")
    model.fit([[0.0]], [[0.0]], verbose=0)
    model.optimizer.exclude_from_weight_decay(var_names=["kernel"])
    model.fit([[0.0]], [[0.0]], verbose=0)
    assert float(model.weights[0].numpy()[0, 0]) == 0.5


def test_paths_of_variables_are_keras_s() -> None:
    found = []
    for lib in (nnfast, keras):
        model = lib.Sequential([lib.Input((1,)), lib.layers.Dense(1, name="last")], name="net")
        model.compile(lib.optimizers.Adam(name="mine"))
        model.optimizer.build(model.trainable_variables)
        found.append([variable.path for variable in model.optimizer.variables])
    assert found[0] == found[1]
