from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from oracle import keras

import nnfast
from nnfast.utils import pad_sequences

SEQUENCES: dict[str, Any] = {
    "lists": [[1], [2, 3], [4, 5, 6]],
    "with an empty one": [[], [1, 2], [3]],
    "arrays": [np.arange(4), np.arange(2)],
    "of pairs": [[[2, 1], [3, 3]], [[4, 4]]],
    "tuples": ((1, 2, 3), (4,)),
    "objects": np.array([[1, 2, 3], [4]], dtype=object),
}


@pytest.mark.parametrize("name", SEQUENCES)
@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"maxlen": 2},
        {"maxlen": 5},
        {"maxlen": 2, "truncating": "post"},
        {"maxlen": 5, "padding": "post"},
        {"value": -1, "dtype": "float32"},
        {"value": 0.5, "dtype": "float64", "maxlen": 3, "padding": "post"},
    ],
)
def test_results_are_those_of_keras(name: str, arguments: dict[str, Any]) -> None:
    expected = keras.utils.pad_sequences(SEQUENCES[name], **arguments)
    padded = pad_sequences(SEQUENCES[name], **arguments)
    assert padded.dtype == expected.dtype
    np.testing.assert_array_equal(padded, expected)


def test_text_is_padded() -> None:
    words = [["a"], ["bb", "c"]]
    assert pad_sequences(words, dtype=object, value="pad").tolist() == [["pad", "a"], ["bb", "c"]]
    assert pad_sequences(words, dtype="U3", value="pad", padding="post").tolist() == [["a", "pad"], ["bb", "c"]]


def test_nothing_and_no_length() -> None:
    assert pad_sequences([]).shape == (0, 0)
    assert pad_sequences([[1, 2], [3]], maxlen=0).shape == (2, 0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"sequences": 3}, "must be iterable"),
        ({"sequences": [1, 2]}, "Found non-iterable: 1"),
        ({"sequences": [[1]], "padding": "both"}, 'Padding type "both"'),
        ({"sequences": [[1]], "truncating": "both"}, 'Truncating type "both"'),
        ({"sequences": [[1]], "value": "pad"}, "does not hold the value 'pad'"),
        ({"sequences": [[[1, 2]], [[1]]]}, r"sample \(1,\) of sequence at position 1 .* expected shape \(2,\)"),
        ({"sequences": [[1]], "maxlen": -1}, "negative"),
    ],
)
def test_mistakes_are_named(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        pad_sequences(**arguments)


def test_it_has_kerass_other_name() -> None:
    assert nnfast.preprocessing.sequence.pad_sequences is pad_sequences
