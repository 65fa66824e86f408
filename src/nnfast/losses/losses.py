"""The losses as objects: the functions of `losses.functions` with weights and a reduction."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, Self

from nnfast import ops
from nnfast.graph import Shape, TensorLike
from nnfast.losses.errors import (
    kl_divergence,
    log_cosh,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_logarithmic_error,
    poisson,
)
from nnfast.losses.functions import (
    binary_crossentropy,
    categorical_crossentropy,
    check_ignore_class,
    mean_squared_error,
    sparse_categorical_crossentropy,
)
from nnfast.losses.loss import Loss
from nnfast.losses.shapes import align_ranks, kind_of_targets
from nnfast.utils.registry import Registry, serialize_function


class LossFunctionWrapper(Loss):
    """A function of targets and predictions as a Loss.

    Args:
        fn: called as fn(y_true, y_pred, **kwargs), returns one value a sample. Before the call, ranks that differ by a
            last axis of length 1 are made equal.
        reduction: as in `Loss`.
        name: as in `Loss`.
        dtype: as in `Loss`.
        **kwargs: passed on to fn.

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
        return self.fn(*align_ranks(y_true, y_pred), **self._fn_kwargs)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make this loss again; the function as its name."""
        return {**super().get_config(), "fn": serialize_function(self.fn), **self._fn_kwargs}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """A loss with the arguments that `get_config` returned."""
        fn = config["fn"]
        return cls(**{**config, "fn": fn if callable(fn) else deserialize(fn)})


class _BuiltInLoss(LossFunctionWrapper):
    """A loss whose function is known by its class, so that its configuration is the function's arguments."""

    def get_config(self) -> dict[str, Any]:
        """The arguments that make this loss again, as plain Python values."""
        return {**Loss.get_config(self), **self._fn_kwargs}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """A loss with the arguments that `get_config` returned."""
        return cls(**config)


class MeanSquaredError(_BuiltInLoss):
    """The mean of (y_true - y_pred)^2.

    Args:
        reduction: as in `Loss`.
        name: default "mean_squared_error".
        dtype: as in `Loss`.

    >>> round(float(MeanSquaredError()([1.0, 0.0, 1.0], [0.9, 0.1, 0.8])), 6)
    0.02
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_squared_error",
        dtype: str | None = None,
    ) -> None:
        super().__init__(mean_squared_error, reduction=reduction, name=name, dtype=dtype)


class CategoricalCrossentropy(_BuiltInLoss):
    """The cross-entropy of one-hot targets and predicted classes; see `categorical_crossentropy`.

    Args:
        from_logits: whether predictions are logits rather than probabilities; default False.
        label_smoothing: s in [0, 1]: targets become y_true (1 - s) + s / classes; default 0.
        axis: the axis of the classes; default the last.
        reduction: as in `Loss`.
        name: default "categorical_crossentropy".
        dtype: as in `Loss`.

    >>> loss = CategoricalCrossentropy()
    >>> round(float(loss([[0, 1, 0], [0, 0, 1]], [[0.05, 0.95, 0.0], [0.1, 0.8, 0.1]])), 4)
    1.1769
    """

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_crossentropy",
        dtype: str | None = None,
    ) -> None:
        super().__init__(
            categorical_crossentropy,
            reduction=reduction,
            name=name,
            dtype=dtype,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )


class SparseCategoricalCrossentropy(_BuiltInLoss):
    """The cross-entropy of integer labels and predicted classes; see `sparse_categorical_crossentropy`.

    Args:
        from_logits: whether predictions are logits rather than probabilities; default False.
        ignore_class: only None for now.
        reduction: as in `Loss`.
        axis: the axis of the classes; default the last.
        name: default "sparse_categorical_crossentropy".
        dtype: as in `Loss`; labels keep their own.

    Raises:
        ValueError: ignore_class is not None.

    >>> loss = SparseCategoricalCrossentropy()
    >>> round(float(loss([1, 2], [[0.05, 0.95, 0.0], [0.1, 0.8, 0.1]])), 4)
    1.1769
    """

    def __init__(
        self,
        from_logits: bool = False,
        ignore_class: int | None = None,
        reduction: str | None = "sum_over_batch_size",
        axis: int = -1,
        name: str | None = "sparse_categorical_crossentropy",
        dtype: str | None = None,
    ) -> None:
        check_ignore_class(ignore_class)
        super().__init__(
            sparse_categorical_crossentropy,
            reduction=reduction,
            name=name,
            dtype=dtype,
            from_logits=from_logits,
            ignore_class=ignore_class,
            axis=axis,
        )

    def convert_targets(self, y_true: TensorLike) -> Any:
        """The labels as a tensor of their own dtype: a float32 holds no integers beyond 2^24."""
        return ops.convert_to_tensor(y_true)


class BinaryCrossentropy(_BuiltInLoss):
    """The cross-entropy of targets in [0, 1] and predicted probabilities; see `binary_crossentropy`.

    Args:
        from_logits: whether predictions are logits rather than probabilities; default False.
        label_smoothing: s in [0, 1]: targets become y_true (1 - s) + s / 2; default 0.
        axis: the axis that losses are averaged over; default the last.
        reduction: as in `Loss`.
        name: default "binary_crossentropy".
        dtype: as in `Loss`.

    >>> loss = BinaryCrossentropy(from_logits=True)
    >>> round(float(loss([0.0, 1.0, 0.0, 0.0], [-18.6, 0.51, 2.94, -12.8])), 4)
    0.8655
    """

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "binary_crossentropy",
        dtype: str | None = None,
    ) -> None:
        super().__init__(
            binary_crossentropy,
            reduction=reduction,
            name=name,
            dtype=dtype,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )


class MeanAbsoluteError(_BuiltInLoss):
    """The loss `mean_absolute_error`, with weights and a reduction.

    Args:
        reduction: as in `Loss`.
        name: default "mean_absolute_error".
        dtype: as in `Loss`.

    >>> round(float(MeanAbsoluteError()([[0.25, 0.75]], [[0.5, 0.5]])), 4)
    0.25
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_absolute_error",
        dtype: str | None = None,
    ) -> None:
        super().__init__(mean_absolute_error, reduction=reduction, name=name, dtype=dtype)


