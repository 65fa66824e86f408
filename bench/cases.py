"""The ops that a dense network is made of, with the shapes of the race's workloads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from workloads import WORKLOADS

Array = np.ndarray[tuple[int, ...], np.dtype[np.generic]]
SAMPLES = 6000  # that a batch is gathered from
DROPOUT_RATE = 0.3


@dataclass(frozen=True)
class Case:
    """A call of one operation, which every racer knows by this name and with these arguments."""

    title: str
    operation: str
    shapes: dict[str, tuple[int, ...]]  # of its arguments
    flops: int | None = None  # of a matrix product
    tolerance: float = 1e-3  # how far racers' results may be apart, as a share


def arguments(case: Case, dtype: str) -> dict[str, Array]:
    """The numbers a case is called with, the same for every racer."""
    draws = np.random.default_rng(0)

    def draw(name: str, shape: tuple[int, ...]) -> Array:
        if name == "labels":
            return draws.integers(0, 10, shape, dtype=np.int32)
        if name == "rows":
            return draws.permutation(SAMPLES)[: shape[0]]
        return draws.standard_normal(shape).astype(dtype)

    return {name: draw(name, shape) for name, shape in case.shapes.items()}


def products(what: str, rows: int, inputs: int, outputs: int) -> dict[str, Case]:
    """A layer's three products: its result, and the gradients of its weights and of its inputs."""
    shapes = {"x": (rows, inputs), "weights": (inputs, outputs), "delta": (rows, outputs)}
    operands = {
        "forward": ("x", "weights"),
        "weight_gradient": ("x", "delta"),
        "input_gradient": ("delta", "weights"),
    }
    return {
        name: Case(
            f"{what} {name.replace('_', ' ')}",
            name,
            {operand: shapes[operand] for operand in operands[name]},
            flops=2 * rows * inputs * outputs,
        )
        for name in operands
    }


def layers() -> Iterator[Case]:
    """The products of all layers of the workloads. Nobody asks for the gradient of pixels."""
    sizes = {size for workload in WORKLOADS.values() for size in pairwise((784, *workload.hidden, 10))}
    for batch in (128, 32):
        for inputs, outputs in sorted(sizes, reverse=True):
            for name, case in products(f"{batch} x {inputs} to {outputs},", batch, inputs, outputs).items():
                if inputs != 784 or name != "input_gradient":
                    yield case


def others() -> Iterator[Case]:
    """What is not a layer's product."""
    yield products("1 x 784 to 512,", 1, 784, 512)["forward"]
    for size in (512, 2048):
        yield products(f"{size} x {size} to {size},", size, size, size)["forward"]
    hidden, scores, weights = (128, 512), (128, 10), (784, 512)
    yield Case("128 x 512, bias and relu", "bias_relu", {"x": hidden, "bias": hidden[1:]})
    yield Case("128 x 10, softmax", "softmax", {"x": scores})
    yield Case(
        "128 x 10, softmax cross-entropy and gradient", "cross_entropy", {"logits": scores, "labels": scores[:1]}
    )
    yield Case(f"128 x 512, dropout {DROPOUT_RATE}", "dropout", {"x": hidden}, tolerance=0.05)
    for operation in ("sgd", "rmsprop", "adam"):
        yield Case(f"784 x 512, {operation} update", operation, {"weights": weights, "gradient": weights})
    for operation in ("sum_all", "sum_0", "sum_1", "mean_1", "max_1", "argmax_1"):
        reduction, axis = operation.split("_")
        yield Case(
            f"128 x 512, {reduction} over {'all' if axis == 'all' else f'axis {axis}'}", operation, {"x": hidden}
        )
    for operation in ("exp", "tanh", "sigmoid", "gelu"):
        yield Case(f"128 x 512, {operation}", operation, {"x": hidden})
    yield Case("784 x 512, transpose", "transpose", {"x": weights})
    pixels = {"images": (SAMPLES, 784), "rows": (128,)}
    yield Case(f"128 x 784, a batch of {SAMPLES:,} in random order", "gather", pixels, tolerance=0.05)


CASES = {case.title: case for case in (*layers(), *others())}
