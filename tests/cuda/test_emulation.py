"""The emulated GPU: it finds planted faults, and the tests of numbers pass on it."""

from __future__ import annotations

from typing import Any

import pytest
from building import run
from device_suites import ALL, SOME, run_on


def test_the_emulator_finds_planted_faults(built: Any) -> None:
    assert "all passed" in run(built.folder / "nnfast_emulation_tests")


def test_some_tests_of_numbers(built: Any) -> None:
    run_on("cuda-emulated", built.folder, SOME, leaving_out=("float64",))


def test_all_tests_of_numbers(built: Any, request: pytest.FixtureRequest) -> None:
    if not request.config.getoption("--full-emulation"):
        pytest.skip("takes half an hour: --full-emulation")
    run_on("cuda-emulated", built.folder, ALL)
