"""nnfast's ops called eagerly, with arrays; a transposed operand is made before its product."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cases import DROPOUT_RATE
from racers.common import BETA_1, BETA_2, EPSILON, LEARNING_RATE, RHO
from racers.ops.job import Job, Racer, prepare_calls, race


def functions() -> dict[str, Callable[..., Any]]:
    """What is called with arrays here, and traced in nnfast_program."""
    from nnfast import ops, random

    return {
        "forward": ops.matmul,
        "weight_gradient": lambda x, delta: ops.matmul(ops.transpose(x), delta),
        "input_gradient": lambda delta, weights: ops.matmul(delta, ops.transpose(weights)),
        "bias_relu": lambda x, bias: ops.relu(x + bias),
        "softmax": ops.softmax,
        "dropout": lambda x: random.dropout(x, DROPOUT_RATE),
        "sum_all": ops.sum,
        "sum_0": lambda x: ops.sum(x, 0),
        "sum_1": lambda x: ops.sum(x, 1),
        "mean_1": lambda x: ops.mean(x, 1),
        "max_1": lambda x: ops.max(x, 1),
        "argmax_1": lambda x: ops.argmax(x, 1),
        "exp": ops.exp,
        "tanh": ops.tanh,
        "sigmoid": ops.sigmoid,
        "gelu": lambda x: 0.5 * x * (1 + ops.tanh(0.7978845608 * (x + 0.044715 * x * x * x))),
        "transpose": ops.transpose,
    }


def make_optimizer(name: str) -> Any:
    from nnfast import optimizers

    rate = LEARNING_RATE[name]
    if name == "sgd":
        return optimizers.SGD(rate)
    if name == "rmsprop":
        return optimizers.RMSprop(rate, RHO, epsilon=EPSILON)
    return optimizers.Adam(rate, BETA_1, BETA_2, EPSILON)


def update(name: str) -> Callable[..., Callable[[], Any]]:
    def prepare(weights: Any, gradient: Any) -> Callable[[], Any]:
        from nnfast import Variable

        optimizer, variable = make_optimizer(name), Variable(weights)

        def call() -> Any:
            optimizer.apply([gradient], [variable])
            return variable

        return call

    return prepare


def describe(job: Job) -> tuple[str, dict[str, Any]]:
    """The version, and the most that the CPU's multiply-adds did in some tries, in GFLOP/s."""
    import nnfast
    from nnfast._core import measure_fma_peak

    nnfast.config.set_floatx(job.dtype)
    peak = max(measure_fma_peak(job.threads, job.dtype) for _ in range(5)) / 1e9
    return nnfast.__version__, {"peak": peak, **nnfast.config.info()}


def start(job: Job) -> Racer:
    version, details = describe(job)
    updates = {name: update(name) for name in ("sgd", "rmsprop", "adam")}
    return Racer(version, prepare_calls(functions(), updates), details)


if __name__ == "__main__":
    race(start)
