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
C_LIBRARY = {"sin", "cos", "pow", "sinf", "cosf", "powf", "memcpy", "memset", "memmove"}


def run(*command: str | Path) -> str:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command[0]} failed:\n{done.stdout[-8000:]}\n{done.stderr[-8000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    beside_python = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    cmake = shutil.which("cmake", path=beside_python)
    if cmake is None:
        pytest.skip("CMake is not installed")
    if not any(shutil.which(compiler) for compiler in (os.environ.get("CXX", "c++"), "g++", "clang++")):
        pytest.skip("no C++ compiler is installed")
    folder = tmp_path_factory.mktemp("cpp")
    options = ["-DNNFAST_BUILD_MODULE=OFF", "-DNNFAST_BUILD_TESTS=ON", "-DNNFAST_WERROR=ON"]
    ninja = shutil.which("ninja", path=beside_python)
    if ninja is not None:  # a machine with a compiler need not have make
        options += ["-G", "Ninja", f"-DCMAKE_MAKE_PROGRAM={ninja}"]
    run(cmake, "-S", REPOSITORY, "-B", folder, *options)
    run(cmake, "--build", folder, "--target", "nnfast_tests", "--parallel", "2")
    return folder


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
