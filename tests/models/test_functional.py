"""Models made of calls: every one is built in nnfast and in Keras, given the same weights, and compared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from oracle import keras

import nnfast
from nnfast import graph, layers, ops

RANDOM = np.random.default_rng(0)
A, B = RANDOM.random((50, 3), "float32"), RANDOM.random((50, 4), "float32")
VALUES, LABELS = RANDOM.random(50, "float32"), np.arange(50) % 3


def two_in_two_out(library: Any) -> Any:
    a, b = library.Input((3,), name="a"), library.Input((4,), name="b")
    both = library.layers.Dense(5, activation="relu", name="left")(a) + library.layers.Dense(5, name="right")(b)
    value = library.layers.Dense(1, name="value")(both)
    kind = library.layers.Dense(3, activation="softmax", name="kind")(both)
    return library.Model([a, b], [value, kind], name="two")


def by_names(library: Any) -> Any:
    a, b = library.Input((3,), name="a"), library.Input((4,), name="b")
    hidden = library.layers.Dense(6, activation="tanh")(b)
    outputs = {"z": library.layers.Dense(1)(a), "k": library.layers.Dense(3, activation="softmax")(hidden)}
    return library.Model({"b": b, "a": a}, outputs)


def with_a_shared_layer(library: Any) -> Any:
    a = library.Input((3,))
    twice = library.layers.Dense(3, activation="sigmoid", name="twice")
    return library.Model(a, library.layers.Dense(1)(twice(twice(a)) * 2.0 - a))


def with_ops(library: Any) -> Any:
    a = library.Input((3,))
    hidden = library.ops.maximum(library.layers.Dense(4)(a), 0.1)
    return library.Model(a, library.ops.sum(library.ops.exp(-hidden) / (1.0 + hidden), axis=-1, keepdims=True))


def nested(library: Any) -> Any:
    inner_input = library.Input((3,))
    inner = library.Model(inner_input, library.layers.Dense(4, activation="relu")(inner_input), name="inner")
    stack = library.Sequential([library.Input((4,)), library.layers.Dense(2)], name="stack")
    a = library.Input((3,))
    return library.Model(a, stack(inner(a)) + stack(inner(a * 2.0)))


def with_unused(library: Any) -> Any:
    a, b = library.Input((3,), name="a"), library.Input((4,), name="unused")
    return library.Model([a, b], library.layers.Dense(2)(a))


MODELS: dict[str, tuple[Callable[[Any], Any], Any]] = {
    "two in, two out": (two_in_two_out, [A, B]),
    "by names": (by_names, {"a": A, "b": B}),
    "a shared layer": (with_a_shared_layer, A),
    "ops": (with_ops, A),
    "nested": (nested, A),
    "an unused input": (with_unused, [A, B]),
}


def twins(make: Callable[[Any], Any]) -> tuple[Any, Any]:
    """The model of both libraries, with the same weights; in Keras's order."""
    nnfast.utils.set_random_seed(1)
    ours, theirs = make(nnfast), make(keras)
    assert [weight.shape for weight in ours.weights] == [tuple(weight.shape) for weight in theirs.weights]
    theirs.set_weights(ours.get_weights())
    return ours, theirs


def flat(structure: Any) -> list[Any]:
    return nnfast.tree.flatten(structure)


@pytest.mark.parametrize("name", MODELS)
def test_layers_shapes_and_predictions_are_keras(name: str) -> None:
    make, x = MODELS[name]
    ours, theirs = twins(make)
    generic = ("input_layer", "dense", "functional")  # numbered by all that was made before
    names = [[layer.name for layer in model.layers if not layer.name.startswith(generic)] for model in (ours, theirs)]
    assert names[0] == names[1]
    assert ours.count_params() == theirs.count_params()
    assert ours.output_shape == theirs.output_shape
    expected = flat(theirs.predict(x, verbose=0))
    for found in (
        ours.predict(x, verbose=0),
        ours.predict(x, batch_size=7, verbose=0),
        ours(x),
        ours.predict_on_batch(x),
    ):
        assert nnfast.tree.skeleton(found) == nnfast.tree.skeleton(ours.output)
        for got, want in zip(flat(found), expected, strict=True):
            np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-6)


