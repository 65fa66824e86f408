"""BackupAndRestore: a fit that was cut off goes on where it was."""

from __future__ import annotations

import contextlib
import os
from typing import Any

import numpy as np

from nnfast.callbacks.callback import Callback, Logs
from nnfast.callbacks.save_frequency import SaveFrequency
from nnfast.utils.atomic import atomic_file


class BackupAndRestore(Callback):
    """Keeps a backup of the training, from which the next `fit` goes on if this one is cut off.

    A backup holds the weights, the optimizer, the random seeds, the order of the samples, the epoch and, with a number
    of batches as `save_freq`, the place in it: the same call of `fit` then gives the weights that it would have given
    without the interruption, bit for bit. Data that comes from a generator has to come from there again; other
    callbacks begin anew.

    Args:
        backup_dir: a folder for nothing but this.
        save_freq: "epoch", or a number of batches; default "epoch". False never saves.
        double_checkpoint: whether the backup before the last one is kept, too, for when the last cannot be read;
            default False.
        delete_checkpoint: whether the folder is removed when training has ended; default True.

    Raises:
        ValueError: no folder, or another `save_freq`; in `fit`, a backup of a model of other shapes.
        OSError: in `fit`, a backup that cannot be read.

    Example:

        model.fit(x, y, epochs=100, callbacks=[nnfast.callbacks.BackupAndRestore("backup")])
    """

    def __init__(
        self,
        backup_dir: str | os.PathLike[str],
        save_freq: str | int = "epoch",
        double_checkpoint: bool = False,
        delete_checkpoint: bool = True,
    ) -> None:
        if not backup_dir:
            raise ValueError("Empty `backup_dir` argument passed")
        if save_freq != "epoch" and not isinstance(save_freq, int):
            raise ValueError(
                f"Invalid value for argument `save_freq`. Received: save_freq={save_freq}. "
                "Expected either 'epoch' or an integer value."
            )
        self.backup_dir = os.fspath(backup_dir)
        self.save_freq = save_freq
        self.double_checkpoint = double_checkpoint
        self.delete_checkpoint = delete_checkpoint
        self._frequency = SaveFrequency(save_freq)
        self.hears_batches = self._frequency.counts_batches
        self._path = os.path.join(self.backup_dir, "training.npz")
        self._current_epoch = 0

    @property
    def _previous(self) -> str:
        return f"{self._path}.bkp"

    def on_train_begin(self, logs: Logs | None = None) -> None:
        for path in (self._path, self._previous):
            if not os.path.exists(path):
                continue
            try:
                state = _read(path)
            except OSError:
                if path == self._path and os.path.exists(self._previous):
                    continue
                raise
            self.model._resume_training(state)
            return

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._current_epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        if self._frequency.is_due(batch):
            self._save(self._current_epoch)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self._current_epoch = epoch + 1
        if self.save_freq == "epoch":
            self._save(epoch + 1)

    def on_train_end(self, logs: Logs | None = None) -> None:
        if self.delete_checkpoint:
            import shutil  # here and below: modules that `import nnfast` need not load

            shutil.rmtree(self.backup_dir, ignore_errors=True)

    def _save(self, epoch: int) -> None:
        """Write a new file beside the old one, then put it in its place: at any moment there is a whole one."""
        os.makedirs(self.backup_dir, exist_ok=True)
        with atomic_file(self._path) as file:
            np.savez(file, **self.model._training_state(epoch))
            if self.double_checkpoint:
                with contextlib.suppress(FileNotFoundError):
                    os.replace(self._path, self._previous)


def _read(path: str) -> dict[str, Any]:
    """The arrays of a backup.

    Raises:
        OSError: it cannot be read.
    """
    from zipfile import BadZipFile

    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except (OSError, ValueError, EOFError, KeyError, BadZipFile) as problem:
        raise OSError(f"The backup {path} cannot be read ({problem}). Delete it to train from the start.") from problem
