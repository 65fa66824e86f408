"""Models in `.keras` files with each optimizer: those of Keras go on here, and ours in Keras, as if never saved."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from oracle import keras

import nnfast

X = np.random.default_rng(0).normal(size=(16, 4)).astype("float32")
Y = X.sum(axis=1, keepdims=True)


def fit(model: Any) -> None:
    model.fit(X, Y, batch_size=8, shuffle=False, verbose=0)


OPTIMIZERS = {
    "Adafactor": lambda lib: lib.optimizers.Adafactor(0.1),
    "Ftrl": lambda lib: lib.optimizers.Ftrl(0.1, l1_regularization_strength=0.01),
    "Lamb": lambda lib: lib.optimizers.Lamb(0.1, gradient_accumulation_steps=3),
    "Muon": lambda lib: lib.optimizers.Muon(0.1, exclude_layers=["last"]),
    "ScheduleFreeAdamW": lambda lib: lib.optimizers.ScheduleFreeAdamW(0.1, warmup_steps=3),
}


@pytest.mark.parametrize(("writes", "reads"), [(nnfast, keras), (keras, nnfast)], ids=["ours in Keras", "Keras's here"])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_files(name: str, writes: Any, reads: Any, tmp_path: Path) -> None:
    stack = [writes.Input((4,)), writes.layers.Dense(3, "tanh"), writes.layers.Dense(1, name="last")]
    model = writes.Sequential(stack)
    model.compile(OPTIMIZERS[name](writes), "mse")
    fit(model)
    model.save(tmp_path / "model.keras")
    again = reads.saving.load_model(tmp_path / "model.keras")
    assert type(again.optimizer).__name__ == name
    assert again.optimizer.get_config() == model.optimizer.get_config()
    fit(model)
    fit(again)
    ours, theirs = [*model.weights, *model.optimizer.variables], [*again.weights, *again.optimizer.variables]
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(np.asarray(one.numpy()), np.asarray(other.numpy()), rtol=2e-4, atol=1e-6)
