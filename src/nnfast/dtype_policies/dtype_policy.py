"""Policies of dtypes: the one that a layer keeps its weights in, and the one that it computes in.

With mixed precision (Micikevicius et al., 2018) they are two: weights stay float32, so that small updates are not lost,
and what layers pass on is half precision.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from nnfast.graph import dtypes

_MIXED = {"mixed_float16": "float16", "mixed_bfloat16": "bfloat16"}


class DTypePolicy:
    """The dtypes of a layer's weights and of what it computes.

    Args:
        name: a dtype, for both; "mixed_float16" or "mixed_bfloat16" for weights of float32 and computation in half
            precision; default the one of `set_dtype_policy`.

    Raises:
        TypeError: the name is no string.
        ValueError: there is no such policy.
        ImportError: for bfloat16 where ml_dtypes is not installed.

    >>> policy = DTypePolicy("mixed_float16")
    >>> policy.compute_dtype, policy.variable_dtype
    ('float16', 'float32')
    """

    keras_module = "keras"

    def __init__(self, name: str | None = None) -> None:
        if name is None:
            name = dtype_policy().name
        if not isinstance(name, str):
            raise TypeError(
                f"'name' must be a string, such as 'mixed_float16'. Received: name={name} (of type {type(name)})"
            )
        compute_dtype = _MIXED.get(name, name)
        if compute_dtype not in dtypes.SUPPORTED:
            raise ValueError(
                f"Cannot convert '{name}' to a mixed precision DTypePolicy. Valid policies include 'mixed_float16', "
                f"'mixed_bfloat16', and the name of any dtype among {', '.join(dtypes.SUPPORTED)}."
            )
        self._compute_dtype = dtypes.standardize(compute_dtype)
        self._name = name
        self._variable_dtype = "float32" if name in _MIXED else self._compute_dtype

    @property
    def name(self) -> str:
        return self._name

    @property
    def compute_dtype(self) -> str:
        """What a layer computes in, and its outputs have."""
        return self._compute_dtype

    @property
    def variable_dtype(self) -> str:
        """What a layer's weights are kept in."""
        return self._variable_dtype

    @property
    def quantization_mode(self) -> None:
        """None: nothing is quantized."""
        return None

    def at(self, path: str | None) -> DTypePolicy:
        """The policy of the layer that has this path, or has none yet: this one."""
        return self

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        return cls(**config)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DTypePolicy) and other.name == self.name

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        return f'<DTypePolicy "{self.name}">'


FloatDTypePolicy = DTypePolicy

_default: DTypePolicy | None = None  # what set_dtype_policy said, where it is not floatx


def dtype_policy() -> DTypePolicy:
    """The policy of layers that are given none: what `set_dtype_policy` said, else `floatx()`."""
    return DTypePolicy(dtypes.floatx()) if _default is None else _default


def set_dtype_policy(policy: DTypePolicy | str) -> None:
    """Sets the policy of layers to come.

    Raises:
        ValueError: there is no such policy, or it is one of whole numbers, which no layer's weights begin as.

    >>> set_dtype_policy("mixed_float16")
    >>> dtype_policy()
    <DTypePolicy "mixed_float16">
    >>> set_dtype_policy("float32")
    """
    global _default
    if not isinstance(policy, DTypePolicy | str):
        raise ValueError(
            "Invalid `policy` argument. Expected the string name of a policy (such as 'mixed_float16') or a "
            f"`DTypePolicy` instance. Received: policy={policy} (of type {type(policy)})"
        )
    given = DTypePolicy(policy) if isinstance(policy, str) else policy
    if not dtypes.is_float(given.variable_dtype):
        raise ValueError(f"Expected a default policy of floats, among {', '.join(dtypes.FLOATS)}, got {given.name!r}.")
    _default = None if given.name == dtypes.floatx() else given
