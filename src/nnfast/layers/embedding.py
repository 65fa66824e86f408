"""Embedding: whole numbers as vectors."""

from __future__ import annotations

import operator
import warnings
from typing import Any

from nnfast import constraints, initializers, ops, regularizers
from nnfast.graph import Variable
from nnfast.layers.input_spec import Shape
from nnfast.layers.layer import Layer


class Embedding(Layer):
    """Whole numbers as vectors that are learnt: inputs of any shape as (..., output_dim).

    Args:
        input_dim: how many vectors there are; inputs are from 0 to below it.
        output_dim: the length of each.
        embeddings_initializer: default "uniform".
        embeddings_regularizer, embeddings_constraint: default None.
        mask_zero: whether 0 stands for nothing, so that the outputs have a mask; default False.
        weights: the vectors to begin with, of shape (input_dim, output_dim); default None.
        **kwargs: name, dtype, input_shape, as of Layer.

    Raises:
        ValueError: a dimension is no positive integer; when called, an input out of range.

    >>> Embedding(2, 3, weights=[[0.0, 0.5, 1.0], [2.0, 2.5, 3.0]])([[1, 0]]).tolist()
    [[[2.0, 2.5, 3.0], [0.0, 0.5, 1.0]]]
    """

    embeddings: Variable

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        embeddings_initializer: Any = "uniform",
        embeddings_regularizer: Any = None,
        embeddings_constraint: Any = None,
        mask_zero: bool = False,
        weights: Any = None,
        **kwargs: Any,
    ) -> None:
        if kwargs.pop("input_length", None) is not None:
            warnings.warn("Argument `input_length` is deprecated. Just remove it.", stacklevel=2)
        super().__init__(**kwargs)
        self.autocast = False
        self.input_dim = _positive_integer("input_dim", input_dim)
        self.output_dim = _positive_integer("output_dim", output_dim)
        self.embeddings_initializer = initializers.get(embeddings_initializer)
        self.embeddings_regularizer = regularizers.get(embeddings_regularizer)
        self.embeddings_constraint = constraints.get(embeddings_constraint)
        self.mask_zero = mask_zero
        self.supports_masking = mask_zero
        if weights is not None:
            self.build()
            self.set_weights(weights if isinstance(weights, list) and len(weights) == 1 else [weights])

    @property
    def input_dtype(self) -> str:
        """Floating-point inputs are taken as whole numbers."""
        return "int32"

    def build(self, input_shape: Shape | None = None) -> None:
        self.embeddings = self.add_weight(
            (self.input_dim, self.output_dim),
            self.embeddings_initializer,
            regularizer=self.embeddings_regularizer,
            constraint=self.embeddings_constraint,
            name="embeddings",
        )

    def call(self, inputs: Any) -> Any:
        whole = inputs if str(inputs.dtype) in ("int32", "int64") else ops.cast(inputs, "int32")
        return ops.cast(ops.take(self.embeddings, whole, axis=0), self.compute_dtype)

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """True where the input is not 0, with `mask_zero`; else None."""
        return ops.not_equal(inputs, 0) if self.mask_zero else None

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (*input_shape, self.output_dim)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "input_dim": self.input_dim,
            "output_dim": self.output_dim,
            "embeddings_initializer": initializers.serialize(self.embeddings_initializer),
            "embeddings_regularizer": regularizers.serialize(self.embeddings_regularizer),
            "activity_regularizer": regularizers.serialize(self.activity_regularizer),
            "embeddings_constraint": constraints.serialize(self.embeddings_constraint),
            "mask_zero": self.mask_zero,
        }


def _positive_integer(name: str, value: Any) -> int:
    try:
        number = 0 if isinstance(value, bool) else operator.index(value)
    except TypeError:
        number = 0
    if number <= 0:
        raise ValueError(f"`{name}` must be a positive integer, got {value!r}")
    return number
