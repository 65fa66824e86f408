"""Policies for single layers of a model, by their paths."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any, Self

from nnfast import dtype_policies
from nnfast.dtype_policies.dtype_policy import DTypePolicy


class DTypePolicyMap(DTypePolicy, MutableMapping[str, DTypePolicy]):
    """A dictionary of policies by layers' paths, which layers are given as their `dtype`.

    What is not a layer's whole path is a pattern of `re`, which has to match all of the path: "encoder/.*" is for the
    layers inside of the layer "encoder", and not for that itself.

    Args:
        default_policy: for layers whose path is not there; default the one of `set_dtype_policy`, looked up when it is
            asked for. A map without one is written to files without the names of its policies, as Keras writes it, and
            read with the default policy in their place.
        policy_map: policies, or what `dtype_policies.get` makes policies of, by path.

    Raises:
        TypeError: the policies are no dictionary.
        ValueError: the default policy is a map.

    >>> policies = DTypePolicyMap("float32", {"encoder/.*": DTypePolicy("mixed_float16")})
    >>> policies["encoder/dense"], policies["decoder/dense"]
    (<DTypePolicy "mixed_float16">, <DTypePolicy "float32">)
    """

    keras_module = "keras.dtype_policies"

    def __init__(self, default_policy: Any = None, policy_map: dict[str, Any] | None = None) -> None:
        if isinstance(default_policy, DTypePolicyMap):
            raise ValueError("`default_policy` cannot be a `DTypePolicyMap`.")
        if policy_map is not None and not isinstance(policy_map, dict):
            raise TypeError(
                f"If specified, `policy_map` must be a dict. Received: policy_map={policy_map} of type "
                f"{type(policy_map)}"
            )
        self._given_default = None if default_policy is None else dtype_policies.get(default_policy)
        self._policies: dict[str, DTypePolicy] = {}
        self.update(policy_map or {})

    @property
    def default_policy(self) -> DTypePolicy:
        """The policy of layers whose path is not there."""
        return dtype_policies.get(self._given_default)

    @property
    def name(self) -> str:
        return f"map_{self.default_policy.name}"

    @property
    def compute_dtype(self) -> str:
        return self.default_policy.compute_dtype

    @property
    def variable_dtype(self) -> str:
        return self.default_policy.variable_dtype

    def at(self, path: str | None) -> DTypePolicy:
        return self[path] if path else self.default_policy

    def __getitem__(self, path: str) -> DTypePolicy:
        """The policy of the layer with this path.

        Raises:
            ValueError: several patterns match.
        """
        if path in self._policies:
            return self._policies[path]
        matching = [pattern for pattern in self._policies if re.fullmatch(pattern, path)]
        if len(matching) > 1:
            raise ValueError(
                f"Path '{path}' matches multiple dtype policy specification keys: {matching}. Please make sure each "
                "path only matches at most one dtype policy specification key in the DTypePolicyMap."
            )
        return self._policies[matching[0]] if matching else self.default_policy

    def __setitem__(self, path: str, policy: Any) -> None:
        if path in self._policies:
            raise ValueError(
                f"{path} already exist in the DTypePolicyMap with value {self._policies[path]}. Please make sure to "
                "not use duplicated keys."
            )
        try:
            self._policies[path] = dtype_policies.get(policy)
        except (ValueError, TypeError) as error:
            raise ValueError(
                f"Cannot interpret the assigned value by `dtype_policies.get`. Received: {policy} of type "
                f"{type(policy)}. {error}"
            ) from error

    def __delitem__(self, path: str) -> None:
        del self._policies[path]

    def __contains__(self, path: object) -> bool:
        return path in self._policies

    def __iter__(self) -> Iterator[str]:
        return iter(self._policies)

    def __len__(self) -> int:
        return len(self._policies)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DTypePolicyMap) and self.get_config() == other.get_config()

    __hash__ = None  # type: ignore[assignment]  # it may change

    def get_config(self) -> dict[str, Any]:
        policies = {path: dtype_policies.serialize(policy) for path, policy in self._policies.items()}
        default = self._given_default
        if default is None:
            for policy in policies.values():
                policy["config"] = {"name": None}
        return {"default_policy": None if default is None else default.name, "policy_map": policies}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        return cls(**config)

    def __repr__(self) -> str:
        default = None if self._given_default is None else self._given_default.name
        mapping = [(path, policy.name) for path, policy in self._policies.items()]
        return f"<DTypePolicyMap default_policy={default}, mapping={mapping}>"
