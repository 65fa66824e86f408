"""A forked child computes on one thread, and never waits for what its parent's threads held."""

from __future__ import annotations

import os

import pytest
from contracts.processes import output_of

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")

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


def test_a_forked_child_predicts_and_fits() -> None:
    code = f"""{FORK}
assert in_child(work) == 0
assert in_child(lambda: in_child(work) and os._exit(3)) == 0, "a child's child"
predict()
model.fit(x, y, batch_size=250, verbose=0)
assert nnfast.config.num_threads() == 3
"""
    output_of(code, prelude=True, warnings="default")


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
