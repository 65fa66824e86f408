"""IMDB: 50,000 film reviews as lists of word numbers, half of them positive, half negative.

Collected by Maas et al. (2011): https://ai.stanford.edu/~amaas/data/sentiment/
"""

from __future__ import annotations

import json
import os
import pickle
import zipfile
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from nnfast.datasets.files import DatasetCorrupt, Source, locate_or_download

if TYPE_CHECKING:
    from numpy.typing import NDArray

Split: TypeAlias = "tuple[NDArray[Any], NDArray[np.int64]]"
Review: TypeAlias = list[int]

_ADDRESS = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
SOURCE = Source(_ADDRESS + "imdb.npz", "sha256:69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f")
WORD_INDEX_SOURCE = Source(_ADDRESS + "imdb_word_index.json", "md5:bfafd718b763782e994055a2d397834f")


def load_data(
    path: str | os.PathLike[str] = "imdb.npz",
    num_words: int | None = None,
    skip_top: int = 0,
    maxlen: int | None = None,
    seed: int = 113,
    start_char: int | None = 1,
    oov_char: int | None = 2,
    index_from: int = 3,
) -> tuple[Split, Split]:
    """The reviews, shuffled, downloaded (17 MB) the first time unless a copy is found on this machine.

    A word's number is its rank by frequency, 1 for the most frequent, plus `index_from`; what it is says
    `get_word_index`. The numbers from 0 to below that are for padding, the start and what is left out.

    Args:
        path: name of the archive, looked for in the folders that `nnfast.datasets.files` lists; may be absolute.
        num_words: numbers from here on are left out; default None: the largest number that there is.
        skip_top: numbers below this are left out; default 0.
        maxlen: reviews with as many numbers or more are left out, as in Keras; default None: none is.
        seed: of the shuffling; default 113.
        start_char: the number that each review begins with, or None for no such number; default 1.
        oov_char: what stands for a word that is left out, or None for nothing; default 2.
        index_from: what is added to each word's rank; default 3.

    Returns:
        `(x_train, y_train), (x_test, y_test)`: arrays of lists of integers, and int64 labels, 1 for positive; as many
        as there are reviews, 25,000 each in the whole archive.

    Raises:
        DatasetUnavailable: the archive is not on this machine and cannot be downloaded.
        DatasetCorrupt: the archive cannot be read.
        ValueError: `maxlen` leaves nothing.

    Example:

        (x_train, y_train), (x_test, y_test) = nnfast.datasets.imdb.load_data(num_words=10000)
        x_train = nnfast.utils.pad_sequences(x_train, maxlen=200)
    """
    train, test = _read(locate_or_download(path, SOURCE))
    generator = np.random.RandomState(seed)
    splits = []
    for reviews, labels in (train, test):
        order = np.arange(len(reviews))
        generator.shuffle(order)
        start = [] if start_char is None else [start_char]
        numbered = [start + [word + index_from for word in reviews[position]] for position in order]
        splits.append(_shorter(numbered, labels[order], maxlen))
    if num_words is None or num_words == 0:
        num_words = max(max(review, default=0) for reviews, _ in splits for review in reviews)
    first, second = ((_limited(reviews, skip_top, num_words, oov_char), labels) for reviews, labels in splits)
    return first, second


def get_word_index(path: str | os.PathLike[str] = "imdb_word_index.json") -> dict[str, int]:
    """The rank of each word by its frequency, 1 for the most frequent.

    Args:
        path: name of the file, looked for in the folders that `nnfast.datasets.files` lists; may be absolute.

    Raises:
        DatasetUnavailable: the file is not on this machine and cannot be downloaded.
        DatasetCorrupt: the file cannot be read.

    Example:

        words = {rank + 3: word for word, rank in nnfast.datasets.imdb.get_word_index().items()}
        " ".join(words.get(number, "?") for number in x_train[0])
    """
    found = locate_or_download(path, WORD_INDEX_SOURCE)
    try:
        with open(found, encoding="utf-8") as file:
            ranks = json.load(file)
    except (OSError, ValueError) as problem:
        raise DatasetCorrupt(f"{found} cannot be read as JSON ({problem}). Delete it and load again.") from problem
    if not isinstance(ranks, dict) or not all(isinstance(rank, int) for rank in ranks.values()):
        raise DatasetCorrupt(f"{found} is not IMDB's word index: expected an object of words and their ranks.")
    return ranks


