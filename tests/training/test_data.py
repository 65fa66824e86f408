"""What fit, evaluate and predict take as data, and what they say to everything else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nnfast.training.data import as_array, as_arrays, as_dataset, check_labels, unpack_validation_data, whole_number


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int8", "int32", "uint64", "int64", "float16", "float64"])
def test_arrays_that_a_feed_takes_are_not_copied(dtype: str) -> None:
    array = np.ones((4, 3), dtype)
    array.flags.writeable = False
    assert as_array(array, "x") is array


@pytest.mark.parametrize(
    ("dtype", "stored"),
    [
        (">f2", "float16"),
        ("longdouble", "float64"),
        (">f4", "float32"),
        (">f8", "float64"),
        (">i4", "int32"),
        (">i2", "int16"),
    ],
)
def test_other_numbers_become_what_a_feed_takes(dtype: str, stored: str) -> None:
    array = np.array([[0, 1], [2, 100]], dtype)
    converted = as_array(array, "x")
    assert converted.dtype == np.dtype(stored) and converted.dtype.isnative
    np.testing.assert_array_equal(converted, array)


@pytest.mark.parametrize(
    "array", [np.arange(24.0).reshape(4, 6)[:, ::2], np.arange(24.0).reshape(4, 6).T, np.arange(12)[::-1]]
)
def test_arrays_in_another_order_are_copied(array: Any) -> None:
    converted = as_array(array, "x")
    assert converted.flags.c_contiguous and converted.dtype == array.dtype
    np.testing.assert_array_equal(converted, array)


class ArrayLike:
    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray[Any, Any]:
        return np.arange(3)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([[1, 2], [3, 4]], np.array([[1, 2], [3, 4]])),
        ([1, 2, 3], np.array([1, 2, 3])),
        (ArrayLike(), np.arange(3)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_lists_and_array_likes(given: Any, expected: Any) -> None:
    np.testing.assert_array_equal(as_arrays(given, "x"), expected)


def test_structures_of_arrays() -> None:
    one, two = np.arange(3), np.zeros((3, 2), "longdouble")
    as_list, as_tuple = as_arrays([one, two], "x"), as_arrays((one,), "x")
    assert as_list[0] is one and as_list[1].dtype == "float64"
    assert type(as_tuple) is tuple and as_tuple[0] is one
    assert as_arrays({"a": one, "b": [1, 2, 3]}, "x")["b"].tolist() == [1, 2, 3]
    data = as_dataset({"a": one, "b": two}, [one, two], one)
    assert len(data) == 3 and len(data.arrays) == 5 and list(data.parts) == ["x", "y", "sample_weight"]
    with pytest.raises(ValueError, match=r"x\['a'\] has 3, x\['b'\]\[0\] has 2"):
        as_dataset({"a": one, "b": [one[:2]]})
    with pytest.raises(ValueError, match=r"y\[1\] expects numbers"):
        as_dataset(one, [one, np.array(["a", "b", "c"])])


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        (None, TypeError, "x expects an array or nested lists of numbers, got NoneType"),
        ("text", TypeError, "got str"),
        (iter([1, 2]), TypeError, r"got list_iterator\. Generators .* are given alone"),
        ((row for row in [[1.0]]), TypeError, r"got generator\. Generators"),
        ([[1, 2], [3]], ValueError, "x expects rows of one length"),
        ([["a", "b"]], ValueError, "x expects numbers, got an array of dtype <U1"),
        (np.array([object()]), ValueError, "x expects numbers, got an array of dtype object"),
        (np.array([1 + 2j]), ValueError, "got an array of dtype complex128"),
        (np.array(["2020-01-01"], "datetime64[D]"), ValueError, "got an array of dtype datetime64"),
        (np.float64(3.0), ValueError, "got the single value 3.0"),
    ],
)
def test_everything_else_is_an_error(given: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        as_array(given, "x")


def test_lengths_must_agree() -> None:
    with pytest.raises(ValueError, match="same number of samples: x has 3, y has 2"):
        as_dataset(np.zeros((3, 2)), np.zeros(2))
    with pytest.raises(ValueError, match="validation x has 3, validation y has 3, validation sample_weight has 1"):
        as_dataset(np.zeros((3, 2)), np.zeros(3), np.zeros(1), prefix="validation ")


def test_validation_data_is_a_tuple_or_list_of_one_to_three() -> None:
    x, y = np.zeros((3, 2)), np.zeros(3)
    for given, found in ((x, (x, None, None)), ((x,), (x, None, None)), ([x, y], (x, y, None)), ((x, y, y), (x, y, y))):
        assert all(a is b for a, b in zip(unpack_validation_data(given), found, strict=True))
    for wrong in ((), (x, y, y, y)):
        with pytest.raises(ValueError, match="validation_data expects"):
            unpack_validation_data(wrong)


def test_a_split_keeps_the_last_samples_and_copies_nothing() -> None:
    x, y = np.arange(10.0), np.arange(10)
    first, last = as_dataset(x, y, sample_weight=y).split(0.35)
    assert [array.tolist() for array in last.arrays] == [[6, 7, 8, 9]] * 3
    assert first.x.tolist() == list(range(6)) and np.shares_memory(first.x, x)


@pytest.mark.parametrize("fraction", [-0.1, 1, 1.5, float("nan")])
def test_a_split_is_between_0_and_1(fraction: float) -> None:
    with pytest.raises(ValueError, match="validation_split expects a fraction between 0 and 1, got"):
        as_dataset(np.zeros(10)).split(fraction)


def test_a_split_needs_samples_on_both_sides() -> None:
    with pytest.raises(ValueError, match="leaves 0 samples to train on and 10 to validate with, out of 10"):
        as_dataset(np.zeros(10)).split(0.95)


def test_class_weights_become_sample_weights() -> None:
    x = np.zeros((4, 1))
    for y in (np.array([0, 1, 2, 1]), np.array([[0.0], [1.0], [2.0], [1.0]]), np.eye(3)[[0, 1, 2, 1]]):
        weights = as_dataset(x, y, class_weight={1: 5.0, 2: 0.5, 7: 9.0}).sample_weight
        assert weights is not None and weights.tolist() == [1.0, 5.0, 0.5, 5.0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (dict(y=[0, 1], class_weight=[1, 2]), "class_weight expects a dictionary"),
        (dict(y=[0, 1], class_weight={0: 1}, sample_weight=[1, 1]), "cannot be given together"),
        (dict(class_weight={0: 1}), "needs targets"),
        (dict(y=np.zeros((2, 2, 2)), class_weight={0: 1}), "one class a sample"),
    ],
)
def test_class_weight_mistakes(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        as_dataset(np.zeros((2, 3)), **arguments)


@pytest.mark.parametrize("labels", [[0, 1, 2], [0.0, 2.0], [], [[1], [2]], [True, False]])
def test_labels_in_range(labels: Any) -> None:
    check_labels(np.array(labels), 3)
    check_labels(np.array(labels) + 10, None)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([0, 3], "from 0 to 2 for 3 classes, got 3"),
        ([-1, 0], "got -1"),
        ([0.5], "whole numbers from 0 to 2, got 0.5"),
        ([float("nan")], "got nan"),
        ([float("inf")], "got inf"),
    ],
)
def test_labels_out_of_range(labels: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check_labels(np.array(labels), 3)


def test_whole_numbers() -> None:
    assert whole_number("epochs", np.int64(3)) == 3 and whole_number("epochs", 0, least=0) == 0
    for value, error in ((0, ValueError), (-2, ValueError), (2.0, TypeError), ("2", TypeError), (None, TypeError)):
        with pytest.raises(error, match=f"batch_size expects a whole number.*got {value!r}"):
            whole_number("batch_size", value)
