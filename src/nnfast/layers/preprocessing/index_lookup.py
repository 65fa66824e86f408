"""What StringLookup and IntegerLookup have in common: a vocabulary, and the indices of its terms."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from typing import Any, Self

import numpy as np

from nnfast import config, ops
from nnfast.layers.input_spec import Shape
from nnfast.layers.preprocessing.array_layer import Array, ArrayLayer, batches
from nnfast.layers.preprocessing.encoding import count_rows, encode_array, encoded_shape, output_mode, refuse_sparse
from nnfast.layers.preprocessing.hashing import as_salt, hash_bins
from nnfast.utils.registry import is_safe

_FILE = "vocabulary.txt"


class _Vocabulary:
    """Terms, and the index of each, from a first one on."""

    def __init__(self, tokens: tuple[Any, ...], first: int) -> None:
        self.tokens = tokens
        self.indices = {token: number for number, token in enumerate(tokens, first)}


class IndexLookup(ArrayLayer):
    """Terms as their indices in a vocabulary, or, inverted, indices as terms.

    In the mode "int", index 0 is the mask's if there is one; then come the indices of terms that are not in the
    vocabulary ("out of vocabulary", OOV), and then the vocabulary's. In other modes there is no place for the mask.

    Args:
        max_tokens: how many indices there are at most, those of the mask and of OOV terms included; None
            for any number.
        num_oov_indices: how many indices there are for OOV terms, which are hashed into them; 0 makes them an error.
        mask_token: the term that stands for nothing; None for none.
        oov_token: what an index without a term is, inverted.
        vocabulary_dtype: "string" or "int64".
        vocabulary: the terms, or the name of a file with a term in each line; None for `adapt`.
        idf_weights: what each term's count is multiplied by in the mode "tf_idf".
        invert: whether indices are looked up, and terms found.
        output_mode: "int", "one_hot", "multi_hot", "count" or "tf_idf".
        sparse: only False.
        pad_to_max_tokens: whether vectors have `max_tokens` places however many terms there are.
        oov_method: how numbers are hashed: "floormod", their remainders, or "farmhash", as strings are.
        salt: one or two whole numbers that make the hashes of OOV terms others.
        vocabulary_size, has_input_vocabulary: what a configuration knows of a vocabulary.
        name: as of Layer.
    """

    def __init__(
        self,
        max_tokens: int | None,
        num_oov_indices: int,
        mask_token: Any,
        oov_token: Any,
        vocabulary_dtype: str,
        vocabulary: Any = None,
        idf_weights: Any = None,
        invert: bool = False,
        output_mode: str = "int",
        sparse: bool = False,
        pad_to_max_tokens: bool = False,
        oov_method: str = "floormod",
        salt: int | Sequence[int] | None = None,
        vocabulary_size: int | None = None,
        has_input_vocabulary: bool | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.max_tokens = max_tokens
        self.num_oov_indices = num_oov_indices
        self.mask_token = mask_token
        self.oov_token = oov_token
        self.vocabulary_dtype = vocabulary_dtype
        self.invert = invert
        self.output_mode = _mode(output_mode)
        self.sparse = sparse
        self.pad_to_max_tokens = pad_to_max_tokens
        self.oov_method = oov_method
        self.salt = as_salt(type(self).__name__, salt)
        self._check_arguments(idf_weights)
        self.input_vocabulary = None if isinstance(vocabulary, str) else plain_list(vocabulary)
        self.input_idf_weights = plain_list(idf_weights)
        self._has_input_vocabulary = vocabulary is not None if has_input_vocabulary is None else has_input_vocabulary
        self._known_size = vocabulary_size
        self._vocabulary = _Vocabulary((), 0)
        self.idf_weights: Array | None = None
        self.reset_state()
        if vocabulary is not None:
            self.set_vocabulary(vocabulary, idf_weights)

    def _check_arguments(self, idf_weights: Any) -> None:
        if self.max_tokens is not None and self.max_tokens <= 1:
            raise ValueError(
                f"If `max_tokens` is set for `{type(self).__name__}`, it must be greater than 1. If set, `max_tokens` "
                f"must be greater than 1. Received: max_tokens={self.max_tokens}"
            )
        if self.pad_to_max_tokens and self.max_tokens is None:
            raise ValueError(
                f"If pad_to_max_tokens is True, must set `max_tokens`. Received: max_tokens={self.max_tokens}"
            )
        if self.num_oov_indices < 0:
            raise ValueError(
                "`num_oov_indices` must be greater than or equal to 0. Received: "
                f"num_oov_indices={self.num_oov_indices}"
            )
        if self.oov_method not in ("floormod", "farmhash"):
            raise ValueError(
                "Invalid value for argument `oov_method`. Expected one of ('floormod', 'farmhash'). Received: "
                f"oov_method={self.oov_method}"
            )
        if self.salt is not None and self.vocabulary_dtype != "string" and self.oov_method != "farmhash":
            raise ValueError(
                f"`salt` can only be used when `oov_method='farmhash'`. Received: oov_method={self.oov_method}"
            )
        if self.invert and self.output_mode != "int":
            raise ValueError(
                f"`output_mode` must be `'int'` when `invert` is true. Received: output_mode={self.output_mode}"
            )
        refuse_sparse(type(self).__name__, self.sparse)
        if idf_weights is not None and self.output_mode != "tf_idf":
            raise ValueError(
                f"`idf_weights` should only be set if `output_mode` is `'tf_idf'`. Received: idf_weights={idf_weights} "
                f"and output_mode={self.output_mode}"
            )

    # What a subclass defines.

    def as_terms(self, values: Any) -> Array:
        """Values as an array of what the vocabulary is of."""
        raise NotImplementedError

    # The vocabulary.

    def adapt(self, data: Any, steps: int | None = None) -> None:
        """Make a vocabulary of the terms in data, instead of the one so far: the most frequent first, and of those that
        are as frequent, the last in the order of terms first.

        Args:
            data: an array, nested lists, or an iterable of batches; in the mode "tf_idf", a row is a document.
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
        """Take in a batch of terms; a single row is one document."""
        terms = self.as_terms(data)
        documents = len(terms) if terms.ndim > 1 else 1
        self.count_documents(terms.reshape(documents, terms.size // max(documents, 1)).tolist())

    def count_documents(self, documents: Iterable[Sequence[Any]]) -> None:
        """Take in documents, each a list of terms."""
        if self._has_input_vocabulary:
            raise ValueError(
                f"Cannot adapt layer '{self.name}' after setting a static vocabulary via `vocabulary` argument or "
                "`set_vocabulary()` method."
            )
        for document in documents:
            self._documents += 1
            self._counts.update(document)
            if self.output_mode == "tf_idf":
                self._document_counts.update(set(document))

    def finalize_state(self) -> None:
        """Make the vocabulary of the terms taken in; without any, the vocabulary stays."""
        if self._has_input_vocabulary or not self._counts:
            self._record_size()
            return
        for special in (self.mask_token, self.oov_token):
            self._counts.pop(special, None)
        tokens = sorted(self._counts, key=lambda token: (self._counts[token], token), reverse=True)
        if self.max_tokens:
            tokens = tokens[: max(self.max_tokens - self._token_start, 0)]
        self._vocabulary = _Vocabulary(tuple(tokens), self._token_start)
        if self.output_mode == "tf_idf":
            found = np.array([self._document_counts[token] for token in tokens], "float64")
            weights = np.log(1 + self._documents / (1 + found)) if tokens else np.zeros(0)
            self._set_weights(weights)
        self.reset_state()
        self._record_size()

    def reset_state(self) -> None:
        """Forget the terms taken in; the vocabulary stays."""
        self._counts: Counter[Any] = Counter()
        self._document_counts: Counter[Any] = Counter()
        self._documents = 0

    def set_vocabulary(self, vocabulary: Any, idf_weights: Any = None) -> None:
        """Use other terms.

        Args:
            vocabulary: the terms, or the name of a file with a term in each line. The terms of the mask and of OOV
                terms may stand before them.
            idf_weights: a weight for each, in the mode "tf_idf".

        Raises:
            ValueError: terms that occur twice, too many, or none; special ones in other places; weights without the
                mode or the mode without weights; a file that is not there, or that a file of a model names.
            RuntimeError: another number of terms, where the outputs' shape depends on it.
        """
        if self.output_mode == "tf_idf" and idf_weights is None:
            raise ValueError("`idf_weights` must be set if output_mode is 'tf_idf'.")
        if self.output_mode != "tf_idf" and idf_weights is not None:
            raise ValueError(
                "`idf_weights` should only be set if output_mode is `'tf_idf'`. Received: "
                f"output_mode={self.output_mode} and idf_weights={idf_weights}"
            )
        if isinstance(vocabulary, str):
            vocabulary = self._read(vocabulary)
        given = self.as_terms(vocabulary)
        if given.ndim != 1:
            raise ValueError(f"A vocabulary is a list of terms, or the name of a file, got {vocabulary!r}")
        terms: list[Any] = given.tolist()
        if not terms:
            raise ValueError(f"Cannot set an empty vocabulary. Received: vocabulary={vocabulary}")
        special = [self.mask_token] * self._oov_start + [self.oov_token] * self.num_oov_indices
        found_special = terms[: len(special)] == special
        tokens = terms[len(special) :] if found_special else terms
        self._check_tokens(tokens, special)
        if self.output_mode == "tf_idf":
            weights = np.asarray(idf_weights)
            if weights.shape != (len(terms),):
                raise ValueError(
                    "`idf_weights` must be the same length as vocabulary, a 1-index array. len(idf_weights) is "
                    f"{np.size(weights)}; len(vocabulary) is {len(terms)}"
                )
        self._vocabulary = _Vocabulary(tuple(tokens), self._token_start)
        self._record_size()
        if self.output_mode == "tf_idf":
            self._set_weights(weights, 0 if found_special else len(special))

    def _read(self, filename: str) -> list[str]:
        """The lines of a file."""
        if not os.path.isfile(filename):
            raise ValueError(f"Vocabulary file {filename} does not exist.")
        if self.output_mode == "tf_idf":
            raise ValueError("output_mode `'tf_idf'` does not support loading a vocabulary from file.")
        with open(filename, encoding="utf-8") as file:
            return file.read().splitlines()

    def _check_tokens(self, tokens: list[Any], special: list[Any]) -> None:
        counts = Counter(tokens)
        if len(counts) < len(tokens):
            repeated = [token for token, count in counts.items() if count > 1]
            raise ValueError(
                "The passed vocabulary has at least one repeated term. Please uniquify your dataset. The repeated "
                f"terms are: {repeated}"
            )
        reserved = [("mask", self.mask_token), ("OOV", self.oov_token if self.invert else None)]
        for kind, token in reserved:
            if token is not None and token in counts:
                raise ValueError(
                    f"Found reserved {kind} token at unexpected location in `vocabulary`. Note that passed "
                    "`vocabulary` does not need to include the OOV and mask tokens. Either remove all mask and OOV "
                    f"tokens, or include them only at the start of the vocabulary in precisely this order: {special}. "
                    f"Received: {token!r} at index {tokens.index(token)} of the rest"
                )
        size = self._token_start + len(tokens)
        if self.max_tokens is not None and size > self.max_tokens:
            raise ValueError(
                "Attempted to set a vocabulary larger than the maximum vocab size. Received vocabulary size is "
                f"{size}; `max_tokens` is {self.max_tokens}."
            )

    def _set_weights(self, weights: Array, padding: int | None = None) -> None:
        """Weights of terms, after as many more, their mean, for OOV terms."""
        before = self._token_start if padding is None else padding
        after = self.max_tokens - before - len(weights) if self.pad_to_max_tokens and self.max_tokens else 0
        mean = weights.mean() if before and len(weights) else 0.0
        self.idf_weights = np.pad(weights, (before, after), constant_values=(mean, 0.0)).astype(config.floatx())

    def _record_size(self) -> None:
        if self.output_mode != "int" and not self.pad_to_max_tokens:
            size = self.vocabulary_size()
            if self._known_size is not None and size != self._known_size:
                raise RuntimeError(
                    f"When using `output_mode={self.output_mode}` and `pad_to_max_tokens=False`, the vocabulary size "
                    f"cannot be changed after the layer is called. Old vocab size is {self._known_size}, new vocab "
                    f"size is {size}"
                )
        self._known_size = self.vocabulary_size()

    @property
    def _oov_start(self) -> int:
        """The first index of OOV terms."""
        return int(self.mask_token is not None and self.output_mode == "int")

    @property
    def _token_start(self) -> int:
        """The first index of the vocabulary's terms."""
        return self._oov_start + self.num_oov_indices

    def get_vocabulary(self, include_special_tokens: bool = True) -> list[Any]:
        """The terms, each at its index; without the mask and the OOV terms if not `include_special_tokens`."""
        special = [self.mask_token] * self._oov_start + [self.oov_token] * self.num_oov_indices
        return [*(special if include_special_tokens else ()), *self._vocabulary.tokens]

    def vocabulary_size(self) -> int:
        """How many terms there are, the mask and the OOV terms included."""
        return self._token_start + len(self._vocabulary.tokens)

    # Looking up.

    def call(self, inputs: Any) -> Any:
        self._check_known()
        if self.invert:
            return self._terms_of(np.asarray(inputs).astype("int64"))
        return self.encode(self.look_up(self.as_terms(inputs)))

    def encode(self, indices: Array) -> Any:
        """Indices as the mode says."""
        if self.output_mode != "tf_idf":
            return ops.convert_to_tensor(encode_array(indices, self.output_mode, self._depth, "int64"))
        return ops.convert_to_tensor(self._weighted(encode_array(indices, "count", self._depth, config.floatx())))

    def encode_rows(self, rows: Array, indices: Array, count: int) -> Any:
        """Indices of samples of different lengths: the number of the sample of each, and how many samples there are."""
        mode = "multi_hot" if self.output_mode == "multi_hot" else "count"
        counts = count_rows(rows, indices, (count, self._depth), mode)
        return ops.convert_to_tensor(self._weighted(counts) if self.output_mode == "tf_idf" else counts)

    def _weighted(self, counts: Array) -> Array:
        if self.idf_weights is None:
            raise ValueError("When `output_mode` is `'tf_idf'`, `idf_weights` must be provided.")
        return (counts * self.idf_weights).astype(config.floatx())

    @property
    def _depth(self) -> int:
        self._check_known()
        depth = self.max_tokens if self.pad_to_max_tokens else self._known_size
        return depth or 0

    def _check_known(self) -> None:
        if self.output_mode != "int" and not self.pad_to_max_tokens and self._known_size is None:
            raise RuntimeError(
                f"When using `output_mode={self.output_mode}` and `pad_to_max_tokens=False`, you must set the layer's "
                "vocabulary before calling it. Either pass a `vocabulary` argument to the layer, or call `adapt` with "
                "some sample data."
            )

    def look_up(self, terms: Array) -> Array:
        """The indices of terms; -1 for the mask where it has no place."""
        unknown = self._oov_start if self.num_oov_indices == 1 else -2
        table = self._vocabulary.indices
        flat = [table.get(term, unknown) for term in terms.ravel().tolist()]
        found = np.array(flat, "int64").reshape(terms.shape)
        if self.mask_token is not None:
            found[terms == self.mask_token] = self._oov_start - 1
        outside = found == -2
        if not outside.any():
            return found
        others = terms[outside]
        if self.num_oov_indices == 0:
            raise ValueError(
                "When `num_oov_indices=0` all inputs should be in vocabulary, found OOV values "
                f"{others[:5].tolist()}, consider setting `num_oov_indices=1`."
            )
        if terms.dtype.kind == "i" and self.oov_method == "floormod":
            bins = np.mod(others, self.num_oov_indices)
        else:
            bins = hash_bins(others, self.num_oov_indices, self.salt)
        found[outside] = bins + self._oov_start
        return found

    def _terms_of(self, indices: Array) -> Any:
        """The terms at indices; the OOV term where there is none."""
        terms = dict(enumerate(self._vocabulary.tokens, self._token_start))
        if self.mask_token is not None:
            terms[0] = self.mask_token
        found = self.as_terms([terms.get(index, self.oov_token) for index in indices.ravel().tolist()])
        shaped = found.reshape(indices.shape)
        return shaped if shaped.dtype.kind == "U" else ops.convert_to_tensor(shaped)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        depth = self.max_tokens if self.pad_to_max_tokens else self._known_size
        return encoded_shape(input_shape, self.output_mode, depth)

    # Files.

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "invert": self.invert,
            "max_tokens": self.max_tokens,
            "num_oov_indices": self.num_oov_indices,
            "oov_token": self.oov_token,
            "mask_token": self.mask_token,
            "output_mode": self.output_mode,
            "sparse": self.sparse,
            "pad_to_max_tokens": self.pad_to_max_tokens,
            "vocabulary_dtype": self.vocabulary_dtype,
            "idf_weights": plain_list(self.input_idf_weights),
            "vocabulary": plain_list(self.input_vocabulary),
            "vocabulary_size": self._known_size,
            "oov_method": self.oov_method,
            "salt": self.salt,
        }

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        check_vocabulary(config)
        return super().from_config(config)

    def save_own_variables(self, store: MutableMapping[str, Any]) -> None:
        """The weights of terms, in the mode "tf_idf"."""
        if self.output_mode == "tf_idf" and self.idf_weights is not None:
            store["idf_weights"] = self.idf_weights

    def load_own_variables(self, store: Mapping[str, Any]) -> None:
        """Those that `save_own_variables` put there."""
        if self.output_mode == "tf_idf" and "idf_weights" in store:
            self.idf_weights = np.asarray(store["idf_weights"])

    def save_assets(self, dir_path: str) -> None:
        """Write the vocabulary into a folder, where the configuration does not have it."""
        if self.input_vocabulary is None:
            with open(os.path.join(dir_path, _FILE), "w", encoding="utf-8", newline="\n") as file:
                file.write("\n".join(map(str, self.get_vocabulary())))

    def load_assets(self, dir_path: str) -> None:
        """Read the vocabulary that `save_assets` wrote."""
        if self.input_vocabulary is not None:
            return
        with open(os.path.join(dir_path, _FILE), encoding="utf-8", newline="\n") as file:
            lines = file.read().split("\n")
        while lines and lines[-1] == "":
            lines.pop()
        if len(lines) > self._token_start:  # else nothing was ever looked up
            self.set_vocabulary(lines, self.idf_weights if self.output_mode == "tf_idf" else None)


def check_vocabulary(config: Mapping[str, Any]) -> None:
    """Raises a ValueError where a configuration, which may come from anywhere, names a file to read."""
    if isinstance(config.get("vocabulary"), str) and is_safe():
        raise ValueError(
            "Requested the loading of a vocabulary file outside of the model archive. This carries a potential risk of "
            "loading arbitrary and sensitive files and thus it is disallowed by default. If you trust the source, pass "
            f"`safe_mode=False` to the loading function. Vocabulary file: '{config['vocabulary']}'"
        )


def plain_list(values: Any) -> Any:
    """Values as lists of Python's own, for configurations; None stays."""
    return None if values is None else np.asarray(values).tolist()


def _mode(mode: str) -> str:
    return output_mode(mode, ("int", "one_hot", "multi_hot", "count", "tf_idf"))
