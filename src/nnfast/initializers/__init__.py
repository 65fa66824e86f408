"""Initializers: the values that weights have before training.

An initializer is called with a shape and a dtype and returns an array.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from nnfast.graph import Array, Tensor
from nnfast.initializers.constant_initializers import STFT, Constant, Identity, Ones, Zeros, dtype_or_floatx
from nnfast.initializers.initializer import Initializer
from nnfast.initializers.random_initializers import (
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    LecunNormal,
    LecunUniform,
    Orthogonal,
    RandomInitializer,
    RandomNormal,
    RandomUniform,
    TruncatedNormal,
    VarianceScaling,
    compute_fans,
)
from nnfast.naming import to_snake_case
from nnfast.utils.registry import Registry

_CLASSES: tuple[type[Initializer], ...] = (
    STFT, Constant, GlorotNormal, GlorotUniform, HeNormal, HeUniform, Identity, LecunNormal, LecunUniform, Ones,
    Orthogonal, RandomNormal, RandomUniform, TruncatedNormal, VarianceScaling, Zeros,
)  # fmt: skip
_registry = Registry(
    "initializer",
    "keras.initializers",
    {
        **{cls.__name__: cls for cls in _CLASSES},
        **{to_snake_case(cls.__name__): cls for cls in _CLASSES},
        **{"normal": RandomNormal, "one": Ones, "uniform": RandomUniform, "zero": Zeros},
        **{"IdentityInitializer": Identity, "OrthogonalInitializer": Orthogonal, "STFTInitializer": STFT},
    },
)

# Keras's other names for them.
IdentityInitializer = identity = Identity
OrthogonalInitializer = orthogonal = Orthogonal
STFTInitializer = stft = STFT
constant = Constant
glorot_normal = GlorotNormal
glorot_uniform = GlorotUniform
he_normal = HeNormal
he_uniform = HeUniform
lecun_normal = LecunNormal
lecun_uniform = LecunUniform
ones = Ones
random_normal = RandomNormal
random_uniform = RandomUniform
truncated_normal = TruncatedNormal
variance_scaling = VarianceScaling
zeros = Zeros


def get(identifier: Any) -> Any:
    """The initializer that `identifier` means.

    Args:
        identifier: a name ("glorot_uniform", "GlorotUniform", without regard to case), an initializer or its class,
            a function of a shape and a dtype, an array to start from, the result of `serialize`, or None for None.

    Raises:
        ValueError: no initializer is called so; the message lists those that are.

    >>> type(get("he_normal")).__name__, type(get("Zeros")).__name__
    ('HeNormal', 'Zeros')
    """
    if identifier is None:
        return None
    if isinstance(identifier, np.ndarray | np.generic):
        return _starting_from(np.asarray(identifier))
    return _registry.get(identifier)


def serialize(initializer: Any) -> dict[str, Any]:
    """The class and the arguments of an initializer as a dictionary.

    >>> serialize(Zeros())["class_name"]
    'Zeros'
    """
    return _registry.serialize(initializer)


def deserialize(config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Any:
    """A new initializer of the class and with the arguments that `serialize` described.

    Args:
        config: what `serialize` returned; "class_name" and "config" are read.
        custom_objects: initializer classes by name, looked up before the built-in ones.

    Raises:
        ValueError: no initializer is called so.

    >>> deserialize({"class_name": "RandomUniform", "config": {"minval": -1.0, "maxval": 1.0}}).maxval
    1.0
    """
    return _registry.deserialize(config, custom_objects)


def _starting_from(values: Array) -> Callable[..., Any]:
    def initialize(shape: Sequence[int], dtype: object = None) -> Tensor:
        if tuple(shape) != values.shape:
            raise ValueError(
                f"Expected `shape` to be {values.shape}, that of the array given as initializer, got {tuple(shape)}"
            )
        return values.astype(dtype_or_floatx(dtype)).view(Tensor)

    return initialize


__all__ = [
    "STFT",
    "Constant",
    "GlorotNormal",
    "GlorotUniform",
    "HeNormal",
    "HeUniform",
    "Identity",
    "IdentityInitializer",
    "Initializer",
    "LecunNormal",
    "LecunUniform",
    "Ones",
    "Orthogonal",
    "OrthogonalInitializer",
    "RandomInitializer",
    "RandomNormal",
    "RandomUniform",
    "STFTInitializer",
    "TruncatedNormal",
    "VarianceScaling",
    "Zeros",
    "compute_fans",
    "constant",
    "deserialize",
    "get",
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "identity",
    "lecun_normal",
    "lecun_uniform",
    "ones",
    "orthogonal",
    "random_normal",
    "random_uniform",
    "serialize",
    "stft",
    "truncated_normal",
    "variance_scaling",
    "zeros",
]
