"""ReversibleEmbedding: whole numbers as vectors, and vectors as scores of whole numbers."""

from __future__ import annotations

from typing import Any

from nnfast import ops
from nnfast.graph import KerasTensor, Variable, set_mask
from nnfast.layers.embedding import Embedding
from nnfast.layers.input_spec import Shape


class ReversibleEmbedding(Embedding):
    """An Embedding that can be called the other way round: vectors as a score for each whole number.

    Args:
        input_dim, output_dim: as of Embedding.
        tie_weights: whether the way back uses the vectors themselves; else it has a matrix of its own; default True.
        embeddings_initializer, embeddings_regularizer, embeddings_constraint, mask_zero: as of Embedding.
        reverse_dtype: what the way back computes in; default the layer's.
        logit_soft_cap: what scores c are kept below, as cap * tanh(c / cap); default None.
        **kwargs: name, dtype, input_shape, as of Layer.

    >>> both = ReversibleEmbedding(3, 2, weights=[[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    >>> both([[2]]).tolist()
    [[[1.0, 1.0]]]
    >>> both([[1.0, 1.0]], reverse=True).tolist()
    [[1.0, 1.0, 2.0]]
    """

    reverse_embeddings: Variable

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        tie_weights: bool = True,
        embeddings_initializer: Any = "uniform",
        embeddings_regularizer: Any = None,
        embeddings_constraint: Any = None,
        mask_zero: bool = False,
        reverse_dtype: str | None = None,
        logit_soft_cap: float | None = None,
        **kwargs: Any,
    ) -> None:
        self.tie_weights = tie_weights
        super().__init__(
            input_dim,
            output_dim,
            embeddings_initializer,
            embeddings_regularizer,
            embeddings_constraint,
            mask_zero,
            **kwargs,
        )
        self.reverse_dtype = reverse_dtype
        self.logit_soft_cap = logit_soft_cap

    def build(self, input_shape: Shape | None = None) -> None:
        super().build(input_shape)
        if not self.tie_weights:
            self.reverse_embeddings = self.add_weight(
                (self.output_dim, self.input_dim), self.embeddings_initializer, name="reverse_embeddings"
            )

    def call(self, inputs: Any, reverse: bool = False) -> Any:
        """The vectors for whole numbers; with `reverse`, the scores for vectors."""
        if not reverse:
            vectors = super().call(inputs)
            mask = super().compute_mask(inputs)
            if mask is not None:
                set_mask(vectors, mask)
            return vectors
        kernel = ops.transpose(self.embeddings) if self.tie_weights else self.reverse_embeddings
        if self.reverse_dtype is not None:
            inputs, kernel = ops.cast(inputs, self.reverse_dtype), ops.cast(kernel, self.reverse_dtype)
        scores = ops.matmul(inputs, kernel)
        cap = self.logit_soft_cap
        return scores if cap is None else ops.multiply(ops.tanh(ops.divide(scores, cap)), cap)

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """None: `call` sees to the mask, as the way back has none."""
        return None

    def compute_output_shape(self, input_shape: Shape, reverse: bool = False) -> Shape:
        return (*input_shape[:-1], self.input_dim) if reverse else super().compute_output_shape(input_shape)

    def compute_output_spec(self, inputs: Any, reverse: bool = False) -> Any:
        return KerasTensor(self.compute_output_shape(inputs.shape, reverse), self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "tie_weights": self.tie_weights,
            "reverse_dtype": self.reverse_dtype,
            "logit_soft_cap": self.logit_soft_cap,
        }
