"""The steps of training, testing and predicting: written as plain Python, traced once, run by C++ for every batch."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

from nnfast import graph, tree
from nnfast.callbacks.callback_list import Phase
from nnfast.graph import Feed, Structured, TensorSpec, dtypes
from nnfast.graph.zeros import worth_skipping
from nnfast.training.custom_steps import EagerProgram, LoggingStep, custom_step, is_eager
from nnfast.training.data import Array, Dataset

if TYPE_CHECKING:
    from nnfast.training.trainer import Trainer

Outputs = tuple[Any, ...]
Sparse = tuple[int, ...]  # numbers of inputs that are mostly zeros


def training_step(model: Trainer, x: Any, y: Any = None, sample_weight: Any = None) -> Outputs:
    """Predict, compare, and change the weights against the loss's gradients."""
    predictions = model(x, training=True)
    loss = _loss(model, True, x, y, predictions, sample_weight)
    gradients = graph.differentiate(model.optimizer.scale_loss(loss), model.trainable_variables)
    model.optimizer.apply(gradients, model.trainable_variables)
    model.update_metrics(y, predictions, loss, sample_weight)
    return ()


def test_step(model: Trainer, x: Any, y: Any = None, sample_weight: Any = None) -> Outputs:
    """Predict and compare."""
    predictions = model(x, training=False)
    loss = _loss(model, False, x, y, predictions, sample_weight)
    model.update_metrics(y, predictions, loss, sample_weight)
    return ()


def _loss(model: Trainer, training: bool, *batch: Any) -> Any:
    """What `compute_loss` says, which a subclass may define without `training`."""
    takes_training = "training" in inspect.signature(model.compute_loss).parameters
    return model.compute_loss(*batch, **({"training": training} if takes_training else {}))


def prediction_step(model: Trainer, x: Any) -> Outputs:
    """Predict."""
    return tuple(tree.flatten(model(x, training=False)))


_STEPS: dict[Phase, Callable[..., Outputs]] = {
    "train": training_step,
    "test": test_step,
    "predict": prediction_step,
}


class Runnable(Protocol):
    """A Program, or what runs like one."""

    def run(self, feed: Feed, first: int, count: int, outputs: Sequence[Array] = ()) -> None: ...


class Step(NamedTuple):
    """A step that is ready to run."""

    program: Runnable
    predictions: Any  # a TensorSpec, or a structure of them; None where a step of the user's own does without


class StepCache:
    """A model's steps, each for a phase and data of certain shapes and dtypes; the number of samples does not matter.

    All are dropped when the model's structure changes.
    """

    def __init__(self) -> None:
        self._steps: dict[tuple[Any, Any], Step] = {}
        self._version = -1

    def find(self, key: Any, version: int, data: Dataset) -> Step | None:
        """The step that was made for such data from a model of this structure; None if there is none."""
        return self._steps.get((key, data.signature)) if version == self._version else None

    def keep(self, step: Step, key: Any, version: int, data: Dataset) -> None:
        """Keep a step that was made for such data from a model of this structure."""
        if version != self._version:
            self._steps.clear()
            self._version = version
        self._steps[key, data.signature] = step

    def __reduce__(self) -> Any:
        # Programs are made anew where they are needed.
        return StepCache, ()

    def clear(self) -> None:
        """Forget all steps."""
        self._steps.clear()


def sparse_inputs(data: Dataset) -> Sparse:
    """The numbers of the inputs that are mostly zeros."""
    return tuple(number for number, array in enumerate(tree.present(data.x)) if worth_skipping(array))