class MeanAbsolutePercentageError(_BuiltInLoss):
    """The loss `mean_absolute_percentage_error`, with weights and a reduction.

    Args:
        reduction: as in `Loss`.
        name: default "mean_absolute_percentage_error".
        dtype: as in `Loss`.

    >>> round(float(MeanAbsolutePercentageError()([[0.25, 0.75]], [[0.5, 0.5]])), 4)
    66.6667
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_absolute_percentage_error",
        dtype: str | None = None,
    ) -> None:
        super().__init__(mean_absolute_percentage_error, reduction=reduction, name=name, dtype=dtype)


class MeanSquaredLogarithmicError(_BuiltInLoss):
    """The loss `mean_squared_logarithmic_error`, with weights and a reduction.

    Args:
        reduction: as in `Loss`.
        name: default "mean_squared_logarithmic_error".
        dtype: as in `Loss`.

    >>> round(float(MeanSquaredLogarithmicError()([[0.25, 0.75]], [[0.5, 0.5]])), 4)
    0.0285
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_squared_logarithmic_error",
        dtype: str | None = None,
    ) -> None:
        super().__init__(mean_squared_logarithmic_error, reduction=reduction, name=name, dtype=dtype)


class LogCosh(_BuiltInLoss):
    """The loss `log_cosh`, with weights and a reduction.

    Args:
        reduction: as in `Loss`.
        name: default "log_cosh".
        dtype: as in `Loss`.

    >>> round(float(LogCosh()([[0.25, 0.75]], [[0.5, 0.5]])), 4)
    0.0309
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "log_cosh",
        dtype: str | None = None,
    ) -> None:
        super().__init__(log_cosh, reduction=reduction, name=name, dtype=dtype)


class Poisson(_BuiltInLoss):
    """The loss `poisson`, with weights and a reduction.

    Args:
        reduction: as in `Loss`.
        name: default "poisson".
        dtype: as in `Loss`.

    >>> round(float(Poisson()([[0.25, 0.75]], [[0.5, 0.5]])), 4)
    0.8466
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "poisson",
        dtype: str | None = None,
    ) -> None:
        super().__init__(poisson, reduction=reduction, name=name, dtype=dtype)


