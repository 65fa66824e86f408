"""IntegerLookup: whole numbers as other whole numbers, without gaps."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnfast.layers.preprocessing.array_layer import Array
from nnfast.layers.preprocessing.index_lookup import IndexLookup


class IntegerLookup(IndexLookup):
    """Whole numbers as their indices in a vocabulary; called with arrays, before a model.

    Args:
        max_tokens: how many indices there are at most, those of the mask and of other numbers included; default None,
            any number.
        num_oov_indices: how many indices there are for numbers that are not in the vocabulary; 0 makes them an error.
            Default 1.
        mask_token: the number that stands for nothing, at index 0; default None.
        oov_token: what an index without a number is, inverted; default -1.
        vocabulary: the numbers, or the name of a file with one in each line; default None, for `adapt`.
        vocabulary_dtype: only "int64".
        idf_weights, invert, output_mode, sparse, pad_to_max_tokens, name: as of StringLookup.
        oov_method: with several indices for numbers that are not in the vocabulary, "floormod" (default) gives them the
            one of their remainder, "farmhash" of their hash.
        salt: with "farmhash", one or two whole numbers that make the hashes others; default None.
        **kwargs: dtype, trainable.

    Raises:
        ValueError: arguments that don't go together; a vocabulary with repetitions, or that is too large.

    >>> layer = IntegerLookup(vocabulary=[12, 36, 1138, 42])
    >>> layer([[12, 1138, 42], [42, 1000, 36]]).tolist()
    [[1, 3, 4], [4, 0, 2]]
    """

    def __init__(
        self,
        max_tokens: int | None = None,
        num_oov_indices: int = 1,
        mask_token: int | None = None,
        oov_token: int = -1,
        vocabulary: Any = None,
        vocabulary_dtype: str = "int64",
        idf_weights: Any = None,
        invert: bool = False,
        output_mode: str = "int",
        sparse: bool = False,
        pad_to_max_tokens: bool = False,
        oov_method: str = "floormod",
        salt: Any = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        if vocabulary_dtype != "int64":
            raise ValueError(
                "Only `vocabulary_dtype='int64'` is supported at this time. Received: "
                f"vocabulary_dtype={vocabulary_dtype}"
            )
        super().__init__(
            max_tokens,
            num_oov_indices,
            mask_token,
            oov_token,
            vocabulary_dtype,
            vocabulary,
            idf_weights,
            invert,
            output_mode,
            sparse,
            pad_to_max_tokens,
            oov_method,
            salt,
            name=name,
            **kwargs,
        )

    def as_terms(self, values: Any) -> Array:
        return np.asarray(values).astype("int64")
