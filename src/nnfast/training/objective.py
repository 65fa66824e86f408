"""What compile was told to make small and to measure, for each output of the model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nnfast import config, losses, tree
from nnfast import metrics as metric_classes
from nnfast.losses import Loss, SparseCategoricalCrossentropy
from nnfast.metrics import Mean, Metric
from nnfast.ops.movement import size_of_shape
from nnfast.training.array_metrics import ArrayMetrics
from nnfast.training.results import Results

Shape = tuple[int | None, ...]


class _Output:
    """What is compared with one output of the model.

    Attributes:
        name: in logs, and in dictionaries of losses and metrics.
        loss: None where nothing is made small.
        weight: the factor of the loss.
        tracker: the mean of the loss, where the model has several losses.
        unweighted, weighted: metrics; the latter are told the samples' weights.
    """

    def __init__(self, name: str, loss: Loss | None, weight: float, unweighted: list[Metric], weighted: list[Metric]):
        self.name = name
        self.loss = loss
        self.weight = weight
        self.tracker: Mean | None = None
        self.unweighted = unweighted
        self.weighted = weighted

    @property
    def has_targets(self) -> bool:
        return self.loss is not None or bool(self.unweighted) or bool(self.weighted)


class Objective:
    """The losses and the metrics of a compiled model.

    What a name such as "accuracy" means depends on the shapes of targets and predictions: `build` is told them.

    Args:
        loss: None, or what `losses.get` takes, "crossentropy" or "ce"; for several outputs one of these for all, or a
            list or a dictionary by the outputs' names.
        loss_weights: None, or factors of the losses, in the same way.
        metrics: None, or what `metrics.get` takes, "accuracy", "acc", "crossentropy" or "ce", or lists of these; for
            several outputs a list or a dictionary with an entry for each.
        weighted_metrics: the same; these are told the samples' weights.
        output_names: what the model calls its outputs, where it knows that already; then mistakes are found at once.

    Raises:
        ValueError: a name that means nothing, or an output that the model does not have.
    """

    def __init__(
        self,
        loss: Any = None,
        loss_weights: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        output_names: Sequence[str] = (),
    ) -> None:
        self._given = {"loss": loss, "loss_weights": loss_weights}
        self._given |= {"metrics": metrics, "weighted_metrics": weighted_metrics}
        self.loss_tracker = Mean(name="loss")
        self.built = False
        self._outputs: list[_Output] = []
        self._read: Results | None = None
        self.array_metrics = ArrayMetrics()
        # Whatever the shapes, a name means something or nothing.
        for weight in _flatten(loss_weights):
            float(weight)
        for identifier in _flatten(loss):
            losses.resolve(identifier, (None, 1), (None, 1))
        for identifier in _flatten([metrics, weighted_metrics]):
            metric_classes.resolve(identifier, (None, 1), (None, 1))
        for what, value in self._given.items() if output_names else ():
            _for_outputs(what, value, output_names)

    def __getstate__(self) -> dict[str, Any]:
        # Programs are made anew where they are needed.
        return {**vars(self), "_read": None}

    def build(self, targets: Any, predictions: Any, output_names: Sequence[str]) -> None:
        """Make the losses and the metrics, the first time only.

        Args:
            targets: the specs of the targets, with None for the batch: a TensorSpec, or a structure of them; None
                without targets.
            predictions: the specs of the predictions, in the same way.
            output_names: what the model calls its outputs; [] where it does not.

        Raises:
            ValueError: there are no targets to compare the predictions with, or not as many as outputs; an output
                that the model does not have.
        """
        if targets is None:
            if any(True for _ in _flatten([self._given[name] for name in ("loss", "metrics", "weighted_metrics")])):
                raise ValueError("The model's loss and metrics compare predictions with targets: y is missing")
            return
        if self.built:
            return
        flat = tree.flatten(predictions)
        names = _names(predictions, output_names)
        given = {what: _for_outputs(what, value, names) for what, value in self._given.items()}
        outputs = [_Output(name, None, 1.0, [], []) for name in names]
        for number, output in enumerate(outputs):  # what is compared with no targets needs none
            output.loss = given["loss"][number]
            output.unweighted, output.weighted = (
                list(_flatten(given[what][number])) for what in ("metrics", "weighted_metrics")
            )
        for output, target, prediction, weight in zip(
            outputs, _aligned("y", targets, outputs), flat, given["loss_weights"], strict=True
        ):
            if target is None:
                continue
            shapes = target.shape, prediction.shape
            output.loss = None if output.loss is None else losses.resolve(output.loss, *shapes)
            output.weight = 1.0 if weight is None else float(weight)
            output.unweighted = [metric_classes.resolve(metric, *shapes) for metric in output.unweighted]
            output.weighted = [metric_classes.resolve(metric, *shapes) for metric in output.weighted]
        compared = [output for output in outputs if output.loss is not None]
        for output in compared if len(compared) > 1 else ():
            output.tracker = Mean(name=f"{output.name}_loss")
        self._outputs, self._read, self.built = outputs, None, True

    @property
    def dtype(self) -> str:
        """The floating-point dtype that the losses want targets and weights in."""
        return next((output.loss.dtype for output in self._outputs if output.loss is not None), config.floatx())

    @property
    def metrics(self) -> dict[str, Metric]:
        """The mean of the loss and the metrics under the names that logs have, in the order of evaluate's results."""
        named: dict[str, Metric] = {"loss": self.loss_tracker}
        several = len(self._outputs) > 1
        for output in self._outputs:
            if output.tracker is not None:
                named[output.tracker.name] = output.tracker
        measured: dict[str, Metric] = {}
        for what in ("unweighted", "weighted"):
            for output in self._outputs:
                prefix = f"{output.name}_" if several else ""
                for metric in getattr(output, what):
                    name = prefix + metric.name
                    if what == "weighted" and name in measured:
                        name = f"{prefix}weighted_{metric.name}"
                    measured[_free_name(name, measured)] = metric
        return named | dict(sorted(measured.items()) if several else measured)

    def compute_loss(self, y: Any, predictions: Any, sample_weight: Any) -> Any:
        """The sum of the weighted losses, a scalar, None without any; the means of the single ones are told of them."""
        total: Any = None
        for output, target, prediction, weight in self._compared(y, predictions, sample_weight):
            if output.loss is None:
                continue
            value = output.loss(target, prediction, weight)
            if output.tracker is not None:
                count = size_of_shape(prediction.shape[:1], output.tracker.dtype)
                output.tracker.update_state(value, sample_weight=count)
            value = value * output.weight
            total = value if total is None else total + value
        return total

    def update_metrics(self, y: Any, predictions: Any, sample_weight: Any) -> None:
        """Tell the metrics of a batch; only the weighted ones hear of the samples' weights."""
        for output, target, prediction, weight in self._compared(y, predictions, sample_weight):
            for metric in output.unweighted:
                self.array_metrics.update(metric, target, prediction)
            for metric in output.weighted:
                self.array_metrics.update(metric, target, prediction, weight)

    def labels(self, y: Any, predictions: Any) -> Iterator[tuple[Any, int | None]]:
        """The targets that are labels, and how many classes they may name."""
        for output, target, prediction, _ in self._compared(y, predictions, None):
            if isinstance(output.loss, SparseCategoricalCrossentropy):
                arguments = output.loss.get_config()
                ignored = arguments["ignore_class"]
                yield target if ignored is None else target[target != ignored], prediction.shape[arguments["axis"]]

    def results(self) -> dict[str, Any]:
        """The metrics so far, by name: Python floats, and arrays where they are no scalars.

        Raises:
            TypeError: a metric's `result` does not return numbers.
        """
        if self._read is None:
            self._read = Results(self.metrics)
        return self._read()

    def _compared(self, y: Any, predictions: Any, sample_weight: Any) -> Iterator[tuple[_Output, Any, Any, Any]]:
        """(output, targets, predictions, weights) of every output that has targets."""
        if y is None:
            return
        targets = _aligned("y", y, self._outputs)
        weights = [sample_weight] * len(self._outputs)
        if tree.is_nested(sample_weight):
            weights = _aligned("sample_weight", sample_weight, self._outputs)
        for row in zip(self._outputs, targets, tree.flatten(predictions), weights, strict=True):
            if row[1] is not None:
                yield row


