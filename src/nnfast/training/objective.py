"""What compile was told to make small and to measure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from nnfast import config, graph, losses
from nnfast import metrics as metric_classes
from nnfast.graph import Program, Variable
from nnfast.losses import Loss
from nnfast.metrics import Mean, Metric

Shape = tuple[int | None, ...]


class Objective:
    """The loss and the metrics of a compiled model.

    What a name such as "accuracy" means depends on the shapes of targets and predictions: `build` is told them.

    Args:
        loss: None, or what `losses.get` takes, "crossentropy" or "ce".
        loss_weights: None, or a factor of the loss.
        metrics: None, or what `metrics.get` takes, "accuracy", "acc", "crossentropy" or "ce"; or many of these in
            nested lists and dictionaries.
        weighted_metrics: the same; these are told the samples' weights.

    Raises:
        ValueError: a name that means nothing, or more than one loss.
    """

    def __init__(
        self, loss: Any = None, loss_weights: Any = None, metrics: Any = None, weighted_metrics: Any = None
    ) -> None:
        self._identifiers = (list(_flatten(loss)), list(_flatten(metrics)), list(_flatten(weighted_metrics)))
        if len(self._identifiers[0]) > 1:
            raise ValueError(f"loss expects one loss, as the model has one output, got {loss!r}")
        weights = list(_flatten(loss_weights))
        if len(weights) > 1:
            raise ValueError(f"loss_weights expects one factor, as the model has one output, got {loss_weights!r}")
        self.loss_weight = float(weights[0]) if weights else 1.0
        self.loss_tracker = Mean(name="loss")
        self.loss: Loss | None = None
        self.unweighted: list[Metric] = []
        self.weighted: list[Metric] = []
        self.built = False
        self._read: Program | None = None
        self._resolve((None, 1), (None, 1))  # whatever the shapes, a name means something or nothing

    def build(self, y_shape: Shape | None, prediction_shape: Shape) -> None:
        """Make the loss and the metrics, the first time only.

        Args:
            y_shape: the targets' shape, with None for the batch; None without targets.
            prediction_shape: the predictions' shape.

        Raises:
            ValueError: there are no targets to compare the predictions with.
        """
        if y_shape is None:
            if any(self._identifiers):
                raise ValueError("The model's loss and metrics compare predictions with targets: y is missing")
        elif not self.built:
            self.loss, self.unweighted, self.weighted = self._resolve(y_shape, prediction_shape)
            self.built = True
            self._read = None

    def _resolve(self, y_shape: Shape, prediction_shape: Shape) -> tuple[Loss | None, list[Metric], list[Metric]]:
        loss, unweighted, weighted = self._identifiers
        return (
            losses.resolve(loss[0], y_shape, prediction_shape) if loss else None,
            [metric_classes.resolve(identifier, y_shape, prediction_shape) for identifier in unweighted],
            [metric_classes.resolve(identifier, y_shape, prediction_shape) for identifier in weighted],
        )

    @property
    def dtype(self) -> str:
        """The floating-point dtype that the loss wants targets and weights in."""
        return self.loss.dtype if self.loss is not None else config.floatx()

    @property
    def metrics(self) -> dict[str, Metric]:
        """The loss tracker and the metrics under the names that logs have."""
        named: dict[str, Metric] = {"loss": self.loss_tracker}
        for metric in self.unweighted:
            named[_free_name(metric.name, named)] = metric
        for metric in self.weighted:
            name = metric.name if metric.name not in named else _free_name(f"weighted_{metric.name}", named)
            named[name] = metric
        return named

    def update_metrics(self, y: Any, predictions: Any, sample_weight: Any) -> None:
        """Tell the metrics of a batch; only the weighted ones hear of the samples' weights."""
        for metric in self.unweighted:
            metric.update_state(y, predictions)
        for metric in self.weighted:
            metric.update_state(y, predictions, sample_weight)

    def results(self) -> dict[str, float]:
        """The metrics so far, by name.

        Raises:
            TypeError: a metric's `result` does not return what it computed with ops.
        """
        if self._read is None:
            # Traced, as op by op it takes longer than a batch of a small model.
            self._read = graph.trace(lambda: [_result(metric) for metric in self.metrics.values()], [])
        return {name: float(value) for name, value in zip(self.metrics, self._read(), strict=True)}


def _result(metric: Metric) -> Any:
    result = metric.result()
    if isinstance(result, Variable):
        result = result.value
    if not graph.is_symbolic(result) or result.shape:
        raise TypeError(f"Metric '{metric.name}' must compute its result, a scalar, with nnfast.ops; got {result!r}")
    return result


def _free_name(name: str, taken: Mapping[str, Any]) -> str:
    """`name`, or the first of name_1, name_2, ... that is free."""
    number, candidate = 0, name
    while candidate in taken:
        number += 1
        candidate = f"{name}_{number}"
    return candidate


def _flatten(identifiers: Any) -> Iterator[Any]:
    """What is in nested lists, tuples and dictionaries, None left out. A configuration of an object is not such one."""
    if isinstance(identifiers, Mapping) and "class_name" not in identifiers:
        identifiers = list(identifiers.values())
    if isinstance(identifiers, list | tuple):
        for inner in identifiers:
            yield from _flatten(inner)
    elif identifiers is not None:
        yield identifiers
