"""What importing and using nnfast may not change in the process around it, and which kernels run."""

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
INSTRUCTION_SETS = ("baseline", "avx2", "avx512")

# What can be seen of a process's state, before and after.
STATE = """
import ctypes, gc, locale, os, platform, resource, signal, sys, threading, warnings

def control_word():
    '''The bits of MXCSR that say how to compute: rounding, masks, flush-to-zero, denormals-are-zero.'''
    if platform.machine() != "x86_64" or platform.system() != "Linux":
        return None
    environment = (ctypes.c_uint32 * 8)()
    ctypes.CDLL("libm.so.6").fegetenv(environment)
    return environment[7] & 0xFFC0

def environment_of_c():
    entries = ctypes.POINTER(ctypes.c_char_p).in_dll(ctypes.CDLL(None), "environ")
    found, number = [], 0
    while entries[number]:
        found.append(entries[number])
        number += 1
    return sorted(found)

def state():
    import numpy as np
    return {
        "environment": dict(os.environ), "environment of C": environment_of_c(),
        "threads": len(os.listdir("/proc/self/task")), "Python threads": threading.active_count(),
        "MXCSR": control_word(), "warning filters": list(warnings.filters), "locale": locale.setlocale(locale.LC_ALL),
        "signals": {number: signal.getsignal(number) for number in signal.valid_signals()},
        "hooks": (sys.excepthook, sys.displayhook, threading.excepthook, sys.unraisablehook),
        "limits": (sys.getrecursionlimit(), sys.getswitchinterval(), resource.getrlimit(resource.RLIMIT_STACK)),
        "gc": (gc.isenabled(), gc.get_threshold()), "path": list(sys.path), "folder": os.getcwd(),
        "numpy": (np.geterr(), np.get_printoptions()), "streams": (sys.stdout, sys.stderr),
        "files": sorted(os.listdir("/proc/self/fd")), "finders": list(sys.meta_path),
    }
"""

# Subnormals as operands and as results, in both types.
SUBNORMALS = """
def subnormals_live():
    import numpy as np
    small = np.array([1e-40, 1e-20], "float32"), np.array([1e-310, 1e-160], "float64")
    return all(a[0] * a.dtype.type(1) != 0 and a[1] * a[1] != 0 and (a * a.dtype.type(1))[0] != 0 for a in small)
"""

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@linux_only
def test_importing_changes_nothing_in_the_process() -> None:
    changed = output_of(
        STATE
        + """
import numpy
before = state()
import nnfast
after = state()
print({name: (before[name], after[name]) for name in before if before[name] != after[name]})
"""
    )
    assert changed.strip() == "{}"


def test_importing_loads_numpy_alone() -> None:
    found = output_of(
        """
        import sys
        before = set(sys.modules)
        import nnfast
        names = {name.partition(".")[0] for name in set(sys.modules) - before}
        print(*sorted(names - sys.stdlib_module_names))
        """
    )
    assert found.split() == ["nnfast", "numpy"]


def test_importing_prints_and_warns_of_nothing() -> None:
    result = run_python("import nnfast", warnings="error")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_importing_leaves_numpys_random_numbers_alone() -> None:
    code = """
        import random
        import numpy as np
        np.random.seed(3), random.seed(3)
        first = np.random.random(), random.random()
        np.random.seed(3), random.seed(3)
        import nnfast
        print(first == (np.random.random(), random.random()))
        """
    assert output_of(code).strip() == "True"


@pytest.mark.parametrize("threads", [1, 3])
def test_subnormals_and_the_control_word_survive(threads: int) -> None:
    """In the main thread, in one that was there before the import, and in one that is started after a fit."""
    output_of(
        STATE
        + SUBNORMALS
        + f"""
import queue
questions, answers = queue.Queue(), queue.Queue()

def answer():
    while questions.get():
        answers.put((subnormals_live(), control_word()))

def check(moment):
    early.is_alive() and questions.put(True)
    late = threading.Thread(target=lambda: answers.put((subnormals_live(), control_word())))
    late.start()
    late.join()
    found = [(subnormals_live(), control_word()), answers.get(), answers.get()]
    assert found == [(True, control)] * 3, (moment, found, control)

early = threading.Thread(target=answer)
early.start()
control = control_word()
import numpy as np
check("before the import")
import nnfast
check("after the import")
nnfast.config.set_num_threads({threads})
x = np.random.default_rng(0).normal(size=(300, 200)).astype("float32")
y = np.arange(300) % 7
model = nnfast.Sequential([nnfast.layers.Dense(200, activation="tanh"), nnfast.layers.Dense(7, activation="softmax")])
model.compile("adam", "sparse_categorical_crossentropy")
model.fit(x, y, verbose=0)
check("after a fit")
try:
    nnfast.ops.sparse_categorical_crossentropy(np.full(300, 9), x, from_logits=True)
    nnfast.ops.sparse_categorical_crossentropy(np.full(300, 900), x, from_logits=True)
except ValueError:
    check("after an error")
else:
    raise AssertionError("no error")
questions.put(False)
"""
    )


def _choose(instruction_set: str) -> subprocess.CompletedProcess[str]:
    code = "import nnfast; print(nnfast._core.instruction_set); nnfast.config.show()"
    return run_python(code, {"NNFAST_ISA": instruction_set})


@pytest.mark.parametrize("instruction_set", INSTRUCTION_SETS)
def test_the_instruction_set_can_be_forced(instruction_set: str) -> None:
    result = _choose(instruction_set)
    if instruction_set in _core.supported_instruction_sets:
        assert result.stdout.splitlines()[0] == instruction_set, result.stderr
        assert f"{instruction_set} (of {', '.join(_core.supported_instruction_sets)})" in result.stdout
    else:
        assert result.returncode == 1 and "ImportError" in result.stderr


@pytest.mark.parametrize("instruction_set", ["sse9", "AVX2", "avx2 ", "baseline,avx2", "neon"])
def test_an_unsupported_instruction_set_is_an_error(instruction_set: str) -> None:
    result = _choose(instruction_set)
    message = result.stderr.strip().splitlines()[-1]
    assert result.returncode == 1 and message.startswith("ImportError: ")
    assert repr(instruction_set) in message
    assert all(name in message for name in _core.supported_instruction_sets)


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
    rooms = [str(TESTS / "ops"), str(TESTS / "graph")]
    command = [sys.executable, "-m", "pytest", *rooms, "-q", "-x", "-p", "no:cacheprovider"]
    variables = {**os.environ, "NNFAST_ISA": instruction_set}
    result = subprocess.run(command, capture_output=True, text=True, env=variables, timeout=120)
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
    """Other kernels sum in another order; the loss of an epoch hardly notices."""
    *losses, test_loss, accuracy = learnt(instruction_set)
    *expected, expected_loss, expected_accuracy = learnt("baseline")
    assert losses == pytest.approx(expected, rel=1e-3) and test_loss == pytest.approx(expected_loss, rel=1e-2)
    assert accuracy == pytest.approx(expected_accuracy, abs=0.01) and accuracy > 0.85
