"""The modules of devices, built once for all tests: the emulated GPU's, and where there is nvcc that for NVIDIA's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from building import build, module_options

import nnfast
from nnfast import config


class Built(NamedTuple):
    folder: Path  # with the modules, and the emulator's own tests
    log: str  # what the compilers said


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("devices")
    return Built(folder, build(folder, "devices", "device_modules", options=module_options()))


@pytest.fixture
def device(built: Built) -> Iterator[Any]:
    """The emulated GPU's module, while everything runs there."""
    nnfast.__path__.append(str(built.folder))
    try:
        config.set_device("cuda-emulated")
        from nnfast import _cuda_emulated  # type: ignore[attr-defined]

        yield _cuda_emulated
    finally:
        config.set_device("cpu")
        nnfast.__path__.remove(str(built.folder))
