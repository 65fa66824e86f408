"""The data that fit, evaluate and predict are given: as arrays that a Feed takes, checked before anything trains."""

from __future__ import annotations

import math
import operator
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from nnfast.graph import dtypes

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Dataset:
    """Samples along the first dimension of each array.

    Attributes:
        x: inputs.
        y: targets, or None.
        sample_weight: factors of the samples' losses, or None.
    """

    x: Array
    y: Array | None = None
    sample_weight: Array | None = None

    @property
    def beside_x(self) -> dict[str, Array]:
        """The targets and the weights that are there, by name."""
        named = {"y": self.y, "sample_weight": self.sample_weight}
        return {name: array for name, array in named.items() if array is not None}

    @property
    def arrays(self) -> dict[str, Array]:
        """All arrays that are there, by name, in order."""
        return {"x": self.x, **self.beside_x}

    def __len__(self) -> int:
        return len(self.x)

    def split(self, fraction: float) -> tuple[Dataset, Dataset]:
        """The first samples, floor(n (1 - fraction)) of them, and the rest.

        Raises:
            ValueError: fraction is not between 0 and 1, or one side would be empty.

        >>> first, last = Dataset(np.arange(10)).split(0.25)
        >>> first.x.tolist(), last.x.tolist()
        ([0, 1, 2, 3, 4, 5, 6], [7, 8, 9])
        """
        if not isinstance(fraction, int | float | np.floating) or not 0 < fraction < 1:
            raise ValueError(f"validation_split expects a fraction between 0 and 1, got {fraction!r}")
        count = math.floor(len(self) * (1.0 - fraction))
        if count in (0, len(self)):
            raise ValueError(
                f"validation_split={fraction} leaves {count} samples to train on and {len(self) - count} to validate "
                f"with, out of {len(self)}: both need at least one"
            )
        first = {name: array[:count] for name, array in self.arrays.items()}
        last = {name: array[count:] for name, array in self.arrays.items()}
        return Dataset(**first), Dataset(**last)


def as_dataset(x: Any, y: Any = None, sample_weight: Any = None, class_weight: Any = None, prefix: str = "") -> Dataset:
    """Checked arrays of what the user gave.

    Args:
        x: inputs; anything that `as_array` takes.
        y: targets; default None.
        sample_weight: one factor a sample; default None, 1 each.
        class_weight: factors by class, which become the samples' factors; default None.
        prefix: what the arrays' names begin with in error messages.

    Raises:
        ValueError: no samples, or arrays of different lengths, or both kinds of weights.
        TypeError: something that is not an array of numbers.
    """
    arrays = {"x": as_array(x, f"{prefix}x")}
    if y is not None:
        arrays["y"] = as_array(y, f"{prefix}y")
    if sample_weight is not None:
        arrays["sample_weight"] = as_array(sample_weight, f"{prefix}sample_weight")
    if class_weight is not None:
        if sample_weight is not None:
            raise ValueError("class_weight and sample_weight cannot be given together")
        if y is None:
            raise ValueError("class_weight needs targets y to know the samples' classes")
        arrays["sample_weight"] = _weights_of_classes(arrays["y"], class_weight)
    lengths = {name: len(array) for name, array in arrays.items()}
    if len(set(lengths.values())) > 1:
        found = ", ".join(f"{prefix}{name} has {length}" for name, length in lengths.items())
        raise ValueError(f"All arrays must hold the same number of samples: {found}")
    return Dataset(**arrays)


def unpack_validation_data(validation_data: Any) -> Dataset:
    """The arrays of validation_data: x, (x,), (x, y) or (x, y, sample_weight)."""
    parts = tuple(validation_data) if isinstance(validation_data, tuple | list) else (validation_data,)
    if not 1 <= len(parts) <= 3:
        raise ValueError(f"validation_data expects (x, y) or (x, y, sample_weight), got {len(parts)} items")
    x, y, sample_weight = (*parts, None, None)[:3]
    return as_dataset(x, y, sample_weight, prefix="validation ")


def as_array(values: Any, name: str) -> Array:
    """A C-contiguous array of a dtype that a Feed takes; the array itself where it is one.

    Args:
        values: an array, what NumPy makes one of, nested lists of numbers, or a list or dictionary of one array.
        name: what the array is called in error messages.

    Raises:
        TypeError: `values` is not array-like.
        ValueError: rows of different lengths, no numbers, or a single number.

    >>> as_array([[1, 2], [3, 4]], "x").dtype.name, as_array(np.zeros(3, ">f2"), "x").dtype.name
    ('int64', 'float32')
    """
    if isinstance(values, Mapping):
        values = list(values.values())
        if len(values) != 1:
            raise ValueError(f"{name} expects one array, got a dictionary of {len(values)}")
    if isinstance(values, list | tuple) and len(values) == 1 and hasattr(values[0], "__array__"):
        values = values[0]
    if not isinstance(values, list | tuple) and not hasattr(values, "__array__"):
        raise TypeError(
            f"{name} expects an array or nested lists of numbers, got {type(values).__name__}. "
            "Generators and data sets that hand out batches are not supported yet"
        )
    if np.any(getattr(values, "mask", False)):
        raise ValueError(f"{name} expects an array without a mask, got one that masks values: fill or drop them first")
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise ValueError(f"{name} expects rows of one length: {error}") from error
    if array.dtype.kind not in "biuf":
        raise ValueError(f"{name} expects numbers, got an array of dtype {array.dtype}")
    if array.ndim == 0:
        raise ValueError(f"{name} expects an array with one entry a sample, got the single value {array}")
    return _stored(array, name)


def _stored(array: Array, name: str) -> Array:
    dtype = dtypes.WIDER.get(array.dtype.name, "float64" if array.dtype.itemsize > 8 else array.dtype.name)
    if array.dtype.name == "uint64" and array.size and array.max() > np.iinfo("int64").max:
        raise ValueError(f"{name} expects integers below 2**63, got {array.max()}")
    return np.ascontiguousarray(array, dtype)


def _weights_of_classes(y: Array, class_weight: Any) -> Array:
    """The weight of each sample's class, 1 for classes without one; classes as labels or one-hot."""
    if not isinstance(class_weight, Mapping):
        raise ValueError(f"class_weight expects a dictionary of class to weight, got {class_weight!r}")
    if y.ndim > 2:
        raise ValueError(f"class_weight needs one class a sample, got y of shape {y.shape}")
    classes = y.argmax(axis=1) if y.ndim == 2 and y.shape[1] > 1 else np.round(y.reshape(-1))
    weights = np.ones(len(y), "float32")
    for number, weight in class_weight.items():
        weights[classes == number] = weight
    return weights


def check_labels(labels: Array, classes: int | None) -> None:
    """Raise a ValueError unless all labels are whole numbers in [0, classes). None is any number of classes."""
    if classes is None or not labels.size:
        return
    if labels.dtype.kind == "f":
        wrong = labels[labels != np.floor(labels)]  # NaN included
        if wrong.size:
            raise ValueError(f"Labels must be whole numbers from 0 to {classes - 1}, got {wrong.flat[0]}")
    for label in (labels.min(), labels.max()):
        if not 0 <= label < classes:
            raise ValueError(f"Labels must be from 0 to {classes - 1} for {classes} classes, got {label}")


def whole_number(name: str, value: Any, least: int = 1) -> int:
    """`value` as an int of at least `least`.

    Raises:
        TypeError: not a whole number.
        ValueError: a smaller one.
    """
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{name} expects a whole number, got {value!r}") from None
    if number < least:
        raise ValueError(f"{name} expects a whole number of at least {least}, got {value!r}")
    return number
