"""Names for objects that were given none, 'dense', 'dense_1', 'dense_2', and the paths of variables."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol

_names_given: Counter[str] = Counter()
_uids: Counter[str] = Counter()

# Those for whom variables are being made, from the outermost.
_owners: ContextVar[tuple[_Named, ...]] = ContextVar("owners", default=())


def auto_name(class_name: str) -> str:
    """The next free name for an object of the class called `class_name`.

    >>> from nnfast.utils import clear_session
    >>> clear_session()
    >>> auto_name("InputLayer"), auto_name("InputLayer")
    ('input_layer', 'input_layer_1')
    """
    name = to_snake_case(class_name)
    count = _names_given[name]
    _names_given[name] += 1
    return f"{name}_{count}" if count else name


def get_uid(prefix: str = "") -> int:
    """How often it was asked for this prefix, this time included: a number that it did not give before.

    >>> from nnfast.utils import clear_session
    >>> clear_session()
    >>> get_uid("layer"), get_uid("layer"), get_uid("model")
    (1, 2, 1)
    """
    _uids[prefix] += 1
    return _uids[prefix]


class _Named(Protocol):
    name: str


@contextmanager
def scope(owner: _Named) -> Iterator[None]:
    """The paths of variables that are made inside go on with the owner's name."""
    owners = _owners.get()
    token = _owners.set(owners if owners and owners[-1] is owner else (*owners, owner))
    try:
        yield
    finally:
        _owners.reset(token)


class _Scope:
    def __init__(self, name: str) -> None:
        self.name = name


@contextmanager
def name_scope(name: str) -> Iterator[None]:
    """The paths of variables that are made inside go on with a name.

    Raises:
        ValueError: no name, or one with a slash.

    >>> with name_scope("encoder"):
    ...     path_of("kernel")
    'encoder/kernel'
    """
    if not isinstance(name, str) or not name or "/" in name:
        raise ValueError(f"Argument `name` must be a string without `/`, got {name!r}")
    with scope(_Scope(name)):
        yield


def current_path() -> str:
    """The names of those for whom variables are being made: 'encoder/dense'; '' for nobody."""
    return "/".join(owner.name for owner in _owners.get())


def path_of(name: str) -> str:
    """The names of those for whom a variable is made, and its own: 'encoder/dense/kernel'.

    >>> path_of("kernel")
    'kernel'
    """
    path = current_path()
    return f"{path}/{name}" if path else name


def to_snake_case(name: str) -> str:
    """`name` in lower case, with an underscore where a word begins.

    >>> to_snake_case("GlorotUniform"), to_snake_case("SGD")
    ('glorot_uniform', 'sgd')
    """
    name = re.sub(r"\W+", "", name)
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


def reset_names() -> None:
    """Start counting again: the next Dense is 'dense'."""
    _names_given.clear()
    _uids.clear()
