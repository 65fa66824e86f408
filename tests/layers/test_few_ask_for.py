"""Layers that few programmes ask for, against real Keras: SpectralNormalization, ReversibleEmbedding, Pipeline."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from oracle import keras

import nnfast
from nnfast import graph, layers

RNG = np.random.default_rng(0)
BOTH = [pytest.param(nnfast, keras, id="ours here"), pytest.param(keras, nnfast, id="theirs here")]
X = RNG.normal(size=(8, 4)).astype("float32")


def spectral(library: Any, inner: Any = None, **kwargs: Any) -> Any:
    inner = library.layers.Dense(5, name="d") if inner is None else inner
    return library.layers.SpectralNormalization(inner, name="s", **kwargs)


@pytest.mark.parametrize("iterations", [1, 3])
@pytest.mark.parametrize("shape", [(8, 4), (2, 3, 4)])
def test_spectral_normalization(iterations: int, shape: tuple[int, ...]) -> None:
    inputs = RNG.normal(size=shape).astype("float32")
    ours, theirs = (spectral(library, power_iterations=iterations) for library in (nnfast, keras))
    ours.build(shape)
    theirs.build(shape)
    assert [weight.path for weight in ours.weights] == [weight.path for weight in theirs.weights]
    assert len(ours.trainable_weights) == len(theirs.trainable_weights) == 2
    ours.set_weights(theirs.get_weights())
    for training in (False, True, True, False):
        expected = np.asarray(theirs(inputs, training=training))
        np.testing.assert_allclose(ours(inputs, training=training), expected, rtol=1e-5, atol=1e-5)
        for mine, yours in zip(ours.get_weights(), theirs.get_weights(), strict=True):
            np.testing.assert_allclose(mine, yours, rtol=1e-5, atol=1e-5)


def test_spectral_normalization_of_embeddings_and_of_zeros() -> None:
    layer = spectral(nnfast, layers.Embedding(6, 3), power_iterations=9)
    assert layer(np.array([[1, 2]]), training=True).dtype == "float32"
    assert np.linalg.norm(layer.kernel.numpy(), 2) == pytest.approx(1.0, abs=0.05)
    zeros = spectral(nnfast, layers.Dense(2, kernel_initializer="zeros"))
    np.testing.assert_array_equal(zeros(X, training=True), np.zeros((8, 2)))
    assert np.isfinite(zeros.vector_u.numpy()).all() and not zeros.kernel.numpy().any()


def test_a_step_of_spectral_normalization() -> None:
    """The optimizer changes the kernel that was divided, by the gradient for that."""
    model = nnfast.Sequential(
        [nnfast.Input((4,)), spectral(nnfast, layers.Dense(5, use_bias=False), power_iterations=2)]
    )
    kernel, u = (weight.astype("float64") for weight in model.get_weights())
    for _ in range(2):
        v = u @ kernel.T / np.linalg.norm(u @ kernel.T)
        u = v @ kernel / np.linalg.norm(v @ kernel)
    divided = kernel / (v @ kernel @ u.T).item()
    y = X[:, :1] * np.ones((1, 5), "float32")
    gradient = X.T @ (2.0 * (X @ divided - y) / y.size)
    model.compile(nnfast.optimizers.SGD(0.1), "mse")
    model.fit(X, y, verbose=0)
    np.testing.assert_allclose(model.get_weights()[0], divided - 0.1 * gradient, atol=1e-6)
    np.testing.assert_allclose(model.get_weights()[1], u, atol=1e-6)


def test_what_spectral_normalization_refuses() -> None:
    with pytest.raises(ValueError, match="should be greater than zero"):
        spectral(nnfast, power_iterations=0)
    with pytest.raises(ValueError, match="ReLU object has no attribute 'kernel' nor 'embeddings'"):
        spectral(nnfast, layers.ReLU())(X)


@pytest.mark.parametrize("dtype", ["float32", "mixed_bfloat16"])
@pytest.mark.parametrize(
    "arguments",
    [{}, {"tie_weights": False}, {"logit_soft_cap": 0.5}, {"reverse_dtype": "float32", "mask_zero": True}],
    ids=str,
)
def test_reversible_embedding(arguments: dict[str, Any], dtype: str) -> None:
    ours, theirs = (
        library.layers.ReversibleEmbedding(6, 4, name="r", dtype=dtype, **arguments) for library in (nnfast, keras)
    )
    numbers, vectors = RNG.integers(0, 6, (2, 3)), RNG.normal(size=(2, 3, 4)).astype("float32")
    theirs(numbers)
    ours.build((2, 3))
    assert [weight.path for weight in ours.weights] == [weight.path for weight in theirs.weights]
    ours.set_weights([np.asarray(weight) for weight in theirs.get_weights()])
    for given, reverse in ((numbers, False), (vectors, True)):
        made, expected = ours(given, reverse=reverse), theirs(given, reverse=reverse)
        assert made.dtype == expected.dtype.name
        np.testing.assert_allclose(*(np.asarray(each, "float32") for each in (made, expected)), rtol=1e-2, atol=1e-2)
    mask = graph.get_mask(ours(numbers))
    assert (mask is not None) == bool(arguments.get("mask_zero"))
    assert graph.get_mask(ours(vectors, reverse=True)) is None
    ours_config, theirs_config = ours.get_config(), theirs.get_config()
    assert all(ours_config[name] == theirs_config[name] for name in arguments)
    assert layers.ReversibleEmbedding.from_config(theirs_config).get_config() == ours_config


def both_ways(library: Any) -> Any:
    """A network that comes back by the way it went."""
    inputs = library.Input((3,), dtype="int32")
    embedding = library.layers.ReversibleEmbedding(6, 4, name="r")
    hidden = library.layers.Dense(4, name="d")(embedding(inputs))
    return library.Model(inputs, embedding(hidden, reverse=True), name="m")


def pipeline(library: Any) -> Any:
    steps = [library.layers.Rescaling(0.5, name="half"), library.layers.Dense(3, name="d")]
    return library.Sequential([library.Input((4,)), library.layers.Pipeline(steps, name="p")], name="m")


def spectral_model(library: Any) -> Any:
    return library.Sequential([library.Input((4,)), spectral(library)], name="m")


@pytest.mark.parametrize(("writes", "reads"), BOTH)
@pytest.mark.parametrize("make", [both_ways, pipeline, spectral_model])
def test_files_go_both_ways(make: Any, writes: Any, reads: Any, tmp_path: Path) -> None:
    model = make(writes)
    x = RNG.integers(0, 6, (5, 3)).astype("int32") if make is both_ways else X
    model.save(tmp_path / "m.keras")
    read = reads.models.load_model(tmp_path / "m.keras")
    np.testing.assert_allclose(read.predict(x, verbose=0), model.predict(x, verbose=0), rtol=1e-5, atol=1e-6)
    model.save_weights(tmp_path / "m.weights.h5")
    other = make(reads)
    other.load_weights(tmp_path / "m.weights.h5")
    np.testing.assert_allclose(other.predict(x, verbose=0), model.predict(x, verbose=0), rtol=1e-5, atol=1e-6)


def test_a_network_learns_through_both_ways() -> None:
    ours, theirs = both_ways(nnfast), both_ways(keras)
    ours.set_weights(theirs.get_weights())
    x = RNG.integers(0, 6, (16, 3)).astype("int32")
    for library, model in ((nnfast, ours), (keras, theirs)):
        loss = library.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(library.optimizers.SGD(0.5), loss)
        model.fit(x, x, batch_size=4, epochs=3, shuffle=False, verbose=0)
    for mine, yours in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(mine, yours, rtol=1e-4, atol=1e-5)


def test_pipeline() -> None:
    class Told(layers.Layer):
        def call(self, inputs: Any, training: bool | None = None) -> Any:
            told.append(training)
            return inputs

    told: list[bool | None] = []
    steps = layers.Pipeline([layers.Hashing(4), Told()])
    assert steps(["a", "b", "c"]).shape == (3,)
    steps(["a"], training=False)
    assert told == [True, False] and steps.layers[1].built
    config = layers.Pipeline([layers.ReLU(), layers.Dense(2)], name="p").get_config()
    assert sorted(config) == ["layers", "name"] and len(config["layers"]) == 2
    assert layers.Pipeline.from_config(config).get_config() == config
    masked = layers.Pipeline([layers.Embedding(3, 2, mask_zero=True), layers.Dropout(0.5)])(np.array([[1, 0]]))
    np.testing.assert_array_equal(graph.get_mask(masked), [[True, False]])
    with pytest.raises(ValueError, match="must contain a `layers` key"):
        layers.Pipeline.from_config({"name": "p"})
