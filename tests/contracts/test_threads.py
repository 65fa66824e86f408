"""Threads: they change no bit, they may all call at once, and a fork leaves none of them waiting."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from contracts.processes import output_of

import nnfast
from nnfast import config, layers, ops, optimizers
from nnfast.callbacks import Callback

Array = np.ndarray[Any, Any]
THREADS = (1, 2, 3, 5)
fork_only = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")


@pytest.fixture(autouse=True)
def default_settings() -> Iterator[None]:
    yield
    config.set_num_threads(0)
    config.set_floatx("float32")


def data(samples: int, features: int, classes: int) -> tuple[Array, Array]:
    random = np.random.default_rng(samples)
    return random.normal(size=(samples, features)).astype("float32"), random.integers(0, classes, samples)


def odd_net() -> nnfast.Sequential:
    return nnfast.Sequential(
        [
            nnfast.Input((37,)),
            layers.Dense(131, activation="relu"),
            layers.Dropout(0.3),
            layers.Dense(53, activation="tanh", use_bias=False),
            layers.Dense(1001, activation="sigmoid"),
            layers.Dense(7, activation="softmax"),
        ]
    )


OPTIMIZERS: dict[str, Callable[[], optimizers.Optimizer]] = {
    "sgd": lambda: optimizers.SGD(0.05, momentum=0.9, nesterov=True),
    "rmsprop": lambda: optimizers.RMSprop(centered=True, momentum=0.1),
    "adam": lambda: optimizers.Adam(amsgrad=True, global_clipnorm=0.5, weight_decay=1e-3),
}


def trained(
    optimizer: optimizers.Optimizer, x: Array, y: Array, batch_size: int, epochs: int = 2, **arguments: Any
) -> list[Array]:
    """All that a fit makes: weights, slots, history, predictions, and what evaluate says."""
    nnfast.utils.set_random_seed(11)
    model = odd_net()
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(x, y, batch_size=batch_size, epochs=epochs, verbose=0, validation_split=0.2, **arguments)
    slots = [variable.numpy() for variable in (*model.variables, *model.optimizer.variables)]
    logs = [np.array(values) for values in history.history.values()]
    return [*slots, *logs, model.predict(x, verbose=0), np.array(model.evaluate(x, y, batch_size=50, verbose=0))]


def same_bits(first: list[Array], second: list[Array]) -> bool:
    return all(a.dtype == b.dtype and a.tobytes() == b.tobytes() for a, b in zip(first, second, strict=True))


@pytest.mark.parametrize("floatx", ["float32", "float64"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_fit_has_the_same_bits_on_any_number_of_threads(optimizer: str, floatx: str) -> None:
    config.set_floatx(floatx)
    x, y = data(411, 37, 7)  # 328 to train on: batches of 64, the last of 8
    found = []
    for threads in THREADS:
        config.set_num_threads(threads)
        found.append(trained(OPTIMIZERS[optimizer](), x, y, batch_size=64))
    assert np.isfinite(found[0][0]).all() and found[0][0].dtype == floatx
    assert [same_bits(found[0], other) for other in found] == [True] * len(THREADS)


@pytest.mark.parametrize("batch_size", [1, 3, 327, 328, 5000])
def test_so_has_one_with_batches_of_any_size(batch_size: int) -> None:
    x, y = data(411, 37, 7)
    found = []
    for threads in (1, 3):
        config.set_num_threads(threads)
        found.append(trained(optimizers.Adam(), x, y, batch_size, epochs=1))
    assert same_bits(*found)


@pytest.mark.parametrize("shape", [(2000, 300), (3, 50_000), (50_000, 3)])
def test_ops_have_the_same_bits_on_any_number_of_threads(shape: tuple[int, int]) -> None:
    x = np.random.default_rng(0).normal(size=shape).astype("float32")
    found = []
    for threads in THREADS:
        config.set_num_threads(threads)
        sums = [ops.sum(x, axis=axis) for axis in (None, 0, 1)]
        drawn = nnfast.random.normal(shape, seed=3)
        found.append([*sums, ops.softmax(x), ops.transpose(x), ops.mean(ops.exp(x) * x - 1.0), ops.argmax(x, 0), drawn])
    assert all(same_bits(found[0], other) for other in found)


def test_a_label_out_of_range_is_named_rightly_on_any_number_of_threads() -> None:
    """Many threads find one at once, none waits for ever, and the row and the label that are told belong together."""
    logits = np.zeros((60_000, 10), "float32")
    labels = np.arange(60_000) + 10
    for threads in (1, 2, 3, 5, 2, 5):
        config.set_num_threads(threads)
        with pytest.raises(ValueError, match=r"labels from 0 to 9 \(10 classes\)") as caught:
            ops.sparse_categorical_crossentropy(labels, logits, from_logits=True)
        words = str(caught.value).split()
        label, row = int(words[words.index("got") + 1]), int(words[words.index("row") + 1])
        assert label == row + 10


@pytest.mark.parametrize("threads", [1, 3, np.int64(2), 1024])
def test_set_num_threads(threads: Any) -> None:
    config.set_num_threads(threads)
    assert config.num_threads() == threads
    config.set_num_threads(0)
    assert 1 <= config.num_threads() <= max(os.cpu_count() or 1, int(os.environ.get("OMP_NUM_THREADS", 1)))


@pytest.mark.parametrize("threads", [1.0, "2", None, True, [2], float("nan"), np.float64(2)])
def test_threads_are_a_whole_number(threads: Any) -> None:
    with pytest.raises(TypeError, match="whole number of threads, got"):
        config.set_num_threads(threads)


@pytest.mark.parametrize("threads", [-1, 1025, 2**31, 2**70, -(2**70)])
def test_threads_are_a_sensible_number(threads: int) -> None:
    before = config.num_threads()
    with pytest.raises(ValueError, match=f"1 to 1024 threads.*got {threads}"):
        config.set_num_threads(threads)
    assert config.num_threads() == before


# Other libraries start threads of their own when they are imported.
ALONE = {"OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
COUNT = """
import os
from nnfast import config
def count(): return len(os.listdir("/proc/self/task"))
def fit():
    model = small_net(hidden=2000)
    model.fit(x, y, batch_size=250, verbose=0)
