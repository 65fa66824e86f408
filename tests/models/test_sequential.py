from __future__ import annotations

import numpy as np
import pytest

from nnfast import Input, Sequential, initializers, layers, utils

RNG = np.random.default_rng(2)


def reference_net(**arguments):
    return Sequential(
        [
            Input((28, 28)),
            layers.Flatten(),
            layers.Dense(16, activation="relu"),
            layers.Dropout(0.2),
            layers.Dense(10, activation="softmax"),
        ],
        **arguments,
    )


def same_keras_net(keras, model):
    oracle = keras.Sequential(
        [
            keras.Input((28, 28)),
            keras.layers.Flatten(),
            keras.layers.Dense(16, activation="relu"),
            keras.layers.Dropout(0.2),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    oracle.set_weights(model.get_weights())
    return oracle


@pytest.mark.parametrize("dtype", ["uint8", "float32", "float64"])
@pytest.mark.parametrize("samples", [1, 3, 70])
def test_a_model_computes_what_keras_does(dtype, samples):
    keras = pytest.importorskip("keras")
    model = reference_net()
    x = (RNG.random((samples, 28, 28)) * 3).astype(dtype)
    result = model(x)
    assert result.dtype == np.float32
    np.testing.assert_allclose(result, np.asarray(same_keras_net(keras, model)(x)), rtol=2e-5, atol=1e-7)
    np.testing.assert_allclose(np.sum(result, axis=1), 1.0, rtol=1e-6)


def test_the_same_layers_as_keras_have_the_same_names_and_shapes():
    keras = pytest.importorskip("keras")
    utils.clear_session()
    keras.utils.clear_session()
    model = reference_net()
    oracle = same_keras_net(keras, model)
    assert model.name == oracle.name
    assert [layer.name for layer in model.layers] == [layer.name for layer in oracle.layers]
    assert [weight.shape for weight in model.weights] == [weight.shape for weight in oracle.weights]
    assert [weight.name for weight in model.weights] == [weight.name for weight in oracle.weights]
    assert len(model.variables) == len(oracle.variables)
    assert (model.input_shape, model.output_shape) == (oracle.input_shape, oracle.output_shape)
    assert model.count_params() == oracle.count_params()
    assert repr(model) == repr(oracle)


def test_a_model_without_input_builds_at_its_first_call():
    model = Sequential([layers.Dense(3), layers.Dense(2)])
    assert not model.built
    assert model.weights == []
    for attribute in ("input_shape", "output_shape"):
        with pytest.raises(AttributeError, match="before it is built"):
            getattr(model, attribute)
    assert model(np.ones((5, 4))).shape == (5, 2)
    assert model.built
    assert (model.input_shape, model.output_shape) == ((None, 4), (None, 2))
    assert model(np.ones((7, 4))).shape == (7, 2)


@pytest.mark.parametrize("argument", [{"input_shape": (4,)}, {"input_shape": [4]}, {"input_dim": 4}])
def test_the_first_layer_may_say_the_input_shape(argument):
    model = Sequential([layers.Dense(3, **argument), layers.Dense(2)])
    assert model.built
    assert model.input_shape == (None, 4)
    assert len(model.layers) == 2


def test_build_by_hand():
    model = Sequential([layers.Dense(3)])
    model.build((None, 4))
    model.build([None, 4])
    assert model.count_params() == 15
    with pytest.raises(ValueError, match=r"\(None, 4\).*\(None, 5\)"):
        model.build((None, 5))
    with pytest.raises(ValueError, match="no layers"):
        Sequential().build((None, 3))
    with pytest.raises(ValueError, match="no layers"):
        Sequential()(np.ones((3, 3)))


def test_add_builds_as_it_goes():
    model = Sequential()
    model.add(Input((4,)))
    model.add(layers.Dense(3))
    assert model.output_shape == (None, 3)
    first = model.get_weights()
    model.add(layers.Dense(2))
    assert model.output_shape == (None, 2)
    np.testing.assert_array_equal(model.get_weights()[0], first[0])
    assert model(np.ones((1, 4))).shape == (1, 2)
    model.add(layers.Activation("softmax"))
    np.testing.assert_allclose(np.sum(model(np.ones((1, 4)))), 1.0, rtol=1e-6)


def test_add_before_the_input_is_known():
    model = Sequential(name="my net")
    model.add(layers.Dense(3))
    model.add(layers.Dense(2))
    assert not model.built
    model.build((None, 4))
    assert len(model.layers) == 2


def test_a_single_layer_makes_a_model():
    assert [layer.units for layer in Sequential(layers.Dense(3)).layers] == [3]


def test_pop_takes_the_last_layer_off():
    model = Sequential([Input((4,)), layers.Dense(3), layers.Dense(2)])
    assert model(np.ones((1, 4))).shape == (1, 2)
    assert model.pop().units == 2
    assert model(np.ones((1, 4))).shape == (1, 3)
    assert len(model.weights) == 2
    model.pop()
    assert not model.built
    with pytest.raises(ValueError, match="no layers"):
        model.pop()
    model.add(layers.Dense(5))
    assert model.output_shape == (None, 5)


def test_what_can_not_be_added_leaves_the_model_as_it_was():
    class Refusing(layers.Layer):
        def build(self, input_shape):
            raise RuntimeError("no")

    model = Sequential([Input((4,)), layers.Dense(3, name="dense")], name="net")
    for wrong, said in (
        (3, "'net' takes layers, got 3"),
        (layers.Dense(2, name="dense"), "already has a layer called 'dense'"),
        (Input((3,)), "first layer"),
        (layers.InputLayer((3,)), "first layer"),
    ):
        with pytest.raises(ValueError, match=said):
            model.add(wrong)
    with pytest.raises(RuntimeError, match="no"):
        model.add(Refusing())
    assert len(model.layers) == 1
    assert model(np.ones((1, 4))).shape == (1, 3)


def test_one_layer_twice_shares_its_weights():
    shared = layers.Dense(4)
    model = Sequential([Input((4,)), shared, shared])
    assert len(model.weights) == 2
    x = RNG.random((2, 4)).astype("float32")
    np.testing.assert_allclose(model(x), shared(shared(x)), rtol=1e-6)
    with pytest.raises(ValueError, match="expected axis -1 of input shape to have value 4"):
        Sequential([Input((4,)), layers.Dense(3), shared])


def test_models_nest():
    inner = Sequential([Input((4,)), layers.Dense(3), layers.Dropout(0.5)], name="inner")
    model = Sequential([inner, layers.Dense(2)])
    assert model.built
    assert model.input_shape == (None, 4)
    assert len(model.weights) == 4
    x = RNG.random((2, 4)).astype("float32")
    np.testing.assert_allclose(model(x), model.layers[1](inner(x)), rtol=1e-6)
    inner.layers[0].set_weights([np.zeros((4, 3)), np.zeros(3)])
    np.testing.assert_array_equal(model(x), np.zeros((2, 2), "float32"))


def test_wrong_shapes_name_the_model_the_layer_and_what_came():
    model = reference_net(name="net")
    first = model.layers[0].name
    for shape in ((32, 100), (32, 28, 27), (28,), (2, 28, 28, 3)):
        message = rf"'net'.*'{first}': expected shape=\(None, 28, 28\), found shape={shape}"
        with pytest.raises(ValueError, match=message.replace(f"{shape}", f"\\({str(shape)[1:-1]}\\)")):
            model(np.ones(shape))
    with pytest.raises(TypeError, match=r"'net'.*float"):
        model(3.0)
    with pytest.raises(ValueError, match=r"'net'.*single value"):
        model(np.float32(3.0))
    with pytest.raises(ValueError, match=r"'net'.*numbers"):
        model([["a", "b"]])


def test_without_an_input_the_layers_say_which_sizes_suit():
    texts = Sequential([layers.Embedding(9, 2), layers.GlobalAveragePooling1D(), layers.Dense(1)], name="texts")
    texts.compile("sgd", "mse")
    texts.fit(np.ones((4, 7), "int32"), np.ones(4), verbose=0)
    longer = np.arange(18).reshape(2, 9) % 9
    assert texts.predict(longer, verbose=0).shape == texts(longer).shape == (2, 1)
    texts.fit(longer, np.ones(2), verbose=0)
    with pytest.raises(ValueError, match=r"'texts'.*shape"):
        texts(np.ones((2, 3, 4), "int32"))
    rows = Sequential([layers.Dense(1)])
    rows(np.ones((2, 3)))
    with pytest.raises(ValueError, match="expected axis -1 of input shape to have value 3"):
        rows(np.ones((2, 4)))


def test_a_last_dimension_of_one_may_be_missing_or_extra():
    model = Sequential([Input((1,)), layers.Dense(2, kernel_initializer="ones")])
    assert model(np.array([1.0, 2.0])).tolist() == [[1.0, 1.0], [2.0, 2.0]]
    assert reference_net()(np.ones((2, 28, 28, 1))).shape == (2, 10)


def test_layers_names_and_lookups():
    model = reference_net(name="net")
    dense = model.layers[1]
    assert model.get_layer(dense.name) is model.get_layer(index=1) is dense
    assert model.get_layer(index=-1) is model.layers[-1]
    for arguments in ({}, {"name": "a", "index": 1}, {"name": "a"}, {"index": 9}):
        with pytest.raises(ValueError, match=r"name|layers"):
            model.get_layer(**arguments)


def test_set_weights_moves_weights_between_models():
    first, second = reference_net(), reference_net()
    x = RNG.random((3, 28, 28)).astype("float32")
    assert not np.array_equal(first(x), second(x))
    second.set_weights(first.get_weights())
    np.testing.assert_array_equal(first(x), second(x))
    before = second.get_weights()
    with pytest.raises(ValueError, match="3"):
        second.set_weights(before[:3])
    with pytest.raises(ValueError, match=r"\(16, 10\)"):
        second.set_weights([*before[:2], before[2].T, before[3]])
    for weight, value in zip(second.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, value)


def test_calls_run_one_program_for_all_batch_sizes():
    model = reference_net()
    for samples in (1, 5, 3):
        model(np.ones((samples, 28, 28), "float32"))
    assert len(model._programs) == 1
    model(np.ones((2, 28, 28), "float32"), training=True)
    assert len(model._programs) == 2


def test_a_models_programs_are_bounded():
    model = Sequential([Input((None, 2)), layers.Dense(1)])
    for length in range(1, 60):
        assert model(np.ones((1, length, 2), "float32")).shape == (1, length, 1)
    assert len(model._programs) <= 32


def test_training_switches_dropout_on():
    model = Sequential([Input((100,)), layers.Dropout(0.5, seed=1)])
    x = np.ones((2, 100), "float32")
    np.testing.assert_array_equal(model(x), x)
    first, second = np.array(model(x, training=True)), np.array(model(x, training=True))
    assert set(np.unique(first)) == {0.0, 2.0}
    assert not np.array_equal(first, second)


def test_nan_goes_through_and_an_empty_batch_too():
    model = Sequential([Input((4,)), layers.Dense(3)])
    assert np.isnan(model(np.full((1, 4), np.nan))).all()
    assert model(np.zeros((0, 4))).shape == (0, 3)


@pytest.mark.parametrize(
    "values",
    [
        np.arange(16.0).reshape(2, 8)[:, ::2],
        np.arange(8.0).reshape(4, 2).T,
        np.arange(8.0).astype(">f8").reshape(2, 4),
        np.arange(8).astype("int16").reshape(2, 4),
        np.arange(8.0).reshape(2, 4).tolist(),
    ],
)
def test_any_array_goes_in(values):
    if isinstance(values, np.ndarray):
        values.flags.writeable = False
    model = Sequential([Input((4,)), layers.Dense(1, kernel_initializer="ones")])
    np.testing.assert_array_equal(model(values), np.asarray(values, "float64").sum(1, keepdims=True))


def test_float64_models_compute_in_float64():
    model = Sequential([Input((3,), dtype="float64"), layers.Dense(2, dtype="float64")])
    kernel, bias = model.get_weights()
    x = RNG.normal(size=(4, 3))
    result = model(x)
    assert result.dtype == np.float64
    np.testing.assert_allclose(result, x @ kernel + bias, rtol=1e-14)
    np.testing.assert_allclose(model(x.tolist()), x @ kernel + bias, rtol=1e-14)


def test_config_makes_a_model_of_the_same_layers():
    model = reference_net(name="net")
    copied = Sequential.from_config(model.get_config())
    assert copied.get_config() == model.get_config()
    assert copied.built
    copied.set_weights(model.get_weights())
    x = RNG.random((3, 28, 28)).astype("float32")
    np.testing.assert_array_equal(copied(x), model(x))
    deferred = Sequential([layers.Dense(3)])
    assert not Sequential.from_config(deferred.get_config()).built


def test_a_seed_makes_the_same_model_again():
    def start():
        utils.set_random_seed(9)
        return reference_net().get_weights()

    for first, second in zip(start(), start(), strict=True):
        np.testing.assert_array_equal(first, second)


def test_an_initializer_instance_gives_two_layers_the_same_values():
    shared = initializers.GlorotUniform(seed=1)
    model = Sequential([Input((4,)), *(layers.Dense(4, kernel_initializer=shared) for _ in range(2))])
    np.testing.assert_array_equal(model.get_weights()[0], model.get_weights()[2])
