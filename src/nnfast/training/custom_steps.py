"""Steps of the user's own: train_step, test_step and predict_step of a subclass, and steps that run op by op."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nnfast import graph, tree
from nnfast.callbacks.callback_list import Phase
from nnfast.graph import Feed, Program, TensorSpec
from nnfast.training.array_metrics import WatchedProgram
from nnfast.training.data import Array
from nnfast.utils.batches import pack_x_y_sample_weight, unpack_x_y_sample_weight

if TYPE_CHECKING:
    from nnfast.training.trainer import Trainer

_METHODS: dict[Phase, str] = {"train": "train_step", "test": "test_step", "predict": "predict_step"}


def is_eager(model: Trainer, phase: Phase) -> bool:
    """Whether a phase of a model runs Python for every batch."""
    return model.run_eagerly or _has_own_function(model, phase)


def is_custom(model: Trainer, phase: Phase) -> bool:
    """Whether a phase of a model runs anything but its call and what compile was told."""
    return is_eager(model, phase) or custom_step(model, phase) is not None


def custom_step(model: Trainer, phase: Phase) -> Callable[..., Any] | None:
    """The step that a subclass defines, as a function of x, y and sample_weight; None if it does not."""
    from nnfast.training.steps import Steps

    if _has_own_function(model, phase):
        return FunctionStep(model, phase)
    if getattr(type(model), _METHODS[phase]) is getattr(Steps, _METHODS[phase]):
        return None
    return PredictionStep(model) if phase == "predict" else LoggingStep(model, phase)


def _has_own_function(model: Trainer, phase: Phase) -> bool:
    from nnfast.training.steps import Steps

    name = f"make_{phase}_function"
    return getattr(type(model), name) is not getattr(Steps, name) and not model._in_function


class PredictionStep:
    """A `predict_step` of the user's own."""

    def __init__(self, model: Trainer) -> None:
        self._model = model

    def __call__(self, x: Any) -> tuple[Any, ...]:
        return tuple(tree.flatten(self._model.predict_step(x)))


class LoggingStep:
    """A `train_step` or `test_step` of the user's own, and the logs that it returns: those of the last batch count."""

    def __init__(self, model: Trainer, phase: Phase) -> None:
        self._model = model
        self._method = _METHODS[phase]
        self._names: list[str] = []

    def __call__(self, x: Any, y: Any = None, sample_weight: Any = None) -> tuple[Any, ...]:
        logs = getattr(self._model, self._method)(pack_x_y_sample_weight(x, y, sample_weight))
        self._names = list(logs or {})
        values = tuple((logs or {}).values())
        if all(isinstance(value, graph.EagerTensor) for value in values):
            self._tell(values)
            return ()
        return values

    def program(self, traced: Program | WatchedProgram) -> LoggingProgram:
        """The traced step as a program that tells the model of its logs.

        Raises:
            ValueError: they are not scalars.
        """
        for name, spec in zip(self._names, traced.outputs, strict=True):
            if spec.shape != ():
                raise ValueError(
                    f"{self._method} must return a dictionary of scalars, got shape {spec.shape} for {name!r}"
                )
        return LoggingProgram(traced, self._tell)

    def _tell(self, values: Sequence[Any]) -> None:
        self._model._custom_logs = {name: float(value) for name, value in zip(self._names, values, strict=True)}


class LoggingProgram:
    """A traced step of the user's own."""

    def __init__(self, program: Program | WatchedProgram, tell: Callable[[Sequence[Array]], None]) -> None:
        self._program = program
        self._tell = tell

    def run(self, feed: Feed, first: int, count: int, outputs: Sequence[Array] = ()) -> None:
        """Runs batches, and tells of the last one's logs."""
        logs: list[Array] = [np.empty((), spec.dtype) for spec in self._program.outputs]
        self._program.run(feed, first, count, logs)
        self._tell(logs)


class FunctionStep:
    """What `make_train_function`, or its kin, of a subclass made: a function of an iterator over batches."""

    def __init__(self, model: Trainer, phase: Phase) -> None:
        self._model = model
        self._phase = phase

    def __call__(self, x: Any, y: Any = None, sample_weight: Any = None) -> tuple[Any, ...]:
        function = f"{self._phase}_function"
        x, y, sample_weight = (_arrays(part) for part in (x, y, sample_weight))
        with graph.not_tracing():
            if getattr(self._model, function) is None:
                getattr(self._model, f"make_{function}")()
            found = getattr(self._model, function)(iter([pack_x_y_sample_weight(x, y, sample_weight)]))
        if self._phase == "predict":
            return tuple(tree.flatten(found))
        self._model._custom_logs = {name: float(value) for name, value in (found or {}).items()}
        return ()


def _arrays(part: Any) -> Any:
    return None if part is None else tree.map_structure(lambda tensor: tensor.numpy(), part)


class EagerProgram:
    """A step that runs op by op, with Python in between.

    Args:
        specs: what the step is given, with None for the batch.
        step: a function of tensors.
    """

    def __init__(self, specs: Sequence[TensorSpec], step: Callable[..., Sequence[Any]]) -> None:
        self._specs = specs
        self._step = step
        self._gather = graph.trace(lambda *tensors: tensors, specs)

    def run(self, feed: Feed, first: int, count: int, outputs: Sequence[Array] = ()) -> None:
        """Runs batches, as a Program does."""
        size = feed.batch_size
        for number in range(first, first + count):
            rows = slice(number * size, min((number + 1) * size, feed.samples))
            # Memory is touched where rows are written, and nowhere else.
            arrays: list[Array] = [np.empty((feed.samples, *_row(spec)), spec.dtype) for spec in self._specs]
            self._gather.run(feed, number, 1, arrays)
            results = graph.run_eagerly(self._step, [array[rows].copy() for array in arrays])
            for output, result in zip(outputs, results, strict=True):
                output[rows] = result


def _row(spec: TensorSpec) -> tuple[int, ...]:
    """The shape of one sample."""
    return tuple(dimension for dimension in spec.shape[1:] if dimension is not None)


def one_batch(model: Trainer, phase: Phase, data: Any) -> Any:
    """What the functions that `make_train_function` and its kin make do with a batch."""
    x, y, sample_weight = unpack_x_y_sample_weight(data)
    model._in_function, model._custom_logs = True, None
    try:
        if phase == "predict":
            return model.predict_on_batch(x)
        return model._on_batch(phase, model._dataset(x, y, sample_weight), True, reset=False)
    finally:
        model._in_function = False