def _shorter(reviews: list[Review], labels: Any, maxlen: int | None) -> tuple[list[Review], Any]:
    """The reviews of less than `maxlen` numbers, and their labels."""
    if not maxlen:
        return reviews, labels
    kept = [position for position, review in enumerate(reviews) if len(review) < maxlen]
    if not kept:
        raise ValueError(f"Expected a maxlen that leaves some reviews, got {maxlen}: all are as long or longer.")
    return [reviews[position] for position in kept], labels[kept]


def _limited(reviews: list[Review], skip_top: int, num_words: int, oov_char: int | None) -> Any:
    """Reviews as an array of lists without the words whose number is below skip_top, or num_words or above."""
    if oov_char is None:
        limited = [[word for word in review if skip_top <= word < num_words] for review in reviews]
    else:
        limited = [[word if skip_top <= word < num_words else oov_char for word in review] for review in reviews]
    return np.array(limited, dtype="object")


def _read(path: str) -> tuple[tuple[list[Review], Any], tuple[list[Review], Any]]:
    """The archive's reviews and labels as they are there, for training and testing."""
    try:
        with zipfile.ZipFile(path) as archive:
            train, test = (
                (_lists(archive, f"x_{split}.npy"), _integers(archive, f"y_{split}.npy")) for split in ("train", "test")
            )
    except Exception as problem:  # a damaged archive fails in a dozen ways
        raise DatasetCorrupt(
            f"{path} cannot be read as IMDB's archive ({problem}). Delete it and load again."
        ) from problem
    for reviews, labels in (train, test):
        if labels.shape != (len(reviews),):
            raise DatasetCorrupt(f"{path} is not IMDB's archive: {len(reviews)} reviews have labels {labels.shape}.")
    return train, test


def _integers(archive: zipfile.ZipFile, name: str) -> Any:
    with archive.open(name) as file:
        return np.lib.format.read_array(file, allow_pickle=False).astype(np.int64, casting="safe")


def _lists(archive: zipfile.ZipFile, name: str) -> list[Review]:
    """An array of lists of integers, which NumPy stores as a pickle."""
    with archive.open(name) as file:
        version = np.lib.format.read_magic(file)
        read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, dtype = read_header(file)
        if dtype.kind != "O" or len(shape) != 1:
            raise ValueError(f"expected an array of lists in {name}, got {dtype} of shape {shape}")
        array = _ListsOnly(file).load()
    lists = array.state[-1] if isinstance(array, _Remains) and isinstance(array.state, tuple) else array
    if not isinstance(lists, list) or len(lists) != shape[0]:
        raise ValueError(f"expected {shape[0]} lists in {name}")
    if not all(type(item) is list and all(type(word) is int for word in item) for item in lists):
        raise ValueError(f"expected lists of integers in {name}")
    return lists


class _Remains:
    """What stands for an object of NumPy's that a pickle describes: the description, and nothing is run."""

    def __init__(self, *arguments: Any) -> None:
        self.state: Any = None

    def __setstate__(self, state: Any) -> None:
        self.state = state


class _ListsOnly(pickle.Unpickler):
    """Reads numbers, text, lists and tuples, and what an array of them is wrapped in; a pickle could run anything."""

    ALLOWED = frozenset(
        {
            ("numpy", "ndarray"),
            ("numpy", "dtype"),
            ("numpy.core.multiarray", "_reconstruct"),  # as NumPy 1 wrote it
            ("numpy._core.multiarray", "_reconstruct"),
        }
    )

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in self.ALLOWED:
            raise pickle.UnpicklingError(f"it wants {module}.{name}, which no list of numbers needs")
        return _Remains
