"""Python programs run in processes of their own, for what may crash, hang or change the process."""

from __future__ import annotations

import os
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


def run_python(
    code: str,
    environment: Mapping[str, str] | None = None,
    timeout: float = 60,
    warnings: str = "error",
    prelude: bool = False,
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end; a process that hangs is killed, which raises subprocess.TimeoutExpired.

    Args:
        code: the program; common indentation is taken off.
        environment: variables to set; the empty string unsets one.
        timeout: seconds.
        warnings: what Python's -W is given.
        prelude: whether PRELUDE is run before it.
    """
    variables = {**os.environ, **(environment or {})}
    program = (PRELUDE if prelude else "") + textwrap.dedent(code)
    return subprocess.run(
        [sys.executable, "-W", warnings, "-c", program],
        capture_output=True,
        text=True,
        timeout=timeout,
        env={name: value for name, value in variables.items() if value},
    )


def output_of(code: str, environment: Mapping[str, str] | None = None, **arguments: object) -> str:
    """What a program prints; an AssertionError with what it wrote to standard error if it does not end well."""
    result = run_python(code, environment, **arguments)  # type: ignore[arg-type]
    died = f"killed by signal {-result.returncode}" if result.returncode < 0 else f"exit status {result.returncode}"
    assert result.returncode == 0, f"{died}\n{result.stdout[-2000:]}\n{result.stderr[-4000:]}"
    return result.stdout
