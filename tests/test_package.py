from __future__ import annotations

import subprocess
import sys

import pytest

import nnfast


@pytest.mark.parametrize("name", nnfast.__all__)
def test_public_names_are_there(name):
    assert getattr(nnfast, name) is not None


def test_nnfast_stands_in_for_tensorflow():
    assert nnfast.keras is nnfast
    assert nnfast.keras.layers.Dense is nnfast.layers.Dense


def test_importing_loads_nothing_heavy():
    code = "import nnfast, sys; print(' '.join(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "numpy" in loaded
    for heavy in ("rich", "pooch", "h5py", "numpy.random", "zipfile", "urllib.request", "importlib.metadata"):
        assert heavy not in loaded


def test_importing_prints_nothing_and_starts_no_threads():
    code = "import threading, nnfast; assert threading.active_count() == 1"
    result = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    assert (result.stdout, result.stderr) == ("", "")
