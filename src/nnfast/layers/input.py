"""Input: where a network's data comes in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nnfast.graph import KerasTensor, TensorSpec, dtypes, source
from nnfast.layers.input_spec import Shape, standard_shape
from nnfast.layers.layer import Layer


class InputLayer(Layer):
    """Holds the shape and the dtype of a network's inputs; `Input` is the usual way to make one.

    Args:
        shape: of one sample, without the batch dimension; `input_shape` is the same.
        batch_size: default None, any.
        dtype: of the data once in the network; default `config.floatx()`.
        batch_shape: the shape with its batch dimension, instead of `shape` and `batch_size`.
        name: default 'input_layer'.
        optional: whether a model may be given None in its place; default False.

    >>> InputLayer(shape=(28, 28)).batch_shape
    (None, 28, 28)
    """

    def __init__(
        self,
        shape: Sequence[int | None] | None = None,
        batch_size: int | None = None,
        dtype: str | None = None,
        *,
        batch_shape: Sequence[int | None] | None = None,
        name: str | None = None,
        input_shape: Sequence[int | None] | None = None,
        optional: bool = False,
    ) -> None:
        super().__init__(name=name)
        self.optional = optional
        shape = input_shape if shape is None else shape
        if batch_shape is None:
            if shape is None:
                raise ValueError("An input needs a shape, such as shape=(784,)")
            batch_shape = (batch_size, *standard_shape(shape))
        elif shape is not None or batch_size is not None:
            raise ValueError("An input takes either batch_shape or shape and batch_size, not both")
        self.batch_shape: Shape = standard_shape(batch_shape)
        self.dtype = dtypes.standardize(float if dtype is None else dtype)
        self._first_call = source(self, TensorSpec(self.batch_shape, self.dtype), self.name).call
        self.built = True

    def call(self, inputs: Any) -> Any:
        return inputs

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        config = {"batch_shape": self.batch_shape, "dtype": self.dtype, "name": self.name}
        return {**config, "optional": True} if self.optional else config


def Input(
    shape: Sequence[int | None] | None = None,
    batch_size: int | None = None,
    dtype: str | None = None,
    *,
    batch_shape: Sequence[int | None] | None = None,
    name: str | None = None,
    optional: bool = False,
) -> KerasTensor:
    """A tensor that stands for a network's inputs: what layers and ops make of it can become a Model.

    Args:
        shape: of one sample, without the batch dimension.
        batch_size: default None, any.
        dtype: of the data once in the network; default `config.floatx()`.
        batch_shape: the shape with its batch dimension, instead of `shape` and `batch_size`.
        name: default 'input_layer'.
        optional: whether a model may be given None in its place; default False.

    Raises:
        ValueError: no shape is given, or one that is not a tuple of sizes.

    >>> Input((784,)).shape
    (None, 784)
    """
    tensor: KerasTensor = InputLayer(
        shape, batch_size, dtype, batch_shape=batch_shape, name=name, optional=optional
    ).output
    return tensor
