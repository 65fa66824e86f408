"""Programs on a device, which is emulated: what they launch, read and write, and Variables that follow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from contracts.processes import output_of

import nnfast
from nnfast import config, layers, ops
from nnfast.datasets import mnist
from nnfast.graph.dtypes import HALVES

Array = np.ndarray[Any, Any]


def net(hidden: int, seed: int = 1) -> nnfast.Sequential:
    nnfast.utils.set_random_seed(seed)
    model = nnfast.Sequential(
        [nnfast.Input((784,)), layers.Dense(hidden, activation="relu"), layers.Dense(10, activation="softmax")]
    )
    model.compile("rmsprop", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def digits(count: int) -> tuple[Array, Array]:
    (x, y), _ = mnist.load_sample()
    return x[:count].reshape(count, 784).astype("float32") / 255, y[:count]


def difference(device: Any, work: Callable[[], Any]) -> dict[str, int]:
    """What is counted while something is done."""
    before = device.counts()
    work()
    return {name: count - before[name] for name, count in device.counts().items()}


def test_a_step_of_the_reference_net_is_few_launches_that_write_little(device: Any) -> None:
    model, (x, y) = net(512), digits(256)
    model.fit(x[:128], y[:128], batch_size=128, verbose=0)  # what is only done once
    steps = [
        difference(device, lambda n=n: model.fit(x[: 128 * n], y[: 128 * n], batch_size=128, verbose=0)) for n in (1, 2)
    ]
    step = {name: steps[1][name] - steps[0][name] for name in steps[0]}
    parameters, batch, hidden = 784 * 512 + 512 + 5120 + 10, 128 * 784, 128 * 512
    assert step["launches"] <= 8
    # Each weight and each of RMSprop's averages once, the batch, what the layer gives and its gradient; no more than 20
    # numbers a sample and class besides.
    least = 2 * parameters + batch + 2 * hidden
    assert least < step["stored"] / 4 < least + 20 * 1280
    # Each tile of 32 by 32 reads as many rows and columns as it is deep.
    tiles = 4 * 16 * 784 * 64 + 4 * 512 * (32 + 10) + 4 * 16 * 10 * 64 + 25 * 16 * 128 * 64 + 16 * 128 * (32 + 10)
    assert step["loaded"] / 4 < tiles + 2 * parameters + 6 * batch + 40 * 1280 + 4 * hidden


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_order_of_blocks_and_threads_changes_no_bit(device: Any, dtype: str) -> None:
    def trained() -> list[Array]:
        model, (x, y) = net(40), digits(300)
        model.add(layers.Dropout(0.3))
        model.fit(x, y, batch_size=128, epochs=1, verbose=0)
        return [*model.get_weights(), model.predict(x[:70], verbose=0)]

    config.set_floatx(dtype)
    try:
        forwards = trained()
        device.reverse_blocks(True)
        backwards = trained()
    finally:
        device.reverse_blocks(False)
        config.set_floatx("float32")
    for one, other in zip(forwards, backwards, strict=True):
        np.testing.assert_array_equal(one, other)


def test_no_thread_depends_on_another_that_it_does_not_wait_for(device: Any) -> None:
    tokens = np.random.default_rng(1).integers(0, 50, (40, 6))
    text = nnfast.Sequential([layers.Embedding(50, 8), layers.Dropout(0.2), layers.GlobalMaxPooling1D()])
    text.add(layers.LayerNormalization())
    text.add(layers.Dense(1))
    text.compile("adam", "mse")
    digit, (x, y) = net(70), digits(128)
    device.find_races(True)
    try:
        text.fit(tokens, np.ones(40), batch_size=32, verbose=0)
        digit.fit(x, y, batch_size=128, verbose=0)
        ops.argsort(x[:3]), ops.cumsum(x[:40], axis=1), ops.segment_sum(x[:40], tokens[:, 0], 50), ops.sum(x)
    finally:
        device.find_races(False)


def test_digits_are_learnt_as_on_the_cpu(device: Any) -> None:
    def learnt(where: str) -> tuple[Any, float, Array]:
        config.set_device(where)
        model, (x, y) = net(32), digits(4000)
        history = model.fit(x, y, batch_size=128, epochs=2, verbose=0).history
        _, (x_test, y_test) = mnist.load_sample()
        test = x_test.reshape(-1, 784).astype("float32") / 255
        return history, model.evaluate(test, y_test, verbose=0)[1], model.predict(test, batch_size=300, verbose=0)

    expected, got = learnt("cpu"), learnt("cuda-emulated")
    np.testing.assert_allclose(got[0]["loss"], expected[0]["loss"], rtol=1e-4)
    assert expected[1] > 0.8 and abs(got[1] - expected[1]) < 0.005
    np.testing.assert_allclose(got[2], expected[2], atol=1e-3)


@pytest.mark.parametrize("half", HALVES)
def test_products_read_half_precision_as_it_is_stored(device: Any, half: str) -> None:
    pytest.importorskip("ml_dtypes")
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(70, 50)).astype(half), rng.normal(size=(50, 60)).astype(half)
    got = ops.matmul(x, y)
    step = difference(device, lambda: ops.matmul(x, y))
    assert step["launches"] == 3  # that gather, multiply, and count the batch
    assert step["stored"] == 2 * (x.size + y.size + got.size)
    config.set_device("cpu")
    np.testing.assert_array_equal(got.view("uint16"), ops.matmul(x, y).view("uint16"))


def test_mixed_precision_reads_less_and_trains_as_on_the_cpu(device: Any) -> None:
    pytest.importorskip("ml_dtypes")

    def trained(policy: str) -> tuple[dict[str, int], list[Array]]:
        config.set_dtype_policy(policy)
        try:
            model, (x, y) = net(256), digits(256)
            model.fit(x, y, batch_size=128, verbose=0)
            return difference(device, lambda: model.fit(x, y, batch_size=128, verbose=0)), model.get_weights()
        finally:
            config.set_dtype_policy("float32")

    (full, _), (mixed, weights) = trained("float32"), trained("mixed_bfloat16")
    assert mixed["loaded"] < 0.7 * full["loaded"]
    config.set_device("cpu")
    for one, other in zip(weights, trained("mixed_bfloat16")[1], strict=True):
        np.testing.assert_allclose(one, other, atol=2e-3)


@pytest.mark.parametrize("shape", [(40, 5, 40), (33, 70, 65), (1, 9, 1)])
def test_products_in_tiles_of_either_size_have_the_cpus_bits(device: Any, shape: tuple[int, int, int]) -> None:
    rows, depth, columns = shape
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(256, rows, depth)), rng.normal(size=(256, depth, columns))
    on_device = [ops.matmul(x.astype(dtype), y.astype(dtype)) for dtype in ("float32", "float64")]
    config.set_device("cpu")
    for got in on_device:
        np.testing.assert_array_equal(got, ops.matmul(x.astype(got.dtype), y.astype(got.dtype)))


def test_no_sample_and_one(device: Any) -> None:
    model, (x, _) = net(8), digits(1)
    assert model.predict(x[:0], verbose=0).shape == (0, 10) and ops.exp(x[:0]).shape == (0, 784)
    got = model.predict(x, verbose=0)
    config.set_device("cpu")
    np.testing.assert_allclose(got, model.predict(x, verbose=0), rtol=1e-5)


def test_masks_are_the_cpus(device: Any) -> None:
    def masked() -> Array:
        nnfast.utils.set_random_seed(3)
        return np.asarray(layers.Dropout(0.4)(np.ones((37, 11), "float32"), training=True))

    on_device = masked()
    config.set_device("cpu")
    np.testing.assert_array_equal(on_device, masked())


def test_variables_follow_from_device_to_device(device: Any) -> None:
    counter = nnfast.Variable(np.arange(3.0))

    def count() -> list[Any]:
        counter.assign(counter.value * 2.0)
        return []

    from nnfast.graph import trace

    program = trace(count, [])
    program()
    np.testing.assert_array_equal(counter.numpy(), [0, 2, 4])
    program()
    config.set_device("cpu")
    program()
    np.testing.assert_array_equal(counter.numpy(), [0, 8, 16])
    config.set_device("cuda-emulated")
    program()
    counter.assign(np.ones(3))
    program()
    config.set_device("cpu")
    np.testing.assert_array_equal(counter.numpy(), [2, 2, 2])


def test_a_fit_may_change_the_device_between_its_epochs(device: Any) -> None:
    def trained(*devices: str) -> list[Array]:
        config.set_device(devices[0])
        model, (x, y) = net(20), digits(300)
        change = nnfast.callbacks.LambdaCallback(
            on_epoch_end=lambda epoch, logs: config.set_device(devices[(epoch + 1) % len(devices)])
        )
        model.fit(x, y, batch_size=128, epochs=4, verbose=0, callbacks=[change])
        return model.get_weights()

    for one, other in zip(trained("cuda-emulated", "cpu"), trained("cpu"), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_a_label_out_of_range_changes_no_weight(device: Any) -> None:
    inputs = nnfast.Input((4,), dtype="int32")
    table = nnfast.Model(inputs, layers.Dense(1)(layers.Flatten()(layers.Embedding(5, 3)(inputs))))
    table.compile("sgd", "mse")
    before = table.get_weights()
    numbers = np.zeros((20, 4), "int32")
    numbers[7, 2] = numbers[9, 1] = 5
    with pytest.raises(ValueError, match="indices from -5 to 4, got 5 at place 30"):
        table.fit(numbers, np.ones(20), batch_size=20, shuffle=False, verbose=0)
    for one, other in zip(before, table.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    numbers[:] = 4
    table.fit(numbers, np.ones(20), batch_size=20, verbose=0)  # and all is well afterwards
    assert not np.array_equal(before[0], table.get_weights()[0])


def test_every_batch_of_a_prediction_has_its_rows(device: Any) -> None:
    model, (x, _) = net(8), digits(70)
    whole = model.predict(x, batch_size=70, verbose=0)
    np.testing.assert_array_equal(model.predict(x, batch_size=32, verbose=0), whole)
    np.testing.assert_array_equal(model(x[:5]), whole[:5])


@pytest.mark.parametrize("count", [30, 300])  # in threads that fill warps, and in fewer
def test_formulas_of_many_values_at_once_fit_shared_memory(device: Any, count: int) -> None:
    x = np.linspace(0.1, 1, 50)

    def function(x: Any) -> list[Any]:
        powers = [ops.exp(x * (i / 100)) for i in range(count)]
        total = powers[0]
        for power in powers[1:]:
            total = total + power
        for power in powers:
            total = total * power
        return [total]

    from nnfast.graph import TensorSpec, trace

    got = trace(function, [TensorSpec((None,), "float64")])(x)[0]
    config.set_device("cpu")
    np.testing.assert_allclose(got, trace(function, [TensorSpec((None,), "float64")])(x)[0], rtol=1e-12)


FORK = """
import os, signal, threading

def in_child(work):
    process = os.fork()
    if process == 0:
        signal.alarm(20)
        try:
            work()
            os._exit(0)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 0

model = small_net()
expected = model.predict(x, verbose=0)

def on_device():
    nnfast.config.set_device("cuda-emulated")
    got = model.predict(x, verbose=0)
    assert abs(got - expected).max() < 1e-5
    model.fit(x, y, verbose=0)

def read():
    nnfast.config.set_device("cpu")
    assert np.isfinite(model.predict(x, verbose=0)).all()
"""


def test_a_forked_child_may_load_the_device_and_never_waits_for_a_run_of_its_parent(built: Any) -> None:
    code = f"""
nnfast.__path__.append({str(built.folder)!r})
{FORK}
in_child(on_device)
on_device()
fits = threading.Thread(target=lambda: small_net(hidden=200).fit(x, y, epochs=2, verbose=0))
fits.start()
while fits.is_alive():
    in_child(read)
"""
    output_of(code, prelude=True)
