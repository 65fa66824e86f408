"""The steps of training, testing and predicting: written as plain Python, traced once, run by C++ for every batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from nnfast import graph, tree
from nnfast.callbacks.callback_list import Phase
from nnfast.graph import TensorSpec
from nnfast.graph.zeros import worth_skipping
from nnfast.training.data import Dataset

if TYPE_CHECKING:
    from nnfast.training.trainer import Trainer

Outputs = tuple[Any, ...]
Sparse = tuple[int, ...]  # numbers of inputs that are mostly zeros


def training_step(model: Trainer, x: Any, y: Any = None, sample_weight: Any = None) -> Outputs:
    """Predict, compare, and change the weights against the loss's gradients."""
    predictions = model(x, training=True)
    loss = model.compute_loss(x, y, predictions, sample_weight, training=True)
    gradients = graph.differentiate(loss, model.trainable_variables)
    model.optimizer.apply(gradients, model.trainable_variables)
    model.update_metrics(y, predictions, loss, sample_weight)
    return ()


def test_step(model: Trainer, x: Any, y: Any = None, sample_weight: Any = None) -> Outputs:
    """Predict and compare."""
    predictions = model(x, training=False)
    loss = model.compute_loss(x, y, predictions, sample_weight, training=False)
    model.update_metrics(y, predictions, loss, sample_weight)
    return ()


def prediction_step(model: Trainer, x: Any) -> Outputs:
    """Predict."""
    return tuple(tree.flatten(model(x, training=False)))


_STEPS: dict[Phase, Callable[..., Outputs]] = {
    "train": training_step,
    "test": test_step,
    "predict": prediction_step,
}


class Step(NamedTuple):
    """A traced step."""

    program: Any  # a Program, or what runs one
    predictions: Any  # a TensorSpec, or a structure of them


class StepCache:
    """A model's traced steps, each for data of certain shapes and dtypes; the number of samples does not matter.

    `sparse` numbers the inputs whose zeros it skips.

    All are dropped when the model's structure changes.
    """

    def __init__(self) -> None:
        self._steps: dict[tuple[Phase, Sparse, Any], Step] = {}
        self._version = -1

    def find(self, phase: Phase, sparse: Sparse, version: int, data: Dataset) -> Step | None:
        """The step that was traced for such data from a model of this structure; None if there is none."""
        return self._steps.get((phase, sparse, data.signature)) if version == self._version else None

    def keep(self, step: Step, phase: Phase, sparse: Sparse, version: int, data: Dataset) -> None:
        """Keep a step that was traced for such data from a model of this structure."""
        if version != self._version:
            self._steps.clear()
            self._version = version
        self._steps[phase, sparse, data.signature] = step

    def clear(self) -> None:
        """Forget all steps."""
        self._steps.clear()


def sparse_inputs(data: Dataset) -> Sparse:
    """The numbers of the inputs that are mostly zeros."""
    return tuple(number for number, array in enumerate(tree.flatten(data.x)) if worth_skipping(array))


def find_step(model: Trainer, phase: Phase, data: Dataset, sparse: Sparse | None = None) -> Step:
    """The step for such data, traced if it is the first time. `sparse` is as of `sparse_inputs`; default of these data.

    Raises:
        ValueError: shapes of inputs or targets that the model, the loss or a metric does not take.
    """
    sparse = sparse_inputs(data) if sparse is None else sparse
    step = model._steps.find(phase, sparse, model.structure_version, data)
    if step is None:
        step = _trace(model, phase, sparse, data)
        # Tracing may have built layers: the version is the one after it.
        model._steps.keep(step, phase, sparse, model.structure_version, data)
    return step


def _trace(model: Trainer, phase: Phase, sparse: Sparse, data: Dataset) -> Step:
    """Trace a step, and make what it needs: the model's weights, the metrics, the optimizer's slots."""
    inputs = model.prepare(data.x)
    predictions = _predictions(model, inputs)
    if phase != "predict":
        targets = None if data.y is None else tree.map_structure(lambda y: TensorSpec((None, *y.shape[1:]), ""), data.y)
        model._objective.build(targets, predictions, model.output_names)
    if phase == "train" and not model.optimizer.built:
        model.optimizer.build(model.trainable_variables)

    def spec(array: Any) -> TensorSpec:
        # Integers stay what they are, as they may be labels.
        dtype = model._objective.dtype if array.dtype.kind == "f" else array.dtype.name
        return TensorSpec((None, *array.shape[1:]), dtype)

    beside = {name: tree.map_structure(spec, part) for name, part in data.parts.items() if name != "x"}
    specs = {"x": inputs, **beside}

    def step(*tensors: Any) -> Outputs:
        given, parts = iter(tensors), {}
        for name, part in specs.items():
            parts[name] = tree.pack_sequence_as(part, [next(given) for _ in tree.flatten(part)])
        outputs = _STEPS[phase](model, **parts)
        return outputs if phase == "predict" else (*outputs, *model._objective.array_metrics.tensors)

    flat = [leaf for part in specs.values() for leaf in tree.flatten(part)]
    program = graph.trace(step, flat, sparse)
    return Step(program if phase == "predict" else model._objective.array_metrics.watching(program), predictions)


def _predictions(model: Trainer, inputs: Any) -> Any:
    """The specs of what the model makes of inputs of these specs.

    Raises:
        ValueError: a result has no row for each sample.
    """
    structure: Any = None

    def call(*tensors: Any) -> list[Any]:
        nonlocal structure
        outputs = model(tree.pack_sequence_as(inputs, tensors), training=False)
        structure = tree.skeleton(outputs)
        return tree.flatten(outputs)

    specs = graph.abstract(call, tree.flatten(inputs))
    for predictions in specs:
        if predictions.shape[:1] != (None,):
            raise ValueError(
                f"Model '{model.name}' expects a result with a row for each sample, shape (None, ...), got shape "
                f"{predictions.shape} from its call"
            )
    return tree.pack_sequence_as(structure, specs)
