"""Mixed precision: weights in float32, computation in half precision, as Keras does it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from oracle import keras

import nnfast
from nnfast import config, dtype_policies, layers, mixed_precision, ops

pytest.importorskip("ml_dtypes")

POLICIES = ["mixed_float16", "mixed_bfloat16", "float16", "bfloat16"]
# Distances between neighbouring numbers near 1, several of them: each library rounds at other places.
TOLERANCES = {"float16": 4 * 2.0**-10, "bfloat16": 4 * 2.0**-7}
RNG = np.random.default_rng(0)


@pytest.fixture(params=POLICIES)
def policy(request: pytest.FixtureRequest) -> Iterator[str]:
    """A policy of both libraries."""
    config.set_dtype_policy(request.param)
    keras.config.set_dtype_policy(request.param)
    yield request.param
    config.set_dtype_policy("float32")
    keras.config.set_dtype_policy("float32")


def alike(ours: Any, theirs: Any, half: str) -> None:
    numbers = np.asarray(theirs, "float32")
    scale = max(1.0, float(np.abs(numbers).max()))
    np.testing.assert_allclose(np.asarray(ours, "float32"), numbers, rtol=0, atol=TOLERANCES[half] * scale)


def name_of(dtype: Any) -> str:
    return dtype if isinstance(dtype, str) else np.dtype(dtype).name


CASES: list[tuple[str, dict[str, Any], Any]] = [
    ("Dense", {"units": 5, "activation": "relu"}, (4,)),
    ("Embedding", {"input_dim": 9, "output_dim": 3}, None),
    ("BatchNormalization", {}, (4,)),
    ("LayerNormalization", {}, (4,)),
    ("RMSNormalization", {}, (4,)),
    ("UnitNormalization", {}, (4,)),
    ("GroupNormalization", {"groups": 2}, (4,)),
    ("Activation", {"activation": "softmax"}, (4,)),
    ("ELU", {}, (4,)),
    ("PReLU", {"alpha_initializer": "ones"}, (4,)),
    ("GlobalAveragePooling1D", {}, (5, 3)),
    ("GlobalMaxPooling1D", {}, (5, 3)),
    ("Flatten", {}, (5, 3)),
    ("Rescaling", {"scale": 0.5, "offset": 1.0}, (4,)),
    ("Dropout", {"rate": 0.5}, (4,)),
    ("GaussianNoise", {"stddev": 0.5}, (4,)),
    ("AlphaDropout", {"rate": 0.5}, (4,)),
    ("Normalization", {"mean": [1.0, 2.0, 3.0, 4.0], "variance": [1.0, 2.0, 3.0, 4.0]}, (4,)),
]


@pytest.mark.parametrize(("name", "arguments", "shape"), CASES, ids=[case[0] for case in CASES])
def test_layers_compute_in_half_precision(policy: str, name: str, arguments: dict[str, Any], shape: Any) -> None:
    x = RNG.integers(0, 9, (6, 4)) if shape is None else RNG.normal(size=(6, *shape)).astype("float32")
    layer, oracle = (getattr(library.layers, name)(**arguments) for library in (nnfast, keras))
    oracle(x)
    layer(x)
    layer.set_weights([np.asarray(weight) for weight in oracle.get_weights()])
    half = layer.compute_dtype
    assert half == oracle.compute_dtype and layer.variable_dtype == oracle.variable_dtype
    assert layer.dtype_policy.name == policy
    assert [name_of(weight.dtype) for weight in layer.weights] == [name_of(weight.dtype) for weight in oracle.weights]
    for training in (False, True):
        ours = layer(x, training=training)
        assert ours.dtype == half
        if training is False or name == "BatchNormalization":
            alike(ours, oracle(x, training=training), half)


def model_of(library: Any) -> Any:
    stack = [
        library.Input((8,)),
        library.layers.Dense(16, activation="relu"),
        library.layers.BatchNormalization(),
        library.layers.Dense(3, activation="softmax", dtype="float32"),
    ]
    return library.Sequential(stack)


@pytest.mark.parametrize("name", ["mixed_float16", "mixed_bfloat16"])
def test_a_fit_learns_what_keras_learns(name: str) -> None:
    config.set_dtype_policy(name)
    keras.config.set_dtype_policy(name)
    try:
        model, oracle = model_of(nnfast), model_of(keras)
    finally:
        config.set_dtype_policy("float32")
        keras.config.set_dtype_policy("float32")
    model.set_weights(oracle.get_weights())
    x = RNG.normal(size=(256, 8)).astype("float32")
    y = (x[:, 0] > 0).astype(int) + (x[:, 1] > 0)
    losses = []
    for either, library in ((model, nnfast), (oracle, keras)):
        rate = library.optimizers.SGD(0.1)
        either.compile(rate, "sparse_categorical_crossentropy", auto_scale_loss=False)
        losses.append(either.fit(x, y, batch_size=32, epochs=5, shuffle=False, verbose=0).history["loss"])
    np.testing.assert_allclose(losses[0], losses[1], rtol=0.02)
    assert losses[0][-1] < 0.7 * losses[0][0]
    assert {weight.dtype for weight in model.weights} == {"float32"}
    assert model.predict(x[:2], verbose=0).dtype == "float32"


def test_files_go_both_ways(policy: str, tmp_path: Path) -> None:
    x = RNG.normal(size=(5, 8)).astype("float32")
    model, oracle = model_of(nnfast), model_of(keras)
    for maker, reader, path in ((model, keras, "a.keras"), (oracle, nnfast, "b.keras")):
        maker.save(tmp_path / path)
        read = reader.models.load_model(tmp_path / path)
        assert read.layers[0].dtype_policy.name == policy
        alike(read.predict(x, verbose=0), maker.predict(x, verbose=0), model.layers[0].compute_dtype)
        for mine, yours in zip(read.weights, maker.weights, strict=True):
            np.testing.assert_array_equal(np.asarray(mine.numpy(), "float32"), np.asarray(yours.numpy(), "float32"))


def test_policies() -> None:
    mixed = mixed_precision.Policy("mixed_float16")
    assert (mixed.compute_dtype, mixed.variable_dtype) == ("float16", "float32")
    assert dtype_policies.deserialize(dtype_policies.serialize(mixed)) == mixed == dtype_policies.get("mixed_float16")
    assert dtype_policies.get(np.float64).name == "float64" and dtype_policies.get(None).name == "float32"
    assert layers.Dense(1, dtype=mixed).get_config()["dtype"] == dtype_policies.serialize(mixed)
    assert layers.Dense.from_config(layers.Dense(1, dtype=mixed).get_config()).dtype_policy == mixed
    with pytest.raises(ValueError, match="Cannot convert 'float8'"):
        dtype_policies.get("float8")
    with pytest.raises(ValueError, match="Cannot convert 'f4'"):  # as Keras does: a file with it could not be read
        layers.Dense(1, dtype="f4")
    with pytest.raises(TypeError, match="must be a string"):
        dtype_policies.DTypePolicy(3)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="Cannot interpret"):
        dtype_policies.get(object())
    with pytest.raises(ValueError, match=r"policy of floats.*got 'int32'"):
        config.set_dtype_policy("int32")
    with pytest.raises(ValueError, match="Invalid `policy`"):
        config.set_dtype_policy(3)  # type: ignore[arg-type]


def test_a_layer_may_keep_a_weight_and_its_inputs_as_they_are() -> None:
    class Sum(layers.Layer):
        def build(self, input_shape: Any) -> None:
            self.rough = self.add_weight((), "ones", name="rough")
            self.fine = self.add_weight((), "ones", name="fine", autocast=False)

        def call(self, inputs: Any) -> Any:
            assert self.fine.dtype == "float32"
            return inputs + self.rough, inputs + self.fine

    rough, fine = Sum(dtype="mixed_float16")(np.zeros((2, 2), "float32"))
    assert rough.dtype == "float16" and fine.dtype == "float32"
    rough, fine = Sum(dtype="mixed_float16", autocast=False)(np.zeros((2, 2), "float32"))
    assert rough.dtype == fine.dtype == "float32"


def test_inner_layers_have_policies_of_their_own() -> None:
    class Outer(layers.Layer):
        def __init__(self) -> None:
            super().__init__(dtype="mixed_float16")
            self.inner = layers.Dense(2, dtype="float32")

        def call(self, inputs: Any) -> Any:
            inner = self.inner(inputs)
            assert inputs.dtype == "float16" and inner.dtype == "float32"
            return ops.cast(inner, "float16")

    assert Outer()(np.ones((1, 3), "float32")).dtype == "float16"


def test_half_precision_data_are_as_good_as_any() -> None:
    model = nnfast.Sequential([layers.Dense(1)])
    model.compile("sgd", "mse")
    x, y = RNG.normal(size=(64, 3)).astype("float16"), RNG.normal(size=64).astype("bfloat16")
    history = model.fit(x, y, shuffle=False, verbose=0).history["loss"]
    model.predict(x.astype("bfloat16"), verbose=0)
    assert np.isfinite(history).all()
    alike(model.predict(x, verbose=0), model.predict(x.astype("float32"), verbose=0), "float16")
