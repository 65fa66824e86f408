"""IMDB: 50,000 film reviews as lists of word numbers, half of them positive, half negative.

Collected by Maas et al. (2011): https://ai.stanford.edu/~amaas/data/sentiment/
"""

from __future__ import annotations

import os

import numpy as np

from nnfast.datasets.files import Source, locate_or_download
from nnfast.datasets.texts import Split, limited, read_archive, read_word_index, shorter

_ADDRESS = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
SOURCE = Source(_ADDRESS + "imdb.npz", "sha256:69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f")
_MEMBERS = [("x_train", "y_train"), ("x_test", "y_test")]
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
    train, test = read_archive(locate_or_download(path, SOURCE), _MEMBERS, "IMDB")
    generator = np.random.RandomState(seed)
    splits = []
    for reviews, labels in (train, test):
        order = np.arange(len(reviews))
        generator.shuffle(order)
        start = [] if start_char is None else [start_char]
        numbered = [start + [word + index_from for word in reviews[position]] for position in order]
        splits.append(shorter(numbered, labels[order], maxlen))
    if num_words is None or num_words == 0:
        num_words = max(max(review, default=0) for reviews, _ in splits for review in reviews)
    first, second = ((limited(reviews, skip_top, num_words, oov_char), labels) for reviews, labels in splits)
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
    return read_word_index(path, WORD_INDEX_SOURCE, "IMDB")
