"""TensorBoard's event files, read back by TensorBoard itself."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nnfast
from nnfast import layers
from nnfast.callbacks import TensorBoard

pytest.importorskip("tensorboardX")
accumulators = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")

X = np.random.default_rng(0).normal(size=(40, 3)).astype("float32")


def model() -> Any:
    made = nnfast.Sequential([nnfast.Input((3,)), layers.Dense(4, name="hidden"), layers.Dense(1)], name="net")
    made.compile(nnfast.optimizers.SGD(0.05), "mse", metrics=["mae"])
    return made


def read(folder: Path) -> Any:
    return accumulators.EventAccumulator(
        str(folder), {"scalars": 0, "histograms": 0, "images": 0, "tensors": 0}
    ).Reload()


def scalars(folder: Path) -> dict[str, list[tuple[int, float]]]:
    events = read(folder)
    return {tag: [(event.step, event.value) for event in events.Scalars(tag)] for tag in events.Tags()["scalars"]}


def test_epochs_and_evaluations(tmp_path: Path) -> None:
    made = model()
    history = made.fit(
        X, X[:, :1], epochs=3, batch_size=10, validation_split=0.25, callbacks=[TensorBoard(tmp_path)], verbose=0
    ).history
    train, validation = scalars(tmp_path / "train"), scalars(tmp_path / "validation")
    assert train.keys() == {"epoch_loss", "epoch_mae", "epoch_learning_rate"}
    for name in ("loss", "mae"):
        assert [value for _, value in train[f"epoch_{name}"]] == pytest.approx(history[name])
        assert [value for _, value in validation[f"epoch_{name}"]] == pytest.approx(history[f"val_{name}"])
        steps = validation[f"evaluation_{name}_vs_iterations"]
        assert [step for step, _ in steps] == [3, 6, 9]
        assert [value for _, value in steps] == pytest.approx(history[f"val_{name}"])
    assert train["epoch_learning_rate"] == [(epoch, pytest.approx(0.05)) for epoch in range(3)]

    evaluated = tmp_path / "evaluated"
    loss, _ = made.evaluate(X, X[:, :1], callbacks=[TensorBoard(evaluated)], verbose=0)
    assert scalars(evaluated / "validation")["evaluation_loss_vs_iterations"] == [(9, pytest.approx(loss))]


@pytest.mark.parametrize(("update_freq", "steps"), [("batch", [1, 2, 3, 4, 5, 6, 7, 8]), (3, [3, 6])])
def test_batches(update_freq: Any, steps: list[int], tmp_path: Path) -> None:
    callback = TensorBoard(tmp_path, update_freq=update_freq, write_steps_per_second=True)
    model().fit(X, X[:, :1], epochs=2, batch_size=10, callbacks=[callback], verbose=0)
    found = scalars(tmp_path / "train")
    for name in ("batch_loss", "batch_mae", "batch_steps_per_second"):
        assert [step for step, _ in found[name]] == steps
    assert all(value > 0 for _, value in found["epoch_steps_per_second"])


def test_weights_as_histograms_and_images(tmp_path: Path) -> None:
    made = model()
    callback = TensorBoard(tmp_path, histogram_freq=2, write_images=True)
    made.fit(X, X[:, :1], epochs=4, callbacks=[callback], verbose=0)
    events = read(tmp_path / "train")
    paths = {weight.path for weight in made.weights}
    assert set(events.Tags()["histograms"]) == {f"{path}/histogram" for path in paths}
    assert set(events.Tags()["images"]) == {f"{path}/image" for path in paths}
    histograms = events.Histograms("net/hidden/kernel/histogram")
    assert [event.step for event in histograms] == [0, 2] and histograms[0].histogram_value.num == 12
    image = events.Images("net/hidden/kernel/image")[0]
    assert (image.height, image.width) == (3, 4) and image.encoded_image_string.startswith(b"\x89PNG")


def test_the_graph_is_one_that_tensorboard_draws(tmp_path: Path) -> None:
    from tensorboard.plugins.graph.keras_util import keras_model_to_graph_def

    model().fit(X, X[:, :1], callbacks=[TensorBoard(tmp_path)], verbose=0)
    (event,) = read(tmp_path / "train").Tensors("keras")
    config = json.loads(event.tensor_proto.string_val[0])
    graph = keras_model_to_graph_def(config)
    assert [node.name.split("/")[1].split("_")[0] for node in graph.node] == ["input", "hidden", "dense"]
    without = tmp_path / "without"
    model().fit(X, X[:, :1], callbacks=[TensorBoard(without, write_graph=False)], verbose=0)
    assert read(without / "train").Tags()["tensors"] == []


def test_mistakes() -> None:
    for arguments, message in (
        (dict(profile_batch=2), "Profiling is not available"),
        (dict(embeddings_freq=1), "Embeddings are not written"),
        (dict(embeddings_metadata="words.tsv"), "Embeddings are not written"),
        (dict(update_freq="step"), "update_freq expects"),
        (dict(update_freq=0), "update_freq expects"),
    ):
        with pytest.raises(ValueError, match=message):
            TensorBoard(**arguments)


def test_without_the_package_the_error_says_what_to_do() -> None:
    code = """
import sys
sys.modules["tensorboardX"] = None
import nnfast
try:
    nnfast.callbacks.TensorBoard()
except ImportError as error:
    print(error)
"""
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert found == "TensorBoard needs tensorboardX: pip install 'nnfast[tensorboard]'\n"
