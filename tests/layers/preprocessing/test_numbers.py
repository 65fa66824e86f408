"""CategoryEncoding and Discretization against Keras's, on arrays and inside models."""

from __future__ import annotations

import numpy as np
import pytest
from oracle import floatx, keras

import nnfast
from nnfast import layers

RNG = np.random.default_rng(4)
SHAPES = [(), (6,), (6, 1), (6, 4), (6, 4, 3)]
NUMBERS = RNG.normal(size=(6, 4, 3)) * 3


def both(kind, **arguments):
    return [getattr(library.layers, kind)(**arguments) for library in (nnfast, keras)]


def sample(values, shape):
    return values.ravel()[: int(np.prod(shape))].reshape(shape)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("mode", ["one_hot", "multi_hot", "count"])
def test_category_encoding_is_keras(mode, shape):
    layer, oracle = both("CategoryEncoding", num_tokens=5, output_mode=mode)
    x = sample(RNG.integers(0, 5, (6, 4, 3)), shape)
    expected = np.asarray(oracle(x))
    assert layer(x).dtype == "float32"
    np.testing.assert_array_equal(layer(x), expected)
    if shape:
        assert layer.compute_output_shape((None, *shape[1:])) == (None, *expected.shape[1:]) or len(shape) == 1


def test_weights_of_counts():
    layer, oracle = both("CategoryEncoding", num_tokens=4, output_mode="count")
    x, weights = RNG.integers(0, 4, (6, 3)), RNG.random((6, 3)).astype("float32")
    expected = np.asarray(oracle(x, count_weights=weights))
    np.testing.assert_allclose(layer(x, count_weights=weights), expected, rtol=1e-6)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("mode", ["int", "one_hot", "multi_hot", "count"])
def test_discretization_is_keras(mode, shape):
    layer, oracle = both("Discretization", bin_boundaries=[-2.0, 0.0, 0.5, 3.0], output_mode=mode)
    x = sample(NUMBERS, shape)
    expected = np.asarray(oracle(x))
    assert layer(x).dtype.name == expected.dtype.name
    np.testing.assert_array_equal(layer(x), expected)
    if len(shape) > 1:
        assert layer.compute_output_shape((None, *shape[1:])) == oracle.compute_output_shape((None, *shape[1:]))


def test_numbers_on_boundaries_and_none():
    layer, oracle = both("Discretization", bin_boundaries=[0.0, 0.1, 2.0])
    x = np.array([0.0, 0.1, 2.0, -0.0, np.inf, -np.inf, np.nan, np.float32(0.1)])
    np.testing.assert_array_equal(layer(x), np.asarray(oracle(x)))


# num_bins, epsilon, how many batches, and the boundaries that Keras found, whose adapt wants TensorFlow.
ADAPTED = [
    (4, 0.01, 1, [3.364872, 7.98799, 15.615616]),
    (7, 0.1, 1, [2.154956, 3.892297, 6.439665, 9.879698, 14.349947, 20.070402]),
    (3, 0.01, 5, [4.619375, 12.693801]),
    (10, 0.2, 3, [2.779664, 5.809391, 10.682374, 17.519693]),
]


@pytest.mark.parametrize(("bins", "epsilon", "parts", "expected"), ADAPTED)
def test_discretization_adapts_as_keras(bins, epsilon, parts, expected):
    layer = layers.Discretization(num_bins=bins, epsilon=epsilon)
    data = np.linspace(1.0, 3.0, 1000) ** 3
    layer.adapt(data if parts == 1 else iter(np.array_split(data, parts)))
    np.testing.assert_allclose(layer.bin_boundaries, expected, rtol=1e-6)
    layer.adapt(data[:10])
    layer.adapt(data if parts == 1 else iter(np.array_split(data, parts)))
    np.testing.assert_allclose(layer.bin_boundaries, expected, rtol=1e-6)


def net(library):
    ages = library.Input((1,), name="ages")
    kinds = library.Input((2,), dtype="int32", name="kinds")
    encoded = [
        library.layers.Discretization([-1.0, 0.0, 1.0], output_mode="one_hot")(ages),
        library.layers.CategoryEncoding(4)(kinds),
    ]
    return library.Model([ages, kinds], library.layers.Dense(1)(library.layers.Concatenate()(encoded)))


