"""The command line: `python -m nnfast train mnist`, or `fashion_mnist`, and `python -m nnfast info`."""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

import nnfast as keras
from nnfast.datasets import DatasetCorrupt, DatasetUnavailable, fashion_mnist, mnist
from nnfast.datasets.mnist import Split


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns the process's exit code.

    Args:
        arguments: the words after the program's name; default: those the process was started with.

    Returns:
        0 when done, 1 when something needed is missing or broken, 130 when interrupted. A mistake in the arguments ends
        the process with code 2, as argparse does.
    """
    options = _parser().parse_args(arguments)
    try:
        options.command(options)
    except (DatasetCorrupt, DatasetUnavailable, ImportError, OSError) as problem:
        print(f"nnfast: error: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("nnfast: interrupted", file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="nnfast", description="Keras for the CPU you already have.")
    commands = parser.add_subparsers(required=True, metavar="command")

    info = commands.add_parser("info", help="show the instruction set, threads and build that nnfast runs with")
    info.set_defaults(command=lambda options: keras.config.show())

    train = commands.add_parser(
        "train",
        help="train the reference network and test it",
        description="Trains the network 784-512 relu-10 softmax and prints its accuracy and speed.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    train.set_defaults(command=_train, refuse=train.error)
    train.add_argument("dataset", choices=["mnist", "fashion_mnist"], help="data set to train on")
    train.add_argument("--epochs", type=_positive, default=5, help="passes over the training images")
    train.add_argument("--batch-size", type=_positive, default=128, help="images in a training step")
    train.add_argument("--hidden", type=_positive, default=512, help="units of the hidden layer")
    train.add_argument("--optimizer", type=_optimizer, default="rmsprop", help="optimizer's name")
    train.add_argument("--seed", type=_natural, help="makes the run repeatable")
    train.add_argument("--sample", action="store_true", help="train on the 4,000 images of mnist that come with nnfast")
    train.add_argument("--save", type=_keras_file, metavar="FILE", help="write the trained model to FILE.keras")
    train.add_argument("--plot", metavar="FILE", help="draw the training's curves into FILE, and predictions beside it")
    return parser


def _keras_file(text: str) -> str:
    if not text.endswith(".keras"):
        raise argparse.ArgumentTypeError(f"expected a name that ends in .keras, got {text!r}")
    if not os.path.isdir(os.path.dirname(text) or "."):
        raise argparse.ArgumentTypeError(f"expected a folder that is there, got {text!r}")
    return text


def _natural(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"expected a whole number, got {text!r}")
    return int(text)


def _positive(text: str) -> int:
    number = _natural(text)
    if number == 0:
        raise argparse.ArgumentTypeError("expected at least 1, got 0")
    return number


def _optimizer(name: str) -> str:
    try:
        keras.optimizers.get(name)
    except ValueError as mistake:
        raise argparse.ArgumentTypeError(str(mistake)) from mistake
    return name


def _train(options: argparse.Namespace) -> None:
    if options.seed is not None:
        keras.utils.set_random_seed(options.seed)
    (images, labels), (test_images, test_labels) = _images(options)
    x, x_test = (pixels.reshape(-1, 784).astype("float32") / 255 for pixels in (images, test_images))

    model = keras.Sequential(
        [
            keras.Input((784,)),
            keras.layers.Dense(options.hidden, activation="relu"),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(options.optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    timer = _EpochTimer()
    if options.plot:
        keras.utils.pictures.new_figure(1, 1)  # is matplotlib there? Better known before than after
    history = model.fit(x, labels, epochs=options.epochs, batch_size=options.batch_size, callbacks=[timer])
    loss, accuracy = model.evaluate(x_test, test_labels, verbose=0)

    seconds = statistics.median(timer.seconds)
    print(f"test loss {loss:.4f}, test accuracy {accuracy:.4f}")
    print(f"{seconds:.3f} s an epoch (median of {options.epochs}), {len(x) / seconds:,.0f} samples/s")
    if options.save:
        model.save(options.save)
    if options.plot:
        _plot(options.plot, history, test_images, model.predict(x_test, verbose=0), test_labels)


def _plot(path: str, history: keras.callbacks.History, images: Any, probabilities: Any, labels: Any) -> None:
    """Draw the curves of a training, and test images with what was predicted, the wrong ones first."""
    wrong_first = np.argsort(probabilities.argmax(axis=1) == labels, kind="stable")[:15]
    beside = "{}-predictions{}".format(*os.path.splitext(path))
    history.plot().savefig(path)
    keras.utils.plot_predictions(images[wrong_first], probabilities[wrong_first], labels[wrong_first]).savefig(beside)
    print(f"drew {path} and {beside}")


def _images(options: argparse.Namespace) -> tuple[Split, Split]:
    if options.dataset == "fashion_mnist":
        if options.sample:
            options.refuse("argument --sample: nnfast comes with images of mnist only, not of fashion_mnist")
        return fashion_mnist.load_data()
    return mnist.load_sample() if options.sample else _mnist_or_sample()


def _mnist_or_sample() -> tuple[Split, Split]:
    try:
        return mnist.load_data()
    except DatasetUnavailable:
        print(
            "nnfast: mnist.npz is neither on this machine nor to be had from the network: training on the 4,000 images "
            "that come with nnfast instead (put it into a folder and name that in NNFAST_DATA_DIR to use all 60,000).",
            file=sys.stderr,
        )
        return mnist.load_sample()


class _EpochTimer(keras.callbacks.Callback):
    """Collects the wall time of each epoch, in seconds."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.started = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.seconds.append(time.perf_counter() - self.started)
