"""What a model learnt, in and out of a store: the variables of its layers and its optimizer.

Objects are found as Keras finds them, so that they have the same paths: by the attributes of their owners, in the
order of the names, private ones last; in lists and dictionaries by their class, numbered.
"""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from typing import Any

from nnfast.layers import Layer
from nnfast.naming import to_snake_case
from nnfast.optimizers import Optimizer
from nnfast.saving.store import Sink, Source
from nnfast.utils.tracebacks import users_line


def walk(item: Any, path: str = "", seen: set[int] | None = None) -> Iterator[tuple[str, Any]]:
    """Layers and optimizers, from an owner down, with the paths that lead to them; each once."""
    seen = set() if seen is None else seen
    if id(item) in seen:
        return
    seen.add(id(item))
    yield path, item
    for name, child in _attributes(item):
        yield from _walk_value(child, f"{path}/{name}" if path else name, seen)


def _walk_value(value: Any, path: str, seen: set[int], around: tuple[int, ...] = ()) -> Iterator[tuple[str, Any]]:
    """What is in a value; `around` are the lists and dictionaries that it is in."""
    if isinstance(value, Layer | Optimizer):
        yield from walk(value, path, seen)
    elif isinstance(value, list | dict | tuple) and id(value) not in around:
        used: dict[str, int] = {}
        for child in value.values() if isinstance(value, dict) else value:
            if isinstance(child, Layer | Optimizer | list | dict | tuple):
                kind = to_snake_case(type(child).__name__) if isinstance(child, Layer | Optimizer) else "container"
                number = used[kind] = used.get(kind, -1) + 1
                name = f"{kind}_{number}" if number else kind
                yield from _walk_value(child, f"{path}/{name}", seen, (*around, id(value)))


@cache
def _own_names(optimizer: bool) -> frozenset[str]:
    """Names that every layer or optimizer has."""
    return frozenset(dir(Optimizer(1.0))) - {"variables"} if optimizer else frozenset(dir(Layer(name="reference")))


def _attributes(item: Any) -> Iterator[tuple[str, Any]]:
    """What an object may hold others in."""
    if getattr(item, "holds_layers", False):  # so that attributes of a subclass change no path
        yield "layers", item.layers
    own = _own_names(isinstance(item, Optimizer))
    for name in sorted(set(dir(item)) - own, key=lambda name: f"~{name}" if name.startswith("_") else name):
        if name.startswith("__"):
            continue
        try:
            value = getattr(item, name)
        except Exception:  # a property that the object can't answer yet
            continue
        yield name, value


def save_state(item: Any, writer: Sink, ignored: Collection[Any] = ()) -> None:
    """Write the variables of an object and of those below it, but for those that are ignored."""
    for path, part in walk(item, seen=set(map(id, ignored))):
        part.save_own_variables(writer.make(path, getattr(part, "name", None)))


def load_state(item: Any, reader: Source, skip_mismatch: bool = False, ignored: Collection[Any] = ()) -> None:
    """Set the variables of an object and of those below it. Where that fails, all stay as they were.

    Args:
        item: a model, a layer or an optimizer.
        reader: the file.
        skip_mismatch: whether what does not fit is left as it is, with a warning.
        ignored: objects that are left as they are.

    Raises:
        ValueError: variables that the file does not have, or has of another shape.
    """
    parts = list(walk(item, seen=set(map(id, ignored))))
    variables = {id(variable): variable for _, part in parts for variable in part.variables}  # owners list theirs again
    before = [(variable, variable.numpy()) for variable in variables.values()]
    failed: dict[str, str] = {}
    names: dict[int, list[str]] = {}
    try:
        for path, part in parts:
            try:
                part.load_own_variables(reader.get(path))
            except Exception as error:
                names = names or _all_names(parts)
                if not any(_is_loaded(part, reader, name) for name in names.get(id(part), ()) if name != path):
                    failed[f"{path or 'the model'} ({part!r})"] = str(error)
        if failed and not skip_mismatch:
            raise ValueError(_report(failed))
    except BaseException:
        for variable, value in before:
            variable.assign(value)
        raise
    if failed:
        warnings.warn(_report(failed), stacklevel=users_line())


def _all_names(parts: Collection[tuple[str, Any]]) -> dict[int, list[str]]:
    """All paths of attributes to each object: a property may have the name by which an older class saved it."""
    names: dict[int, list[str]] = {}
    for path, part in parts:
        for name, child in _attributes(part):
            names.setdefault(id(child), []).append(f"{path}/{name}" if path else name)
    return names


def _is_loaded(part: Any, reader: Source, path: str) -> bool:
    try:
        part.load_own_variables(reader.get(path))
    except Exception:
        return False
    return True


def _report(failed: Mapping[str, str]) -> str:
    first, reason = next(iter(failed.items()))
    return f"A total of {len(failed)} objects could not be loaded: {', '.join(failed)}. Of {first}: {reason}"
