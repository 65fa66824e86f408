"""How many threads there are: what was asked for, and no more; any number of them gives the right result."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from contracts.processes import PRELUDE, output_of

from nnfast import config, ops

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@pytest.fixture(autouse=True)
def default_threads() -> Iterator[None]:
    yield
    config.set_num_threads(0)


@pytest.mark.parametrize("threads", [1, 3, np.int64(2), 1024])
def test_set_num_threads(threads: Any) -> None:
    config.set_num_threads(threads)
    assert config.num_threads() == threads
    config.set_num_threads(0)
    assert 1 <= config.num_threads() <= max(os.cpu_count() or 1, int(os.environ.get("OMP_NUM_THREADS", 1)))


@pytest.mark.parametrize("threads", [1.0, "2", None, True, [2], float("nan"), np.float64(2)])
def test_threads_are_a_whole_number(threads: Any) -> None:
    with pytest.raises(TypeError, match="whole number of threads, got"):
        config.set_num_threads(threads)


@pytest.mark.parametrize("threads", [-1, 1025, 2**31, 2**70, -(2**70)])
def test_threads_are_a_sensible_number(threads: int) -> None:
    before = config.num_threads()
    with pytest.raises(ValueError, match=f"1 to 1024 threads.*got {threads}"):
        config.set_num_threads(threads)
    assert config.num_threads() == before


# Other libraries start threads of their own when they are imported.
ALONE = {"OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
COUNT = """
import os
from nnfast import config
def count(): return len(os.listdir("/proc/self/task"))
def fit():
    model = small_net(hidden=2000)
    model.fit(x, y, batch_size=250, verbose=0)
before = count()
"""


@linux_only
def test_as_many_threads_start_as_were_asked_for() -> None:
    started = f"{COUNT}fit(); print(config.num_threads(), count() - before)"
    assert output_of(started, {**ALONE, "OMP_NUM_THREADS": "3"}, prelude=True).split() == ["3", "2"]
    assert output_of(started, {**ALONE, "OMP_NUM_THREADS": "1"}, prelude=True).split() == ["1", "0"]
    chosen = f"{COUNT}config.set_num_threads(2); {started[len(COUNT) :]}"
    assert output_of(chosen, {**ALONE, "OMP_NUM_THREADS": "4"}, prelude=True).split() == ["2", "1"]


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="needs affinity masks")
def test_affinity_limits_the_threads() -> None:
    code = """
        import os
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        import nnfast
        print(nnfast.config.num_threads())
        """
    assert output_of(code, {"OMP_NUM_THREADS": ""}).strip() == "1"


def test_openmp_too_is_a_sensible_number_of_threads() -> None:
    """More threads than can be started would end the process, from inside of OpenMP."""
    code = "import nnfast; print(nnfast.config.num_threads())"
    assert int(output_of(code, {**ALONE, "OMP_NUM_THREADS": "100000"})) <= 1024


@pytest.mark.parametrize(
    "variable",
    [
        "OMP_NUM_THREADS=0",
        "OMP_NUM_THREADS=nonsense",
        "OMP_NUM_THREADS=2,3",
        "OMP_THREAD_LIMIT=1",
        "OMP_MAX_ACTIVE_LEVELS=0",
        "OMP_DYNAMIC=true",
        "OMP_PROC_BIND=true",
    ],
)
def test_whatever_openmp_was_told_a_fit_works(variable: str) -> None:
    name, _, value = variable.partition("=")
    output_of(f"{COUNT}fit()", {name: value}, prelude=True)


def test_threadpoolctl_sees_the_threads_and_limits_them() -> None:
    """As scikit-learn and joblib do in their workers: by default, and whatever set_num_threads said before."""
    pytest.importorskip("threadpoolctl")
    code = """
        import threadpoolctl
        import nnfast
        found = [pool for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "openmp"]
        assert [pool["num_threads"] for pool in found] == [nnfast.config.num_threads()] == [3], found
        for chosen, expected in ((0, 3), (4, 4), (1, 1)):
            nnfast.config.set_num_threads(chosen)
            with threadpoolctl.threadpool_limits(2):
                assert nnfast.config.num_threads() == min(2, expected)
                with threadpoolctl.threadpool_limits(1, user_api="openmp"):
                    assert nnfast.config.num_threads() == 1
            with threadpoolctl.threadpool_limits(1, user_api="blas"):
                assert nnfast.config.num_threads() == expected
            assert nnfast.config.num_threads() == expected
        with threadpoolctl.threadpool_limits(1):
            nnfast.config.set_num_threads(2)  # who speaks last is heard
            assert nnfast.config.num_threads() == 2
        """
    output_of(code, {**ALONE, "OMP_NUM_THREADS": "3"}, warnings="default")


@linux_only
def test_no_thread_starts_under_threadpoolctls_limit() -> None:
    pytest.importorskip("threadpoolctl")
    code = f"""{COUNT}
