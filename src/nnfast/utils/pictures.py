"""Pictures of a training and of predictions, drawn with matplotlib: the extra `plot`, loaded here only."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_RIGHT, _WRONG, _OTHER = "tab:blue", "tab:red", "lightgrey"


def new_figure(width: float, height: float) -> Figure:
    """An empty figure of a size in inches.

    Raises:
        ImportError: matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as problem:
        raise ImportError(
            "Pictures need matplotlib, which is not installed: run `pip install 'nnfast[plot]'`, or "
            "`pip install matplotlib`"
        ) from problem
    return Figure(figsize=(width, height), layout="constrained")


def plot_history(history: Mapping[str, Sequence[float]], epochs: Sequence[int] | None = None) -> Figure:
    """The loss and the metrics of a training over its epochs, with those of the validation beside them.

    Args:
        history: the values of the epochs by name, as `History.history` has them; those of a validation as val_<name>.
        epochs: the numbers of the epochs, from 0; default as many as there are values.

    Returns:
        A matplotlib Figure with a panel for each name; `figure.savefig("training.png")` keeps it.

    Raises:
        ImportError: matplotlib is not installed.
        ValueError: there are no values.

    >>> figure = plot_history({"loss": [0.5, 0.3], "val_loss": [0.6, 0.5], "accuracy": [0.8, 0.9]})
    >>> [axes.get_ylabel() for axes in figure.axes]
    ['loss', 'accuracy']
    """
    names = sorted({name.removeprefix("val_") for name in history}, key=lambda name: (name != "loss", name))
    if not names:
        raise ValueError("There is nothing to plot: no epoch has ended yet")
    columns = min(len(names), 3)
    rows = math.ceil(len(names) / columns)
    figure = new_figure(4.5 * columns, 3.2 * rows)
    for number, name in enumerate(names, 1):
        axes = figure.add_subplot(rows, columns, number)
        for key, label, style in ((name, "training", "o-"), (f"val_{name}", "validation", "s--")):
            values = history.get(key, ())
            # A validation after some epochs only has fewer values than there are epochs.
            shown = [*(range(len(values)) if epochs is None or len(epochs) != len(values) else epochs)]
            if len(values):
                axes.plot([epoch + 1 for epoch in shown], values, style, label=label, markersize=3)
        axes.set(xlabel="epoch", ylabel=name)
        axes.locator_params(axis="x", integer=True)
        axes.grid(alpha=0.3)
        axes.legend()
    return figure


def plot_predictions(
    images: Any,
    probabilities: Any,
    labels: Any = None,
    class_names: Sequence[str] | None = None,
    rows: int = 5,
    columns: int = 3,
) -> Figure:
    """Images, each beside a bar for the probability of every class; wrong predictions are red.

    Args:
        images: shape (samples, height, width), (samples, height, width, 1) or (samples, height, width, 3), or rows of
            pixels of square images, shape (samples, side * side).
        probabilities: what `predict` returns, shape (samples, classes).
        labels: the right classes, shape (samples,), or one-hot; default None, not known.
        class_names: what the classes are called; default their numbers.
        rows, columns: of the grid; the first rows * columns samples are shown. Default 5 and 3.

    Returns:
        A matplotlib Figure; `figure.savefig("predictions.png")` keeps it.

    Raises:
        ImportError: matplotlib is not installed.
        ValueError: shapes that do not go together, or no samples.

    >>> figure = plot_predictions(np.zeros((2, 28, 28)), [[0.1, 0.9], [0.8, 0.2]], labels=[1, 1], rows=1, columns=2)
    >>> [axes.get_xlabel() for axes in figure.axes[::2]]
    ['1  90% (1)', '0  80% (1)']
    """
    pictures, shares = _as_images(np.asarray(images)), np.asarray(probabilities)
    if shares.ndim != 2 or len(shares) != len(pictures) or not len(shares):
        raise ValueError(
            f"plot_predictions expects probabilities of shape ({len(pictures)}, classes), a row for each image, got "
            f"shape {shares.shape}"
        )
    names = [str(number) for number in range(shares.shape[1])] if class_names is None else list(class_names)
    if len(names) != shares.shape[1]:
        raise ValueError(f"plot_predictions expects {shares.shape[1]} class_names, got {len(names)}")
    right = None if labels is None else _as_classes(np.asarray(labels), shares)
    figure = new_figure(4 * columns, 2 * rows)
    for number in range(min(rows * columns, len(pictures))):
        axes = figure.add_subplot(rows, 2 * columns, 2 * number + 1)
        axes.imshow(pictures[number], cmap="binary")
        predicted, expected = int(shares[number].argmax()), None if right is None else int(right[number])
        colour = _RIGHT if expected in (None, predicted) else _WRONG
        text = f"{names[predicted]}  {shares[number, predicted]:.0%}"
        axes.set_xlabel(text if expected is None else f"{text} ({names[expected]})", color=colour)
        axes.set(xticks=[], yticks=[])
        bars = figure.add_subplot(rows, 2 * columns, 2 * number + 2)
        drawn = bars.bar(range(len(names)), shares[number], color=_OTHER)
        drawn[predicted].set_color(colour)
        if expected is not None:
            drawn[expected].set_color(_RIGHT)
        bars.set(ylim=(0, 1), yticks=[], xticks=range(len(names)))
        bars.set_xticklabels(names, rotation=0 if max(map(len, names)) < 3 else 90, fontsize="small")
    return figure


def _as_images(images: Any) -> Any:
    """Images as matplotlib draws them."""
    side = math.isqrt(images.shape[1]) if images.ndim == 2 else 0
    if side and images.shape[1] == side * side:
        images = images.reshape(-1, side, side)
    if images.ndim == 4 and images.shape[-1] == 1:
        images = images[..., 0]
    if images.ndim != 3 and not (images.ndim == 4 and images.shape[-1] == 3):
        raise ValueError(
            f"plot_predictions expects images of shape (samples, height, width), with a last dimension of 1 or 3 where "
            f"there is one more, got shape {images.shape}"
        )
    return images


def _as_classes(labels: Any, probabilities: Any) -> Any:
    if labels.shape == probabilities.shape and labels.shape[1] > 1:
        labels = labels.argmax(axis=1)
    if labels.size != len(probabilities):
        raise ValueError(f"plot_predictions expects {len(probabilities)} labels, got shape {labels.shape}")
    labels = labels.reshape(-1)
    if labels.min() < 0 or labels.max() >= probabilities.shape[1]:
        raise ValueError(f"plot_predictions expects labels from 0 to {probabilities.shape[1] - 1}, got {labels.max()}")
    return labels