def test_inside_a_model_they_are_keras():
    x = [RNG.normal(size=(20, 1)), RNG.integers(0, 4, (20, 2))]
    y = RNG.normal(size=(20, 1))
    with floatx("float64"):
        models = net(nnfast), net(keras)
        models[0].set_weights(models[1].get_weights())
        for model in models:
            model.compile("sgd", "mse")
            model.fit(x, y, batch_size=8, epochs=3, shuffle=False, verbose=0)
        expected = models[1].predict(x, verbose=0)
        np.testing.assert_allclose(models[0].predict(x, verbose=0), expected, rtol=1e-9, atol=1e-9)


def test_a_model_sees_what_a_layer_adapts_to():
    layer = layers.Discretization(num_bins=2)
    layer.adapt([0.0, 1.0, 2.0, 3.0])
    model = nnfast.Sequential([nnfast.Input((1,)), layer])
    x = np.array([[0.5], [2.5], [7.0]])
    assert model.predict(x, verbose=0).tolist() == [[0], [1], [1]]
    layer.adapt([2.0, 4.0, 6.0, 8.0])
    assert model.predict(x, verbose=0).tolist() == [[0], [0], [1]]


def test_files_go_both_ways(tmp_path):
    x = [RNG.normal(size=(5, 1)).astype("float32"), RNG.integers(0, 4, (5, 2))]
    for library, other in ((nnfast, keras), (keras, nnfast), (nnfast, nnfast)):
        model = net(library)
        model.save(tmp_path / "model.keras")
        loaded = other.saving.load_model(tmp_path / "model.keras")
        np.testing.assert_allclose(loaded.predict(x, verbose=0), model.predict(x, verbose=0), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        ("CategoryEncoding", {"num_tokens": 4, "output_mode": "count"}),
        ("Discretization", {"bin_boundaries": [0.0, 1.0], "output_mode": "one_hot"}),
        ("Discretization", {"num_bins": 3, "epsilon": 0.1}),
    ],
)
def test_configurations_are_keras(kind, arguments):
    layer, oracle = both(kind, **arguments, name="a")
    config, expected = layer.get_config(), oracle.get_config()
    assert config.keys() == expected.keys()
    assert {key: value for key, value in config.items() if key != "dtype"} == {
        key: value for key, value in expected.items() if key != "dtype"
    }
    assert nnfast.layers.deserialize(keras.layers.serialize(oracle)).get_config() == config
    assert keras.layers.deserialize(nnfast.layers.serialize(layer)).get_config() == expected


def test_a_configuration_keeps_what_was_adapted_to():
    layer = layers.Discretization(num_bins=2)
    layer.adapt([1.0, 2.0, 3.0, 4.0])
    again = layers.Discretization.from_config(layer.get_config())
    assert again.bin_boundaries == [2.0] and again.num_bins == 2
    assert keras.layers.Discretization.from_config(layer.get_config()).bin_boundaries == [2.0]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: layers.CategoryEncoding(), "num_tokens must be set"),
        (lambda: layers.CategoryEncoding(0), "must be >= 1"),
        (lambda: layers.CategoryEncoding(3, "int"), "Unknown arg for output_mode: int"),
        (lambda: layers.CategoryEncoding(3, sparse=True), "no sparse tensors"),
        (lambda: layers.CategoryEncoding(3)([[1]], count_weights=[[1.0]]), "`count_weights` is not used"),
        (lambda: layers.Discretization(), "either `num_bins` or `bin_boundaries`"),
        (lambda: layers.Discretization([1.0], 3), "should not be set"),
        (lambda: layers.Discretization(num_bins=-1), "greater than or equal to 0"),
        (lambda: layers.Discretization(num_bins=3)([1.0]), "call `adapt"),
        (lambda: layers.Discretization([1.0]).adapt([1.0]), "Cannot adapt"),
        (lambda: layers.Discretization([1.0], output_mode="tf_idf"), "output_mode"),
    ],
)
def test_mistakes(make, message):
    with pytest.raises(ValueError, match=message):
        make()
