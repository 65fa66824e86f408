"""The package's face: its public names. What importing it does: tests/contracts/test_import.py."""

from __future__ import annotations

import pytest

import nnfast


@pytest.mark.parametrize("name", nnfast.__all__)
def test_public_names_are_there(name):
    assert getattr(nnfast, name) is not None


def test_nnfast_stands_in_for_tensorflow():
    assert nnfast.keras is nnfast
    assert nnfast.keras.layers.Dense is nnfast.layers.Dense
