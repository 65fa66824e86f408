"""Subnormal numbers: they are alive outside of nnfast, and never slow a training step: the whole team flushes them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from contracts.odd_nets import OPTIMIZERS, Array, compiled, data
from contracts.processes import STATE, output_of

from nnfast import config
from nnfast.optimizers import Adam


@pytest.fixture(autouse=True)
def default_settings() -> Iterator[None]:
    yield
    config.set_num_threads(0)
    config.set_floatx("float32")


def subnormals(arrays: list[Array]) -> int:
    """How many elements are subnormal."""
    return sum(
        int(((array != 0) & (np.abs(array) < np.finfo(array.dtype).tiny)).sum())
        for array in arrays
        if array.dtype.kind == "f"
    )


# Without amsgrad, whose maximum picks one of two numbers as it is, which costs nothing.
DECAYING = {**OPTIMIZERS, "adam": Adam}


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("floatx", ["float32", "float64"])
@pytest.mark.parametrize("optimizer", DECAYING)
def test_no_optimizer_computes_with_subnormal_slots(optimizer: str, floatx: str, threads: int) -> None:
    """They come when a gradient stays zero, and would slow every step a hundredfold. One step leaves none of them,
    whichever thread's they are."""
    config.set_floatx(floatx)
    config.set_num_threads(threads)
    model = compiled(optimizer=DECAYING[optimizer]())
    x, y = data(64, 37, 7)
    model.optimizer.build(model.trainable_variables)
    slots = [variable for variable in model.optimizer.variables if variable.ndim > 0]
    for slot in slots:
        slot.assign(np.full(slot.shape, np.finfo(floatx).tiny / 5, floatx))
    assert subnormals([slot.numpy() for slot in slots]) == sum(slot.numpy().size for slot in slots) > 60_000
    model.fit(np.zeros_like(x), y, verbose=0)
    values = [variable.numpy() for variable in (*slots, *model.variables)]
    assert subnormals(values) == 0 and all(np.isfinite(value).all() for value in values)


def test_subnormal_weights_and_data_are_zeros_to_a_step() -> None:
    tiny = np.finfo("float32").tiny / 3
    found = []
    for scale in (tiny, 0.0):
        model = compiled(optimizer="adam")
        x, y = data(64, 37, 7)
        model.set_weights([np.full_like(weight, scale) for weight in model.get_weights()])
        model.fit(np.full_like(x, scale), y, batch_size=20, verbose=0)
        found.append(model.get_weights())
    assert all(map(np.array_equal, *found)) and subnormals(found[0]) == 0


# Subnormals as operands and as results, in both types.
LIVE = """
def subnormals_live():
    import numpy as np
    small = np.array([1e-40, 1e-20], "float32"), np.array([1e-310, 1e-160], "float64")
    return all(a[0] * a.dtype.type(1) != 0 and a[1] * a[1] != 0 and (a * a.dtype.type(1))[0] != 0 for a in small)
"""


@pytest.mark.parametrize("threads", [1, 3])
def test_subnormals_and_the_control_word_survive(threads: int) -> None:
    """In the main thread, in one that was there before the import, and in one that is started after a fit."""
    output_of(
        STATE
        + LIVE
        + f"""
import queue
questions, answers = queue.Queue(), queue.Queue()

def answer():
    while questions.get():
        answers.put((subnormals_live(), control_word()))

def check(moment):
    early.is_alive() and questions.put(True)
    late = threading.Thread(target=lambda: answers.put((subnormals_live(), control_word())))
    late.start()
    late.join()
    found = [(subnormals_live(), control_word()), answers.get(), answers.get()]
    assert found == [(True, control)] * 3, (moment, found, control)

early = threading.Thread(target=answer)
early.start()
control = control_word()
import numpy as np
check("before the import")
import nnfast
check("after the import")
nnfast.config.set_num_threads({threads})
x = np.random.default_rng(0).normal(size=(300, 200)).astype("float32")
y = np.arange(300) % 7
model = nnfast.Sequential([nnfast.layers.Dense(200, activation="tanh"), nnfast.layers.Dense(7, activation="softmax")])
model.compile("adam", "sparse_categorical_crossentropy")
model.fit(x, y, verbose=0)
check("after a fit")
try:
    nnfast.ops.sparse_categorical_crossentropy(np.full(300, 9), x, from_logits=True)
    nnfast.ops.sparse_categorical_crossentropy(np.full(300, 900), x, from_logits=True)
except ValueError:
    check("after an error")
else:
    raise AssertionError("no error")
questions.put(False)
"""
    )
