from __future__ import annotations

import json

import numpy as np
import pytest

import nnfast
from nnfast import layers, ops, utils

X = np.arange(6.0, dtype="float32").reshape(2, 3)


@utils.register_keras_serializable("test_lambda")
def shifted(x, by=1.0, training=None):
    return x + by if training else x


def test_a_function_is_told_of_training_and_its_arguments():
    layer = layers.Lambda(shifted, arguments={"by": 2.0})
    np.testing.assert_array_equal(layer(X), X)
    np.testing.assert_array_equal(layer(X, training=True), X + 2)


def test_configurations_name_functions():
    for layer in (layers.Lambda(shifted, arguments={"by": 2.0}), layers.Lambda(ops.square, output_shape=(3,))):
        config = json.loads(json.dumps(layers.serialize(layer)))
        again = layers.deserialize(config)
        np.testing.assert_array_equal(again(X, training=True), layer(X, training=True))
        assert json.loads(json.dumps(layers.serialize(again))) == config
    config = layers.Lambda(ops.square).get_config()
    config["function"] = {**config["function"], "config": "unheard_of"}
    with pytest.raises(ValueError, match="unheard_of"):
        layers.Lambda.from_config(config)
    own = layers.Lambda.from_config(config, custom_objects={"unheard_of": shifted})
    assert own.function is shifted


def test_the_code_of_a_lambda_is_run_only_where_it_is_trusted():
    power = 3.0
    config = json.loads(json.dumps(layers.Lambda(lambda x, y=2.0: ops.power(x, power) * y).get_config()))
    with pytest.raises(ValueError, match="safe_mode=False"):
        layers.Lambda.from_config(config)
    np.testing.assert_allclose(layers.Lambda.from_config(config, safe_mode=False)(X), 2 * X**3)


def test_shapes_are_those_that_are_given_or_found():
    assert layers.Lambda(lambda x: x[:, :2]).compute_output_shape((None, 3)) == (None, 2)
    assert layers.Lambda(ops.square, output_shape=(7,)).compute_output_shape((None, 3)) == (None, 7)
    assert layers.Lambda(ops.square, output_shape=lambda shape: (*shape, 1)).compute_output_shape((4, 3)) == (4, 3, 1)


def test_a_fit_goes_through_it():
    model = nnfast.Sequential([nnfast.Input((3,)), layers.Dense(2), layers.Lambda(lambda x: x * x), layers.Dense(1)])
    model.compile("adam", "mse")
    history = model.fit(X, [1.0, 2.0], epochs=30, verbose=0).history["loss"]
    assert history[-1] < history[0]
