"""Texts in files, a folder for each class, as batches."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from nnfast.utils.numerical import to_categorical
from nnfast.utils.samples import Samples


class TextFiles(Samples):
    """Batches of texts, and of their labels where there are any.

    Attributes:
        file_paths: the files, in the order in which they were found or shuffled.
        labels: their labels, or None.
        class_names: what the labels stand for, or None.
    """

    def __init__(
        self,
        file_paths: Sequence[str],
        labels: Any,
        class_names: Sequence[str] | None,
        batch_size: int | None,
        max_length: int | None,
        generator: np.random.Generator | None,
        functions: Sequence[Callable[..., Any]] = (),
    ) -> None:
        super().__init__(len(file_paths), batch_size, generator)
        self.file_paths, self.labels, self.class_names = list(file_paths), labels, class_names
        self._max_length, self._functions = max_length, tuple(functions)

    def _parts(self, rows: Any) -> list[Any]:
        texts = np.array([self._text(self.file_paths[row]) for row in rows], object)
        return [texts] if self.labels is None else [texts, self.labels[rows]]

    def _made_of(self, parts: list[Any]) -> list[Any]:
        for function in self._functions:
            made = function(*parts)
            parts = list(made) if isinstance(made, tuple) else [made]
        return parts

    def map(self, function: Callable[..., Any]) -> TextFiles:
        """The same batches, of which a function makes others: it is called with the texts, and the labels if there are
        any, and returns what takes their places, such as what TextVectorization makes of them.
        """
        parts = self.labels, self.class_names, self._batch_size, self._max_length, self._generator
        return TextFiles(self.file_paths, *parts, [*self._functions, function])

    def _text(self, path: str) -> str:
        with open(path, encoding="utf-8") as file:
            text = file.read()
        return text if self._max_length is None else text[: self._max_length]


def text_dataset_from_directory(
    directory: str | os.PathLike[str],
    labels: Any = "inferred",
    label_mode: str | None = "int",
    class_names: Sequence[str] | None = None,
    batch_size: int | None = 32,
    max_length: int | None = None,
    shuffle: bool = True,
    seed: int | None = None,
    validation_split: float | None = None,
    subset: str | None = None,
    follow_links: bool = False,
    format: str = "tf",
    verbose: bool = True,
) -> Any:
    """Batches of the texts in the `.txt` files of a folder.

    Args:
        directory: the folder. With inferred labels it has a folder for each class.
        labels: "inferred" (default) from the folders' names in order; a list of labels of the files in the order of
            their paths; or None for texts alone.
        label_mode: "int" (default) for int32 numbers, "categorical" for float32 one-hot rows, "binary" for float32
            zeros and ones, or None for texts alone.
        class_names: the folders, in the order of the labels; default None, all in alphabetical order.
        batch_size: texts in a batch; default 32. None gives one by one.
        max_length: characters after which a text is cut off; default None.
        shuffle: whether the files are put in another order, each epoch anew; default True.
        seed: of the shuffling; default None, another one each time.
        validation_split: the fraction of the files that is kept for validation; default None.
        subset: with a split, "training", "validation" or "both".
        follow_links: whether folders that links lead to are looked into; default False.
        format: makes no difference: Keras's "tf" and "grain" are taken.
        verbose: whether the numbers of files and classes are printed; default True.

    Returns:
        A PyDataset with `class_names` and `map(function)`, for `fit` and for a `for` statement; for "both" a list of
        two, for training and for validation.

    Raises:
        ValueError: an argument out of its range, labels that are not as many as files, no files.
        OSError: no such folder.

    Example:

        train, test = (text_dataset_from_directory(f"aclImdb/{part}") for part in ("train", "test"))
        words = layers.TextVectorization(10000, output_mode="multi_hot")
        words.adapt([text for texts, _ in train for text in texts])
        model.fit(train.map(lambda texts, labels: (words(texts), labels)))
    """
    if label_mode not in ("int", "categorical", "binary", None):
        raise ValueError(
            f'`label_mode` must be one of "int", "categorical", "binary", or None. Received: label_mode={label_mode}'
        )
    if format not in ("tf", "grain"):
        raise ValueError(f'`format` should be either "tf" or "grain". Received: format={format}')
    if not (labels is None or labels == "inferred" or isinstance(labels, list | tuple)):
        raise ValueError(f"`labels` should be a list of labels, 'inferred', or None. Received: labels={labels!r}")
    _check_split(validation_split, subset, shuffle, seed)
    paths, numbers, names = _index(directory, labels if label_mode else None, class_names, follow_links)
    if verbose:
        print(f"Found {len(paths)} files" + (f" belonging to {len(names)} classes." if names is not None else "."))
    if label_mode == "binary" and (names is None or len(names) != 2):
        raise ValueError(f'When passing `label_mode="binary"`, there must be exactly 2 class_names. Received: {names}')
    seed = int(np.random.default_rng().integers(1 << 31)) if seed is None else seed
    if shuffle:
        order = list(range(len(paths)))
        np.random.RandomState(seed).shuffle(order)
        paths = [paths[place] for place in order]
        numbers = None if numbers is None else numbers[order]
    targets = None if numbers is None else _encoded(numbers, label_mode, len(names or ()))
    kept = int((validation_split or 0) * len(paths))
    cuts = {None: slice(None), "training": slice(len(paths) - kept), "validation": slice(len(paths) - kept, None)}

    def part(which: str | None) -> TextFiles:
        found = paths[cuts[which]]
        if not found:
            raise ValueError(f"No {which + ' ' if which else ''}text files found in directory {directory}.")
        generator = np.random.default_rng(seed) if shuffle and which != "validation" else None
        chosen = None if targets is None else targets[cuts[which]]
        return TextFiles(found, chosen, names, batch_size, max_length, generator)

    return [part("training"), part("validation")] if subset == "both" else part(subset)


def _check_split(validation_split: float | None, subset: str | None, shuffle: bool, seed: int | None) -> None:
    if validation_split and not 0 < validation_split < 1:
        raise ValueError(f"`validation_split` must be between 0 and 1, received: {validation_split}")
    if bool(validation_split) != bool(subset):
        raise ValueError("If `subset` is set, `validation_split` must be set, and inversely.")
    if subset not in ("training", "validation", "both", None):
        raise ValueError(f'`subset` must be either "training", "validation" or "both", received: {subset}')
    if validation_split and shuffle and seed is None:
        raise ValueError(
            "If using `validation_split` and shuffling the data, you must provide a `seed` argument, to make sure that "
            "there is no overlap between the training and validation subset."
        )


def _index(
    directory: str | os.PathLike[str], labels: Any, class_names: Sequence[str] | None, follow_links: bool
) -> tuple[list[str], Any, list[str] | None]:
    """The files, their labels, and the names of the classes; the latter two None without labels."""
    folders = [""]
    if labels == "inferred":
        there = sorted(entry.name for entry in os.scandir(directory) if entry.is_dir() and entry.name[0] != ".")
        if class_names is not None and not set(class_names) <= set(there):
            raise ValueError(
                "The `class_names` passed did not match the names of the subdirectories of the target directory. "
                f"Expected: {there} (or a subset of it), but received: class_names={class_names}"
            )
        folders = there if class_names is None else list(class_names)
    elif class_names is not None:
        raise ValueError(f"`class_names` go with labels='inferred' alone, received: class_names={class_names}")
    found = [list(_texts_below(os.path.join(directory, folder), follow_links)) for folder in folders]
    paths = [path for of_class in found for path in of_class]
    if labels is None:
        return paths, None, None
    if labels == "inferred":
        counts = [len(of_class) for of_class in found]
        return paths, np.repeat(np.arange(len(folders), dtype="int32"), counts), folders
    if len(labels) != len(paths):
        raise ValueError(
            "Expected the lengths of `labels` to match the number of files in the target directory. len(labels) is "
            f"{len(labels)} while we found {len(paths)} files in directory {directory}."
        )
    return paths, np.array(labels, "int32"), [str(label) for label in sorted(set(labels))]


def _texts_below(folder: str, follow_links: bool) -> Iterator[str]:
    for root, _, files in sorted(os.walk(folder, followlinks=follow_links)):
        yield from (os.path.join(root, name) for name in sorted(files) if name.lower().endswith(".txt"))


def _encoded(labels: Any, label_mode: str | None, classes: int) -> Any:
    if label_mode == "categorical":
        return to_categorical(labels, classes).astype("float32")
    return labels.astype("float32") if label_mode == "binary" else labels
