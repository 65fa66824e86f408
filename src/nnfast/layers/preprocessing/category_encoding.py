"""CategoryEncoding: whole numbers as vectors with a place for each."""

from __future__ import annotations

from typing import Any

from nnfast.layers.input_spec import Shape
from nnfast.layers.layer import Layer
from nnfast.layers.preprocessing.encoding import encode, encoded_shape, output_mode, refuse_sparse


class CategoryEncoding(Layer):
    """Whole numbers as vectors with a place for each number; before a model or in it.

    Args:
        num_tokens: how many numbers there are: from 0 to below it. Others count nowhere.
        output_mode: "multi_hot" (default), 1 in the place of each number that is in a sample; "count", how often it is;
            "one_hot", a vector for each number of a sample.
        sparse: only False.
        **kwargs: name, dtype, as of Layer.

    Call arguments:
        inputs: whole numbers of shape (..., n), n of a sample.
        count_weights: in the mode "count", what each number counts for, in the shape of the inputs.

    Raises:
        ValueError: `num_tokens` is not positive; an unknown mode; weights in another mode.

    >>> CategoryEncoding(4)([[0, 1], [3, 3]]).tolist()
    [[1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0]]
    >>> CategoryEncoding(3, "count")([[0, 1], [2, 2]], count_weights=[[0.5, 1.0], [2.0, 3.0]]).tolist()
    [[0.5, 1.0, 0.0], [0.0, 0.0, 5.0]]
    """

    def __init__(
        self, num_tokens: int | None = None, output_mode: str = "multi_hot", sparse: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        refuse_sparse("CategoryEncoding", sparse)
        self.output_mode = _mode(output_mode)
        if num_tokens is None:
            raise ValueError(
                "num_tokens must be set to use this layer. If the number of tokens is not known beforehand, use the "
                "IntegerLookup layer instead."
            )
        if num_tokens < 1:
            raise ValueError(f"`num_tokens` must be >= 1. Received: num_tokens={num_tokens}.")
        self.num_tokens = num_tokens
        self.sparse = sparse
        self._build_at_init()

    def call(self, inputs: Any, count_weights: Any = None) -> Any:
        if count_weights is not None and self.output_mode != "count":
            raise ValueError(
                "`count_weights` is not used when `output_mode` is not `'count'`. Received "
                f"`count_weights={count_weights}`."
            )
        return encode(inputs, self.output_mode, self.num_tokens, self.compute_dtype, count_weights)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return encoded_shape(input_shape, self.output_mode, self.num_tokens)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "num_tokens": self.num_tokens, "output_mode": self.output_mode}


def _mode(mode: str) -> str:
    return output_mode(mode, ("count", "one_hot", "multi_hot"))
