from __future__ import annotations

import gzip
import inspect
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from oracle import keras

from nnfast.datasets import DatasetCorrupt, DatasetUnavailable, fashion_mnist, files

Array = np.ndarray[Any, Any]

needs_full_data = pytest.mark.skipif(
    not os.path.isdir(os.path.join(os.environ.get("NNFAST_DATA_DIR", ""), "fashion-mnist")),
    reason="NNFAST_DATA_DIR names no folder with fashion-mnist",
)
TRAIN_IMAGES = np.arange(3 * 784, dtype=np.uint8).reshape(3, 28, 28)


def idx(values: Array) -> bytes:
    return bytes([0, 0, 8, values.ndim]) + np.array(values.shape, ">u4").tobytes() + values.astype(np.uint8).tobytes()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder with three training and two test images, and nothing to find elsewhere."""
    for name in ("NNFAST_HOME", "KERAS_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "nothing"))
    monkeypatch.setattr(files, "SYSTEM_FOLDER", str(tmp_path / "nothing"))
    monkeypatch.setenv("NNFAST_DATA_DIR", str(tmp_path))
    folder = tmp_path / "fashion-mnist"
    folder.mkdir()
    write(folder / "train-images-idx3-ubyte.gz", idx(TRAIN_IMAGES))
    write(folder / "train-labels-idx1-ubyte.gz", idx(np.array([9, 0, 3])))
    write(folder / "t10k-images-idx3-ubyte.gz", idx(np.zeros((2, 28, 28))))
    write(folder / "t10k-labels-idx1-ubyte.gz", idx(np.array([1, 5])))
    return folder


def write(path: Path, content: bytes) -> None:
    with gzip.open(path, "wb") as file:
        file.write(content)


def test_the_files_are_read(folder: Path) -> None:
    (x_train, y_train), (x_test, y_test) = fashion_mnist.load_data()
    np.testing.assert_array_equal(x_train, TRAIN_IMAGES)
    assert y_train.tolist() == [9, 0, 3] and y_test.tolist() == [1, 5] and x_test.shape == (2, 28, 28)
    for array in (x_train, y_train, x_test, y_test):
        assert array.dtype == np.uint8
        array[:] = 0  # what a caller does to its arrays stays with it
    assert fashion_mnist.load_data()[0][1].tolist() == [9, 0, 3]
    assert inspect.signature(fashion_mnist.load_data).parameters == {}


def test_debians_folder_is_looked_into(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NNFAST_DATA_DIR")
    monkeypatch.setattr(files, "SYSTEM_FOLDER", str(folder.parent))
    assert fashion_mnist.load_data()[0][1].tolist() == [9, 0, 3]


def test_a_file_that_is_nowhere_is_named_with_its_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "t10k-labels-idx1-ubyte.gz").unlink()
    name = "t10k-labels-idx1-ubyte.gz"
    unreachable = files.Source("http://127.0.0.1:9/" + name, "sha256:" + "0" * 64)
    monkeypatch.setitem(fashion_mnist.SOURCES, name, unreachable)
    with pytest.raises(DatasetUnavailable, match=f"^fashion-mnist/{name} is in none of the folders {folder.parent}, "):
        fashion_mnist.load_data()


@pytest.mark.parametrize(
    "damage",
    [
        lambda whole: b"",
        lambda whole: b"no archive",
        lambda whole: whole[: len(whole) // 2],
        lambda whole: whole[:20] + bytes(8) + whole[28:],
        lambda whole: gzip.compress(b""),
        lambda whole: gzip.compress(b"\0\0\x08"),
        lambda whole: gzip.compress(idx(TRAIN_IMAGES)[:-1]),
        lambda whole: gzip.compress(idx(TRAIN_IMAGES) + b"more"),
        lambda whole: gzip.compress(idx(TRAIN_IMAGES.reshape(3, 784))),
        lambda whole: gzip.compress(idx(np.zeros((3, 27, 28)))),
        lambda whole: gzip.compress(b"\0\0\x0d\x03" + idx(TRAIN_IMAGES)[4:]),
        lambda whole: gzip.compress(bytes([0, 0, 8, 3]) + b"\xff" * 12),
    ],
    ids=["empty", "text", "half", "altered", "nothing", "short", "cut", "long", "flat", "size", "floats", "huge"],
)
def test_a_broken_file_is_named(folder: Path, damage: Any) -> None:
    path = folder / "train-images-idx3-ubyte.gz"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DatasetCorrupt, match=f"^{path} (cannot be read|is not an IDX file)"):
        fashion_mnist.load_data()


def test_images_without_labels_are_named(folder: Path) -> None:
    write(folder / "train-labels-idx1-ubyte.gz", idx(np.array([9, 0])))
    with pytest.raises(DatasetCorrupt, match=r"train-images.* holds 3 images, but .*train-labels.* holds 2 labels"):
        fashion_mnist.load_data()


@needs_full_data
def test_full_data_are_those_of_keras(monkeypatch: pytest.MonkeyPatch) -> None:
    theirs_at = os.path.join(os.environ["NNFAST_DATA_DIR"], "fashion-mnist")
    module = keras.src.datasets.fashion_mnist
    monkeypatch.setattr(module, "get_file", lambda name, **_: os.path.join(theirs_at, name))
    for ours, theirs in zip(fashion_mnist.load_data(), module.load_data(), strict=True):
        for got, expected in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(got, expected)
            assert got.dtype == expected.dtype
    (x_train, y_train), (x_test, y_test) = fashion_mnist.load_data()
    assert x_train.shape == (60000, 28, 28) and x_test.shape == (10000, 28, 28)
    assert np.bincount(y_train).tolist() == [6000] * len(fashion_mnist.CLASSES)
    assert np.bincount(y_test).tolist() == [1000] * 10
