"""The Trainer: compile, fit, evaluate and predict."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from nnfast import graph, ops, optimizers, random, tree
from nnfast.callbacks import CallbackList, History
from nnfast.callbacks.callback_list import Phase, python_logs
from nnfast.callbacks.progress import ProgbarLogger, progress_callbacks
from nnfast.metrics import Metric
from nnfast.ops.movement import size_of_shape
from nnfast.training import state
from nnfast.training.batch_run import BatchRun, warn_of_the_end
from nnfast.training.custom_steps import is_custom
from nnfast.training.data import Dataset, as_arrays, as_dataset, unpack_validation_data, whole_number
from nnfast.training.epoch import Stretch
from nnfast.training.objective import Objective
from nnfast.training.outputs import Outputs
from nnfast.training.results import Results
from nnfast.training.run import ArrayRun, Run
from nnfast.training.sources import is_batched
from nnfast.training.steps import Steps

Logs = dict[str, Any]


class Trainer(Steps):
    """What a layer needs beside to be a model: compile, fit, evaluate and predict.

    Attributes:
        compiled: whether `compile` was called.
        optimizer: the Optimizer; None before `compile`.
        loss: the loss as `compile` was given it.
        history: the History of the last `fit`.
        stop_training: set to True by a callback, ends `fit` after the batch or epoch in progress.
        stop_evaluating, stop_predicting: the same for `evaluate` and `predict`.
    """

    history: History
    _fitting: Run[Any] | None = None  # while fit runs: its run over the training data
    _initial_epoch: int
    _compiled_with: dict[str, Any]

    if TYPE_CHECKING:  # what a model adds

        def arrange_inputs(self, inputs: Any) -> Any: ...
        def prepare(self, inputs: Any) -> Any: ...
        @property
        def output_names(self) -> list[str]: ...

    def __init__(self) -> None:
        Steps.__init__(self)
        self.compiled = False
        self.optimizer: Any = None
        self.loss: Any = None
        self.stop_training = self.stop_evaluating = self.stop_predicting = False
        self.steps_per_execution = 1
        self._objective = Objective()
        self._reading: Results | None = None

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
            auto_scale_loss: without effect: nothing is computed in float16.

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
        self._objective = Objective(loss, loss_weights, metrics, weighted_metrics, self._known_outputs())
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
        }
        self.optimizer = new_optimizer
        self.loss = loss
        self.stop_training = False
        self.compiled = True
        self._steps.clear()

    def _known_outputs(self) -> Outputs | None:
        """The outputs, if the model knows them without being called."""
        return None

    @property
    def metrics(self) -> list[Metric]:
        """The mean of the loss, the metrics of `compile`, made when data is first seen, and those set as attributes of
        the model and its layers; models among these keep theirs to themselves."""
        layers = (layer for layer in self.flatten_layers() if layer is self or not isinstance(layer, Trainer))
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

    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: int | str = "auto",
        callbacks: Any = None,
        validation_split: float | None = 0.0,
        validation_data: Any = None,
        shuffle: bool = True,
        class_weight: Mapping[int, float] | None = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: int | Collection[int] = 1,
    ) -> History:
        """Train for a number of epochs. Ctrl-C ends it between two steps, and what was learnt is kept.

        Args:
            x: inputs, an array whose first dimension counts the samples; for several inputs a list of arrays, or a
                dictionary by the inputs' names. Integers, such as uint8 pixels, may stay as they are: they are
                converted batch by batch. Or what hands out batches, as x, (x, y) or (x, y, sample_weight), which may
                differ in size: a generator, a PyDataset, a torch DataLoader or another iterable.
            y: targets, as many as inputs; for several outputs a list, or a dictionary by the outputs' names.
            batch_size: samples in a step; default 32. The last batch of an epoch may be smaller.
            epochs: how many epochs, those before `initial_epoch` included; default 1.
            verbose: 0 is silent, 1 a progress bar (one line an epoch where there is no terminal), 2 one line an epoch;
                default "auto", which is 1.
            callbacks: Callback objects; default none.
            validation_split: the last fraction of the samples is kept from training, and evaluated after each epoch.
            validation_data: (x, y) or (x, y, sample_weight) to evaluate after each epoch, instead of a split.
            shuffle: whether each epoch takes the samples in a new order; default True.
            class_weight: the factors of the samples' losses by class; default 1 each.
            sample_weight: the factors of the samples' losses, for all outputs or, as targets, for each; default 1.
            initial_epoch: the epoch to start with, counted from 0.
            steps_per_epoch: steps in an epoch; default None, until the data is used up. With a number, an epoch goes on
                in the data where the last one ended. A generator that never ends needs it.
            validation_steps: steps in a validation; default None, all.
            validation_batch_size: default `batch_size`.
            validation_freq: a number n, to validate after every n-th epoch, or the epochs to validate after, from 1.

        Returns:
            A History: its `history` holds the loss and the metrics of the epochs by name.

        Raises:
            ValueError: the model is not compiled; arrays of different lengths, or of shapes that the model does not
                take; labels that are no classes; a number out of its range. Nothing has been trained then.
            TypeError: data that is not an array of numbers, an argument of the wrong type.

        Warns:
            UserWarning: the data ran out before all steps were done; training ends, or goes on from their beginning.

        >>> from nnfast import Input, Sequential, layers
        >>> model = Sequential([Input((2,)), layers.Dense(1, kernel_initializer="zeros")])
        >>> model.compile("sgd", loss="mse")
        >>> history = model.fit([[1, 0], [0, 1]], [1, 1], epochs=2, verbose=0)
        >>> [round(loss, 4) for loss in history.history["loss"]]
        [1.0, 0.9409]
        """
        self._require_compiled("fit")
        epochs = whole_number("epochs", epochs, least=0)
        initial_epoch = whole_number("initial_epoch", initial_epoch, least=0)
        is_validated = _validated_epochs(validation_freq)
        train = self._data(x, y, sample_weight, class_weight)
        validation = None
        if validation_data is not None:
            validation = self._data(*unpack_validation_data(validation_data), prefix="validation ")
        fraction = 0.0 if validation_split is None else validation_split
        if validation is None and not (np.isscalar(fraction) and fraction == 0):
            if not isinstance(train, Dataset):
                raise ValueError(
                    "Argument `validation_split` is only supported for tensors or NumPy arrays. "
                    f"Found incompatible type in the input: {[type(x)]}"
                )
            train, validation = train.split(fraction)
        seed = random.make_default_seed() if shuffle else None
        training = self._run("train", train, batch_size, steps_per_epoch, seed, class_weight)
        testing = None
        if validation is not None:
            testing = self._run("test", validation, validation_batch_size or batch_size, validation_steps)
        listeners = self._listeners(callbacks, verbose, epochs, training.steps, add_history=True)

        self._initial_epoch, self._fitting = initial_epoch, training
        try:
            self._fit(training, testing, listeners, epochs, is_validated)
        finally:
            self._fitting = None  # the data are the user's to let go
        return self.history

    def _fit(
        self,
        training: Run[Any],
        testing: Run[Any] | None,
        listeners: CallbackList,
        epochs: int,
        is_validated: Callable[[int], bool],
    ) -> None:
        """The epochs of `fit`, from `_initial_epoch`, which a backup may set."""
        logs: Logs = {}
        self.stop_training = False
        listeners.on_train_begin()
        for epoch in range(self._initial_epoch, epochs):
            if not training.has_more():
                warn_of_the_end()
                break
            if not training.position.done:  # not in the middle of an epoch that a backup goes on with
                self.reset_metrics()
            listeners.on_epoch_begin(epoch)
            training.epoch(listeners, epoch)
            listeners.params["steps"] = training.steps  # known by now
            logs = self._logs()
            if testing is not None and is_validated(epoch + 1) and _has_more_or_warns(testing):
                logs |= {f"val_{name}": value for name, value in self._test(testing, listeners).items()}
            listeners.on_epoch_end(epoch, logs)
            if self.stop_training:
                break
        listeners.on_train_end(logs)

    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        verbose: int | str = "auto",
        sample_weight: Any = None,
        steps: int | None = None,
        callbacks: Any = None,
        return_dict: bool = False,
    ) -> Any:
        """The loss and the metrics on data that is not trained on.

        Args:
            x, y, batch_size, verbose, sample_weight, callbacks: as in `fit`.
            steps: how many batches; default None, all.
            return_dict: whether to return a dictionary by name; default False.

        Returns:
            A list of the loss and the metrics in the order of `metrics_names`, as Python floats; without metrics, the
            loss itself.

        Raises:
            ValueError, TypeError: as in `fit`.

        >>> from nnfast import Input, Sequential, layers
        >>> model = Sequential([Input((2,)), layers.Dense(1, kernel_initializer="zeros")])
        >>> model.compile("sgd", loss="mse")
        >>> model.evaluate([[1, 0], [0, 1]], [1, 1], verbose=0)
        1.0
        """
        self._require_compiled("evaluate")
        testing = self._run("test", self._data(x, y, sample_weight), batch_size, steps)
        logs = self._test(testing, self._listeners(callbacks, verbose, 1, testing.steps))
        return _as_results(logs, return_dict)

    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: int | str = "auto",
        steps: int | None = None,
        callbacks: Any = None,
    ) -> Any:
        """The model's outputs for many samples.

        Args:
            x, batch_size, verbose, callbacks: as in `fit`.
            steps: how many batches; default None, all.

        Returns:
            A NumPy array with a row for each sample; of several outputs a list or a dictionary, as the model has it.

        Raises:
            ValueError, TypeError: as in `fit`.

        >>> from nnfast import Input, Sequential, layers
        >>> model = Sequential([Input((2,)), layers.Dense(3, kernel_initializer="ones")])
        >>> model.predict([[1, 0], [2, 3]], verbose=0)
        array([[1., 1., 1.],
               [5., 5., 5.]], dtype=float32)
        """
        size = 32 if batch_size is None else whole_number("batch_size", batch_size)
        is_one_batch = type(x) is np.ndarray and x.ndim and len(x) <= size
        if verbose == 0 and not callbacks and steps is None and is_one_batch and not is_custom(self, "predict"):
            # One batch, and nobody to tell of it: no more than a call of the model.
            return tree.map_structure(lambda output: output.numpy(), self(x, training=False))
        predicting = self._run("predict", self._data(x), batch_size, steps)
        listeners = self._listeners(callbacks, verbose, 1, predicting.steps)
        self.stop_predicting = False
        listeners.on_predict_begin()
        predicting.epoch(listeners)
        listeners.params["steps"] = predicting.steps
        listeners.on_predict_end()
        return predicting.predictions()

    def predict_proba(self, x: Any, batch_size: int | None = None, verbose: int | str = 0) -> Any:
        """What `predict` returns, under a name that Keras has dropped. Deprecated: call `predict`."""
        _warn_of_a_name_of_old("predict_proba(x)", "predict(x)")
        return self.predict(x, batch_size=batch_size, verbose=verbose)

    def predict_classes(self, x: Any, batch_size: int | None = None, verbose: int | str = 0) -> Any:
        """The number of the likeliest class of each sample, as int64. Deprecated: call `predict(x).argmax(axis=-1)`.

        For one output a sample, which is the probability of class 1, this is whether it is above 0.5, as int32 and of
        the predictions' shape; as Keras had it before it dropped the name.
        """
        _warn_of_a_name_of_old("predict_classes(x)", "predict(x).argmax(axis=-1), or predict(x) > 0.5 for one output")
        probabilities = self.predict(x, batch_size=batch_size, verbose=verbose)
        return probabilities.argmax(axis=-1) if probabilities.shape[-1] > 1 else (probabilities > 0.5).astype("int32")

    def train_on_batch(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        class_weight: Mapping[int, float] | None = None,
        return_dict: bool = False,
    ) -> Any:
        """One step of training, on one batch.

        Args:
            x, y, sample_weight, class_weight: as in `fit`; all samples are one batch.
            return_dict: whether to return a dictionary by name; default False.

        Returns:
            The loss and the metrics of this batch, as of `evaluate`.

        Raises:
            ValueError, TypeError: as in `fit`.

        >>> from nnfast import Input, Sequential, layers
        >>> model = Sequential([Input((2,)), layers.Dense(1, kernel_initializer="zeros")])
        >>> model.compile("sgd", loss="mse")
        >>> model.train_on_batch([[1, 0], [0, 1]], [1, 1])
        1.0
        """
        self._require_compiled("train_on_batch")
        return self._on_batch("train", self._dataset(x, y, sample_weight, class_weight), return_dict)

    def test_on_batch(self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False) -> Any:
        """The loss and the metrics on one batch; arguments and result as of `train_on_batch`."""
        self._require_compiled("test_on_batch")
        return self._on_batch("test", self._dataset(x, y, sample_weight), return_dict)

    def predict_on_batch(self, x: Any) -> Any:
        """The model's outputs for one batch, as of `predict`."""
        return self.predict(x, batch_size=max(len(self._dataset(x)), 1), verbose=0)

    def _on_batch(self, phase: Phase, data: Dataset, return_dict: bool, reset: bool = True) -> Any:
        run = ArrayRun(self, phase, data, batch_size=max(len(data), 1))
        if reset:
            self.reset_metrics()
        run.compute(Stretch(0, 0, 1))
        return _as_results(self._logs(), return_dict)

    def _data(
        self, x: Any, y: Any = None, sample_weight: Any = None, class_weight: Any = None, prefix: str = ""
    ) -> Any:
        """What a run takes: a Dataset of arrays, or x itself where it hands out batches.

        Raises:
            ValueError: targets or weights beside batches, which hold their own.
        """
        if not is_batched(x):
            return self._dataset(x, y, sample_weight, class_weight, prefix)
        kind = type(x).__name__
        for name, value, what in (("y", y, "targets"), ("sample_weight", sample_weight, "sample weights")):
            if value is not None:
                raise ValueError(
                    f"When providing `x` as a {kind}, `{name}` should not be passed. Instead, the {what} should be "
                    f"included as part of the {kind}."
                )
        return x

    def _run(
        self,
        phase: Phase,
        data: Any,
        batch_size: int | None = None,
        steps: int | None = None,
        seed: int | None = None,
        class_weight: Any = None,
    ) -> Run[Any]:
        """A run over what `_data` returned; batches have a size, and classes to weigh, of their own."""
        if isinstance(data, Dataset):
            return ArrayRun(self, phase, data, batch_size, steps, seed)
        return BatchRun(self, phase, data, steps, seed, class_weight)

    def _dataset(
        self, x: Any, y: Any = None, sample_weight: Any = None, class_weight: Any = None, prefix: str = ""
    ) -> Dataset:
        """Checked arrays of what the user gave, the inputs in the model's order; arguments as of `as_dataset`."""
        inputs = self.arrange_inputs(as_arrays(x, f"{prefix}x"))
        return as_dataset(inputs, y, sample_weight, class_weight, prefix)

    # What BackupAndRestore asks for while `fit` runs.

    def _training_state(self, epoch: int) -> dict[str, Any]:
        """All that the rest of this `fit` depends on, as arrays; `epoch` is in progress, or comes next."""
        assert self._fitting is not None
        return state.capture(self, self._fitting, epoch)

    def _resume_training(self, arrays: Mapping[str, Any]) -> None:
        """Go on where `_training_state` was called; before the first epoch."""
        assert self._fitting is not None
        self._initial_epoch = state.restore(self, self._fitting, arrays)

    def _require_compiled(self, method: str) -> None:
        if not self.compiled:
            raise ValueError(f"You must call compile() before {method}()")

    def _listeners(
        self, callbacks: Any, verbose: int | str, epochs: int, steps: int | None, add_history: bool = False
    ) -> CallbackList:
        """The user's callbacks, then a History if asked for, then what shows progress."""
        shown = progress_callbacks(verbose)
        listeners = CallbackList(callbacks, add_history, model=self, verbose=verbose, epochs=epochs, steps=steps)
        if not any(isinstance(callback, ProgbarLogger) for callback in listeners.callbacks):
            for callback in shown:
                listeners.append(callback)
        return listeners

    def _test(self, testing: Run[Any], listeners: CallbackList) -> Logs:
        """The metrics over the batches of a test run, for `evaluate` and for `fit`'s validation."""
        self.stop_evaluating = False
        self.reset_metrics()
        listeners.on_test_begin()
        testing.restart()
        testing.epoch(listeners)
        if not listeners.params.get("steps"):
            listeners.params["steps"] = testing.steps
        logs = self._logs()
        listeners.on_test_end(logs)
        return logs


def _warn_of_a_name_of_old(old: str, new: str) -> None:
    warnings.warn(f"{old} is a name that Keras has dropped: call {new}", DeprecationWarning, stacklevel=3)


def _has_more_or_warns(testing: Run[Any]) -> bool:
    if testing.has_more():
        return True
    warn_of_the_end()
    return False


def _as_results(logs: Logs, return_dict: bool) -> Any:
    """The loss and the metrics as `evaluate` returns them."""
    if return_dict:
        return python_logs(logs)
    return list(logs.values()) if len(logs) != 1 else next(iter(logs.values()))


def _validated_epochs(validation_freq: int | Collection[int]) -> Callable[[int], bool]:
    """Whether an epoch, counted from 1, is followed by a validation."""
    if isinstance(validation_freq, list | tuple | set | range):
        return lambda epoch: epoch in validation_freq
    every = whole_number("validation_freq", validation_freq)
    return lambda epoch: epoch % every == 0
