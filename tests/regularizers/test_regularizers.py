from __future__ import annotations

import inspect
import math
from typing import Any

import numpy as np
import pytest
from oracle import keras

from nnfast import graph, ops, regularizers
from nnfast.regularizers.regularizers import validate_float_arg

CASES: list[tuple[str, dict[str, Any]]] = [
    ("L1", {}),
    ("L1", {"l1": 0.3}),
    ("L1", {"l1": None}),
    ("L1", {"l1": 0.0}),
    ("L2", {}),
    ("L2", {"l2": 0.3}),
    ("L2", {"l2": None}),
    ("L1L2", {}),
    ("L1L2", {"l1": 0.1}),
    ("L1L2", {"l2": 0.2}),
    ("L1L2", {"l1": 0.1, "l2": 0.2}),
    ("L1L2", {"l1": None, "l2": 1}),
    ("OrthogonalRegularizer", {}),
    ("OrthogonalRegularizer", {"factor": 0.3, "mode": "columns"}),
]
NAMES = [name for name in dir(keras.regularizers) if not name.startswith("_")]


def made(name: str, arguments: dict[str, Any]) -> tuple[Any, Any]:
    """nnfast's and Keras's."""
    return getattr(regularizers, name)(**arguments), getattr(keras.regularizers, name)(**arguments)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("name", "arguments"), CASES)
def test_values_are_those_of_keras(name: str, arguments: dict[str, Any], dtype: str) -> None:
    ours, theirs = made(name, arguments)
    for shape in [(4, 4), (3, 7), (7, 2)]:
        x = np.random.default_rng(1).normal(size=shape).astype(dtype)
        penalty, expected = ours(graph.Variable(x, dtype=dtype)), theirs(keras.ops.convert_to_tensor(x))
        assert penalty.shape == () and penalty.dtype == dtype
        # Keras holds some factors in float32.
        np.testing.assert_allclose(penalty, np.asarray(expected), rtol=2e-6 if dtype == "float32" else 1e-7)
        np.testing.assert_array_equal(ours(x.tolist()) if dtype == "float32" else ours(x), penalty)


@pytest.mark.parametrize(("name", "arguments"), CASES)
def test_penalties_trace_and_have_the_gradient_they_should(name: str, arguments: dict[str, Any]) -> None:
    regularizer, _ = made(name, arguments)
    x = np.random.default_rng(2).normal(size=(3, 4))
    variable = graph.Variable(x, dtype="float64")

    def step() -> list[Any]:
        penalty = ops.add(regularizer(variable.value), ops.multiply(0.0, ops.sum(variable.value)))
        return [penalty, *graph.differentiate(penalty, [variable])]

    traced, gradient = graph.trace(step, [])()
    np.testing.assert_allclose(traced, regularizer(x), rtol=1e-14)
    for index in np.ndindex(3, 4):
        ends = []
        for sign in (1.0, -1.0):
            moved = x.copy()
            moved[index] += sign * 1e-5
            ends.append(float(regularizer(moved)))
        assert gradient[index] == pytest.approx((ends[0] - ends[1]) / 2e-5, rel=1e-5, abs=1e-9)


def test_a_row_of_zeros_has_no_direction_and_a_finite_gradient() -> None:
    variable = graph.Variable(np.array([[0.0, 0.0], [3.0, 4.0]]), dtype="float64")

    def step() -> list[Any]:
        penalty = regularizers.OrthogonalRegularizer()(variable.value)
        return [penalty, *graph.differentiate(penalty, [variable])]

    penalty, gradient = graph.trace(step, [])()
    assert float(penalty) == 0.0 and np.isfinite(gradient).all()


@pytest.mark.parametrize("name", NAMES)
def test_every_name_of_keras_is_here_with_its_arguments(name: str) -> None:
    theirs, ours = (inspect.signature(getattr(module, name)) for module in (keras.regularizers, regularizers))
    assert [(each.name, each.default) for each in ours.parameters.values()] == [
        (each.name, each.default) for each in theirs.parameters.values()
    ]


@pytest.mark.parametrize(("name", "arguments"), CASES)
def test_configurations_are_those_of_keras_and_come_back(name: str, arguments: dict[str, Any]) -> None:
    ours, theirs = made(name, arguments)
    written, expected = regularizers.serialize(ours), keras.regularizers.serialize(theirs)
    assert {**written, "config": None} == {**expected, "config": None}
    assert written["config"].keys() == expected["config"].keys()
    for key, value in expected["config"].items():
        assert written["config"][key] == (value if isinstance(value, str) else pytest.approx(value, rel=1e-7))
    for read in (
        regularizers.deserialize(written),
        regularizers.get(written),
        type(ours).from_config(ours.get_config()),
    ):
        assert type(read) is type(ours) and read.get_config() == ours.get_config()


@pytest.mark.parametrize(
    ("name", "cls"),
    [
        ("l1", regularizers.L1),
        ("L2", regularizers.L2),
        ("l1l2", regularizers.L1L2),
        ("l1_l2", regularizers.L1L2),
        ("L1L2", regularizers.L1L2),
        ("orthogonal_regularizer", regularizers.OrthogonalRegularizer),
        (regularizers.L1, regularizers.L1),
    ],
)
def test_get_finds_by_name_and_class(name: Any, cls: Any) -> None:
    assert type(regularizers.get(name)) is cls


def test_get_takes_functions_and_none() -> None:
    assert regularizers.get(None) is None
    assert regularizers.get(ops.sum) is ops.sum
    for wrong in ("typo", 3):
        with pytest.raises(ValueError, match=str(wrong)):
            regularizers.get(wrong)


def test_the_base_class_penalizes_nothing() -> None:
    assert regularizers.Regularizer()([1.0]) == 0.0
    with pytest.raises(NotImplementedError, match="Regularizer must define get_config"):
        regularizers.Regularizer().get_config()


@pytest.mark.parametrize("value", ["0.1", math.nan, math.inf, -math.inf, -1, -0.001, None, [0.1], 1j])
def test_factors_are_not_negative(value: Any) -> None:
    with pytest.raises(ValueError, match="argument l1: expected a non-negative float, got"):
        validate_float_arg(value, "l1")
    if value is not None:
        for make in (regularizers.L1, regularizers.L2, regularizers.L1L2, regularizers.OrthogonalRegularizer):
            with pytest.raises(ValueError, match="non-negative"):
                make(value)


def test_mistakes_are_named() -> None:
    with pytest.raises(ValueError, match=r'Expected one of {"rows", "columns"}. Received: mode=diagonals'):
        regularizers.OrthogonalRegularizer(mode="diagonals")
    with pytest.raises(ValueError, match=r"must have rank 2. Received: inputs.shape=\(2, 2, 2\)"):
        regularizers.OrthogonalRegularizer()(np.ones((2, 2, 2)))
    with pytest.raises(ValueError, match=r"at least two rows to compare, got shape \(1, 3\)"):
        regularizers.OrthogonalRegularizer()(np.ones((1, 3)))
