"""Losses by name, by configuration, and by the shapes they are to compare."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from nnfast.graph import Shape
from nnfast.losses.crossentropies import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    SparseCategoricalCrossentropy,
    binary_crossentropy,
    categorical_crossentropy,
    sparse_categorical_crossentropy,
)
from nnfast.losses.divergences import (
    KLDivergence,
    Poisson,
    kl_divergence,
    poisson,
)
from nnfast.losses.errors import (
    CosineSimilarity,
    Huber,
    LogCosh,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
    cosine_similarity,
    huber,
    log_cosh,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_error,
    mean_squared_logarithmic_error,
)
from nnfast.losses.focal import (
    BinaryFocalCrossentropy,
    CategoricalFocalCrossentropy,
    CategoricalGeneralizedCrossEntropy,
    binary_focal_crossentropy,
    categorical_focal_crossentropy,
    categorical_generalized_cross_entropy,
)
from nnfast.losses.hinges import (
    CategoricalHinge,
    Hinge,
    SquaredHinge,
    categorical_hinge,
    hinge,
    squared_hinge,
)
from nnfast.losses.loss import Loss
from nnfast.losses.overlaps import (
    Dice,
    Tversky,
    dice,
    tversky,
)
from nnfast.losses.pairs import Circle, circle
from nnfast.losses.shapes import kind_of_targets
from nnfast.losses.wrapper import LossFunctionWrapper
from nnfast.utils.registry import Registry

_CLASS_OF: dict[Callable[..., Any], type[Loss]] = {
    binary_crossentropy: BinaryCrossentropy,
    categorical_crossentropy: CategoricalCrossentropy,
    sparse_categorical_crossentropy: SparseCategoricalCrossentropy,
    kl_divergence: KLDivergence,
    poisson: Poisson,
    cosine_similarity: CosineSimilarity,
    huber: Huber,
    log_cosh: LogCosh,
    mean_absolute_error: MeanAbsoluteError,
    mean_absolute_percentage_error: MeanAbsolutePercentageError,
    mean_squared_error: MeanSquaredError,
    mean_squared_logarithmic_error: MeanSquaredLogarithmicError,
    binary_focal_crossentropy: BinaryFocalCrossentropy,
    categorical_focal_crossentropy: CategoricalFocalCrossentropy,
    categorical_generalized_cross_entropy: CategoricalGeneralizedCrossEntropy,
    categorical_hinge: CategoricalHinge,
    hinge: Hinge,
    squared_hinge: SquaredHinge,
    dice: Dice,
    tversky: Tversky,
    circle: Circle,
}
# The names that losses have in older Keras.
ALIASES = {
    "bce": binary_crossentropy,
    "kld": kl_divergence,
    "mae": mean_absolute_error,
    "mape": mean_absolute_percentage_error,
    "mse": mean_squared_error,
    "msle": mean_squared_logarithmic_error,
}
_REGISTRY = Registry(
    "loss",
    "keras.losses",
    {
        **{function.__name__: function for function in _CLASS_OF},
        **{loss_class.__name__: loss_class for loss_class in _CLASS_OF.values()},
        "LossFunctionWrapper": LossFunctionWrapper,
        **ALIASES,
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
