"""Structures: lists, tuples and dictionaries, nested, with values at their leaves. The names are keras.tree's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any


def is_nested(structure: Any) -> bool:
    """Whether a value is a list, a tuple or a dictionary.

    >>> is_nested([1]), is_nested({}), is_nested("text")
    (True, True, False)
    """
    return isinstance(structure, list | tuple | Mapping)


def flatten(structure: Any) -> list[Any]:
    """The leaves in order; a dictionary's in the order of its sorted keys. None is a leaf.

    >>> flatten({"b": [1, 2], "a": (3, None)})
    [3, None, 1, 2]
    """
    if not is_nested(structure):
        return [structure]
    return [leaf for _, inner in _items(structure) for leaf in flatten(inner)]


def flatten_with_path(structure: Any) -> list[tuple[tuple[Any, ...], Any]]:
    """The leaves with the keys and indices that lead to them.

    >>> flatten_with_path({"a": [7, 8]})
    [(('a', 0), 7), (('a', 1), 8)]
    """
    if not is_nested(structure):
        return [((), structure)]
    return [((key, *path), leaf) for key, inner in _items(structure) for path, leaf in flatten_with_path(inner)]


def pack_sequence_as(structure: Any, flat_sequence: Sequence[Any]) -> Any:
    """The structure with these leaves in place of its own.

    Raises:
        ValueError: there are more or fewer leaves than the structure has.

    >>> pack_sequence_as({"b": [0, 0], "a": 0}, [1, 2, 3])
    {'b': [2, 3], 'a': 1}
    """
    count = len(flatten(structure))
    if count != len(flat_sequence):
        raise ValueError(f"Expected {count} leaves for the structure {structure!r}, got {len(flat_sequence)}")
    return _pack(structure, iter(flat_sequence))


def present(structure: Any) -> list[Any]:
    """The leaves that are not None, in order.

    >>> present({"b": None, "a": [3]})
    [3]
    """
    return [leaf for leaf in flatten(structure) if leaf is not None]


def fill(structure: Any, leaves: Sequence[Any]) -> Any:
    """The structure with these leaves in place of its own, but for those that are None.

    >>> fill(["*", None, "*"], [1, 2])
    [1, None, 2]
    """
    values = iter(leaves)
    return map_structure(lambda leaf: None if leaf is None else next(values), structure)


def outline(structure: Any) -> Any:
    """The structure with "*" at its leaves, but for those that are None.

    >>> outline({"x": [7, None]})
    {'x': ['*', None]}
    """
    return map_structure(lambda leaf: None if leaf is None else "*", structure)


def map_structure(function: Callable[..., Any], *structures: Any) -> Any:
    """The first structure with function(leaf, leaf of the second, ...) at its leaves.

    Raises:
        ValueError: the structures differ.

    >>> map_structure(lambda x, y: x + y, [1, (2,)], [10, (20,)])
    [11, (22,)]
    """
    first, *others = structures
    for other in others:
        assert_same_structure(first, other)
    leaves = zip(*map(flatten, structures), strict=True)
    return pack_sequence_as(first, [function(*values) for values in leaves])


def assert_same_structure(a: Any, b: Any) -> None:
    """Raises a ValueError unless both have the same containers with the same keys and lengths.

    >>> assert_same_structure([1, 2], [1])
    Traceback (most recent call last):
    ValueError: Expected the same structures, got ['*', '*'] and ['*']
    """
    if skeleton(a) != skeleton(b):
        raise ValueError(f"Expected the same structures, got {skeleton(a)!r} and {skeleton(b)!r}")


def skeleton(structure: Any) -> Any:
    """The structure with "*" at its leaves, for comparing and for messages."""
    return _pack(structure, iter(["*"] * len(flatten(structure))))


def holds_tensors(structure: Any) -> bool:
    """Whether a container holds arrays or tensors, rather than the numbers of one of them. The first leaf tells that is
    not None.

    >>> import numpy as np
    >>> holds_tensors([np.zeros(2), np.zeros(3)]), holds_tensors([[1, 2], [3, 4]])
    (True, False)
    """
    if isinstance(structure, Mapping):
        return True
    if not isinstance(structure, list | tuple):
        return False
    first = next((item for item in structure if item is not None), None)
    return holds_tensors(first) if is_nested(first) else getattr(first, "shape", ()) != ()


def _items(structure: Any) -> Iterator[tuple[Any, Any]]:
    if not isinstance(structure, Mapping):
        yield from enumerate(structure)
        return
    try:
        keys = sorted(structure)
    except TypeError:  # keys of several types have the order they came in
        keys = list(structure)
    yield from ((key, structure[key]) for key in keys)


def _pack(structure: Any, leaves: Iterator[Any]) -> Any:
    if not is_nested(structure):
        return next(leaves)
    packed = {key: _pack(inner, leaves) for key, inner in _items(structure)}
    if isinstance(structure, Mapping):
        return {key: packed[key] for key in structure}
    values = list(packed.values())
    if isinstance(structure, list):
        return values
    return type(structure)(*values) if hasattr(structure, "_fields") else tuple(values)