LOSSES = ["mse", "sparse_categorical_crossentropy"]
COMPILED: dict[str, dict[str, Any]] = {
    "lists": dict(loss=LOSSES, metrics=[["mse"], ["accuracy"]]),
    "names": dict(loss={"kind": LOSSES[1], "value": "mse"}, metrics={"kind": ["accuracy", "acc"]}),
    "weights": dict(loss=LOSSES, loss_weights=[0.5, 2.0], weighted_metrics=[["mse"], ["accuracy"]]),
    "weights by name": dict(
        loss={"kind": LOSSES[1], "value": "mse"}, loss_weights={"value": 3.0, "kind": 0.1}, metrics={"value": "mse"}
    ),
    "metrics twice": dict(loss=LOSSES, metrics=[["mse", "mse"], None], weighted_metrics=[["mse"], None]),
}


@pytest.mark.parametrize("form", COMPILED)
def test_training_with_two_outputs_is_keras(form: str) -> None:
    ours, theirs = twins(two_in_two_out)
    targets = {"value": VALUES, "kind": LABELS} if "name" in form else [VALUES, LABELS]
    weight = VALUES + 0.5 if form == "weights" else None
    for model in (ours, theirs):
        model.compile("sgd", **COMPILED[form])
    logs = [
        model.fit([A, B], targets, 8, 3, verbose=0, shuffle=False, sample_weight=weight, validation_split=0.2).history
        for model in (ours, theirs)
    ]
    assert logs[0].keys() == logs[1].keys()
    for name, values in logs[0].items():
        np.testing.assert_allclose(values, logs[1][name], rtol=1e-4, err_msg=name)
    found, expected = (model.evaluate([A, B], targets, verbose=0, sample_weight=weight) for model in (ours, theirs))
    np.testing.assert_allclose(found, expected, rtol=1e-4)
    np.testing.assert_allclose(
        ours.test_on_batch([A, B], targets, weight), theirs.test_on_batch([A, B], targets, weight), rtol=1e-4
    )


@pytest.mark.parametrize("name", ["a shared layer", "ops", "nested"])
def test_training_is_keras(name: str) -> None:
    make, x = MODELS[name]
    ours, theirs = twins(make)
    y = RANDOM.random((50, flat(theirs.output_shape)[-1]), "float32")
    for model in (ours, theirs):
        model.compile(model_optimizer(model), "mse")
        model.fit(x, y, epochs=4, verbose=0, shuffle=False)
    for mine, other in zip(ours.get_weights(), theirs.weights, strict=True):
        np.testing.assert_allclose(mine, np.asarray(other.value), rtol=1e-4, atol=1e-6)


def model_optimizer(model: Any) -> Any:
    library = nnfast if isinstance(model, nnfast.Model) else keras
    return library.optimizers.Adam(0.01)


def test_one_of_two_outputs_may_have_no_loss() -> None:
    model = two_in_two_out(nnfast)
    model.compile("sgd", loss={"value": "mse"})
    history = model.fit([A, B], {"value": VALUES}, epochs=3, verbose=0).history
    assert list(history) == ["loss"] and history["loss"][2] < history["loss"][0]
    model.compile("sgd", loss=["mse", None], metrics=[None, "accuracy"])
    assert list(model.fit([A, B], [VALUES, LABELS], verbose=0).history) == ["kind_accuracy", "loss"]


