"""Settings: what is set is what is told, and what comes first. Threads and instruction sets: tests/contracts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from contracts.processes import output_of

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
