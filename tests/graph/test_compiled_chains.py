"""The pointwise chains of usual networks have kernels of their own, with the bits of single steps."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import nnfast
from nnfast import graph, layers, optimizers
from nnfast.graph import program

CHAINS = Path(__file__).parents[2] / "src/cpp/kernels/compiled_chains.inc"
OPTIMIZERS = {
    "sgd": optimizers.SGD,
    "momentum": lambda: optimizers.SGD(0.1, momentum=0.9),
    "nesterov": lambda: optimizers.SGD(0.1, momentum=0.9, nesterov=True),
    "rmsprop": optimizers.RMSprop,
    "adam": optimizers.Adam,
    "adamw": optimizers.AdamW,
}


@pytest.fixture
def programs(monkeypatch: pytest.MonkeyPatch) -> list[graph.Program]:
    """The Programs that a test traces."""
    made: list[graph.Program] = []
    trace = program.Program.__init__

    def remember(self: graph.Program, *arguments: object) -> None:
        trace(self, *arguments)  # type: ignore[arg-type]
        made.append(self)

    monkeypatch.setattr(program.Program, "__init__", remember)
    return made


HIDDEN = {
    "linear": lambda: [layers.Dense(30)],
    "relu": lambda: [layers.Dense(30, activation="relu")],
    "sigmoid": lambda: [layers.Dense(30, activation="sigmoid")],
    "tanh": lambda: [layers.Dense(30, activation="tanh")],
    "relu and dropout": lambda: [layers.Dense(37, activation="relu"), layers.Dropout(0.3)],
    "dropout of inputs": lambda: [layers.Dropout(0.3), layers.Dense(128)],
}


def fit(
    hidden: list[nnfast.Layer], optimizer: optimizers.Optimizer, run_eagerly: bool = False
) -> list[np.ndarray[tuple[int, ...], np.dtype[np.float32]]]:
    """The weights after a few steps."""
    nnfast.utils.set_random_seed(0)
    model = nnfast.Sequential([nnfast.Input((20,)), *hidden, layers.Dense(10, activation="softmax")])
    model.compile(optimizer, "sparse_categorical_crossentropy", run_eagerly=run_eagerly)
    x = np.random.default_rng(0).standard_normal((80, 20)).astype("float32")
    model.fit(x, np.arange(80) % 10, batch_size=32, verbose=0)
    return [*model.get_weights(), *(variable.numpy() for variable in optimizer.variables)]


def interpreted(step: graph.Program) -> list[str]:
    """The chains of a step that have no kernel, but for those on single numbers."""
    return [chain for chain in step.interpreted_chains(32) if re.search(r"[xr]\d", chain)]


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_updates_have_kernels_of_their_own(name: str, programs: list[graph.Program]) -> None:
    fit(HIDDEN["relu"](), OPTIMIZERS[name]())
    assert interpreted(programs[0]) == [], f"expected lines in {CHAINS.name} for these chains"


@pytest.mark.parametrize("name", HIDDEN)
def test_layers_have_kernels_of_their_own(name: str, programs: list[graph.Program]) -> None:
    fit(HIDDEN[name](), optimizers.SGD())
    assert interpreted(programs[0]) == [], f"expected lines in {CHAINS.name} for these chains"


def test_other_chains_are_told(programs: list[graph.Program]) -> None:
    fit([layers.Dense(30, activation="silu")], optimizers.SGD())
    gradient = "multiply x0 x1, subtract c2 x3, multiply x3 1, multiply 0 2, multiply x0 x3, add 4 3 >"
    assert interpreted(programs[0]) == [gradient]


@pytest.mark.parametrize(
    ("hidden", "optimizer"),
    [*(("relu and dropout", name) for name in OPTIMIZERS), *((name, "momentum") for name in HIDDEN)],
)
def test_they_have_the_bits_of_single_steps(hidden: str, optimizer: str) -> None:
    compiled = fit(HIDDEN[hidden](), OPTIMIZERS[optimizer]())
    singly = fit(HIDDEN[hidden](), OPTIMIZERS[optimizer](), run_eagerly=True)
    for got, expected in zip(compiled, singly, strict=True):
        np.testing.assert_array_equal(got, expected)
