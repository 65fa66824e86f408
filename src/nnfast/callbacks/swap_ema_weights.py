"""SwapEMAWeights: what is measured and saved has the averages of the weights."""

from __future__ import annotations

from typing import Any

from nnfast.callbacks.callback import Callback, Logs


class SwapEMAWeights(Callback):
    """Evaluates, validates and predicts with the optimizer's moving averages of the weights, and trains on with the
    weights themselves.

    Args:
        swap_on_epoch: whether the model has the averages from each epoch's end to the next one's begin, so that
            callbacks that come after this one, such as ModelCheckpoint, see them; default False.

    Raises:
        ValueError: when used, for an optimizer without `use_ema=True`.

    >>> import nnfast
    >>> model = nnfast.Sequential([nnfast.Input((1,)), nnfast.layers.Dense(1)])
    >>> model.compile(nnfast.optimizers.SGD(use_ema=True), "mse")
    >>> history = model.fit([[1.0]], [2.0], validation_data=([[1.0]], [2.0]), verbose=0, callbacks=[SwapEMAWeights()])
    """

    def __init__(self, swap_on_epoch: bool = False) -> None:
        self.swap_on_epoch = swap_on_epoch
        self._has_averages = False  # the model, instead of its weights

    def _averaging(self) -> list[Any]:
        """The optimizers that average."""
        optimizer = self.model.optimizer
        optimizer = getattr(optimizer, "inner_optimizer", optimizer)
        found = [one for one in getattr(optimizer, "optimizers", [optimizer]) if one.use_ema]
        if not found:
            raise ValueError(
                f"SwapEMAWeights must be used when `use_ema=True` is set on the optimizer, which it is not on "
                f"{type(optimizer).__name__}"
            )
        return found

    def _swap(self, to_averages: bool) -> None:
        if self._has_averages == to_averages:
            return
        for optimizer in self._averaging():
            for weight, average in _pairs(optimizer):
                kept = weight.numpy()
                weight.assign(average.numpy())
                average.assign(kept)
        self._has_averages = to_averages

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        if self.swap_on_epoch:
            self._swap(to_averages=False)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if not self.swap_on_epoch:
            return
        self._swap(to_averages=True)
        is_last = epoch == (self.params or {}).get("epochs", 0) - 1
        if is_last:  # the end of a fit gives the model what the averages' variables hold
            for optimizer in self._averaging():
                for weight, average in _pairs(optimizer):
                    average.assign(weight.numpy())

    def on_test_begin(self, logs: Logs | None = None) -> None:
        self._swap(to_averages=True)

    def on_test_end(self, logs: Logs | None = None) -> None:
        self._swap(to_averages=False)

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        self._swap(to_averages=True)

    def on_predict_end(self, logs: Logs | None = None) -> None:
        self._swap(to_averages=False)


def _pairs(optimizer: Any) -> Any:
    """Each weight with its average."""
    return zip(optimizer._trainable_variables, optimizer._model_variables_moving_average, strict=True)
