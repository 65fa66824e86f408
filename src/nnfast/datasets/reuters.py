"""Reuters: 11,228 newswires of 1987 as lists of word numbers, on 46 topics.

Made of Reuters-21578, which Lewis distributes for research: https://archive.ics.uci.edu/dataset/137
"""

from __future__ import annotations

import os

import numpy as np

from nnfast.datasets.files import Source, locate_or_download
from nnfast.datasets.texts import Split, limited, read_archive, read_word_index, shorter

_ADDRESS = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
SOURCE = Source(_ADDRESS + "reuters.npz", "sha256:d6586e694ee56d7a4e65172e12b3e987c03096cb01eab99753921ef915959916")
WORD_INDEX_SOURCE = Source(_ADDRESS + "reuters_word_index.json", "md5:4d44cc38712099c9e383dc6e5f11a921")

# What a label stands for.
TOPICS = (
    "cocoa", "grain", "veg-oil", "earn", "acq", "wheat", "copper", "housing", "money-supply",
    "coffee", "sugar", "trade", "reserves", "ship", "cotton", "carcass", "crude", "nat-gas",
    "cpi", "money-fx", "interest", "gnp", "meal-feed", "alum", "oilseed", "gold", "tin",
    "strategic-metal", "livestock", "retail", "ipi", "iron-steel", "rubber", "heat", "jobs", "lei",
    "bop", "zinc", "orange", "pet-chem", "dlr", "gas", "silver", "wpi", "hog",
    "lead",
)  # fmt: skip


def load_data(
    path: str | os.PathLike[str] = "reuters.npz",
    num_words: int | None = None,
    skip_top: int = 0,
    maxlen: int | None = None,
    test_split: float = 0.2,
    seed: int = 113,
    start_char: int | None = 1,
    oov_char: int | None = 2,
    index_from: int = 3,
) -> tuple[Split, Split]:
    """The newswires, shuffled, downloaded (2 MB) the first time unless a copy is found on this machine.

    A word's number is its rank by frequency, 1 for the most frequent, plus `index_from`; what it is says
    `get_word_index`. The numbers from 0 to below that are for padding, the start and what is left out.

    Args:
        path: name of the archive, looked for in the folders that `nnfast.datasets.files` lists; may be absolute.
        num_words: numbers from here on are left out; default None: the largest number that there is.
        skip_top: numbers below this are left out; default 0.
        maxlen: newswires with as many numbers or more are left out, as in Keras; default None: none is.
        test_split: the last fraction of them is for testing; default 0.2.
        seed: of the shuffling; default 113.
        start_char: the number that each newswire begins with, or None for no such number; default 1.
        oov_char: what stands for a word that is left out, or None for nothing; default 2.
        index_from: what is added to each word's rank; default 3.

    Returns:
        `(x_train, y_train), (x_test, y_test)`: arrays of lists of integers, and int64 labels from 0 to 45, which
        `get_label_names` explains.

    Raises:
        DatasetUnavailable: the archive is not on this machine and cannot be downloaded.
        DatasetCorrupt: the archive cannot be read.
        ValueError: `maxlen` leaves nothing; a fraction that is none.

    Example:

        (x_train, y_train), (x_test, y_test) = nnfast.datasets.reuters.load_data(num_words=10000)
    """
    if not 0 <= test_split <= 1:
        raise ValueError(f"test_split expects a fraction between 0 and 1, got {test_split!r}")
    [(texts, labels)] = read_archive(locate_or_download(path, SOURCE), [("x", "y")], "Reuters")
    order = np.arange(len(texts))
    np.random.RandomState(seed).shuffle(order)
    start = [] if start_char is None else [start_char]
    numbered = [start + [word + index_from for word in texts[position]] for position in order]
    numbered, labels = shorter(numbered, labels[order], maxlen)
    most = num_words or max(max(text, default=0) for text in numbered)
    count = int(len(numbered) * (1 - test_split))
    kept = limited(numbered, skip_top, most, oov_char)
    return (kept[:count], labels[:count]), (kept[count:], labels[count:])


def get_word_index(path: str | os.PathLike[str] = "reuters_word_index.json") -> dict[str, int]:
    """The rank of each word by its frequency, 1 for the most frequent.

    Args:
        path: name of the file, looked for in the folders that `nnfast.datasets.files` lists; may be absolute.

    Raises:
        DatasetUnavailable: the file is not on this machine and cannot be downloaded.
        DatasetCorrupt: the file cannot be read.
    """
    return read_word_index(path, WORD_INDEX_SOURCE, "Reuters")


def get_label_names() -> tuple[str, ...]:
    """The topics, in the order of the labels.

    >>> get_label_names()[:3], len(get_label_names())
    (('cocoa', 'grain', 'veg-oil'), 46)
    """
    return TOPICS
