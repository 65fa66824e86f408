"""HashedCrossing: several features as one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from nnfast import ops
from nnfast.layers.input_spec import Shape
from nnfast.layers.preprocessing.array_layer import Array, ArrayLayer, strings
from nnfast.layers.preprocessing.encoding import encode_array, encoded_shape, output_mode, refuse_sparse
from nnfast.layers.preprocessing.fingerprints import crossed


class HashedCrossing(ArrayLayer):
    """The combinations of two or more features, strings or whole numbers, as numbers of bins, the same in every
    process; called with a list of arrays, before a model.

    Args:
        num_bins: how many bins, positive.
        output_mode: "int" (default), the number of the bin, or "one_hot", a vector with a place for each.
        sparse: only False.
        name, dtype: as of Layer; the dtype is "int64" by default in the mode "int".

    Call arguments:
        inputs: a list of arrays of one shape: (), (batch,) or (batch, 1).

    Raises:
        ValueError: bins that are not positive; an unknown mode; when called, fewer than two features, other shapes, or
            fractions.

    >>> HashedCrossing(5)([["A", "B", "A"], [101, 101, 102]]).tolist()
    [1, 4, 3]
    """

    def __init__(
        self,
        num_bins: int,
        output_mode: str = "int",
        sparse: bool = False,
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        self.output_mode = _mode(output_mode)
        super().__init__(name=name, dtype="int64" if self.output_mode == "int" and dtype is None else dtype, **kwargs)
        refuse_sparse("HashedCrossing", sparse)
        if num_bins is None or num_bins <= 0:
            raise ValueError(f"`num_bins` of `HashedCrossing` must be positive. Received: num_bins={num_bins}")
        self.num_bins = num_bins
        self.sparse = sparse

    def call(self, inputs: Any) -> Any:
        features = _features(inputs)
        rows = zip(*(feature.ravel().tolist() for feature in features), strict=True)
        bins = np.array([crossed(row) % self.num_bins for row in rows], "int64").reshape(features[0].shape)
        return ops.convert_to_tensor(encode_array(bins, self.output_mode, self.num_bins, self.compute_dtype))

    def compute_output_shape(self, input_shape: Sequence[Shape]) -> Shape:
        if len(input_shape) != 2 or not all(isinstance(shape, tuple) for shape in input_shape):
            raise ValueError(f"Expected as input a list/tuple of 2 tensors. Received input_shape={input_shape}")
        if input_shape[0][-1:] != input_shape[1][-1:]:
            raise ValueError(
                f"Expected the two input tensors to have identical shapes. Received input_shape={input_shape}"
            )
        return encoded_shape(input_shape[0], self.output_mode, self.num_bins)

    def get_config(self) -> dict[str, Any]:
        return {
            "num_bins": self.num_bins,
            "output_mode": self.output_mode,
            "sparse": self.sparse,
            "name": self.name,
            "dtype": self.dtype,
        }


def _features(inputs: Any) -> list[Array]:
    """Arrays of strings and of whole numbers.

    Raises:
        ValueError: fewer than two, other shapes or types.
    """
    if not isinstance(inputs, list | tuple):
        raise ValueError(f"`HashedCrossing` should be called on a list or tuple of inputs. Received: inputs={inputs}")
    if len(inputs) < 2:
        raise ValueError(f"`HashedCrossing` should be called on at least two inputs. Received: inputs={inputs}")
    features = [np.asarray(feature) for feature in inputs]
    shape = features[0].shape
    if len(shape) > 2 or (len(shape) == 2 and shape[-1] != 1):
        raise ValueError(
            "All `HashedCrossing` inputs should have shape `()`, `(batch_size)` or `(batch_size, 1)`. Received: "
            f"inputs={inputs}"
        )
    if any(feature.shape != shape for feature in features):
        raise ValueError(f"All `HashedCrossing` inputs should have equal shape. Received: inputs={inputs}")
    if any(feature.dtype.kind not in "iuSUO" for feature in features):
        raise ValueError(
            f"All `HashedCrossing` inputs should have an integer or string dtype. Received: inputs={inputs}"
        )
    return [feature if feature.dtype.kind in "iu" else strings(feature) for feature in features]


def _mode(mode: str) -> str:
    return output_mode(mode, ("int", "one_hot"))
