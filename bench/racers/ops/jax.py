"""JAX: a jitted function an op, called from Python; updates give their weights and slots away (donation)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cases import DROPOUT_RATE, Array
from racers.ops.job import Job, Racer, Run, prepare_calls, race
from racers.training.jax import make_update


def start(job: Job) -> Racer:
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", job.dtype == "float64")

    def cross_entropy(logits: Any, labels: Any) -> Any:
        def loss(logits: Any) -> Any:
            return -jnp.take_along_axis(jax.nn.log_softmax(logits), labels[:, None], axis=1).mean()

        return jax.value_and_grad(loss)(logits)

    def dropout(x: Any) -> Any:
        return jnp.where(jax.random.bernoulli(jax.random.key(0), 1 - DROPOUT_RATE, x.shape), x / (1 - DROPOUT_RATE), 0)

    def jitted(function: Callable[..., Any]) -> Callable[..., Any]:
        compiled = jax.jit(function)
        return lambda *arrays: jax.block_until_ready(compiled(*arrays))

    def update(name: str) -> Callable[..., Callable[[], Any]]:
        step = jax.jit(make_update(name), donate_argnums=(0, 1))

        def prepare(weights: Any, gradient: Any) -> Callable[[], Any]:
            state = weights, (jnp.zeros_like(weights), jnp.zeros_like(weights))
            steps = jnp.ones((), jnp.int32)

            def call() -> Any:
                nonlocal state
                state = jax.block_until_ready(step(*state, gradient, steps))
                return state[0]

            return call

        return prepare

    functions: dict[str, Callable[..., Any]] = {
        "forward": lambda x, weights: x @ weights,
        "weight_gradient": lambda x, delta: x.T @ delta,
        "input_gradient": lambda delta, weights: delta @ weights.T,
        "bias_relu": lambda x, bias: jax.nn.relu(x + bias),
        "softmax": jax.nn.softmax,
        "cross_entropy": cross_entropy,
        "dropout": dropout,
        "sum_all": jnp.sum,
        "sum_0": lambda x: x.sum(0),
        "sum_1": lambda x: x.sum(1),
        "mean_1": lambda x: x.mean(1),
        "max_1": lambda x: x.max(1),
        "argmax_1": lambda x: x.argmax(1),
        "exp": jnp.exp,
        "tanh": jnp.tanh,
        "sigmoid": jax.nn.sigmoid,
        "gelu": jax.nn.gelu,
        "transpose": jnp.transpose,
        "gather": lambda images, rows: images[rows],
    }
    prepare_arrays = prepare_calls(
        {name: jitted(function) for name, function in functions.items()},
        {name: update(name) for name in ("sgd", "rmsprop", "adam")},
    )

    def prepare(operation: str, arrays: dict[str, Array]) -> Run | None:
        return prepare_arrays(operation, {name: jnp.asarray(array) for name, array in arrays.items()})

    return Racer(jax.__version__, prepare)


if __name__ == "__main__":
    race(start)
