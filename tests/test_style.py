"""The tools that keep the style: ruff, mypy --strict, clang-format."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CPP = [path for folder in ("src/cpp", "tests/cpp") for path in sorted((ROOT / folder).rglob("*"))]

COMMANDS = {
    "ruff check": ["ruff", "check", "."],
    "ruff format": ["ruff", "format", "--check", "."],
    "mypy": ["mypy", "--strict", "src/nnfast"],
    "clang-format": [
        "clang-format",
        "--dry-run",
        "--Werror",
        *(str(path) for path in CPP if path.suffix in (".h", ".cpp")),
    ],
}


@pytest.mark.parametrize("name", COMMANDS)
def test_style(name: str) -> None:
    tool, *arguments = COMMANDS[name]
    beside_python = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    found = shutil.which(tool, path=beside_python)
    if found is None:
        pytest.skip(f"{tool} is not installed")
    done = subprocess.run([found, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
