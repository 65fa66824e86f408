"""What compile was told to make small and to measure, for each output of the model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from nnfast import config, losses, tree
from nnfast import metrics as metric_classes
from nnfast.losses import Loss, SparseCategoricalCrossentropy
from nnfast.metrics import Mean, Metric
from nnfast.ops.movement import size_of_shape
from nnfast.training.array_metrics import ArrayMetrics
from nnfast.training.outputs import Outputs, Path, at, flatten_identifiers


class _Loss:
    """What is made small of an output, or of several together.

    Attributes:
        path: its place in the outputs.
        loss: the Loss.
        weight: its factor.
        name: in logs.
        tracker: the mean of the loss, where the model has several losses.
    """

    def __init__(self, path: Path, loss: Loss, weight: float, name: str) -> None:
        self.path = path
        self.loss = loss
        self.weight = weight
        self.name = name
        self.tracker: Mean | None = None


class _Measures(NamedTuple):
    """The metrics of an output."""

    path: Path
    name: str | None  # what their names in logs begin with
    unweighted: list[Metric]
    weighted: list[Metric]  # these are told the samples' weights


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

    Raises:
        ValueError: a name that means nothing.
    """

    def __init__(
        self,
        loss: Any = None,
        loss_weights: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
    ) -> None:
        self._given = {"loss": loss, "loss_weights": loss_weights}
        self._given |= {"metrics": metrics, "weighted_metrics": weighted_metrics}
        self.loss_tracker = Mean(name="loss")
        self.built = False
        self._outputs = Outputs(None, [])
        self._losses: list[_Loss] = []
        self._measures: list[_Measures] = []
        self._needed: list[Path] = []  # of the outputs that are compared with targets
        self.array_metrics = ArrayMetrics()
        # Whatever the shapes, a name means something or nothing.
        for weight in flatten_identifiers(loss_weights):
            float(weight)
        for identifier in flatten_identifiers(loss):
            losses.resolve(identifier, (None, 1), (None, 1))
        for identifier in flatten_identifiers([metrics, weighted_metrics]):
            metric_classes.resolve(identifier, (None, 1), (None, 1))

    def _read_for(self, outputs: Outputs) -> tuple[list[tuple[Path, Any, float]], dict[Path, list[list[Any]]]]:
        """What compile was given, by the paths of outputs: the losses with their factors, and the metrics."""
        weights: dict[Path, list[Any]] = {}
        for path, weight in outputs.each("loss_weights", self._given["loss_weights"]):
            weights.setdefault(path, []).append(weight)
        found = outputs.each("loss", self._given["loss"])
        weighed = [(path, loss, float(weights[path].pop(0)) if weights.get(path) else 1.0) for path, loss in found]
        if any(weights.values()) and found:
            raise ValueError(
                f"loss_weights expects one entry for each of {len(found)} losses, got {self._given['loss_weights']!r}"
            )
        return weighed, self._metrics_for(outputs)

    def _metrics_for(self, outputs: Outputs) -> dict[Path, list[list[Any]]]:
        """The unweighted and the weighted metrics of each output."""
        measured: dict[Path, list[list[Any]]] = {path: [[], []] for path in outputs.paths}
        for number, what in enumerate(("metrics", "weighted_metrics")):
            given = self._given[what]
            if len(outputs.paths) == 1:  # all are for it, whatever the names
                measured[outputs.paths[0]][number] = list(flatten_identifiers(given))
                continue
            if isinstance(given, list | tuple) and given and len(given) != len(outputs.structure):
                names = ", ".join(map(repr, outputs.names))
                raise ValueError(
                    f"{what} expects an entry for each of the {len(outputs.structure)} outputs {names}, got {given!r}"
                )
            if isinstance(given, list | tuple) and len(given) == len(outputs.paths):
                for path, metrics in zip(outputs.paths, given, strict=True):
                    measured[path][number] = list(flatten_identifiers(metrics))
                continue
            for path, metric in outputs.each(what, given or None):
                if path not in measured:
                    raise ValueError(f"{what} expects metrics for single outputs, got {metric!r} for several")
                measured[path][number].append(metric)
        return measured

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
            if any(
                True for _ in flatten_identifiers([self._given[w] for w in ("loss", "metrics", "weighted_metrics")])
            ):
                raise ValueError("The model's loss and metrics compare predictions with targets: y is missing")
            return
        if self.built:
            return
        outputs = Outputs(predictions, output_names)
        weighed, measured = self._read_for(outputs)
        needed = [*(path for path, _, _ in weighed), *(path for path, both in measured.items() if any(both))]
        targets = outputs.arrange("y", targets, needed)

        def shapes(path: Path) -> tuple[Any, Any]:
            """Of targets and predictions; of the first of several."""
            target, prediction = (tree.flatten(at(structure, path))[0] for structure in (targets, predictions))
            return target.shape, prediction.shape

        self._losses = []
        for path, identifier, weight in weighed:
            loss = losses.resolve(identifier, *shapes(path))
            name = outputs.name_of(path) if outputs.are_named else loss.name
            self._losses.append(_Loss(path, loss, weight, name))
        for term in self._losses if len(self._losses) > 1 else ():
            term.tracker = Mean(name=f"{term.name}_loss")
        several = len(outputs.paths) > 1 and outputs.are_named
        self._measures = [
            _Measures(
                path,
                outputs.name_of(path) if several else None,
                *([metric_classes.resolve(metric, *shapes(path)) for metric in group] for group in both),
            )
            for path, both in measured.items()
        ]
        self._outputs, self._needed, self.built = outputs, needed, True

    @property
    def dtype(self) -> str:
        """The floating-point dtype that the losses want targets and weights in."""
        return next((term.loss.dtype for term in self._losses), config.floatx())

    @property
    def metrics(self) -> dict[str, Metric]:
        """The mean of the loss and the metrics under the names that logs have, in the order of evaluate's results."""
        single: dict[str, Metric] = {}
        for term in self._losses:
            if term.tracker is not None:
                single[_free_name(term.tracker.name, single)] = term.tracker
        measured: dict[str, Metric] = {}
        for what in ("unweighted", "weighted"):
            for measures in self._measures:
                prefix = "" if measures.name is None else f"{measures.name}_"
                for metric in getattr(measures, what):
                    name = prefix + metric.name
                    if what == "weighted" and name in measured:
                        name = f"{prefix}weighted_{metric.name}"
                    measured[_free_name(name, measured)] = metric
        mean: dict[str, Metric] = {"loss": self.loss_tracker}
        # Keras's order: it looks for metrics by names of their own first, and sorts the rest.
        if any(measures.name is not None for measures in self._measures):
            return mean | single | dict(sorted(measured.items()))
        return mean | measured | single

    def compute_loss(self, y: Any, predictions: Any, sample_weight: Any) -> Any:
        """The sum of the weighted losses, a scalar, None without any; the means of the single ones are told of them."""
        if y is None or not self._losses:
            return None
        targets, weights = self._arranged(y, predictions, sample_weight)
        total: Any = None
        for term in self._losses:
            prediction = at(predictions, term.path)
            weight = next(iter(tree.present(at(weights, term.path))), None)  # of several outputs, the first's
            value = term.loss(at(targets, term.path), prediction, weight)
            if term.tracker is not None:
                rows = tree.flatten(prediction)[0].shape[:1]
                term.tracker.update_state(value, sample_weight=size_of_shape(rows, term.tracker.dtype))
            value = value * term.weight
            total = value if total is None else total + value
        return total

    def update_metrics(self, y: Any, predictions: Any, sample_weight: Any) -> None:
        """Tell the metrics of a batch; only the weighted ones hear of the samples' weights."""
        if y is None:
            return
        targets, weights = self._arranged(y, predictions, sample_weight)
        for measures in self._measures:
            batch = at(targets, measures.path), at(predictions, measures.path)
            for metric in measures.unweighted:
                self.array_metrics.update(metric, *batch)
            for metric in measures.weighted:
                self.array_metrics.update(metric, *batch, at(weights, measures.path))

    def labels(self, y: Any, predictions: Any) -> Iterator[tuple[Any, int | None]]:
        """The targets that are labels, and how many classes they may name."""
        for term in self._losses:
            if isinstance(term.loss, SparseCategoricalCrossentropy):
                target = at(self._arranged(y, predictions, None)[0], term.path)
                arguments = term.loss.get_config()
                ignored, axis = arguments["ignore_class"], arguments["axis"]
                classes = at(predictions, term.path).shape[axis]
                yield target if ignored is None else target[target != ignored], classes

    def _arranged(self, y: Any, predictions: Any, sample_weight: Any) -> tuple[Any, Any]:
        """Targets and weights in the structure of the predictions; weights that are one array are for all."""
        targets = self._outputs.arrange("y", y, self._needed)
        if tree.is_nested(sample_weight):
            return targets, self._outputs.arrange("sample_weight", sample_weight, ())
        return targets, tree.map_structure(lambda _: sample_weight, predictions)


def _free_name(name: str, taken: Mapping[str, Any]) -> str:
    """`name`, or the first of name_1, name_2, ... that is free."""
    number, candidate = 0, name
    while candidate in taken:
        number += 1
        candidate = f"{name}_{number}"
    return candidate
