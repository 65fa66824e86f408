"""TextVectorization: texts as the indices of their words."""

from __future__ import annotations

import math
import re
import string
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any, Self

import numpy as np

from nnfast import ops
from nnfast.layers.input_spec import Shape
from nnfast.layers.preprocessing.array_layer import Array, ArrayLayer, batches, strings
from nnfast.layers.preprocessing.encoding import output_mode as checked_mode
from nnfast.layers.preprocessing.encoding import refuse_sparse
from nnfast.layers.preprocessing.index_lookup import check_vocabulary, plain_list
from nnfast.layers.preprocessing.string_lookup import StringLookup
from nnfast.utils.objects import deserialize_keras_object

# Only ASCII, as in Keras.
_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)
_STANDARDS: dict[str, Callable[[str], str]] = {
    "lower": lambda text: text.translate(_LOWER),
    "strip_punctuation": lambda text: text.translate(_NO_PUNCTUATION),
    "lower_and_strip_punctuation": lambda text: text.translate(_LOWER).translate(_NO_PUNCTUATION),
}
_SPLITS: dict[str, Callable[[str], list[str]]] = {
    "whitespace": re.compile(r"[^ \t\n\r\x0b\x0c]+").findall,
    "character": list,
}


class TextVectorization(ArrayLayer):
    """Texts as the indices of their words in a vocabulary, or as vectors with a place for each word; called with
    arrays, before a model.

    A text is standardized and split, n-grams are made of its words, and these are looked up.

    Args:
        max_tokens: how many indices there are at most, index 0 for padding (in the mode "int") and the one for other
            words included; default None, any number.
        standardize: "lower_and_strip_punctuation" (default), "lower" or "strip_punctuation", which know ASCII alone;
            None; or a function of an array of strings.
        split: "whitespace" (default), "character", None for texts that are one word, or a function of an array of
            strings that gives a list of words for each.
        ngrams: the sizes of groups of words that are terms; a number stands for all up to it. Default None, words.
        output_mode: "int" (default), the indices in the order of the words; for each text, "multi_hot": 1 in the place
            of each term in it, "count": how often it is there, "tf_idf": the count times a weight.
        output_sequence_length: how many indices a text has in the mode "int"; more are cut off, fewer are padded with
            0. Default None, as many as the longest has.
        pad_to_max_tokens: whether vectors have `max_tokens` places however many terms there are; default False.
        vocabulary: the terms, or the name of a file with one in each line; default None, for `adapt`.
        idf_weights: what the counts of each are multiplied by in the mode "tf_idf"; default None.
        sparse, ragged: only False.
        encoding: of bytes; default "utf-8".
        name: as of Layer.
        **kwargs: dtype, trainable.

    Raises:
        ValueError: arguments that don't go together, or are none of these.

    >>> layer = TextVectorization(output_sequence_length=4)
    >>> layer.adapt(["foo bar", "bar baz", "baz bada boom"])
    >>> layer(["Foo qux, bar!", "qux baz"]).tolist()
    [[4, 1, 3, 0], [1, 2, 0, 0]]
    """

    def __init__(
        self,
        max_tokens: int | None = None,
        standardize: Any = "lower_and_strip_punctuation",
        split: Any = "whitespace",
        ngrams: int | tuple[int, ...] | None = None,
        output_mode: str = "int",
        output_sequence_length: int | None = None,
        pad_to_max_tokens: bool = False,
        vocabulary: Any = None,
        idf_weights: Any = None,
        sparse: bool = False,
        ragged: bool = False,
        encoding: str = "utf-8",
        name: str | None = None,
        vocabulary_size: int | None = None,
        has_input_vocabulary: bool | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, **kwargs)
        refuse_sparse("TextVectorization", sparse)
        if ragged:
            raise ValueError("`ragged=True` cannot be used with nnfast, which has no ragged tensors")
        self._standardize = _one_of("standardize", standardize, _STANDARDS)
        self._split = _one_of("split", split, _SPLITS)
        modes = ("int", "one_hot", "multi_hot", "count", "tf_idf")
        self.output_mode = checked_mode(output_mode, modes)
        self._ngrams = _sizes(ngrams)
        self._ngrams_argument = ngrams
        if self.output_mode == "int" and not isinstance(output_sequence_length, int | None):
            raise ValueError(
                "`output_sequence_length` must be either None or an integer when `output_mode` is 'int'. Received: "
                f"output_sequence_length={output_sequence_length}"
            )
        if self.output_mode != "int" and output_sequence_length is not None:
            raise ValueError(
                "`output_sequence_length` must not be set if `output_mode` is not 'int'. Received "
                f"output_sequence_length={output_sequence_length}."
            )
        self.output_sequence_length = output_sequence_length
        self.encoding = encoding
        self._lookup_layer = StringLookup(
            max_tokens,
            mask_token="",
            vocabulary=vocabulary,
            idf_weights=idf_weights,
            output_mode=self.output_mode,
            pad_to_max_tokens=pad_to_max_tokens,
            encoding=encoding,
            vocabulary_size=vocabulary_size,
            has_input_vocabulary=has_input_vocabulary,
        )

    # The vocabulary.

    def adapt(self, data: Any, batch_size: int | None = None, steps: int | None = None) -> None:
        """Make a vocabulary of the terms in texts, instead of the one so far: the most frequent first, and of those
        that are as frequent, the last in the order of terms first.

        Args:
            data: an array or a list of texts, or an iterable of batches.
            batch_size: without effect.
            steps: how many batches of an iterable are taken; default None, all.

        Raises:
            ValueError: the layer was given a vocabulary.
            TypeError: data of another kind.
        """
        self.reset_state()
        for batch in batches(data, steps):
            self.update_state(batch)
        self.finalize_state()

    def update_state(self, data: Any) -> None:
        """Take in a batch of texts."""
        self._lookup_layer.count_documents(self._documents(data)[0])

    def finalize_state(self) -> None:
        """Make the vocabulary of the texts taken in; without any, the vocabulary stays."""
        self._lookup_layer.finalize_state()

    def reset_state(self) -> None:
        """Forget the texts taken in; the vocabulary stays."""
        self._lookup_layer.reset_state()

    def get_vocabulary(self, include_special_tokens: bool = True) -> list[str]:
        """The terms, each at its index; without padding and other words if not `include_special_tokens`."""
        return self._lookup_layer.get_vocabulary(include_special_tokens)

    def vocabulary_size(self) -> int:
        """How many terms there are, padding and other words included."""
        return self._lookup_layer.vocabulary_size()

    def set_vocabulary(self, vocabulary: Any, idf_weights: Any = None) -> None:
        """Use other terms, as of StringLookup."""
        self._lookup_layer.set_vocabulary(vocabulary, idf_weights)

    # Words.

    def call(self, inputs: Any) -> Any:
        documents, shape = self._documents(inputs)
        width = self.output_sequence_length
        if self.output_mode == "int":
            documents = [document[:width] for document in documents]
        lengths = np.array([len(document) for document in documents], "int64")
        terms = np.array([term for document in documents for term in document], object)
        indices = self._lookup_layer.look_up(terms)
        if self.output_mode == "one_hot":
            if len(set(lengths.tolist())) > 1:
                raise ValueError("The output_mode 'one_hot' expects texts of as many terms each, as with split=None")
            return self._lookup_layer.encode(indices.reshape(*shape, -1))
        if self.output_mode != "int":
            rows = np.repeat(np.arange(len(documents)), lengths)
            vectors = self._lookup_layer.encode_rows(rows, indices, len(documents))
            return ops.reshape(vectors, (*shape, vectors.shape[-1]))
        width = int(lengths.max(initial=0)) if width is None else width
        padded = np.zeros((len(documents), width), "int64")
        padded[np.arange(width) < lengths[:, None]] = indices
        return ops.convert_to_tensor(padded.reshape(*shape, width))

    def _documents(self, inputs: Any) -> tuple[list[list[str]], tuple[int, ...]]:
        """The terms of each text, and the shape of the array of texts; texts that are not split are terms themselves,
        and the last axis is a document's."""
        texts = strings(inputs, self.encoding)
        if callable(self._standardize):
            texts = strings(self._standardize(texts), self.encoding)
        elif self._standardize is not None:
            standardize = _STANDARDS[self._standardize]
            texts = np.array([standardize(text) for text in texts.ravel().tolist()], object).reshape(texts.shape)
        documents: list[list[str]]
        if self._split is None:
            texts = texts if texts.ndim else texts[None]
            shape = texts.shape[:-1]
            documents = texts.reshape(math.prod(shape), texts.shape[-1]).tolist()
        else:
            if texts.ndim > 1 and texts.shape[-1] != 1:
                raise ValueError(
                    "When using `TextVectorization` to tokenize strings, the input rank must be 1 or the last shape "
                    f"dimension must be 1. Received: inputs.shape={texts.shape} with rank={texts.ndim}"
                )
            texts = texts[..., 0] if texts.ndim > 1 else texts
            shape, documents = texts.shape, self._split_texts(texts)
        if self._ngrams is not None:
            documents = [_ngrams_of(document, self._ngrams) for document in documents]
        return documents, shape

    def _split_texts(self, texts: Array) -> list[list[str]]:
        if callable(self._split):
            return [[str(word) for word in strings(words, self.encoding)] for words in self._split(texts)]
        split = _SPLITS[self._split]
        return [split(text) for text in texts.ravel().tolist()]

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        if self.output_mode == "int":
            return (input_shape[0], self.output_sequence_length)
        if self._split is not None:
            return self._lookup_layer.compute_output_shape((*input_shape, None))
        return self._lookup_layer.compute_output_shape(input_shape if len(input_shape) > 1 else (*input_shape, 1))

    # Files.

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "max_tokens": self._lookup_layer.max_tokens,
            "standardize": self._standardize,
            "split": self._split,
            "ngrams": self._ngrams_argument,
            "output_mode": self.output_mode,
            "output_sequence_length": self.output_sequence_length,
            "pad_to_max_tokens": self._lookup_layer.pad_to_max_tokens,
            "sparse": False,
            "ragged": False,
            "vocabulary": plain_list(self._lookup_layer.input_vocabulary),
            "idf_weights": plain_list(self._lookup_layer.input_idf_weights),
            "encoding": self.encoding,
            "vocabulary_size": self.vocabulary_size(),
        }

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        check_vocabulary(config)
        config = dict(config)
        for name in ("standardize", "split"):
            if isinstance(config.get(name), Mapping):
                config[name] = deserialize_keras_object(config[name])
        if isinstance(config.get("ngrams"), list):
            config["ngrams"] = tuple(config["ngrams"])
        return super().from_config(config)

    def save_own_variables(self, store: MutableMapping[str, Any]) -> None:
        """The weights of terms, in the mode "tf_idf"."""
        self._lookup_layer.save_own_variables(store)

    def load_own_variables(self, store: Mapping[str, Any]) -> None:
        """Those that `save_own_variables` put there."""
        self._lookup_layer.load_own_variables(store)

    def save_assets(self, dir_path: str) -> None:
        """Write the vocabulary into a folder, where the configuration does not have it."""
        self._lookup_layer.save_assets(dir_path)

    def load_assets(self, dir_path: str) -> None:
        """Read the vocabulary that `save_assets` wrote."""
        self._lookup_layer.load_assets(dir_path)


def _ngrams_of(words: list[str], sizes: tuple[int, ...]) -> list[str]:
    """Groups of so many words that follow each other, with blanks between them; of each size in turn."""
    return [" ".join(words[start : start + size]) for size in sizes for start in range(len(words) - size + 1)]


def _one_of(name: str, value: Any, known: Mapping[str, Any]) -> Any:
    if value is None or callable(value) or (isinstance(value, str) and value in known):
        return value
    raise ValueError(
        f"Unknown value for `{name}` of layer TextVectorization. Invalid value for argument `{name}`. Expected one of "
        f"{tuple(known)}, None or a callable. Received: {name}={value}"
    )


def _sizes(ngrams: Any) -> tuple[int, ...] | None:
    """The sizes of n-grams."""
    if ngrams is None:
        return None
    if isinstance(ngrams, int):
        return tuple(range(1, ngrams + 1))
    if isinstance(ngrams, tuple) and all(isinstance(size, int) for size in ngrams):
        return ngrams
    raise ValueError(f"`ngrams` must be None, an integer, or a tuple of integers. Received: ngrams={ngrams}")
