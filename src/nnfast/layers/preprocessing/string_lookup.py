"""StringLookup: strings as whole numbers."""

from __future__ import annotations

from typing import Any

from nnfast.layers.preprocessing.array_layer import Array, strings
from nnfast.layers.preprocessing.index_lookup import IndexLookup


class StringLookup(IndexLookup):
    """Strings as their indices in a vocabulary; called with arrays, before a model.

    Args:
        max_tokens: how many indices there are at most, those of the mask and of other strings included; default None,
            any number.
        num_oov_indices: how many indices there are for strings that are not in the vocabulary, which are hashed into
            them; 0 makes them an error. Default 1.
        mask_token: the string that stands for nothing, at index 0; default None.
        oov_token: what an index without a string is, inverted; default "[UNK]".
        vocabulary: the strings, or the name of a file with one in each line; default None, for `adapt`.
        idf_weights: what the counts of each are multiplied by in the mode "tf_idf"; default None.
        invert: whether indices are looked up, and strings found; default False.
        output_mode: "int" (default), the indices; "one_hot", a vector for each; for each sample, "multi_hot": 1 in the
            place of each index in it, "count": how often it is there, "tf_idf": the count times the weight.
        pad_to_max_tokens: whether vectors have `max_tokens` places however many strings there are; default False.
        sparse: only False.
        encoding: of bytes; default "utf-8".
        name: as of Layer.
        salt: one or two whole numbers that make the hashes others; default None.
        **kwargs: dtype, trainable.

    Raises:
        ValueError: arguments that don't go together; a vocabulary with repetitions, or that is too large.

    >>> layer = StringLookup()
    >>> layer.adapt([["a", "c", "d"], ["d", "z", "b"]])
    >>> layer.get_vocabulary()
    ['[UNK]', 'd', 'z', 'c', 'b', 'a']
    >>> layer([["a", "d", "q"]]).tolist()
    [[5, 1, 0]]
    """

    def __init__(
        self,
        max_tokens: int | None = None,
        num_oov_indices: int = 1,
        mask_token: str | None = None,
        oov_token: str = "[UNK]",
        vocabulary: Any = None,
        idf_weights: Any = None,
        invert: bool = False,
        output_mode: str = "int",
        pad_to_max_tokens: bool = False,
        sparse: bool = False,
        encoding: str = "utf-8",
        name: str | None = None,
        salt: Any = None,
        **kwargs: Any,
    ) -> None:
        self.encoding = encoding
        super().__init__(
            max_tokens,
            num_oov_indices,
            mask_token,
            oov_token,
            "string",
            vocabulary,
            idf_weights,
            invert,
            output_mode,
            sparse,
            pad_to_max_tokens,
            salt=salt,
            name=name,
            **kwargs,
        )

    def as_terms(self, values: Any) -> Array:
        return strings(values, self.encoding)

    def get_config(self) -> dict[str, Any]:
        config = {**super().get_config(), "encoding": self.encoding}
        del config["vocabulary_dtype"]
        return config
