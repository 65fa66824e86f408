"""TensorBoard: event files of losses, metrics, weights and the model's graph."""

from __future__ import annotations

import os
import time
from typing import Any

import numpy as np

from nnfast.callbacks.callback import Callback, Logs


class TensorBoard(Callback):
    """Writes what `tensorboard --logdir` shows, by the package tensorboardX: `pip install 'nnfast[tensorboard]'`.

    The folders `train` and `validation` get the loss and the metrics of each epoch as epoch_<name>, the learning rate
    as epoch_learning_rate, and those of evaluations by the optimizer's steps as evaluation_<name>_vs_iterations.

    Args:
        log_dir: the folder; default "logs".
        histogram_freq: epochs between histograms of the weights, <path>/histogram; default 0, none.
        write_graph: whether the layers of a Sequential or Functional model are shown as a graph; default True.
        write_images: whether weights are written as images too, <path>/image, with the histograms; default False.
        write_steps_per_second: whether to write epoch_steps_per_second, and batch_steps_per_second; default False.
        update_freq: "epoch" (default), or "batch" or a number n, to write batch_<name> after each or every n-th batch,
            which makes training return to Python after every batch.
        profile_batch: only 0, the default: there is no profiler.
        embeddings_freq: only 0, the default: what the projector reads is not written.
        embeddings_metadata: only None, the default.

    Raises:
        ImportError: tensorboardX is not installed.
        ValueError: an argument that is not supported, or out of its range.
    """

    def __init__(
        self,
        log_dir: str | os.PathLike[str] = "logs",
        histogram_freq: int = 0,
        write_graph: bool = True,
        write_images: bool = False,
        write_steps_per_second: bool = False,
        update_freq: str | int = "epoch",
        profile_batch: int = 0,
        embeddings_freq: int = 0,
        embeddings_metadata: Any = None,
    ) -> None:
        _tensorboardx()
        if profile_batch != 0:
            raise ValueError(f"Profiling is not available: expected profile_batch=0, got {profile_batch!r}")
        if embeddings_freq != 0 or embeddings_metadata is not None:
            raise ValueError("Embeddings are not written: expected embeddings_freq=0 and embeddings_metadata=None")
        if update_freq not in ("epoch", "batch") and not (isinstance(update_freq, int) and update_freq > 0):
            raise ValueError(f"update_freq expects 'epoch', 'batch' or a number of batches, got {update_freq!r}")
        self.log_dir = os.fspath(log_dir)
        self.histogram_freq = histogram_freq
        self.write_graph = write_graph
        self.write_images = write_images
        self.write_steps_per_second = write_steps_per_second
        self.update_freq: Any = 1 if update_freq == "batch" else update_freq
        self.hears_batches = self.update_freq != "epoch" or write_steps_per_second
        self._writers: dict[str, Any] = {}
        self._batches = 0
        self._begun = self._batch_begun = 0.0
        self._steps_before = 0

    def _writer(self, name: str) -> Any:
        if name not in self._writers:
            self._writers[name] = _tensorboardx().SummaryWriter(os.path.join(self.log_dir, name), write_to_disk=True)
        return self._writers[name]

    def _close(self) -> None:
        for writer in self._writers.values():
            writer.close()
        self._writers.clear()

    def _write(self, name: str, prefix: str, logs: Logs, step: int, suffix: str = "") -> None:
        for key, value in logs.items():
            self._writer(name).add_scalar(f"{prefix}{key}{suffix}", float(value), step)

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._batches = 0
        if self.write_graph and self.model.built and type(self.model).__name__ in ("Sequential", "Functional"):
            self._writer("train").file_writer.add_summary(_graph_of(self.model), 0)

    def on_train_end(self, logs: Logs | None = None) -> None:
        self._close()

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._begun, self._steps_before = time.perf_counter(), self._iterations()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        logs = logs or {}
        train = {name: value for name, value in logs.items() if not name.startswith("val_")}
        train |= self._learning_rates()
        if self.write_steps_per_second:
            passed = time.perf_counter() - self._begun
            train["steps_per_second"] = (self._iterations() - self._steps_before) / passed
        self._write("train", "epoch_", train, epoch)
        validation = {name.removeprefix("val_"): value for name, value in logs.items() if name.startswith("val_")}
        self._write("validation", "epoch_", validation, epoch)
        if self.histogram_freq and epoch % self.histogram_freq == 0:
            self._write_weights(epoch)
        for writer in self._writers.values():
            writer.flush()

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        self._batches += 1
        self._batch_begun = time.perf_counter()

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        if self.update_freq == "epoch" or self._batches % self.update_freq:
            return
        logs = dict(logs or {})
        if self.write_steps_per_second:
            logs["steps_per_second"] = 1.0 / (time.perf_counter() - self._batch_begun)
        self._write("train", "batch_", logs, self._batches)

    def on_test_end(self, logs: Logs | None = None) -> None:
        if self.model.optimizer is not None:
            self._write("validation", "evaluation_", logs or {}, self._iterations(), "_vs_iterations")
        if not self.model._fitting:  # an evaluation of its own has no other end
            self._close()

    def _iterations(self) -> int:
        optimizer = self.model.optimizer
        return 0 if optimizer is None else int(optimizer.iterations)

    def _learning_rates(self) -> Logs:
        optimizer = getattr(self.model.optimizer, "inner_optimizer", self.model.optimizer)
        if optimizer is None:
            return {}
        several = getattr(optimizer, "optimizers", None)
        if several is None:
            return {"learning_rate": float(optimizer.learning_rate)}
        return {f"learning_rate_{one.name}": float(one.learning_rate) for one in several}

    def _write_weights(self, epoch: int) -> None:
        for weight in self.model.weights:
            values, tag = np.array(weight.numpy(), "float64"), weight.path.replace(":", "_")
            self._writer("train").add_histogram(f"{tag}/histogram", values, epoch)
            if self.write_images and np.squeeze(values).ndim <= 2:
                self._writer("train").add_image(f"{tag}/image", _image(values), epoch, dataformats="HW")


def _image(values: Any) -> Any:
    """A weight as grey pixels: a vector in one row, a matrix in as few rows as it has either way."""
    rows = np.atleast_2d(np.squeeze(values))
    rows = rows.T if rows.shape[0] > rows.shape[1] else rows
    least, most = rows.min(initial=0.0), rows.max(initial=0.0)
    return ((rows - least) / ((most - least) or 1.0)).astype("float32")


def _graph_of(model: Any) -> Any:
    """The summary that TensorBoard makes a graph of layers of."""
    from tensorboardX.proto import summary_pb2, tensor_pb2, types_pb2

    plugin = summary_pb2.SummaryMetadata.PluginData(plugin_name="graph_keras_model", content=b"1")
    metadata = summary_pb2.SummaryMetadata(plugin_data=plugin)
    tensor = tensor_pb2.TensorProto(dtype=types_pb2.DT_STRING, string_val=[model.to_json().encode()])
    return summary_pb2.Summary(value=[summary_pb2.Summary.Value(tag="keras", tensor=tensor, metadata=metadata)])


def _tensorboardx() -> Any:
    try:
        import tensorboardX
    except ImportError:
        raise ImportError("TensorBoard needs tensorboardX: pip install 'nnfast[tensorboard]'") from None
    return tensorboardX
