"""Masks: made by layers, passed on by layers, asked for by layers, losses and metrics; as in Keras."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from oracle import floatx, keras

import nnfast
from nnfast import layers, ops

RNG = np.random.default_rng(11)
SERIES = np.where(RNG.random((20, 6, 1)) < 0.4, 0.0, RNG.normal(size=(20, 6, 3)))
SERIES[:, 0] = 1.0  # no sample is empty
WORDS = np.where(RNG.random((20, 6)) < 0.4, 0, RNG.integers(1, 9, (20, 6)))
WORDS[:, 0] = 1
Y = RNG.normal(size=(20, 2))
PER_STEP = RNG.normal(size=(20, 6, 2))


class Keeps(layers.Layer):
    """A layer of one's own that asks for the mask, and passes it on."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, inputs, mask=None):
        return inputs if mask is None else ops.where(ops.expand_dims(mask, -1), inputs, 5.0)


class KerasKeeps(keras.layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, inputs, mask=None):
        return inputs if mask is None else keras.ops.where(keras.ops.expand_dims(mask, -1), inputs, 5.0)


def average(library, inputs):
    x = library.layers.Masking()(inputs)
    x = library.layers.Dropout(0.0)(library.layers.Activation("tanh")(x))
    return library.layers.Dense(2)(library.layers.GlobalAveragePooling1D()(x))


def normalized(library, inputs):
    x = library.layers.BatchNormalization(momentum=0.5)(library.layers.Masking()(inputs))
    return library.layers.Dense(2)(library.layers.GlobalAveragePooling1D()(x))


def merged(kind):
    def build(library, inputs):
        first = library.layers.Masking(mask_value=0.0)(inputs)
        second = library.layers.Masking(mask_value=1.0)(inputs)
        x = getattr(library.layers, kind)()([first, second])
        return library.layers.Dense(2)(library.layers.GlobalAveragePooling1D()(x))

    return build


def half_masked(kind):
    def build(library, inputs):
        x = getattr(library.layers, kind)()([library.layers.Masking()(inputs), inputs])
        return library.layers.Dense(2)(library.layers.GlobalAveragePooling1D()(x))

    return build


def own(library, inputs):
    x = (Keeps if library is nnfast else KerasKeeps)()(library.layers.Masking()(inputs))
    return library.layers.Dense(2)(library.layers.GlobalAveragePooling1D()(x))


def nested(library, inputs):
    inner = library.Sequential([library.Input((6, 3)), library.layers.Masking(), library.layers.LeakyReLU()])
    return library.layers.Dense(2)(library.layers.GlobalAveragePooling1D()(inner(inputs)))


def softmax(library, inputs):
    x = library.layers.Masking()(inputs)
    mask = library.layers.Lambda(lambda t: (ops if library is nnfast else keras.ops).not_equal(t, 0.0))(inputs)
    return library.layers.Dense(2)(library.layers.Flatten()(library.layers.Softmax(axis=1)(inputs, mask=mask) + x))


NETS = {
    "average": average,
    "normalized": normalized,
    **{f"merged {kind}": merged(kind) for kind in ("Add", "Multiply", "Maximum", "Minimum", "Concatenate")},
    **{f"half masked {kind}": half_masked(kind) for kind in ("Add", "Multiply", "Maximum", "Concatenate")},
    "own": own,
    "nested": nested,
    "softmax": softmax,
}


def trained(library, build, x, y, weights=None, **arguments):
    inputs = library.Input(x.shape[1:], dtype="float64" if x.dtype.kind == "f" else "int32")
    model = library.Model(inputs, build(library, inputs))
    if weights is not None:
        model.set_weights(weights)
    start = model.get_weights()
    model.compile("sgd", **({"loss": "mse"} | arguments.pop("compile", {})))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logs = model.fit(x, y, batch_size=10, epochs=2, shuffle=False, verbose=0, **arguments).history
        return start, logs, [model.predict(x, verbose=0), *model.get_weights()]


