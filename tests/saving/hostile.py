"""Loads files that were damaged at random, or whose configurations were changed into nonsense: `hostile.py SEED COUNT`.

Says how often they were refused and how often not; whatever is no clear error ends it.
"""

from __future__ import annotations

import copy
import json
import random
import sys
import tempfile
import time
import warnings
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

import nnfast
from nnfast import layers

NONSENSE = [
    None,
    True,
    -1,
    0,
    3,
    2**31,
    10**15,
    1e300,
    float("nan"),
    "",
    "x",
    "relu",
    "__lambda__",
    "os.system",
    [],
    {},
]
NONSENSE += [[1, 2], ["a"], {"class_name": "Dense", "config": {}}, {"class_name": "function", "config": "eval"}]
DEEP: Any = []
for _ in range(200):
    DEEP = [DEEP]


def example() -> nnfast.Model:
    words, inputs = nnfast.Input((4,), dtype="int32", name="words"), nnfast.Input((4,), name="features")
    features = layers.GlobalMaxPooling1D()(layers.Embedding(9, 3, mask_zero=True)(words))
    inner = nnfast.Sequential(
        [nnfast.Input((4,)), layers.Dense(3, "relu", kernel_regularizer="l2"), layers.Dropout(0.5)]
    )
    joined = layers.Concatenate()([features, inner(inputs), layers.Reshape((4,))(layers.BatchNormalization()(inputs))])
    model = nnfast.Model([words, inputs], layers.Dense(2, bias_constraint="non_neg")(joined) + 1.0)
    model.compile(
        nnfast.optimizers.Adam(0.1), nnfast.losses.Huber(), metrics=["mae", nnfast.metrics.RootMeanSquaredError()]
    )
    model.fit([np.ones((4, 4), "int32"), np.ones((4, 4))], np.ones((4, 2)), verbose=0)
    return model


def damaged(data: bytes, draw: random.Random) -> bytes:
    """Some bytes changed, taken out, put in, repeated."""
    changed = bytearray(data)
    for _ in range(draw.choice([1, 1, 2, 4, 16])):
        at, other = draw.randrange(len(changed)), draw.randrange(len(changed))
        kind = draw.randrange(5)
        if kind == 0:
            changed[at] ^= 1 << draw.randrange(8)
        elif kind == 1:
            changed[at : at + 8] = draw.choice([b"\xff" * 8, b"\0" * 8, (2**40).to_bytes(8, "little")])
        elif kind == 2:
            del changed[at : at + draw.randrange(1, 64)]
        elif kind == 3:
            changed[at:at] = draw.randbytes(draw.randrange(1, 16))
        else:
            changed[at : at + 16] = changed[other : other + 16]
        changed = changed or bytearray(b"x")
    return bytes(changed)


def places(node: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in a configuration where a value stands: what it is in, and under what."""
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in items:
        yield node, key
        yield from places(value)


def nonsensical(config: Any, draw: random.Random) -> str:
    """Some values of a configuration changed, left out, or swapped."""
    changed = copy.deepcopy(config)
    for _ in range(draw.choice([1, 1, 1, 2, 5])):
        holder, key = draw.choice(list(places(changed)))
        other, other_key = draw.choice(list(places(changed)))
        kind = draw.randrange(4)
        if kind == 0:
            holder[key] = copy.deepcopy(other[other_key])
        elif kind == 1 and isinstance(holder, dict):
            del holder[key]
        else:
            holder[key] = copy.deepcopy(draw.choice([*NONSENSE, DEEP]))  # or DEEP might be put into itself
    return json.dumps(changed)


def main() -> None:
    draw, count = random.Random(int(sys.argv[1])), int(sys.argv[2])
    warnings.simplefilter("ignore")
    found: Counter[str] = Counter()
    model = example()
    with tempfile.TemporaryDirectory() as name:
        path, weights, older = Path(name, "it.keras"), Path(name, "it.weights.h5"), Path(name, "it.h5")
        model.save(path)
        model.save_weights(weights)
        model.save(older)
        whole, numbers, legacy = path.read_bytes(), weights.read_bytes(), older.read_bytes()
        config = json.loads(zipfile.ZipFile(path).read("config.json"))
        for _ in range(count):
            started = time.monotonic()
            try:
                kind = draw.randrange(5)
                if kind == 4:
                    older.write_bytes(damaged(legacy, draw))
                    nnfast.saving.load_model(older)
                elif kind == 0:
                    path.write_bytes(damaged(whole, draw))
                    nnfast.saving.load_model(path)
                elif kind == 1:
                    weights.write_bytes(damaged(numbers, draw))
                    model.load_weights(weights)
                else:
                    with zipfile.ZipFile(path, "w") as archive:
                        archive.writestr("config.json", nonsensical(config, draw))
                        archive.writestr("model.weights.h5", numbers)
                    nnfast.saving.load_model(path)
                found["loaded"] += 1
            except (ValueError, TypeError, NotImplementedError) as error:
                assert str(error), error
                found["refused"] += 1
            assert time.monotonic() - started < 20
    print(json.dumps(found))


if __name__ == "__main__":
    main()
