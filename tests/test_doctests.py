"""Every example in a docstring runs and gives what it says."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import numpy
import pytest

import nnfast

MODULES = [module.name for module in pkgutil.walk_packages(nnfast.__path__, "nnfast.")]


@pytest.mark.parametrize("name", ["nnfast", *(name for name in MODULES if name != "nnfast.__main__")])
def test_examples(name: str) -> None:
    found = doctest.testmod(importlib.import_module(name), extraglobs={"np": numpy})
    assert found.failed == 0, f"{found.failed} examples of {name} fail; what they gave is above"
