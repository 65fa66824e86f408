"""Structures: nested lists, tuples, deques and dictionaries with values at their leaves, under keras.tree's names."""

from __future__ import annotations

from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any


def is_nested(structure: Any) -> bool:
    """Whether a value is a list, a tuple, a deque or a dictionary.

    >>> is_nested([1]), is_nested({}), is_nested("text")
    (True, True, False)
    """
    return isinstance(structure, list | tuple | deque | Mapping)


def flatten(structure: Any) -> list[Any]:
    """The leaves in order; a dictionary's in the order of its sorted keys, an OrderedDict's in its own. None is a leaf.

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
        TypeError: the leaves are no sequence.
        ValueError: there are more or fewer leaves than the structure has.

    >>> pack_sequence_as({"b": [0, 0], "a": 0}, [1, 2, 3])
    {'b': [2, 3], 'a': 1}
    """
    if not isinstance(flat_sequence, Sequence):
        raise TypeError(f"Expected the leaves as an iterable sequence, got {flat_sequence!r}")
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
        TypeError: the function can't be called.
        ValueError: the structures differ, or there is none.

    >>> map_structure(lambda x, y: x + y, [1, (2,)], [10, (20,)])
    [11, (22,)]
    """
    if not callable(function):
        raise TypeError(f"`func` must be callable, got {function!r}")
    if not structures:
        raise ValueError("Expected at least one structure")
    first, *others = structures
    for other in others:
        assert_same_structure(first, other)
    leaves = zip(*map(flatten, structures), strict=True)
    return pack_sequence_as(first, [function(*values) for values in leaves])


class MAP_TO_NONE:
    """What a function of `traverse` returns to put None in a place."""


def traverse(func: Callable[[Any], Any], structure: Any, top_down: bool = True) -> Any:
    """The structure with func(part) in the place of every part, containers too, for which it is not None.

    Args:
        func: of a part; None leaves it, or what is in it, MAP_TO_NONE puts None there.
        structure: what to walk over.
        top_down: whether a container comes before what is in it, which is left out if it is replaced; default True.

    >>> traverse(lambda part: part * 10 if isinstance(part, int) else None, [1, ("a", 2)])
    [10, ('a', 20)]
    """

    def replaced(part: Any, otherwise: Callable[[], Any]) -> Any:
        found = func(part)
        return None if found is MAP_TO_NONE else otherwise() if found is None else found

    def inner() -> Any:
        if not is_nested(structure):
            return structure
        parts = [traverse(func, part, top_down) for _, part in _items(structure)]
        return _with_parts(structure, parts)

    if top_down:
        return replaced(structure, inner)
    made = inner()
    return replaced(made, lambda: made)


def lists_to_tuples(structure: Any) -> Any:
    """The structure with tuples in place of its lists.

    >>> lists_to_tuples([1, {"a": [2]}])
    (1, {'a': (2,)})
    """
    return traverse(lambda part: tuple(part) if isinstance(part, list) else None, structure, top_down=False)


def map_structure_up_to(shallow_structure: Any, func: Callable[..., Any], *structures: Any) -> Any:
    """The shallow structure with func(part, ...) at its leaves, of the parts of deeper structures at these places.

    Raises:
        ValueError: a structure is less deep, or has other keys or lengths.

    >>> map_structure_up_to([0, 0], len, [[1, 2], [3]])
    [2, 1]
    """
    if not is_nested(shallow_structure):
        return func(*structures)
    keys = [key for key, _ in _items(shallow_structure)]
    for structure in structures:
        if not is_nested(structure) or [key for key, _ in _items(structure)] != keys:
            raise ValueError(f"Expected a structure with the parts of {shallow_structure!r}, got {structure!r}")
    parts = zip(*([part for _, part in _items(each)] for each in (shallow_structure, *structures)), strict=True)
    return _with_parts(shallow_structure, [map_structure_up_to(first, func, *others) for first, *others in parts])


def map_shape_structure(func: Callable[..., Any], structure: Any) -> Any:
    """The structure of shapes with func(shape) in the place of every shape, a tuple or list of counts and None, and of
    every leaf that is none.

    >>> map_shape_structure(len, [(2, None), {"a": (3,)}])
    [2, {'a': 1}]
    """
    if isinstance(structure, list | tuple) and all(size is None or isinstance(size, int) for size in structure):
        return func(structure)
    if not is_nested(structure):
        return func(structure)
    return _with_parts(structure, [map_shape_structure(func, part) for _, part in _items(structure)])


def assert_same_paths(a: Any, b: Any) -> None:
    """Raises a ValueError unless the same keys and indices lead to the leaves of both, whatever their containers.

    >>> assert_same_paths([1, (2,)], (3, [4]))
    """
    paths = [{path for path, _ in flatten_with_path(structure)} for structure in (a, b)]
    if paths[0] != paths[1]:
        raise ValueError(f"{a!r} and {b!r} don't have the same paths")


def assert_same_structure(a: Any, b: Any) -> None:
    """Raises a ValueError unless both have the same containers with the same keys and lengths.

    >>> assert_same_structure([1, 2], [1])
    Traceback (most recent call last):
    ValueError: The structures don't have the same nested containers: expected the list ['*', '*'], got the list ['*']
    """
    if skeleton(a) != skeleton(b):
        first, second = (f"the {type(each).__name__} " if is_nested(each) else "" for each in (a, b))
        raise ValueError(
            f"The structures don't have the same nested containers: expected {first}{skeleton(a)!r}, got "
            f"{second}{skeleton(b)!r}"
        )


def skeleton(structure: Any) -> Any:
    """The structure with "*" at its leaves, for comparing and for messages."""
    return _pack(structure, iter(["*"] * len(flatten(structure))))


def holds_tensors(structure: Any) -> bool:
    """Whether a container holds arrays or tensors, rather than the numbers of one of them. The first leaf tells that is
    not None; where all are None, they stand for tensors.

    >>> import numpy as np
    >>> holds_tensors([np.zeros(2), np.zeros(3)]), holds_tensors([[1, 2], [3, 4]])
    (True, False)
    """
    if isinstance(structure, Mapping):
        return True
    if not isinstance(structure, list | tuple):
        return False
    first = next((item for item in structure if item is not None), None)
    if first is None:
        return bool(structure)
    return holds_tensors(first) if is_nested(first) else getattr(first, "shape", ()) != ()


def _items(structure: Any) -> Iterator[tuple[Any, Any]]:
    if not isinstance(structure, Mapping):
        yield from enumerate(structure)
        return
    try:
        keys = list(structure) if isinstance(structure, OrderedDict) else sorted(structure)
    except TypeError:  # keys of several types have the order they came in
        keys = list(structure)
    yield from ((key, structure[key]) for key in keys)


def _pack(structure: Any, leaves: Iterator[Any]) -> Any:
    if not is_nested(structure):
        return next(leaves)
    return _with_parts(structure, [_pack(inner, leaves) for _, inner in _items(structure)])


def _with_parts(structure: Any, parts: Sequence[Any]) -> Any:
    """A container like this one of other parts, which come in the order of `_items`."""
    if isinstance(structure, Mapping):
        packed = dict(zip((key for key, _ in _items(structure)), parts, strict=True))
        items = {key: packed[key] for key in structure}
        if isinstance(structure, defaultdict):
            return defaultdict(structure.default_factory, items)
        return OrderedDict(items) if isinstance(structure, OrderedDict) else items
    if isinstance(structure, deque):
        return deque(parts, structure.maxlen)
    if isinstance(structure, list):
        return list(parts)
    return type(structure)(*parts) if hasattr(structure, "_fields") else tuple(parts)
