"""A program that calls what is public in nnfast with random arguments: `public_calls.py SEED CALLS LOG`.

Exceptions are what it expects; that it ends at all is what it shows. LOG holds the call in progress.
"""

from __future__ import annotations

import inspect
import os
import random
import resource
import signal
import sys
import types
from collections.abc import Callable
from typing import Any

import numpy as np

import nnfast
from nnfast import callbacks, initializers, layers, losses, metrics, ops, optimizers

DTYPES = [
    "float32",
    "float64",
    "int32",
    "int64",
    "uint8",
    "bool",
    "uint32",
    "float16",
    "int8",
    "complex64",
    "str",
    None,
]


class TooSlow(Exception):
    """Raised by the alarm in the middle of a call."""


def net() -> Any:
    model = nnfast.Sequential([nnfast.Input((3,)), layers.Dense(4, activation="relu"), layers.Dense(2)])
    model.compile("adam", "mse")
    return model


def number() -> Any:
    whole = [0, 1, -1, 2, 3, 7, 40, 2**31, 2**40, 2**63, 2**70, True, np.int64(2)]
    return random.choice([*whole, 0.5, -0.5, 1e30, float("nan"), float("inf"), np.float32(3), 1 + 2j])


def array() -> Any:
    shape = [random.choice([0, 1, 2, 3, 6]) for _ in range(random.choice([0, 1, 1, 2, 2, 2, 3, 4]))]
    dtype = random.choice(["f4", "f4", "f8", "i4", "i8", "u1", "?", "f2", ">f4", "c8", "O", "U3", "M8[s]", "u8"])
    values = np.random.normal(size=shape) * random.choice([1, 1, 100, 1e30])
    made = values.astype(random.choice(["i8", "f8"])).astype(dtype)
    return random.choice([made, made, made.T, made[::-1] if made.ndim else made, made.tolist()])


def shape() -> Any:
    return tuple(random.choice([-1, 0, 1, 2, 3, 6, 500, None]) for _ in range(random.choice([0, 1, 2, 3])))


def word() -> Any:
    return random.choice(["", "a", "relu", "softmax", "mse", "adam", "accuracy", "float32", "int32", b"x", None])


def function() -> Any:
    return random.choice(
        [len, lambda *a: None, lambda *a: a[0], lambda a, b=None: ops.sum(a), lambda a, b: a, np, object()]
    )


def object_of_nnfast() -> Any:
    return random.choice(
        [
            lambda: nnfast.Variable(np.random.normal(size=random.choice([(), (3,), (2, 3)]))),
            lambda: nnfast.Input((3,)),
            net,
            lambda: layers.Dense(2),
            lambda: optimizers.SGD(),
            lambda: losses.MeanSquaredError(),
            lambda: metrics.Mean(),
            lambda: nnfast.random.SeedGenerator(1),
            lambda: callbacks.Callback(),
        ]
    )()


def thing() -> Any:
    makers: list[Callable[[], Any]] = [number, number, array, array, array, shape, word, function, object_of_nnfast]
    makers += [lambda: [number() for _ in range(3)], lambda: {random.choice(["a", 0, "class_name"]): number()}]
    return random.choice(makers)()


# What an argument of such a name is likely to be given.
LIKELY: dict[str, Callable[[], Any]] = {
    "dtype": lambda: random.choice(DTYPES),
    "shape": shape,
    "newshape": shape,
    "input_shape": shape,
    "x": array,
    "y": array,
    "inputs": array,
    "axis": lambda: random.choice([None, 0, 1, -1, 5, (0, 1)]),
    "epochs": lambda: random.choice([0, 1, 2]),
    "verbose": lambda: 0,
}


def argument(name: str) -> Any:
    return LIKELY[name]() if name == "verbose" or (name in LIKELY and random.random() < 0.6) else thing()


def public(space: Any) -> list[Any]:
    return [getattr(space, name) for name in dir(space) if not name.startswith("_")]


def functions_and_classes() -> list[Any]:
    modules = [getattr(nnfast, name) for name in nnfast.__all__]
    modules = [module for module in modules if isinstance(module, types.ModuleType) and module is not nnfast]
    found = [item for module in modules for item in public(module) if callable(item)]
    # Data sets may be downloaded, and code runs where one says that it may.
    own = [item for item in found if "nnfast" in str(item.__module__) and "datasets" not in str(item.__module__)]
    return [item for item in own if item is not nnfast.config.enable_unsafe_deserialization]


def a_method() -> Any:
    made = random.choice(
        [
            net,
            lambda: layers.Dense(3),
            lambda: layers.Dropout(0.5),
            lambda: layers.Flatten(),
            lambda: nnfast.Variable(np.ones((2, 3))),
            lambda: optimizers.Adam(),
            lambda: losses.MeanSquaredError(),
            lambda: losses.SparseCategoricalCrossentropy(),
            lambda: metrics.SparseCategoricalAccuracy(),
            lambda: metrics.MeanSquaredError(),
            lambda: nnfast.random.SeedGenerator(3),
            lambda: initializers.GlorotUniform(),
            lambda: callbacks.History(),
        ]
    )()
    methods = [method for method in public(made) if callable(method)]
    return random.choice([made, *methods] if callable(made) else methods)


def draw_call(targets: list[Any]) -> tuple[Any, list[Any], dict[str, Any]]:
    """Something callable, and arguments by position and by name."""
    called = random.choice(targets) if random.random() < 0.5 else a_method()
    try:
        known = [name for name in inspect.signature(called).parameters if name not in ("self", "args", "kwargs")]
    except (TypeError, ValueError):
        known = []
    count = random.choice([0, 1, 1, 1, 2, 2, 3])
    first = [argument(name) for name in [*known, *["more"] * 3][:count]]
    named = {name: argument(name) for name in known[count:] if name == "verbose" or random.random() < 0.2}
    return called, first, named


def stop(*_: Any) -> None:
    raise TooSlow


def main(seed: int, calls: int, log: str) -> None:
    random.seed(seed)
    np.random.seed(seed)
    x = np.random.normal(size=(6, 3)).astype("float32")
    net().fit(x, x[:, :2], verbose=0)  # starts the threads while there is memory for them
    resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30))  # what asks for more gets a MemoryError
    signal.signal(signal.SIGALRM, stop)
    sys.stdout = open(os.devnull, "w")  # noqa: SIM115
    targets, results = functions_and_classes(), 0
    with open(log, "w") as file:
        for number_of_call in range(calls):
            try:
                signal.setitimer(signal.ITIMER_REAL, 1.0)
                called, first, named = draw_call(targets)
                file.seek(0)
                file.truncate()
                print(number_of_call, called, first, named, file=file, flush=True)
                called(*first, **named)
                results += 1
            except (TooSlow, Exception) as error:
                assert not isinstance(error, SystemError), error
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
                nnfast.config.set_floatx("float32")
                nnfast.config.set_dtype_policy("float32")
                nnfast.config.set_epsilon(1e-7)
                nnfast.config.set_num_threads(2)
    assert results > calls / 20, results
    assert not nnfast.graph.is_tracing()
    assert np.isfinite(net().fit(x, x[:, :2], verbose=0).history["loss"]).all()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
