"""Optimizers by name and configuration, the learning rate, and the errors for what they cannot take."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest
from oracle import keras

from nnfast import graph, optimizers

# Keras reads its own variables in a way that NumPy 2 warns of.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

NAMES = [
    *("SGD", "RMSprop", "Adam", "AdamW", "Adagrad", "Adadelta", "Adamax", "Nadam", "Lion", "Ftrl", "Adafactor", "Lamb"),
    *("Muon", "ScheduleFreeAdamW"),
]


@pytest.mark.parametrize("name", NAMES)
def test_by_name_in_any_case(name: str) -> None:
    for spelling in (name, name.lower(), name.upper()):
        assert type(optimizers.get(spelling)) is getattr(optimizers, name)


@pytest.mark.parametrize("name", NAMES)
def test_arguments_and_configuration_are_keras_s(name: str) -> None:
    ours, theirs = getattr(optimizers, name), getattr(keras.optimizers, name)

    def arguments(optimizer: Any) -> list[tuple[str, Any]]:
        return [(argument.name, argument.default) for argument in inspect.signature(optimizer).parameters.values()]

    assert arguments(ours) == arguments(theirs)
    made = {"learning_rate": 0.25, "weight_decay": 0.5, "clipnorm": 1.0, "name": "mine"}
    assert optimizers.serialize(ours(**made)) == keras.optimizers.serialize(theirs(**made))
    again = optimizers.deserialize(optimizers.serialize(ours(**made)))
    assert type(again) is ours and again.get_config() == ours(**made).get_config()
    assert type(optimizers.get(keras.optimizers.serialize(theirs()))) is ours


def test_get() -> None:
    optimizer = optimizers.SGD()
    assert optimizers.get(optimizer) is optimizer
    assert optimizers.get(None) is None
    assert optimizers.get({"class_name": "adam", "config": {"learning_rate": 0.5}}).learning_rate.numpy() == 0.5
    with pytest.raises(ValueError, match=r"Unknown optimizer 'adamm'.*adam, .*rmsprop, .*sgd"):
        optimizers.get("adamm")
    with pytest.raises(ValueError, match="Make an instance"):
        optimizers.get(optimizers.SGD)
    with pytest.raises(ValueError, match="`inner_optimizer` must be an optimizer"):
        optimizers.get("LossScaleOptimizer")
    with pytest.raises(ValueError, match="`optimizer_map` must be an OptimizerMap, or a function"):
        optimizers.get("MultiOptimizer").build([graph.Variable(1.0)])
    with pytest.raises(ValueError, match=r"object of the kind optimizer.*OptimizerMap"):
        optimizers.get(optimizers.OptimizerMap(optimizer))
    with pytest.raises(ValueError, match=r"Expected an optimizer.*got 3"):
        optimizers.get(3)


@pytest.mark.parametrize("rate", [0.5, 1, np.float32(0.5), np.float64(0.25), 0.0])
def test_learning_rates(rate: Any) -> None:
    optimizer = optimizers.SGD(learning_rate=rate)
    assert optimizer.learning_rate.numpy() == rate
    optimizer.learning_rate = 2 * rate
    assert optimizer.learning_rate.numpy() == 2 * rate
    optimizer.learning_rate.assign(0.125)
    assert optimizer.get_config()["learning_rate"] == 0.125
    optimizer.learning_rate = optimizer.learning_rate * 2
    assert optimizer.learning_rate.numpy() == 0.25


@pytest.mark.parametrize("rate", [-0.1, float("nan"), float("inf"), "0.1", None, [0.1], True])
def test_bad_learning_rates(rate: Any) -> None:
    with pytest.raises(ValueError, match="learning_rate must be a number >= 0"):
        optimizers.SGD(learning_rate=rate)
    optimizer = optimizers.SGD()
    with pytest.raises(ValueError, match="learning_rate must be a number >= 0"):
        optimizer.learning_rate = rate


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: optimizers.SGD(momentum=1.5), r"`momentum` must be a float between \[0, 1\]\. Received: momentum=1.5"),
        (lambda: optimizers.RMSprop(rho=-1.0), r"`rho` must be a float between \[0, 1\]"),
        (lambda: optimizers.Adam(beta_1="0.9"), r"`beta_1` must be a float between \[0, 1\]\. Received: beta_1='0.9'"),
        (lambda: optimizers.Adam(epsilon=-1.0), "`epsilon` needs to be positive or zero. Received: epsilon=-1.0"),
        (lambda: optimizers.AdamW(weight_decay=None), "`weight_decay` must be a float"),
        (lambda: optimizers.Lion(beta_1=0.0), "degenerates to SignSGD"),
        (lambda: optimizers.Ftrl(learning_rate_power=0.5), "`learning_rate_power` needs to be negative or zero"),
        (lambda: optimizers.Ftrl(l1_regularization_strength=-1), "`l1_regularization_strength` needs to be positive"),
        (lambda: optimizers.Muon().zeropower_via_newtonschulz5([1.0], 5), r"at least 2 dimensions, got shape \(1,\)"),
        (lambda: optimizers.SGD(weight_decay=-1.0), "`weight_decay` needs to be positive or zero"),
        (lambda: optimizers.SGD(clipnorm=1.0, clipvalue=1.0), "Only one of `clipnorm`, `clipvalue`"),
        (lambda: optimizers.SGD(clipnorm=0.0), "clipnorm must be a number > 0, got 0.0"),
        (lambda: optimizers.SGD(global_clipnorm=-1.0), "global_clipnorm must be a number > 0"),
        (lambda: optimizers.SGD(use_ema=True, ema_momentum=1.5), "`ema_momentum` must be a float between"),
        (
            lambda: optimizers.SGD(use_ema=True, ema_overwrite_frequency=0),
            "`ema_overwrite_frequency` must be",
        ),
        (
            lambda: optimizers.SGD(gradient_accumulation_steps=1),
            "integer >= 2",
        ),
        (lambda: optimizers.schedules.ExponentialDecay(0.1, 0, 0.5), "`decay_steps` must be > 0"),
        (lambda: optimizers.schedules.PiecewiseConstantDecay([1], [0.1]), "length of boundaries"),
        (lambda: optimizers.SGD(lr=0.1), "Unknown arguments of SGD: lr. The learning rate is called learning_rate"),
    ],
)
def test_bad_arguments(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def test_decay_is_ignored_with_a_warning() -> None:
    with pytest.warns(UserWarning, match="`decay` is ignored"):
        optimizers.SGD(0.01, 0.9, True, decay=1e-6)


def test_apply_without_variables_and_apply_gradients() -> None:
    variable = graph.Variable([1.0, 2.0])
    optimizer = optimizers.SGD(learning_rate=1.0)
    optimizer.build([variable])
    optimizer.apply([[1.0, 1.0]])
    assert variable.numpy().tolist() == [0.0, 1.0]
    assert optimizer.apply_gradients([([1.0, 1.0], variable)]) is optimizer.iterations
    assert int(optimizer.iterations.numpy()) == 2
    optimizer.apply([], [])
    assert int(optimizer.iterations.numpy()) == 2


def test_a_missing_gradient_leaves_its_variable() -> None:
    first, second = graph.Variable([1.0], name="first"), graph.Variable([1.0], name="second")
    optimizer = optimizers.SGD(learning_rate=1.0)
    with pytest.warns(UserWarning, match=r"No gradients for the variables \['second'\]"):
        optimizer.apply([[1.0], None], [first, second])
    assert (first.numpy()[0], second.numpy()[0]) == (0.0, 1.0)
    with pytest.raises(ValueError, match="No gradients provided"):
        optimizer.apply([None, None], [first, second])


def test_errors_of_apply_change_nothing() -> None:
    variable = graph.Variable([1.0, 2.0], name="w")
    optimizer = optimizers.Adam()
    optimizer.build([variable])
    with pytest.raises(ValueError, match=r"'w' must have its shape \(2,\), got \(3,\)"):
        optimizer.apply([np.ones(3)], [variable])
    with pytest.raises(ValueError, match="each of 1 variables, got 2 gradients"):
        optimizer.apply([np.ones(2), np.ones(2)], [variable])
    with pytest.raises(ValueError, match=r"not built for the variables \['stranger'\]"):
        optimizer.apply([np.ones(2)], [graph.Variable([0.0, 0.0], name="stranger")])
    assert variable.numpy().tolist() == [1.0, 2.0] and int(optimizer.iterations.numpy()) == 0


def test_custom_optimizer_as_keras_documents_it() -> None:
    class Momentum(optimizers.Optimizer):
        def __init__(self, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.momentum = 0.5

        def build(self, variables: Any) -> None:
            super().build(variables)
            self.momentums = [self.add_variable_from_reference(v, name="momentum") for v in variables]

        def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
            momentum = self.momentums[self._get_variable_index(variable)]
            momentum.assign(momentum * self.momentum - gradient * learning_rate)
            variable.assign_add(momentum)

    variable = graph.Variable([1.0], name="w")
    optimizer = Momentum(learning_rate=1.0)
    for _ in range(2):
        optimizer.apply([[1.0]], [variable])
    assert variable.numpy()[0] == -1.5
    assert [v.name for v in optimizer.variables] == ["iteration", "learning_rate", "w_momentum"]
