"""Whether products skip the zeros of inputs: the setting, and what is measured of the data."""

from __future__ import annotations

import numpy as np

from nnfast import _core
from nnfast.graph.tensor import Array

# Rows that are looked at, and the share of groups that may be active: past it, the dense product is as fast.
_SAMPLE = 64
_MOST_ACTIVE = 0.5

_enabled = True


def sparse_inputs() -> bool:
    """Whether products may skip the zeros of inputs that are mostly zeros; True by default."""
    return _enabled


def set_sparse_inputs(enabled: bool) -> None:
    """Sets whether products may skip the zeros of inputs that are mostly zeros, as images and one-hot codes are.

    When a fit, an evaluation or a prediction starts, nnfast looks at some of its inputs. Where at least half of all
    groups of 4 neighbouring values are zeros, the products of a wide first layer skip such groups. Results have the
    same bits, with one exception: a zero that would have met an infinite or NaN weight does not make the result NaN.

    Args:
        enabled: False multiplies the zeros, too.

    Raises:
        TypeError: for anything but True and False.

    >>> from nnfast import config
    >>> config.set_sparse_inputs(False)
    >>> config.sparse_inputs()
    False
    >>> config.set_sparse_inputs(True)
    """
    global _enabled
    if not isinstance(enabled, bool):
        raise TypeError(f"Expected True or False, got {enabled!r}.")
    _enabled = enabled


def worth_skipping(array: Array) -> bool:
    """Whether products with these rows should skip zeros: groups of neighbouring values are mostly zeros.

    Args:
        array: samples along the first axis. Few samples, and few values a sample, are not worth it.
    """
    if not _enabled or len(array) < _SAMPLE:
        return False
    values = np.asarray(array[:: len(array) // _SAMPLE][:_SAMPLE]).reshape(_SAMPLE, -1)
    groups = values.shape[1] // _core.nonzeros_group
    if groups < 8:
        return False
    active = np.zeros((_SAMPLE, groups), bool)
    for number in range(_core.nonzeros_group):
        active |= values[:, number :: _core.nonzeros_group][:, :groups] != 0
    return float(active.mean()) <= _MOST_ACTIVE
