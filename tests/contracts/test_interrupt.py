"""Ctrl-C at any moment: no stretch of batches begins after it, and what it leaves is a model that trains on."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import numpy as np
import pytest
from contracts.processes import output_of, run_python

import nnfast
from nnfast import graph, layers, optimizers

ROOT = os.path.dirname(nnfast.__file__)

WORK = """
import os, random, signal, sys, threading, time

big_x, big_y = np.tile(x, (40, 1)), np.tile(y, 40)
model = small_net({optimizer!r}, hidden={hidden})
random.seed({batch_size})
sent, late = threading.Event(), []  # runs of C++ that began although the signal had come
run = nnfast.graph.Program.run

def counted(self, *arguments):
    late.extend([1] * sent.is_set())
    run(self, *arguments)

nnfast.graph.Program.run = counted

def send(seconds):
    def wait_and_send():
        time.sleep(seconds)
        os.kill(os.getpid(), signal.SIGINT)
        sent.set()
    threading.Thread(target=wait_and_send).start()

def interrupted(work):
    sent.clear()
    send(random.uniform(0.001, 0.25))
    try:
        work()
        time.sleep(1)  # done before the signal came
    except KeyboardInterrupt:
        sent.wait()
        return
    raise AssertionError("Ctrl-C was lost")

works = [
    lambda: model.fit(big_x, big_y, batch_size={batch_size}, epochs=100_000, verbose=0, validation_split=0.3),
    lambda: model.fit(big_x, big_y, batch_size={batch_size}, epochs=100_000, verbose=2),
    lambda: [model.evaluate(big_x, big_y, batch_size={batch_size}, verbose=0) for _ in range(100_000)],
    lambda: [model.predict(big_x, batch_size={batch_size}, verbose=0) for _ in range(100_000)],
    lambda: [small_net().fit(x, y, batch_size={batch_size}, verbose=0) for _ in range(100_000)],
]
sys.stdout, shown = open(os.devnull, "w"), sys.stdout
for work in works * 2:
    interrupted(work)
    sent.clear()
    assert not nnfast.graph.is_tracing()
    assert all(np.isfinite(array).all() for array in model.get_weights())
    done = int(model.optimizer.iterations.numpy())
    assert 0 < model.fit(x, y, batch_size=100, epochs=2, verbose=0).history["loss"][0] < 10
    assert int(model.optimizer.iterations.numpy()) == done + 10
    rows = model.predict(x, verbose=0)
    assert rows.shape == (500, 10) and np.allclose(rows.sum(axis=1), 1, atol=1e-4)
print(len(late), file=shown)
"""


@pytest.mark.parametrize(
    ("optimizer", "hidden", "batch_size"), [("adam", 64, 32), ("rmsprop", 8, 1), ("sgd", 400, 5000)]
)
def test_ctrl_c_at_random_moments(optimizer: str, hidden: int, batch_size: int) -> None:
    code = WORK.format(optimizer=optimizer, hidden=hidden, batch_size=batch_size)
    assert output_of(code, prelude=True, warnings="default").strip() == "0"


def test_ctrl_c_ends_a_program_as_python_does() -> None:
    code = """
        import os, signal, threading
        threading.Timer(0.2, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
        try:
            small_net().fit(x, y, epochs=1_000_000, verbose=0)
        finally:
            print("cleaned up")
            assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    """
    result = run_python(code, prelude=True)
    assert result.stdout == "cleaned up\n" and "KeyboardInterrupt" in result.stderr
    assert result.returncode in (-2, 130)


class Interrupt:
    """Raises a KeyboardInterrupt when the n-th function of nnfast begins, where Python may deliver a signal."""

    def __init__(self, number: int, wanted: Callable[[str, str], bool]) -> None:
        self.number = number
        self.wanted = wanted
        self.calls = 0
        self.place = ""

    def __call__(self, frame: FrameType, event: str, argument: Any) -> None:
        path, name = frame.f_code.co_filename, frame.f_code.co_name
        if event != "call" or not path.startswith(ROOT) or name.startswith("<") or not self.wanted(path, name):
            return
        self.calls += 1
        if self.calls == self.number:
            self.place = f"{os.path.relpath(path, ROOT)}: {name}"
            raise KeyboardInterrupt


x = np.random.default_rng(0).normal(size=(20, 5)).astype("float32")
y = np.arange(20) % 3


def unbuilt(optimizer: Callable[[], Any]) -> nnfast.Sequential:
    nnfast.utils.set_random_seed(1)
    stack = [layers.Dense(7, activation="relu"), layers.Dropout(0.3), layers.Dense(3, activation="softmax")]
    model = nnfast.Sequential(stack)
    model.compile(optimizer(), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def fit(model: nnfast.Sequential) -> Any:
    return model.fit(x, y, batch_size=8, epochs=2, verbose=0, validation_split=0.2).history


def interrupted_fit(model: nnfast.Sequential, interrupt: Interrupt) -> None:
    outer = sys.gettrace()
    sys.settrace(interrupt)
    try:
        fit(model)
    except KeyboardInterrupt:
        pass
    finally:
        sys.settrace(outer)


def faults_of(model: nnfast.Sequential, slots: int) -> list[str]:
    """What is wrong with a model after an interrupted fit: nothing, one hopes."""
    found = ["still tracing"] if graph.is_tracing() else []
    try:
        fit(model)
        loss, rows = fit(model)["loss"][-1], model.predict(x, verbose=0)
        found += [] if 0 < loss < 3 and np.allclose(rows.sum(axis=1), 1, atol=1e-5) else ["wrong results"]
        found += [] if len(model.layers) == 3 else [f"{len(model.layers)} layers"]
        found += [] if model.built and model.count_params() == 66 else ["weights made twice, or the model not built"]
        found += [] if len(model.optimizer.variables) == slots else ["slots made twice"]
    except Exception as error:
        found.append(repr(error))
    return found


def optimizer() -> Any:
    return optimizers.RMSprop(0.003, momentum=0.5, centered=True)


def check(wanted: Callable[[str, str], bool], most: int) -> None:
    """Interrupt first fits at up to `most` moments, spread evenly over the calls that are wanted."""
    counter = Interrupt(-1, wanted)
    interrupted_fit(unbuilt(optimizer), counter)
    step = max(1, counter.calls // most)
    faults = {}
    for number in range(1, counter.calls + 1, step):
        model, interrupt = unbuilt(optimizer), Interrupt(number, wanted)
        interrupted_fit(model, interrupt)
        if found := faults_of(model, slots=2 + 3 * 4):
            faults[number] = (interrupt.place, found)
    assert counter.calls > 20 and faults == {}, faults


def test_ctrl_c_while_the_first_step_is_made() -> None:
    check(lambda path, name: True, most=80)


def test_ctrl_c_while_an_optimizer_makes_its_slots() -> None:
    def wanted(path: str, name: str) -> bool:
        return ("optimizers" in path and name in ("build", "add_variable")) or "initializers" in path

    check(wanted, most=60)


def test_ctrl_c_while_layers_are_built() -> None:
    def wanted(path: str, name: str) -> bool:
        file = os.path.basename(path)
        names = ("__setattr__", "_mark_changed", "add_weight", "build")
        return file in ("layer.py", "state.py", "sequential.py") and name in names

    check(wanted, most=80)
