"""Calls from many threads at once, and from callbacks in the middle of a fit: each gets what it asked for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from contracts.odd_nets import Array, compiled, data, same_bits

import nnfast
from nnfast import config, layers
from nnfast.callbacks import Callback


@pytest.fixture(autouse=True)
def default_threads() -> Iterator[None]:
    yield
    config.set_num_threads(0)


def run_all(calls: list[Callable[[], Any]]) -> list[Any]:
    """The results of calls that run at once, each in a thread; the first exception if there is one."""
    results: list[Any] = [None] * len(calls)
    start = threading.Barrier(len(calls))

    def run(number: int) -> None:
        start.wait()
        try:
            results[number] = calls[number]()
        except BaseException as error:
            results[number] = error

    threads = [threading.Thread(target=run, args=(number,), daemon=True) for number in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive(), "a thread hangs"
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return results


def test_many_threads_get_their_own_rows() -> None:
    model = compiled()
    inputs = [np.random.default_rng(n).normal(size=(1 + 97 * n, 37)).astype("float32") for n in range(8)]
    expected = [model.predict(x, verbose=0) for x in inputs]

    def ask(x: Array) -> list[Array]:
        return [model.predict(x, batch_size=batch_size, verbose=0) for batch_size in (32, 32, 32, 10_000)] * 3

    for found, wanted in zip(run_all([lambda x=x: ask(x) for x in inputs]), expected, strict=True):
        assert all(np.array_equal(rows, wanted) for rows in found[:3])
        assert all(np.allclose(rows, wanted, rtol=1e-4) for rows in found)


def test_many_threads_may_make_the_first_call_at_once() -> None:
    model = compiled()
    x, y = data(64, 37, 7)
    found = run_all([lambda: model.predict(x, verbose=0)] * 4 + [lambda: model.evaluate(x, y, verbose=0)] * 4)
    assert all(np.array_equal(rows, found[0]) for rows in found[:4])


def test_models_that_train_at_once_learn_what_each_learns_alone() -> None:
    x, y = data(200, 37, 7)

    def fit(model: nnfast.Sequential) -> list[Array]:
        model.fit(x, y, batch_size=17, epochs=3, shuffle=False, verbose=0)
        return list(model.get_weights())

    expected = [fit(compiled(seed)) for seed in range(4)]
    models = [compiled(seed) for seed in range(4)]
    assert all(map(same_bits, expected, run_all([lambda model=model: fit(model) for model in models])))


def twin_net() -> nnfast.Sequential:
    """Two equal halves side by side, which learn alike: where only half of a step is seen, they differ."""
    half = np.random.default_rng(0).normal(size=(300, 1000)).astype("float32")
    model = nnfast.Sequential([nnfast.Input((300,)), layers.Dense(2000)])
    model.set_weights([np.tile(half, 2), np.zeros(2000)])
    model.compile("adam", "mse")
    return model


def halves_are_equal(array: Array) -> bool:
    left, right = np.split(array, 2, axis=-1)
    return np.array_equal(left, right)


def test_predicting_during_a_fit() -> None:
    """Every prediction and every reading of a weight is between two steps, and the fit takes no notice."""
    x = np.random.default_rng(0).normal(size=(400, 300)).astype("float32")
    y = np.tile(np.random.default_rng(1).normal(size=(400, 1000)), 2)
    done = threading.Event()

    def fit(model: nnfast.Sequential) -> list[Array]:
        model.fit(x, y, batch_size=50, epochs=10, shuffle=False, verbose=0)
        return list(model.get_weights())

    expected, model = fit(twin_net()), twin_net()
    assert halves_are_equal(expected[0]) and halves_are_equal(model.predict(x, verbose=0))

    def train() -> list[Array]:
        try:
            return fit(model)
        finally:
            done.set()

    def ask() -> int:
        count = 0
        while not done.is_set() or count == 0:
            assert halves_are_equal(model.predict(x[:3], verbose=0)), "a step was seen by half"
            assert halves_are_equal(model.layers[0].get_weights()[0]), "a weight was read in the middle of a step"
            count += 1
        return count

    weights, *counts = run_all([train, ask, ask])
    assert same_bits(expected, weights) and min(counts) >= 1


def test_two_fits_of_one_model_at_once_do_not_crash() -> None:
    model = compiled()
    x, y = data(300, 37, 7)
    model.fit(x, y, verbose=0)
    run_all([lambda: model.fit(x, y, batch_size=10, epochs=5, verbose=0)] * 3)
    assert np.isfinite(model.evaluate(x, y, verbose=0)).all()
    assert int(model.optimizer.iterations.numpy()) == 10 + 3 * 150


def test_set_num_threads_during_fits() -> None:
    x, y = data(300, 37, 7)
    done = threading.Event()

    def fit(seed: int) -> None:
        compiled(seed).fit(x, y, batch_size=64, epochs=10, verbose=0)
        done.set()

    def change() -> None:
        while not done.is_set():
            for threads in (1, 5, 2, 3):
                config.set_num_threads(threads)

    run_all([lambda: fit(1), lambda: fit(2), change])


class Recorder(Callback):
    """Remembers the weights after each batch, and puts back the first ones after each epoch."""

    def __init__(self, put_back: bool) -> None:
        super().__init__()
        self.put_back = put_back
        self.batches: list[list[Array]] = []

    def on_train_begin(self, logs: Any = None) -> None:
        self.first = self.model.get_weights()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.batches.append(self.model.get_weights())

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if self.put_back:
            self.model.set_weights(self.first)


@pytest.mark.parametrize("threads", [1, 3])
def test_callbacks_see_and_set_the_weights_of_the_moment(threads: int) -> None:
    config.set_num_threads(threads)
    x, y = data(100, 37, 7)
    recorder, model = Recorder(put_back=True), compiled(optimizer="sgd")
    model.layers[1].rate = 0.0  # no new noise in a new epoch
    history = model.fit(x, y, batch_size=30, epochs=3, shuffle=False, verbose=0, callbacks=[recorder]).history
    assert len(set(history["loss"])) == 1 and len(recorder.batches) == 12
    for earlier, later in zip(recorder.batches[:4], recorder.batches[8:], strict=True):
        assert same_bits(earlier, later)
    assert same_bits(recorder.first, model.get_weights())
    step_by_step = compiled(optimizer="sgd")
    step_by_step.layers[1].rate = 0.0
    for begin, weights in zip(range(0, 100, 30), recorder.batches, strict=False):
        rows = slice(begin, begin + 30)
        step_by_step.fit(x[rows], y[rows], batch_size=30, shuffle=False, verbose=0)
        assert same_bits(weights, step_by_step.get_weights())
