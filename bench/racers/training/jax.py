"""JAX with the whole epoch in one jitted function: shuffle, gather, forward, backward and update, by lax.scan."""

from __future__ import annotations

from typing import Any

import numpy as np

from racers.common import BETA_1, BETA_2, EPSILON, LEARNING_RATE, RHO
from racers.training.job import Job, Outcome, glorot_uniform, race, timed_epochs


def train(job: Job) -> Outcome:
    import jax
    import jax.numpy as jnp

    rng = np.random.default_rng(job.seed)
    sizes = zip(job.units, job.units[1:], strict=False)
    parameters = [(jnp.asarray(glorot_uniform(rng, *size)), jnp.zeros(size[1])) for size in sizes]
    x_train, y_train, x_test, y_test = map(jnp.asarray, (job.x_train, job.y_train, job.x_test, job.y_test))
    update = make_update(job.optimizer)

    def logits(parameters: Any, x: Any, key: Any) -> Any:
        for weights, bias in parameters[:-1]:
            x = jax.nn.relu(x @ weights + bias)
            if job.dropout and key is not None:
                key, here = jax.random.split(key)
                x = jnp.where(jax.random.bernoulli(here, 1 - job.dropout, x.shape), x / (1 - job.dropout), 0)
        weights, bias = parameters[-1]
        return x @ weights + bias

    def loss(parameters: Any, x: Any, y: Any, key: Any) -> Any:
        log_probabilities = jax.nn.log_softmax(logits(parameters, x, key))
        return -jnp.take_along_axis(log_probabilities, y[:, None], axis=1).mean()

    def step(state: Any, rows: Any) -> Any:
        parameters, slots, steps, key = state
        key, dropout_key = jax.random.split(key)
        value, gradients = jax.value_and_grad(loss)(parameters, x_train[rows], y_train[rows], dropout_key)
        parameters, slots = update(parameters, slots, gradients, steps + 1)
        return (parameters, slots, steps + 1, key), value * len(rows)

    def epoch(state: Any) -> Any:
        parameters, slots, steps, key = state
        key, shuffle_key = jax.random.split(key)
        order = jax.random.permutation(shuffle_key, len(x_train))
        whole = len(order) // job.batch_size * job.batch_size
        state = parameters, slots, steps, key
        state, losses = jax.lax.scan(step, state, order[:whole].reshape(-1, job.batch_size))
        total = losses.sum()
        if whole < len(order):
            state, last = step(state, order[whole:])
            total += last
        return state, total / len(order)

    jitted = jax.jit(epoch, donate_argnums=0)
    slots = jax.tree.map(lambda parameter: (jnp.zeros_like(parameter), jnp.zeros_like(parameter)), parameters)
    state = parameters, slots, jnp.zeros((), jnp.int32), jax.random.key(job.seed)

    def run_epoch() -> None:
        nonlocal state
        state, running_loss = jitted(state)
        jax.block_until_ready((state, running_loss))

    seconds = timed_epochs(job, run_epoch)
    accuracy = (logits(state[0], x_test, None).argmax(1) == y_test).mean()
    return Outcome(jax.__version__, seconds, float(accuracy))


def make_update(optimizer: str) -> Any:
    """The update of a tree of parameters with two slots each (SGD uses none, RMSprop the second, Adam both)."""
    import jax
    import jax.numpy as jnp

    rate = LEARNING_RATE[optimizer]

    def sgd(parameter: Any, slot: Any, gradient: Any, step: Any) -> Any:
        return parameter - rate * gradient, slot

    def rmsprop(parameter: Any, slot: Any, gradient: Any, step: Any) -> Any:
        square = RHO * slot[1] + (1 - RHO) * gradient**2
        return parameter - rate * gradient / jnp.sqrt(square + EPSILON), (slot[0], square)

    def adam(parameter: Any, slot: Any, gradient: Any, step: Any) -> Any:
        mean = BETA_1 * slot[0] + (1 - BETA_1) * gradient
        square = BETA_2 * slot[1] + (1 - BETA_2) * gradient**2
        corrected = rate * jnp.sqrt(1 - BETA_2**step) / (1 - BETA_1**step)
        return parameter - corrected * mean / (jnp.sqrt(square) + EPSILON), (mean, square)

    update_one = {"sgd": sgd, "rmsprop": rmsprop, "adam": adam}[optimizer]

    def update(parameters: Any, slots: Any, gradients: Any, step: Any) -> Any:
        leaves, shape = jax.tree.flatten(parameters)
        updated = [
            update_one(leaf, slot, gradient, step)
            for leaf, slot, gradient in zip(leaves, shape.flatten_up_to(slots), jax.tree.leaves(gradients), strict=True)
        ]
        return tuple(shape.unflatten(part) for part in zip(*updated, strict=True))

    return update


if __name__ == "__main__":
    race(train)
