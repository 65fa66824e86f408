"""Settings, and what runs: the default float type, epsilon, threads, the instruction set.

Example:

>>> from nnfast import config
>>> config.floatx()
'float32'
"""

from __future__ import annotations

import numpy as np

from nnfast import _core
from nnfast.graph.dtypes import floatx, set_floatx
from nnfast.graph.zeros import set_sparse_inputs, sparse_inputs
from nnfast.ops.nn import epsilon, set_epsilon

__all__ = [
    "epsilon",
    "floatx",
    "info",
    "num_threads",
    "set_epsilon",
    "set_floatx",
    "set_num_threads",
    "set_sparse_inputs",
    "show",
    "sparse_inputs",
]


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
        "float type": floatx(),
    }


def show() -> None:
    """Prints `info()`, a line each."""
    entries = info()
    width = max(map(len, entries))
    for name, value in entries.items():
        print(f"{name:<{width}}  {value}")
