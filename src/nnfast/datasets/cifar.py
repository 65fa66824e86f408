"""The archives of CIFAR-10 and CIFAR-100: colour images of 32 by 32 pixels."""

from __future__ import annotations

import tarfile
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from nnfast.config import image_data_format
from nnfast.datasets.files import DatasetCorrupt, Source, locate_or_download
from nnfast.datasets.pickles import DescriptionsOnly, bytes_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

Split: TypeAlias = "tuple[NDArray[np.uint8], NDArray[np.uint8]]"
_IMAGE = (3, 32, 32)
_LARGEST_MEMBER = 1 << 28  # bytes; the largest that there is has 155 million


def read_splits(
    name: str, source: Source, train: list[str], test: list[str], labels: str, classes: int
) -> tuple[Split, Split]:
    """Images and labels for training and testing.

    Args:
        name: the archive's file name.
        source: where it comes from if it has to be downloaded.
        train, test: its members with the batches.
        labels: the key of the labels in each.
        classes: how many there are.

    Raises:
        DatasetUnavailable: the archive is not on this machine and cannot be downloaded.
        DatasetCorrupt: the archive cannot be read, or holds something else.
    """
    path = locate_or_download(name, source)
    found: dict[str, tuple[Any, Any]] = {}
    try:
        with tarfile.open(path) as archive:
            for member in archive:  # in the order of the file, which is read once
                if member.isfile() and member.name in (*train, *test):
                    found[member.name] = _read_batch(archive, member, labels, classes)
        batches = [[found[name] for name in names] for names in (train, test)]
    except Exception as problem:  # a damaged archive fails in a dozen ways
        raise DatasetCorrupt(
            f"{path} cannot be read as {name} ({type(problem).__name__}: {problem}). Delete it and load again."
        ) from problem
    first, second = (_joined(batches_of) for batches_of in batches)
    return first, second


def _read_batch(archive: tarfile.TarFile, member: tarfile.TarInfo, labels: str, classes: int) -> tuple[Any, Any]:
    if member.size > _LARGEST_MEMBER:
        raise ValueError(f"expected {member.name} to have fewer than {_LARGEST_MEMBER} bytes, got {member.size}")
    file = archive.extractfile(member)
    assert file is not None  # only a folder or a link has none
    with file:
        batch = DescriptionsOnly(file, encoding="bytes").load()
    images, numbers = bytes_of(batch[b"data"]), batch[labels.encode()]
    if images.shape != (len(numbers), int(np.prod(_IMAGE))):
        raise ValueError(f"expected rows of {int(np.prod(_IMAGE))} bytes, got {images.shape} for {len(numbers)} labels")
    if not all(type(number) is int and 0 <= number < classes for number in numbers):
        raise ValueError(f"expected labels from 0 to {classes - 1} in {member.name}")
    return images.reshape(-1, *_IMAGE), np.array(numbers, np.uint8).reshape(-1, 1)


def _joined(batches: list[tuple[Any, Any]]) -> Split:
    images = np.concatenate([images for images, _ in batches])
    if image_data_format() == "channels_last":
        images = np.ascontiguousarray(images.transpose(0, 2, 3, 1))
    return images, np.concatenate([labels for _, labels in batches])
