"""Builds and runs the C++ tests, and looks into the kernels' object files for what must not be there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parent.parent

# What the kernels may call: the C library, never the C++ one, whose inline functions the linker shares between objects.
_FUNCTIONS = (
    "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "cbrt", "cos", "cosh", "exp2", "fmod", "hypot", "log10",
    "log2", "pow", "sin", "sinh", "tan",
)  # fmt: skip
C_LIBRARY = {"memcpy", "memset", "memmove", *_FUNCTIONS, *(f"{name}f" for name in _FUNCTIONS)}


def run(*command: str | Path) -> str:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command[0]} failed:\n{done.stdout[-8000:]}\n{done.stderr[-8000:]}"
    return done.stdout


def build_tests(folder: Path, preset: str) -> Path:
    """Builds the C++ tests by a preset of CMakePresets.json; the program."""
    beside_python = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    cmake = shutil.which("cmake", path=beside_python)
    if cmake is None:
        pytest.skip("CMake is not installed")
    if not any(shutil.which(compiler) for compiler in (os.environ.get("CXX", "c++"), "g++", "clang++")):
        pytest.skip("no C++ compiler is installed")
    options: list[str] = []
    ninja = shutil.which("ninja", path=beside_python)
    if ninja is not None:  # a machine with a compiler need not have make
        options += ["-G", "Ninja", f"-DCMAKE_MAKE_PROGRAM={ninja}"]
    run(cmake, "--preset", preset, "-S", REPOSITORY, "-B", folder, *options)
    run(cmake, "--build", folder, "--target", "nnfast_tests", "--parallel", "2")
    return folder / "tests" / "cpp" / "nnfast_tests"


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Path:
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


def test_kernels_on_every_instruction_set(build: Path) -> None:
    output = run(build / "tests" / "cpp" / "nnfast_tests")
    assert "all passed" in output


def test_kernels_of_one_instruction_set_share_no_code_with_others(build: Path) -> None:
    nm = shutil.which("nm")
    if nm is None:
        pytest.skip("nm is not installed")
    objects = {path.parents[3].name: path for path in build.rglob("instantiate.cpp.o")}
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
