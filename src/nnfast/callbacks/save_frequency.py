"""How often a callback saves: at the end of each epoch, or every so many batches."""

from __future__ import annotations


class SaveFrequency:
    """Counts the batches of training, of which some are heard of only together.

    Args:
        save_freq: a number of batches; anything else, such as "epoch", is never due after a batch.

    >>> every_third = SaveFrequency(3)
    >>> [batch for batch in range(8) if every_third.is_due(batch)]
    [2, 5]
    """

    def __init__(self, save_freq: str | int) -> None:
        self.counts_batches = isinstance(save_freq, int) and not isinstance(save_freq, bool)
        self._wanted = save_freq
        self._since = 0
        self._last: int | None = None

    def is_due(self, batch: int) -> bool:
        """Whether to save after a batch, whose number counts anew in each epoch."""
        if not self.counts_batches:
            return False
        new_epoch = self._last is None or batch <= self._last
        self._since += batch + 1 if new_epoch else batch - (self._last or 0)
        self._last = batch
        if self._since < int(self._wanted):
            return False
        self._since = 0
        return True
