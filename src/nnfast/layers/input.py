"""Input: where a network's data comes in."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

from nnfast.graph import KerasTensor, TensorSpec, dtypes, source
from nnfast.layers.input_spec import Shape, standard_shape
from nnfast.layers.layer import Layer


class InputLayer(Layer):
    """Holds the shape and the dtype of a network's inputs; `Input` is the usual way to make one.

    Args:
        shape: of one sample, without the batch dimension.
        batch_size: default None, any.
        dtype: of the data once in the network; default `config.floatx()`.
        sparse, ragged: only None or False.
        batch_shape: the shape with its batch dimension, instead of `shape` and `batch_size`.
        input_tensor: a KerasTensor, to take over its shape and dtype; the others must not differ from these.
        optional: whether a model may be given None in its place; default False.
        name: default 'input_layer'.
        **kwargs: `input_shape` and `batch_input_shape`, names of old for `shape` and `batch_shape`.

    Raises:
        ValueError: no shape is given, or two that differ.

    >>> InputLayer(shape=(28, 28)).batch_shape
    (None, 28, 28)
    """

    def __init__(
        self,
        shape: Sequence[int | None] | None = None,
        batch_size: int | None = None,
        dtype: str | None = None,
        sparse: bool | None = None,
        ragged: bool | None = None,
        batch_shape: Sequence[int | None] | None = None,
        input_tensor: KerasTensor | None = None,
        optional: bool = False,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name)
        for old, new in (("input_shape", "shape"), ("batch_input_shape", "batch_shape")):
            if old in kwargs:
                warnings.warn(f"Argument `{old}` is deprecated. Use `{new}` instead.", stacklevel=2)
        shape = kwargs.pop("input_shape", shape)
        batch_shape = kwargs.pop("batch_input_shape", batch_shape)
        if kwargs:
            raise ValueError(f"Unrecognized keyword arguments of an InputLayer: {', '.join(kwargs)}")
        for what, asked in (("sparse", sparse), ("ragged", ragged)):
            if asked:
                raise ValueError(f"`{what}=True` is not supported: inputs are arrays")
        if input_tensor is not None:
            self.batch_shape, self.dtype_policy = _taken_over(input_tensor, shape, batch_size, batch_shape, dtype)
        else:
            self.batch_shape = _batch_shape(shape, batch_size, batch_shape)
            self.dtype_policy = dtypes.standardize(float if dtype is None else dtype)
        self.sparse = self.ragged = False
        self.optional = optional
        self._first_call = source(self, TensorSpec(self.batch_shape, self.dtype), self.name).call
        self.built = True

    def call(self, inputs: Any = None) -> Any:
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
    sparse: bool | None = None,
    ragged: bool | None = None,
    batch_shape: Sequence[int | None] | None = None,
    name: str | None = None,
    tensor: KerasTensor | None = None,
    optional: bool = False,
) -> KerasTensor:
    """A tensor that stands for a network's inputs: what layers and ops make of it can become a Model.

    Args:
        shape: of one sample, without the batch dimension.
        batch_size: default None, any.
        dtype: of the data once in the network; default `config.floatx()`.
        sparse, ragged: only None or False.
        batch_shape: the shape with its batch dimension, instead of `shape` and `batch_size`.
        name: default 'input_layer'.
        tensor: a KerasTensor, to take over its shape and dtype; default None.
        optional: whether a model may be given None in its place; default False.

    Raises:
        ValueError: no shape is given, or one that is not a tuple of sizes.

    >>> Input((784,)).shape
    (None, 784)
    """
    layer = InputLayer(shape, batch_size, dtype, sparse, ragged, batch_shape, tensor, optional, name)
    made: KerasTensor = layer.output
    return made


def _batch_shape(shape: Any, batch_size: int | None, batch_shape: Any) -> Shape:
    if batch_shape is None:
        if shape is None:
            raise ValueError("You must pass a `shape` argument, such as shape=(784,)")
        return (batch_size, *standard_shape(shape))
    for what, given in (("shape", shape), ("batch_size", batch_size)):
        if given is not None:
            raise ValueError(f"You cannot pass both `{what}` and `batch_shape` at the same time.")
    return standard_shape(batch_shape)


def _taken_over(tensor: Any, shape: Any, batch_size: int | None, batch_shape: Any, dtype: Any) -> tuple[Shape, str]:
    """The shape and dtype of a tensor, unless something else is said of it."""
    if not isinstance(tensor, KerasTensor):
        raise ValueError(f"Argument `input_tensor` must be a KerasTensor, got {tensor!r} of type {type(tensor)}")
    said: dict[str, tuple[Any, Any]] = {
        "batch_size": (batch_size, tensor.shape[:1]),
        "shape": (shape, tensor.shape[1:]),
        "batch_shape": (batch_shape, tensor.shape),
        "dtype": (dtype, tensor.dtype),
    }
    for what, (given, own) in said.items():
        wanted = (given,) if what == "batch_size" else tuple(given) if what.endswith("shape") and given else given
        if given is not None and wanted != own:
            raise ValueError(
                f"When providing the `input_tensor` argument, you cannot provide an incompatible `{what}` argument: "
                f"got {given!r} for {tensor!r}"
            )
    return tensor.shape, tensor.dtype
