"""What is printed: lines where there is no terminal, a bar where there is one, and never an exception."""

from __future__ import annotations

import io
import os
import pty
import re
import subprocess
import sys
import textwrap
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from nets import classifier, samples

import nnfast
from nnfast.callbacks import progress
from nnfast.callbacks.progress import ProgressBar, ProgressLines, progress_callbacks
from nnfast.utils import console


class Clock:
    """Time that passes only when told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def perf_counter(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(progress, "time", clock)
    return clock


class Terminal(io.StringIO):
    encoding = "utf-8"  # type: ignore[assignment]

    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    terminal = Terminal()
    monkeypatch.setattr(console, "sys", SimpleNamespace(stdout=terminal, modules={}))  # pytest swaps sys.stdout
    monkeypatch.setenv("COLUMNS", "120")
    return terminal


def plain(text: str) -> str:
    """Without colours."""
    return re.sub(r"\x1b\[\d+m", "", text)


def fit(shown: Any, clock: Clock, epochs: int = 2) -> None:
    """The hooks of two epochs of 469 steps of 2 ms, with a validation of 3 s, and an evaluation in between."""
    shown.set_params({"epochs": epochs, "steps": 469, "verbose": 1})
    shown.on_train_begin({})
    for epoch in range(epochs):
        shown.on_epoch_begin(epoch, {})
        for batch in range(0, 469, 67):
            clock.now += 67 * 0.002
            if isinstance(shown, ProgressBar):
                shown.on_train_batch_end(batch + 66, {"accuracy": 0.5, "loss": 2.25})
        shown.on_test_begin({})
        clock.now += 3
        if isinstance(shown, ProgressBar):
            shown.on_test_batch_end(0, {"loss": 1.0})
        shown.on_test_end({"loss": 1.0})
        shown.on_epoch_end(epoch, {"accuracy": 0.92514, "loss": 0.000256, "val_loss": float("nan")})


def test_one_line_an_epoch(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    fit(ProgressLines(), clock)
    line = "469/469 - 4s - 2ms/step - accuracy: 0.9251 - loss: 2.5600e-04 - val_loss: nan\n"
    assert capsys.readouterr().out == f"Epoch 1/2 - {line}Epoch 2/2 - {line}"
    fit(ProgressLines(), clock, epochs=1)
    assert capsys.readouterr().out == line


def test_a_bar_on_a_terminal(clock: Clock, terminal: Terminal) -> None:
    fit(ProgressBar(), clock, epochs=2)
    shown = plain(terminal.getvalue())
    assert shown.count("\n") == 4
    heading, line = shown.split("\n")[:2]
    _, *frames = line.split("\r")
    assert heading == "Epoch 1/2"
    assert frames[0] == " 67/469 " + "━" * 20 + " 0s 2ms/step - accuracy: 0.5000 - loss: 2.2500"
    assert frames[-1].rstrip() == (
        "469/469 " + "━" * 20 + " 4s 2ms/step - accuracy: 0.9251 - loss: 2.5600e-04 - val_loss: nan"
    )
    assert len(frames) == 8  # seven updates, and the end
    coloured = terminal.getvalue().split("\r")[1]
    assert coloured.startswith(
        f"\x1b[1m 67/469\x1b[0m \x1b[32m{'━' * 2}\x1b[0m\x1b[37m{'━' * 18}\x1b[0m \x1b[1m0s\x1b[0m"
    )


def test_the_bar_is_redrawn_ten_times_a_second_at_most(clock: Clock, terminal: Terminal) -> None:
    shown = ProgressBar()
    shown.set_params({"epochs": 1, "steps": 1000, "verbose": 1})
    shown.on_epoch_begin(0, {})
    for batch in range(1000):
        clock.now += 0.001
        shown.on_train_batch_end(batch, {"loss": 1.0})
    assert 9 <= terminal.getvalue().count("\r") <= 10


def test_a_shorter_line_covers_the_longer_one_before(clock: Clock, terminal: Terminal) -> None:
    shown = ProgressBar()
    shown.set_params({"epochs": 1, "steps": 10, "verbose": 1})
    shown.on_epoch_begin(0, {})
    clock.now += 1
    shown.on_train_batch_end(4, {"a_long_name": 1.0})
    shown.on_epoch_end(0, {})
    _, before, after = plain(terminal.getvalue()).rstrip("\n").split("\r")
    assert len(before) == len(after) and after.endswith("  ")


def test_a_narrow_terminal_does_not_wrap_the_bar(
    clock: Clock, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    fit(ProgressBar(), clock)
    for line in plain(terminal.getvalue()).split("\n"):
        for frame in line.split("\r")[1:-1]:
            assert len(frame.rstrip()) < 60


def test_evaluation_and_prediction_have_a_bar_of_their_own(clock: Clock, terminal: Terminal) -> None:
    shown = ProgressBar()
    shown.set_params({"epochs": 1, "steps": 4, "verbose": 1})
    shown.on_test_begin({})
    clock.now += 100
    shown.on_test_batch_end(1, {"loss": 3.0})
    clock.now += 100
    shown.on_test_end({"loss": 4.0})
    shown.on_predict_begin({})
    clock.now += 0.5
    shown.on_predict_batch_end(0, {"outputs": np.zeros(3)})
    shown.on_predict_end({})
    bar = "━" * 20
    assert plain(terminal.getvalue()).split("\r")[1:] == [
        f"2/4 {bar} 1:40 50s/step - loss: 3.0000",
        f"4/4 {bar} 200s 50s/step - loss: 4.0000\n",
        f"1/4 {bar} 1s 500ms/step",
        f"4/4 {bar} 0s 125ms/step\n",
    ]


def test_ascii_where_the_output_cannot_show_the_bar(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii", write_through=True))
    fit(ProgressBar(), clock)
    shown = plain(raw.getvalue().decode("ascii"))
    assert f"469/469 {'=' * 20} 4s" in shown and f" 67/469 {'=' * 2}{'.' * 18} 0s" in shown


@pytest.mark.parametrize("verbose", ["auto", 1, 2])
@pytest.mark.parametrize("stdout", [None, "closed", "full", "simple"])
def test_any_standard_output_will_do(verbose: Any, stdout: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    class Simple:
        text = ""

        def write(self, text: str) -> None:
            self.text += text

        def flush(self) -> None: ...

    class Full(Simple):
        def write(self, text: str) -> None:
            raise OSError(28, "No space left on device")

    closed = io.StringIO()
    closed.close()
    stream: Any = {None: None, "closed": closed, "full": Full(), "simple": Simple()}[stdout]
    x, y = samples()
    model = classifier(nnfast)
    model.compile("sgd", "sparse_categorical_crossentropy")
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", stream)
        model.fit(x, y, epochs=2, verbose=verbose)
        model.evaluate(x, y, verbose=verbose)
        model.predict(x, verbose=verbose)
    if stdout == "simple":
        assert stream.text.count("\n") == 4 and stream.text.startswith("Epoch 1/2 - 2/2 - 0s - ")


def test_verbose_chooses(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [type(shown) for verbose in (0, 1, 2, "auto") for shown in progress_callbacks(verbose)] == [
        ProgressLines
    ] * 3
    monkeypatch.setattr(sys, "stdout", Terminal())
    assert [type(shown) for verbose in (False, True, 2, "auto") for shown in progress_callbacks(verbose)] == [
        ProgressBar,
        ProgressLines,
        ProgressBar,
    ]
    for wrong in (3, -1, "loud", None):
        with pytest.raises(ValueError, match="verbose expects 'auto', 0, 1 or 2, got"):
            progress_callbacks(wrong)


def test_fit_evaluate_and_predict_on_a_real_terminal() -> None:
    program = textwrap.dedent("""
        import time
        import numpy as np
        import nnfast as keras
        model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, activation="softmax")])
        model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
        class Slow(keras.callbacks.Callback):
            def on_train_batch_end(self, batch, logs=None):
                time.sleep(0.06)
        x, y = np.ones((8, 3)), np.zeros(8)
        model.fit(x, y, batch_size=1, epochs=2, callbacks=[Slow()], validation_data=(x, y))
        model.evaluate(x, y)
        model.predict(x)
    """)
    ours, theirs = pty.openpty()
    subprocess.run([sys.executable, "-c", program], stdout=theirs, check=True, env={**os.environ, "COLUMNS": "100"})
    os.close(theirs)
    shown = plain(os.read(ours, 100_000).decode())
    os.close(ours)
    lines = shown.replace("\r\n", "\n").split("\n")
    assert lines[0] == "Epoch 1/2" and lines[2] == "Epoch 2/2" and len(lines) == 7
    frames = lines[1].split("\r")
    assert 3 <= len(frames) <= 8
    number = r"[\d.e+-]+"
    assert re.fullmatch(rf"[1-7]/8 ━+ 0s \d+ms/step - accuracy: {number} - loss: {number} *", frames[1])
    assert re.fullmatch(
        rf"8/8 ━+ \ds \d+ms/step - accuracy: {number} - loss: {number} - val_accuracy: {number} - val_loss: {number} *",
        frames[-1],
    )
    assert re.fullmatch(rf"\r1/1 ━+ 0s \d+[mu]s/step - accuracy: {number} - loss: {number} *", lines[4])
    assert re.fullmatch(r"\r1/1 ━+ 0s \d+[mu]s/step *", lines[5])
