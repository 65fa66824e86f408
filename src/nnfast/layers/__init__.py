"""Layers: the parts of a network."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from nnfast.layers.activation import ELU, Activation, LeakyReLU, PReLU, ReLU, Softmax
from nnfast.layers.batch_normalization import BatchNormalization
from nnfast.layers.dense import Dense
from nnfast.layers.elementwise import ActivityRegularization, Identity
from nnfast.layers.embedding import Embedding
from nnfast.layers.input import Input, InputLayer
from nnfast.layers.input_spec import InputSpec
from nnfast.layers.lambda_layer import Lambda
from nnfast.layers.layer import Layer
from nnfast.layers.layer_normalization import LayerNormalization
from nnfast.layers.masking import Masking
from nnfast.layers.merging import (
    Add,
    Average,
    Concatenate,
    Dot,
    Maximum,
    Minimum,
    Multiply,
    Subtract,
    add,
    average,
    concatenate,
    dot,
    maximum,
    minimum,
    multiply,
    subtract,
)
from nnfast.layers.noise import AlphaDropout, Dropout, GaussianDropout, GaussianNoise
from nnfast.layers.pooling import (
    GlobalAveragePooling1D,
    GlobalAveragePooling2D,
    GlobalAveragePooling3D,
    GlobalMaxPooling1D,
    GlobalMaxPooling2D,
    GlobalMaxPooling3D,
)
from nnfast.layers.rescaling import Normalization, Rescaling
from nnfast.layers.reshaping import Flatten, Permute, RepeatVector, Reshape
from nnfast.layers.spatial_dropout import SpatialDropout1D, SpatialDropout2D, SpatialDropout3D
from nnfast.layers.wrapper import Wrapper
from nnfast.utils.registry import Registry

if TYPE_CHECKING:
    from nnfast.layers.einsum_dense import EinsumDense
    from nnfast.layers.group_normalization import GroupNormalization
    from nnfast.layers.pipeline import Pipeline
    from nnfast.layers.preprocessing import (
        CategoryEncoding,
        Discretization,
        HashedCrossing,
        Hashing,
        IntegerLookup,
        StringLookup,
        TextVectorization,
    )
    from nnfast.layers.reversible_embedding import ReversibleEmbedding
    from nnfast.layers.spectral_normalization import SpectralNormalization
    from nnfast.layers.unit_normalization import RMSNormalization, UnitNormalization

GlobalAvgPool1D = GlobalAveragePooling1D
GlobalAvgPool2D = GlobalAveragePooling2D
GlobalAvgPool3D = GlobalAveragePooling3D
GlobalMaxPool1D = GlobalMaxPooling1D
GlobalMaxPool2D = GlobalMaxPooling2D
GlobalMaxPool3D = GlobalMaxPooling3D

__all__ = [
    "ELU",
    "Activation",
    "ActivityRegularization",
    "Add",
    "AlphaDropout",
    "Average",
    "BatchNormalization",
    "CategoryEncoding",
    "Concatenate",
    "Dense",
    "Discretization",
    "Dot",
    "Dropout",
    "EinsumDense",
    "Embedding",
    "Flatten",
    "GaussianDropout",
    "GaussianNoise",
    "GlobalAveragePooling1D",
    "GlobalAveragePooling2D",
    "GlobalAveragePooling3D",
    "GlobalAvgPool1D",
    "GlobalAvgPool2D",
    "GlobalAvgPool3D",
    "GlobalMaxPool1D",
    "GlobalMaxPool2D",
    "GlobalMaxPool3D",
    "GlobalMaxPooling1D",
    "GlobalMaxPooling2D",
    "GlobalMaxPooling3D",
    "GroupNormalization",
    "HashedCrossing",
    "Hashing",
    "Identity",
    "Input",
    "InputLayer",
    "InputSpec",
    "IntegerLookup",
    "Lambda",
    "Layer",
    "LayerNormalization",
    "LeakyReLU",
    "Masking",
    "Maximum",
    "Minimum",
    "Multiply",
    "Normalization",
    "PReLU",
    "Permute",
    "Pipeline",
    "RMSNormalization",
    "ReLU",
    "RepeatVector",
    "Rescaling",
    "Reshape",
    "ReversibleEmbedding",
    "Softmax",
    "SpatialDropout1D",
    "SpatialDropout2D",
    "SpatialDropout3D",
    "SpectralNormalization",
    "StringLookup",
    "Subtract",
    "TextVectorization",
    "UnitNormalization",
    "Wrapper",
    "add",
    "average",
    "concatenate",
    "deserialize",
    "dot",
    "maximum",
    "minimum",
    "multiply",
    "serialize",
    "subtract",
]

_CLASSES = (
    Activation, ActivityRegularization, Add, AlphaDropout, Average, BatchNormalization, Concatenate, Dense, Dot,
    Dropout, ELU, Embedding, Flatten, GaussianDropout, GaussianNoise, GlobalAveragePooling1D,
    GlobalAveragePooling2D, GlobalAveragePooling3D, GlobalMaxPooling1D, GlobalMaxPooling2D, GlobalMaxPooling3D,
    Identity, InputLayer, Lambda, LayerNormalization, LeakyReLU, Masking, Maximum, Minimum,
    Multiply, Normalization, PReLU, Permute, ReLU, RepeatVector, Rescaling, Reshape, Softmax,
    SpatialDropout1D, SpatialDropout2D, SpatialDropout3D, Subtract, Wrapper,
)  # fmt: skip
# Few programmes ask for these, and they take time to import: by name, their modules.
_LATER = {
    name: f"{__name__}.{module}"
    for module, names in {
        "einsum_dense": ("EinsumDense",),
        "group_normalization": ("GroupNormalization",),
        "pipeline": ("Pipeline",),
        "preprocessing": (
            "CategoryEncoding", "Discretization", "HashedCrossing", "Hashing", "IntegerLookup", "StringLookup",
            "TextVectorization",
        ),
        "reversible_embedding": ("ReversibleEmbedding",),
        "spectral_normalization": ("SpectralNormalization",),
        "unit_normalization": ("RMSNormalization", "UnitNormalization"),
    }.items()
    for name in names
}  # fmt: skip
_registry = Registry("layer", "keras.layers", {**{cls.__name__: cls for cls in _CLASSES}, **_LATER})


def __getattr__(name: str) -> Any:
    if name in _LATER:
        return getattr(import_module(_LATER[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATER})


# Models are layers too, and come from a room above.
register_model = _registry.add


def serialize(layer: Layer) -> dict[str, Any]:
    """The class and the arguments of a layer as a dictionary.

    >>> serialize(Flatten(name="rows"))["class_name"]
    'Flatten'
    """
    return _registry.serialize(layer)


def deserialize(config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Layer:
    """A new layer of the class and with the arguments that `serialize` described; its weights are new.

    Args:
        config: what `serialize` returned.
        custom_objects: layer classes by name, looked up before the built-in ones.

    Raises:
        ValueError: no layer is called so.

    >>> deserialize(serialize(Dense(3))).units
    3
    """
    layer: Layer = _registry.deserialize(config, custom_objects)
    return layer
