"""split_dataset: arrays in two parts."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnfast import tree


def split_dataset(
    dataset: Any,
    left_size: float | None = None,
    right_size: float | None = None,
    shuffle: bool = False,
    seed: int | None = None,
    preferred_backend: str | None = None,
) -> tuple[Any, Any]:
    """Split data into a left and a right part, such as for training and testing.

    Args:
        dataset: an array, or a structure of arrays of the same number of samples.
        left_size: the share of the samples on the left, a float from 0 to 1, or their number; default what the right
            leaves.
        right_size: the same for the right; default what the left leaves.
        shuffle: whether the samples are put in a random order first; default False, which copies nothing.
        seed: of that order; default None, a new one.
        preferred_backend: taken for Keras's sake, without effect.

    Returns:
        Two structures like the given one. Keras returns data sets of TensorFlow or torch.

    Raises:
        TypeError: sizes that are no numbers.
        ValueError: arrays of different lengths, sizes out of their range, or a part without samples.

    >>> left, right = split_dataset(np.arange(10), left_size=0.8)
    >>> left.tolist(), right.tolist()
    ([0, 1, 2, 3, 4, 5, 6, 7], [8, 9])
    """
    arrays = tree.map_structure(np.asarray, dataset) if tree.holds_tensors(dataset) else np.asarray(dataset)
    lengths = {len(array) for array in tree.flatten(arrays)}
    if len(lengths) != 1:
        raise ValueError(f"split_dataset expects arrays of the same number of samples, got {sorted(lengths)}")
    total = lengths.pop()
    left, right = _counts(total, left_size, right_size)
    order: Any = None
    if shuffle:
        order = np.random.default_rng(seed).permutation(total)

    def part(rows: slice) -> Any:
        return tree.map_structure(lambda array: array[rows] if order is None else array[order[rows]], arrays)

    return part(slice(0, left)), part(slice(total - right, total))


def _counts(total: int, left_size: Any, right_size: Any) -> tuple[int, int]:
    """How many samples go to the left and to the right, of which some may go nowhere."""
    if left_size is None and right_size is None:
        raise ValueError(
            "At least one of the `left_size` or `right_size` must be specified. Received: left_size=None and "
            "right_size=None"
        )
    left, right = _count("left_size", left_size, total, round), _count("right_size", right_size, total, round)
    left = total - right if left is None and right is not None else left
    right = total - left if right is None and left is not None else right
    assert left is not None and right is not None
    if left + right > total:
        raise ValueError(
            f"The sum of `left_size` and `right_size` should be at most the {total} samples, got {left} and {right}"
        )
    if left < 1 or right < 1:
        raise ValueError(
            f"With `dataset` of length={total}, `left_size`={left_size} and `right_size`={right_size}, resulting left "
            f"and right parts have {left} and {right} samples: both need at least one"
        )
    return left, right


def _count(name: str, size: Any, total: int, to_whole: Any) -> int | None:
    if size is None:
        return None
    if isinstance(size, bool) or not isinstance(size, int | float | np.integer | np.floating):
        raise TypeError(f"Invalid `{name}`. Expected: an integer or float or None. Received: type={type(size)}")
    is_share = isinstance(size, float | np.floating)
    if not 0 < size <= (1 if is_share else total):
        raise ValueError(
            f"`{name}` should be a float between 0 and 1, or a whole number from 1 to the {total} samples, got {size}"
        )
    return int(to_whole(size * total)) if is_share else int(size)
