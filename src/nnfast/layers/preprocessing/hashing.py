"""Hashing: strings and whole numbers as few whole numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from nnfast import config, ops
from nnfast.layers.input_spec import Shape
from nnfast.layers.preprocessing.array_layer import Array, ArrayLayer, strings
from nnfast.layers.preprocessing.encoding import encode_array, encoded_shape, output_mode, refuse_sparse
from nnfast.layers.preprocessing.fingerprints import farm_hash, sip_hash


class Hashing(ArrayLayer):
    """Strings or whole numbers as numbers of bins, the same in every process; called with arrays, before a model.

    Args:
        num_bins: how many bins, positive.
        mask_value: what bin 0 is kept for; default None, none.
        salt: one or two whole numbers that make other bins: with them the hash is SipHash64, else FarmHash64.
        output_mode: "int" (default), the number of the bin; "one_hot", "multi_hot" and "count" as of CategoryEncoding.
        sparse: only False.
        **kwargs: name, and dtype: default "int64" in the mode "int", else floatx.

    Raises:
        ValueError: bins that are not positive; an unknown mode; a salt of another kind; a dtype that is not of whole
            numbers in the mode "int".

    >>> Hashing(num_bins=3)([["A"], ["B"], ["C"]]).tolist()
    [[1], [0], [1]]
    """

    def __init__(
        self,
        num_bins: int,
        mask_value: Any = None,
        salt: int | Sequence[int] | None = None,
        output_mode: str = "int",
        sparse: bool = False,
        **kwargs: Any,
    ) -> None:
        if kwargs.get("dtype") is None:
            kwargs["dtype"] = "int64" if output_mode == "int" else config.floatx()
        super().__init__(**kwargs)
        if num_bins is None or num_bins <= 0:
            raise ValueError(
                f"The `num_bins` for `Hashing` cannot be `None` or non-positive values. Received: num_bins={num_bins}."
            )
        self.output_mode = _mode(output_mode)
        if self.output_mode == "int" and self.compute_dtype not in ("int32", "int64"):
            raise ValueError(
                "When `output_mode=\"int\"`, `dtype` should be an integer type, 'int32' or 'int64'. Received: "
                f"dtype={self.compute_dtype}"
            )
        refuse_sparse("Hashing", sparse)
        self.num_bins = num_bins
        self.mask_value = mask_value
        self.salt = as_salt("Hashing", salt)
        self.sparse = sparse

    def call(self, inputs: Any) -> Any:
        values = np.asarray(inputs)
        masked = self.mask_value is not None and self.num_bins > 1
        bins = hash_bins(values, self.num_bins - masked, self.salt)
        if masked:
            texts = values if values.dtype.kind in "iuf" else strings(values)
            bins = np.where(texts == self.mask_value, 0, bins + 1)
        return ops.convert_to_tensor(encode_array(bins, self.output_mode, self.num_bins, self.compute_dtype))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return encoded_shape(input_shape, self.output_mode, self.num_bins)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "num_bins": self.num_bins,
            "salt": self.salt,
            "mask_value": self.mask_value,
            "output_mode": self.output_mode,
            "sparse": self.sparse,
        }


def hash_bins(values: Array, count: int, salt: Sequence[int] | None, encoding: str = "utf-8") -> Array:
    """The bin, of `count`, of each value: FarmHash64 of what it is written as, or SipHash64 with a salt.

    Fractions of numbers are cut off.
    """
    texts = strings(values.astype("int64") if values.dtype.kind == "f" else values, encoding)
    distinct, places = np.unique(texts, return_inverse=True)
    data = (text.encode(encoding) for text in distinct.tolist())
    hashes = [(farm_hash(item) if salt is None else sip_hash(item, salt)) % count for item in data]
    return np.array(hashes, "int64")[places].reshape(values.shape)


def as_salt(layer: str, salt: Any) -> list[int] | None:
    """Two numbers, of one or two.

    Raises:
        ValueError: something else.
    """
    if salt is None:
        return None
    if isinstance(salt, int):
        return [salt, salt]
    if isinstance(salt, list | tuple) and len(salt) == 2:
        return [int(number) for number in salt]
    raise ValueError(
        f"The `salt` argument for `{layer}` can only be a tuple of size 2 integers, or a single integer. "
        f"Received: salt={salt}."
    )


def _mode(mode: str) -> str:
    return output_mode(mode, ("int", "one_hot", "multi_hot", "count"))
