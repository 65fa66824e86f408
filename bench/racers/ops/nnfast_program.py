"""nnfast's ops inside a Program, as training runs them: traced once, run by C++ for many batches a call.

Weights are Variables, what comes anew with each batch is read from a feed, and results are made in Variables.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from cases import Array
from racers.ops.job import Job, Racer, Run, race
from racers.ops.nnfast import describe, functions, make_optimizer

VARIABLES = {"weights", "bias", "logits"}
# At most, and two batches in any case. Training has a batch in cache too, as it was gathered just before.
FEED_BYTES, FEED_BATCHES = 2**22, 64


def cross_entropy(logits: Any, labels: Any) -> Any:
    from nnfast import graph, ops

    loss = ops.mean(ops.sparse_categorical_crossentropy(labels, logits, from_logits=True))
    return loss, *graph.differentiate(loss, [logits])


def update(name: str, weights: Any) -> Callable[..., Any]:
    optimizer = make_optimizer(name)
    optimizer.build([weights])

    def step(weights: Any, gradient: Any) -> Any:
        optimizer.apply([gradient], [weights])
        return ()

    return step


def gather(images: Array) -> Run:
    """What a fit without a model does: batches of a shuffled feed."""
    from nnfast import graph

    batch = 128
    feed = graph.Feed([images], batch)
    feed.shuffle(0, 0)
    program = graph.trace(lambda x: [x], [graph.TensorSpec((None, images.shape[1]), images.dtype.name)])
    gathered = np.empty_like(images)

    def run(times: int) -> Array:
        run_all(program, feed, times, [gathered])
        return gathered[:batch]

    return run


def run_all(program: Any, feed: Any, times: int, outputs: list[Array]) -> None:
    """Runs whole batches of a feed, from its first again after its last."""
    whole = feed.samples // feed.batch_size
    for start in range(0, times, whole):
        program.run(feed, 0, min(whole, times - start), outputs)


def prepare(operation: str, arrays: dict[str, Array]) -> Run | None:
    from nnfast import Variable, graph

    if operation == "gather":
        return gather(arrays["images"])
    variables = {name: Variable(array) for name, array in arrays.items() if name in VARIABLES}
    fed = {name: array for name, array in arrays.items() if name not in variables}
    if operation == "cross_entropy":
        function: Callable[..., Any] = cross_entropy
    elif operation in ("sgd", "rmsprop", "adam"):
        function = update(operation, variables["weights"])
    else:
        function = functions()[operation]

    def compute(*tensors: Any) -> list[Any]:
        given = dict(zip(fed, tensors, strict=True)) | variables
        made = function(*(given[name] for name in arrays))
        return list(made) if isinstance(made, list | tuple) else [made]

    def step(*tensors: Any) -> list[Any]:
        for result, tensor in zip(results, compute(*tensors), strict=True):
            result.assign(tensor)
        return []

    specs = [graph.TensorSpec(array.shape, array.dtype.name) for array in fed.values()]
    results = [Variable(np.zeros(spec.shape, spec.dtype)) for spec in graph.abstract(compute, specs)]
    program = graph.trace(step, specs)
    batches = max(2, min(FEED_BATCHES, FEED_BYTES // sum(array.nbytes for array in fed.values())))
    feed = graph.Feed([np.stack([array] * batches) for array in fed.values()], 1)

    def run(times: int) -> Any:
        run_all(program, feed, times, [])
        return results or [variables["weights"]]

    return run


def start(job: Job) -> Racer:
    version, details = describe(job)
    return Racer(version, prepare, details)


if __name__ == "__main__":
    race(start)
