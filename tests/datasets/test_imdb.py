from __future__ import annotations

import inspect
import json
import os
import pickle
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from oracle import keras

from nnfast.datasets import DatasetCorrupt, imdb
from nnfast.utils import pad_sequences

FULL = os.path.join(os.environ.get("NNFAST_DATA_DIR", ""), "imdb.npz")
needs_full_data = pytest.mark.skipif(not os.path.isfile(FULL), reason="NNFAST_DATA_DIR names no folder with imdb.npz")

ARGUMENTS: list[dict[str, Any]] = [
    {},
    {"num_words": 20},
    {"num_words": 20, "skip_top": 5, "oov_char": None},
    {"maxlen": 6},
    {"seed": 7, "start_char": None},
    {"start_char": None, "index_from": 0},
    {"num_words": 30, "start_char": 9, "oov_char": 8, "index_from": 10},
]


def reviews(count: int, seed: int) -> Any:
    generator = np.random.default_rng(seed)
    lists = [generator.integers(1, 40, size=generator.integers(1, 9)).tolist() for _ in range(count)]
    made = np.empty(count, object)
    made[:] = lists
    return made


def save(path: Path, **changes: Any) -> Path:
    """Saves a small archive in IMDB's format, with some arrays changed or, given None, left out."""
    arrays = {
        "x_train": reviews(30, 1),
        "y_train": np.arange(30) % 2,
        "x_test": reviews(20, 2),
        "y_test": np.arange(20) % 2,
    }
    np.savez_compressed(path, **{name: value for name, value in (arrays | changes).items() if value is not None})
    return path


def check_against_keras(path: Path, monkeypatch: pytest.MonkeyPatch, arguments: dict[str, Any]) -> None:
    module = keras.src.datasets.imdb
    monkeypatch.setattr(module, "get_file", lambda **_: str(path))
    for ours, theirs in zip(imdb.load_data(path, **arguments), module.load_data(str(path), **arguments), strict=True):
        assert ours[0].dtype == object and ours[0].tolist() == theirs[0].tolist()
        assert ours[1].dtype == theirs[1].dtype
        np.testing.assert_array_equal(ours[1], theirs[1])


@pytest.mark.parametrize("arguments", ARGUMENTS)
def test_small_data_are_what_keras_makes_of_them(
    arguments: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_against_keras(save(tmp_path / "imdb.npz"), monkeypatch, arguments)


@needs_full_data
@pytest.mark.parametrize("arguments", [{}, {"num_words": 10000, "maxlen": 300}])
def test_full_data_are_those_of_keras(arguments: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    check_against_keras(Path(FULL), monkeypatch, arguments)


@needs_full_data
def test_reviews_can_be_read() -> None:
    (x_train, y_train), (x_test, y_test) = imdb.load_data()
    assert len(x_train) == len(x_test) == 25000
    assert y_train.sum() == y_test.sum() == 12500
    words = {rank + 3: word for word, rank in imdb.get_word_index().items()}
    found = [words.get(number) for number in x_train[0][1:]]
    assert {"the", "and"} <= set(found) and found.count(None) < len(found) / 10
    assert pad_sequences(x_train[:100], maxlen=50).shape == (100, 50)


def test_the_signature_is_kerass() -> None:
    theirs = inspect.signature(keras.datasets.imdb.load_data).parameters
    expected = [(each.name, each.default) for each in theirs.values() if each.name != "kwargs"]
    assert [(each.name, each.default) for each in inspect.signature(imdb.load_data).parameters.values()] == expected


class _Runs:
    """What unpickles by running something."""

    def __reduce__(self) -> Any:
        return os.getenv, ("HOME",)


@pytest.mark.parametrize(
    "changes",
    [
        {"y_test": None},
        {"x_train": np.arange(30)},
        {"x_train": np.array([{}] * 30)},
        {"x_train": np.array([_Runs()] * 30)},
        {"x_train": np.array([[1.5]] * 30 + [None], object)[:30]},
        {"x_train": np.array([None] * 30)},
        {"x_train": np.array(["text"] * 30, object)},
        {"y_train": np.arange(29)},
        {"y_train": np.array([[1]] * 30)},
        {"y_train": np.ones(30)},
        {"y_train": np.array([_Runs()] * 30)},
    ],
    ids=["missing", "numbers", "dicts", "code", "floats", "None", "text", "lengths", "rank", "float labels", "objects"],
)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_an_archive_of_something_else_is_named(tmp_path: Path, changes: dict[str, Any]) -> None:
    path = save(tmp_path / "imdb.npz", **changes)
    with pytest.raises(DatasetCorrupt, match=str(path)):
        imdb.load_data(path)


def with_pickle(path: Path, content: bytes) -> Path:
    """An archive whose training reviews are this pickle."""
    save(path)
    with zipfile.ZipFile(path) as old:
        members = {name: old.read(name) for name in old.namelist()}
    header = members["x_train.npy"][: 10 + int.from_bytes(members["x_train.npy"][8:10], "little")]
    members["x_train.npy"] = header + content
    with zipfile.ZipFile(path, "w") as new:
        for name, data in members.items():
            new.writestr(name, data)
    return path


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no pickle",
        pickle.dumps(np.ndarray((3,))),
        pickle.dumps([[1]] * 29),
        pickle.dumps(np.dtype("V8")),
        pickle.dumps(3),
        pickle.dumps(_Runs()),
        b"cos\nsystem\n(S'true'\ntR.",
        b"cnumpy\nndarray\n(S'a'\ntR.",
    ],
)
def test_a_pickle_of_something_else_is_named_and_runs_nothing(tmp_path: Path, content: bytes) -> None:
    path = with_pickle(tmp_path / "imdb.npz", content)
    with pytest.raises(DatasetCorrupt, match=f"{path} cannot be read as IMDB's archive"):
        imdb.load_data(path)


def test_numpy_1s_pickles_and_plain_lists_are_read(tmp_path: Path) -> None:
    lists = [[1, 2], [3]] * 15
    inner = pickle.dumps(reviews(30, 1), protocol=3).replace(b"numpy._core", b"numpy.core")
    for content in (inner, pickle.dumps(lists)):
        (x_train, _), _ = imdb.load_data(with_pickle(tmp_path / "imdb.npz", content))
        assert len(x_train) == 30


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 cut off"])
def test_a_corrupt_file_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "imdb.npz").write_bytes(content)
    with pytest.raises(DatasetCorrupt, match=f"{tmp_path}/imdb.npz cannot be read"):
        imdb.load_data(tmp_path / "imdb.npz")


def test_a_maxlen_that_leaves_nothing_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="maxlen that leaves some texts, got 1"):
        imdb.load_data(save(tmp_path / "imdb.npz"), maxlen=1)


def test_the_word_index_is_read_or_named(tmp_path: Path) -> None:
    path = tmp_path / "words.json"
    path.write_text(json.dumps({"the": 1, "d'été": 2}), encoding="utf-8")
    assert imdb.get_word_index(path) == {"the": 1, "d'été": 2}
    for content in ("{", "[1]", '{"the": "1"}', ""):
        path.write_text(content)
        with pytest.raises(DatasetCorrupt, match=str(path)):
            imdb.get_word_index(path)


def test_data_sets_are_attributes_of_their_package() -> None:
    """Without an import of their own, as in `keras.datasets.imdb.load_data`."""
    code = "import nnfast; print(*(getattr(nnfast.datasets, name).__name__ for name in nnfast.datasets.__all__))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert {"nnfast.datasets.fashion_mnist", "nnfast.datasets.imdb", "nnfast.datasets.mnist"} <= set(
        done.stdout.split()
    )
