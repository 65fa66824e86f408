"""Layers of strings and categories against what Keras gave with TensorFlow (cases.py), and their mistakes."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import numpy as np
import pytest
from layers.preprocessing.cases import CASES, EXPECTED, Case, results

import nnfast
from nnfast import layers

KERAS = json.loads(EXPECTED.read_text())


def identifier(case: Case) -> str:
    return f"{case.layer}-{'-'.join(map(str, case.arguments))}"


@pytest.mark.parametrize(("case", "expected"), zip(CASES, KERAS, strict=True), ids=map(identifier, CASES))
def test_it_is_keras(case: Case, expected: dict[str, Any]) -> None:
    found = results(layers, case)
    if "tf_idf" in case.arguments.values():
        np.testing.assert_allclose(found.pop("outputs"), expected["outputs"], rtol=1e-6)
        expected = {name: value for name, value in expected.items() if name != "outputs"}
    assert found == expected


def test_batches_and_their_number():
    layer = layers.StringLookup()
    layer.adapt((np.array(batch) for batch in (["a", "b"], ["b", "c"], ["d"])), steps=2)
    assert layer.get_vocabulary() == ["[UNK]", "b", "c", "a"]
    assert layer.get_vocabulary(include_special_tokens=False) == ["b", "c", "a"]
    layer.adapt([b"x", "y"])
    assert layer.get_vocabulary() == ["[UNK]", "y", "x"]
    texts = layers.TextVectorization()
    texts.adapt(iter([["one two"], ["three"]]), steps=1)
    assert texts.get_vocabulary() == ["", "[UNK]", "two", "one"]


def test_a_vocabulary_in_a_file(tmp_path):
    (tmp_path / "words.txt").write_text("one\ntwo\n")
    assert layers.StringLookup(vocabulary=str(tmp_path / "words.txt"))(["two", "x"]).tolist() == [2, 0]
    (tmp_path / "numbers.txt").write_text("10\n20\n")
    layer = layers.IntegerLookup(vocabulary=str(tmp_path / "numbers.txt"))
    assert layer([[20]]).tolist() == [[2]] and layer.get_config()["vocabulary"] is None


def test_functions_of_ones_own():
    layer = layers.TextVectorization(
        standardize=lambda texts: np.char.replace(texts, "-", "|"),
        split=lambda texts: [text.split("|") for text in texts],
        vocabulary=["a", "b"],
    )
    assert layer(["a|b-c", "b"]).tolist() == [[2, 3, 1], [3, 0, 0]]
    assert layer.get_config()["split"] is layer._split


def test_a_vocabulary_that_is_set_again():
    layer = layers.StringLookup()
    layer.set_vocabulary(["a", "b"])
    layer.set_vocabulary(["[UNK]", "c"])
    assert layer(["a", "c"]).tolist() == [0, 1] and layer.vocabulary_size() == 2
    counted = layers.StringLookup(output_mode="count", vocabulary=["a", "b"])
    with pytest.raises(RuntimeError, match="Old vocab size is 3, new vocab size is 2"):
        counted.set_vocabulary(["a"])
    weighted = layers.StringLookup(output_mode="tf_idf")
    weighted.set_vocabulary(["[UNK]", "a", "b"], [0.75, 0.25, 0.5])
    assert weighted([["a", "a", "x"]]).tolist() == [[0.75, 0.5, 0.0]]


def test_they_are_the_data_of_models():
    texts, labels = np.array(["good film", "bad film", "a good one", "so bad"]), np.array([1, 0, 1, 0])
    words = layers.TextVectorization(output_mode="multi_hot")
    words.adapt(texts)
    model = nnfast.Sequential([nnfast.Input((words.vocabulary_size(),)), layers.Dense(1, "sigmoid")])
    model.compile(nnfast.optimizers.Adam(0.1), "binary_crossentropy", metrics=["accuracy"])
    model.fit(words(texts), labels, epochs=40, verbose=0)
    assert model.evaluate(words(texts), labels, verbose=0)[1] == 1.0


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: layers.StringLookup(max_tokens=1), "must be greater than 1"),
        (lambda: layers.StringLookup(num_oov_indices=-1), "greater than or equal to 0"),
        (lambda: layers.StringLookup(output_mode="embedding"), "Invalid value for argument `output_mode`"),
        (lambda: layers.StringLookup(invert=True, output_mode="count"), "must be `'int'` when `invert`"),
        (lambda: layers.StringLookup(pad_to_max_tokens=True), "must set `max_tokens`"),
        (lambda: layers.StringLookup(idf_weights=[1.0]), "only be set if `output_mode`"),
        (lambda: layers.StringLookup(output_mode="tf_idf", vocabulary=["a"]), "`idf_weights` must be set"),
        (lambda: layers.StringLookup(sparse=True, output_mode="count"), "no sparse tensors"),
        (lambda: layers.StringLookup(vocabulary=[]), "empty vocabulary"),
        (lambda: layers.StringLookup(vocabulary=["a", "b", "a"]), r"repeated terms are: \['a'\]"),
        (lambda: layers.StringLookup(vocabulary=["a", ""], mask_token=""), "reserved mask token"),
        (lambda: layers.StringLookup(vocabulary=["a", "[UNK]"], invert=True), "reserved OOV token"),
        (lambda: layers.StringLookup(vocabulary=["a", "b", "c"], max_tokens=3), "vocabulary size is 4; `max_tokens`"),
        (lambda: layers.StringLookup(vocabulary={"a": 1}), "is a list of terms"),
        (lambda: layers.IntegerLookup(vocabulary=[[1], [2]]), "is a list of terms"),
        (lambda: layers.StringLookup(vocabulary="no such file"), "does not exist"),
        (lambda: layers.StringLookup.from_config({"vocabulary": "/etc/passwd"}), "disallowed by default"),
        (lambda: layers.TextVectorization.from_config({"vocabulary": "/etc/passwd"}), "disallowed by default"),
        (lambda: layers.StringLookup(vocabulary=["a"]).adapt(["b"]), "after setting a static vocabulary"),
        (lambda: layers.StringLookup(vocabulary=["a"], num_oov_indices=0)(["b"]), r"found OOV values \['b'\]"),
        (lambda: layers.StringLookup()(nnfast.Input((3,))), "computes in Python, on arrays"),
        (lambda: layers.IntegerLookup(vocabulary_dtype="int32"), "vocabulary_dtype"),
        (lambda: layers.IntegerLookup(salt=3), "oov_method='farmhash'"),
        (lambda: layers.IntegerLookup(oov_method="sha"), "oov_method"),
        (lambda: layers.Hashing(0), "non-positive"),
        (lambda: layers.Hashing(3, output_mode="tf_idf"), "output_mode"),
        (lambda: layers.Hashing(3, dtype="float32"), "integer type"),
        (lambda: layers.Hashing(3, salt="a"), "`salt`"),
        (lambda: layers.HashedCrossing(0), "must be positive"),
        (lambda: layers.HashedCrossing(3, "count"), "output_mode"),
        (lambda: layers.HashedCrossing(3)(np.array([1])), "list or tuple"),
        (lambda: layers.HashedCrossing(3)([[1]]), "at least two"),
        (lambda: layers.HashedCrossing(3)([[[1, 2]], [[1, 2]]]), "should have shape"),
        (lambda: layers.HashedCrossing(3)([[1], [1, 2]]), "equal shape"),
        (lambda: layers.HashedCrossing(3)([[1.5], ["a"]]), "integer or string dtype"),
        (lambda: layers.TextVectorization(standardize="upper"), "Received: standardize=upper"),
        (lambda: layers.TextVectorization(split="words"), "Received: split=words"),
        (lambda: layers.TextVectorization(ngrams=[1, 2]), "ngrams"),
        (lambda: layers.TextVectorization(ragged=True), "no ragged tensors"),
        (lambda: layers.TextVectorization(output_sequence_length="3"), "either None or an integer"),
        (lambda: layers.TextVectorization(output_mode="count", output_sequence_length=3), "must not be set"),
        (lambda: layers.TextVectorization()([["a b", "c"]]), "the last shape dimension must be 1"),
    ],
)
def test_mistakes(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_what_must_be_known_first():
    for layer in (layers.StringLookup(output_mode="count"), layers.TextVectorization(output_mode="count")):
        with pytest.raises(RuntimeError, match="must set the layer's vocabulary before calling it"):
            layer(["a"])
    with pytest.raises(TypeError, match="got int"):
        layers.StringLookup().adapt(3)


def test_nothing_and_oddities():
    assert layers.StringLookup(vocabulary=["a"], output_mode="count")(np.zeros((0, 3), "U1")).shape == (0, 2)
    assert layers.TextVectorization(vocabulary=["a"])([]).shape == (0, 0)
    assert layers.TextVectorization(vocabulary=["a"])([None, 3, b"a"]).tolist() == [[1], [1], [2]]
    layer = layers.Discretization(num_bins=0)
    layer.adapt([1.0, 2.0])
    assert layer.bin_boundaries is None


@pytest.mark.parametrize("same", [copy.copy, copy.deepcopy, lambda layer: pickle.loads(pickle.dumps(layer))])
def test_copies_keep_the_vocabulary(same):
    layer = layers.TextVectorization()
    layer.adapt(["one two", "two"])
    assert same(layer)(["two three"]).tolist() == [[2, 1]]
