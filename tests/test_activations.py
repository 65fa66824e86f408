from __future__ import annotations

import numpy as np
import pytest

from nnfast import activations

VALUES = np.array([[-10.0, -2.5, -0.5, 0.0], [0.25, 1.0, 5.0, 10.0]], dtype="float32")


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"negative_slope": 0.3},
        {"max_value": 6.0},
        {"max_value": 4.0},
        {"threshold": 1.0},
        {"threshold": -1.0},
        {"negative_slope": 0.5, "threshold": 0.5},
        {"negative_slope": 0.5, "max_value": 4.0, "threshold": 0.5},
        {"negative_slope": 0.1, "max_value": 4.0},
    ],
)
def test_relu_is_keras_relu(arguments):
    keras = pytest.importorskip("keras")
    expected = np.asarray(keras.activations.relu(VALUES, **arguments))
    result = activations.relu(VALUES, **arguments)
    assert result.dtype == np.float32
    np.testing.assert_allclose(result, expected, rtol=1e-6)


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "softmax", "linear"])
def test_activations_are_those_of_keras(name):
    keras = pytest.importorskip("keras")
    expected = np.asarray(getattr(keras.activations, name)(VALUES))
    np.testing.assert_allclose(activations.get(name)(VALUES), expected, rtol=2e-6, atol=1e-7)


def test_softmax_along_another_axis_sums_to_one():
    np.testing.assert_allclose(np.sum(activations.softmax(VALUES, axis=0), axis=0), 1.0, rtol=1e-6)


@pytest.mark.parametrize("name", ["relu", "sigmoid", "tanh", "softmax", "linear"])
def test_nan_stays_nan(name):
    assert np.isnan(activations.get(name)(np.array([[np.nan, np.nan]], dtype="float32"))).all()


@pytest.mark.parametrize("name", ["relu", "sigmoid", "tanh", "softmax", "linear"])
def test_names_are_found_without_regard_to_case(name):
    function = getattr(activations, name)
    assert activations.get(name) is activations.get(name.upper()) is function
    assert activations.get(activations.serialize(function)) is function


def test_none_is_linear_and_callables_are_themselves():
    assert activations.get(None) is activations.linear
    assert activations.get(np.tanh) is np.tanh


def test_an_unknown_name_is_an_error_that_lists_the_known():
    with pytest.raises(ValueError, match=r"'rleu'.*linear, relu, sigmoid, softmax, tanh"):
        activations.get("rleu")
    with pytest.raises(ValueError, match="3"):
        activations.get(3)


def test_custom_functions_come_back_through_custom_objects():
    def double(x):
        return x * 2

    config = activations.serialize(double)
    assert activations.deserialize(config, {"double": double}) is double
    with pytest.raises(ValueError, match="double"):
        activations.deserialize(config)
