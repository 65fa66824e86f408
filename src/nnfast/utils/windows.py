"""Windows of a series, as batches."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnfast.utils.samples import Samples


class Windows(Samples):
    """Batches of windows of a series, and of what is to be learnt of each."""

    def __init__(
        self, data: Any, targets: Any, starts: Any, steps: Any, batch_size: int | None, generator: Any = None
    ) -> None:
        super().__init__(len(starts), batch_size, generator)
        self._data, self._targets, self._starts, self._steps = data, targets, starts, steps

    def _parts(self, rows: Any) -> list[Any]:
        starts = self._starts[rows]
        windows = self._data[starts[:, None] + self._steps]
        return [windows] if self._targets is None else [windows, self._targets[starts]]


def timeseries_dataset_from_array(
    data: Any,
    targets: Any,
    sequence_length: int,
    sequence_stride: int = 1,
    sampling_rate: int = 1,
    batch_size: int | None = 128,
    shuffle: bool = False,
    seed: int | None = None,
    start_index: int | None = None,
    end_index: int | None = None,
    format: str = "tf",
) -> Any:
    """Batches of the windows of a series: parts of one length, each with the target of the place where it begins.

    Args:
        data: an array whose first axis is time.
        targets: an array: targets[i] is that of the window which begins at data[i]; or None.
        sequence_length: steps in a window.
        sequence_stride: steps from the beginning of one window to that of the next; default 1.
        sampling_rate: steps from one value of a window to the next; default 1.
        batch_size: windows in a batch; default 128. None gives one by one.
        shuffle: whether windows come in another order, each epoch anew; default False.
        seed: of the shuffling; default None, another one each time.
        start_index, end_index: the part of the series that is used; default all.
        format: makes no difference: Keras's "tf" and "grain" are taken.

    Returns:
        A PyDataset, for `fit` and for a `for` statement.

    Raises:
        ValueError: an argument out of its range.

    >>> (windows, targets), = timeseries_dataset_from_array(np.arange(6), np.arange(6) * 10, 3, sequence_stride=2)
    >>> windows.tolist(), targets.tolist()
    ([[0, 1, 2], [2, 3, 4]], [0, 20])
    """
    data, targets = np.asarray(data), None if targets is None else np.asarray(targets)
    if format not in ("tf", "grain"):
        raise ValueError(f'`format` should be either "tf" or "grain". Received: format={format}')
    _check_part(len(data), start_index, end_index)
    for name, value in (("sampling_rate", sampling_rate), ("sequence_stride", sequence_stride)):
        if value <= 0:
            raise ValueError(f"`{name}` must be higher than 0. Received: {name}={value}")
        if value >= len(data):
            raise ValueError(
                f"`{name}` must be lower than the length of the data. Received: {name}={value}, for data of length "
                f"{len(data)}"
            )
    first, last = start_index or 0, len(data) if end_index is None else end_index
    count = last - first - (sequence_length - 1) * sampling_rate
    if targets is not None:
        count = min(count, len(targets))
        targets = targets[first:last]
    starts = np.arange(0, count, sequence_stride)
    generator = None
    if shuffle:
        seed = int(np.random.default_rng().integers(1_000_000)) if seed is None else seed
        np.random.RandomState(seed).shuffle(starts)
        generator = np.random.default_rng(seed)
    steps = np.arange(sequence_length) * sampling_rate
    return Windows(data[first:last], targets, starts, steps, batch_size, generator)


def _check_part(length: int, start_index: int | None, end_index: int | None) -> None:
    if start_index and start_index < 0:
        raise ValueError(f"`start_index` must be 0 or greater. Received: start_index={start_index}")
    for name, index in (("start_index", start_index), ("end_index", end_index)):
        if index and index >= length:
            raise ValueError(
                f"`{name}` must be lower than the length of the data. Received: {name}={index}, for data of length "
                f"{length}"
            )
    if end_index and start_index and end_index <= start_index:
        raise ValueError(
            f"`end_index` must be higher than `start_index`. Received: start_index={start_index}, and "
            f"end_index={end_index}"
        )
    if end_index and end_index <= 0:
        raise ValueError(f"`end_index` must be higher than 0. Received: end_index={end_index}")
