"""What compile says: how a model is trained, and by what it is measured."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from nnfast import graph, ops, optimizers, tree
from nnfast.metrics import Metric
from nnfast.ops.movement import size_of_shape
from nnfast.training.data import whole_number
from nnfast.training.objective import Objective
from nnfast.training.results import Results
from nnfast.training.steps import Steps
from nnfast.utils.objects import deserialize_keras_object, serialize_keras_object
from nnfast.utils.tracebacks import filter_traceback, users_line

Logs = dict[str, Any]


class Compiled(Steps):
    """A model's optimizer, loss and metrics.

    Attributes:
        compiled: whether `compile` was called.
        optimizer: the Optimizer; None before `compile`.
        loss: the loss as `compile` was given it.
    """

    _compiled_with: dict[str, Any]  # the arguments of compile, but for the optimizer

    if TYPE_CHECKING:  # what a model adds
        dtype_policy: Any

        @property
        def output_names(self) -> list[str]: ...

    def __init__(self) -> None:
        Steps.__init__(self)
        self.compiled = False
        self.optimizer: Any = None
        self.loss: Any = None
        self.stop_training = False
        self.steps_per_execution = 1
        self._objective = Objective()
        self._reading: Results | None = None

    @filter_traceback
    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        loss_weights: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        run_eagerly: bool = False,
        steps_per_execution: int = 1,
        jit_compile: bool | str = "auto",
        auto_scale_loss: bool = True,
    ) -> None:
        """Say how to train. What was learnt is kept; the metrics and the steps traced so far are not.

        Args:
            optimizer: a name in any case, or an Optimizer; default "rmsprop".
            loss: a name in any case, a Loss, or a function of targets and predictions that returns one value a sample;
                default None, for a model whose layers add to the loss, or that defines `compute_loss`. A model with
                several outputs takes a list or a dictionary by the outputs' names, None for an output without; their
                weighted sum is made small.
            loss_weights: the factors of the losses, in the same way; default 1.
            metrics: a name in any case, a Metric or a function, or a list of such. "accuracy" ("acc") and
                "crossentropy" ("ce") stand for their binary, sparse or categorical form, by the shapes of targets and
                predictions. A model with several outputs takes a list or a dictionary with an entry for each.
            weighted_metrics: the same; these weigh each sample as the loss does.
            run_eagerly: whether Python runs for every batch, op by op, so that prints and breakpoints in a model's call
                see numbers; slow, and of the same bits; default False.
            steps_per_execution: how many batches run between two calls of callbacks that want every batch; default 1.
            jit_compile: without effect: every step is compiled.
            auto_scale_loss: whether the optimizer of a model with the policy "mixed_float16" is put into a
                LossScaleOptimizer; default True.

        Raises:
            ValueError: an unknown name; the message lists what is known.

        >>> from nnfast import Input, Sequential, layers
        >>> model = Sequential([Input((2,)), layers.Dense(1)])
        >>> model.compile("SGD", loss="MSE", metrics=["accuracy"])
        >>> type(model.optimizer).__name__, model.loss
        ('SGD', 'MSE')
        """
        # All is checked before anything of an earlier compile is lost.
        steps = whole_number("steps_per_execution", steps_per_execution)
        new_optimizer = optimizers.get(optimizer)
        if auto_scale_loss and self.dtype_policy.name == "mixed_float16":
            new_optimizer = _scaling(new_optimizer)
        self._objective = Objective(loss, loss_weights, metrics, weighted_metrics)
        self.steps_per_execution = steps
        self._run_eagerly = bool(run_eagerly)
        self.train_function = self.test_function = self.predict_function = None
        vars(self)["_compiled_with"] = {  # the arguments themselves are no part of the model
            "loss": loss,
            "loss_weights": loss_weights,
            "metrics": metrics,
            "weighted_metrics": weighted_metrics,
            "run_eagerly": self._run_eagerly,
            "steps_per_execution": steps,
            "jit_compile": jit_compile,
        }
        self.optimizer = new_optimizer
        self.loss = loss
        self.stop_training = False
        self.compiled = True
        self._steps.clear()

    def get_compile_config(self) -> dict[str, Any] | None:
        """The arguments of `compile`, as plain Python values; None if the model is not compiled."""
        if not self.compiled:
            return None
        found: dict[str, Any] = serialize_keras_object({"optimizer": self.optimizer, **self._compiled_with})
        return found

    def compile_from_config(self, config: Mapping[str, Any]) -> None:
        """Compile as `get_compile_config` says, and make the optimizer's slots if the model is built.

        A class with a `compile` of its own says itself how it is compiled again: it is left as it is, with a warning.
        """
        if type(self).compile is not Compiled.compile:
            warnings.warn(
                "`compile()` was not called as part of model loading because the model's `compile()` method is custom. "
                f"{type(self).__name__} should define `get_compile_config()` and `compile_from_config(config)`, too; "
                "or call `compile()` after loading.",
                stacklevel=users_line(),
            )
            return
        self.compile(**deserialize_keras_object(config))
        if self.built and self.optimizer is not None:
            self.optimizer.build(self.trainable_variables)

    @property
    def metrics(self) -> list[Metric]:
        """The mean of the loss, the metrics of `compile`, made when data is first seen, and those set as attributes of
        the model and its layers; models among these keep theirs to themselves."""
        layers = (layer for layer in self.flatten_layers() if layer is self or not isinstance(layer, Compiled))
        own = [metric for layer in layers for metric in layer._metrics]
        return [*self._objective.metrics.values(), *own] if self.compiled else own

    @property
    def metrics_names(self) -> list[str]:
        """The names of what `evaluate` returns, in its order."""
        return list(self._objective.metrics) if self.compiled else []

    def reset_metrics(self) -> None:
        """Start all metrics anew."""
        self._custom_logs = None
        for metric in self.metrics:
            metric.reset_state()

    def get_metrics_result(self) -> Logs:
        """The metrics so far, by name, as Python floats; inside of a step of one's own, as symbolic tensors."""
        if graph.is_tracing():
            return {metric.name: metric.result() for metric in self.metrics}
        named, told = self._objective.metrics, set(self._objective.metrics.values())
        for metric in self.metrics:  # those of the model's own come last, and give way
            if metric not in told:
                named.setdefault(metric.name, metric)
        reading = self._reading
        if reading is None or reading.metrics != named:
            reading = vars(self)["_reading"] = Results(named)  # not part of the model's structure
        return reading()

    def _logs(self) -> Logs:
        """The metrics so far, or what a step of the user's own returned last."""
        return self.get_metrics_result() if self._custom_logs is None else dict(self._custom_logs)

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        """The loss of a batch, a scalar: that of `compile`, and what layers and regularizers add. A subclass may define
        this in its own way, in `nnfast.ops`.

        Args:
            x: inputs.
            y: targets, or None.
            y_pred: predictions.
            sample_weight: factors of the samples, or None.
            training: whether this is part of a training step.

        Raises:
            ValueError: `compile` was given no loss, and no layer adds any.
        """
        total = self._objective.compute_loss(y, y_pred, sample_weight)
        for added in map(ops.sum, self.losses):
            total = added if total is None else ops.add(total, added)
        if total is None:
            raise ValueError("There is no loss to compute: give compile() a loss, or define compute_loss")
        return total

    def update_metrics(self, y: Any, y_pred: Any, loss: Any, sample_weight: Any = None) -> None:
        """Tell the metrics of a batch; in the mean of the loss, a batch weighs as many as it has samples."""
        tracker = self._objective.loss_tracker
        rows = tree.flatten(y_pred)[0].shape[:1]
        tracker.update_state(loss, sample_weight=size_of_shape(rows, tracker.dtype))
        self._objective.update_metrics(y, y_pred, sample_weight)

    def _require_compiled(self, method: str) -> None:
        if not self.compiled:
            raise ValueError(f"You must call compile() before {method}()")


def _scaling(optimizer: optimizers.Optimizer | None) -> optimizers.Optimizer | None:
    """The optimizer, with a scaled loss."""
    if optimizer is None or isinstance(optimizer, optimizers.LossScaleOptimizer):
        return optimizer
    return optimizers.LossScaleOptimizer(optimizer, name="loss_scale_optimizer")
