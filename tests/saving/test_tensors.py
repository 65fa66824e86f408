"""`.safetensors` files: weights under the paths of their variables, which Keras's variables have too."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from oracle import keras

import nnfast
from nnfast import layers

X = np.random.default_rng(0).normal(size=(8, 4)).astype("float32")


def model(lib: Any = nnfast, units: int = 3, last: str = "last") -> Any:
    inputs = lib.Input((4,))
    inner = lib.Sequential([lib.Input((4,)), lib.layers.Dense(units, name="inside")], name="inner")
    normal = lib.layers.BatchNormalization(name="normal")(inner(inputs))
    return lib.Model(inputs, lib.layers.Dense(2, name=last)(normal))


def test_weights_go_to_keras_and_back(tmp_path: Path) -> None:
    files = pytest.importorskip("safetensors.numpy")
    ours, theirs = model(), model(keras)
    ours.save_weights(tmp_path / "it.safetensors")
    found = files.load_file(tmp_path / "it.safetensors")
    assert set(found) == {weight.path for weight in theirs.weights} and "inner/inside/kernel" in found
    for weight in theirs.weights:
        weight.assign(found[weight.path])
    np.testing.assert_allclose(np.asarray(theirs(X)), ours(X), rtol=1e-5, atol=1e-6)

    other = model()
    files.save_file({weight.path: np.asarray(weight) for weight in theirs.weights}, tmp_path / "k.safetensors")
    other.load_weights(tmp_path / "k.safetensors")
    np.testing.assert_array_equal(other(X), ours(X))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
def test_other_types(dtype: str, tmp_path: Path) -> None:
    pytest.importorskip("safetensors")
    made = nnfast.Sequential([nnfast.Input((4,)), layers.Dense(3, dtype=dtype)])
    before = made.get_weights()
    made.save_weights(tmp_path / "it.safetensors")
    made.set_weights([weight * 0 for weight in before])
    made.load_weights(tmp_path / "it.safetensors")
    for now, then in zip(made.get_weights(), before, strict=True):
        assert now.dtype.name == dtype
        np.testing.assert_array_equal(now, then)


def test_weights_that_do_not_fit_change_nothing(tmp_path: Path) -> None:
    pytest.importorskip("safetensors")
    path = tmp_path / "it.safetensors"
    saved = model()
    saved.save_weights(path)
    for made, reason in ((model(units=5), "expects shape"), (model(last="other"), "does not have")):
        before = made.get_weights()
        with pytest.raises(ValueError, match=reason):
            made.load_weights(path)
        for now, then in zip(made.get_weights(), before, strict=True):
            np.testing.assert_array_equal(now, then)
    made = model(last="other")
    with pytest.warns(UserWarning, match="A total of 4 weights"):
        made.load_weights(path, skip_mismatch=True)
    np.testing.assert_array_equal(made.get_layer("inner").get_weights()[0], saved.get_layer("inner").get_weights()[0])

    made = model()
    saved.save_weights(path, objects_to_skip=[saved.get_layer("inner")])
    with pytest.raises(ValueError, match="inner/inside/bias, which the file does not have"):
        made.load_weights(path)
    made.load_weights(path, objects_to_skip=[made.get_layer("inner")])
    np.testing.assert_array_equal(made.get_layer("last").get_weights()[0], saved.get_layer("last").get_weights()[0])

    path.write_bytes(b"\xff" * 100)
    with pytest.raises(ValueError, match="can't be read"):
        made.load_weights(path)


def test_files_that_are_damaged(tmp_path: Path) -> None:
    pytest.importorskip("safetensors")
    path, made = tmp_path / "it.safetensors", model()
    made.save_weights(path)
    whole, draw = path.read_bytes(), np.random.default_rng(0)
    for _ in range(300):
        changed = bytearray(whole)
        changed[draw.integers(400)] = draw.integers(256)
        path.write_bytes(changed if draw.integers(2) else changed[: draw.integers(len(changed))])
        try:
            made.load_weights(path)
        except ValueError as error:
            assert str(error)


def test_without_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "safetensors", None)
    monkeypatch.setitem(sys.modules, "safetensors.numpy", None)
    with pytest.raises(ImportError, match=r"pip install 'nnfast\[safetensors\]'"):
        model().save_weights(tmp_path / "it.safetensors")
    assert not list(tmp_path.iterdir())
    (tmp_path / "it.safetensors").write_bytes(b"x")
    with pytest.raises(ImportError, match="safetensors"):
        model().load_weights(tmp_path / "it.safetensors")
