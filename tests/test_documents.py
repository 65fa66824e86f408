"""The documents: the files they name are there, the README's example runs, and CI finds its two commands."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nnfast

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = (
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "docs/coming-from-keras.md",
    "docs/cuda.md",
    "examples/README.md",
)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_files_that_are_named_are_there(name: str) -> None:
    text = (ROOT / name).read_text()
    whole = re.findall(r"(?<![\w./-])(?:src|tests|bench|examples|\.ci)/[\w./-]*\w", text)
    rooms = re.findall(r"`([a-z_]+/[\w/]+\.(?:py|pyi|h|cpp|inc))`", text)
    links = re.findall(r"\]\(((?!https?:)[^)]+)\)", text)
    missing = [path for path in whole if not (ROOT / path).exists() and not path.endswith(".so")]
    missing += [path for path in links if not ((ROOT / name).parent / path).exists()]
    missing += [path for path in rooms if not any((ROOT / at / path).exists() for at in ("", "src/nnfast", "src/cpp"))]
    assert missing == []


def test_the_table_of_keras_names_is_up_to_date() -> None:
    command = [sys.executable, str(ROOT / "docs" / "keras_names.py")]
    found = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "KERAS_BACKEND": "jax"})
    assert found.returncode == 0, found.stderr[-500:]
    assert found.stdout == (ROOT / "docs" / "keras-names.md").read_text(), "python docs/keras_names.py makes it anew"


def test_every_contract_names_a_test_that_guards_it() -> None:
    """And every test of a contract or a property is named."""
    section = (ROOT / "ARCHITECTURE.md").read_text().partition("## Contracts")[2].partition("\n## ")[0]
    rows = [line.strip("|").split(" | ") for line in section.splitlines() if line.startswith("| ")][2:]
    named = [re.findall(r"tests/[\w/]+(?:\.\w+)?", guards) for _, guards in rows]
    assert len(rows) > 20 and all(named)
    rooms = [ROOT / "tests" / room for room in ("contracts", "properties")]
    there = {str(path.relative_to(ROOT)) for room in rooms for path in room.glob("test_*.py")}
    assert there - {path for paths in named for path in paths} == set()


def test_the_readme_has_two_commands_and_a_place_for_the_table() -> None:
    text = (ROOT / "README.md").read_text()
    commands = re.findall(r"^```sh\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    assert [command.count("\n") for command in commands] == [1, 1]
    assert [command.startswith("pip install ") for command in commands] == [True, True]
    assert text.count("<!-- bench:start -->\n") == text.count("<!-- bench:end -->\n") == 1


def test_the_readmes_example_runs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def blank(count: int) -> tuple[Any, Any]:
        return np.zeros((count, 28, 28), "uint8"), np.arange(count, dtype="uint8") % 10

    monkeypatch.setattr(nnfast.datasets.mnist, "load_data", lambda: (blank(60000), blank(10000)))
    (example,) = re.findall(r"^```python\n(.*?)^```$", (ROOT / "README.md").read_text(), re.DOTALL | re.MULTILINE)
    assert example.count("epochs=5") == 1
    names: dict[str, Any] = {}
    exec(example.replace("epochs=5", "epochs=1"), names)
    assert names["predictions"].shape == (10, 10)
    np.testing.assert_allclose(names["predictions"].sum(axis=1), 1, rtol=1e-6)
    assert "(10, 10)" in capsys.readouterr().out
