"""Builds what is C++ with CMake, for the tests that look at it or run it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parent.parent


def run(*command: str | Path) -> str:
    """What a command prints; a failure where it fails."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command[0]} failed:\n{done.stdout[-8000:]}\n{done.stderr[-8000:]}"
    return done.stdout


def build(folder: Path, preset: str, *targets: str, options: tuple[str, ...] = ()) -> str:
    """Builds targets by a preset of CMakePresets.json; what the build prints. Skips where a tool is missing."""
    beside_python = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    cmake = shutil.which("cmake", path=beside_python)
    if cmake is None:
        pytest.skip("CMake is not installed")
    if not any(shutil.which(compiler) for compiler in (os.environ.get("CXX", "c++"), "g++", "clang++")):
        pytest.skip("no C++ compiler is installed")
    ninja = shutil.which("ninja", path=beside_python)
    if ninja is not None:  # a machine with a compiler need not have make
        options += ("-G", "Ninja", f"-DCMAKE_MAKE_PROGRAM={ninja}")
    run(cmake, "--preset", preset, "-S", REPOSITORY, "-B", folder, *options)
    return run(cmake, "--build", folder, "--parallel", "2", "--target", *targets)


def module_options() -> tuple[str, ...]:
    """The options that a build of a Python module wants."""
    pybind11 = pytest.importorskip("pybind11", reason="pybind11 is not installed")
    return f"-Dpybind11_DIR={pybind11.get_cmake_dir()}", f"-DPython_EXECUTABLE={sys.executable}"
