from __future__ import annotations

import inspect
import os
from pathlib import Path

import numpy as np
import pytest

from nnfast.datasets import DatasetCorrupt, mnist

needs_full_data = pytest.mark.skipif(
    not os.path.isfile(os.path.join(os.environ.get("NNFAST_DATA_DIR", ""), "mnist.npz")),
    reason="NNFAST_DATA_DIR names no folder with mnist.npz",
)


def save(path: Path, **changes: object) -> Path:
    """Saves a tiny archive in MNIST's format, with some arrays changed or, given None, left out."""
    arrays: dict[str, object] = {
        "x_train": np.arange(3 * 784, dtype=np.uint8).reshape(3, 28, 28),
        "y_train": np.array([3, 1, 4], np.uint8),
        "x_test": np.zeros((2, 28, 28), np.uint8),
        "y_test": np.array([1, 5], np.uint8),
    }
    np.savez_compressed(path, **{name: value for name, value in (arrays | changes).items() if value is not None})
    return path


def test_sample_is_balanced_and_deterministic() -> None:
    (x_train, y_train), (x_test, y_test) = mnist.load_sample()
    assert x_train.shape == (4000, 28, 28) and x_test.shape == (1000, 28, 28)
    assert x_train.dtype == x_test.dtype == y_train.dtype == y_test.dtype == np.uint8
    np.testing.assert_array_equal(y_train, np.arange(4000) % 10)
    np.testing.assert_array_equal(y_test, np.arange(1000) % 10)
    assert len({image.tobytes() for image in [*x_train, *x_test]}) == 5000
    x_train[:] = 0  # what a caller does to its arrays stays with it
    assert mnist.load_sample()[0][0].any()


def test_load_data_reads_an_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save(tmp_path / "small.npz")
    for name in (path, str(path)):
        (x_train, y_train), (x_test, y_test) = mnist.load_data(name)
        assert x_train.shape == (3, 28, 28) and x_train[0, 0, 5] == 5
        assert y_train.tolist() == [3, 1, 4] and y_test.tolist() == [1, 5] and x_test.shape == (2, 28, 28)
    monkeypatch.setenv("NNFAST_DATA_DIR", str(tmp_path))
    assert mnist.load_data("small.npz")[0][1].tolist() == [3, 1, 4]


def test_load_data_has_kerass_signature() -> None:
    (parameter,) = inspect.signature(mnist.load_data).parameters.values()
    assert (parameter.name, parameter.default) == ("path", "mnist.npz")


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 cut off", b"\x93NUMPY\x01\x00"])
def test_a_corrupt_file_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "mnist.npz"
    path.write_bytes(content)
    with pytest.raises(DatasetCorrupt, match=f"{path} cannot be read"):
        mnist.load_data(path)


def test_a_truncated_or_altered_archive_is_named(tmp_path: Path) -> None:
    path = save(tmp_path / "mnist.npz")
    whole = path.read_bytes()
    for content in (whole[: len(whole) // 2], whole[:100] + bytes(200) + whole[300:]):
        path.write_bytes(content)
        with pytest.raises(DatasetCorrupt, match=f"{path} cannot be read"):
            mnist.load_data(path)


@pytest.mark.parametrize(
    "changes",
    [
        {"y_test": None},
        {"x_train": np.zeros((3, 784), np.uint8)},
        {"y_train": np.zeros(4, np.uint8)},
        {"y_train": np.array([{}, {}, {}])},  # needs unpickling, which could run anything
    ],
    ids=["missing", "flat", "lengths", "pickled"],
)
def test_an_archive_of_something_else_is_named(tmp_path: Path, changes: dict[str, object]) -> None:
    path = save(tmp_path / "mnist.npz", **changes)
    with pytest.raises(DatasetCorrupt, match=str(path)):
        mnist.load_data(path)


@needs_full_data
def test_full_data() -> None:
    (x_train, y_train), (x_test, y_test) = mnist.load_data()
    assert x_train.shape == (60000, 28, 28) and x_test.shape == (10000, 28, 28)
    assert x_train.dtype == x_test.dtype == y_train.dtype == y_test.dtype == np.uint8
    assert y_train[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert np.bincount(y_test).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]


@needs_full_data
def test_sample_images_are_training_images_of_mnist() -> None:
    (x_full, y_full), (x_full_test, _) = mnist.load_data()
    training = {image.tobytes(): label for image, label in zip(x_full, y_full, strict=True)}
    testing = {image.tobytes() for image in x_full_test}
    for images, labels in mnist.load_sample():
        assert [training[image.tobytes()] for image in images] == labels.tolist()
        assert not any(image.tobytes() in testing for image in images)
