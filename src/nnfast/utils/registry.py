"""Objects that can be asked for by name: losses.get("mse"), optimizers.get("Adam"), and their configurations."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from importlib import import_module
from typing import Any

from nnfast import config as settings

# Classes and functions of the user's own, by the names that configurations have for them.
_registered: dict[str, Any] = {}
_in_scope: ContextVar[Mapping[str, Any]] = ContextVar("in_scope", default={})  # noqa: B039 (never written to)
_safe: ContextVar[bool] = ContextVar("safe", default=True)
# While a file is read or written: objects that occur in it more than once, by number.
_shared: ContextVar[dict[int, Any] | None] = ContextVar("shared", default=None)


def register(package: str = "Custom", name: str | None = None) -> Callable[[Any], Any]:
    """Decorates a class or function of the user's own, so that files that name it can be loaded.

    Args:
        package: goes before the name, as "package>name".
        name: default the object's own.

    Raises:
        ValueError: a class without `get_config`.

    >>> @register("notes")
    ... class Scale:
    ...     def get_config(self):
    ...         return {}
    >>> registered_name(Scale)
    'notes>Scale'
    """

    def decorate(item: Any) -> Any:
        if inspect.isclass(item) and not hasattr(item, "get_config"):
            raise ValueError(f"Cannot register a class that does not have a get_config() method, got {item!r}")
        _registered[f"{package}>{name or item.__name__}"] = item
        return item

    return decorate


def find_registered(
    name: Any, custom_objects: Mapping[str, Any] | None = None, module_objects: Mapping[str, Any] | None = None
) -> Any:
    """What is called `name`: in scope, registered, or in one of the dictionaries; None if nothing is."""
    if not isinstance(name, str):
        return None
    places = (_in_scope.get(), _registered, custom_objects or {}, module_objects or {})
    return next((objects[name] for objects in places if name in objects), None)


def find_function(name: Any) -> Any:
    """What `find_registered` finds, else the function that was registered by this name in some package, as older files
    have the bare name; None if nothing is.
    """
    found = find_registered(name)
    if found is None:
        named = (item for key, item in _registered.items() if key.partition(">")[2] == name)
        found = next((item for item in named if inspect.isfunction(item)), None)
    return found


def get_custom_objects() -> dict[str, Any]:
    """What was registered, by name; to be changed by whoever likes."""
    return _registered


def registered_name(item: Any) -> str:
    """The name that a class or function was registered under, else its own."""
    item = vars(item).get("stands_for", item) if inspect.isclass(item) else item
    return next((name for name, known in _registered.items() if known is item), item.__name__)


@contextmanager
def custom_objects_in_scope(objects: Mapping[str, Any] | None) -> Iterator[None]:
    """Names in configurations mean these classes and functions first, inside."""
    token = _in_scope.set({**_in_scope.get(), **(objects or {})})
    try:
        yield
    finally:
        _in_scope.reset(token)


def is_safe() -> bool:
    """Whether code in configurations must not run."""
    return _safe.get() and not settings.is_unsafe_deserialization_enabled()


@contextmanager
def safe_mode_as(safe: bool) -> Iterator[None]:
    """Code in configurations runs inside, unless `safe`."""
    token = _safe.set(safe)
    try:
        yield
    finally:
        _safe.reset(token)


@contextmanager
def shared_objects() -> Iterator[None]:
    """Objects that occur more than once in what is read or written inside are one object again."""
    token = _shared.set({})
    try:
        yield
    finally:
        _shared.reset(token)


def serialize_function(function: Callable[..., Any]) -> dict[str, Any]:
    """The name of a function, the one it was registered under if it was, as Keras writes it into configurations."""
    name = registered_name(function) if hasattr(function, "__name__") else type(function).__name__
    return {"module": "builtins", "class_name": "function", "config": name, "registered_name": "function"}


registries: list[Registry] = []


def registry_of(item: Any) -> Registry:
    """The registry that knows an object's class, or a function; else one that can describe it.

    Raises:
        TypeError: an object without `get_config`.
    """
    if not inspect.isfunction(item) and not hasattr(item, "get_config"):
        raise TypeError(f"Expected an object with get_config, or plain Python values, got {item!r}")
    return next((registry for registry in registries if registry.holds(item)), registries[0])


class Registry:
    """The classes and functions of one kind, found by name without regard to case.

    Args:
        kind: what the objects are called in error messages, such as "loss".
        module: Keras's module of that kind, such as "keras.losses"; it is written into configurations.
        objects: the classes and functions by name; a class may stand under several names. A string is the module of
            one that is not imported before it is asked for.
    """

    def __init__(self, kind: str, module: str, objects: Mapping[str, Callable[..., Any] | str]) -> None:
        if not isinstance(kind, str) or not isinstance(module, str):
            raise TypeError(f"Expected the names of a kind and a module, got {kind!r} and {module!r}")
        registries.append(self)
        self.kind = kind
        self.module = module
        self._objects: dict[str, Any] = {
            name.lower(): (name, item) if isinstance(item, str) else item for name, item in objects.items()
        }

    def find(self, name: str, custom_objects: Mapping[str, Any] | None = None) -> Any:
        """The class or function called `name`; `custom_objects` are looked up first, by their exact names.

        Raises:
            ValueError: nothing is called so; the message lists what is known.
        """
        for objects in (custom_objects or {}, _in_scope.get(), _registered):
            if name in objects:
                return objects[name]
        found = self._known(name)
        if found is None:
            known = ", ".join(sorted(self._objects))
            raise ValueError(f"Unknown {self.kind} {name!r}. Known (in any case): {known}")
        return found

    def _known(self, name: str) -> Any:
        """The class or function of a name in any case, imported if need be; None if there is none."""
        found = self._objects.get(name.lower())
        if isinstance(found, tuple):
            name_there, module = found
            found = self._objects[name.lower()] = getattr(import_module(module), name_there)
        return found

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

    def holds(self, item: Any) -> bool:
        """Whether an object's class is one of these."""
        return self._known(type(item).__name__) is type(item)

    def knows(self, config: Mapping[str, Any]) -> bool:
        """Whether a configuration's class or function is one of these, or of the user's own."""
        own, name = config.get("registered_name"), config["class_name"]
        module = str(config.get("module") or "keras").partition(".")[0]
        if name == "function":
            name = _function_name(config)
            if find_function(name) is not None:
                return True
        if find_registered(own) is not None or find_registered(name) is not None:
            return True
        return module in ("keras", "nnfast", "builtins") and isinstance(name, str) and name.lower() in self._objects

    def serialize(self, item: Any) -> dict[str, Any]:
        """The configuration of an object, or the name of a function, as Keras writes it; with what the object was built
        and compiled for, if it says so."""
        if inspect.isfunction(item):
            return serialize_function(item)
        known = self.holds(item)
        home = self if known else registry_of(item)
        if home is not self and home.holds(item):  # such as a layer that is an activation
            return home.serialize(item)
        cls, shared = type(item), _shared.get()
        if shared is not None and id(item) in shared:
            return dict(shared[id(item)][1])
        config = {
            "module": getattr(cls, "keras_module", self.module) if known else cls.__module__,
            "class_name": cls.__name__,
            "config": item.get_config(),
            "registered_name": None if known else registered_name(cls),
        }
        for part in ("build_config", "compile_config"):
            found = getattr(item, f"get_{part}", lambda: None)()
            if found is not None:
                config[part] = found
        if shared is not None and self.kind == "layer":
            config["shared_object_id"] = id(item)
            shared[id(item)] = item, config  # the item too, or another could get its number
        return config

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
            raise ValueError(
                f"Expected a dictionary containing a 'config' key: an object of the kind {self.kind}, its name, or its "
                f"configuration with 'class_name' was expected, got {config!r}"
            )
        if config["class_name"] == "function":
            return self._function(config, custom_objects)
        shared, number = _shared.get(), config.get("shared_object_id")
        if shared is not None and number in shared:
            return shared[number]
        with custom_objects_in_scope(custom_objects):
            # Names are told apart by their modules: "ReLU" is a layer, and, in any case, an activation.
            others = (registry for registry in registries if registry.module == config.get("module"))
            home = next((registry for registry in others if registry.knows(config)), self)
            made = home._made(config)
        if shared is not None and number is not None:
            shared[number] = made
        return made

    def _function(self, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None) -> Any:
        name = _function_name(config)
        found = find_function(name)
        if found is None:
            found = self.find(name, custom_objects)
            _check_name(config, ("function", name))
        return found

    def _made(self, config: Mapping[str, Any]) -> Any:
        cls, inner = find_registered(config.get("registered_name")), config.get("config")
        if cls is None:
            cls = self.find(config["class_name"])
            if self._known(config["class_name"]) is cls:
                _check_name(config, (config["class_name"],))
        if not isinstance(inner, Mapping | None):
            raise TypeError(f"Expected 'config' to be a dict of the arguments of {cls.__name__}, got {inner!r}")
        if not hasattr(cls, "from_config"):
            raise TypeError(
                f"Unable to reconstruct an instance of '{config['class_name']}': it has no from_config, which makes "
                "one of what get_config returned"
            )
        try:
            made = cls.from_config(dict(inner or {}))
        except TypeError as error:
            raise TypeError(
                f"{config['class_name']} could not be made of its configuration: {error}. Its from_config must see to "
                "it that objects which get_config returned, such as layers, are explicitly deserialized. The "
                f"configuration: {str(inner)[:200]}"
            ) from error
        for part, do in (("build_config", "build_from_config"), ("compile_config", "compile_from_config")):
            if config.get(part) and hasattr(made, do):
                getattr(made, do)(config[part])
        return made


def _function_name(config: Mapping[str, Any]) -> str:
    name = config["config"]
    if not isinstance(name, str):
        raise TypeError(f"Expected 'config' to be a non-null str, the name of a function, got {name!r}")
    return name


def _check_name(config: Mapping[str, Any], names: tuple[str, ...]) -> None:
    """Raises a ValueError where something built in goes by a name that nothing was registered under."""
    own = config.get("registered_name")
    if own and own not in names:
        raise ValueError(
            f"{own!r} resolved to a Keras built-in, {names[-1]!r}: expected registered_name {names[0]!r} or None"
        )
