"""Any object that Keras writes into configurations, as plain Python values, and back.

Nothing is imported or run because a configuration says so: classes and functions are looked up among those that are
here, were registered, or were passed in.
"""

from __future__ import annotations

import base64
import json
import marshal
import types
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from nnfast.dtype_policies import DTypePolicy
from nnfast.random import SeedGenerator
from nnfast.utils.registry import (
    Registry,
    custom_objects_in_scope,
    find_registered,
    is_safe,
    registries,
    registry_of,
    safe_mode_as,
)

_PLAIN = (str, int, float, bool, type(None))


def serialize_keras_object(obj: Any) -> Any:
    """An object as plain Python values: numbers, strings, lists and dictionaries, from which it can be made again.

    Raises:
        TypeError: an object without `get_config`.

    >>> from nnfast import layers
    >>> serialize_keras_object([1, (2.5, layers.ReLU(name="r"))])[1][1]["class_name"]
    'ReLU'
    """
    if isinstance(obj, np.ndarray) and obj.ndim:
        return {"class_name": "__numpy__", "config": {"value": obj.tolist(), "dtype": obj.dtype.name}}
    if isinstance(obj, np.generic | np.ndarray):
        return obj.item()
    if isinstance(obj, _PLAIN):
        return obj
    if isinstance(obj, list | tuple):
        items = [serialize_keras_object(item) for item in obj]
        return tuple(items) if isinstance(obj, tuple) else items
    if isinstance(obj, Mapping) and not hasattr(obj, "get_config"):
        return {name: serialize_keras_object(value) for name, value in obj.items()}
    if isinstance(obj, bytes):
        return {"class_name": "__bytes__", "config": {"value": obj.decode("utf-8")}}
    if isinstance(obj, slice):
        parts = {name: serialize_keras_object(getattr(obj, name)) for name in ("start", "stop", "step")}
        return {"class_name": "__slice__", "config": parts}
    if obj is Ellipsis:
        return {"class_name": "__ellipsis__", "config": {}}
    if isinstance(obj, types.FunctionType) and obj.__name__ == "<lambda>":
        warnings.warn(
            "A lambda is written as its code, which may do anything: it is read with safe_mode=False only. Define a "
            "function, and register it.",
            stacklevel=2,
        )
        return serialize_lambda(obj)
    return registry_of(obj).serialize(obj)


def deserialize_keras_object(
    config: Any, custom_objects: Mapping[str, Any] | None = None, safe_mode: bool = True, **kwargs: Any
) -> Any:
    """The object that `serialize_keras_object` described.

    Args:
        config: what it returned, or what Keras's function of this name did.
        custom_objects: classes and functions by name, looked up first.
        safe_mode: False runs the code of lambdas, which may do anything: for configurations that you trust.

    Raises:
        TypeError: a class or function that is not known.
        ValueError: a lambda, unless `safe_mode` is False; a description that is incomplete.

    >>> from nnfast import losses
    >>> deserialize_keras_object(serialize_keras_object(losses.Huber(2.0))).get_config()["delta"]
    2.0
    """
    with custom_objects_in_scope(custom_objects), safe_mode_as(safe_mode and is_safe()):
        return _made(config)


def _made(config: Any) -> Any:
    if isinstance(config, str):
        return find_registered(config, None, {config: config})
    if isinstance(config, _PLAIN):
        return config
    if isinstance(config, list | tuple):
        items = [_made(item) for item in config]
        return tuple(items) if isinstance(config, tuple) else items
    if not isinstance(config, Mapping):
        raise TypeError(f"Expected a configuration of plain Python values, got {config!r}")
    if "class_name" not in config or "config" not in config:
        return {name: _made(value) for name, value in config.items()}
    kind, inner = config["class_name"], config["config"]
    if kind in _SPECIAL:
        return _SPECIAL[kind](inner)
    for registry in sorted(registries, key=lambda registry: registry.module != config.get("module")):
        if registry.knows(config):
            return registry.deserialize(config)
    raise TypeError(
        f"Could not locate class '{kind}'. Decorate it with @saving.register_keras_serializable(), or pass it as "
        f"custom_objects={{{kind!r}: ...}}. Full object config: {str(config)[:200]}"
    )


def serialize_lambda(function: types.FunctionType) -> dict[str, Any]:
    """A lambda as its code, in Keras's form."""
    closure = None if function.__closure__ is None else [cell.cell_contents for cell in function.__closure__]
    code = base64.encodebytes(marshal.dumps(function.__code__)).decode("ascii")
    config = {"code": code, "defaults": function.__defaults__, "closure": closure}
    return {"class_name": "__lambda__", "config": config}


def deserialize_lambda(config: Mapping[str, Any]) -> types.FunctionType:
    """The lambda that `serialize_lambda` described. Its code may use `ops` and what else it closes over.

    Raises:
        ValueError: where code must not run.
    """
    if is_safe():
        raise ValueError(
            "A Lambda in a configuration would allow arbitrary code execution, so none is made: define a function and "
            "register it, or pass safe_mode=False where you trust where it comes from"
        )
    from nnfast import ops

    parts = config.get("value", config)
    if not isinstance(parts, Mapping):  # Keras's older form: code, defaults, closure
        parts = dict(zip(("code", "defaults", "closure"), parts, strict=False))
    closure = tuple(types.CellType(content) for content in parts["closure"] or ())
    defaults = None if parts["defaults"] is None else tuple(parts["defaults"])
    code = marshal.loads(base64.decodebytes(parts["code"].encode("ascii")))
    return types.FunctionType(code, {"ops": ops, "np": np}, "<lambda>", defaults, closure)


def _slice(parts: Mapping[str, Any]) -> slice:
    return slice(*(_made(parts[name]) for name in ("start", "stop", "step")))


def _array(parts: Mapping[str, Any]) -> Any:
    dtype = np.dtype(parts["dtype"])
    if dtype.kind not in "biuf":
        raise ValueError(f"Expected an array of numbers, got dtype {parts['dtype']!r}")
    return np.array(parts["value"], dtype)


_SPECIAL: dict[str, Callable[[Any], Any]] = {
    "__bytes__": lambda inner: inner["value"].encode("utf-8"),
    "__ellipsis__": lambda inner: Ellipsis,
    "__lambda__": deserialize_lambda,
    "__numpy__": _array,
    "__slice__": _slice,
    "__tensor__": _array,
}
_seeds = Registry("seed generator", "keras.random", {"SeedGenerator": SeedGenerator})
_policies = Registry(
    "policy of dtypes",
    "keras",
    {"DTypePolicy": DTypePolicy, "FloatDTypePolicy": DTypePolicy, "DTypePolicyMap": "nnfast.dtype_policies"},
)


def to_json(obj: Any, **kwargs: Any) -> str:
    """The configuration of an object as JSON."""
    return json.dumps(serialize_keras_object(obj), default=serialize_keras_object, **kwargs)


def from_json(text: str | bytes, custom_objects: Mapping[str, Any] | None = None, safe_mode: bool = True) -> Any:
    """The object that `to_json` described.

    Raises:
        ValueError: text that is no JSON, or is nested too deeply.
    """
    return deserialize_keras_object(parse_json(text), custom_objects, safe_mode)


def parse_json(text: str | bytes) -> Any:
    """What JSON says.

    Raises:
        ValueError: text that is no JSON, or is nested too deeply.
    """
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"Expected a configuration in JSON, got {text[:80]!r}... ({error})") from None
