"""Sums and means over batches: Sum, Mean, and Mean of a function of targets and predictions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Self

from nnfast import ops
from nnfast.graph import TensorLike, get_mask
from nnfast.losses.reduction import apply_mask
from nnfast.losses.shapes import align_ranks
from nnfast.metrics.metric import Metric
from nnfast.utils.registry import serialize_function


class Sum(Metric):
    """The sum of all values, each times its weight.

    Args:
        name: default "sum".
        dtype: as in `Metric`.

    >>> metric = Sum()
    >>> float(metric([1.0, 3.0, 5.0, 7.0])), float(metric([1.0, 1.0], sample_weight=[1.0, 0.0]))
    (16.0, 17.0)
    """

    def __init__(self, name: str | None = "sum", dtype: str | None = None) -> None:
        super().__init__(name=name, dtype=dtype)
        self.total = self.add_variable((), name="total")

    def update_state(self, values: TensorLike, sample_weight: TensorLike | None = None) -> None:
        """Add values of any shape, times weights of shape (batch,) or one that broadcasts to theirs."""
        weighted, _ = samplewise(values, sample_weight, ops.sum, self.dtype)
        self.total.assign_add(ops.sum(weighted))

    def result(self) -> Any:
        """The sum so far, a scalar."""
        return ops.cast(self.total, self.dtype)


class Mean(Metric):
    """The mean of all values, weighted: sum(weight * value) / sum(weight), 0 before the first batch.

    Args:
        name: default "mean".
        dtype: as in `Metric`.

    >>> metric = Mean()
    >>> float(metric([1.0, 3.0, 5.0, 7.0])), float(metric([14.0, 99.0], sample_weight=[1.0, 0.0]))
    (4.0, 6.0)
    """

    def __init__(self, name: str | None = "mean", dtype: str | None = None) -> None:
        super().__init__(name=name, dtype=dtype)
        self.total = self.add_variable((), name="total")
        self.count = self.add_variable((), name="count")

    def update_state(self, values: TensorLike, sample_weight: TensorLike | None = None) -> None:
        """Take in values of any shape with weights of shape (batch,) or one that broadcasts to theirs.

        Each sample counts once: axes of the values that the weights do not have are averaged first.
        """
        weighted, weight = samplewise(values, sample_weight, ops.mean, self.dtype)
        self.total.assign_add(ops.sum(weighted))
        self.count.assign_add(ops.size(weighted, self.dtype) if weight is None else ops.sum(weight))

    def result(self) -> Any:
        """The mean so far, a scalar."""
        return ops.divide_no_nan(self.total, self.count)


class MeanMetricWrapper(Mean):
    """The mean of a function of targets and predictions.

    Args:
        fn: called as fn(y_true, y_pred, **kwargs), returns one value a sample.
        name: as in `Metric`.
        dtype: as in `Metric`.
        **kwargs: passed on to fn.

    >>> metric = MeanMetricWrapper(lambda y_true, y_pred: ops.abs(y_true - y_pred), name="absolute")
    >>> metric.update_state([1.0, 2.0], [1.5, 2.0])
    >>> float(metric.result())
    0.25
    """

    def __init__(
        self, fn: Callable[..., Any], name: str | None = None, dtype: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        self._fn = fn
        self._fn_kwargs = kwargs

    def update_state(  # type: ignore[override]
        self, y_true: TensorLike, y_pred: TensorLike, sample_weight: TensorLike | None = None
    ) -> None:
        """Take in a batch: targets, predictions, and weights as in `Mean`. What a mask of the predictions leaves out
        does not count."""
        values = self._fn(ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred), **self._fn_kwargs)
        super().update_state(values, apply_mask(sample_weight, get_mask(y_pred), self.dtype, "sum"))

    def get_config(self) -> dict[str, Any]:
        """The arguments that make this metric again; the function as its name."""
        return {**super().get_config(), "fn": serialize_function(self._fn), **self._fn_kwargs}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """A metric with the arguments that `get_config` returned."""
        from nnfast.metrics.identifiers import function_named  # which knows all metrics, and so this one

        fn = config["fn"]
        return cls(**{**config, "fn": fn if callable(fn) else function_named(fn["config"])})


class BuiltInMeanMetric(MeanMetricWrapper):
    """A mean whose function is known by its class, so that its configuration is the function's arguments.

    These are its attributes too.
    """

    def __init__(self, fn: Callable[..., Any], **arguments: Any) -> None:
        super().__init__(fn, **arguments)
        vars(self).update(self._fn_kwargs)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make this metric again, as plain Python values."""
        return {**Metric.get_config(self), **self._fn_kwargs}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """A metric with the arguments that `get_config` returned."""
        return cls(**config)


def samplewise(
    values: TensorLike, sample_weight: TensorLike | None, reduce: Callable[..., Any], dtype: str
) -> tuple[Any, Any]:
    """One weighted value and one weight a sample, for values and weights of any shapes that go together.

    Args:
        values: tensor of any shape, or a scalar.
        sample_weight: None, or weights of no higher rank that broadcast to the values' first axes.
        reduce: `ops.mean` or `ops.sum`, applied to all axes but the first.
        dtype: what both are computed in.

    Returns:
        weight * value of shape (batch,) or (), and the weights of that shape, or None without weights.

    Raises:
        ValueError: the weights do not broadcast to the values.
    """
    if sample_weight is None:
        return _reduce_after(ops.cast(values, dtype), 1, reduce), None
    sample_weight = apply_mask(sample_weight, get_mask(values), dtype, "sum")
    weighed, weight = align_ranks(ops.cast(values, dtype), ops.cast(sample_weight, dtype))
    weighed = _reduce_after(weighed, len(weight.shape), reduce)
    ranks_differ = len(weight.shape) > len(weighed.shape)
    if ranks_differ or any(length not in (1, other) for length, other in zip(weight.shape, weighed.shape, strict=True)):
        raise ValueError(
            f"A metric cannot weigh values of shape {tuple(weighed.shape)} with sample_weight of shape "
            f"{tuple(weight.shape)}: each axis of the weights must have the values' length or 1"
        )
    if tuple(weight.shape) != tuple(weighed.shape):
        weight = weight * ops.ones_like(weighed)
    return _reduce_after(weighed * weight, 1, reduce), _reduce_after(weight, 1, reduce)


def _reduce_after(values: Any, rank: int, reduce: Callable[..., Any]) -> Any:
    """The values with all axes from `rank` on reduced."""
    axes = tuple(range(rank, len(values.shape)))
    return reduce(values, axis=axes) if axes else values
