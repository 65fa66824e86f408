"""Memory: it does not grow with what is done again and again, and nothing is kept that the user let go."""

from __future__ import annotations

import gc
import os
import sys
import weakref
from typing import Any

import numpy as np
import pytest
from contracts.processes import output_of

import nnfast
from nnfast import layers

GROWTH = """
import gc

def resident():
    '''Kilobytes of memory in use.'''
    gc.collect()
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))

def growth(work, times, turns=5):
    '''The least growth over several turns: what leaks grows in each, an allocator settles in the first few.'''
    sizes = []
    for _ in range(turns + 1):
        for _ in range(times):
            work()
        sizes.append(resident())
    return min(later - earlier for earlier, later in zip(sizes, sizes[1:]))

model = small_net()
"""
# What is done, and how often in each of six turns. What kept a few bytes a time would be seen in all of them.
WORK = {
    "100,000 predicts of one row": ("lambda: model.predict(x[:1], verbose=0)", 25_000),
    "predict in batches": ("lambda: model.predict(x, batch_size=50, verbose=0)", 300),
    "a call": ("lambda: model(x)", 250),
    "fit": ("lambda: model.fit(x, y, batch_size=100, validation_split=0.2, verbose=0)", 25),
    "fit of a new model": ("lambda: small_net('adam').fit(x, y, batch_size=100, verbose=0)", 25),
    "a new model": ("lambda: small_net(hidden=1000).predict(x[:1], verbose=0)", 40),
    "batches of all sizes": (
        "lambda: [model.predict(x, batch_size=size, verbose=0) for size in range(20, 90, 7)]",
        8,
    ),
    "ops": ("lambda: ops.softmax(ops.matmul(x[:60], x[:60].T))", 700),
    "errors": (
        "lambda: [attempt(lambda: model.fit(x, y + 99, verbose=0)), attempt(lambda: model.predict(x[:, 1:]))]",
        400,
    ),
}
GROWTH_LIMIT = 250  # kilobytes a turn


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("name", WORK)
def test_memory_is_flat(name: str) -> None:
    work, times = WORK[name]
    code = f"""{GROWTH}
def attempt(call):
    try:
        call()
    except ValueError:
        return
    raise AssertionError

print(growth({work}, {times}))
"""
    assert int(output_of(code, prelude=True)) < GROWTH_LIMIT


PEAK = """
def kilobytes(name):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(name))

draws = np.random.default_rng(0)
x = draws.random((60_000, 784), "float32")
x[x < 0.8] = 0  # as many zeros as images of digits have
y = np.arange(60_000) % 10
model = nnfast.Sequential([nnfast.Input((784,)), layers.Dense(512, activation="relu"), layers.Dense(10)])
model.compile("rmsprop", nnfast.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
with open("/proc/self/clear_refs", "w") as peak:
    peak.write("5")  # the peak is from here on
before = kilobytes("VmRSS")
model.fit(x, y, batch_size=128, epochs=2, validation_split=0.1, verbose=0)
model.evaluate(x, y, verbose=0)
model.predict(x, verbose=0)
print(kilobytes("VmHWM") - before)
"""


@pytest.mark.skipif(not os.access("/proc/self/clear_refs", os.W_OK), reason="wants to reset the peak in /proc")
def test_a_fit_needs_little_beside_the_arrays() -> None:
    """As many arrays as MNIST has: 188 MB of images. At most 100 MB more, of which weights and predictions are 10."""
    assert int(output_of(PEAK, prelude=True)) <= 100 * 1024


def model() -> nnfast.Sequential:
    made = nnfast.Sequential([nnfast.Input((40,)), layers.Dense(8, activation="relu"), layers.Dense(3)])
    made.compile("adam", "mse")
    return made


def data() -> tuple[Any, Any]:
    return np.random.default_rng(0).normal(size=(200, 40)).astype("float32"), np.ones((200, 3), "float32")


def test_arrays_are_let_go_at_once() -> None:
    """Without help of the garbage collector: data sets are large."""
    trained = model()
    x, y = data()
    weights = np.ones(200, "float32")
    watched = [weakref.ref(array) for array in (x, y, weights)]
    gc.disable()
    try:
        trained.fit(x, y, sample_weight=weights, validation_data=(x, y), verbose=0)
        trained.evaluate(x, y, verbose=0)
        trained.predict(x, batch_size=32, verbose=0)
        trained(x)
        nnfast.ops.exp(x)
        del x, y, weights
        assert [array() for array in watched] == [None] * 3
    finally:
        gc.enable()


def test_arrays_are_let_go_after_an_error() -> None:
    trained = model()
    x, y = data()
    watched = weakref.ref(x)

    class Failing(nnfast.callbacks.Callback):
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            raise RuntimeError("on purpose")

    for error, arguments in ((ValueError, {"sample_weight": y}), (RuntimeError, {"callbacks": [Failing()]})):
        with pytest.raises(error):
            trained.fit(x, y[:, :3], verbose=0, **arguments)
    with pytest.raises(ValueError):
        trained.predict(x[:, 1:], verbose=0)
    del x
    gc.collect()
    assert watched() is None


def test_predictions_are_the_callers_own() -> None:
    trained = model()
    x, _ = data()
    for arguments in ({}, {"batch_size": 32}):
        first, second = (trained.predict(x, verbose=0, **arguments) for _ in range(2))
        kept = second.copy()
        first[:] = 0
        assert first.flags.writeable and np.array_equal(second, kept)
        assert not np.shares_memory(first, second) and not np.shares_memory(first, x)
    taken = trained.get_weights()
    taken[0][:] = 0
    assert trained.get_weights()[0].any()


def test_a_model_is_freed() -> None:
    trained = model()
    x, y = data()
    trained.fit(x, y, validation_split=0.1, verbose=0)
    trained.predict(x, verbose=0)
    watched = [weakref.ref(trained), weakref.ref(trained.optimizer), weakref.ref(trained.layers[0].kernel)]
    del trained
    gc.collect()
    assert [item() for item in watched] == [None] * 3
