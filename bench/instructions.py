"""Counts the instructions that the engine takes for a training step of each of the race's networks.

Time is noise where machines are shared; instructions are not. Valgrind's callgrind counts those of the module _core, on
one thread and with the AVX2 kernels, as it knows no AVX-512. What is counted is compared with what `--record` stored in
bench/instructions.json for the compiler that built nnfast, and the programme fails where a network takes more than MOST
times as many, or fewer than one MOST-th: then there is a better record to store.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from workloads import WORKLOADS, Workload

RECORD = Path(__file__).with_name("instructions.json")
MOST = 1.03
STEPS = 2  # counted for each network, after as many that are not
READY = "ready"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--record", action="store_true", help=f"store the counts in {RECORD.name}")
    parser.add_argument("--train", action="store_true", help=argparse.SUPPRESS)  # what is counted
    options = parser.parse_args(arguments)
    if options.train:
        train()
        return 0
    counts, by_compiler = count(), json.loads(RECORD.read_text())
    recorded = by_compiler.get(compiler())
    for name, instructions in counts.items():
        times = f", {instructions / recorded[name]:.3f} of the record" if recorded else ""
        print(f"{WORKLOADS[name].title}: {instructions:,} instructions a step{times}")
    if options.record:
        RECORD.write_text(json.dumps(by_compiler | {compiler(): counts}, indent=1, sort_keys=True) + "\n")
        return 0
    if not recorded:
        print(f"Nothing is recorded for {compiler()}, but for {', '.join(by_compiler)}: --record stores these.")
        return 0
    return int(any(not 1 / MOST < instructions / recorded[name] < MOST for name, instructions in counts.items()))


def compiler() -> str:
    """What built nnfast, and the first number of its version: others make other instructions."""
    from nnfast import config

    found = re.match(r"(\w+) (\d+)", config.info()["build flags"])
    assert found is not None
    return found[0]


def count() -> dict[str, int]:
    """Instructions a step of each workload. Only what follows the first steps is instrumented, and slow."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        valgrind = ["valgrind", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={out}"]
        command = [*valgrind, sys.executable, __file__, "--train"]
        variables = os.environ | {"NNFAST_ISA": "avx2", "OMP_NUM_THREADS": "1"}
        training = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=variables
        )
        assert training.stdin and training.stdout and training.stderr
        if training.stdout.readline().strip() != READY:
            sys.exit(f"the training failed: {training.stderr.read()[-2000:]}")
        control(training.pid, "--instr=on")
        counts = {}
        for number, name in enumerate(WORKLOADS, start=1):
            print(file=training.stdin, flush=True)
            training.stdout.readline()  # it is done
            control(training.pid, "--dump")
            counts[name] = instructions_in(Path(f"{out}.{number}")) // STEPS
        training.communicate()
    return counts


def control(pid: int, command: str) -> None:
    subprocess.run(["callgrind_control", command, str(pid)], check=True, capture_output=True)


def instructions_in(dump: Path) -> int:
    """What callgrind counted in the engine's own file in a part of a run, which a dump ends."""
    counted, engine, called, names = 0, False, False, dict[str, str]()
    for line in dump.read_text().splitlines():
        if line.startswith("ob="):  # whose the next lines are; a name stands but where its number comes first
            number, _, name = line[3:].partition(" ")
            engine = "_core." in names.setdefault(number, name)
        elif line.startswith("cob="):
            number, _, name = line[4:].partition(" ")
            names.setdefault(number, name)
        elif line.startswith("calls="):
            called = True  # the next line counts what was called, which stands elsewhere, too
        elif line[:1] in "0123456789+-*" and line:
            counted += int(line.split()[1]) if engine and not called else 0
            called = False
    return counted


def train() -> None:
    """Trains each workload's network for a few steps, says so, and then does so again whenever it is told to."""
    import nnfast
    from nnfast.datasets import mnist

    (x, y), _ = mnist.load_sample()
    x = x.reshape(-1, 784)

    def fit_of(workload: Workload) -> Callable[[], object]:
        model = nnfast.Sequential([nnfast.Input((784,))])
        for units in workload.hidden:
            model.add(nnfast.layers.Dense(units, activation="relu"))
            if workload.dropout:
                model.add(nnfast.layers.Dropout(workload.dropout))
        model.add(nnfast.layers.Dense(10, activation="softmax"))
        model.compile(workload.optimizer, "sparse_categorical_crossentropy")
        images = STEPS * workload.batch_size
        return partial(model.fit, x[:images], y[:images], workload.batch_size, shuffle=False, verbose=0)

    fits = [fit_of(workload) for workload in WORKLOADS.values()]
    for fit in fits:
        fit()
    for fit in fits:
        print(READY, flush=True)
        input()
        fit()
    print(READY, flush=True)


if __name__ == "__main__":
    sys.exit(main())
