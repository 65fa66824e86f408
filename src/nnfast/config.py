"""Settings, and what runs: the default float type, epsilon, threads, the instruction set.

Example:

>>> from nnfast import config
>>> config.floatx()
'float32'
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from nnfast import _core
from nnfast.dtype_policies.dtype_policy import dtype_policy, set_dtype_policy
from nnfast.graph.device import describe, device, set_device
from nnfast.graph.dtypes import floatx, set_floatx
from nnfast.graph.zeros import set_sparse_inputs, sparse_inputs
from nnfast.ops.nn import epsilon, set_epsilon
from nnfast.ops.shapes import image_data_format, set_image_data_format

__all__ = [
    "backend",
    "device",
    "disable_flash_attention",
    "disable_interactive_logging",
    "disable_traceback_filtering",
    "dtype_policy",
    "enable_flash_attention",
    "enable_interactive_logging",
    "enable_traceback_filtering",
    "enable_unsafe_deserialization",
    "epsilon",
    "floatx",
    "image_data_format",
    "info",
    "is_flash_attention_enabled",
    "is_interactive_logging_enabled",
    "is_nnx_enabled",
    "is_traceback_filtering_enabled",
    "is_unsafe_deserialization_enabled",
    "max_epochs",
    "max_steps_per_epoch",
    "num_threads",
    "set_backend",
    "set_device",
    "set_dtype_policy",
    "set_epsilon",
    "set_floatx",
    "set_image_data_format",
    "set_max_epochs",
    "set_max_steps_per_epoch",
    "set_num_threads",
    "set_sparse_inputs",
    "show",
    "sparse_inputs",
]


_limits: dict[str, int | None] = {}
_settings = {
    "interactive_logging": True,
    "traceback_filtering": True,
    "unsafe_deserialization": False,
}


def backend() -> str:
    """The name of what computes, for code that asks keras.config.backend(): 'nnfast'."""
    return "nnfast"


def set_backend(backend: str) -> None:
    """Does nothing for 'nnfast', which is all there is.

    Raises:
        ValueError: another backend.
    """
    if backend != "nnfast":
        raise ValueError(f"Expected the backend 'nnfast', the only one there is, got {backend!r}")


def is_nnx_enabled() -> bool:
    """Whether variables are those of NNX, a library of JAX: never."""
    return False


def enable_flash_attention() -> None:
    """Keras's name for attention that does not write its matrix of scores: there is none here.

    Raises:
        NotImplementedError: always.
    """
    raise NotImplementedError(
        "There is no flash attention: `ops.dot_product_attention` has one way to compute, and there are no layers of "
        "attention"
    )


def disable_flash_attention() -> None:
    """Leaves things as they are, without flash attention."""


def is_flash_attention_enabled() -> bool:
    """Whether attention goes without its matrix of scores: never."""
    return False


def enable_interactive_logging() -> None:
    """With verbose="auto", fit, evaluate and predict draw a bar on terminals; as it is by default."""
    _settings["interactive_logging"] = True


def disable_interactive_logging() -> None:
    """With verbose="auto", fit, evaluate and predict print a line an epoch, on terminals too."""
    _settings["interactive_logging"] = False


def enable_traceback_filtering() -> None:
    """Leaves the frames of nnfast out of the tracebacks of errors that models and layers raise when they are called,
    compiled, fitted or saved, so that one's own lines are seen; as it is by default."""
    _settings["traceback_filtering"] = True


def disable_traceback_filtering() -> None:
    """Keeps all frames in tracebacks, for those who look for an error in nnfast.

    >>> disable_traceback_filtering()
    >>> is_traceback_filtering_enabled()
    False
    >>> enable_traceback_filtering()
    """
    _settings["traceback_filtering"] = False


def is_traceback_filtering_enabled() -> bool:
    """Whether the frames of nnfast are left out of tracebacks."""
    return bool(_settings["traceback_filtering"])


def enable_unsafe_deserialization() -> None:
    """From now on code in files and configurations runs, as if `safe_mode=False` was passed each time: only where all
    that is loaded is trusted.
    """
    _settings["unsafe_deserialization"] = True


def is_unsafe_deserialization_enabled() -> bool:
    """Whether code in files and configurations runs, whatever `safe_mode` says."""
    return bool(_settings["unsafe_deserialization"])


def is_interactive_logging_enabled() -> bool:
    """Whether verbose="auto" draws a bar on terminals."""
    return bool(_settings["interactive_logging"])


def max_epochs() -> int | None:
    """The most epochs that `fit` trains: what `set_max_epochs` said, else KERAS_MAX_EPOCHS; None without a limit."""
    return _limit("max_epochs")


def set_max_epochs(max_epochs: int | None) -> None:
    """Limits the epochs of every `fit`, to try out a programme quickly; None takes the limit away.

    Raises:
        ValueError: no positive integer.
    """
    _set_limit("max_epochs", max_epochs)


def max_steps_per_epoch() -> int | None:
    """The most steps of an epoch, an evaluation or a prediction: what `set_max_steps_per_epoch` said, else
    KERAS_MAX_STEPS_PER_EPOCH; None without a limit.
    """
    return _limit("max_steps_per_epoch")


def set_max_steps_per_epoch(max_steps_per_epoch: int | None) -> None:
    """Limits the steps of every epoch of `fit`, and of `evaluate` and `predict`; None takes the limit away.

    Raises:
        ValueError: no positive integer.
    """
    _set_limit("max_steps_per_epoch", max_steps_per_epoch)


def _limit(name: str) -> int | None:
    if name not in _limits and (said := os.environ.get(f"KERAS_{name.upper()}")):
        _set_limit(name, int(said) if said.isdigit() else said)
    return _limits.get(name)


def _set_limit(name: str, number: Any) -> None:
    if number is not None and (isinstance(number, bool) or not isinstance(number, int) or number < 1):
        raise ValueError(f"{name} expects a positive integer or None, got {number!r}")
    _limits[name] = number


def num_threads() -> int:
    """Threads that kernels run on: what `set_num_threads` said, else OMP_NUM_THREADS, else the CPUs that affinity and
    the cgroup quota allow."""
    return _core.thread_count()


def set_num_threads(threads: int) -> None:
    """Sets the number of threads that kernels run on. Results do not depend on it.

    What lowers OpenMP's number afterwards, such as `threadpoolctl.threadpool_limits`, limits these threads too.

    Args:
        threads: at least 1; 0 returns to the default.

    Raises:
        ValueError: for a negative number.
        TypeError: for anything but a whole number.
    """
    if isinstance(threads, bool) or not isinstance(threads, int | np.integer):
        raise TypeError(f"Expected a whole number of threads, got {threads!r}.")
    if threads < 0 or threads > 1024:
        raise ValueError(f"Expected from 1 to 1024 threads, or 0 for the default; got {threads}.")
    _core.set_thread_count(int(threads))


def info() -> dict[str, str]:
    """What runs: versions, instruction set, threads, OpenMP runtime and build flags."""
    return {
        "nnfast": _core.version,
        "numpy": np.__version__,
        "instruction set": f"{_core.instruction_set} (of {', '.join(_core.supported_instruction_sets)})",
        "threads": str(num_threads()),
        "OpenMP runtime": _core.openmp_runtime,
        "build flags": _core.build_flags,
        "device": describe(),
        "float type": floatx(),
    }


def show() -> None:
    """Prints `info()`, a line each."""
    entries = info()
    width = max(map(len, entries))
    for name, value in entries.items():
        print(f"{name:<{width}}  {value}")
