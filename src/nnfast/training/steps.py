"""Steps: what a subclass of a model may define in its own way of a step, and whether steps run op by op."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from nnfast.training.custom_steps import one_batch
from nnfast.training.step import StepCache, test_step, training_step
from nnfast.utils.batches import unpack_x_y_sample_weight

if TYPE_CHECKING:
    from nnfast.layers.layer import Layer as _Layer
    from nnfast.training.trainer import Trainer
else:
    _Layer = object

Logs = dict[str, Any]


class Steps(_Layer):
    """A model's steps.

    Attributes:
        train_function, test_function, predict_function: what a subclass's `make_train_function` and its kin have set.
    """

    if TYPE_CHECKING:  # what a Trainer adds

        def get_metrics_result(self) -> Logs: ...

    def __init__(self) -> None:
        self._steps = StepCache()
        self._run_eagerly = False
        self._custom_logs: Logs | None = None
        self._in_function = False  # a function of the user's asks for an ordinary step
        self.train_function: Callable[[Any], Any] | None = None
        self.test_function: Callable[[Any], Any] | None = None
        self.predict_function: Callable[[Any], Any] | None = None

    def train_step(self, data: Any) -> Logs:
        """One step of training; a subclass may define its own, in `nnfast.ops`.

        It is traced like everything else, so that Python runs once, and not for every batch; with `run_eagerly=True`
        it runs for every batch, and sees numbers.

        Args:
            data: x, (x, y) or (x, y, sample_weight), of tensors; `utils.unpack_x_y_sample_weight` takes it apart.

        Returns:
            Logs: scalars by name. Those of the last batch are the epoch's.

        Example:

            def train_step(self, data):
                x, y = data
                with nnfast.GradientTape() as tape:
                    predictions = self(x, training=True)
                    loss = self.compute_loss(x, y, predictions)
                gradients = tape.gradient(loss, self.trainable_variables)
                self.optimizer.apply(gradients, self.trainable_variables)
                for metric in self.metrics:
                    metric.update_state(loss) if metric.name == "loss" else metric.update_state(y, predictions)
                return {metric.name: metric.result() for metric in self.metrics}
        """
        training_step(cast("Trainer", self), *unpack_x_y_sample_weight(data))
        return self.get_metrics_result()

    def test_step(self, data: Any) -> Logs:
        """One step of evaluation; as `train_step`."""
        test_step(cast("Trainer", self), *unpack_x_y_sample_weight(data))
        return self.get_metrics_result()

    def predict_step(self, data: Any) -> Any:
        """The predictions for a batch; a subclass may define its own, in `nnfast.ops`."""
        return self(unpack_x_y_sample_weight(data)[0], training=False)

    def make_train_function(self, force: bool = False) -> None:
        """Set `train_function`, which takes an iterator over batches, trains on the next one and returns its logs.

        A subclass may set its own, which is then called for every batch, with arrays.
        """
        self.train_function = lambda iterator: one_batch(cast("Trainer", self), "train", next(iterator))

    def make_test_function(self, force: bool = False) -> None:
        """Set `test_function`; as `make_train_function`."""
        self.test_function = lambda iterator: one_batch(cast("Trainer", self), "test", next(iterator))

    def make_predict_function(self, force: bool = False) -> None:
        """Set `predict_function`, which returns predictions; as `make_train_function`."""
        self.predict_function = lambda iterator: one_batch(cast("Trainer", self), "predict", next(iterator))

    @property
    def run_eagerly(self) -> bool:
        """Whether steps run op by op, with Python in between, for looking into them; False by default."""
        return self._run_eagerly

    @run_eagerly.setter
    def run_eagerly(self, value: bool) -> None:
        self._run_eagerly = bool(value)
        self._steps.clear()
