"""ONNX files give in onnxruntime what the model predicts; what they can't hold is named."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nnfast
from nnfast import activations, layers, ops

DRAW = np.random.default_rng(0)


def computed(path: Path, inputs: list[Any]) -> list[Any]:
    runtime = pytest.importorskip("onnxruntime")
    session = runtime.InferenceSession(path)
    return session.run(None, dict(zip((entry.name for entry in session.get_inputs()), inputs, strict=True)))


def check(model: nnfast.Model, *inputs: Any, folder: Path, tolerance: float = 1e-5) -> None:
    pytest.importorskip("onnx")
    path = folder / "it.onnx"
    model.export(path, format="onnx", verbose=False)
    for count in (len(inputs[0]), 1):
        given = [array[:count] for array in inputs]
        wanted = nnfast.tree.flatten(model.predict(given if len(given) > 1 else given[0], verbose=0))
        found = computed(path, given)
        assert len(found) == len(wanted)
        for ours, theirs in zip(wanted, found, strict=True):
            assert ours.dtype == theirs.dtype and ours.shape == theirs.shape
            np.testing.assert_allclose(theirs, ours, rtol=tolerance, atol=tolerance)


def floats(*shape: int) -> Any:
    return DRAW.normal(size=shape).astype("float32")


def indices(*shape: int) -> Any:
    return DRAW.integers(0, 9, shape).astype("int32")


ACTIVATIONS = sorted(
    name for name in activations.__all__ if name not in ("deserialize", "get", "serialize", "threshold")
)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations(name: str, tmp_path: Path) -> None:
    model = nnfast.Sequential([nnfast.Input((6,)), layers.Dense(8), layers.Activation(getattr(activations, name))])
    check(model, floats(7, 6) * 3, folder=tmp_path)


LAYERS: dict[str, tuple[tuple[int, ...], Callable[[Any], Any]]] = {
    "dense": ((5,), lambda x: layers.Dense(4, "relu")(x)),
    "dense of sequences": ((3, 5), lambda x: layers.Dense(4)(x)),
    "batch normalization": ((5,), lambda x: layers.BatchNormalization(moving_mean_initializer="ones")(x)),
    "layer normalization": ((5,), lambda x: layers.LayerNormalization()(x)),
    "dropout": ((5,), lambda x: layers.GaussianNoise(0.5)(layers.Dropout(0.5)(x))),
    "flatten": ((3, 5), lambda x: layers.Flatten()(x)),
    "reshape": ((3, 4), lambda x: layers.Reshape((2, -1))(x)),
    "permute": ((3, 4), lambda x: layers.Permute((2, 1))(x)),
    "repeat": ((4,), lambda x: layers.RepeatVector(3)(x)),
    "pooling": ((3, 4), lambda x: [layers.GlobalMaxPooling1D()(x), layers.GlobalAveragePooling1D()(x)]),
    "softmax": ((3, 4), lambda x: layers.Softmax(axis=1)(x)),
    "rescaling": ((3,), lambda x: layers.Rescaling(0.5, 1.0)(x)),
    "slices": ((6,), lambda x: x[:, ::2] * x[:, 3:] - x[:, 2::-1]),
    "stack": ((4,), lambda x: ops.stack([x, x * 2], axis=1)),
    "comparisons": ((4,), lambda x: ops.where(ops.logical_and(x > 0, ops.not_equal(x, 1.0)), x, -1.0)),
    "reductions": ((3, 4), lambda x: [ops.max(x, axis=(1, 2)), ops.mean(x, axis=1), ops.argmax(x, axis=-1)]),
    "truths": ((3, 4), lambda x: [ops.any(x > 0, axis=1), ops.all(x > 0, axis=-1)]),
    "products": ((3, 4), lambda x: ops.matmul(x, ops.transpose(x, (0, 2, 1)))),
    "numbers": ((4,), lambda x: ops.floor(ops.exp(x)) + ops.round(x) + ops.sin(x) * ops.log1p(ops.square(x))),
    "whole numbers": ((4,), lambda x: ops.cast(ops.cast(x * 9, "int32") // 2, "int8")),
    "broadcast": ((4,), lambda x: ops.broadcast_to(ops.expand_dims(x, 1), (*x.shape[:1], 3, 4))),
    "padded": ((4,), lambda x: ops.pad(x, ((0, 0), (1, 2)))),
    "constants": ((4,), lambda x: ops.zeros_like(x) + x * ops.ones_like(x)),
}


@pytest.mark.parametrize("name", LAYERS)
def test_layers(name: str, tmp_path: Path) -> None:
    shape, make = LAYERS[name]
    inputs = nnfast.Input(shape)
    check(nnfast.Model(inputs, make(inputs)), floats(5, *shape), folder=tmp_path)


def test_words_and_features(tmp_path: Path) -> None:
    """Two inputs, a mask, a normalization that was trained, two outputs."""
    words, features = nnfast.Input((4,), dtype="int32", name="words"), nnfast.Input((3,), name="features")
    pooled = layers.GlobalAveragePooling1D()(layers.Embedding(9, 5, mask_zero=True)(words))
    joined = layers.Concatenate()([pooled, layers.BatchNormalization()(features)])
    outputs = [layers.Dense(2, "softmax", name="kind")(joined), layers.Dense(1, "sigmoid", name="score")(joined)]
    model = nnfast.Model([words, features], outputs)
    model.compile("adam", ["sparse_categorical_crossentropy", "binary_crossentropy"])
    x = [indices(32, 4), floats(32, 3)]
    model.fit(x, [np.arange(32) % 2, np.arange(32) % 2], epochs=3, verbose=0)
    check(model, *x, folder=tmp_path)
    import onnx

    graph = onnx.load(tmp_path / "it.onnx").graph
    assert [entry.name for entry in graph.input] == ["words", "features"]
    assert [entry.name for entry in graph.output] == ["kind", "score"]
    weights = {entry.name for entry in graph.initializer}
    assert {weight.path for weight in model.weights} <= weights


def test_bags_of_words(tmp_path: Path) -> None:
    words = nnfast.Input((4,), dtype="int32", name="words")
    rows = layers.Dropout(0.5)(layers.Embedding(9, 5)(words))
    check(nnfast.Model(words, layers.GlobalMaxPooling1D()(rows)), indices(6, 4), folder=tmp_path)


def test_models_of_classes_say_what_they_are_called_with(tmp_path: Path) -> None:
    pytest.importorskip("onnx")

    class Mine(nnfast.Model):
        def __init__(self) -> None:
            super().__init__()
            self.dense = layers.Dense(3)

        def call(self, inputs: Any) -> Any:
            return {"twice": self.dense(inputs["a"]) * 2, "sum": self.dense(inputs["a"]) + inputs["b"]}

    model, x = Mine(), {"a": floats(4, 2), "b": floats(4, 3)}
    wanted = model.predict(x, verbose=0)
    with pytest.raises(ValueError, match="pass input_signature"):
        model.export(tmp_path / "it.onnx", format="onnx")
    signature = {"a": nnfast.Input((2,), name="a"), "b": nnfast.Input((3,), name="b")}
    model.export(tmp_path / "it.onnx", format="onnx", input_signature=signature, verbose=False)
    found = computed(tmp_path / "it.onnx", [x["a"], x["b"]])
    for ours, theirs in zip(nnfast.tree.flatten(wanted), found, strict=True):
        np.testing.assert_allclose(theirs, ours, rtol=1e-5, atol=1e-6)


def test_other_types(tmp_path: Path) -> None:
    for dtype in ("float64", "mixed_float16"):
        model = nnfast.Sequential([nnfast.Input((6,)), layers.Dense(8, "relu", dtype=dtype), layers.Dense(2)])
        check(model, floats(7, 6), folder=tmp_path, tolerance=1e-5 if dtype == "float64" else 2e-3)
    with pytest.raises(ValueError, match="bfloat16"):
        made = nnfast.Sequential([nnfast.Input((6,)), layers.Dense(8, dtype="mixed_bfloat16")])
        made.export(tmp_path / "no.onnx", format="onnx")
    assert not (tmp_path / "no.onnx").exists()


def test_what_is_not_exported_is_named(tmp_path: Path) -> None:
    pytest.importorskip("onnx")

    class Noisy(layers.Layer):
        def call(self, inputs: Any) -> Any:
            return inputs + nnfast.random.uniform(inputs.shape[1:], seed=nnfast.random.SeedGenerator(1))

    path = tmp_path / "it.onnx"
    noisy = nnfast.Sequential([nnfast.Input((2,)), Noisy()])
    with pytest.raises(ValueError, match=r"'random_uniform', which can't be exported"):
        noisy.export(path, format="onnx")
    model = nnfast.Sequential([nnfast.Input((2,)), layers.Dense(2)])
    for format in ("tf_saved_model", "litert", "x"):
        with pytest.raises(ValueError, match=f"Unrecognized format={format}. Supported formats are"):
            model.export(path, format=format)
    for version in (17, "18", 0):
        with pytest.raises(ValueError, match="opset_version expects"):
            model.export(path, format="onnx", opset_version=version)
    with pytest.raises(ValueError, match="never been called"):
        nnfast.Sequential([layers.Dense(2)]).export(path, format="onnx")
    assert os.listdir(tmp_path) == []


def test_what_is_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("onnx")
    model = nnfast.Sequential([nnfast.Input((2,)), layers.Dense(2)])
    model.export(tmp_path / "it.onnx", format="onnx", opset_version=20)
    assert "Saved artifact at" in capsys.readouterr().out
    with pytest.raises(FileNotFoundError):
        model.export(tmp_path / "nowhere" / "it.onnx", format="onnx")


def test_without_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ImportError, match=r"pip install 'nnfast\[onnx\]'"):
        nnfast.Sequential([nnfast.Input((2,)), layers.Dense(2)]).export(tmp_path / "it.onnx", format="onnx")
