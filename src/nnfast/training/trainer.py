"""The Trainer: compile, fit, evaluate and predict."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from nnfast import config, random, tree
from nnfast.callbacks import CallbackList, History
from nnfast.callbacks.callback_list import Phase, python_logs
from nnfast.callbacks.progress import ProgbarLogger, progress_callbacks
from nnfast.training import state
from nnfast.training.batch_run import BatchRun, warn_of_the_end
from nnfast.training.compiled import Compiled, Logs
from nnfast.training.custom_steps import is_custom
from nnfast.training.data import Dataset, as_arrays, as_dataset, unpack_validation_data, whole_number
from nnfast.training.epoch import Stretch
from nnfast.training.run import ArrayRun, Run
from nnfast.training.sources import is_batched
from nnfast.utils.tracebacks import filter_traceback, leave_out_frames, users_line


class Trainer(Compiled):
    """What a layer needs beside to be a model: compile, fit, evaluate and predict.

    Attributes:
        history: the History of the last `fit`.
        stop_training: set to True by a callback, ends `fit` after the batch or epoch in progress.
        stop_evaluating, stop_predicting: the same for `evaluate` and `predict`.
    """

    history: History
    _fitting: Run[Any] | None = None  # while fit runs: its run over the training data
    _initial_epoch: int

    if TYPE_CHECKING:  # what a model adds

        def arrange_inputs(self, inputs: Any) -> Any: ...
        def prepare(self, inputs: Any) -> Any: ...

    def __init__(self) -> None:
        Compiled.__init__(self)
        self.stop_evaluating = self.stop_predicting = False

    @filter_traceback
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
                converted batch by batch, and so are SciPy's sparse matrices. Or what hands out batches, as x, (x, y) or
                (x, y, sample_weight), which may differ in size: a generator, a PyDataset, a torch DataLoader or another
                iterable.
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
        most = config.max_epochs()
        if most is not None and most < epochs:
            warnings.warn(f"Limiting epochs to {most}", stacklevel=users_line())
            epochs = most
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
        if self.optimizer is not None:
            self.optimizer.finalize_variable_values(self.trainable_variables)
        listeners.on_train_end(logs)

    @filter_traceback
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
        try:
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
        except Exception as error:
            leave_out_frames(error)
            raise

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

    @filter_traceback
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

    @filter_traceback
    def test_on_batch(self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False) -> Any:
        """The loss and the metrics on one batch; arguments and result as of `train_on_batch`."""
        self._require_compiled("test_on_batch")
        return self._on_batch("test", self._dataset(x, y, sample_weight), return_dict)

    @filter_traceback
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
        if not isinstance(data, Dataset):
            return BatchRun(self, phase, data, _limited_steps(steps, None), seed, class_weight)
        size = whole_number("batch_size", 32 if batch_size is None else batch_size)
        most = _limited_steps(steps, -(-len(data) // size))
        if steps is None and most is not None:
            batch_size = size
        return ArrayRun(self, phase, data, batch_size, most, seed)

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
    warnings.warn(f"{old} is a name that Keras has dropped: call {new}", DeprecationWarning, stacklevel=users_line())


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


def _limited_steps(steps: int | None, there: int | None) -> int | None:
    """The steps that were asked for, or those that `config.max_steps_per_epoch` allows.

    Args:
        steps: None for all of the data.
        there: how many these are, where that is known.
    """
    most = config.max_steps_per_epoch()
    wanted = there if steps is None else steps
    if most is None or (wanted is not None and wanted <= most):
        return steps
    warnings.warn(f"Limiting steps_per_epoch to {most}", stacklevel=users_line())
    return most
