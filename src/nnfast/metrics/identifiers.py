"""Metrics by name, by configuration, and by the shapes they are to measure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from nnfast import losses
from nnfast.graph import Shape
from nnfast.losses.identifiers import ALIASES
from nnfast.losses.shapes import kind_of_targets
from nnfast.metrics import accuracy, regression
from nnfast.metrics.accuracy import (
    Accuracy,
    BinaryAccuracy,
    CategoricalAccuracy,
    SparseCategoricalAccuracy,
    SparseTopKCategoricalAccuracy,
    TopKCategoricalAccuracy,
)
from nnfast.metrics.confusion import (
    FalseNegatives,
    FalsePositives,
    Precision,
    Recall,
    TrueNegatives,
    TruePositives,
)
from nnfast.metrics.curves import (
    AUC,
    PrecisionAtRecall,
    RecallAtPrecision,
    SensitivityAtSpecificity,
    SpecificityAtSensitivity,
)
from nnfast.metrics.f_scores import (
    F1Score,
    FBetaScore,
)
from nnfast.metrics.losses import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    CategoricalHinge,
    Hinge,
    KLDivergence,
    LogCoshError,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
    Poisson,
    SparseCategoricalCrossentropy,
    SquaredHinge,
)
from nnfast.metrics.metric import (
    Metric,
)
from nnfast.metrics.overlaps import (
    BinaryIoU,
    IoU,
    MeanIoU,
    OneHotIoU,
    OneHotMeanIoU,
)
from nnfast.metrics.reductions import (
    Mean,
    MeanMetricWrapper,
    Sum,
)
from nnfast.metrics.regression import (
    ConcordanceCorrelation,
    CosineSimilarity,
    PearsonCorrelation,
    R2Score,
    RootMeanSquaredError,
)
from nnfast.naming import to_snake_case
from nnfast.utils.registry import Registry

_CLASSES: tuple[type[Metric], ...] = (
    Accuracy,
    BinaryAccuracy,
    CategoricalAccuracy,
    SparseCategoricalAccuracy,
    SparseTopKCategoricalAccuracy,
    TopKCategoricalAccuracy,
    FalseNegatives,
    FalsePositives,
    Precision,
    Recall,
    TrueNegatives,
    TruePositives,
    AUC,
    PrecisionAtRecall,
    RecallAtPrecision,
    SensitivityAtSpecificity,
    SpecificityAtSensitivity,
    F1Score,
    FBetaScore,
    BinaryCrossentropy,
    CategoricalCrossentropy,
    CategoricalHinge,
    Hinge,
    KLDivergence,
    LogCoshError,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
    Poisson,
    SparseCategoricalCrossentropy,
    SquaredHinge,
    BinaryIoU,
    IoU,
    MeanIoU,
    OneHotIoU,
    OneHotMeanIoU,
    Mean,
    MeanMetricWrapper,
    Sum,
    ConcordanceCorrelation,
    CosineSimilarity,
    PearsonCorrelation,
    R2Score,
    RootMeanSquaredError,
)
_REGISTRY = Registry(
    "metric",
    "keras.metrics",
    {
        **{metric_class.__name__: metric_class for metric_class in _CLASSES},
        **{to_snake_case(metric_class.__name__): metric_class for metric_class in _CLASSES},
        "mse": MeanSquaredError,
        "mae": MeanAbsoluteError,
        "mape": MeanAbsolutePercentageError,
        "msle": MeanSquaredLogarithmicError,
        "bce": BinaryCrossentropy,
    },
)
_FUNCTIONS: tuple[Callable[..., Any], ...] = (
    accuracy.accuracy,
    accuracy.binary_accuracy,
    accuracy.categorical_accuracy,
    accuracy.sparse_categorical_accuracy,
    accuracy.sparse_top_k_categorical_accuracy,
    accuracy.top_k_categorical_accuracy,
    regression.concordance_correlation,
    regression.pearson_correlation,
    losses.binary_crossentropy,
    losses.binary_focal_crossentropy,
    losses.categorical_crossentropy,
    losses.categorical_focal_crossentropy,
    losses.categorical_hinge,
    losses.hinge,
    losses.huber,
    losses.kl_divergence,
    losses.log_cosh,
    losses.mean_absolute_error,
    losses.mean_absolute_percentage_error,
    losses.mean_squared_error,
    losses.mean_squared_logarithmic_error,
    losses.poisson,
    losses.sparse_categorical_crossentropy,
    losses.squared_hinge,
    losses.cosine_similarity,
)
_FUNCTION_REGISTRY = Registry(
    "metric function", "keras.metrics", {**{function.__name__: function for function in _FUNCTIONS}, **ALIASES}
)
# What "accuracy" and "crossentropy" stand for depends on the shapes.
_FAMILIES = {"accuracy": "accuracy", "acc": "accuracy", "crossentropy": "crossentropy", "ce": "crossentropy"}


def get(identifier: Any) -> Any:
    """The metric that `identifier` means.

    Args:
        identifier: a name in any case ("mse", "BinaryAccuracy", "binary_accuracy"), a configuration, a class, a
            function, a Metric, or None.

    Returns:
        A Metric, or the function itself; None for None.

    Raises:
        ValueError: nothing is called so; the message lists what is known.

    >>> get("MSE").name, get("binary_accuracy").name
    ('mean_squared_error', 'binary_accuracy')
    """
    return None if identifier is None else _REGISTRY.get(identifier)


def serialize(metric: Metric | Callable[..., Any]) -> dict[str, Any]:
    """The configuration of a metric, from which `deserialize` makes it again.

    >>> serialize(BinaryAccuracy(threshold=0.75))["config"]
    {'name': 'binary_accuracy', 'dtype': 'float32', 'threshold': 0.75}
    """
    return _REGISTRY.serialize(metric)


def deserialize(config: str | Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Any:
    """The metric that `serialize` described.

    Args:
        config: a configuration, or a plain name.
        custom_objects: metrics by name, looked up before the built-in ones.

    Raises:
        ValueError: nothing is called so.

    >>> deserialize(serialize(BinaryAccuracy(threshold=0.75))).get_config()["threshold"]
    0.75
    """
    if isinstance(config, Mapping) and config.get("class_name") == "function":
        return _FUNCTION_REGISTRY.deserialize(config, custom_objects)
    return _REGISTRY.deserialize(config, custom_objects)


def function_named(name: str) -> Callable[..., Any]:
    """The accuracy or loss function called `name`, in any case; a ValueError lists what is known."""
    function: Callable[..., Any] = _FUNCTION_REGISTRY.find(name)
    return function


def resolve(identifier: Any, y_true_shape: Shape, y_pred_shape: Shape) -> Metric:
    """The Metric that `identifier` means for targets and predictions of these shapes, as `compile` needs it.

    Args:
        identifier: what `get` takes, but not None; or "accuracy", "acc", "crossentropy" or "ce", which choose the
            binary, sparse or one-hot form by the shapes.
        y_true_shape: the targets' shape, with None for the batch.
        y_pred_shape: the predictions' shape, with None for the batch.

    Returns:
        The Metric; one made of a string carries the string as its name, one made of a function the function's.

    Raises:
        ValueError: nothing is called so.

    >>> metric = resolve("acc", (None,), (None, 10))
    >>> type(metric).__name__, metric.name
    ('SparseCategoricalAccuracy', 'acc')
    """
    if isinstance(identifier, str) and identifier.lower() in _FAMILIES:
        metric = get(f"{kind_of_targets(y_true_shape, y_pred_shape)}_{_FAMILIES[identifier.lower()]}")
    else:
        metric = _REGISTRY.get(identifier)
    if not isinstance(metric, Metric):
        name = to_snake_case(getattr(metric, "__name__", type(metric).__name__))
        return MeanMetricWrapper(metric, name=name)
    if isinstance(identifier, str):
        metric.name = identifier
    return metric
