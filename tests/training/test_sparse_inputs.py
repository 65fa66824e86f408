"""Inputs that are mostly zeros: found by looking, trained on faster, with the bits that all products give."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import nnfast
from nnfast import config, layers
from nnfast.graph.zeros import worth_skipping

Array = np.ndarray[Any, Any]


@pytest.fixture(autouse=True)
def default_settings() -> Iterator[None]:
    yield
    config.set_sparse_inputs(True)
    config.set_num_threads(0)


def images(samples: int = 200, zeros: float = 0.9, dtype: str = "uint8") -> tuple[Array, Array]:
    random = np.random.default_rng(0)
    x = random.integers(1, 256, (samples, 9, 11))
    x[random.random(x.shape) < zeros] = 0
    return x.astype(dtype), random.integers(0, 10, samples)


def trained(x: Array, y: Array, optimizer: str, batch_size: int) -> tuple[list[Array], str]:
    nnfast.utils.set_random_seed(5)
    model = nnfast.Sequential(
        [layers.Flatten(), layers.Dense(70, activation="relu"), layers.Dense(10, activation="softmax")]
    )
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(x, y, batch_size=batch_size, epochs=2, verbose=0, validation_split=0.4)
    (program,) = [step.program for key, step in model._steps._steps.items() if key[0][0] == "train"]
    logs = [np.array(values) for values in history.history.values()]
    return [*model.get_weights(), *logs, model.predict(x, verbose=0)], program.explain()


@pytest.mark.parametrize("dtype", ["uint8", "float32", "float64"])
@pytest.mark.parametrize(("optimizer", "batch_size"), [("sgd", 1), ("rmsprop", 32), ("adam", 120)])
def test_skipping_zeros_changes_no_bit_of_a_fit(optimizer: str, batch_size: int, dtype: str) -> None:
    x, y = images(dtype=dtype)
    config.set_sparse_inputs(False)
    expected, program = trained(x, y, optimizer, batch_size)
    assert "nonzeros" not in program
    config.set_sparse_inputs(True)
    for threads in (1, 3):
        config.set_num_threads(threads)
        found, program = trained(x, y, optimizer, batch_size)
        assert program.count("matmul nonzeros of") == 2  # forward, and the kernel's gradient
        assert all(a.tobytes() == b.tobytes() for a, b in zip(found, expected, strict=True))


def test_only_what_is_mostly_zeros_is_worth_skipping() -> None:
    assert worth_skipping(images(zeros=0.9)[0])
    assert not worth_skipping(images(zeros=0.1)[0])
    assert not worth_skipping(images(samples=20)[0]), "few samples"
    assert not worth_skipping(np.zeros((1000, 7))), "few values"
    assert not worth_skipping(np.zeros(1000)), "no values beside the samples"
    assert worth_skipping(np.eye(100)), "one-hot codes"
    config.set_sparse_inputs(False)
    assert not worth_skipping(images(zeros=0.9)[0])


def test_a_model_may_meet_both_kinds_of_data() -> None:
    (zeros, y), (full, _) = images(zeros=0.9), images(zeros=0.0)
    model = nnfast.Sequential([layers.Flatten(), layers.Dense(80), layers.Dense(10, activation="softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    for x in (zeros / 255, full / 255, zeros / 255):
        model.fit(x, y, verbose=0)
    assert len(model._steps._steps) == 2
    assert np.isfinite(model.predict(full, verbose=0)).all()


def test_the_setting_is_true_or_false() -> None:
    with pytest.raises(TypeError, match="True or False"):
        config.set_sparse_inputs(1)  # type: ignore[arg-type]
