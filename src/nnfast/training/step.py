"""The steps of training, testing and predicting: written as plain Python, traced once, run by C++ for every batch."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from nnfast import graph
from nnfast.callbacks.callback_list import Phase
from nnfast.graph import Program, TensorSpec
from nnfast.training.data import Array, Dataset

if TYPE_CHECKING:
    from nnfast.training.trainer import Trainer

Outputs = tuple[Any, ...]


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
    return (model(x, training=False),)


_STEPS: dict[Phase, Callable[..., Outputs]] = {
    "train": training_step,
    "test": test_step,
    "predict": prediction_step,
}


class Step(NamedTuple):
    """A traced step."""

    program: Program
    predictions: TensorSpec


class StepCache:
    """A model's traced steps, each for data of certain shapes and dtypes; the number of samples does not matter.

    All are dropped when the model's structure changes.
    """

    def __init__(self) -> None:
        self._steps: dict[tuple[Any, ...], Step] = {}
        self._version = -1

    def find(self, phase: Phase, version: int, arrays: Iterable[Array]) -> Step | None:
        """The step that was traced for such arrays from a model of this structure; None if there is none."""
        if version != self._version:
            return None
        return self._steps.get((phase, *[(array.dtype, array.shape[1:]) for array in arrays]))

    def keep(self, step: Step, phase: Phase, version: int, arrays: Iterable[Array]) -> None:
        """Keep a step that was traced for such arrays from a model of this structure."""
        if version != self._version:
            self._steps.clear()
            self._version = version
        self._steps[(phase, *[(array.dtype, array.shape[1:]) for array in arrays])] = step

    def clear(self) -> None:
        """Forget all steps."""
        self._steps.clear()


def find_step(model: Trainer, phase: Phase, data: Dataset) -> Step:
    """The step for such data, traced if it is the first time.

    Raises:
        ValueError: shapes of inputs or targets that the model, the loss or a metric does not take.
    """
    step = model._steps.find(phase, model.structure_version, data.arrays.values())
    if step is None:
        step = _trace(model, phase, data)
        # Tracing may have built layers: the version is the one after it.
        model._steps.keep(step, phase, model.structure_version, data.arrays.values())
    return step


def _trace(model: Trainer, phase: Phase, data: Dataset) -> Step:
    """Trace a step, and make what it needs: the model's weights, the metrics, the optimizer's slots."""
    specs = {"x": TensorSpec((None, *data.x.shape[1:]), model.input_dtype)}
    model.check_input_shape(data.x.shape)
    if not model.built:
        model.build(specs["x"].shape)
    (predictions,) = graph.abstract(lambda x: prediction_step(model, x), [specs["x"]])
    if predictions.shape[:1] != (None,):
        raise ValueError(
            f"Model '{model.name}' expects a result with a row for each sample, shape (None, ...), got shape "
            f"{predictions.shape} from its call"
        )
    if phase != "predict":
        y_shape = None if data.y is None else (None, *data.y.shape[1:])
        model._objective.build(y_shape, predictions.shape)
    if phase == "train" and not model.optimizer.built:
        model.optimizer.build(model.trainable_variables)
    for name, array in data.beside_x.items():
        # Integers stay what they are, as they may be labels.
        dtype = model._objective.dtype if array.dtype.kind == "f" else array.dtype.name
        specs[name] = TensorSpec((None, *array.shape[1:]), dtype)

    def step(*tensors: Any) -> Outputs:
        return _STEPS[phase](model, **dict(zip(specs, tensors, strict=True)))

    return Step(graph.trace(step, list(specs.values())), predictions)