def test_on_batch_methods_are_keras() -> None:
    ours, theirs = twins(with_a_shared_layer)
    for model in (ours, theirs):
        model.compile("adam", "mse", metrics=["mse"])
    for _ in range(3):
        found = ours.train_on_batch(A, VALUES, sample_weight=VALUES, return_dict=True)
        expected = theirs.train_on_batch(A, VALUES, sample_weight=VALUES, return_dict=True)
        assert found.keys() == expected.keys()
        np.testing.assert_allclose(list(found.values()), [float(expected[name]) for name in found], rtol=1e-5)
    np.testing.assert_allclose(ours.test_on_batch(A, VALUES), theirs.test_on_batch(A, VALUES), rtol=1e-5)
    with pytest.raises(ValueError, match="no samples"):
        ours.train_on_batch(A[:0], VALUES[:0])
    with pytest.raises(ValueError, match="compile"):
        nested(nnfast).train_on_batch(A, VALUES)


def test_parts_of_a_model_are_models() -> None:
    whole = nnfast.Sequential([nnfast.Input((3,)), layers.Dense(4, name="hidden"), layers.Dense(2)])
    features = nnfast.Model(whole.inputs, whole.get_layer("hidden").output)
    head = nnfast.Model(whole.get_layer("hidden").output, whole.output)
    np.testing.assert_array_equal(head(features(A)), whole(A))
    features.layers[1].set_weights([np.zeros((3, 4)), np.zeros(4)])
    np.testing.assert_array_equal(whole(A), head(np.zeros((50, 4), "float32")))


def test_a_sequential_that_grows_and_shrinks_keeps_its_outputs() -> None:
    model = nnfast.Sequential([nnfast.Input((3,)), layers.Dense(4)])
    model.add(layers.Dense(2))
    assert model.output_shape == (None, 2) and model.outputs[0] is model.layers[-1].output
    model.pop()
    assert model.output_shape == (None, 4) and model.predict(A, verbose=0).shape == (50, 4)
    assert nnfast.Model(model.inputs, model.outputs).predict(A, verbose=0).shape == (50, 4)


def test_a_subclass_may_be_made_of_calls() -> None:
    class Scaled(nnfast.Model):
        def __init__(self, units: int) -> None:
            inputs = nnfast.Input((3,))
            super().__init__(inputs, layers.Dense(units)(inputs), name="scaled")
            self.units = units

        def total(self) -> int:
            return self.units * 2

    model = Scaled(4)
    assert isinstance(model, Scaled) and model.total() == 8 and model.output_shape == (None, 4) and model.built
    model.compile("sgd", "mse")
    assert model.fit(A, np.zeros((50, 4)), verbose=0).history["loss"][0] > 0


def test_lengths_that_are_not_known_yet() -> None:
    tokens = nnfast.Input((None, 4))
    hidden = layers.Dense(3)(tokens)
    assert hidden.shape == (None, None, 3)
    pooled = ops.max(hidden, axis=1)
    assert pooled.shape == (None, 3)
    model = nnfast.Model(tokens, layers.Dense(1)(pooled))
    for length in (2, 9):
        x = RANDOM.random((6, length, 4), "float32")
        expected = (x @ model.layers[1].kernel.numpy()).max(axis=1) @ model.layers[-1].kernel.numpy()
        np.testing.assert_allclose(model.predict(x, verbose=0), expected, rtol=1e-5)
    model.compile("sgd", "mse")
    model.fit(x, np.zeros(6), verbose=0)
    with pytest.raises(ValueError, match="last dimension"):
        layers.Dense(2)(nnfast.Input((4, None)))


def test_a_model_may_be_deep() -> None:
    tensor = inputs = nnfast.Input((3,))
    for _ in range(1500):
        tensor = tensor + 1.0
    assert nnfast.Model(inputs, tensor)(np.zeros((1, 3), "float32")).tolist() == [[1500.0] * 3]


def test_training_is_handed_down() -> None:
    inputs = nnfast.Input((3,))
    model = nnfast.Model(inputs, layers.Dropout(0.5)(inputs))
    assert (model(A) == A).all() and (model(A, training=True) == 0).any()


