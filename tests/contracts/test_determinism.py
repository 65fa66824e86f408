"""The bits of a result: the seed, the data and the instruction set decide them, and nothing else does."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

import numpy as np
import pytest
from contracts.odd_nets import OPTIMIZERS, data, same_bits, trained
from contracts.processes import output_of

import nnfast
from nnfast import config, ops, optimizers

THREADS = (1, 2, 3, 5)


@pytest.fixture(autouse=True)
def default_settings() -> Iterator[None]:
    yield
    config.set_num_threads(0)
    config.set_floatx("float32")


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


def test_a_seed_decides_every_bit() -> None:
    x, y = data(411, 37, 7)
    first, second = (trained(OPTIMIZERS["adam"](), x, y, batch_size=64, seed=3) for _ in range(2))
    other = trained(OPTIMIZERS["adam"](), x, y, batch_size=64, seed=4)
    assert same_bits(first, second)
    drawn = [position for position, array in enumerate(first) if array.dtype == "float32" and array.ndim == 2]
    assert all(first[position].tobytes() != other[position].tobytes() for position in drawn) and len(drawn) > 5


def test_a_seed_decides_every_bit_in_another_process_too() -> None:
    """Neither the order of sets nor where things lie in memory comes in."""
    code = """
        import hashlib
        padding = [bytes(number) for number in range(0, {bytes}, 1000)]
        model = small_net("adam", seed=5)
        model.add(layers.Dropout(0.5))
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        history = model.fit(x, y, batch_size=33, epochs=3, validation_split=0.2, verbose=0).history
        arrays = [*model.get_weights(), *(variable.numpy() for variable in model.optimizer.variables)]
        print(hashlib.sha256(b"".join(array.tobytes() for array in arrays)).hexdigest(), history)
        """
    first, *others = [
        output_of(
            textwrap.dedent(code.format(bytes=size)),
            {"PYTHONHASHSEED": str(size), "OMP_NUM_THREADS": threads},
            prelude=True,
        )
        for size, threads in ((1, "1"), (70_000, "2"), (200_000, "3"))
    ]
    assert others == [first] * 2
