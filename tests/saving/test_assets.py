"""What layers write beside their weights: vocabularies, where Keras has them in its files."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nnfast
from nnfast import layers

WORDS = ["b", "a", "c", "b"]
TEXTS = ["one two", "two three"]


@nnfast.saving.register_keras_serializable("assets")
class Reader(nnfast.Model):
    """A model that holds layers of text, and reads vectors."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.words = layers.StringLookup(mask_token="", name="words")
        self.weighted = layers.StringLookup(output_mode="tf_idf", name="weighted")
        self.numbers = layers.IntegerLookup(name="numbers")
        self.text = layers.TextVectorization(output_sequence_length=3, name="text")
        self.given = layers.StringLookup(vocabulary=["x", "y"], name="given")
        self.dense = layers.Dense(2)

    def call(self, inputs: Any) -> Any:
        return self.dense(inputs)


@pytest.fixture
def model() -> Reader:
    model = Reader()
    model.words.adapt(WORDS)
    model.weighted.adapt(WORDS)
    model.numbers.adapt([7, 5, 7])
    model.text.adapt(TEXTS)
    model(np.ones((1, 3)))
    return model


def outputs(model: Reader) -> list[Any]:
    words = np.array(["a", "b", "", "z"])
    found = [model.words(words), model.weighted(words), model.numbers([7, 5, 1]), model.text(TEXTS), model.given(["y"])]
    return [layer_outputs.tolist() for layer_outputs in found]


@pytest.mark.parametrize("zipped", [True, False])
def test_vocabularies_are_in_files(zipped: bool, model: Reader, tmp_path: Path) -> None:
    path = tmp_path / ("model.keras" if zipped else "model")
    nnfast.saving.save_model(model, path, zipped=zipped)
    nnfast.saving.save_model(model, path, zipped=zipped)  # in the place of the first
    loaded = nnfast.saving.load_model(path)
    assert outputs(loaded) == outputs(model)
    assert loaded.text.get_vocabulary() == ["", "[UNK]", "two", "three", "one"]


def test_they_stand_where_keras_has_them(model: Reader, tmp_path: Path) -> None:
    model.save(tmp_path / "model.keras")
    with zipfile.ZipFile(tmp_path / "model.keras") as archive:
        found = {name: archive.read(name).decode() for name in archive.namelist() if name.startswith("assets/")}
    assert found == {
        "assets/layers/integer_lookup/vocabulary.txt": "-1\n7\n5",
        "assets/layers/text_vectorization/_lookup_layer/vocabulary.txt": "\n[UNK]\ntwo\nthree\none",
        "assets/layers/text_vectorization/vocabulary.txt": "\n[UNK]\ntwo\nthree\none",
        "assets/layers/string_lookup_1/vocabulary.txt": "[UNK]\nb\nc\na",
        "assets/layers/string_lookup/vocabulary.txt": "\n[UNK]\nb\nc\na",
    }


def test_layers_of_ones_own_write_files(tmp_path: Path) -> None:
    @nnfast.saving.register_keras_serializable("assets")
    class Noted(layers.Layer):
        note = b""

        def call(self, inputs: Any) -> Any:
            return inputs

        def save_assets(self, dir_path: str) -> None:
            Path(dir_path, "deep").mkdir()
            Path(dir_path, "deep", "note.bin").write_bytes(self.note)

        def load_assets(self, dir_path: str) -> None:
            self.note = Path(dir_path, "deep", "note.bin").read_bytes()

    model = nnfast.Sequential([nnfast.Input((2,)), Noted(), layers.Dense(1)])
    model.layers[0].note = b"\x00\xff"
    model.save(tmp_path / "model.keras")
    assert nnfast.saving.load_model(tmp_path / "model.keras").layers[0].note == b"\x00\xff"


def changed(path: Path, name: str, content: str) -> Path:
    """A file with another member in the place of one, or beside the others."""
    with zipfile.ZipFile(path) as archive:
        members = {**{member: archive.read(member) for member in archive.namelist()}, name: content.encode()}
    with zipfile.ZipFile(path, "w") as archive:
        for member, data in members.items():
            archive.writestr(member, data)
    return path


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("assets/../../evil.txt", "x", "within their folder"),
        ("assets//tmp/evil.txt", "x", "within their folder"),
        ("assets/layers/string_lookup/vocabulary.txt", "\n[UNK]\na\na", "repeated term"),
        ("assets/layers/integer_lookup/vocabulary.txt", "-1\nseven", "seven"),
        ("assets/layers/string_lookup_1/vocabulary.txt", "[UNK]\nb", "numbers of terms|same length"),
    ],
)
def test_files_that_are_damaged(name: str, content: str, message: str, model: Reader, tmp_path: Path) -> None:
    model.save(tmp_path / "model.keras")
    with pytest.raises(ValueError, match=message):
        nnfast.saving.load_model(changed(tmp_path / "model.keras", name, content))
    assert not list(tmp_path.glob("**/evil.txt"))


def test_a_vocabulary_is_not_read_from_elsewhere(model: Reader, tmp_path: Path) -> None:
    stack = nnfast.Sequential([layers.StringLookup(vocabulary=["a"])])
    stack.save(tmp_path / "model.keras")
    with zipfile.ZipFile(tmp_path / "model.keras") as archive:
        config = json.loads(archive.read("config.json"))
    (tmp_path / "secret.txt").write_text("secret\n")
    config["config"]["layers"][-1]["config"]["vocabulary"] = str(tmp_path / "secret.txt")
    changed(tmp_path / "model.keras", "config.json", json.dumps(config))
    with pytest.raises((ValueError, TypeError), match="disallowed by default"):
        nnfast.saving.load_model(tmp_path / "model.keras")
    trusted = nnfast.saving.load_model(tmp_path / "model.keras", safe_mode=False)
    assert trusted.layers[0].get_vocabulary() == ["[UNK]", "secret"]
