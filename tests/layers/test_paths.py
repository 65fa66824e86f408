"""Paths of layers, and policies of dtypes by path, against real Keras."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from oracle import keras

import nnfast
from nnfast import dtype_policies

BOTH = [pytest.param(nnfast, keras, id="ours here"), pytest.param(keras, nnfast, id="theirs here")]


def nested(library: Any) -> list[Any]:
    """Models of layers in layers, which are built, called, and put together in several ways."""
    layers = library.layers

    class Block(layers.Layer):  # type: ignore[misc, name-defined]
        def __init__(self, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.dense, self.relu, self.drop = layers.Dense(3, name="d"), layers.ReLU(), layers.Dropout(0.1)

        def build(self, input_shape: Any) -> None:
            self.dense.build(input_shape)

        def call(self, inputs: Any) -> Any:
            return self.drop(self.relu(self.dense(inputs)))

    class Lazy(layers.Layer):  # type: ignore[misc, name-defined]
        def __init__(self, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.dense, self.block = layers.Dense(3, name="d"), Block(name="b")

        def call(self, inputs: Any) -> Any:
            return self.block(self.dense(inputs))

    class Own(library.Model):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__(name="own")
            self.lazy = Lazy(name="l")
            self.inner = library.Sequential([layers.Dense(2, name="q")], name="inner")

        def call(self, inputs: Any) -> Any:
            return self.inner(self.lazy(inputs))

    inputs = library.Input((4,), name="x")
    outputs = Lazy(name="lazy")(Block(name="block")(layers.Dense(4, name="top")(inputs)))
    functional = library.Model(inputs, outputs, name="functional")
    stack = library.Sequential([layers.Dense(2, name="q"), Block(name="bb")], name="stack")
    unbuilt = library.Sequential([layers.Dense(2, name="q")], name="unbuilt")
    stack.build((None, 4))
    own = Own()
    own(np.ones((2, 4), "float32"))
    return [functional, stack, unbuilt, own, library.Sequential([library.Input((4,)), functional], name="outer")]


def paths(layer: Any) -> list[Any]:
    """The paths of a layer and of those below it, and of their weights."""
    kind = type(layer).__name__
    own = [] if kind == "InputLayer" else [(kind, layer.path, [weight.path for weight in layer.weights])]
    return own + [line for below in layer._layers for line in paths(below)]


def test_paths_are_keras_s() -> None:
    for ours, theirs in zip(nested(nnfast), nested(keras), strict=True):
        assert paths(ours) == paths(theirs)


def policies_of(library: Any) -> Any:
    policy, maps = library.DTypePolicy, library.dtype_policies
    return maps.DTypePolicyMap("float32", {"m/a": policy("mixed_float16"), ".*/b": policy("bfloat16")})


def model_of(library: Any) -> Any:
    policies = policies_of(library)
    model = library.Sequential([library.layers.Dense(2, dtype=policies, name=name) for name in "abc"], name="m")
    model.build((None, 4))
    return model


def test_layers_have_the_policy_of_their_path() -> None:
    for library in (nnfast, keras):
        layers = model_of(library).layers
        assert [layer.compute_dtype for layer in layers] == ["float16", "bfloat16", "float32"]
        assert [layer.dtype for layer in layers] == ["float32", "bfloat16", "float32"]
        first, second, third = layers
        third.dtype_policy = second.dtype_policy = "mixed_bfloat16"
        assert [layer.compute_dtype for layer in layers] == ["float16", "bfloat16", "bfloat16"]
        assert second.dtype == "float32" and sorted(first.dtype_policy) == [".*/b", "m/a", "m/b", "m/c"]


@pytest.mark.parametrize(("writes", "reads"), BOTH)
def test_files_hold_maps(writes: Any, reads: Any, tmp_path: Path) -> None:
    model = model_of(writes)
    model.save(tmp_path / "m.keras")
    read = reads.models.load_model(tmp_path / "m.keras")
    for layer, other in zip(model.layers, read.layers, strict=True):
        assert dict(other.dtype_policy).keys() == dict(layer.dtype_policy).keys()
        assert other.get_config()["dtype"] == layer.get_config()["dtype"]
        np.testing.assert_array_equal(*(np.asarray(dense.kernel, "float32") for dense in (layer, other)))


def test_copies_of_layers_have_their_path_and_their_policies() -> None:
    layer = model_of(nnfast).layers[0]
    for other in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert other.path == "m/a" and other.compute_dtype == "float16" and other.dtype_policy == layer.dtype_policy


@pytest.fixture
def policies() -> Iterator[Any]:
    yield policies_of(nnfast)
    nnfast.config.set_dtype_policy("float32")


def test_a_map_is_a_dictionary_of_policies(policies: Any) -> None:
    assert policies["m/a"].name == "mixed_float16" and policies["x/y/b"].name == "bfloat16"
    assert policies["m/c"] is policies.default_policy and policies.name == "map_float32"
    assert policies.compute_dtype == policies.variable_dtype == "float32" and policies.quantization_mode is None
    assert len(policies) == 2 and list(policies) == ["m/a", ".*/b"] and "m/a" in policies and "m/b" not in policies
    policies["m/.*"] = "float64"
    assert policies["m/c"].name == "float64"
    with pytest.raises(ValueError, match="Path 'm/b' matches multiple"):
        policies["m/b"]
    with pytest.raises(ValueError, match="m/a already exist"):
        policies["m/a"] = "float32"
    with pytest.raises(ValueError, match="Cannot interpret the assigned value"):
        policies["d"] = 123
    assert policies.pop("m/a").name == "mixed_float16"
    with pytest.raises(KeyError):
        del policies["m/a"]
    assert (
        repr(policies) == "<DTypePolicyMap default_policy=float32, mapping=[('.*/b', 'bfloat16'), ('m/.*', 'float64')]>"
    )
    with pytest.raises(ValueError, match="cannot be a `DTypePolicyMap`"):
        dtype_policies.DTypePolicyMap(policies)
    with pytest.raises(TypeError, match="must be a dict"):
        dtype_policies.DTypePolicyMap(policy_map=123)  # type: ignore[arg-type]


def test_configurations_of_maps_are_keras_s(policies: Any) -> None:
    config = dtype_policies.serialize(policies)
    assert (
        config == keras.dtype_policies.serialize(policies_of(keras)) == nnfast.saving.serialize_keras_object(policies)
    )
    assert dtype_policies.deserialize(config) == policies == nnfast.saving.deserialize_keras_object(config)
    assert policies != dtype_policies.DTypePolicyMap("float32")
    # Without a default policy, policies are those of whoever reads the file.
    ours, theirs = dtype_policies.DTypePolicyMap(), keras.dtype_policies.DTypePolicyMap()
    ours["a"], theirs["a"] = "bfloat16", keras.DTypePolicy("bfloat16")
    config = dtype_policies.serialize(ours)
    assert config == keras.dtype_policies.serialize(theirs)
    nnfast.config.set_dtype_policy("mixed_float16")
    assert ours["b"].name == dtype_policies.deserialize(config)["a"].name == "mixed_float16"  # type: ignore[index]


def test_nothing_is_quantized() -> None:
    for name in ("int8_from_float32", "gptq/4/128_from_mixed_bfloat16"):
        with pytest.raises(ValueError, match=rf"Nothing is quantized here.*got '{name}'"):
            nnfast.layers.Dense(2, dtype=name)
    config = keras.dtype_policies.serialize(keras.dtype_policies.QuantizedDTypePolicy("int8", "float32"))
    with pytest.raises(ValueError, match="Nothing is quantized here"):
        dtype_policies.get(config)
    with pytest.raises(AttributeError, match=r"Nothing is quantized here.*got QuantizedDTypePolicy"):
        dtype_policies.QuantizedDTypePolicy  # noqa: B018
