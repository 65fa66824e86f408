"""Masking: steps that hold nothing but one value do not count."""

from __future__ import annotations

from typing import Any

from nnfast import ops
from nnfast.graph import set_mask
from nnfast.layers.elementwise import Elementwise


class Masking(Elementwise):
    """Gives sequences a mask: a step counts unless all of its features are `mask_value`; others become 0.

    Args:
        mask_value: default 0.
        **kwargs: name, dtype, input_shape, as of Layer.

    >>> layer = Masking(mask_value=9.0)
    >>> layer([[[1.0, 9.0], [9.0, 9.0]]]).tolist()
    [[[1.0, 9.0], [0.0, 0.0]]]
    >>> layer.compute_mask([[[1.0, 9.0], [9.0, 9.0]]]).tolist()
    [[True, False]]
    """

    def __init__(self, mask_value: float = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.mask_value = mask_value

    def call(self, inputs: Any) -> Any:
        counts = ops.any(ops.not_equal(inputs, self.mask_value), axis=-1, keepdims=True)
        outputs = ops.where(counts, inputs, 0)
        set_mask(outputs, ops.squeeze(counts, -1))
        return outputs

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """True for the steps that count."""
        return ops.any(ops.not_equal(inputs, self.mask_value), axis=-1)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "mask_value": self.mask_value}
