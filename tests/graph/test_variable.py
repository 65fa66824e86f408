"""Variables outside and inside traces."""

from __future__ import annotations

import numpy as np
import pytest

from nnfast import config, graph, ops


def test_initial_values_and_types() -> None:
    assert graph.Variable([1.0, 2.0]).dtype == "float32"
    assert graph.Variable(np.float64(2)).dtype == "float32"  # floatx, as in Keras
    assert graph.Variable(3).dtype == "int32"
    assert graph.Variable([1, 2**40]).dtype == "int64"
    assert graph.Variable(np.int64(3)).dtype == "int64"
    assert graph.Variable(True).dtype == "bool"
    assert graph.Variable(3.0, dtype="float64").dtype == "float64"
    made = graph.Variable(lambda shape, dtype: np.full(shape, 7.0, dtype), shape=(2, 3))
    np.testing.assert_array_equal(made.numpy(), np.full((2, 3), 7.0))
    config.set_floatx("float64")
    try:
        assert graph.Variable([1.0]).dtype == "float64"
    finally:
        config.set_floatx("float32")


def test_numpy_is_a_copy_and_assign_copies() -> None:
    value = np.ones(3, "float32")
    variable = graph.Variable(value)
    value[0] = 9
    variable.numpy()[1] = 9
    np.testing.assert_array_equal(variable.numpy(), [1, 1, 1])
    variable.assign([1, 2, 3])
    variable.assign_add(1.0)
    variable.assign_sub([1.0, 0.0, 0.0])
    np.testing.assert_array_equal(variable.numpy(), [1, 3, 4])
    np.testing.assert_array_equal(np.asarray(variable) @ np.ones(3), 8.0)


def test_operators_and_ops_take_variables() -> None:
    variable = graph.Variable([1.0, 2.0])
    np.testing.assert_array_equal(variable * 2 + variable, [3, 6])
    np.testing.assert_array_equal(ops.square(variable), [1, 4])


@pytest.mark.parametrize("value", [np.ones(2), np.ones((3, 1)), 1.0])
def test_a_wrong_shape_changes_nothing(value: object) -> None:
    variable = graph.Variable(np.zeros(3), name="weights")
    with pytest.raises(ValueError, match=r"'weights' expects a value of shape \(3,\)"):
        variable.assign(value)
    np.testing.assert_array_equal(variable.numpy(), 0)


def test_other_mistakes() -> None:
    with pytest.raises(ValueError, match="initial value of shape"):
        graph.Variable(np.zeros(3), shape=(2,))
    with pytest.raises(ValueError, match="element type"):
        graph.Variable(np.zeros(3), dtype="complex64")
    with pytest.raises(ValueError, match="Expected a shape"):
        graph.Variable(lambda shape, dtype: np.zeros(shape))
