from __future__ import annotations

import numpy as np
import pytest
from oracle import floatx, keras

import nnfast
from nnfast import layers

RNG = np.random.default_rng(7)
WORDS = RNG.integers(0, 12, (30, 6))
Y = RNG.normal(size=(30, 2))

ARGUMENTS = [
    {},
    {"embeddings_regularizer": "l2", "embeddings_constraint": "unit_norm"},
    {"activity_regularizer": "l1", "mask_zero": True},
]


def trained(library, arguments, weights, flat):
    words = library.Input((6,), dtype="int32")
    vectors = library.layers.Embedding(12, 3, **arguments)(words)
    pooled = library.layers.Flatten()(vectors) if flat else library.layers.GlobalAveragePooling1D()(vectors)
    model = library.Model(words, library.layers.Dense(2)(pooled))
    model.set_weights(weights)
    model.compile("adam", "mse")
    history = model.fit(WORDS, Y, batch_size=10, epochs=3, shuffle=False, verbose=0).history["loss"]
    return [history, model.predict(WORDS, verbose=0), *model.get_weights()]


@pytest.mark.parametrize("arguments", ARGUMENTS)
def test_a_fit_learns_what_keras_learns(arguments):
    with floatx("float64"):
        flat = "mask_zero" not in arguments
        weights = [RNG.normal(size=shape) for shape in ((12, 3), (18 if flat else 3, 2), (2,))]
        pairs = zip(*(trained(library, arguments, weights, flat) for library in (nnfast, keras)), strict=True)
        for ours, theirs in pairs:
            np.testing.assert_allclose(ours, np.asarray(theirs), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("dtype", ["uint8", "int32", "int64", "float32", "bool"])
def test_it_takes_numbers_of_any_type(dtype):
    table = RNG.normal(size=(4, 3)).astype("float32")
    words = np.array([[0, 1], [1, 0]], dtype)
    np.testing.assert_array_equal(layers.Embedding(4, 3, weights=table)(words), table[words.astype(int)])


def test_a_sequential_of_words_counts_exactly():
    many = 2**24 + 3  # which float32 does not hold
    model = nnfast.Sequential([layers.Embedding(many, 1, embeddings_initializer="zeros")])
    model.build((None, 1))
    table = np.zeros((many, 1), "float32")
    table[-2:, 0] = 1, 2
    model.set_weights([table])
    assert model.predict(np.array([[many - 2], [many - 1]]), verbose=0).ravel().tolist() == [1.0, 2.0]


def test_words_out_of_range_are_found_before_a_weight_changes():
    model = nnfast.Sequential([layers.Embedding(12, 3), layers.Flatten(), layers.Dense(2)])
    model.build((None, 6))
    model.compile("sgd", "mse")
    before = model.get_weights()
    with pytest.raises(ValueError, match="12"):
        model.fit(np.full((4, 6), 12), np.zeros((4, 2)), verbose=0)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_what_it_refuses():
    for arguments in ((0, 3), (3, -1), (2.5, 3), (True, 3)):
        with pytest.raises(ValueError, match="positive integer"):
            layers.Embedding(*arguments)
    with pytest.warns(UserWarning, match="input_length"):
        layers.Embedding(3, 2, input_length=4)


def test_shapes_and_masks():
    layer = layers.Embedding(5, 3, mask_zero=True)
    assert layer.compute_output_shape((None, None)) == (None, None, 3)
    assert layer.compute_mask(np.array([[0, 2]])).tolist() == [[False, True]]
    assert layers.Embedding(5, 3).compute_mask(np.array([[0, 2]])) is None
    assert layer(np.zeros((0, 4), int)).shape == (0, 4, 3)
