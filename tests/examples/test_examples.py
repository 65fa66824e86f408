"""The programmes in examples/: all of them for an epoch on a little data, and, when asked for, in full.

`python -m pytest tests/examples --full-examples` takes minutes and the whole data sets, and sees that they learn what
their docstrings say.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnfast import datasets

EXAMPLES = Path(__file__).parents[2] / "examples"

# The test accuracies that each prints at least, one for each network that it trains.
REACHED = {
    "binary_accuracy": [0.97],
    "custom_code": [0.97],
    "fashion_mnist": [0.86, 0.86, 0.86],
    "functional_models": [0.97],
    "hyperparameter_search": [0.96],
    "imdb_embedding": [0.84],
    "mnist_dropout": [0.97, 0.975],
    "mnist_hidden": [0.96],
    "mnist_labels": [0.975, 0.975],
    "mnist_softmax": [0.92],
    "regularization": [0.95, 0.96, 0.96, 0.96],
    "subclassed_models": [0.96, 0.9],
}


def test_all_examples_are_known() -> None:
    assert {path.stem for path in EXAMPLES.glob("*.py")} == set(REACHED)


@pytest.mark.parametrize("name", REACHED)
def test_example_runs_at_small_size(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    source = (EXAMPLES / f"{name}.py").read_text()
    for constant, small in {r"\w*EPOCHS": 1, "FEATURES": 8, "MAX_LENGTH": 20}.items():
        source = re.sub(rf"^({constant}) = \d+$", rf"\1 = {small}", source, flags=re.MULTILINE)
    monkeypatch.setattr(datasets.mnist, "load_data", little_mnist)
    monkeypatch.setattr(datasets.fashion_mnist, "load_data", little_mnist)
    monkeypatch.setattr(datasets.imdb, "load_data", little_imdb)
    accuracies = run(name, source)
    assert len(accuracies) == len(REACHED[name]) and all(0 <= accuracy <= 1 for accuracy in accuracies)


@pytest.mark.parametrize("name", REACHED)
def test_example_learns_what_it_says(name: str, pytestconfig: pytest.Config) -> None:
    if not pytestconfig.getoption("--full-examples"):
        pytest.skip("takes minutes: asked for by --full-examples")
    if "NNFAST_DATA_DIR" not in os.environ:
        pytest.skip("NNFAST_DATA_DIR names no folder with the data sets")
    accuracies = run(name, (EXAMPLES / f"{name}.py").read_text())
    assert np.all(np.array(accuracies) >= REACHED[name]), (accuracies, REACHED[name])


def run(name: str, source: str) -> list[float]:
    """Run a programme; what it prints as its networks' accuracies on the test data."""
    if name == "hyperparameter_search":
        pytest.importorskip("optuna", reason="the programme needs optuna")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(source, f"{name}.py", "exec"), {"__name__": "__main__"})
    return [float(found) for line in re.findall(r"test accuracy: (.*)", printed.getvalue()) for found in line.split()]


def little_mnist() -> Any:
    (x_train, y_train), (x_test, y_test) = datasets.mnist.load_sample()
    return (x_train[:1000], y_train[:1000]), (x_test[:200], y_test[:200])


def little_imdb(num_words: int) -> Any:
    """Reviews of random words and lengths."""
    draws = np.random.default_rng(0)

    def reviews(count: int) -> Any:
        texts = np.empty(count, object)
        texts[:] = [draws.integers(1, num_words, draws.integers(5, 40)).tolist() for _ in range(count)]
        return texts, draws.integers(0, 2, count)

    return reviews(600), reviews(100)
