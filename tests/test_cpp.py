"""Builds and runs the C++ tests, and looks into the kernels' object files for what must not be there."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from building import build, run

# What the kernels may call: the C library, never the C++ one, whose inline functions the linker shares between objects.
_FUNCTIONS = (
    "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "cbrt", "cos", "cosh", "exp2", "fmod", "hypot", "log10",
    "log2", "pow", "sin", "sinh", "tan",
)  # fmt: skip
C_LIBRARY = {"memcpy", "memset", "memmove", *_FUNCTIONS, *(f"{name}f" for name in _FUNCTIONS)}


def build_tests(folder: Path, preset: str) -> Path:
    """Builds the C++ tests by a preset of CMakePresets.json; the program."""
    build(folder, preset, "nnfast_tests")
    return folder / "tests" / "cpp" / "nnfast_tests"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cpp")
    build_tests(folder, "tests")
    return folder


def test_kernels_on_arm(tmp_path: Path) -> None:
    """Compiled for AArch64 and run by an emulator, for their results alone."""
    emulator, root = shutil.which("qemu-aarch64"), Path("/usr/aarch64-linux-gnu")
    if emulator is None or shutil.which("aarch64-linux-gnu-g++") is None or not (root / "lib").is_dir():
        pytest.skip("wants g++-aarch64-linux-gnu, libc6-dev-arm64-cross and qemu-user")
    output = run(emulator, "-L", root, build_tests(tmp_path, "aarch64"))
    assert "neon" in output and "all passed" in output


def test_kernels_on_every_instruction_set(built: Path) -> None:
    output = run(built / "tests" / "cpp" / "nnfast_tests")
    assert "all passed" in output


def test_kernels_of_one_instruction_set_share_no_code_with_others(built: Path) -> None:
    nm = shutil.which("nm")
    if nm is None:
        pytest.skip("nm is not installed")
    objects = {path.parents[3].name: path for path in built.rglob("instantiate.cpp.o")}
    assert objects
    for folder, path in objects.items():
        name = re.fullmatch(r"nnfast_(\w+)\.dir", folder)
        assert name is not None, folder
        for line in run(nm, "-C", path).splitlines():
            kind, symbol = re.fullmatch(r"[0-9a-f]* +(\w) (.*)", line).groups()  # type: ignore[union-attr]
            if kind == "U":
                assert symbol in C_LIBRARY or symbol.startswith("_GLOBAL_OFFSET"), f"{name[1]} calls {symbol}"
            elif not symbol.startswith(".L"):
                assert f"nnfast::{name[1]}::" in symbol, f"{name[1]} defines {symbol}"
