"""Policies of dtypes: what a layer's weights are kept in, and what it computes in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from nnfast.dtype_policies import dtype_policy
from nnfast.dtype_policies.dtype_policy import DTypePolicy, FloatDTypePolicy
from nnfast.graph import dtypes

if TYPE_CHECKING:
    from nnfast.dtype_policies.dtype_policy_map import DTypePolicyMap

__all__ = ["DTypePolicy", "DTypePolicyMap", "FloatDTypePolicy", "deserialize", "get", "serialize"]

_QUANTIZED = (
    "AWQDTypePolicy", "GPTQDTypePolicy", "Int4DTypePolicy", "QuantizedDTypePolicy", "QuantizedFloat8DTypePolicy",
)  # fmt: skip
_QUANTIZED_NAMES = ("int8_from_", "float8_from_", "int4_from_", "int4/", "gptq", "awq")


def __getattr__(name: str) -> Any:
    if name in _QUANTIZED:
        raise AttributeError(_not_there(name))
    if name != "DTypePolicyMap":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    # Few programmes ask for it, and it takes time to import.
    found = globals()[name] = import_module(f"{__name__}.dtype_policy_map").DTypePolicyMap
    return found


def _not_there(what: str) -> str:
    return f"Nothing is quantized here: expected a policy of dtypes such as 'mixed_bfloat16', got {what}"


def get(identifier: Any) -> DTypePolicy:
    """The policy that an identifier means: a name, a dtype, a configuration or a policy; None is the default policy.

    Raises:
        ValueError: it means none, or one of quantization, such as "int8_from_float32".

    >>> get("float64"), get({"class_name": "DTypePolicy", "config": {"name": "mixed_float16"}})
    (<DTypePolicy "float64">, <DTypePolicy "mixed_float16">)
    """
    if identifier is None:
        return dtype_policy.dtype_policy()
    if isinstance(identifier, DTypePolicy):
        return identifier
    if isinstance(identifier, Mapping):
        return deserialize(identifier)
    if isinstance(identifier, str):
        if identifier.startswith(_QUANTIZED_NAMES):
            raise ValueError(_not_there(repr(identifier)))
        return DTypePolicy(identifier)
    try:
        return DTypePolicy(dtypes.standardize(identifier))
    except ValueError:
        raise ValueError(
            f"Cannot interpret `dtype` argument. Expected a string or an instance of DTypePolicy. Received: "
            f"dtype={identifier}"
        ) from None


def serialize(policy: DTypePolicy) -> dict[str, Any]:
    """A policy's configuration, as Keras writes it.

    >>> serialize(DTypePolicy("float32"))["config"]
    {'name': 'float32'}
    """
    cls = type(policy)
    known = cls.__module__.startswith(f"{__name__}.")
    return {
        "module": policy.keras_module if known else cls.__module__,
        "class_name": cls.__name__,
        "config": policy.get_config(),
        "registered_name": None if known else cls.__name__,
    }


def deserialize(
    config: Mapping[str, Any], custom_objects: Mapping[str, Callable[..., Any]] | None = None
) -> DTypePolicy:
    """The policy that a configuration describes.

    Raises:
        ValueError: it describes none, or one of quantization.
    """
    name = config.get("class_name")
    if name in _QUANTIZED:
        raise ValueError(_not_there(repr(config)))
    known = {"DTypePolicy": DTypePolicy, "FloatDTypePolicy": DTypePolicy, **(custom_objects or {})}
    make = __getattr__(name) if name == "DTypePolicyMap" else known.get(name or "")
    if make is None:
        raise ValueError(f"Expected the configuration of a DTypePolicy, got {config!r}")
    policy: DTypePolicy = make(**config["config"])
    return policy
