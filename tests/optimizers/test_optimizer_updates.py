"""Optimizers against Keras's over 100 steps in float64, eager and traced."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import jax
import numpy as np
import oracle
import pytest
from oracle import keras

from nnfast import graph, optimizers

STEPS = 100
SHAPES = [(7, 5), (5,), (3, 2, 4), (), (2, 6)]

CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "sgd": ("SGD", {}),
    "sgd momentum": ("SGD", {"learning_rate": 0.1, "momentum": 0.9}),
    "sgd nesterov": ("SGD", {"learning_rate": 0.1, "momentum": 0.9, "nesterov": True}),
    "rmsprop": ("RMSprop", {}),
    "rmsprop momentum": ("RMSprop", {"learning_rate": 0.01, "rho": 0.8, "momentum": 0.5, "epsilon": 1e-3}),
    "rmsprop centered": ("RMSprop", {"learning_rate": 0.01, "centered": True}),
    "rmsprop both": ("RMSprop", {"learning_rate": 0.01, "centered": True, "momentum": 0.9}),
    "adam": ("Adam", {}),
    "adam betas": ("Adam", {"learning_rate": 0.02, "beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-4}),
    "adam amsgrad": ("Adam", {"learning_rate": 0.02, "amsgrad": True}),
    "adamw": ("AdamW", {"learning_rate": 0.02, "weight_decay": 0.1, "amsgrad": True}),
    "adagrad": ("Adagrad", {}),
    "adagrad accumulator": ("Adagrad", {"learning_rate": 0.1, "initial_accumulator_value": 0.5, "epsilon": 1e-3}),
    "adadelta": ("Adadelta", {}),
    "adadelta rho": ("Adadelta", {"learning_rate": 1.0, "rho": 0.8, "epsilon": 1e-4}),
    "adamax": ("Adamax", {}),
    "adamax betas": ("Adamax", {"learning_rate": 0.02, "beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-4}),
    "nadam": ("Nadam", {}),
    "nadam betas": ("Nadam", {"learning_rate": 0.02, "beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-4}),
    "lion": ("Lion", {}),
    "lion betas": ("Lion", {"learning_rate": 0.02, "beta_1": 0.8, "beta_2": 0.9, "weight_decay": 0.1}),
    "ftrl": ("Ftrl", {"learning_rate": 0.1}),
    "ftrl power": ("Ftrl", {"learning_rate": 0.1, "learning_rate_power": -0.3, "initial_accumulator_value": 0.5}),
    "ftrl regularized": (
        "Ftrl",
        {
            "learning_rate": 0.1,
            "l1_regularization_strength": 0.5,
            "l2_regularization_strength": 0.2,
            "l2_shrinkage_regularization_strength": 0.1,
            "beta": 0.3,
        },
    ),
    "adafactor": ("Adafactor", {"learning_rate": 0.2}),
    "adafactor absolute": (
        "Adafactor",
        {
            "learning_rate": 0.02,
            "beta_2_decay": -0.5,
            "epsilon_1": 1e-6,
            "epsilon_2": 2.0,
            "clip_threshold": 0.3,
            "relative_step": False,
        },
    ),
    "lamb": ("Lamb", {}),
    "lamb betas": ("Lamb", {"learning_rate": 0.02, "beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-4}),
    "muon": ("Muon", {"learning_rate": 0.02}),
    "muon plain": (
        "Muon",
        {"learning_rate": 0.02, "nesterov": False, "momentum": 0.8, "ns_steps": 3, "rms_rate": None, "muon_a": 3.0},
    ),
    "muon excluded": ("Muon", {"exclude_layers": ["^w0"], "adam_lr_ratio": 0.5, "adam_weight_decay": 0.1}),
    "schedule-free": ("ScheduleFreeAdamW", {}),
    "schedule-free warmup": (
        "ScheduleFreeAdamW",
        {"learning_rate": 0.1, "warmup_steps": 7, "beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-4},
    ),
    "weight decay": ("Adam", {"learning_rate": 0.02, "weight_decay": 0.1}),
    "clipnorm": ("SGD", {"learning_rate": 0.1, "clipnorm": 1.0, "momentum": 0.9}),
    "clipvalue": ("SGD", {"learning_rate": 0.1, "clipvalue": 0.4}),
    "global_clipnorm": ("RMSprop", {"learning_rate": 0.01, "global_clipnorm": 2.0}),
    "clip and decay": ("RMSprop", {"learning_rate": 0.01, "clipnorm": 1.5, "weight_decay": 0.05}),
}


@pytest.fixture(autouse=True)
def float64() -> Iterator[None]:
    with oracle.floatx("float64"):
        yield


def gradients_of(step: int) -> list[np.ndarray]:
    """Gradients that sometimes exceed the clips, sometimes do not, and that are all 0 in one step."""
    random = np.random.default_rng(step)
    scale = 0.0 if step == 50 else random.choice([0.05, 1.0, 3.0])
    return [random.normal(0, scale, shape) for shape in SHAPES]


def starts() -> list[np.ndarray]:
    return [np.random.default_rng(99 + i).normal(size=shape) for i, shape in enumerate(SHAPES)]


@cache
def keras_values(case: str) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Keras's variables and slots after the steps."""
    name, arguments = CASES[case]
    optimizer = getattr(keras.optimizers, name)(**arguments)
    variables = [keras.Variable(start, name=f"w{i}") for i, start in enumerate(starts())]
    optimizer.build(variables)
    apply = jax.jit(optimizer.stateless_apply)
    values, slots = ([variable.value for variable in kept] for kept in (variables, optimizer.variables))
    for step in range(STEPS):
        values, slots = apply(slots, gradients_of(step), values)
    return [np.asarray(value) for value in values], [np.asarray(slot) for slot in slots]


