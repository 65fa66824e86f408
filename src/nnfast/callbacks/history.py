"""History, what fit returns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnfast.callbacks.callback import Callback, Logs
from nnfast.utils.pictures import plot_history

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class History(Callback):
    """Collects the logs of the epochs; `fit` adds one and returns it.

    Attributes:
        history: by name, the values of the epochs in order, as Python floats.
        epoch: the numbers of those epochs, from 0.

    >>> history = History()
    >>> history.on_train_begin()
    >>> history.on_epoch_end(0, {"loss": 0.5})
    >>> history.on_epoch_end(1, {"loss": 0.25})
    >>> history.history, history.epoch
    ({'loss': [0.5, 0.25]}, [0, 1])
    """

    def __init__(self) -> None:
        self.history: dict[str, list[float]] = {}
        self.epoch: list[int] = []

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.epoch = []

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)

    def plot(self) -> Figure:
        """The loss and the metrics over the epochs, with the validation's: a matplotlib Figure.

        Raises:
            ImportError: matplotlib, of the extra `plot`, is not installed.
            ValueError: no epoch has ended.
        """
        return plot_history(self.history, self.epoch)
