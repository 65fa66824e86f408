"""Settings: what is set is what is told, and what comes first. Threads and instruction sets: tests/contracts."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from contracts.processes import output_of

import nnfast
from nnfast import config


@pytest.fixture(autouse=True)
def defaults() -> Iterator[None]:
    yield
    config.set_floatx("float32")
    config.set_epsilon(1e-7)


def test_floatx() -> None:
    assert config.floatx() == "float32"
    config.set_floatx("float64")
    assert config.floatx() == config.info()["float type"] == "float64"
    with pytest.raises(ValueError, match="float32, float64; got 'float8'"):
        config.set_floatx("float8")
    assert config.floatx() == "float64"


@pytest.mark.parametrize("wrong", [0, 1, -1e-7])
def test_epsilon(wrong: float) -> None:
    assert config.epsilon() == 1e-7
    config.set_epsilon(1e-4)
    with pytest.raises(ValueError, match="between 0 and 1"):
        config.set_epsilon(wrong)
    assert config.epsilon() == 1e-4


def test_threads_are_what_the_call_says_then_what_the_environment_says() -> None:
    code = """
        from nnfast import config
        for threads in (None, 2, 0):
            if threads is not None:
                config.set_num_threads(threads)
            print(config.num_threads())
    """
    assert output_of(code, {"OMP_NUM_THREADS": "3"}).split() == ["3", "2", "3"]


@pytest.fixture
def no_limits() -> Iterator[None]:
    yield
    config.set_max_epochs(None)
    config.set_max_steps_per_epoch(None)


def test_runs_are_limited(no_limits: None) -> None:
    x = np.arange(100.0)[:, None]

    def steps(**kwargs: Any) -> int:
        model = nnfast.Sequential([nnfast.Input((1,)), nnfast.layers.Dense(1)])
        model.compile("sgd", "mse")
        model.fit(**kwargs, verbose=0)
        return int(model.optimizer.iterations)

    assert config.max_epochs() is None and steps(x=x, y=x, epochs=3) == 3 * 4
    config.set_max_epochs(2)
    with pytest.warns(UserWarning, match="Limiting epochs to 2"):
        assert steps(x=x, y=x, epochs=3) == 2 * 4
    assert steps(x=x, y=x, epochs=2) == 2 * 4
    config.set_max_steps_per_epoch(3)
    for arguments, expected in (
        (dict(x=x, y=x), 3),
        (dict(x=x, y=x, batch_size=10, steps_per_epoch=5), 3),
        (dict(x=iter([(x[:10], x[:10])] * 9)), 3),
    ):
        with pytest.warns(UserWarning, match="Limiting steps_per_epoch to 3"):
            assert steps(**arguments) == expected
    for arguments in (dict(x=x, y=x, batch_size=50), dict(x=x, y=x, steps_per_epoch=2)):
        assert steps(**arguments) == 2
    for wrong in (0, -1, 1.5, True, "2"):
        with pytest.raises(ValueError, match="expects a positive integer or None"):
            config.set_max_epochs(wrong)


def test_limits_are_taken_from_the_environment() -> None:
    code = "from nnfast import config; print(config.max_epochs(), config.max_steps_per_epoch())"
    environment = {**os.environ, "KERAS_MAX_EPOCHS": "3", "KERAS_MAX_STEPS_PER_EPOCH": "7"}
    found = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert found.stdout == "3 7\n"


def test_what_there_is_no_choice_of() -> None:
    config.set_backend("nnfast")
    with pytest.raises(ValueError, match="the only one there is, got 'jax'"):
        config.set_backend("jax")
    config.disable_flash_attention()
    assert config.is_flash_attention_enabled() is False and config.is_nnx_enabled() is False
    with pytest.raises(NotImplementedError, match="There is no flash attention"):
        config.enable_flash_attention()
