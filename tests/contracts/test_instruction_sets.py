"""Which kernels run: the best that the CPU has, or what NNFAST_ISA says; and each instruction set is right."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
from pathlib import Path

import pytest
from contracts.processes import output_of, run_python

from nnfast import _core, config

TESTS = Path(__file__).resolve().parents[1]
INSTRUCTION_SETS = ("baseline", "avx2", "avx512", "neon")


def _choose(instruction_set: str) -> subprocess.CompletedProcess[str]:
    code = "import nnfast; print(nnfast._core.instruction_set); nnfast.config.show()"
    return run_python(code, {"NNFAST_ISA": instruction_set})


def _assert_refused(result: subprocess.CompletedProcess[str], instruction_set: str) -> None:
    message = result.stderr.strip().splitlines()[-1]
    assert result.returncode == 1 and message.startswith("ImportError: ")
    assert repr(instruction_set) in message
    assert all(name in message for name in _core.supported_instruction_sets)


@pytest.mark.parametrize("instruction_set", INSTRUCTION_SETS)
def test_the_instruction_set_can_be_forced(instruction_set: str) -> None:
    result = _choose(instruction_set)
    if instruction_set in _core.supported_instruction_sets:
        assert result.stdout.splitlines()[0] == instruction_set, result.stderr
        assert f"{instruction_set} (of {', '.join(_core.supported_instruction_sets)})" in result.stdout
    else:
        _assert_refused(result, instruction_set)


@pytest.mark.parametrize("instruction_set", ["sse9", "AVX2", "avx2 ", "baseline,avx2", "NEON"])
def test_an_unknown_instruction_set_is_an_error(instruction_set: str) -> None:
    _assert_refused(_choose(instruction_set), instruction_set)


def test_by_default_the_best_instruction_set_runs() -> None:
    code = "from nnfast import _core; print(_core.instruction_set == _core.supported_instruction_sets[-1])"
    assert output_of(code, {"NNFAST_ISA": ""}).strip() == "True"


def test_config_shows_what_runs(capsys: pytest.CaptureFixture[str]) -> None:
    config.show()
    shown = dict(line.split("  ", 1) for line in capsys.readouterr().out.splitlines())
    shown = {name.strip(): value.strip() for name, value in shown.items()}
    assert shown == {name: value.strip() for name, value in config.info().items()}
    assert list(shown)[:6] == ["nnfast", "numpy", "instruction set", "threads", "OpenMP runtime", "build flags"]
    assert shown["threads"] == str(config.num_threads()) and "OpenMP 20" in shown["OpenMP runtime"]
    assert "-O3" in shown["build flags"] and "-ffast-math" not in shown["build flags"]


def test_the_command_line_shows_the_same() -> None:
    variables = {**os.environ, "OMP_NUM_THREADS": "3"}
    command = [sys.executable, "-m", "nnfast", "info"]
    shown = subprocess.run(command, capture_output=True, text=True, env=variables, timeout=60, check=True).stdout
    assert shown == output_of("import nnfast; nnfast.config.show()", {"OMP_NUM_THREADS": "3"})
    assert any(line.split() == ["threads", "3"] for line in shown.splitlines())


def _each_supported(test: object) -> object:
    return pytest.mark.parametrize("instruction_set", _core.supported_instruction_sets)(test)  # type: ignore[type-var]


@_each_supported
def test_ops_and_programs_are_right_on_every_instruction_set(instruction_set: str) -> None:
    if instruction_set == _core.instruction_set:
        pytest.skip("it is what all tests run on")
    # The ops that test_keras_cases.py is about are put together from those of the others.
    rooms = [str(TESTS / "ops"), str(TESTS / "graph"), f"--ignore={TESTS / 'ops' / 'test_keras_cases.py'}"]
    command = [sys.executable, "-m", "pytest", *rooms, "-q", "-x", "-p", "no:cacheprovider"]
    variables = {**os.environ, "NNFAST_ISA": instruction_set}
    result = subprocess.run(command, capture_output=True, text=True, env=variables, timeout=600)
    assert result.returncode == 0, result.stdout[-3000:]


@functools.cache
def learnt(instruction_set: str) -> list[float]:
    """The losses of four epochs, then the loss and the accuracy on the test digits."""
    code = """
        import nnfast
        (x, y), (x_test, y_test) = nnfast.datasets.mnist.load_sample()
        nnfast.utils.set_random_seed(5)
        model = nnfast.Sequential([
            nnfast.Input((28, 28)), nnfast.layers.Flatten(), nnfast.layers.Dense(64, activation="relu"),
            nnfast.layers.Dropout(0.1), nnfast.layers.Dense(10, activation="softmax"),
        ])
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        losses = model.fit(x / 255, y, batch_size=128, epochs=4, verbose=0).history["loss"]
        print(*losses, *model.evaluate(x_test / 255, y_test, verbose=0))
        """
    return [float(number) for number in output_of(code, {"NNFAST_ISA": instruction_set}).split()]


@_each_supported
def test_every_instruction_set_learns_the_same(instruction_set: str) -> None:
    """As the set that every machine of the architecture has. Other kernels sum in another order; the loss of an epoch
    hardly notices."""
    *losses, test_loss, accuracy = learnt(instruction_set)
    *expected, expected_loss, expected_accuracy = learnt(_core.supported_instruction_sets[0])
    assert losses == pytest.approx(expected, rel=1e-3) and test_loss == pytest.approx(expected_loss, rel=1e-2)
    assert accuracy == pytest.approx(expected_accuracy, abs=0.01) and accuracy > 0.85