before = count()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_as_many_threads_start_as_were_asked_for() -> None:
    started = f"{COUNT}fit(); print(config.num_threads(), count() - before)"
    assert output_of(started, {**ALONE, "OMP_NUM_THREADS": "3"}, prelude=True).split() == ["3", "2"]
    assert output_of(started, {**ALONE, "OMP_NUM_THREADS": "1"}, prelude=True).split() == ["1", "0"]
    chosen = f"{COUNT}config.set_num_threads(2); {started[len(COUNT) :]}"
    assert output_of(chosen, {**ALONE, "OMP_NUM_THREADS": "4"}, prelude=True).split() == ["2", "1"]


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="needs affinity masks")
def test_affinity_limits_the_threads() -> None:
    code = """
        import os
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        import nnfast
        print(nnfast.config.num_threads())
        """
    assert output_of(code, {"OMP_NUM_THREADS": ""}).strip() == "1"


def test_openmp_too_is_a_sensible_number_of_threads() -> None:
    """More threads than can be started would end the process, from inside of OpenMP."""
    code = "import nnfast; print(nnfast.config.num_threads())"
    assert int(output_of(code, {**ALONE, "OMP_NUM_THREADS": "100000"})) <= 1024


@pytest.mark.parametrize(
    "variable",
    [
        "OMP_NUM_THREADS=0",
        "OMP_NUM_THREADS=nonsense",
        "OMP_NUM_THREADS=2,3",
        "OMP_THREAD_LIMIT=1",
        "OMP_MAX_ACTIVE_LEVELS=0",
        "OMP_DYNAMIC=true",
        "OMP_PROC_BIND=true",
    ],
)
def test_whatever_openmp_was_told_a_fit_works(variable: str) -> None:
    name, _, value = variable.partition("=")
    output_of(f"{COUNT}fit()", {name: value}, prelude=True)


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


def compiled(seed: int = 0, optimizer: Any = "adam") -> nnfast.Sequential:
    nnfast.utils.set_random_seed(seed)
    model = odd_net()
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


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