import threadpoolctl
config.set_num_threads(4)
with threadpoolctl.threadpool_limits(1):
    fit()
print(count() - before)
"""
    assert output_of(code, ALONE, prelude=True, warnings="default").strip() == "0"


# Eight threads on one CPU and on all of them, alone and four fits at once; a hang is a TimeoutExpired.
CROWD = f"""{COUNT}
import hashlib, threading
if {{cpus}}:
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:{{cpus}}])

def weights_of_a_fit(threads):
    config.set_num_threads(threads)
    model = small_net("adam", hidden=333)
    model.fit(x, y, batch_size=101, epochs=3, shuffle=False, verbose=0)
    return b"".join(array.tobytes() for array in model.get_weights())

expected, found = weights_of_a_fit(1), []
assert weights_of_a_fit({{threads}}) == expected
def fit_and_tell(model):
    model.fit(x, y, batch_size=101, epochs=3, shuffle=False, verbose=0)
    found.append(b"".join(array.tobytes() for array in model.get_weights()))
fits = [threading.Thread(target=fit_and_tell, args=(small_net("adam", hidden=333),)) for _ in range(4)]
for thread in fits:
    thread.start()
for thread in fits:
    thread.join()
assert found == [expected] * 4
"""


@linux_only
@pytest.mark.parametrize("cpus", [0, 1], ids=["all CPUs", "one CPU"])
@pytest.mark.parametrize("threads", [8, 64])
def test_more_threads_than_cpus_are_right_and_do_not_hang(threads: int, cpus: int) -> None:
    output_of(CROWD.format(threads=threads, cpus=cpus), ALONE, prelude=True, timeout=60)


TOGETHER = """
import os, threading
{imports}
torch.manual_seed(0)
stack = torch.nn.Sequential(torch.nn.Linear(30, 300), torch.nn.ReLU(), torch.nn.Linear(300, 10))
optimizer = torch.optim.SGD(stack.parameters(), 0.01)

def fit_torch():
    for _ in range(20):
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(stack(torch.from_numpy(x)), torch.from_numpy(y))
        loss.backward()
        optimizer.step()
    return float(loss.detach())

def fit_nnfast(model):
    return model.fit(x, y, batch_size=250, epochs=10, shuffle=False, verbose=0).history["loss"]

alone = fit_nnfast(small_net(hidden=300))
first = fit_torch()
assert fit_nnfast(small_net(hidden=300)) == alone and fit_torch() < first
found = []
models = [small_net(hidden=300) for _ in range(3)]
work = [lambda model=model: found.append(fit_nnfast(model)) for model in models] + [fit_torch] * 2
threads = [threading.Thread(target=call) for call in work]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert found == [alone] * 3
torch.set_num_threads(1)
nnfast.config.set_num_threads(2)
assert nnfast.config.num_threads() == 2
child = os.fork()
if child == 0:
    os._exit(0 if np.array_equal(models[0].predict(x, verbose=0), models[1].predict(x, verbose=0)) else 1)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
assert torch.ones(1)[0] * 1e-40 != 0
"""


@linux_only
@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="torch is not installed")
@pytest.mark.parametrize("first", ["torch", "nnfast"])
def test_torch_and_nnfast_share_a_process(first: str) -> None:
    """Whichever comes first, in turn and at once: torch brings an OpenMP runtime of its own."""
    torch_first = "import torch" if first == "torch" else ""
    code = f"{torch_first}\n{PRELUDE}{TOGETHER.format(imports='import torch')}"
    output_of(code, warnings="default", timeout=120)


def test_a_label_out_of_range_is_named_rightly_on_any_number_of_threads() -> None:
    """Many threads find one at once, none waits for ever, and the row and the label that are told belong together."""
    logits = np.zeros((60_000, 10), "float32")
    labels = np.arange(60_000) + 10
    for threads in (1, 2, 3, 5, 2, 5):
        config.set_num_threads(threads)
        with pytest.raises(ValueError, match=r"labels from 0 to 9 \(10 classes\)") as caught:
            ops.sparse_categorical_crossentropy(labels, logits, from_logits=True)
        words = str(caught.value).split()
        label, row = int(words[words.index("got") + 1]), int(words[words.index("row") + 1])
        assert label == row + 10
