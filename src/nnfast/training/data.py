"""The data that fit, evaluate and predict are given: as arrays that a Feed takes, checked before anything trains."""

from __future__ import annotations

import contextlib
import math
import operator
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from nnfast import tree
from nnfast.graph import SparseRows, dtypes, is_sparse_matrix

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Dataset:
    """Samples along the first dimension of each array.

    Attributes:
        x: inputs: an array, or a structure of arrays.
        y: targets, in the same way, or None.
        sample_weight: factors of the samples' losses, in the same way, or None.
    """

    x: Any
    y: Any = None
    sample_weight: Any = None

    @property
    def parts(self) -> dict[str, Any]:
        """What is there of inputs, targets and weights, by name."""
        named = {"x": self.x, "y": self.y, "sample_weight": self.sample_weight}
        return {name: part for name, part in named.items() if part is not None}

    @property
    def arrays(self) -> list[Array]:
        """All arrays that are there, in order."""
        return [array for part in self.parts.values() for array in tree.present(part)]

    @property
    def signature(self) -> Any:
        """A key that data of the same structure, shapes and types shares; the number of samples does not matter."""
        skeletons = None
        if any(map(tree.is_nested, self.parts.values())):
            skeletons = repr({name: tree.outline(part) for name, part in self.parts.items()})
        return (skeletons, *self.parts, *((array.dtype, array.shape[1:]) for array in self.arrays))

    def __len__(self) -> int:
        return len(tree.present(self.x)[0])

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

        def rows(which: slice) -> Dataset:
            parts = self.parts.items()
            return Dataset(**{name: tree.fill(part, [a[which] for a in tree.present(part)]) for name, part in parts})

        return rows(slice(count)), rows(slice(count, None))


def as_dataset(x: Any, y: Any = None, sample_weight: Any = None, class_weight: Any = None, prefix: str = "") -> Dataset:
    """Checked arrays of what the user gave.

    Args:
        x: inputs; anything that `as_arrays` takes.
        y: targets; default None.
        sample_weight: one factor a sample, or a structure of factors for several outputs; default None, 1 each.
        class_weight: factors by class, which become the samples' factors; default None.
        prefix: what the arrays' names begin with in error messages.

    Raises:
        ValueError: no samples, or arrays of different lengths, or both kinds of weights.
        TypeError: something that is not an array of numbers.
    """
    given = {"x": x, "y": y, "sample_weight": sample_weight}
    parts = {
        name: as_arrays(part, f"{prefix}{name}") for name, part in given.items() if name == "x" or part is not None
    }
    for name, part in parts.items():
        if name != "x" and any(isinstance(array, SparseRows) for array in tree.present(part)):
            raise ValueError(f"{prefix}{name} expects arrays, got a sparse matrix: use its toarray()")
    if class_weight is not None:
        if sample_weight is not None:
            raise ValueError("class_weight and sample_weight cannot be given together")
        if y is None:
            raise ValueError("class_weight needs targets y to know the samples' classes")
        targets = tree.present(parts["y"])
        if len(targets) != 1:
            raise ValueError(f"class_weight is for models with one output, got {len(targets)} arrays of targets")
        parts["sample_weight"] = _weights_of_classes(targets[0], class_weight)
    lengths = {
        f"{prefix}{name}{_subscript(path)}": len(array)
        for name, part in parts.items()
        for path, array in tree.flatten_with_path(part)
        if array is not None
    }
    if not lengths:
        raise ValueError(f"{prefix}x holds no arrays")
    if len(set(lengths.values())) > 1:
        found = ", ".join(f"{name} has {length}" for name, length in lengths.items())
        raise ValueError(f"All arrays must hold the same number of samples: {found}")
    return Dataset(**parts)


def as_arrays(values: Any, name: str) -> Any:
    """An array, or a list, tuple or dictionary of arrays where several are given, as of `as_array`. None among several
    is one that is not there.

    >>> as_arrays({"a": [1, 2]}, "x")
    {'a': array([1, 2])}
    """
    if is_sparse_matrix(values) or not tree.holds_tensors(values):
        return as_array(values, name)

    def inner(key: Any, value: Any) -> Any:
        return None if value is None else as_arrays(value, f"{name}{_subscript((key,))}")

    if isinstance(values, Mapping):
        # The values of a dictionary may be lists of numbers.
        return {key: inner(key, value) for key, value in values.items()}
    arrays = [inner(key, value) for key, value in enumerate(values)]
    return type(values)(*arrays) if hasattr(values, "_fields") else type(values)(arrays)


def _subscript(path: tuple[Any, ...]) -> str:
    """A path into a structure as it is written in Python: ['image'][0]."""
    return "".join(f"[{key!r}]" for key in path)


def unpack_validation_data(validation_data: Any) -> tuple[Any, Any, Any]:
    """(x, y, sample_weight) of validation_data that is x, (x,), (x, y) or (x, y, sample_weight)."""
    parts = tuple(validation_data) if isinstance(validation_data, tuple | list) else (validation_data,)
    if not 1 <= len(parts) <= 3:
        raise ValueError(f"validation_data expects (x, y) or (x, y, sample_weight), got {len(parts)} items")
    x, y, sample_weight = (*parts, None, None)[:3]
    return x, y, sample_weight


def as_array(values: Any, name: str) -> Any:
    """A C-contiguous array of a dtype that a Feed takes; the array itself where it is one. SciPy's sparse matrices are
    kept as SparseRows.

    Args:
        values: an array, what NumPy makes one of, or nested lists of numbers.
        name: what the array is called in error messages.

    Raises:
        TypeError: `values` is not array-like.
        ValueError: rows of different lengths, no numbers, or a single number.

    >>> as_array([[1, 2], [3, 4]], "x").dtype.name, as_array(np.zeros(3, ">f2"), "x").dtype.name
    ('int64', 'float16')
    """
    if is_sparse_matrix(values):
        try:
            return SparseRows(values)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None
    if not isinstance(values, list | tuple) and not hasattr(values, "__array__"):
        raise TypeError(
            f"{name} expects an array or nested lists of numbers, got {type(values).__name__}. "
            "Generators and data sets that hand out batches are given alone, as x"
        )
    mask = getattr(values, "mask", False)
    if not callable(mask) and np.any(mask):  # a pandas frame has a method of that name
        raise ValueError(f"{name} expects an array without a mask, got one that masks values: fill or drop them first")
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise ValueError(f"{name} expects rows of one length: {error}") from error
    if array.dtype == object and hasattr(values, "to_numpy"):  # a pandas frame of several types
        with contextlib.suppress(ValueError, TypeError):
            array = values.to_numpy(dtype="float64")
    if dtypes.kind_of(array.dtype) not in "biuf":
        raise ValueError(f"{name} expects numbers, got an array of dtype {array.dtype}")
    if array.ndim == 0:
        raise ValueError(f"{name} expects an array with one entry a sample, got the single value {array}")
    # C++ reads aligned memory, and no long double.
    return np.require(array, "float64" if array.dtype.itemsize > 8 else array.dtype.name, ["C", "A"])


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
    if dtypes.kind_of(labels.dtype) == "f":
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
