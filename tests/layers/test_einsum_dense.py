"""EinsumDense against Keras's: shapes, numbers, what a fit learns, files."""

from __future__ import annotations

import numpy as np
import pytest
from oracle import floatx, keras

import nnfast
from nnfast import layers

RNG = np.random.default_rng(3)
# The arguments, and the shape of a batch.
CASES = [
    ({"equation": "ab,bc->ac", "output_shape": 5, "bias_axes": "c"}, (4, 3)),
    ({"equation": "abc,cd->abd", "output_shape": (2, 5), "bias_axes": "d", "activation": "tanh"}, (4, 2, 3)),
    ({"equation": "...x,xy->...y", "output_shape": 5, "bias_axes": "y"}, (4, 2, 3)),
    ({"equation": "...x,xy->...y", "output_shape": 5, "bias_axes": "y"}, (4, 3)),
    ({"equation": "ab...,bc->ac...", "output_shape": 5, "bias_axes": "c"}, (4, 3, 2)),
    ({"equation": "abc,cde->abde", "output_shape": (2, 2, 5), "bias_axes": "de"}, (4, 2, 3)),
    ({"equation": "abcd,cde->abe", "output_shape": (2, 5)}, (4, 2, 3, 2)),
    ({"equation": "abc,acd->abd", "output_shape": (2, 5)}, (4, 2, 3)),
    ({"equation": "abc,bcd->abd", "output_shape": (2, 5), "bias_axes": "bd"}, (4, 2, 3)),
    ({"equation": "abc,de->abcde", "output_shape": (2, 3, 1, 5), "bias_axes": "b"}, (4, 2, 3)),
]


@pytest.mark.parametrize(("arguments", "shape"), CASES)
def test_it_is_keras(arguments, shape):
    with floatx("float64"):
        layer, oracle = (library.layers.EinsumDense(**arguments) for library in (nnfast, keras))
        for either in (layer, oracle):
            either.build(shape)
        assert [w.shape for w in layer.weights] == [tuple(w.shape) for w in oracle.weights]
        layer.set_weights([RNG.normal(size=weight.shape) for weight in layer.weights])
        oracle.set_weights(layer.get_weights())
        x = RNG.normal(size=shape)
        np.testing.assert_allclose(layer(x), np.asarray(oracle(x)), rtol=1e-12, atol=1e-12)
        assert layer.compute_output_shape((None, *shape[1:])) == oracle.compute_output_shape((None, *shape[1:]))


def test_sizes_that_are_not_given_are_the_inputs():
    layer = layers.EinsumDense("abc,cd->abd", (None, 5))
    assert layer.compute_output_shape((None, 2, 3)) == (None, 2, 5)
    assert layer(nnfast.Input((2, 3))).shape == (None, 2, 5)


def net(library, arguments, shape):
    inputs = library.Input(shape[1:])
    hidden = library.layers.Flatten()(library.layers.EinsumDense(**arguments)(inputs))
    return library.Model(inputs, library.layers.Dense(2)(hidden))


# But for one with a weight for each sample.
@pytest.mark.parametrize(("arguments", "shape"), [case for case in CASES if case[0]["equation"] != "abc,acd->abd"])
def test_a_fit_learns_what_keras_learns(arguments, shape):
    with floatx("float64"):
        models = net(nnfast, arguments, shape), net(keras, arguments, shape)
        models[0].set_weights(models[1].get_weights())
        x, y = RNG.normal(size=(12, *shape[1:])), RNG.normal(size=(12, 2))
        for model in models:
            model.compile("sgd", "mse")
            model.fit(x, y, batch_size=5, epochs=3, shuffle=False, verbose=0)
        for ours, theirs in zip(models[0].get_weights(), models[1].get_weights(), strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("initializer", ["glorot_uniform", "lecun_normal", "he_uniform"])
def test_weights_begin_as_widely_spread_as_in_keras(initializer):
    arguments = {"equation": "abc,cde->abde", "output_shape": (None, 20, 50), "kernel_initializer": initializer}
    spreads = []
    for library in (nnfast, keras):
        layer = library.layers.EinsumDense(**arguments)
        layer.build((None, 4, 30))
        spreads.append(np.std(np.asarray(layer.kernel)))
    assert spreads[0] == pytest.approx(spreads[1], rel=0.03)
    configured = layers.EinsumDense(**arguments).get_config()["kernel_initializer"]["config"]
    assert configured.get("input_axes") is None


def test_files_go_both_ways(tmp_path):
    x = RNG.normal(size=(4, 2, 3)).astype("float32")
    for library, other in ((nnfast, keras), (keras, nnfast)):
        model = net(library, *CASES[5])
        model.save(tmp_path / "model.keras")
        loaded = other.saving.load_model(tmp_path / "model.keras")
        np.testing.assert_allclose(loaded.predict(x, verbose=0), model.predict(x, verbose=0), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("arguments", "shape", "message"),
    [
        (("ab,bc", 3), (None, 4), "Invalid einsum equation 'ab,bc'"),
        (("ab...,bc->acd...", 3), (None, 4, 2), "has outputs of"),
        (("abc,cd->abd", (3, 5)), (None, 2, 3), "do not match at shared dimension 'b'"),
        (("abc,cd->abe", (2, 5)), (None, 2, 3), "Dimension 'e' was specified in the output"),
        (("abc,cde->abd", (2, 5)), (None, 2, 3), "Weight dimension 'e' did not have a match"),
        (("ab,bc->ac", 3, None, "d"), (None, 4), "Bias dimension 'd'"),
        (("ab,bc->ac", 3), (None, None), "needs to know the sizes"),
        (("ab,bc->ac", (3, 4)), (None, 4), "has outputs of 2 named axes"),
        (("abc,bc->ac", 3), (None, 4), "has letters for 3 axes"),
    ],
)
def test_mistakes(arguments, shape, message):
    with pytest.raises(ValueError, match=message):
        layers.EinsumDense(*arguments).build(shape)