@pytest.mark.parametrize("told", [True, False])
def test_what_a_layer_was_told_of_training_holds_where_the_model_is_told_nothing(told: bool) -> None:
    models = []
    for library in (nnfast, keras):
        inputs = library.Input((300,))
        models.append(library.Model(inputs, library.layers.Dropout(0.5)(inputs, training=told)))
    x = np.ones((4, 300), "float32")
    for training in (None, True, False):
        ours, theirs = ((np.asarray(model(x, training=training)) == 0).any() for model in models)
        assert ours == theirs == (told if training is None else training)
    assert (models[0].predict(x, verbose=0) == 1).all()


def test_inputs_are_cast_and_given_the_rank_of_their_input() -> None:
    a, b = nnfast.Input((1,), name="a"), nnfast.Input((4,), name="b", dtype="float64")
    model = nnfast.Model([a, b], [a * 2, b * 2])
    given = {"b": np.ones((5, 4), "uint8"), "a": np.arange(5), "other": np.zeros(5)}
    with pytest.warns(UserWarning, match="structure of `inputs` doesn't match") as warned:
        doubled = model.predict(given, verbose=0)
    assert len(warned) == 1
    assert doubled[0].tolist() == [[0.0], [2.0], [4.0], [6.0], [8.0]] and doubled[1].dtype == "float64"


INPUT = nnfast.Input((3,), name="given")
MISTAKES: dict[str, tuple[Callable[[], Any], str]] = {
    "no tensor": (lambda: nnfast.Model(A, INPUT), "`inputs` values must be KerasTensors"),
    "no outputs": (lambda: nnfast.Model(INPUT, []), r"`outputs` values must be KerasTensors.*, got \[\]"),
    "another input": (lambda: nnfast.Model(nnfast.Input((3,)), INPUT + 1), "needs the input 'given'"),
    "two names": (
        lambda: nnfast.Model(INPUT, layers.Dense(1, name="x")(layers.Dense(1, name="x")(INPUT))),
        "two layers called 'x'",
    ),
    "a wrong shape": (
        lambda: with_ops(nnfast)(B),
        r"name 'input_layer.*' and path '': expected .*\(None, 3\).*\(50, 4\)",
    ),
    "one of two inputs": (lambda: two_in_two_out(nnfast)([A]), r"expects 2 input\(s\), got 1"),
    "a name that is not there": (lambda: two_in_two_out(nnfast)({"a": A, "c": B}), "called 'a', 'b'; got 'a', 'c'"),
    "too few losses": (lambda: fitted(loss=["mse"]), "loss expects an entry for each of the 2"),
    "a loss of no output": (
        lambda: fitted(loss={"x": "mse"}),
        "Invalid `loss`: 'x'.*Expected keys among 'value', 'kind'",
    ),
    "a metric of no output": (lambda: fitted(metrics={"x": "mse"}), "Invalid `metrics`: 'x'"),
    "an output without its Input": (
        lambda: nnfast.Model(INPUT, {"a": [INPUT + 1, nnfast.Input((2,), name="other")]}),
        "Output with path `a.1` is not connected.*'other'",
    ),
    "too few targets": (lambda: fitted([VALUES]), "y expects an array for each .* 'value', 'kind', got 1"),
    "labels out of range": (lambda: fitted([VALUES, LABELS + 1]), "from 0 to 2 for 3 classes, got 3"),
    "a layer in the wrong place": (lambda: layers.Dense(2)(nnfast.Input(())), "expected min_ndim=2, found ndim=1"),
}


def fitted(targets: Any = (VALUES, LABELS), loss: Any = LOSSES, metrics: Any = None) -> None:
    model = two_in_two_out(nnfast)
    model.compile("sgd", loss, metrics=metrics)
    model.fit([A, B], targets, verbose=0)


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes(name: str) -> None:
    make, message = MISTAKES[name]
    with pytest.raises(ValueError, match=message):
        make()


def test_keras_tensors_have_no_numbers() -> None:
    with pytest.raises(TypeError, match="no truth value"):
        bool(INPUT > 0)
    for use in (np.asarray, len, list):
        with pytest.raises(TypeError, match="KerasTensor"):
            use(INPUT)
    with pytest.raises(TypeError, match="KerasTensor"):
        graph.as_operand(INPUT)