def _names(predictions: Any, output_names: Sequence[str]) -> list[str]:
    """What the outputs are called: by the keys of a dictionary, by the model, or by number."""
    paths = tree.flatten_with_path(predictions)
    if isinstance(predictions, Mapping):
        return ["/".join(map(str, path)) for path, _ in paths]
    if len(output_names) == len(paths):
        return list(output_names)
    return [f"output_{number}" for number in range(1, len(paths) + 1)]


def _for_outputs(what: str, given: Any, names: Sequence[str]) -> list[Any]:
    """What compile was given, with an entry for each output.

    Raises:
        ValueError: an output that is not there, or not one entry for each.
    """
    if len(names) == 1:
        flat = list(_flatten(given))
        if what in ("metrics", "weighted_metrics"):
            return [flat]
        if len(flat) > 1:
            raise ValueError(f"{what} expects one entry, as the model has one output, got {given!r}")
        return flat or [None]
    if _is_by_name(given):
        unknown = [name for name in given if name not in names]
        if unknown:
            raise ValueError(f"{what} is for {unknown[0]!r}, expected outputs among {', '.join(map(repr, names))}")
        return [given.get(name) for name in names]
    if not isinstance(given, list | tuple):
        return [given] * len(names)
    if len(given) != len(names):
        raise ValueError(
            f"{what} expects an entry for each of the {len(names)} outputs {', '.join(map(repr, names))}, got {given!r}"
        )
    return list(given)


def _aligned(what: str, given: Any, outputs: Sequence[_Output]) -> list[Any]:
    """Targets or weights in the order of the outputs; None for an output without.

    Raises:
        ValueError: not as many as outputs, or as outputs that are compared with some.
    """
    names = [output.name for output in outputs]
    if len(outputs) > 1 and isinstance(given, Mapping) and set(given) <= set(names):
        return [given.get(name) for name in names]
    flat = tree.flatten(given)
    if len(flat) == len(outputs):
        return flat
    rest = iter(flat)
    if len(flat) == sum(output.has_targets for output in outputs):
        return [next(rest) if output.has_targets else None for output in outputs]
    raise ValueError(
        f"{what} expects an array for each of the model's outputs {', '.join(map(repr, names))}, got {len(flat)}: "
        f"{tree.skeleton(given)!r}"
    )


def _free_name(name: str, taken: Mapping[str, Any]) -> str:
    """`name`, or the first of name_1, name_2, ... that is free."""
    number, candidate = 0, name
    while candidate in taken:
        number += 1
        candidate = f"{name}_{number}"
    return candidate


def _is_by_name(given: Any) -> bool:
    """Whether this is a dictionary by outputs; the configuration of an object is not."""
    return isinstance(given, Mapping) and "class_name" not in given


def _flatten(identifiers: Any) -> Iterator[Any]:
    """What is in nested lists, tuples and dictionaries, None left out."""
    if _is_by_name(identifiers):
        identifiers = list(identifiers.values())
    if isinstance(identifiers, list | tuple):
        for inner in identifiers:
            yield from _flatten(inner)
    elif identifiers is not None:
        yield identifiers
