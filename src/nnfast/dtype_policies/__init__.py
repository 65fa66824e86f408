"""Policies of dtypes: what a layer's weights are kept in, and what it computes in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from nnfast.dtype_policies import dtype_policy
from nnfast.dtype_policies.dtype_policy import DTypePolicy, FloatDTypePolicy
from nnfast.graph import dtypes

__all__ = ["DTypePolicy", "FloatDTypePolicy", "deserialize", "get", "serialize"]


def get(identifier: Any) -> DTypePolicy:
    """The policy that an identifier means: a name, a dtype, a configuration or a policy; None is the default policy.

    Raises:
        ValueError: it means none.

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
    return {
        "module": "keras",
        "class_name": "DTypePolicy",
        "config": policy.get_config(),
        "registered_name": None,
    }


def deserialize(
    config: Mapping[str, Any], custom_objects: Mapping[str, Callable[..., Any]] | None = None
) -> DTypePolicy:
    """The policy that a configuration describes.

    Raises:
        ValueError: it describes none.
    """
    known = {"DTypePolicy": DTypePolicy, "FloatDTypePolicy": DTypePolicy, **(custom_objects or {})}
    make = known.get(config.get("class_name", ""))
    if make is None:
        raise ValueError(f"Expected the configuration of a DTypePolicy, got {config!r}")
    policy: DTypePolicy = make(**config["config"])
    return policy
