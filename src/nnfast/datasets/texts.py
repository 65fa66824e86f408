"""Texts as lists of word numbers: their archives, what is left out of them, the words' ranks."""

from __future__ import annotations

import json
import os
import zipfile
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from nnfast.datasets.files import DatasetCorrupt, Source, locate_or_download
from nnfast.datasets.pickles import DescriptionsOnly, Remains

if TYPE_CHECKING:
    from numpy.typing import NDArray

Words: TypeAlias = list[int]
Split: TypeAlias = "tuple[NDArray[Any], NDArray[np.int64]]"


def read_archive(path: str, members: list[tuple[str, str]], what: str) -> list[tuple[list[Words], Any]]:
    """Texts and labels as they are in an archive.

    Args:
        path: where it is.
        members: the names of the texts and of their labels.
        what: whose archive it is, for errors.

    Raises:
        DatasetCorrupt: it cannot be read, or holds something else.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            found = [(_lists(archive, f"{x}.npy"), _integers(archive, f"{y}.npy")) for x, y in members]
    except Exception as problem:  # a damaged archive fails in a dozen ways
        raise DatasetCorrupt(
            f"{path} cannot be read as {what}'s archive ({problem}). Delete it and load again."
        ) from problem
    for texts, labels in found:
        if labels.shape != (len(texts),):
            raise DatasetCorrupt(f"{path} is not {what}'s archive: {len(texts)} texts have labels {labels.shape}.")
    return found


def read_word_index(path: str | os.PathLike[str], source: Source, what: str) -> dict[str, int]:
    """The rank of each word by its frequency.

    Raises:
        DatasetUnavailable: the file is not on this machine and cannot be downloaded.
        DatasetCorrupt: the file cannot be read.
    """
    found = locate_or_download(path, source)
    try:
        with open(found, encoding="utf-8") as file:
            ranks = json.load(file)
    except (OSError, ValueError) as problem:
        raise DatasetCorrupt(f"{found} cannot be read as JSON ({problem}). Delete it and load again.") from problem
    if not isinstance(ranks, dict) or not all(isinstance(rank, int) for rank in ranks.values()):
        raise DatasetCorrupt(f"{found} is not {what}'s word index: expected an object of words and their ranks.")
    return ranks


def shorter(texts: list[Words], labels: Any, maxlen: int | None) -> tuple[list[Words], Any]:
    """The texts of less than `maxlen` numbers, and their labels."""
    if not maxlen:
        return texts, labels
    kept = [position for position, text in enumerate(texts) if len(text) < maxlen]
    if not kept:
        raise ValueError(f"Expected a maxlen that leaves some texts, got {maxlen}: all are as long or longer.")
    return [texts[position] for position in kept], labels[kept]


def limited(texts: list[Words], skip_top: int, num_words: int, oov_char: int | None) -> Any:
    """Reviews as an array of lists without the words whose number is below skip_top, or num_words or above."""
    if oov_char is None:
        limited = [[word for word in text if skip_top <= word < num_words] for text in texts]
    else:
        limited = [[word if skip_top <= word < num_words else oov_char for word in text] for text in texts]
    return np.array(limited, dtype="object")


def _integers(archive: zipfile.ZipFile, name: str) -> Any:
    with archive.open(name) as file:
        return np.lib.format.read_array(file, allow_pickle=False).astype(np.int64, casting="safe")


def _lists(archive: zipfile.ZipFile, name: str) -> list[Words]:
    """An array of lists of integers, which NumPy stores as a pickle."""
    with archive.open(name) as file:
        version = np.lib.format.read_magic(file)
        read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, dtype = read_header(file)
        if dtype.kind != "O" or len(shape) != 1:
            raise ValueError(f"expected an array of lists in {name}, got {dtype} of shape {shape}")
        array = DescriptionsOnly(file).load()
    found = array.state[-1] if isinstance(array, Remains) and isinstance(array.state, tuple) else array
    if not isinstance(found, list) or len(found) != shape[0]:
        raise ValueError(f"expected {shape[0]} lists in {name}")
    if not all(type(item) is list and all(type(word) is int for word in item) for item in found):
        raise ValueError(f"expected lists of integers in {name}")
    return found
