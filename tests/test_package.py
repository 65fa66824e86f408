"""The package's face: its public names. What importing it does: tests/contracts/test_import.py."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

import nnfast


@pytest.mark.parametrize("name", nnfast.__all__)
def test_public_names_are_there(name):
    assert getattr(nnfast, name) is not None


def test_nnfast_stands_in_for_tensorflow():
    assert nnfast.keras is nnfast
    assert nnfast.keras.layers.Dense is nnfast.layers.Dense


def test_modules_are_imported_by_their_other_name():
    code = """
        import pickle
        import nnfast as tf
        import nnfast.keras.datasets.imdb
        import nnfast.keras.layers.dense as dense
        from nnfast import keras
        from nnfast.keras import layers
        from nnfast.keras.layers import Dense
        assert keras is tf and layers is tf.layers and Dense is tf.layers.Dense and dense.Dense is Dense
        assert Dense.__module__ == "nnfast.layers.dense" and dense.__spec__.name == dense.__name__ == Dense.__module__
        for missing in ("nnfast.keras.nothing", "nnfast.keras.layers.nothing"):
            try:
                __import__(missing)
            except ModuleNotFoundError as error:
                assert error.name == missing and missing in str(error)
            else:
                raise AssertionError(missing)
        """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
