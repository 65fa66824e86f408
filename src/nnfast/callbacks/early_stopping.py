"""EarlyStopping: ends a fit that no longer makes progress."""

from __future__ import annotations

from typing import Any

from nnfast.callbacks.callback import Logs
from nnfast.callbacks.monitor_callback import MonitorCallback
from nnfast.utils.console import print_message


class EarlyStopping(MonitorCallback):
    """Ends training when a monitored number has stopped getting better.

    Args:
        monitor: the number's name in the logs; default "val_loss".
        min_delta: how much better it must be to count as better; default 0.
        patience: how many epochs without progress are waited for; default 0.
        verbose: 1 tells when training is stopped and weights are restored; default 0.
        mode: "min" where less is better, "max" where more is; default "auto", by the metric's name.
        baseline: the number must be better than this, too; default None.
        restore_best_weights: whether the model gets the weights of its best epoch when training ends; default False.
        start_from_epoch: how many epochs pass before any is looked at; default 0.

    >>> import nnfast
    >>> model = nnfast.Sequential([nnfast.Input((1,)), nnfast.layers.Dense(1)])
    >>> model.compile(nnfast.optimizers.SGD(0.0), loss="mse")
    >>> stopping = EarlyStopping(monitor="loss", patience=3)
    >>> history = model.fit([[1.0]], [0.0], epochs=10, verbose=0, callbacks=[stopping])
    >>> len(history.epoch)
    4
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0,
        patience: int = 0,
        verbose: int = 0,
        mode: str = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ) -> None:
        super().__init__(monitor, mode, min_delta=min_delta)
        self.patience = patience
        self.verbose = verbose
        self.baseline = baseline
        self.wait = 0
        self.stopped_epoch = 0
        self.restore_best_weights = restore_best_weights
        self.best_weights: list[Any] | None = None
        self.best_epoch = 0
        self.start_from_epoch = start_from_epoch

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.wait = 0
        self.stopped_epoch = 0
        self.best = None
        self.best_weights = None
        self.best_epoch = 0

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self._set_monitor_op()
        current = self.get_monitor_value(logs)
        if current is None or epoch < self.start_from_epoch:
            return
        self.wait += 1
        improved = self._is_improvement(current, self.best)
        if self.restore_best_weights and (improved or self.best_weights is None):
            self.best_weights = self.model.get_weights()
            self.best_epoch = epoch
        if improved:
            self.best = current
            self.best_epoch = epoch
            if self.baseline is None or self._is_improvement(current, self.baseline):
                self.wait = 0
        elif self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def on_train_end(self, logs: Logs | None = None) -> None:
        if self.stopped_epoch > 0 and self.verbose > 0:
            print_message(f"Epoch {self.stopped_epoch + 1}: early stopping")
        if self.restore_best_weights and self.best_weights is not None:
            if self.verbose > 0:
                print_message(f"Restoring model weights from the end of the best epoch: {self.best_epoch + 1}.")
            self.model.set_weights(self.best_weights)

    def get_monitor_value(self, logs: Logs | None) -> Any:
        """The monitored number in the logs; None, with a warning, where it is not there."""
        logs = logs or {}
        if logs.get(self.monitor) is None:
            self._missing("Early stopping conditioned on metric", logs)
        return logs.get(self.monitor)
