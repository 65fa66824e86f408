from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest
from oracle import keras

from nnfast import initializers, random

NAMES = [name for name in dir(keras.initializers) if not name.startswith("_")]
CLASSES = [name for name in NAMES if inspect.isclass(getattr(keras.initializers, name)) and name != "Initializer"]


def needs(name: str) -> None:
    if "stft" in name.lower():
        pytest.importorskip("scipy")


@pytest.mark.parametrize("name", NAMES)
def test_every_name_of_keras_is_here(name: str) -> None:
    theirs, ours = getattr(keras.initializers, name), getattr(initializers, name)
    assert list(inspect.signature(ours).parameters) == list(inspect.signature(theirs).parameters)
    if inspect.isclass(theirs):
        assert ours.__name__ == theirs.__name__


@pytest.mark.parametrize("name", ["zero", "one", "normal", "uniform", *CLASSES])
def test_get_finds_names_in_any_case(name: str) -> None:
    needs(name)
    expected = keras.src.initializers.ALL_OBJECTS_DICT[name].__name__
    for spelling in (name, name.lower(), name.upper()):
        assert type(initializers.get(spelling)).__name__ == expected
    assert isinstance(initializers.get(name), initializers.Initializer)


@pytest.mark.parametrize("name", CLASSES)
def test_defaults_and_configurations_are_those_of_keras(name: str) -> None:
    needs(name)
    ours, theirs = getattr(initializers, name)(), getattr(keras.initializers, name)()
    written = initializers.serialize(ours)
    if "identity" not in name.lower():  # whose gain Keras leaves out
        assert written == keras.initializers.serialize(theirs)
    assert initializers.get(written).get_config() == ours.get_config()
    assert initializers.deserialize(keras.initializers.serialize(theirs)).get_config() == ours.get_config()
    assert type(ours.clone()) is type(ours)


@pytest.mark.parametrize("name", ["Orthogonal", "VarianceScaling", "RandomUniform", "RandomNormal", "LecunNormal"])
def test_a_seed_generator_is_written_as_keras_writes_it(name: str) -> None:
    ours = getattr(initializers, name)(seed=random.SeedGenerator(5, name="draws"))
    written = ours.get_config()
    theirs = getattr(keras.initializers, name)(seed=keras.random.SeedGenerator(5, name="draws"))
    assert written == theirs.get_config()
    copy = type(ours).from_config(written)
    assert isinstance(copy.seed, random.SeedGenerator)
    np.testing.assert_array_equal(copy((3, 3)), ours((3, 3)))


@pytest.mark.parametrize(
    ("identifier", "cls"),
    [
        ({"class_name": "HeNormal", "config": {"seed": 3}}, initializers.HeNormal),
        ({"class_name": "OrthogonalInitializer", "config": {}}, initializers.Orthogonal),
        (initializers.Ones, initializers.Ones),
        (initializers.Constant(3.0), initializers.Constant),
    ],
)
def test_get_takes_dictionaries_classes_and_objects(identifier: Any, cls: Any) -> None:
    assert type(initializers.get(identifier)) is cls


def test_get_takes_functions_arrays_and_none() -> None:
    def function(shape: Any, dtype: Any = None) -> Any:
        return np.zeros(shape, dtype)

    assert initializers.get(function) is function
    assert initializers.get(None) is None
    start = initializers.get(np.arange(4.0).reshape(2, 2))
    assert start((2, 2)).dtype == np.float32
    assert start((2, 2)).tolist() == [[0.0, 1.0], [2.0, 3.0]]
    with pytest.raises(ValueError, match=r"Expected `shape` to be \(2, 2\).*\(3, 2\)"):
        start((3, 2))


def test_unknown_names_are_errors_that_say_what_is_known() -> None:
    with pytest.raises(ValueError, match=r"'glorot'.*glorot_uniform.*he_normal"):
        initializers.get("glorot")
    with pytest.raises(ValueError, match="3"):
        initializers.get(3)
    with pytest.raises(NotImplementedError, match=r"Initializer must define __call__"):
        initializers.Initializer()((2,))