def test_predicting_during_a_fit() -> None:
    """Every prediction is of the weights between two steps, and the fit takes no notice."""
    x, y = data(400, 37, 7)

    def fit(model: nnfast.Sequential) -> list[Array]:
        model.fit(x, y, batch_size=19, epochs=30, shuffle=False, verbose=0)
        return list(model.get_weights())

    expected, model = fit(compiled()), compiled()
    done = threading.Event()

    def train() -> list[Array]:
        try:
            return fit(model)
        finally:
            done.set()

    def ask() -> int:
        count = 0
        while not done.is_set() or count == 0:
            rows = model.predict(x[:40], verbose=0)
            assert np.isfinite(rows).all() and np.allclose(rows.sum(axis=1), 1, atol=1e-5)
            model.get_weights()
            count += 1
        return count

    weights, *counts = run_all([train, ask, ask, ask])
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


FORK = """
import os, signal

def in_child(work):
    '''Runs work in a forked child; its exit status, -14 where it hung.'''
    process = os.fork()
    if process == 0:
        signal.alarm(10)
        try:
            work()
            os._exit(0)
        except BaseException as error:
            print("in the child:", repr(error), flush=True)
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])

nnfast.config.set_num_threads(3)
model = small_net(hidden=500)
model.fit(x, y, batch_size=250, verbose=0)
expected = model.predict(x, verbose=0)

def predict():
    assert np.array_equal(model.predict(x, verbose=0), expected)

def work():
    predict()
    assert nnfast.config.num_threads() == 1
    model.fit(x, y, batch_size=250, epochs=2, verbose=0)
    fresh = small_net("adam")
    fresh.fit(x, y, epochs=2, verbose=0, validation_split=0.2)
    nnfast.config.set_num_threads(4)
    predict_fresh = fresh.predict(x, verbose=0)
    assert np.isfinite(predict_fresh).all() and ops.sum(np.ones((2000, 2000), "float32")) == 4e6
"""


@fork_only
def test_a_forked_child_predicts_and_fits() -> None:
    code = f"""{FORK}
assert in_child(work) == 0
assert in_child(lambda: in_child(work) and os._exit(3)) == 0, "a child's child"
predict()
model.fit(x, y, batch_size=250, verbose=0)
assert nnfast.config.num_threads() == 3
"""
    output_of(code, prelude=True, warnings="default")


@fork_only
def test_a_child_forked_before_the_first_work_too() -> None:
    code = f"""{FORK.partition("nnfast.config.set_num_threads(3)")[0]}
def work():
    model = small_net()
    model.fit(x, y, batch_size=250, verbose=0)
    assert model.predict(x, verbose=0).shape == (500, 10)
assert in_child(work) == 0
work()
"""
    output_of(code, prelude=True, warnings="default")


@fork_only
def test_pools_of_forked_processes() -> None:
    code = f"""{FORK}
import multiprocessing

def ask(part):
    return model.predict(part, verbose=0)

with multiprocessing.get_context("fork").Pool(2) as pool:
    parts = pool.map(ask, np.split(x, 5))
np.testing.assert_allclose(np.concatenate(parts), expected, rtol=1e-5)
predict()
"""
    output_of(code, prelude=True, warnings="default")


@fork_only
@pytest.mark.parametrize("busy", ["model", "another"])
def test_a_child_forked_while_another_thread_fits(busy: str) -> None:
    """Whatever the other thread held when the fork came, the child does not wait for it."""
    code = f"""{FORK}
import threading, time
from nnfast.callbacks import Callback
another = small_net()
done = threading.Event()

class Stop(Callback):
    def on_epoch_end(self, epoch, logs=None):
        self.model.stop_training = done.is_set()

def fit():
    {busy}.fit(np.tile(x, (20, 1)), np.tile(y, 20), epochs=10_000, verbose=0, callbacks=[Stop()])

fitting = threading.Thread(target=fit)
fitting.start()
try:
    time.sleep(0.2)
    statuses = []
    for _ in range(4):
        time.sleep(0.03)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        statuses.append(in_child(lambda: (signal.alarm(3), model.predict(x, verbose=0))))
finally:
    done.set()
    fitting.join()
assert statuses == [0] * 4, statuses
"""
    output_of(code, prelude=True, warnings="default")
