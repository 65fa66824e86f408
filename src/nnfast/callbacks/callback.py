"""Callback, the class of all callbacks."""

from __future__ import annotations

from typing import Any

Logs = dict[str, Any]


class Callback:
    """Code that runs at set points of `fit`, `evaluate` and `predict`. Subclass it and define the hooks you need.

    `logs` holds the model's loss and metrics so far as Python floats, under sorted names. Epochs and batches count from
    0; batches count anew in each epoch.

    A callback that defines a hook of single batches makes training return to Python after every batch (or every
    `steps_per_execution` batches). Without one, many batches run at a stretch.

    Attributes:
        model: the model in use; None before.
        params: a dictionary of "verbose", "epochs" and "steps" (batches an epoch, None where that is
            not known yet); None before.
        every_batch: False lets training run many batches at a stretch although a hook of single batches is defined; the
            hook then hears of some batches only. Default True.
        hears_batches: False where a class defines hooks of single batches that this object has no use for; they are not
            called then, and cost nothing. Default True.

    >>> class Announce(Callback):
    ...     def on_epoch_end(self, epoch, logs=None):
    ...         print("epoch", epoch, sorted(logs))
    >>> Announce().on_epoch_end(0, {"loss": 0.5})
    epoch 0 ['loss']
    """

    params: dict[str, Any] | None = None
    model: Any = None
    every_batch = True
    hears_batches = True

    def set_params(self, params: dict[str, Any]) -> None:
        """Called once, before any hook."""
        self.params = params

    def set_model(self, model: Any) -> None:
        """Called once, before any hook."""
        self.model = model

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Called when `fit` begins; logs is empty."""

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Called when `fit` has ended without an exception; logs are the last epoch's."""

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Called when an epoch begins; logs is empty."""

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Called when an epoch and its validation have ended; logs hold the validation's results as val_<name>."""

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Called before a batch of `fit`; logs is empty."""
        self.on_batch_begin(batch, logs=logs)

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Called after a batch of `fit`; logs are those of the epoch so far."""
        self.on_batch_end(batch, logs=logs)

    def on_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """The older name of `on_train_batch_begin`."""

    def on_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """The older name of `on_train_batch_end`."""

    def on_test_begin(self, logs: Logs | None = None) -> None:
        """Called when `evaluate`, or an epoch's validation, begins; logs is empty."""

    def on_test_end(self, logs: Logs | None = None) -> None:
        """Called when `evaluate`, or an epoch's validation, has ended; logs are its results."""

    def on_test_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Called before a batch of `evaluate` or of validation; logs is empty."""

    def on_test_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Called after a batch of `evaluate` or of validation; logs are those of the batches so far."""

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        """Called when `predict` begins; logs is empty."""

    def on_predict_end(self, logs: Logs | None = None) -> None:
        """Called when `predict` has ended; logs is empty."""

    def on_predict_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Called before a batch of `predict`; logs is empty."""

    def on_predict_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Called after a batch of `predict`; logs["outputs"] are its predictions."""
