"""Data sets that are not at hand, read from small archives of their form, beside Keras."""

from __future__ import annotations

import io
import json
import os
import pickle
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from oracle import keras

from nnfast import config
from nnfast.datasets import DatasetCorrupt, boston_housing, california_housing, cifar10, cifar100, reuters

RNG = np.random.default_rng(0)


def check_equal(ours: Any, theirs: Any) -> None:
    for mine, other in zip(ours, theirs, strict=True):
        for found, expected in zip(mine, other, strict=True):
            assert found.dtype == expected.dtype and found.shape == expected.shape
            assert found.tolist() == expected.tolist()


# Tables.


def table(path: Path, columns: int, dtype: str, rows: int = 50) -> Path:
    np.savez_compressed(path, x=RNG.normal(size=(rows, columns)).astype(dtype), y=RNG.normal(size=rows).astype(dtype))
    return path


@pytest.mark.parametrize("arguments", [{}, {"test_split": 0.5, "seed": 3}, {"test_split": 0}])
def test_boston_housing(arguments: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = table(tmp_path / "boston.npz", 13, "float64")
    module = keras.src.datasets.boston_housing
    monkeypatch.setattr(module, "get_file", lambda *_, **__: str(path))
    check_equal(boston_housing.load_data(path, **arguments), module.load_data(str(path), **arguments))


@pytest.mark.parametrize("arguments", [{}, {"version": "small"}, {"test_split": 0.3, "seed": 9}])
def test_california_housing(arguments: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = table(tmp_path / "california.npz", 8, "float32", 700)
    module = keras.src.datasets.california_housing
    monkeypatch.setattr(module, "get_file", lambda *_, **__: str(path))
    check_equal(california_housing.load_data(path=path, **arguments), module.load_data(path=str(path), **arguments))


def test_tables_that_are_none(tmp_path: Path) -> None:
    path = table(tmp_path / "table.npz", 13, "float64")
    for wrong in (1, -0.1, 2):
        with pytest.raises(ValueError, match="Invalid `test_split` argument"):
            boston_housing.load_data(path, test_split=wrong)
    with pytest.raises(ValueError, match="must be one of 'small', 'large', got 'tiny'"):
        california_housing.load_data("tiny", path)
    with pytest.raises(DatasetCorrupt, match="not a table of 8 columns: it holds x of shape \\(50, 13\\)"):
        california_housing.load_data(path=path)
    np.savez(path, x=np.array([{}]), y=np.ones(1))
    with pytest.raises(DatasetCorrupt, match="cannot be read as a table"):
        boston_housing.load_data(path)


# Texts.


def newswires(path: Path, **changes: Any) -> Path:
    x = np.empty(40, object)
    x[:] = [RNG.integers(1, 40, size=RNG.integers(1, 9)).tolist() for _ in range(40)]
    np.savez_compressed(path, **({"x": x, "y": np.arange(40) % 46} | changes))
    return path


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"num_words": 20, "skip_top": 5},
        {"num_words": 20, "oov_char": None, "test_split": 0.5},
        {"maxlen": 6, "seed": 7},
        {"start_char": None, "index_from": 0},
    ],
)
def test_reuters(arguments: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = newswires(tmp_path / "reuters.npz")
    module = keras.src.datasets.reuters
    monkeypatch.setattr(module, "get_file", lambda *_, **__: str(path))
    check_equal(reuters.load_data(path, **arguments), module.load_data(str(path), **arguments))


def test_topics_and_words_of_reuters(tmp_path: Path) -> None:
    assert reuters.get_label_names() == keras.src.datasets.reuters.get_label_names()
    (tmp_path / "words.json").write_text(json.dumps({"oil": 1}))
    assert reuters.get_word_index(tmp_path / "words.json") == {"oil": 1}
    with pytest.raises(DatasetCorrupt, match="not Reuters's archive"):
        reuters.load_data(newswires(tmp_path / "wrong.npz", y=np.arange(39)))
    with pytest.raises(ValueError, match="test_split expects a fraction"):
        reuters.load_data(newswires(tmp_path / "reuters.npz"), test_split=2)


# Images.


def batch(count: int, classes: dict[bytes, int], **changes: Any) -> bytes:
    content: dict[bytes, Any] = {b"data": RNG.integers(0, 256, size=(count, 3072), dtype=np.uint8)}
    content |= {key: RNG.integers(0, most, size=count).tolist() for key, most in classes.items()}
    return pickle.dumps(content | {key.encode(): value for key, value in changes.items()}, protocol=3)


def archive(path: Path, members: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as file:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            file.addfile(info, io.BytesIO(content))
    return path


def small_cifar10(folder: Path, **changes: Any) -> Path:
    names = [*(f"data_batch_{number}" for number in range(1, 6)), "test_batch", "readme.html"]
    batches = {name: batch(4, {b"labels": 10}, **changes) for name in names}
    return archive(folder / cifar10.NAME, {f"cifar-10-batches-py/{name}": content for name, content in batches.items()})


def small_cifar100(folder: Path) -> Path:
    labels = {b"fine_labels": 100, b"coarse_labels": 20}
    return archive(folder / cifar100.NAME, {f"cifar-100-python/{name}": batch(6, labels) for name in ("train", "test")})


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NNFAST_DATA_DIR", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_cifar10(data_format: str, folder: Path) -> None:
    path = small_cifar10(folder)
    config.set_image_data_format(data_format)
    try:
        (x_train, y_train), (x_test, y_test) = cifar10.load_data()
    finally:
        config.set_image_data_format("channels_last")
    with tarfile.open(path) as file:
        file.extractall(folder / "theirs", filter="data")
    load_batch = keras.src.datasets.cifar.load_batch
    names = [*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"]
    batches = [load_batch(os.path.join(folder, "theirs", "cifar-10-batches-py", name)) for name in names]
    x, y = np.concatenate([x for x, _ in batches]), np.concatenate([labels for _, labels in batches])
    x = x.transpose(0, 2, 3, 1) if data_format == "channels_last" else x
    np.testing.assert_array_equal(np.concatenate([x_train, x_test]), x)
    np.testing.assert_array_equal(np.concatenate([y_train, y_test]), y[:, None])
    assert x_train.dtype == y_train.dtype == np.uint8 and len(x_train) == 20 and x_train.flags.writeable


@pytest.mark.parametrize("label_mode", ["fine", "coarse"])
def test_cifar100(label_mode: str, folder: Path) -> None:
    path = small_cifar100(folder)
    (x_train, y_train), (x_test, y_test) = cifar100.load_data(label_mode)
    with tarfile.open(path) as file:
        file.extractall(folder / "theirs", filter="data")
    for name, x, y in (("train", x_train, y_train), ("test", x_test, y_test)):
        expected = keras.src.datasets.cifar.load_batch(
            os.path.join(folder, "theirs", "cifar-100-python", name), label_key=f"{label_mode}_labels"
        )
        np.testing.assert_array_equal(x, expected[0].transpose(0, 2, 3, 1))
        np.testing.assert_array_equal(y[:, 0], expected[1])
    with pytest.raises(ValueError, match="`label_mode` must be one of"):
        cifar100.load_data("middle")


def test_images_as_python_2_pickled_them(folder: Path) -> None:
    # As the public archives are: text that is bytes, and NumPy's older name.
    def as_python_2(content: bytes) -> bytes:
        return content.replace(b"numpy._core", b"numpy.core")

    batches = {f"cifar-100-python/{name}": as_python_2(batch(3, {b"fine_labels": 100})) for name in ("train", "test")}
    archive(folder / cifar100.NAME, batches)
    assert cifar100.load_data()[0][0].shape == (3, 32, 32, 3)


class Runs:
    def __reduce__(self) -> Any:
        return os.getenv, ("HOME",)


@pytest.mark.parametrize(
    "changes",
    [
        {"data": Runs()},
        {"data": np.zeros((4, 3072))},
        {"data": np.zeros((3, 3072), np.uint8)},
        {"labels": [1, 2, 3, 10]},
        {"labels": [1.0] * 4},
        {"labels": Runs()},
    ],
    ids=["code", "floats", "rows", "no class", "float labels", "code for labels"],
)
def test_archives_of_something_else_are_named_and_run_nothing(changes: dict[str, Any], folder: Path) -> None:
    path = small_cifar10(folder, **changes)
    with pytest.raises(DatasetCorrupt, match=f"{path} cannot be read as {cifar10.NAME}"):
        cifar10.load_data()


@pytest.mark.parametrize("content", [b"", b"no archive"])
def test_files_that_are_no_archives_are_named(content: bytes, folder: Path) -> None:
    (folder / cifar10.NAME).write_bytes(content)
    with pytest.raises(DatasetCorrupt, match=f"cannot be read as {cifar10.NAME}"):
        cifar10.load_data()
    archive(folder / cifar10.NAME, {"cifar-10-batches-py/data_batch_1": batch(2, {b"labels": 10})})
    with pytest.raises(DatasetCorrupt, match="data_batch_2"):
        cifar10.load_data()
