"""Pickles and deep copies: of models as they stand in the midst of training, and of what models are made of."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nnfast
from nnfast import layers, ops

X = np.random.default_rng(0).normal(size=(40, 5)).astype("float32")
Y = np.arange(40) % 3
HOWS = {"pickle": lambda item: pickle.loads(pickle.dumps(item)), "deepcopy": copy.deepcopy}


class Blocks(nnfast.Model):
    def __init__(self) -> None:
        super().__init__()
        self.blocks = [layers.Dense(4, activation="relu"), layers.Dropout(0.3)]
        self.last = layers.Dense(3)

    def call(self, inputs: Any) -> Any:
        for block in self.blocks:
            inputs = block(inputs)
        return self.last(inputs)


def functional() -> nnfast.Model:
    inputs = nnfast.Input((5,))
    shared = layers.Dense(4)
    joined = ops.add(shared(inputs), shared(inputs * 2.0))
    return nnfast.Model(inputs, nnfast.Sequential([layers.Dropout(0.2), layers.Dense(3)])(joined))


def sequential() -> nnfast.Model:
    return nnfast.Sequential(
        [layers.Dense(6, "relu"), layers.Dropout(0.2), layers.BatchNormalization(), layers.Dense(3)]
    )


@pytest.mark.parametrize("how", HOWS.values(), ids=HOWS)
@pytest.mark.parametrize("make", [sequential, functional, Blocks])
@pytest.mark.parametrize("optimizer", ["adam", nnfast.optimizers.SGD(0.1, momentum=0.9, nesterov=True)])
def test_a_copy_goes_on_as_the_model_does(make: Callable[[], Any], optimizer: Any, how: Callable[[Any], Any]) -> None:
    nnfast.utils.set_random_seed(1)
    model = make()
    loss = nnfast.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(copy.deepcopy(optimizer), loss, metrics=["accuracy"])
    model.fit(X, Y, epochs=2, verbose=0)
    twin = how(model)
    assert not {id(weight) for weight in twin.weights} & {id(weight) for weight in model.weights}
    histories = []
    for one in (model, twin):  # the order of the samples is drawn from a generator that the process shares
        nnfast.utils.set_random_seed(2)
        histories.append(one.fit(X, Y, epochs=2, batch_size=7, verbose=0).history)
    assert histories[0] == histories[1] and int(twin.optimizer.iterations) == int(model.optimizer.iterations)
    for ours, theirs in zip(model.get_weights(), twin.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    before = model.get_weights()
    twin.fit(X, Y, verbose=0)
    assert all(np.array_equal(now, then) for now, then in zip(model.get_weights(), before, strict=True))


@pytest.mark.parametrize("how", HOWS.values(), ids=HOWS)
def test_parts_are_copied(how: Callable[[Any], Any]) -> None:
    dense = layers.Dense(3, kernel_regularizer="l2", kernel_constraint="unit_norm")
    expected = dense(X)
    twin = how(dense)
    np.testing.assert_array_equal(twin(X), expected)
    twin.kernel.assign(twin.kernel * 2.0)
    np.testing.assert_array_equal(dense(X), expected)
    variable = nnfast.Variable([1.0, 2.0], dtype="float64", trainable=False, name="pair")
    again = how(variable)
    assert (again.name, again.dtype, again.trainable, again.numpy().tolist()) == ("pair", "float64", False, [1.0, 2.0])
    metric = nnfast.metrics.AUC()
    metric.update_state([0, 1, 1], [0.2, 0.3, 0.9])
    assert float(how(metric).result()) == float(metric.result())
    assert how(nnfast.losses.Huber(2.0)).get_config() == nnfast.losses.Huber(2.0).get_config()


def test_copies_of_lists_of_layers_go_on_tracking() -> None:
    model = Blocks()
    model(X)
    twin = copy.deepcopy(model)
    twin.blocks.append(layers.Dense(4))
    assert len(twin.layers) == 4 and len(model.layers) == 3


def test_what_is_left_out_of_weight_decay_stays_so() -> None:
    bias, kernel = nnfast.Variable([1.0], name="bias"), nnfast.Variable([1.0], name="kernel")
    optimizer = nnfast.optimizers.SGD(1.0, weight_decay=0.5)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    optimizer.build([bias, kernel])
    bias, kernel, optimizer = pickle.loads(pickle.dumps((bias, kernel, optimizer)))
    optimizer.apply([[0.0], [0.0]], [bias, kernel])
    assert (bias.numpy().tolist(), kernel.numpy().tolist()) == ([1.0], [0.5])
