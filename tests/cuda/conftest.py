"""The emulated GPU, built once for all tests that run on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from building import build, module_options

import nnfast
from nnfast import config


@pytest.fixture(scope="session")
def emulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the module whose device is emulated, and the emulator's own tests."""
    folder = tmp_path_factory.mktemp("emulated")
    build(folder, "emulated", "_cuda_emulated", "nnfast_emulation_tests", options=module_options())
    return folder


@pytest.fixture
def device(emulated: Path) -> Iterator[Any]:
    """The emulated GPU's module, while everything runs there."""
    nnfast.__path__.append(str(emulated))
    try:
        config.set_device("cuda-emulated")
        from nnfast import _cuda_emulated  # type: ignore[attr-defined]

        yield _cuda_emulated
    finally:
        config.set_device("cpu")
        nnfast.__path__.remove(str(emulated))
