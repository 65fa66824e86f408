"""What all tests share: real Keras, on JAX and able to compute in float64, as the oracle; and how long properties are
searched for a counterexample; and the tests' own options."""

from __future__ import annotations

import gc
import os
import signal

import pytest
from hypothesis import HealthCheck, settings

# Before anything imports Keras or JAX.
os.environ["KERAS_BACKEND"] = "jax"
os.environ["JAX_ENABLE_X64"] = "1"

# The same examples in every run; `pytest tests/properties --hypothesis-profile=thorough` draws others, and many.
quick = settings(
    max_examples=40, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)
settings.register_profile("quick", quick)
settings.register_profile("thorough", quick, max_examples=1000, derandomize=False, print_blob=True)
settings.load_profile("quick")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full-examples", action="store_true", help="run the programmes in examples/ in full, too")
    parser.addoption("--full-emulation", action="store_true", help="run all tests of numbers on the emulated GPU, too")
    parser.addoption("--device", default="cpu", help="where everything runs: cpu, cuda or cuda-emulated")
    parser.addoption("--device-folder", help="the folder that has the device's module, where nnfast's own has not")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--device") != "cpu":
        import nnfast

        nnfast.__path__ += filter(None, [config.getoption("--device-folder")])
        nnfast.config.set_device(config.getoption("--device"))
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in the background of a shell, and then in all children
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="module", autouse=True)
def keep_what_is_there_from_the_collector() -> None:
    """JAX, Keras and the tests themselves are a million objects, which every full collection would go through."""
    gc.collect(1)
    gc.freeze()
