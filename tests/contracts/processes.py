"""Python programs run in processes of their own, for what may crash, hang or change the process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Mapping

# What the programs begin with: a small trained net, and data for it.
PRELUDE = """
import numpy as np
import nnfast
from nnfast import layers, ops

def small_net(optimizer="rmsprop", hidden=64, seed=1):
    nnfast.utils.set_random_seed(seed)
    model = nnfast.Sequential(
        [nnfast.Input((30,)), layers.Dense(hidden, activation="relu"), layers.Dense(10, activation="softmax")]
    )
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model

x = np.random.default_rng(0).normal(size=(500, 30)).astype("float32")
y = np.abs(x[:, :10]).argmax(axis=1)
"""

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

def other_finders():
    # But for the one that knows what is below nnfast.keras, and nothing else.
    return [finder for finder in sys.meta_path if getattr(finder, "__module__", None) != "nnfast.aliases"]

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
        "files": sorted(os.listdir("/proc/self/fd")), "finders": other_finders(),
    }
"""


def run_python(
    code: str,
    environment: Mapping[str, str] | None = None,
    timeout: float = 60,
    warnings: str = "error",
    prelude: bool = False,
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end; one that hangs is killed with its children, which raises subprocess.TimeoutExpired.

    Args:
        code: the program; common indentation is taken off.
        environment: variables to set; the empty string unsets one.
        timeout: seconds.
        warnings: what Python's -W is given.
        prelude: whether PRELUDE is run before it.
    """
    variables = {**os.environ, **(environment or {})}
    program = (PRELUDE if prelude else "") + textwrap.dedent(code)
    process = subprocess.Popen(
        [sys.executable, "-W", warnings, "-c", program],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={name: value for name, value in variables.items() if value},
        start_new_session=True,
    )
    try:
        output, errors = process.communicate(timeout=timeout)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
    return subprocess.CompletedProcess(process.args, process.returncode, output, errors)


def output_of(code: str, environment: Mapping[str, str] | None = None, **arguments: object) -> str:
    """What a program prints; an AssertionError with what it wrote to standard error if it does not end well."""
    result = run_python(code, environment, **arguments)  # type: ignore[arg-type]
    died = f"killed by signal {-result.returncode}" if result.returncode < 0 else f"exit status {result.returncode}"
    assert result.returncode == 0, f"{died}\n{result.stdout[-2000:]}\n{result.stderr[-4000:]}"
    return result.stdout
