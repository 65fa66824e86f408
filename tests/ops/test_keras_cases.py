"""Ops against real Keras: values, shapes and types, as arrays and traced, and gradients against differences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from ops.keras_cases import CASES, Case
from oracle import keras

from nnfast import graph, ops, tree

# JAX, which the tests let compute in 64 bits, takes these where Keras without them takes half.
WITHOUT_64_BITS = {"int64": "int32", "uint64": "uint32", "float64": "float32"}


def names_of(case: Case) -> str:
    shapes = [np.shape(arg) for arg in case.args if isinstance(arg, np.ndarray)]
    return f"{case.name}{shapes}{case.named or ''}"


@pytest.mark.parametrize("case", CASES, ids=names_of)
def test_keras_answer(case: Case) -> None:
    expected = tree.flatten(getattr(keras.ops, case.name)(*case.args, **case.named))
    found = tree.flatten(getattr(ops, case.name)(*case.args, **case.named))
    assert len(found) == len(expected)
    for got, wanted in zip(found, map(np.asarray, expected), strict=True):
        assert isinstance(got, graph.Tensor)
        assert got.shape == wanted.shape
        given = {array.dtype.name for array in arrays_of(case)}
        name = wanted.dtype.name
        assert got.dtype == (name if name in given else WITHOUT_64_BITS.get(name, name))
        np.testing.assert_allclose(got.numpy(), wanted, rtol=case.tolerance, atol=case.tolerance)


def arrays_of(case: Case) -> list[Any]:
    return [leaf for leaf in tree.flatten(list(case.args)) if isinstance(leaf, np.ndarray)]


def call_with(case: Case, arrays: Any) -> list[Any]:
    """The call with other arrays in the place of its own."""
    left = iter(arrays)
    args = tree.map_structure(lambda leaf: next(left) if isinstance(leaf, np.ndarray) else leaf, list(case.args))
    return tree.flatten(getattr(ops, case.name)(*args, **case.named))


@pytest.mark.parametrize("case", [case for case in CASES if case.traced and arrays_of(case)], ids=names_of)
def test_traced_as_called(case: Case) -> None:
    given = arrays_of(case)
    specs = [graph.TensorSpec(array.shape, array.dtype.name) for array in given]
    found = graph.trace(lambda *symbols: call_with(case, symbols), specs)(*given)
    for got, called in zip(found, call_with(case, given), strict=True):
        assert got.dtype == called.dtype and got.shape == called.shape
        np.testing.assert_allclose(got, called, rtol=case.tolerance, atol=case.tolerance)


def smooth(case: Case) -> bool:
    return case.smooth and any(array.dtype.kind == "f" for array in arrays_of(case))


def slope(function: Callable[..., list[Any]], arrays: list[Any]) -> tuple[float, float]:
    """The derivative of a weighted sum of what a function gives, in one direction: by gradients and by differences."""
    floats = [number for number, array in enumerate(arrays) if array.dtype.kind == "f"]
    variables = {number: graph.Variable(arrays[number], dtype="float64") for number in floats}

    def step() -> list[Any]:
        given = [variables[n].value if n in variables else array for n, array in enumerate(arrays)]
        parts = [part for part in function(given) if np.dtype(part.dtype).kind == "f"]
        loss = ops.cast(0.0, "float64") + sum(
            ops.sum(part * np.cos(np.arange(np.prod(part.shape))).reshape(part.shape)) for part in parts
        )
        return [loss, *graph.differentiate(loss, list(variables.values()))]

    program = graph.trace(step, [])
    _, *gradients = program()
    random, size = np.random.default_rng(0), 1e-6
    directions = [random.standard_normal(arrays[number].shape) for number in floats]
    ends = []
    for sign in (1.0, -1.0):
        for number, direction in zip(floats, directions, strict=True):
            variables[number].assign(arrays[number].astype("float64") + sign * size * direction)
        ends.append(float(program()[0]))
    along = sum(float(np.sum(gradient * direction)) for gradient, direction in zip(gradients, directions, strict=True))
    return along, (ends[0] - ends[1]) / (2 * size)


@pytest.mark.parametrize("case", [case for case in CASES if case.traced and smooth(case)], ids=names_of)
def test_gradient(case: Case) -> None:
    along, expected = slope(lambda arrays: call_with(case, arrays), arrays_of(case))
    assert along == pytest.approx(expected, rel=1e-5, abs=1e-5)
