from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import nnfast
from nnfast.cli import main
from nnfast.datasets import DatasetUnavailable, fashion_mnist, mnist

QUICK = ["train", "mnist", "--epochs", "1", "--hidden", "16", "--batch-size", "500", "--seed", "7"]


def accuracy(output: str) -> float:
    found = re.search(r"^test loss \d+\.\d{4}, test accuracy (\d\.\d{4})$", output, re.MULTILINE)
    assert found, output
    return float(found[1])


def test_train_on_the_sample(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "mnist", "--sample", "--epochs", "3", "--hidden", "64", "--seed", "1"]) == 0
    shown = capsys.readouterr()
    assert shown.err == ""
    assert accuracy(shown.out) > 0.85
    assert "Epoch 3/3" in shown.out
    assert re.search(r"^\d+\.\d{3} s an epoch \(median of 3\), [\d,]+ samples/s$", shown.out, re.MULTILINE)


def test_the_model_can_be_saved(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "it.keras"
    assert main(["train", "mnist", "--sample", "--epochs", "1", "--save", str(path)]) == 0
    (_, _), (images, labels) = mnist.load_sample()
    loss, _ = nnfast.saving.load_model(path).evaluate(images.reshape(-1, 784) / 255, labels, verbose=0)
    assert f"test loss {loss:.4f}" in capsys.readouterr().out
    for wrong in (tmp_path / "it.h5", tmp_path / "nowhere" / "it.keras"):
        with pytest.raises(SystemExit):
            main(["train", "mnist", "--sample", "--save", str(wrong)])


def test_a_seed_makes_a_run_repeatable(capsys: pytest.CaptureFixture[str]) -> None:
    results = []
    for _ in range(2):
        assert main([*QUICK, "--sample", "--optimizer", "ADAM"]) == 0
        results.append(re.search(r"^test .*$", capsys.readouterr().out, re.MULTILINE)[0])
    assert results[0] == results[1]


def test_without_the_full_data_it_says_so_in_one_line_and_takes_the_sample(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def unavailable() -> None:
        raise DatasetUnavailable("nowhere")

    monkeypatch.setattr(mnist, "load_data", unavailable)
    assert main(QUICK) == 0
    shown = capsys.readouterr()
    assert shown.err.count("\n") == 1 and "mnist.npz" in shown.err and "NNFAST_DATA_DIR" in shown.err
    assert accuracy(shown.out) > 0.1


def test_a_corrupt_archive_is_an_error_without_a_traceback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mnist.npz").write_text("no archive")
    monkeypatch.setenv("NNFAST_DATA_DIR", str(tmp_path))
    assert main(QUICK) == 1
    assert capsys.readouterr().err.startswith(f"nnfast: error: {tmp_path / 'mnist.npz'} cannot be read")


FASHION = ["train", "fashion_mnist", *QUICK[2:]]


def test_train_on_fashion_mnist(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fashion_mnist, "load_data", mnist.load_sample)  # as many classes and pixels
    assert main([*FASHION, "--epochs", "2"]) == 0
    shown = capsys.readouterr()
    assert shown.err == "" and accuracy(shown.out) > 0.3


def test_without_fashion_mnist_it_says_so_and_fails(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def unavailable() -> None:
        raise DatasetUnavailable("fashion-mnist/some.gz is in none of the folders")

    monkeypatch.setattr(fashion_mnist, "load_data", unavailable)
    assert main(FASHION) == 1
    assert capsys.readouterr().err == "nnfast: error: fashion-mnist/some.gz is in none of the folders\n"


@pytest.mark.skipif(
    not os.path.isdir(os.path.join(os.environ.get("NNFAST_DATA_DIR", ""), "fashion-mnist")),
    reason="NNFAST_DATA_DIR names no folder with fashion-mnist",
)
def test_train_on_the_whole_of_fashion_mnist(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "fashion_mnist", "--epochs", "2", "--hidden", "128", "--seed", "1"]) == 0
    assert accuracy(capsys.readouterr().out) > 0.8


def test_interrupted(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(mnist, "load_sample", interrupted)
    assert main([*QUICK, "--sample"]) == 130


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "command"),
        (["train"], "dataset"),
        (["train", "cifar"], "invalid choice: 'cifar'"),
        ([*QUICK, "--epochs", "0"], "--epochs: expected at least 1, got 0"),
        ([*QUICK, "--batch-size", "many"], "--batch-size: expected a whole number, got 'many'"),
        ([*QUICK, "--seed", "-1"], "--seed"),
        ([*QUICK, "--optimizer", "magic"], "magic"),
        ([*FASHION, "--sample"], "--sample: nnfast comes with images of mnist only"),
    ],
)
def test_mistakes_in_arguments(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert message in capsys.readouterr().err


def test_info(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info"]) == 0
    assert "threads" in capsys.readouterr().out.lower()


def test_as_a_module() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "nnfast", "train", "mnist", "--sample", "--epochs", "1", "--hidden", "16"],
        capture_output=True,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        check=True,
    )
    assert accuracy(done.stdout) > 0.1 and done.stderr == ""
    assert "\r" not in done.stdout and "\x1b" not in done.stdout  # no live progress bar where nobody watches
