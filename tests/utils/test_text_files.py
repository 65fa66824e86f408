"""text_dataset_from_directory: the files, labels and splits that Keras finds, as batches."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from oracle import keras

import nnfast
from nnfast.utils import text_dataset_from_directory

theirs = keras.src.utils.dataset_utils


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, count in (("neg", 7), ("pos", 9), (".hidden", 2)):
        for number in range(count):
            path = tmp_path / name / ("deep" if number % 3 == 0 else ".") / f"{number}.txt"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{name} {number} {'long ' * number}", encoding="utf-8")
    (tmp_path / "pos" / "notes.md").write_text("no text of ours")
    return tmp_path


def all_of(dataset: Any) -> tuple[list[str], Any]:
    batches = list(dataset)
    return [text for texts, _ in batches for text in texts], np.concatenate([labels for _, labels in batches])


@pytest.mark.parametrize("class_names", [None, ["pos", "neg"], ["pos"]])
@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("subset", [None, "training", "validation"])
def test_files_labels_and_splits_are_keras(folder: Path, subset: Any, shuffle: bool, class_names: Any) -> None:
    split = 0.25 if subset else None
    arguments = dict(shuffle=shuffle, seed=5, class_names=class_names)
    ours = text_dataset_from_directory(folder, subset=subset, validation_split=split, verbose=False, **arguments)
    paths, labels, names = theirs.index_directory(str(folder), "inferred", (".txt",), verbose=False, **arguments)
    paths, labels = theirs.get_training_or_validation_split(paths, labels, split, subset)
    assert [Path(path) for path in ours.file_paths] == [Path(path) for path in paths]
    assert ours.labels.tolist() == list(labels) and ours.labels.dtype == "int32"
    assert ours.class_names == names


def test_batches_cut_texts_and_encode_labels(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dataset = text_dataset_from_directory(folder, batch_size=5, shuffle=False, max_length=5)
    assert capsys.readouterr().out == "Found 16 files belonging to 2 classes.\n"
    assert [len(texts) for texts, _ in dataset] == [5, 5, 5, 1]
    texts, labels = all_of(dataset)
    assert set(texts) == {f"neg {n}" for n in range(7)} | {f"pos {n}" for n in range(9)} and labels.sum() == 9
    encoded = {
        "binary": (np.float32, labels.astype("float32")),
        "categorical": (np.float32, np.eye(2, dtype="float32")[labels]),
        "int": (np.int32, labels),
    }
    for mode, (dtype, expected) in encoded.items():
        found = all_of(text_dataset_from_directory(folder, label_mode=mode, shuffle=False, verbose=False))[1]
        assert found.dtype == dtype
        np.testing.assert_array_equal(found, expected)
    for arguments in (dict(labels=None), dict(label_mode=None)):
        alone = text_dataset_from_directory(folder, verbose=False, **arguments)
        assert alone.class_names is None and len(next(iter(alone))) == 18
    one = next(iter(text_dataset_from_directory(folder, batch_size=None, shuffle=False, verbose=False)))
    assert isinstance(one[0], str) and one[1] == 0


def test_both_parts_and_labels_of_ones_own(folder: Path) -> None:
    train, test = text_dataset_from_directory(folder, validation_split=0.25, subset="both", seed=1, verbose=False)
    assert (len(train.file_paths), len(test.file_paths)) == (12, 4)
    assert not set(train.file_paths) & set(test.file_paths)
    own = text_dataset_from_directory(folder / "pos", labels=[3] * 4 + [5] * 5, shuffle=False, verbose=False)
    assert own.class_names == ["3", "5"] and own.labels.tolist() == [3] * 4 + [5] * 5


def test_each_epoch_has_another_order_and_models_are_trained(folder: Path) -> None:
    dataset = text_dataset_from_directory(folder, batch_size=16, seed=1, verbose=False)
    first = all_of(dataset)
    dataset.on_epoch_end()
    second = all_of(dataset)
    assert first[0] != second[0] and sorted(first[0]) == sorted(second[0])
    assert dict(zip(*first, strict=True)) == dict(zip(*second, strict=True))
    lengths = dataset.map(lambda texts, labels: (np.array([[float(len(text))] for text in texts]), labels))
    model = nnfast.Sequential([nnfast.Input((1,)), nnfast.layers.Dense(1, "sigmoid")])
    model.compile("sgd", "binary_crossentropy")
    assert np.isfinite(model.fit(lengths, epochs=2, verbose=0).history["loss"]).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (dict(label_mode="other"), "`label_mode` must be one of"),
        (dict(format="other"), "`format` should be either"),
        (dict(labels="other"), "`labels` should be a list"),
        (dict(labels=[1, 2]), "while we found 18 files"),
        (dict(labels=None, class_names=["pos"]), "`class_names` go with"),
        (dict(class_names=["other"]), "did not match the names of the subdirectories"),
        (dict(label_mode="binary", class_names=["pos"]), "exactly 2 class_names"),
        (dict(validation_split=2, subset="training"), "must be between 0 and 1"),
        (dict(validation_split=0.5), "If `subset` is set"),
        (dict(validation_split=0.5, subset="other"), "`subset` must be either"),
        (dict(validation_split=0.5, subset="training"), "you must provide a `seed`"),
        (dict(validation_split=0.01, subset="validation", seed=1), "No validation text files found"),
    ],
)
def test_mistakes(arguments: dict[str, Any], message: str, folder: Path) -> None:
    with pytest.raises(ValueError, match=message):
        text_dataset_from_directory(folder, verbose=False, **arguments)
    with pytest.raises(FileNotFoundError):
        text_dataset_from_directory(folder / "nowhere")
