"""The emulated GPU: it finds planted faults, and the tests of numbers pass on it."""

from __future__ import annotations

from pathlib import Path

import pytest
from building import run
from device_suites import ALL, SOME, run_on


def test_the_emulator_finds_planted_faults(emulated: Path) -> None:
    assert "all passed" in run(emulated / "nnfast_emulation_tests")


def test_some_tests_of_numbers(emulated: Path) -> None:
    run_on("cuda-emulated", emulated, SOME)


def test_all_tests_of_numbers(emulated: Path, request: pytest.FixtureRequest) -> None:
    if not request.config.getoption("--full-emulation"):
        pytest.skip("takes half an hour: --full-emulation")
    run_on("cuda-emulated", emulated, ALL)
