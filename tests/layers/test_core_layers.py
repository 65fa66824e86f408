from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nnfast import activations, config, layers, utils

RNG = np.random.default_rng(1)


@pytest.mark.parametrize("shape", [(5, 4), (1, 4), (2, 3, 4), (2, 3, 5, 4), (0, 4)])
@pytest.mark.parametrize("use_bias", [True, False])
@pytest.mark.parametrize("activation", [None, "relu", "softmax", "tanh"])
def test_dense_is_keras_dense(shape, use_bias, activation):
    keras = pytest.importorskip("keras")
    x = RNG.normal(size=shape).astype("float32")
    oracle = keras.layers.Dense(6, activation=activation, use_bias=use_bias)
    oracle.build(shape)
    layer = layers.Dense(6, activation=activation, use_bias=use_bias)
    layer.build(shape)
    layer.set_weights([RNG.normal(size=weight.shape) for weight in layer.weights])
    oracle.set_weights(layer.get_weights())
    assert layer.compute_output_shape(shape) == (*shape[:-1], 6)
    np.testing.assert_allclose(layer(x), np.asarray(oracle(x)), rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize("dtype", ["uint8", "int32", "int64", "bool", "float64"])
def test_dense_takes_numbers_of_any_dtype(dtype):
    result = layers.Dense(2, kernel_initializer="ones")(np.ones((2, 3), dtype))
    assert result.dtype == np.float32
    assert result.tolist() == [[3.0, 3.0], [3.0, 3.0]]


def test_dense_names_itself_and_what_came():
    layer = layers.Dense(3, name="dense")
    with pytest.raises(ValueError, match=r"Layer 'dense' got .*\(784,\).*expected min_ndim=2, found ndim=1"):
        layer(np.ones(784))
    assert layer.weights == []
    layer.build((None, 784))
    message = r"'dense' got an input of shape \(32, 100\).*expected axis -1 of input shape to have value 784, found 100"
    with pytest.raises(ValueError, match=message):
        layer(np.ones((32, 100)))
    with pytest.raises(ValueError, match="last dimension"):
        layers.Dense(3).build((None, None))


@pytest.mark.parametrize("units", [0, -3, 2.5, "3", None, True])
def test_dense_refuses_units_that_are_not_positive(units):
    with pytest.raises(ValueError, match="positive integer"):
        layers.Dense(units)


def test_dense_refuses_what_it_does_not_do():
    with pytest.raises(ValueError, match="l3"):
        layers.Dense(3, kernel_regularizer="l3")
    with pytest.raises(ValueError, match="negative"):
        layers.Dense(3, kernel_constraint="negative")
    with pytest.raises(ValueError, match="rleu"):
        layers.Dense(3, activation="rleu")
    with pytest.raises(ValueError, match="glorot"):
        layers.Dense(3, kernel_initializer="glorot")


def test_dense_keeps_nan():
    assert np.isnan(layers.Dense(2)(np.array([[np.nan, 1.0]]))).all()


def test_dense_starts_from_its_initializers():
    layer = layers.Dense(4, kernel_initializer="he_normal", bias_initializer="ones", dtype="float64")
    layer.build((None, 1000))
    assert layer.kernel.dtype == "float64"
    assert layer.kernel.numpy().var() == pytest.approx(2 / 1000, rel=0.1)
    assert layer.bias.numpy().tolist() == [1.0] * 4
    assert layers.Dense(3, use_bias=False).bias_initializer is not None


def test_two_dense_layers_start_differently_and_a_seed_repeats_them():
    def start():
        utils.set_random_seed(4)
        pair = [layers.Dense(3), layers.Dense(3)]
        for layer in pair:
            layer.build((None, 3))
        return [layer.get_weights()[0] for layer in pair]

    (first, second), again = start(), start()
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal([first, second], again)


@pytest.mark.parametrize("shape", [(3,), (3, 4), (2, 3, 4), (2, 3, 4, 5), (0, 3, 4), (3, 0, 2)])
@pytest.mark.parametrize("data_format", [None, "channels_first"])
def test_flatten_is_keras_flatten(shape, data_format):
    keras = pytest.importorskip("keras")
    x = RNG.normal(size=shape).astype("float32")
    oracle = keras.layers.Flatten(data_format)
    layer = layers.Flatten(data_format)
    np.testing.assert_array_equal(layer(x), np.asarray(oracle(x)))
    assert layer.compute_output_shape((None, *shape[1:])) == oracle.compute_output_shape((None, *shape[1:]))


def test_flatten_keeps_integers_and_checks_its_argument():
    assert layers.Flatten()(np.ones((2, 3, 4), "uint8")).dtype == np.uint8
    assert layers.Flatten().compute_output_shape((None, None, 3)) == (None, None)
    with pytest.raises(ValueError, match="channels_middle"):
        layers.Flatten("channels_middle")


def test_dropout_drops_at_its_rate_and_keeps_the_mean():
    x = np.ones((200, 500), "float32")
    y = np.asarray(layers.Dropout(0.2, seed=1)(x, training=True))
    assert set(np.unique(y)) == {np.float32(0.0), np.float32(1.25)}
    assert (y == 0).mean() == pytest.approx(0.2, abs=0.01)


def test_dropout_outside_training_and_at_the_ends():
    x = RNG.normal(size=(3, 4)).astype("float32")
    for rate in (0, 0.5, 1):
        np.testing.assert_array_equal(layers.Dropout(rate)(x), x)
        np.testing.assert_array_equal(layers.Dropout(rate)(x, training=False), x)
    np.testing.assert_array_equal(layers.Dropout(0)(x, training=True), x)
    np.testing.assert_array_equal(layers.Dropout(1)(x, training=True), np.zeros_like(x))


def test_dropout_draws_anew_at_each_call_and_repeats_with_its_seed():
    x = np.ones((10, 10), "float32")
    layer = layers.Dropout(0.5, seed=7)
    first, second = np.array(layer(x, training=True)), np.array(layer(x, training=True))
    assert not np.array_equal(first, second)
    again = layers.Dropout(0.5, seed=7)
    np.testing.assert_array_equal(first, again(x, training=True))
    np.testing.assert_array_equal(second, again(x, training=True))
    assert layer.weights == []
    assert [variable.shape for variable in layer.variables] == [(2,)]


def test_dropout_shares_its_mask_along_a_noise_shape():
    y = np.asarray(layers.Dropout(0.5, noise_shape=(None, 1, 8), seed=2)(np.ones((4, 5, 8), "float32"), training=True))
    assert (y == y[:, :1]).all()
    assert 0 < (y == 0).mean() < 1


@pytest.mark.parametrize("rate", [-0.1, 1.1, "0.5", None, float("nan")])
def test_dropout_refuses_rates_outside_of_0_to_1(rate):
    with pytest.raises(ValueError, match="between 0 and 1"):
        layers.Dropout(rate)


def test_dropout_refuses_noise_shapes_that_are_none():
    with pytest.raises(ValueError, match="shape"):
        layers.Dropout(0.5, noise_shape="ab")


def test_activation_applies_its_function():
    x = np.array([[-1.0, 2.0]], "float32")
    assert layers.Activation("relu")(x).tolist() == [[0.0, 2.0]]
    assert layers.Activation(lambda x: x * 2.0)(x).tolist() == [[-2.0, 4.0]]
    assert layers.Activation(activations.relu).get_config()["activation"] == "relu"
    with pytest.raises(ValueError, match="rleu"):
        layers.Activation("rleu")


def test_input_is_symbolic_and_needs_a_shape():
    tensor = layers.Input((28, 28))
    assert (tensor.shape, tensor.dtype) == ((None, 28, 28), "float32")
    assert layers.Input((3,), batch_size=7, dtype="uint8").shape == (7, 3)
    assert layers.Input(batch_shape=(None, 3)).shape == (None, 3)
    assert layers.InputLayer(input_shape=(3,)).batch_shape == (None, 3)
    for arguments in ({}, {"shape": 3}, {"shape": (3,), "batch_shape": (None, 3)}, {"shape": (3,), "dtype": "text"}):
        with pytest.raises(ValueError, match=r"shape|element type"):
            layers.Input(**arguments)


@pytest.mark.parametrize(
    "layer",
    [
        layers.Dense(3, "relu", use_bias=False, kernel_initializer="he_normal", name="a"),
        layers.Flatten("channels_first"),
        layers.Dropout(0.3, (None, 1), seed=3),
        layers.Activation("tanh", dtype="float64"),
        layers.InputLayer((3,), 5, "int32"),
    ],
)
def test_configs_come_back(layer):
    config = layers.serialize(layer)
    copied = layers.deserialize(config)
    assert type(copied) is type(layer)
    assert layers.serialize(copied) == config


def test_deserialize_knows_custom_layers_and_names_unknown_ones():
    class Mine(layers.Layer):
        pass

    config = layers.serialize(Mine())
    with pytest.raises(ValueError, match=r"'Mine'.*dense"):
        layers.deserialize(config)
    assert type(layers.deserialize(config, {"Mine": Mine})) is Mine


def test_a_wrapper_is_built_and_described_with_its_layer() -> None:
    class Twice(layers.Wrapper):
        def call(self, inputs: Any) -> Any:
            return self.layer(self.layer(inputs))

    wrapper = Twice(layers.Dense(3, name="inner"), name="outer")
    outputs = wrapper(np.ones((2, 3), "float32"))
    assert len(wrapper.trainable_variables) == 2 and wrapper.layer.built
    again = Twice.from_config(wrapper.get_config())
    assert again.get_config() == wrapper.get_config() and again.layer is not wrapper.layer
    again.build((None, 3))
    again.set_weights(wrapper.get_weights())
    np.testing.assert_array_equal(again(np.ones((2, 3), "float32")), outputs)
    with pytest.raises(ValueError, match="isn't a supported layer type"):
        layers.Wrapper(3)


def test_the_image_data_format_is_that_of_the_configuration():
    config.set_image_data_format("channels_first")
    try:
        kinds = layers.GlobalMaxPooling2D, layers.SpatialDropout2D, layers.Flatten
        made = [kind(*([0.5] if kind is layers.SpatialDropout2D else [])).data_format for kind in kinds]
        scaled = layers.Rescaling([1.0, 2.0])(np.ones((1, 2, 2, 2)))
    finally:
        config.set_image_data_format("channels_last")
    assert made == ["channels_first"] * 3
    assert np.asarray(scaled)[0, :, 0, 0].tolist() == [1.0, 2.0] and np.asarray(scaled)[0, 1].min() == 2.0
