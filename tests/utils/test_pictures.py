"""Pictures of a training and of predictions."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from nets import SPARSE, classifier, samples

import nnfast
from nnfast import cli
from nnfast.utils import plot_history, plot_predictions

pytest.importorskip("matplotlib")


def fitted(**arguments: Any) -> nnfast.callbacks.History:
    x, y = samples()
    model = classifier(nnfast)
    model.compile("sgd", SPARSE, metrics=["accuracy"])
    history = model.fit(x, y, epochs=4, verbose=0, **arguments)
    assert isinstance(history, nnfast.callbacks.History)
    return history


def lines(axes: Any) -> dict[str, tuple[list[float], list[float]]]:
    return {line.get_label(): (list(line.get_xdata()), list(line.get_ydata())) for line in axes.get_lines()}


def test_a_panel_for_each_metric_with_the_validation_beside_it() -> None:
    history = fitted(validation_split=0.2)
    figure = history.plot()
    assert [axes.get_ylabel() for axes in figure.axes] == ["loss", "accuracy"]
    for axes in figure.axes:
        name = axes.get_ylabel()
        assert axes.get_xlabel() == "epoch"
        assert lines(axes) == {
            "training": ([1, 2, 3, 4], history.history[name]),
            "validation": ([1, 2, 3, 4], history.history[f"val_{name}"]),
        }
    assert set(lines(fitted().plot().axes[0])) == {"training"}
    with pytest.raises(ValueError, match="nothing to plot"):
        nnfast.callbacks.History().plot()


def test_epochs_keep_their_numbers() -> None:
    assert lines(plot_history({"loss": [3.0, 2.0]}, [4, 5]).axes[0])["training"][0] == [5, 6]
    assert len(plot_history({name: [1.0] for name in "abcde"}).axes) == 5


@pytest.mark.parametrize("shape", [(4, 6, 6), (4, 36), (4, 6, 6, 1), (4, 6, 6, 3)])
def test_images_with_a_bar_for_each_class_and_wrong_ones_in_red(shape: Any, tmp_path: Path) -> None:
    from matplotlib.colors import same_color

    probabilities = np.array([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.2, 0.2, 0.6], [1.0, 0.0, 0.0]])
    images = np.random.default_rng(0).uniform(size=shape)
    for labels in ([0, 2, 2, 0], np.eye(3)[[0, 2, 2, 0]]):
        figure = plot_predictions(images, probabilities, labels, ["cat", "dog", "owl"], rows=2, columns=2)
        texts = [axes.get_xlabel() for axes in figure.axes[::2]]
        assert texts == ["cat  70% (cat)", "dog  80% (owl)", "owl  60% (owl)", "cat  100% (cat)"]
        colours = [axes.xaxis.label.get_color() for axes in figure.axes[::2]]
        assert [same_color(colour, "tab:red") for colour in colours] == [False, True, False, False]
        heights = [[bar.get_height() for bar in axes.patches] for axes in figure.axes[1::2]]
        assert heights == probabilities.tolist()
        assert [same_color(bar.get_facecolor(), "tab:red") for bar in figure.axes[3].patches] == [False, True, False]
    figure.savefig(tmp_path / "picture.png")
    assert (tmp_path / "picture.png").stat().st_size > 1000
    assert plot_predictions(images, probabilities, rows=1, columns=2).axes[0].get_xlabel() == "0  70%"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            dict(images=np.zeros((2, 5)), probabilities=np.zeros((2, 3))),
            r"expects images of shape .* got shape \(2, 5\)",
        ),
        (
            dict(images=np.zeros((2, 4)), probabilities=np.zeros((3, 3))),
            r"expects probabilities of shape \(2, classes\)",
        ),
        (dict(images=np.zeros((0, 4)), probabilities=np.zeros((0, 3))), "expects probabilities"),
        (dict(images=np.zeros((2, 4)), probabilities=np.zeros((2, 3)), labels=[1]), "expects 2 labels"),
        (dict(images=np.zeros((2, 4)), probabilities=np.zeros((2, 3)), labels=[1, 3]), "labels from 0 to 2, got 3"),
        (
            dict(images=np.zeros((2, 4)), probabilities=np.zeros((2, 3)), class_names=["a"]),
            "expects 3 class_names, got 1",
        ),
    ],
)
def test_mistakes(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        plot_predictions(**arguments)


def test_without_matplotlib_the_error_says_what_to_do(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ImportError, match=r"pip install 'nnfast\[plot\]'"):
        plot_history({"loss": [1.0]})
    assert cli.main(["train", "mnist", "--sample", "--epochs", "1", "--plot", "a.png"]) == 1
    assert "pip install" in capsys.readouterr().err


def test_matplotlib_is_loaded_by_pictures_only() -> None:
    code = "import sys, nnfast; nnfast.utils.plot_history; assert 'matplotlib' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_command_line_draws(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "out.png"
    assert cli.main(["train", "mnist", "--sample", "--epochs", "2", "--plot", str(path)]) == 0
    assert f"drew {path} and {tmp_path / 'out-predictions.png'}" in capsys.readouterr().out
    assert {file.name for file in tmp_path.iterdir()} == {"out.png", "out-predictions.png"}
