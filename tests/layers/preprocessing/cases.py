"""Calls of the layers that Keras has only with TensorFlow; what it gave is in expected.json, which `python cases.py`
writes anew, where Keras 3.15 and TensorFlow are installed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

EXPECTED = Path(__file__).with_name("expected.json")

WORDS = [["a", "q", "c"], ["b", "b", ""], ["zebra", "a", "Ω mega"]]
NUMBERS = [[5, 9, 7], [6, 6, 0], [-3, 5, 1 << 40]]
TEXTS = ["The quick, brown FOX!", "the fox -- the dog's", "", "  Ä b\tc\nfoo_bar brown "]
CROSSED = [["a", "b", "a", "Ω long enough to be hashed in another way"], [101, 101, -7, 1 << 40]]
WEIGHTS = [0.5, 0.25, 0.75]


class Case(NamedTuple):
    layer: str
    arguments: Mapping[str, Any] = MappingProxyType({})
    inputs: Any = None
    adapts_to: Any = None


LOOKUPS = [
    {},
    {"mask_token": True},
    {"num_oov_indices": 3},
    {"num_oov_indices": 3, "mask_token": True},
    {"output_mode": "one_hot"},
    {"output_mode": "multi_hot", "mask_token": True},
    {"output_mode": "multi_hot", "max_tokens": 9, "pad_to_max_tokens": True},
    {"output_mode": "count", "num_oov_indices": 2},
    {"output_mode": "tf_idf", "idf_weights": WEIGHTS},
    {"output_mode": "tf_idf", "idf_weights": WEIGHTS, "max_tokens": 6, "pad_to_max_tokens": True},
]
ADAPTED = [
    {},
    {"max_tokens": 4},
    {"max_tokens": 5, "mask_token": True, "num_oov_indices": 2},
    {"output_mode": "tf_idf"},
    {"output_mode": "tf_idf", "max_tokens": 8, "pad_to_max_tokens": True},
    {"output_mode": "count"},
]


def lookups() -> list[Case]:
    cases = []
    for layer, vocabulary, inputs, mask in (
        ("StringLookup", ["a", "b", "c"], WORDS, ""),
        ("IntegerLookup", [5, 6, 7], NUMBERS, 0),
    ):
        for options in LOOKUPS:
            own = {**options, "mask_token": mask} if "mask_token" in options else options
            for given in (inputs, inputs[0], [[row[0]] for row in inputs], [inputs, inputs]):
                cases.append(Case(layer, {**own, "vocabulary": vocabulary}, given))
        for options in ADAPTED:
            own = {**options, "mask_token": mask} if "mask_token" in options else options
            cases.append(Case(layer, own, inputs, inputs + inputs[:2]))
            cases.append(Case(layer, own, inputs, inputs[0] + inputs[1] + inputs[1]))
        cases.append(Case(layer, {"vocabulary": vocabulary, "num_oov_indices": 4, "oov_method": "farmhash"}, inputs))
        cases.append(
            Case(
                layer,
                {"vocabulary": vocabulary, "num_oov_indices": 4, "oov_method": "farmhash", "salt": [7, 9]},
                inputs,
            )
        )
        cases.append(
            Case(layer, {"vocabulary": vocabulary, "invert": True, "mask_token": mask}, [[0, 1, 2], [3, 4, 9]])
        )
    return cases


CASES = [
    *lookups(),
    *(Case("Hashing", {"num_bins": 5, **given}, WORDS) for given in ({}, {"mask_value": ""}, {"salt": 3})),
    *(Case("Hashing", {"num_bins": 5, **given}, NUMBERS) for given in ({}, {"mask_value": 0}, {"salt": [3, 4]})),
    *(Case("Hashing", {"num_bins": 5, "output_mode": mode}, WORDS) for mode in ("one_hot", "multi_hot", "count")),
    Case("Hashing", {"num_bins": 5, "output_mode": "one_hot"}, [["a"], ["b"]]),
    Case("Hashing", {"num_bins": 1 << 40}, ["x" * size for size in range(0, 140, 3)]),
    Case("Hashing", {"num_bins": 1 << 40, "salt": [1, 2]}, ["é" * size for size in range(0, 40, 3)]),
    *(Case("HashedCrossing", {"num_bins": 9, "output_mode": mode}, CROSSED) for mode in ("int", "one_hot")),
    Case("HashedCrossing", {"num_bins": 1 << 40}, CROSSED),
    Case("HashedCrossing", {"num_bins": 9, "output_mode": "one_hot"}, [[[-5], [6]], [["a"], ["b"]]]),
    Case("TextVectorization", {}, TEXTS, TEXTS),
    Case("TextVectorization", {"output_sequence_length": 2}, TEXTS, TEXTS),
    Case("TextVectorization", {"output_sequence_length": 7, "max_tokens": 6}, [[text] for text in TEXTS], TEXTS),
    Case("TextVectorization", {"standardize": "lower", "ngrams": 2}, TEXTS, TEXTS),
    Case("TextVectorization", {"standardize": "strip_punctuation", "ngrams": (2, 3)}, TEXTS, TEXTS),
    Case("TextVectorization", {"standardize": None, "split": "character"}, TEXTS, TEXTS),
    Case("TextVectorization", {"split": None}, TEXTS, TEXTS),
    Case("TextVectorization", {"split": None, "ngrams": 2}, [TEXTS, TEXTS], [TEXTS, TEXTS]),
    Case("TextVectorization", {"split": None, "output_mode": "count"}, [TEXTS, TEXTS], TEXTS),
    *(Case("TextVectorization", {"output_mode": mode}, TEXTS, TEXTS) for mode in ("multi_hot", "count", "tf_idf")),
    Case("TextVectorization", {"output_mode": "tf_idf", "max_tokens": 5}, TEXTS, TEXTS),
    Case("TextVectorization", {"output_mode": "count", "max_tokens": 20, "pad_to_max_tokens": True}, TEXTS, TEXTS),
    Case("TextVectorization", {"vocabulary": ["fox", "dog"], "output_mode": "multi_hot"}, TEXTS),
    Case("TextVectorization", {"vocabulary": ["fox", "dogs", "brown"]}, "the fox is brown"),
]


def results(layers: Any, case: Case) -> dict[str, Any]:
    """What a layer of a library gives."""
    import numpy as np

    layer = getattr(layers, case.layer)(**case.arguments, name="layer")
    if case.adapts_to is not None:
        layer.adapt(case.adapts_to if isinstance(case.adapts_to, list) else [case.adapts_to])
    several = case.layer == "HashedCrossing"
    outputs = np.asarray(layer([np.array(part) for part in case.inputs] if several else np.array(case.inputs)))
    plain = [item.decode() if isinstance(item, bytes) else item for item in outputs.ravel().tolist()]
    found = {"shape": list(outputs.shape), "outputs": plain, "config": layer.get_config()}
    found["config"]["dtype"] = layer.dtype_policy.name
    if hasattr(layer, "get_vocabulary"):
        vocabulary = [item if isinstance(item, str) else int(item) for item in layer.get_vocabulary()]
        found |= {"vocabulary": vocabulary, "size": layer.vocabulary_size()}
    return json.loads(json.dumps(found))


def main() -> None:
    import keras

    EXPECTED.write_text("[\n" + ",\n".join(json.dumps(results(keras.layers, case)) for case in CASES) + "\n]\n")


if __name__ == "__main__":
    main()
