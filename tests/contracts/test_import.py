"""`import nnfast`: it changes nothing in the process around it, loads NumPy alone, and is short."""

from __future__ import annotations

import subprocess
import sys

import pytest
from contracts.processes import STATE, output_of, run_python

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@linux_only
def test_importing_changes_nothing_in_the_process() -> None:
    changed = output_of(
        STATE
        + """
import numpy
before = state()
import nnfast
after = state()
print({name: (before[name], after[name]) for name in before if before[name] != after[name]})
"""
    )
    assert changed.strip() == "{}"


def test_importing_loads_numpy_alone() -> None:
    found = output_of(
        """
        import sys
        before = set(sys.modules)
        import nnfast
        names = {name.partition(".")[0] for name in set(sys.modules) - before}
        print(*sorted(names - sys.stdlib_module_names))
        """
    )
    assert found.split() == ["nnfast", "numpy"]


def test_importing_prints_and_warns_of_nothing() -> None:
    result = run_python("import nnfast", warnings="error")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_importing_leaves_numpys_random_numbers_alone() -> None:
    code = """
        import random
        import numpy as np
        np.random.seed(3), random.seed(3)
        first = np.random.random(), random.random()
        np.random.seed(3), random.seed(3)
        import nnfast
        print(first == (np.random.random(), random.random()))
        """
    assert output_of(code).strip() == "True"


# What a short program need not wait for, though it is in the standard library or a dependency.
HEAVY = {"rich", "pooch", "h5py", "numpy.random", "zipfile", "urllib.request", "importlib.metadata", "subprocess"}


def test_importing_loads_nothing_heavy() -> None:
    loaded = set(output_of("import sys, nnfast; print(*sys.modules)").split())
    assert "numpy" in loaded and not HEAVY & loaded


def test_nor_does_the_command_line_to_say_what_runs() -> None:
    command = [sys.executable, "-X", "importtime", "-m", "nnfast", "info"]
    timed = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    loaded = {line.rpartition("|")[2].strip() for line in timed.splitlines()}
    assert {"nnfast", "nnfast.cli"} <= loaded and not HEAVY & loaded


# How much there is to import, for which CONTRIBUTING.md's bench/startup.py measures the time: 60 ms at most.
MOST_MODULES = 230  # 223 when this was written, 210 of them nnfast's own, mostly small ones: 50 ms
MOST_CALLS = 31_000  # 29,000 when this was written, of which most are the import system's own


def test_importing_is_short() -> None:
    """Modules that are loaded and Python functions that are called, on top of NumPy's: what a time is made of."""
    code = """
        import sys
        import numpy
        before, calls = set(sys.modules), 0
        def count(frame, event, argument):
            global calls
            calls += event == "call"
        sys.setprofile(count)
        import nnfast
        sys.setprofile(None)
        print(len(set(sys.modules) - before), calls)
        """
    output_of("import nnfast")  # compiles what is not
    modules, calls = map(int, output_of(code).split())
    assert 50 < modules <= MOST_MODULES and 1000 < calls <= MOST_CALLS, (modules, calls)
