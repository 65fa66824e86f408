from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest
from oracle import keras

from nnfast import activations, ops

NAMES = sorted(keras.src.activations.ALL_OBJECTS_DICT)


@pytest.mark.parametrize("name", [name for name in dir(keras.activations) if not name.startswith("_")])
def test_every_name_of_keras_is_here_with_its_arguments(name: str) -> None:
    theirs, ours = (inspect.signature(getattr(module, name)) for module in (keras.activations, activations))
    assert [(each.name, each.default) for each in ours.parameters.values()] == [
        (each.name, each.default) for each in theirs.parameters.values()
    ]


@pytest.mark.parametrize("name", [*NAMES, "erf", "erfc"])
def test_ops_have_the_arguments_of_keras(name: str) -> None:
    if not hasattr(keras.ops, name):
        pytest.skip("no op in Keras")
    theirs, ours = (inspect.signature(getattr(module, name)) for module in (keras.ops, ops))
    assert [(each.name, each.default) for each in ours.parameters.values()] == [
        (each.name, each.default) for each in theirs.parameters.values()
    ]


@pytest.mark.parametrize("name", NAMES)
def test_names_are_found_without_regard_to_case(name: str) -> None:
    function = getattr(activations, name)
    assert activations.get(name) is activations.get(name.upper()) is function
    assert activations.get(activations.serialize(function)) is function
    assert activations.serialize(function) == keras.activations.serialize(getattr(keras.activations, name))


def test_none_is_linear_and_callables_are_themselves() -> None:
    assert activations.get(None) is activations.linear
    assert activations.get(np.tanh) is np.tanh


def test_an_unknown_name_is_an_error_that_lists_the_known() -> None:
    with pytest.raises(ValueError, match=r"'rleu'.*linear.*, relu, relu6, .*tanh"):
        activations.get("rleu")
    with pytest.raises(ValueError, match="3"):
        activations.get(3)


def test_custom_functions_come_back_through_custom_objects() -> None:
    def double(x: Any) -> Any:
        return x * 2

    config = activations.serialize(double)
    assert activations.deserialize(config, {"double": double}) is double
    with pytest.raises(ValueError, match="double"):
        activations.deserialize(config)
