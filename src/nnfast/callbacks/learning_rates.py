"""Callbacks that set the learning rate between epochs: by a function of the epoch, and where progress has stopped."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from nnfast.callbacks.callback import Callback, Logs
from nnfast.callbacks.monitor_callback import MonitorCallback
from nnfast.utils.console import print_message


def _optimizers(model: Any) -> dict[str, Any]:
    """The optimizers whose learning rates are set, by the names that logs have for these."""
    several = getattr(model.optimizer, "optimizers", None)
    if several is None:
        return {"learning_rate": model.optimizer}
    return {f"learning_rate_{optimizer.name}": optimizer for optimizer in several}


def _learning_rates(model: Any) -> dict[str, float]:
    return {name: _learning_rate(optimizer) for name, optimizer in _optimizers(model).items()}


def _learning_rate(optimizer: Any) -> float:
    return float(np.asarray(optimizer.learning_rate))


def _said(name: str) -> str:
    """A learning rate's name in the logs as messages have it, an optimizer's name first."""
    return f"{name.removeprefix('learning_rate').removeprefix('_')} learning rate".lstrip()


class LearningRateScheduler(Callback):
    """Sets the learning rate before each epoch, and logs it as "learning_rate".

    Args:
        schedule: called with the epoch's number, from 0, and the learning rate; returns the new one, a float. A
            function of the epoch alone will do.
        verbose: 1 prints each new rate; default 0.

    Raises:
        ValueError: in `fit`, where the schedule returns something else.

    >>> import nnfast
    >>> model = nnfast.Sequential([nnfast.Input((1,)), nnfast.layers.Dense(1)])
    >>> model.compile(nnfast.optimizers.SGD(0.5), loss="mse")
    >>> halve = LearningRateScheduler(lambda epoch, rate: rate / 2 if epoch else rate)
    >>> model.fit([[1.0]], [0.0], epochs=3, verbose=0, callbacks=[halve]).history["learning_rate"]
    [0.5, 0.25, 0.125]
    """

    def __init__(self, schedule: Callable[..., float], verbose: int = 0) -> None:
        self.schedule = schedule
        self.verbose = verbose

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        for name, optimizer in _optimizers(self.model).items():
            if not hasattr(optimizer, "learning_rate"):
                raise ValueError('Optimizer must have a "learning_rate" attribute.')
            optimizer.learning_rate = rate = self._scheduled(epoch, optimizer)
            if self.verbose > 0:
                print_message(f"\nEpoch {epoch + 1}: LearningRateScheduler setting {_said(name)} to {rate}.")

    def _scheduled(self, epoch: int, optimizer: Any) -> float:
        try:
            rate = self.schedule(epoch, _learning_rate(optimizer))
        except TypeError:  # a function of the epoch alone
            rate = self.schedule(epoch)
        if isinstance(rate, np.ndarray) and rate.ndim == 0 and rate.dtype.kind == "f":
            rate = float(rate)
        if not isinstance(rate, float | np.float32 | np.float64):
            raise ValueError(f"The output of the `schedule` function should be a float. Got: {rate}")
        return rate

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if logs is not None:
            logs.update(_learning_rates(self.model))


class ReduceLROnPlateau(MonitorCallback):
    """Multiplies the learning rate by a factor when a monitored number has stopped getting better.

    The rate of each epoch is logged as "learning_rate".

    Args:
        monitor: the number's name in the logs; default "val_loss".
        factor: what the learning rate is multiplied by, below 1; default 0.1.
        patience: how many epochs without progress are waited for; default 10.
        verbose: 1 prints each reduction; default 0.
        mode: "min" where less is better, "max" where more is; default "auto", by the metric's name.
        min_delta: how much better the number must be to count as better; default 1e-4.
        cooldown: how many epochs after a reduction are not counted; default 0.
        min_lr: what the learning rate does not go below; default 0.

    Raises:
        ValueError: a factor of 1 or more.

    >>> import nnfast
    >>> model = nnfast.Sequential([nnfast.Input((1,)), nnfast.layers.Dense(1, kernel_initializer="zeros")])
    >>> model.compile(nnfast.optimizers.SGD(0.5), loss="mse")
    >>> plateau = ReduceLROnPlateau("loss", factor=0.5, patience=1)
    >>> model.fit([[1.0]], [0.0], epochs=3, verbose=0, callbacks=[plateau]).history["learning_rate"]
    [0.5, 0.5, 0.25]
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        verbose: int = 0,
        mode: str = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(monitor, mode, min_delta=min_delta)
        if factor >= 1.0:
            raise ValueError(f"ReduceLROnPlateau does not support a factor >= 1.0. Received factor={factor}")
        self.factor = factor
        self.min_lr = min_lr
        self.patience = patience
        self.verbose = verbose
        self.cooldown = cooldown
        self.cooldown_counter = 0
        self.wait = 0

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.best = None
        self.cooldown_counter = 0
        self.wait = 0

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self._set_monitor_op()
        logs = {} if logs is None else logs
        logs.update(_learning_rates(self.model))
        current = logs.get(self.monitor)
        if current is None:
            self._missing("Learning rate reduction is conditioned on metric", logs)
            return
        if self.in_cooldown():
            self.cooldown_counter -= 1
            self.wait = 0
        if self._is_improvement(current, self.best):
            self.best = current
            self.wait = 0
        elif not self.in_cooldown():
            self.wait += 1
            if self.wait >= self.patience and self._reduce(epoch):
                self.cooldown_counter = self.cooldown
                self.wait = 0

    def _reduce(self, epoch: int) -> bool:
        """Whether a learning rate was above the least, and is reduced."""
        rates = _learning_rates(self.model)
        for name, optimizer in _optimizers(self.model).items():
            if rates[name] > np.float32(self.min_lr):
                optimizer.learning_rate = new = max(rates[name] * self.factor, self.min_lr)
                if self.verbose > 0:
                    print_message(f"\nEpoch {epoch + 1}: ReduceLROnPlateau reducing {_said(name)} to {new}.")
        return any(rate > np.float32(self.min_lr) for rate in rates.values())

    def in_cooldown(self) -> bool:
        """Whether a reduction was a short time ago."""
        return self.cooldown_counter > 0
