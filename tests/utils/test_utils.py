from __future__ import annotations

import random as python_random

import numpy as np
import pytest

from nnfast import graph, initializers, layers, ops, utils
from nnfast.naming import auto_name, to_snake_case


@pytest.mark.parametrize("labels", [[0, 2, 1], [[0], [2]], [[0, 1], [2, 0]], 1, np.array([3, 1], "uint8"), [1.0, 0.0]])
@pytest.mark.parametrize("num_classes", [None, 5])
def test_to_categorical_is_that_of_keras(labels, num_classes):
    keras = pytest.importorskip("keras")
    expected = keras.utils.to_categorical(labels, num_classes)
    result = utils.to_categorical(labels, num_classes)
    assert result.dtype == np.float64
    np.testing.assert_array_equal(result, expected)


def test_to_categorical_of_nothing_has_no_rows():
    assert utils.to_categorical([], 3).shape == (0, 3)
    with pytest.raises(ValueError, match="num_classes"):
        utils.to_categorical([])


@pytest.mark.parametrize("labels", [[0, 3], [-1, 0]])
def test_to_categorical_refuses_labels_out_of_range(labels):
    with pytest.raises(ValueError, match=f"0 to 2.*{min(labels)} to {max(labels)}"):
        utils.to_categorical(labels, 3)


def test_set_random_seed_seeds_all_generators():
    drawn = []
    for _ in range(2):
        utils.set_random_seed(3)
        drawn.append((python_random.random(), np.random.random(), initializers.GlorotUniform()((2, 2)).tolist()))
    assert drawn[0] == drawn[1]


@pytest.mark.parametrize("seed", [-1, 2**32, 1.5, "one", None])
def test_set_random_seed_refuses_what_is_no_seed(seed):
    with pytest.raises(ValueError, match="whole number"):
        utils.set_random_seed(seed)


@pytest.mark.parametrize("name", ["Dense", "GlorotUniform", "InputLayer", "SGD", "RMSprop", "Conv2D", "LSTMCell"])
def test_snake_case_is_that_of_keras(name):
    oracle = pytest.importorskip("keras.src.utils.naming")
    assert to_snake_case(name) == oracle.to_snake_case(name)


def test_names_count_up_until_the_session_is_cleared():
    utils.clear_session()
    assert [layers.Flatten().name for _ in range(3)] == ["flatten", "flatten_1", "flatten_2"]
    utils.clear_session(free_memory=False)
    assert auto_name("Flatten") == "flatten"


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("order", [1, 2, 3, 5])
@pytest.mark.parametrize("axis", [-1, 0, 1])
def test_normalize_is_that_of_keras(axis, order, dtype):
    keras = pytest.importorskip("oracle").keras
    x = np.random.default_rng(1).normal(size=(3, 4)).astype(dtype)
    x[1] = 0.0
    expected = np.asarray(keras.ops.normalize(x, axis=axis, order=order))
    result = utils.normalize(x, axis, order)
    assert type(result) is np.ndarray and result.dtype == dtype
    np.testing.assert_allclose(result, expected, rtol=1e-6)
    if axis != 0:  # where Keras's divides the rows by the columns' lengths
        np.testing.assert_allclose(keras.utils.normalize(x, axis, order), result, rtol=1e-6)
    tensor = utils.normalize(ops.convert_to_tensor(x), axis, order)
    assert isinstance(tensor, graph.Tensor) and tensor.dtype == dtype
    np.testing.assert_allclose(tensor, result, rtol=1e-6)


def test_normalize_by_the_greatest_size():
    assert utils.normalize([[1.0, -2.0], [0.0, 0.0]], order=np.inf).tolist() == [[0.5, -1.0], [0.0, 0.0]]
    with pytest.raises(ValueError, match="a whole number from 1 for a tensor, got inf"):
        utils.normalize(ops.ones((2, 2)), order=np.inf)
