"""The outputs of a model: what they are called, and which of what is given in lists and dictionaries is for which."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from nnfast import tree

Path = tuple[Any, ...]  # the keys and indices that lead to an output, or to several that are below it


class Outputs:
    """The outputs of a model.

    Args:
        structure: the outputs, or what stands for them: one, or a list, a tuple or a dictionary.
        names: what the model calls them, in order; [] where it does not.

    Attributes:
        structure: the same.
        paths: the place of each.
        names: what dictionaries by outputs have for each: a path of keys, or the model's name; else output_1, output_2.
        are_named: whether these names are in logs, too.

    >>> outputs = Outputs({"b": 0, "a": [0, 0]}, ["one", "two", "three"])
    >>> outputs.names
    ['a/one', 'a/two', 'b']
    """

    def __init__(self, structure: Any, names: Sequence[str]) -> None:
        self.structure = structure
        self.paths: list[Path] = [path for path, _ in tree.flatten_with_path(structure)]
        self.are_named = len(names) == len(self.paths) or isinstance(structure, Mapping)
        given = names if len(names) == len(self.paths) else [f"output_{n + 1}" for n in range(len(self.paths))]
        self.names = [_name(path, name) for path, name in zip(self.paths, given, strict=True)]

    def name_of(self, path: Path) -> str:
        """What the output at a path is called; of several below it, the keys, or all their names."""
        if path in self.paths:
            return self.names[self.paths.index(path)]
        return "/".join(map(str, path)) or "_".join(self.names)

    def each(self, what: str, given: Any) -> list[tuple[Path, Any]]:
        """What is given for the outputs, such as losses, with the paths of those that it is for; None is left out.

        Args:
            what: its name, for errors.
            given: one for all; a list or a dictionary with an entry for each output, or with several for the same.

        Raises:
            ValueError, KeyError: an output that is not there, or not one entry for each.
        """
        if is_one(given) and tree.is_nested(self.structure):
            return [(path, given) for path in self.paths if given is not None]
        return list(self._each(what, given, self.structure, ()))

    def _each(self, what: str, given: Any, structure: Any, path: Path) -> Iterator[tuple[Path, Any]]:
        below = [own for own in self.paths if own[: len(path)] == path]
        if given is None:
            return
        if is_one(given):
            yield path, given
        elif isinstance(given, Mapping):
            for inner, value in self._by_name(what, given, structure, path):
                yield from self._each(what, value, at(structure, inner[len(path) :]), inner)
        elif all(map(is_one, given)) and len(given) == len(below):
            yield from ((own, value) for own, value in zip(below, given, strict=True) if value is not None)
        elif not isinstance(structure, type(given)):  # several for the same
            for value in given:
                yield from self._each(what, value, structure, path)
        elif len(given) != len(structure):
            names = ", ".join(map(repr, self.names))
            raise ValueError(f"{what} expects an entry for each of the {len(structure)} outputs {names}, got {given!r}")
        else:
            for index, value in enumerate(given):
                yield from self._each(what, value, structure[index], (*path, index))

    def _by_name(self, what: str, given: Mapping[Any, Any], structure: Any, path: Path) -> list[tuple[Path, Any]]:
        """The entries of a dictionary by outputs, with their paths; in its order where the outputs are a dictionary."""
        if isinstance(structure, Mapping):
            known = {key: [(*path, key)] for key in structure}
        else:  # outputs of one name have what is given for it
            known = {name: [] for name in self.names}
            for name, own in zip(self.names, self.paths, strict=True):
                known[name].append(own)
        unknown = [key for key in given if key not in known]
        if unknown:
            # As in Keras, a loss of an output that is not in a dictionary of them is a KeyError.
            raise (KeyError if what == "loss" and isinstance(structure, Mapping) else ValueError)(
                f"Invalid `{what}`: {unknown[0]!r}, in the `{what}` argument, can't be found in either the model's "
                f"outputs or the targets. Expected keys among {', '.join(map(repr, known))}, "
                f"got {', '.join(map(repr, given))}"
            )
        keys = given if isinstance(structure, Mapping) else [name for name in known if name in given]
        return [(own, given[key]) for key in keys for own in known[key]]

    def arrange(self, what: str, given: Any, needed: Collection[Path]) -> Any:
        """Targets or weights in the structure of the outputs; None for an output without.

        Args:
            what: their name, for errors.
            given: an array, or a structure of arrays: as the outputs, a dictionary by their names, or a list of them,
                or of those that are needed.
            needed: the paths of the outputs that must have some.

        Raises:
            ValueError: an unknown name, not as many as outputs, or nothing for one that needs some.
        """
        found = self._found(what, given, needed)
        for path in self.paths:
            if found.get(path) is None and any(path[: len(top)] == top for top in needed):
                raise ValueError(f"{what} has nothing for output {self.name_of(path)!r}: {tree.outline(given)!r}")
        return tree.pack_sequence_as(self.structure, [found.get(path) for path in self.paths])

    def _found(self, what: str, given: Any, needed: Collection[Path]) -> dict[Path, Any]:
        if isinstance(given, Mapping):
            found: dict[Path, Any] = {}
            for path, value in self._by_name(what, given, self.structure, ()):
                below = [own for own in self.paths if own[: len(path)] == path]
                inner = Outputs(at(self.structure, path), [self.name_of(own) for own in below])
                found |= {(*path, *own): leaf for own, leaf in inner._found(what, value, ()).items()}
            return found
        flat = tree.flatten(given)
        if len(flat) == len(self.paths):
            return dict(zip(self.paths, flat, strict=True))
        wanting = [path for path in self.paths if any(path[: len(top)] == top for top in needed)]
        if len(flat) == len(wanting):
            return dict(zip(wanting, flat, strict=True))
        names = ", ".join(map(repr, self.names))
        raise ValueError(
            f"{what} expects an array for each of the model's outputs {names}, got {len(flat)}: {tree.outline(given)!r}"
        )


def is_one(given: Any) -> bool:
    """Whether this is a single identifier, such as a name, a function or the configuration of an object."""
    return "class_name" in given if isinstance(given, Mapping) else not isinstance(given, list | tuple)


def flatten_identifiers(given: Any) -> Iterator[Any]:
    """The identifiers in nested lists, tuples and dictionaries, None left out."""
    if is_one(given):
        if given is not None:
            yield given
        return
    for inner in given.values() if isinstance(given, Mapping) else given:
        yield from flatten_identifiers(inner)


def at(structure: Any, path: Path) -> Any:
    """What is at a path."""
    for key in path:
        structure = structure[key]
    return structure


def _name(path: Path, name: str) -> str:
    if path and isinstance(path[-1], str):
        return "/".join(map(str, path))
    keys = [key for key in path[:-1] if isinstance(key, str)]
    return "/".join([*keys, name])
