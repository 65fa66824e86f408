"""Callbacks that fit on a page: TerminateOnNaN, LambdaCallback and CSVLogger."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable
from typing import Any, TextIO

import numpy as np

from nnfast.callbacks.callback import Callback, Logs
from nnfast.utils.console import print_message


class TerminateOnNaN(Callback):
    """Ends training after the first batch that makes the epoch's loss NaN or infinite.

    Args:
        raise_error: True raises a RuntimeError instead of ending `fit` in order; default False.

    >>> import nnfast
    >>> model = nnfast.Sequential([nnfast.Input((1,)), nnfast.layers.Dense(1)])
    >>> model.compile("sgd", loss="mse")
    >>> history = model.fit([[float("nan")]], [0.0], epochs=9, verbose=0, callbacks=[TerminateOnNaN()])
    Batch 0: Invalid loss, terminating training
    """

    def __init__(self, raise_error: bool = False) -> None:
        self.raise_error = raise_error

    def on_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        loss = (logs or {}).get("loss")
        if loss is None or math.isfinite(loss):
            return
        if self.raise_error:
            raise RuntimeError(
                f"NaN or Inf loss encountered at batch {batch}. Loss value: {loss}. Terminating training immediately."
            )
        print_message(f"Batch {batch}: Invalid loss, terminating training")
        self.model.stop_training = True


class LambdaCallback(Callback):
    """A callback made of functions.

    Args:
        on_epoch_begin, on_epoch_end: called with the epoch's number and its logs.
        on_train_begin, on_train_end: called with the logs.
        on_train_batch_begin, on_train_batch_end: called with the batch's number and its logs.
        **kwargs: functions for the other hooks of Callback, by their names.

    >>> announce = LambdaCallback(on_epoch_end=lambda epoch, logs: print("epoch", epoch))
    >>> announce.on_epoch_end(3, {})
    epoch 3
    """

    def __init__(
        self,
        on_epoch_begin: Callable[..., Any] | None = None,
        on_epoch_end: Callable[..., Any] | None = None,
        on_train_begin: Callable[..., Any] | None = None,
        on_train_end: Callable[..., Any] | None = None,
        on_train_batch_begin: Callable[..., Any] | None = None,
        on_train_batch_end: Callable[..., Any] | None = None,
        **kwargs: Any,
    ) -> None:
        given = {
            "on_epoch_begin": on_epoch_begin,
            "on_epoch_end": on_epoch_end,
            "on_train_begin": on_train_begin,
            "on_train_end": on_train_end,
            "on_train_batch_begin": on_train_batch_begin,
            "on_train_batch_end": on_train_batch_end,
        }
        vars(self).update(kwargs)
        vars(self).update({hook: function for hook, function in given.items() if function is not None})


class CSVLogger(Callback):
    """Writes the logs of each epoch as a row of a CSV file.

    Columns are "epoch", from 0, and the names in the logs; those of a validation stand there too, and hold "NA" for
    epochs without one.

    Args:
        filename: the file's path.
        separator: what stands between two columns; default ",".
        append: True goes on in a file that is there; default False, which overwrites it.
    """

    def __init__(self, filename: str | os.PathLike[str], separator: str = ",", append: bool = False) -> None:
        self.sep = separator
        self.filename = os.fspath(filename)
        self.append = append
        self.append_header = True
        self.csv_file: TextIO | None = None
        self.writer: Any = None
        self.keys: list[str] | None = None

    def on_train_begin(self, logs: Logs | None = None) -> None:
        if self.append and os.path.exists(self.filename):
            with open(self.filename) as file:
                self.append_header = not file.readline()
        self._close()
        self.csv_file = open(self.filename, "a" if self.append else "w", newline="")  # noqa: SIM115, closed at the end
        self.keys = None

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        assert self.csv_file is not None
        logs = logs or {}
        if self.keys is None:
            self.keys = sorted(logs)
            if not any(name.startswith("val_") for name in self.keys):
                self.keys += [f"val_{name}" for name in self.keys]
        if self.writer is None:
            import csv

            self.writer = csv.writer(self.csv_file, delimiter=self.sep)
            if self.append_header:
                self.writer.writerow(["epoch", *self.keys])
        self.writer.writerow([epoch, *(_cell(logs.get(name, "NA")) for name in self.keys)])
        self.csv_file.flush()

    def on_train_end(self, logs: Logs | None = None) -> None:
        self._close()

    def _close(self) -> None:
        if self.csv_file is not None:
            self.csv_file.close()
        self.writer = None


def _cell(value: Any) -> Any:
    is_scalar = isinstance(value, np.ndarray) and value.ndim == 0
    if isinstance(value, str) or is_scalar or not isinstance(value, Iterable):
        return value
    return f'"[{", ".join(map(str, value))}]"'
