"""What layers and their weights add to the loss, and what keeps weights in bounds, as in Keras."""

from __future__ import annotations

import numpy as np
import pytest
from oracle import floatx, keras

import nnfast

RNG = np.random.default_rng(3)
X = RNG.normal(size=(50, 4))
Y = RNG.normal(size=(50, 2))

ARGUMENTS = {
    "kernel_regularizer": {"kernel_regularizer": "l2"},
    "bias_regularizer": {"bias_regularizer": "l1", "bias_initializer": "ones"},
    "activity_regularizer": {"activity_regularizer": "l2"},
    "all regularizers": {
        "kernel_regularizer": "L1L2",
        "bias_regularizer": "l2",
        "activity_regularizer": "l1",
        "activation": "tanh",
    },
    "orthogonal": {"kernel_regularizer": "orthogonal_regularizer"},
    "unit_norm": {"kernel_constraint": "unit_norm"},
    "max_norm": {"kernel_constraint": "max_norm", "bias_constraint": "non_neg"},
    "all": {"kernel_regularizer": "l2", "kernel_constraint": "non_neg", "activity_regularizer": "l2"},
}


def trained(library, arguments, weights, loss="mse", optimizer="adam"):
    model = library.Sequential(
        [library.Input((4,)), library.layers.Dense(3, **arguments), library.layers.Dense(2, kernel_regularizer="l2")]
    )
    model.set_weights(weights)
    model.compile(optimizer, loss, metrics=["mse"])
    history = model.fit(X, Y, batch_size=16, epochs=3, shuffle=False, verbose=0, validation_split=0.2).history
    return model, history


@pytest.mark.parametrize(("name", "dtype"), [*((name, "float64") for name in ARGUMENTS), ("all", "float32")])
def test_dense_trains_with_regularizers_and_constraints_as_keras(name, dtype):
    with floatx(dtype):
        weights = [RNG.normal(size=shape) for shape in ((4, 3), (3,), (3, 2), (2,))]
        (model, history), (oracle, expected) = (trained(lib, ARGUMENTS[name], weights) for lib in (nnfast, keras))
        tolerance = {"rtol": 1e-9, "atol": 1e-12} if dtype == "float64" else {"rtol": 1e-4, "atol": 1e-5}
        assert history.keys() == expected.keys()
        for key, values in history.items():
            np.testing.assert_allclose(values, expected[key], **tolerance, err_msg=key)
        for ours, theirs in zip(model.get_weights(), oracle.get_weights(), strict=True):
            np.testing.assert_allclose(ours, theirs, **tolerance)
        np.testing.assert_allclose(
            model.evaluate(X, Y, batch_size=16, verbose=0), oracle.evaluate(X, Y, batch_size=16, verbose=0), **tolerance
        )
        ours, theirs = (lib.layers.serialize(m.layers[0])["config"] for lib, m in ((nnfast, model), (keras, oracle)))
        for key in ARGUMENTS[name]:
            assert ours[key] == theirs[key] or ours[key]["config"] == theirs[key]["config"]
        again = nnfast.layers.deserialize(nnfast.layers.serialize(model.layers[0]))
        assert again.get_config() == model.layers[0].get_config()


def test_losses_are_those_of_the_last_call_and_of_trainable_weights():
    layer = nnfast.layers.Dense(2, kernel_initializer="ones", kernel_regularizer="l2", activity_regularizer="l1")
    assert layer.losses == []
    layer(np.ones((4, 3)))
    layer(np.ones((4, 3)))
    assert [float(loss) for loss in layer.losses] == pytest.approx([0.01 * 3 * 2, 0.01 * 6])
    layer.trainable = False
    assert len(layer.losses) == 1
    layer(np.zeros((0, 3)))
    assert float(layer.losses[0]) == 0.0


def test_a_model_that_was_called_knows_what_its_layers_added():
    model = nnfast.Sequential([nnfast.layers.Dense(2, kernel_initializer="ones", activity_regularizer="l1")])
    for value in (1.0, 2.0):
        model(np.full((4, 3), value))
        assert [float(loss) for loss in model.losses] == pytest.approx([0.01 * 6 * value])
    assert model.layers[0].losses[0] is model.losses[0]
    assert model.predict(np.zeros((0, 3)), verbose=0).shape == (0, 2)
    assert [float(loss) for loss in model.losses] == [0.0]


class Penalty(nnfast.layers.Layer):
    def call(self, inputs):
        self.add_loss(nnfast.ops.mean(nnfast.ops.square(inputs), axis=-1))
        self.add_loss([nnfast.ops.sum(inputs) * 0.0])
        return inputs


class KerasPenalty(keras.layers.Layer):
    def call(self, inputs):
        self.add_loss(keras.ops.mean(keras.ops.square(inputs), axis=-1))
        self.add_loss([keras.ops.sum(inputs) * 0.0])
        return inputs


@pytest.mark.parametrize("loss", [None, "mse"])
def test_layers_add_to_the_loss(loss):
    with floatx("float64"):
        weights = [RNG.normal(size=(4, 2)), RNG.normal(size=(2,))]
        results = []
        for library, penalty in ((nnfast, Penalty), (keras, KerasPenalty)):
            inputs = library.Input((4,))
            model = library.Model(inputs, penalty()(library.layers.Dense(2)(inputs)))
            model.set_weights(weights)
            model.compile("sgd", loss)
            y = None if loss is None else Y
            history = model.fit(X, y, batch_size=16, epochs=2, shuffle=False, verbose=0).history["loss"]
            results.append([*history, *(weight.ravel().tolist() for weight in model.get_weights())])
        for ours, theirs in zip(*results, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-9)


def test_a_model_adds_to_its_own_loss():
    class Model(nnfast.Model):
        def __init__(self):
            super().__init__()
            self.dense = nnfast.layers.Dense(1, kernel_initializer="ones")

        def call(self, inputs):
            outputs = self.dense(inputs)
            self.add_loss(nnfast.ops.mean(outputs))
            return outputs

    model = Model()
    model.compile("sgd")
    history = model.fit(np.ones((8, 2)), epochs=2, verbose=0).history["loss"]
    assert history == pytest.approx([2.0, 2.0 - 0.01 * 3])


def test_without_any_loss_there_is_nothing_to_train():
    model = nnfast.Sequential([nnfast.Input((4,)), nnfast.layers.Dense(2)])
    model.compile("sgd")
    with pytest.raises(ValueError, match="There is no loss"):
        model.fit(X, verbose=0)


def test_what_is_added_is_a_tensor():
    with pytest.raises(ValueError, match=r"'layer' expects tensors to add to the loss, got 'text'"):
        nnfast.layers.Layer(name="layer").add_loss("text")


def test_a_constraint_is_part_of_the_traced_step():
    model = nnfast.Sequential([nnfast.Input((4,)), nnfast.layers.Dense(2, kernel_constraint=lambda w: w * 0.0)])
    model.compile("sgd", "mse")
    model.fit(X, Y, verbose=0)
    assert not model.get_weights()[0].any()
