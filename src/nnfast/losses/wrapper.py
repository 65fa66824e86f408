"""Functions of targets and predictions as losses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Self

from nnfast import tree
from nnfast.losses.loss import Loss
from nnfast.losses.shapes import align_ranks
from nnfast.utils.registry import serialize_function


class LossFunctionWrapper(Loss):
    """A function of targets and predictions as a Loss.

    Args:
        fn: called as fn(y_true, y_pred, **kwargs), returns one value a sample. Before the call, ranks that differ by a
            last axis of length 1 are made equal.
        reduction: as in `Loss`.
        name: as in `Loss`.
        dtype: as in `Loss`.
        **kwargs: passed on to fn.

    >>> from nnfast import ops
    >>> loss = LossFunctionWrapper(lambda y_true, y_pred: ops.abs(y_true - y_pred), name="absolute")
    >>> float(loss([1.0, 2.0], [1.5, 2.0]))
    0.25
    """

    def __init__(
        self,
        fn: Callable[..., Any],
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self.fn = fn
        self._fn_kwargs = kwargs

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """fn's values."""
        if not tree.is_nested(y_pred):  # several outputs that are compared together are the function's to understand
            y_true, y_pred = align_ranks(y_true, y_pred)
        return self.fn(y_true, y_pred, **self._fn_kwargs)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make this loss again; the function as its name."""
        return {**super().get_config(), "fn": serialize_function(self.fn), **self._fn_kwargs}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """A loss with the arguments that `get_config` returned."""
        from nnfast.losses.identifiers import deserialize  # which knows all losses, and so this one

        fn = config["fn"]
        return cls(**{**config, "fn": fn if callable(fn) else deserialize(fn)})


class BuiltInLoss(LossFunctionWrapper):
    """A loss whose function is known by its class, so that its configuration is the function's arguments.

    These are its attributes too.
    """

    def __init__(self, fn: Callable[..., Any], **arguments: Any) -> None:
        super().__init__(fn, **arguments)
        vars(self).update(self._fn_kwargs)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make this loss again, as plain Python values."""
        return {**Loss.get_config(self), **self._fn_kwargs}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """A loss with the arguments that `get_config` returned."""
        return cls(**config)