def check_fit(build, x, y, **arguments):
    with floatx("float64"):
        start, expected, oracles = trained(keras, build, x, y, **arguments)
        _, logs, ours = trained(nnfast, build, x, y, weights=start, **arguments)
        assert logs.keys() == expected.keys()
        for name, values in logs.items():
            np.testing.assert_allclose(values, expected[name], rtol=1e-6, err_msg=name)
        for one, other in zip(ours, oracles, strict=True):
            np.testing.assert_allclose(one, np.asarray(other), rtol=1e-7, atol=1e-9)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", NETS)
def test_a_fit_learns_what_keras_learns(name):
    check_fit(NETS[name], SERIES, Y)


def words(library, inputs):
    return library.layers.Activation("tanh")(library.layers.Embedding(9, 2, mask_zero=True)(inputs))


@pytest.mark.parametrize("weight", [None, RNG.random((20, 6))], ids=["", "weighted"])
def test_losses_and_metrics_count_what_the_mask_does(weight):
    check_fit(words, WORDS, PER_STEP, sample_weight=weight)
    results = []
    with floatx("float64"):
        for library in (nnfast, keras):
            inputs = library.Input((6,), dtype="int32")
            model = library.Model(inputs, words(library, inputs))
            model.set_weights([np.linspace(-1, 1, 18).reshape(9, 2)])
            # On JAX, Keras loses the mask on the way from the gradients to a fit's metrics, so these are evaluated.
            model.compile("sgd", "mse", metrics=["binary_accuracy"], weighted_metrics=["mse"])
            results.append(model.evaluate(WORDS, PER_STEP > 0.5, 10, verbose=0, sample_weight=weight, return_dict=True))
    assert results[0] == pytest.approx(results[1], rel=1e-12)
    assert results[0]["mse"] != results[0]["loss"]


@pytest.mark.parametrize("reduction", ["sum", "sum_over_batch_size", "mean_with_sample_weight", "none"])
def test_reductions_of_masked_losses_are_keras(reduction):
    masks = np.array([[True, False, True], [False, False, False]])
    weight = np.array([[0.5], [2.0]])
    results = []
    with floatx("float64"):
        for library in (nnfast, keras):
            y_true = RNG.normal(size=(2, 3, 1)) * 0 + 1.0
            y_pred = library.ops.convert_to_tensor(np.arange(6.0).reshape(2, 3, 1))
            y_pred._keras_mask = library.ops.convert_to_tensor(masks)
            loss = library.losses.MeanSquaredError(reduction=reduction)
            results.append([loss(y_true, y_pred), loss(y_true, y_pred, sample_weight=weight)])
        for ours, theirs in zip(*results, strict=True):
            np.testing.assert_allclose(ours, np.asarray(theirs), rtol=1e-12)


def test_masks_of_single_layers_are_keras():
    x = np.array([[[1.0, 0.0], [0.0, 0.0]], [[0.0, 0.0], [2.0, 3.0]]], "float32")
    for library in (nnfast, keras):
        masked = library.layers.Masking()(x)
        assert np.asarray(masked._keras_mask).tolist() == [[True, False], [False, True]]
        kept = library.layers.Flatten()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            assert getattr(kept(masked), "_keras_mask", None) is None
        assert any("does not support masking" in str(warning.message) for warning in caught)
        passed = library.layers.Activation("relu")(masked)
        assert np.asarray(passed._keras_mask).tolist() == [[True, False], [False, True]]
        assert getattr(library.layers.GlobalAveragePooling1D()(masked), "_keras_mask", None) is None


def test_a_mask_that_is_passed_goes_before_the_one_that_is_there():
    x = np.ones((1, 3, 2), "float32")
    masked = layers.Masking(mask_value=1.0)(x)  # nothing counts
    mask = np.array([[True, False, False]])
    assert layers.GlobalAveragePooling1D()(x * [[[1.0], [2.0], [2.0]]], mask=mask).tolist() == [[1.0, 1.0]]
    assert layers.BatchNormalization()(masked, mask=mask).shape == (1, 3, 2)
    with pytest.raises(ValueError, match="one axis less"):
        layers.BatchNormalization()(x, mask=np.ones(3, bool), training=True)


