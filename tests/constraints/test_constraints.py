from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest
from oracle import keras

from nnfast import constraints, graph, ops

CASES: list[tuple[str, dict[str, Any]]] = [
    ("MaxNorm", {}),
    ("MaxNorm", {"max_value": 0.5, "axis": 1}),
    ("MaxNorm", {"max_value": 3.0, "axis": [0, 1]}),
    ("NonNeg", {}),
    ("UnitNorm", {}),
    ("UnitNorm", {"axis": -1}),
    ("MinMaxNorm", {}),
    ("MinMaxNorm", {"min_value": 2.0, "max_value": 3.0, "rate": 0.7, "axis": 1}),
    ("MinMaxNorm", {"min_value": 0.5, "max_value": 0.75, "axis": (0, 1)}),
]
NAMES = [name for name in dir(keras.constraints) if not name.startswith("_")]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("name", "arguments"), CASES)
def test_values_are_those_of_keras_and_trace(name: str, arguments: dict[str, Any], dtype: str) -> None:
    ours, theirs = getattr(constraints, name)(**arguments), getattr(keras.constraints, name)(**arguments)
    for shape in [(5, 3), (2, 3, 4)]:
        w = np.random.default_rng(3).normal(size=shape).astype(dtype)
        w[:, 0] = 0.0
        values, expected = ours(w), np.asarray(theirs(w))
        assert values.dtype == dtype and values.shape == shape
        np.testing.assert_allclose(values, expected, rtol=2e-6 if dtype == "float32" else 1e-13, atol=1e-30)
        variable = graph.Variable(w, dtype=dtype)
        (traced,) = graph.trace(lambda held=variable: [ours(held.value)], [])()
        np.testing.assert_allclose(traced, values, rtol=2e-6 if dtype == "float32" else 1e-14)


def test_lengths_are_within_their_bounds() -> None:
    w = np.random.default_rng(4).normal(size=(6, 50))

    def lengths(constraint: Any) -> Any:
        return np.linalg.norm(constraint(w).numpy(), axis=0)

    assert (lengths(constraints.MaxNorm(1.5)) <= 1.5).all()
    np.testing.assert_allclose(lengths(constraints.UnitNorm()), 1.0, rtol=1e-6)
    bounded = lengths(constraints.MinMaxNorm(1.0, 2.0))
    assert (bounded > 0.999999).all() and (bounded <= 2.0).all()
    assert (constraints.NonNeg()(w) >= 0.0).all()


@pytest.mark.parametrize("name", NAMES)
def test_every_name_of_keras_is_here_with_its_arguments(name: str) -> None:
    theirs, ours = (inspect.signature(getattr(module, name)) for module in (keras.constraints, constraints))
    assert [(each.name, each.default) for each in ours.parameters.values()] == [
        (each.name, each.default) for each in theirs.parameters.values()
    ]


@pytest.mark.parametrize(("name", "arguments"), CASES)
def test_configurations_are_those_of_keras_and_come_back(name: str, arguments: dict[str, Any]) -> None:
    ours, theirs = getattr(constraints, name)(**arguments), getattr(keras.constraints, name)(**arguments)
    written = constraints.serialize(ours)
    assert written == keras.constraints.serialize(theirs)
    for read in (constraints.deserialize(written), constraints.get(written), type(ours).from_config(ours.get_config())):
        assert type(read) is type(ours) and read.get_config() == ours.get_config()


@pytest.mark.parametrize(
    "name", ["MaxNorm", "max_norm", "NonNeg", "non_neg", "unit_norm", "min_max_norm", "MINMAXNORM"]
)
def test_get_finds_names_in_any_case(name: str) -> None:
    found = constraints.get(name)
    assert type(found).__name__.lower() == name.replace("_", "").lower()


def test_get_takes_functions_classes_and_none() -> None:
    assert constraints.get(None) is None
    assert constraints.get(ops.relu) is ops.relu
    assert isinstance(constraints.get(constraints.NonNeg), constraints.NonNeg)
    for wrong in ("typo", 3):
        with pytest.raises(ValueError, match=str(wrong)):
            constraints.get(wrong)


def test_the_base_class_changes_nothing() -> None:
    w = np.array([1.0, -2.0])
    assert constraints.Constraint()(w) is w
    assert isinstance(constraints.Constraint.from_config(constraints.Constraint().get_config()), constraints.Constraint)


def test_an_axis_that_is_not_there_is_named() -> None:
    with pytest.raises(ValueError, match="axis from -2 to 1"):
        constraints.UnitNorm(axis=2)(np.ones((2, 2)))
