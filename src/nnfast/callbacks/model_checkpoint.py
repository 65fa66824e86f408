"""ModelCheckpoint: saves the model while it is trained."""

from __future__ import annotations

import os
import warnings
from typing import Any

import numpy as np

from nnfast.callbacks.callback import Logs
from nnfast.callbacks.monitor_callback import MonitorCallback
from nnfast.callbacks.save_frequency import SaveFrequency
from nnfast.utils.console import print_message


class ModelCheckpoint(MonitorCallback):
    """Saves the model, or its weights, after each epoch or every so many batches.

    Args:
        filepath: where to, ending in ".keras" or ".h5", or in ".weights.h5" for weights only. May hold the epoch's
            number from 1 and what is in the logs: "{epoch:02d}-{val_loss:.2f}.keras". Folders are made.
        monitor: the name in the logs of what says which model is the best; default "val_loss".
        verbose: 1 prints when a model is saved; default 0.
        save_best_only: whether only a model that is better than all before it is saved; default False.
        save_weights_only: whether to call `model.save_weights` rather than `model.save`; default False.
        mode: "min" where less is better, "max" where more is; default "auto", by the metric's name.
        save_freq: "epoch", or a number of batches; default "epoch".
        initial_value_threshold: a first model must be better than this to be saved; default None.

    Raises:
        ValueError: a path with another ending, or another `save_freq`.

    Example:

        checkpoint = nnfast.callbacks.ModelCheckpoint("best.keras", monitor="val_accuracy", save_best_only=True)
        model.fit(x, y, validation_split=0.1, epochs=20, callbacks=[checkpoint])
    """

    def __init__(
        self,
        filepath: str | os.PathLike[str],
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
        save_freq: str | int = "epoch",
        initial_value_threshold: float | None = None,
    ) -> None:
        super().__init__(monitor, mode, initial_value_threshold)
        self.verbose = verbose
        self.filepath = os.fspath(filepath)
        self.save_best_only = save_best_only
        self.save_weights_only = save_weights_only
        self.save_freq = save_freq
        if save_freq != "epoch" and not isinstance(save_freq, int):
            raise ValueError(f"Unrecognized save_freq: {save_freq}. Expected save_freq are 'epoch' or integer values")
        self._frequency = SaveFrequency(save_freq)
        self.hears_batches = self._frequency.counts_batches
        self._epoch = 0
        if save_weights_only and not self.filepath.endswith(".weights.h5"):
            raise ValueError(
                "When using `save_weights_only=True` in `ModelCheckpoint`, the filepath provided must end in "
                f"`.weights.h5` (Keras weights format). Received: filepath={self.filepath}"
            )
        if not save_weights_only and not self.filepath.endswith((".keras", ".h5")):
            raise ValueError(
                f"The filepath provided must end in `.keras` (Keras model format). Received: filepath={self.filepath}"
            )

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        if self._frequency.is_due(batch):
            self._save(self._epoch, {"batch": batch + 1, **(logs or {})})

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self._set_monitor_op()
        if self.save_freq == "epoch":
            self._save(epoch, logs or {})

    def _save(self, epoch: int, logs: Logs) -> None:
        path = self._path(epoch, logs)
        if os.path.isdir(path):
            raise OSError(
                "Please specify a non-directory filepath for ModelCheckpoint. "
                f"Filepath used is an existing directory: {path}"
            )
        if not self._is_wanted(epoch, logs, path):
            return
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        save = self.model.save_weights if self.save_weights_only else self.model.save
        save(path, overwrite=True)
        if self.verbose > 0:
            print_message(f"\nEpoch {epoch + 1}: finished saving model to {path}")

    def _is_wanted(self, epoch: int, logs: Logs, path: str) -> bool:
        """Whether this is a model to save; where there is nothing to compare it by, it is."""
        if not self.save_best_only:
            self._say(f"\nEpoch {epoch + 1}: saving model to {path}")
            return True
        current: Any = logs.get(self.monitor)
        if current is None:
            warnings.warn(f"Can save best model only with {self.monitor} available.", stacklevel=2)
            return True
        if np.ndim(current) > 0:
            warnings.warn(
                f"Can save best model only when `monitor` is a scalar value. Received: {current}. "
                "Falling back to `save_best_only=False`.",
                stacklevel=2,
            )
            return True
        best = "None" if self.best is None else f"{self.best:.5f}"
        if not self._is_improvement(current, self.best):
            self._say(f"\nEpoch {epoch + 1}: {self.monitor} did not improve from {best}")
            return False
        self._say(f"\nEpoch {epoch + 1}: {self.monitor} improved from {best} to {current:.5f}, saving model to {path}")
        self.best = current
        return True

    def _say(self, text: str) -> None:
        if self.verbose > 0:
            print_message(text)

    def _path(self, epoch: int, logs: Logs) -> str:
        try:
            return self.filepath.format(**{"epoch": epoch + 1, **logs})
        except KeyError as missing:
            raise KeyError(f'Failed to format this callback filepath: "{self.filepath}". Reason: {missing}') from None