def test_models_take_a_mask():
    x = RNG.normal(size=(4, 6, 3)).astype("float32")
    mask = RNG.random((4, 6)) < 0.5
    mask[:, 0] = True
    expected = layers.GlobalAveragePooling1D()(x, mask=mask)
    inputs = nnfast.Input((6, 3))
    for model in (
        nnfast.Model(inputs, layers.GlobalAveragePooling1D()(inputs)),
        nnfast.Sequential([inputs, layers.GlobalAveragePooling1D()]),
    ):
        np.testing.assert_allclose(model(x, mask=mask), expected, rtol=1e-6)
        tensor = ops.convert_to_tensor(x)
        tensor._keras_mask = mask
        np.testing.assert_allclose(model(tensor), expected, rtol=1e-6)
        assert not np.allclose(model(x), expected)


def test_masks_of_lambdas():
    masked = layers.Masking()(SERIES)
    assert not hasattr(layers.Lambda(lambda x: x * 1.0)(SERIES), "_keras_mask")
    kept = layers.Lambda(lambda x, mask: ops.where(ops.expand_dims(mask, -1), x, 9.0), mask=lambda x, mask: mask)(
        masked
    )
    assert np.asarray(kept._keras_mask).tolist() == np.asarray(masked._keras_mask).tolist()


def test_masks_of_inputs_that_are_called_by_name():
    class Pair(layers.Layer):
        def call(self, first, second, first_mask=None, second_mask=None):
            assert first_mask is not None
            return ops.where(ops.expand_dims(first_mask, -1), first, 0.0) if second_mask is None else second

    masked = layers.Masking()(SERIES)
    with pytest.warns(UserWarning, match="does not support masking"):
        kept = Pair()(masked, ops.convert_to_tensor(SERIES))
    assert np.asarray(kept).shape == SERIES.shape
    with pytest.warns(UserWarning, match="does not support masking"):
        np.testing.assert_array_equal(Pair()(masked, masked), masked)


def test_a_mask_can_be_an_output_of_a_model():
    first, second = nnfast.Input((4, 2)), nnfast.Input((None, 2))
    joined = layers.Concatenate(axis=1)([layers.Masking()(first), second])
    assert joined._keras_mask.shape == (None, None) and joined._keras_mask.dtype == "bool"
    model = nnfast.Model([first, second], joined._keras_mask)
    x = [[[0.0, 0.0], [1.0, 2.0], [0.0, 0.0], [3.0, 4.0]]]
    assert model([np.array(x), np.array(x)]).tolist() == [[False, True, False, True, True, True, True, True]]


def test_models_are_built_with_masks():
    seen = []

    class Watch(layers.Layer):
        def call(self, inputs, mask=None):
            seen.append(mask)
            return inputs

    with pytest.warns(UserWarning, match="does not support masking"):
        nnfast.Sequential([nnfast.Input((6,)), layers.Embedding(9, 2, mask_zero=True), Watch()])
    assert seen and all(mask is not None and mask.shape[1:] == (6,) for mask in seen)


def test_models_with_masks_are_described_as_keras_does():
    inputs = keras.Input((6, 3)), keras.Input((6,), dtype="int32")
    masked = keras.layers.Masking()(inputs[0]), keras.layers.Embedding(9, 3, mask_zero=True)(inputs[1])
    added, joined = keras.layers.Add()(list(masked)), keras.layers.Concatenate()(list(masked))
    pooled = [keras.layers.GlobalAveragePooling1D()(tensor) for tensor in (masked[0], added, joined)]
    oracle = keras.Model(list(inputs), keras.layers.Concatenate()(pooled))
    model = nnfast.models.Functional.from_config(oracle.get_config())
    again = nnfast.models.clone_model(model)
    back = keras.Model.from_config(again.get_config())
    expected = np.asarray(oracle([SERIES, WORDS]))
    for either in (model, again, back):
        either.set_weights(oracle.get_weights())
        np.testing.assert_allclose(np.asarray(either([SERIES.astype("float32"), WORDS])), expected, rtol=1e-5)


def test_what_a_model_gives_has_a_mask_for_losses_to_see():
    model = nnfast.Sequential([layers.Embedding(9, 2, mask_zero=True)])
    outputs = model(WORDS)
    assert outputs._keras_mask.tolist() == (WORDS != 0).tolist()
    expected = np.mean(np.asarray(outputs)[WORDS != 0] ** 2)
    assert float(nnfast.losses.MeanSquaredError()(np.zeros((20, 6, 2)), outputs)) == pytest.approx(expected)