@pytest.mark.parametrize("traced", [False, True], ids=["eager", "traced"])
@pytest.mark.parametrize("case", CASES)
def test_hundred_steps_equal_keras(case: str, traced: bool) -> None:
    name, arguments = CASES[case]
    variables = [graph.Variable(start, name=f"w{i}") for i, start in enumerate(starts())]
    optimizer = getattr(optimizers, name)(**arguments)
    optimizer.build(variables)

    def step(*gradients: Any) -> list[Any]:
        optimizer.apply(gradients, variables)
        return []

    run = graph.trace(step, [graph.TensorSpec(shape, "float64") for shape in SHAPES]) if traced else step
    for number in range(STEPS):
        run(*gradients_of(number))

    expected, slots = keras_values(case)
    for variable, want in zip(variables, expected, strict=True):
        np.testing.assert_allclose(variable.numpy(), want, rtol=1e-8, atol=1e-14)
    assert int(optimizer.iterations.numpy()) == STEPS
    for slot, want in zip(optimizer.variables, slots, strict=True):  # in Keras's order
        np.testing.assert_allclose(slot.numpy(), want, rtol=1e-8, atol=1e-14)
        assert slot.shape == want.shape


def test_float32_variables_under_a_float64_learning_rate() -> None:
    variable = graph.Variable(np.ones(3, "float32"), dtype="float32")
    optimizer = optimizers.Adam(learning_rate=0.5)
    optimizer.apply([np.ones(3)], [variable])
    assert variable.dtype == "float32"
    assert [slot.dtype for slot in optimizer.variables] == ["int64", "float64", "float32", "float32"]
    np.testing.assert_allclose(variable.numpy(), 0.5, rtol=1e-4)


def test_scalars_are_computed_once_for_all_variables() -> None:
    variables = [graph.Variable(np.ones(shape)) for shape in SHAPES]
    optimizer = optimizers.Adam()
    optimizer.build(variables)

    def step(*gradients: Any) -> list[Any]:
        optimizer.apply(gradients, variables)
        return []

    program = graph.trace(step, [graph.TensorSpec(shape, "float64") for shape in SHAPES])
    traced, _, _ = program.explain().partition("fused graph")
    assert traced.count("= power(") == 2


def test_global_norm_is_one_over_all_gradients() -> None:
    variables = [graph.Variable(np.zeros(1)), graph.Variable(np.zeros(1))]
    optimizers.SGD(learning_rate=1.0, global_clipnorm=1.0).apply([[3.0], [4.0]], variables)
    np.testing.assert_allclose([variable.numpy()[0] for variable in variables], [-0.6, -0.8], rtol=1e-15)


def test_norms_of_broken_gradients() -> None:
    variables = [graph.Variable(np.zeros(1)), graph.Variable(np.zeros(1))]
    optimizers.SGD(learning_rate=1.0, global_clipnorm=1.0).apply([[np.inf], [1.0]], variables)
    assert all(np.isnan(variable.numpy()).all() for variable in variables)


def test_exclude_from_weight_decay() -> None:
    variables = [graph.Variable(np.ones(2), name=name) for name in ("kernel", "bias", "other")]
    optimizer = optimizers.SGD(learning_rate=1.0, weight_decay=0.5)
    optimizer.exclude_from_weight_decay(var_list=[variables[2]], var_names=["bias"])
    optimizer.apply([np.zeros(2)] * 3, variables)
    assert [variable.numpy()[0] for variable in variables] == [0.5, 1.0, 1.0]