def find_step(model: Trainer, phase: Phase, data: Dataset, sparse: Sparse | None = None) -> Step:
    """The step for such data, traced if it is the first time. `sparse` is as of `sparse_inputs`; default of these data.

    Raises:
        ValueError: shapes of inputs or targets that the model, the loss or a metric does not take.
    """
    sparse = sparse_inputs(data) if sparse is None else sparse
    # What a function of the user's asks for is another step than the one that calls it.
    key = (phase, model._in_function, sparse, getattr(model.optimizer, "version", 0))
    step = model._steps.find(key, model.structure_version, data)
    if step is None:
        step = _trace(model, phase, sparse, data)
        # Tracing may have built layers: the version is the one after it.
        model._steps.keep(step, key, model.structure_version, data)
    return step


def _trace(model: Trainer, phase: Phase, sparse: Sparse, data: Dataset) -> Step:
    """Make a step, and what it needs: the model's weights, the metrics, the optimizer's slots."""
    inputs, predictions = _prepared(model, phase, data)
    if phase != "predict" and predictions is not None:
        model._objective.build(_specs(data.y, lambda y: ""), predictions, model.output_names)
    if phase == "train" and model.optimizer is not None and not model.optimizer.built:
        model.optimizer.build(model.trainable_variables)

    # Integers stay what they are, as they may be labels.
    dtype = _floats_as(model._objective.dtype)
    beside = {name: _specs(part, dtype) for name, part in data.parts.items() if name != "x"}
    function = custom_step(model, phase) or partial(_STEPS[phase], model)
    array_metrics = model._objective.array_metrics

    def run(*parts: Any) -> Outputs:
        array_metrics.begin()
        outputs = function(**dict(zip(data.parts, parts, strict=True)))
        return (*outputs, *array_metrics.tensors)

    step = Structured(run, inputs, *beside.values())
    if is_eager(model, phase):
        return Step(EagerProgram(step.specs, step), predictions)
    program = array_metrics.watching(graph.trace(step, step.specs, sparse))
    if isinstance(function, LoggingStep):
        return Step(function.program(program), predictions)
    return Step(program, predictions)


def _prepared(model: Trainer, phase: Phase, data: Dataset) -> tuple[Any, Any]:
    """The specs of the inputs, and of what the model makes of them; None where it has no call, but a step of its own.

    Raises:
        ValueError: shapes that the model does not take, or a prediction without a row for each sample.
    """
    try:
        inputs = model.prepare(data.x)
        return inputs, _predictions(model, phase, inputs)
    except NotImplementedError:
        if phase == "predict" or custom_step(model, phase) is None:
            raise
        return _specs(data.x, _floats_as(model.input_dtype)), None


def _predictions(model: Trainer, phase: Phase, inputs: Any) -> Any:
    """The specs of what the model makes of inputs of these specs.

    Raises:
        ValueError: a result has no row for each sample.
    """
    custom = custom_step(model, phase) if phase == "predict" else None
    call = Structured(lambda x: model(x, training=False) if custom is None else model.predict_step(x), inputs)
    if is_eager(model, phase):  # with values that do not matter, as its Python may look at them
        blanks = [np.zeros((1, *spec.shape[1:]), spec.dtype) for spec in call.specs]
        specs = [TensorSpec((None, *out.shape[1:]), out.dtype.name) for out in graph.run_eagerly(call, blanks)]
    else:
        specs = graph.abstract(call, call.specs)
    shapes = [spec.shape if spec is not None else None for spec in tree.flatten(call.pack(specs))]
    for shape in shapes:
        if shape is None or shape[:1] != (None,):
            raise ValueError(
                f"Model '{model.name}' expects a result with a row for each sample, shape (None, ...), got "
                f"{'nothing' if shape is None else f'shape {shape}'} from its call"
            )
    return call.pack(specs)


def _specs(arrays: Any, dtype: Callable[[Array], str]) -> Any:
    """The specs of arrays with any number of samples; None for what is not there."""
    return tree.fill(arrays, [TensorSpec((None, *array.shape[1:]), dtype(array)) for array in tree.present(arrays)])


def _floats_as(name: str) -> Callable[[Array], str]:
    return lambda array: name if dtypes.kind_of(array.dtype) == "f" else array.dtype.name
