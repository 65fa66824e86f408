"""Loss, the class of all losses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Self

from nnfast import config, dtype_policies, ops, tree
from nnfast.dtype_policies import DTypePolicy
from nnfast.graph import TensorLike
from nnfast.losses.reduction import apply_mask, check_reduction, common_mask, reduce_losses
from nnfast.naming import auto_name


class Loss:
    """A loss: called with targets and predictions, it returns the number to minimize. What a mask of the predictions
    leaves out does not count.

    Subclasses define `call(y_true, y_pred)`, written in `nnfast.ops`, which returns one value a sample (or more, such
    as one a time step). Its gradient is derived.

    Args:
        name: default the class's name in snake case, numbered if taken.
        reduction: what becomes of the values: "sum_over_batch_size" (default) and "mean" divide their sum by their
            number, "sum" adds them, "mean_with_sample_weight" divides by the sum of the weights, "none" and None keep
            them.
        dtype: what targets and predictions are cast to, or a policy that computes in it; default `config.floatx()`.

    Raises:
        ValueError: unknown reduction.

    >>> class MeanAbsoluteError(Loss):
    ...     def call(self, y_true, y_pred):
    ...         return ops.mean(ops.abs(y_true - y_pred), axis=-1)
    >>> float(MeanAbsoluteError()([[0.0, 1.0]], [[0.5, 1.0]]))
    0.25
    """

    # Whether targets are labels, which keep their dtype: a float32 holds no integers beyond 2^24.
    takes_labels: ClassVar[bool] = False

    def __init__(
        self,
        name: str | None = None,
        reduction: str | None = "sum_over_batch_size",
        dtype: str | DTypePolicy | None = None,
    ) -> None:
        self.name = name or auto_name(type(self).__name__)
        self.reduction = check_reduction(reduction)
        self._dtype = dtype_policies.get(dtype or config.floatx()).compute_dtype

    @property
    def dtype(self) -> str:
        """The dtype that the loss is computed in."""
        return self._dtype

    def __call__(self, y_true: TensorLike, y_pred: TensorLike, sample_weight: TensorLike | None = None) -> Any:
        """The loss of a batch.

        Args:
            y_true: targets, (batch, ...).
            y_pred: predictions, (batch, ...).
            sample_weight: factors of the single losses, (batch,) or a shape that broadcasts to theirs; default 1.

        Returns:
            A scalar, or the weighted losses where the reduction is "none" or None.

        Raises:
            ValueError: shapes that do not go together; the message names them.
        """
        losses = self.call(_each(self.convert_targets, y_true), _each(self._convert, y_pred))
        if losses is None:
            raise ValueError(f"Loss {self.name!r} returned None; it must return a tensor of one value a sample")
        mask = common_mask(y_pred, losses)
        losses = ops.convert_to_tensor(losses, dtype=self.dtype)
        if sample_weight is not None:
            sample_weight = ops.convert_to_tensor(sample_weight, dtype=self.dtype)
        sample_weight = apply_mask(sample_weight, mask, self.dtype, self.reduction)
        return reduce_losses(losses, sample_weight, self.reduction)

    def convert_targets(self, y_true: TensorLike) -> Any:
        """The targets as `call` gets them: a tensor of the loss's dtype; labels keep their own."""
        return ops.convert_to_tensor(y_true, dtype=None if self.takes_labels else self.dtype)

    def _convert(self, y_pred: TensorLike) -> Any:
        return ops.convert_to_tensor(y_pred, dtype=self.dtype)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The losses of the single samples; subclasses define this."""
        raise NotImplementedError(f"Loss {type(self).__name__} must define call(y_true, y_pred)")

    def get_config(self) -> dict[str, Any]:
        """The arguments that make this loss again, as plain Python values."""
        return {"name": self.name, "reduction": self.reduction}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """A loss with the arguments that `get_config` returned."""
        return cls(**config)


def _each(convert: Callable[[Any], Any], tensors: Any) -> Any:
    """One tensor converted, or the tensors of several outputs that are compared together."""
    return tree.map_structure(convert, tensors) if tree.holds_tensors(tensors) else convert(tensors)
