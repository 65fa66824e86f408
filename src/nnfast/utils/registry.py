"""Objects that can be asked for by name: losses.get("mse"), optimizers.get("Adam"), and their configurations."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any


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
        if custom_objects and name in custom_objects:
            return custom_objects[name]
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
        name = type(item).__name__
        known = self._objects.get(name.lower()) is type(item)
        return {
            "module": self.module if known else None,
            "class_name": name,
            "config": item.get_config(),
            "registered_name": None if known else name,
        }

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
        return self.find(config["class_name"], custom_objects).from_config(dict(config.get("config") or {}))