class KLDivergence(_BuiltInLoss):
    """The loss `kl_divergence`, with weights and a reduction.

    Args:
        reduction: as in `Loss`.
        name: default "kl_divergence".
        dtype: as in `Loss`.

    >>> round(float(KLDivergence()([[0.25, 0.75]], [[0.5, 0.5]])), 4)
    0.1308
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "kl_divergence",
        dtype: str | None = None,
    ) -> None:
        super().__init__(kl_divergence, reduction=reduction, name=name, dtype=dtype)


_CLASS_OF: dict[Callable[..., Any], type[Loss]] = {
    mean_squared_error: MeanSquaredError,
    categorical_crossentropy: CategoricalCrossentropy,
    sparse_categorical_crossentropy: SparseCategoricalCrossentropy,
    binary_crossentropy: BinaryCrossentropy,
    mean_absolute_error: MeanAbsoluteError,
    mean_absolute_percentage_error: MeanAbsolutePercentageError,
    mean_squared_logarithmic_error: MeanSquaredLogarithmicError,
    log_cosh: LogCosh,
    poisson: Poisson,
    kl_divergence: KLDivergence,
}
_REGISTRY = Registry(
    "loss",
    "keras.losses",
    {
        **{function.__name__: function for function in _CLASS_OF},
        **{loss_class.__name__: loss_class for loss_class in _CLASS_OF.values()},
        "LossFunctionWrapper": LossFunctionWrapper,
        "mse": mean_squared_error,
        "mae": mean_absolute_error,
        "mape": mean_absolute_percentage_error,
        "msle": mean_squared_logarithmic_error,
        "kld": kl_divergence,
        "bce": binary_crossentropy,
    },
)


def get(identifier: Any) -> Any:
    """The loss that `identifier` means.

    Args:
        identifier: a name in any case (of a function, "mse", or a class, "MeanSquaredError"), a configuration, a class,
            a function, a Loss, or None.

    Returns:
        A function or a Loss; None for None.

    Raises:
        ValueError: nothing is called so; the message lists what is known.

    >>> get("MSE") is mean_squared_error, get("CategoricalCrossentropy").name
    (True, 'categorical_crossentropy')
    """
    return None if identifier is None else _REGISTRY.get(identifier)


def serialize(loss: Loss | Callable[..., Any]) -> dict[str, Any]:
    """The configuration of a loss, from which `deserialize` makes it again.

    >>> serialize(MeanSquaredError())["config"]
    {'name': 'mean_squared_error', 'reduction': 'sum_over_batch_size'}
    """
    return _REGISTRY.serialize(loss)


def deserialize(name: str | Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Any:
    """The loss that `serialize` described.

    Args:
        name: a configuration, or a plain name.
        custom_objects: losses by name, looked up before the built-in ones.

    Raises:
        ValueError: nothing is called so.

    >>> deserialize(serialize(BinaryCrossentropy(from_logits=True))).get_config()["from_logits"]
    True
    """
    return _REGISTRY.deserialize(name, custom_objects)


def resolve(identifier: Any, y_true_shape: Shape, y_pred_shape: Shape) -> Loss:
    """The Loss that `identifier` means for targets and predictions of these shapes, as `compile` needs it.

    Args:
        identifier: what `get` takes, but not None; or "crossentropy" or "ce", which choose by the shapes.
        y_true_shape: the targets' shape, with None for the batch.
        y_pred_shape: the predictions' shape, with None for the batch.

    Returns:
        The Loss; one made of a string carries the string as its name.

    Raises:
        ValueError: nothing is called so.

    >>> type(resolve("ce", (None,), (None, 10))).__name__
    'SparseCategoricalCrossentropy'
    """
    if isinstance(identifier, str) and identifier.lower() in ("crossentropy", "ce"):
        loss = get(f"{kind_of_targets(y_true_shape, y_pred_shape)}_crossentropy")
    else:
        loss = _REGISTRY.get(identifier)
    if isinstance(loss, Loss):
        return loss
    name = identifier if isinstance(identifier, str) else getattr(loss, "__name__", type(loss).__name__)
    if inspect.isfunction(loss) and loss in _CLASS_OF:
        return _CLASS_OF[loss](name=name)
    return LossFunctionWrapper(loss, name=name)
