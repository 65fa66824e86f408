"""Policies of dtypes, under Keras's names: float32 or float64, in which weights are kept and computed with alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from nnfast import config
from nnfast.graph import dtypes


class DTypePolicy:
    """The dtypes of a layer's weights and of what it computes in, which are one here.

    Args:
        name: "float32" or "float64"; default `config.floatx()`.

    Raises:
        ValueError: another name; half precision is not there.

    >>> DTypePolicy("float64").compute_dtype
    'float64'
    """

    def __init__(self, name: str | None = None) -> None:
        known = name if isinstance(name, str) else config.floatx() if name is None else None
        if known not in dtypes.FLOATS:
            raise ValueError(
                f"Expected a policy called {' or '.join(dtypes.FLOATS)}, got {name!r}: nnfast computes in one float "
                "type, and not in half precision"
            )
        self.name = known

    @property
    def compute_dtype(self) -> str:
        return self.name

    @property
    def variable_dtype(self) -> str:
        return self.name

    @property
    def quantization_mode(self) -> None:
        return None

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
        return f"<DTypePolicy {self.name!r}>"


Policy = DTypePolicy


def dtype_policy() -> DTypePolicy:
    """The policy of layers that are given none: `config.floatx()`."""
    return DTypePolicy()


def set_dtype_policy(policy: DTypePolicy | str) -> None:
    """Set the policy of layers to come, which is `config.set_floatx`.

    Raises:
        ValueError: another name than "float32" and "float64".

    >>> set_dtype_policy("float64")
    >>> dtype_policy(), config.floatx()
    (<DTypePolicy 'float64'>, 'float64')
    >>> set_dtype_policy("float32")
    """
    config.set_floatx((policy if isinstance(policy, DTypePolicy) else DTypePolicy(policy)).name)


global_policy, set_global_policy = dtype_policy, set_dtype_policy
