"""Objects that can be asked for by name: losses.get("mse"), optimizers.get("Adam"), and their configurations."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

# Classes and functions of the user's own, by the names that configurations have for them.
_registered: dict[str, Any] = {}
_in_scope: ContextVar[Mapping[str, Any]] = ContextVar("in_scope", default={})  # noqa: B039 (never written to)


def register(package: str = "Custom", name: str | None = None) -> Callable[[Any], Any]:
    """Decorates a class or function of the user's own, so that files that name it can be loaded.

    Args:
        package: goes before the name, as "package>name".
        name: default the object's own.

    >>> @register("notes")
    ... class Scale: ...
    >>> registered_name(Scale)
    'notes>Scale'
    """

    def decorate(item: Any) -> Any:
        _registered[f"{package}>{name or item.__name__}"] = item
        return item

    return decorate


def registered_name(item: Any) -> str:
    """The name that a class or function was registered under, else its own."""
    return next((name for name, known in _registered.items() if known is item), item.__name__)


@contextmanager
def custom_objects_in_scope(objects: Mapping[str, Any] | None) -> Iterator[None]:
    """Names in configurations mean these classes and functions first, inside."""
    token = _in_scope.set({**_in_scope.get(), **(objects or {})})
    try:
        yield
    finally:
        _in_scope.reset(token)


def serialize_function(function: Callable[..., Any]) -> dict[str, Any]:
    """The name of a function, as Keras writes it into configurations."""
    name = getattr(function, "__name__", type(function).__name__)
    return {"module": "builtins", "class_name": "function", "config": name, "registered_name": "function"}


class Registry:
    """The classes and functions of one kind, found by name without regard to case.

    Args:
        kind: what the objects are called in error messages, such as "loss".
        module: Keras's module of that kind, such as "keras.losses"; it is written into configurations.
        objects: the classes and functions by name; a class may stand under several names.
    """

    def __init__(self, kind: str, module: str, objects: Mapping[str, Callable[..., Any]]) -> None:
        self.kind = kind
        self.module = module
        self._objects = {name.lower(): item for name, item in objects.items()}

    def find(self, name: str, custom_objects: Mapping[str, Any] | None = None) -> Any:
        """The class or function called `name`; `custom_objects` are looked up first, by their exact names.

        Raises:
            ValueError: nothing is called so; the message lists what is known.
        """
        for objects in (custom_objects or {}, _in_scope.get(), _registered):
            if name in objects:
                return objects[name]
        try:
            return self._objects[name.lower()]
        except KeyError:
            known = ", ".join(sorted(self._objects))
            raise ValueError(f"Unknown {self.kind} {name!r}. Known (in any case): {known}") from None

    def get(self, identifier: Any) -> Any:
        """What `identifier` means: a name, a configuration, a class (an instance is made), or the object itself.

        Raises:
            ValueError: the name is unknown, or `identifier` is none of these.
        """
        if isinstance(identifier, str):
            identifier = self.find(identifier)
        elif isinstance(identifier, Mapping):
            identifier = self.deserialize(identifier)
        if inspect.isclass(identifier):
            identifier = identifier()
        if not callable(identifier):
            raise ValueError(f"Expected a {self.kind}, its name or its configuration, got {identifier!r}")
        return identifier

    def serialize(self, item: Any) -> dict[str, Any]:
        """The configuration of an object, or the name of a function, as Keras writes it."""
        if inspect.isfunction(item):
            return serialize_function(item)
        cls = type(item)
        known = self._objects.get(cls.__name__.lower()) is cls
        return {
            "module": getattr(cls, "keras_module", self.module) if known else None,
            "class_name": cls.__name__,
            "config": item.get_config(),
            "registered_name": None if known else registered_name(cls),
        }

    def add(self, cls: Any) -> None:
        """Takes in a class of a room above."""
        self._objects[cls.__name__.lower()] = cls

    def deserialize(self, config: str | Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Any:
        """The object that `serialize` described; a plain name gives the class or function itself.

        Raises:
            ValueError: nothing is called so, or `config` has no "class_name".
        """
        if isinstance(config, str):
            return self.find(config, custom_objects)
        if "class_name" not in config:
            raise ValueError(f"Expected a {self.kind}'s configuration with 'class_name' and 'config', got {config!r}")
        if config["class_name"] == "function":
            return self.find(config["config"], custom_objects)
        own = config.get("registered_name")
        name = own if own in {**_registered, **_in_scope.get()} else config["class_name"]
        return self.find(name, custom_objects).from_config(dict(config.get("config") or {}))
