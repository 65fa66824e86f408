"""PyTorch, eager; updates with its fastest optimizer implementation for the CPU."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cases import DROPOUT_RATE, Array
from racers.ops.job import Job, Racer, Run, prepare_calls, race
from racers.training.torch import make_optimizer


def start(job: Job) -> Racer:
    import torch
    from torch.nn import functional

    torch.set_num_threads(job.threads)
    torch.set_grad_enabled(False)

    def cross_entropy(logits: Any, labels: Any) -> Any:
        with torch.enable_grad():
            loss = functional.cross_entropy(logits.requires_grad_(), labels)
            return loss.detach(), *torch.autograd.grad(loss, logits)

    def update(name: str) -> Callable[..., Callable[[], Any]]:
        def prepare(weights: Any, gradient: Any) -> Callable[[], Any]:
            weights.grad = gradient
            optimizer = make_optimizer(name, [weights])

            def call() -> Any:
                optimizer.step()
                return weights

            return call

        return prepare

    functions: dict[str, Callable[..., Any]] = {
        "forward": lambda x, weights: x @ weights,
        "weight_gradient": lambda x, delta: x.T @ delta,
        "input_gradient": lambda delta, weights: delta @ weights.T,
        "bias_relu": lambda x, bias: functional.relu(x + bias),
        "softmax": lambda x: x.softmax(1),
        "cross_entropy": cross_entropy,
        "dropout": lambda x: functional.dropout(x, DROPOUT_RATE),
        "sum_all": lambda x: x.sum(),
        "sum_0": lambda x: x.sum(0),
        "sum_1": lambda x: x.sum(1),
        "mean_1": lambda x: x.mean(1),
        "max_1": lambda x: x.amax(1),
        "argmax_1": lambda x: x.argmax(1),
        "exp": torch.exp,
        "tanh": torch.tanh,
        "sigmoid": torch.sigmoid,
        "gelu": lambda x: functional.gelu(x, approximate="tanh"),
        "transpose": lambda x: x.T.contiguous(),
        "gather": lambda images, rows: images[rows],
    }
    prepare_tensors = prepare_calls(functions, {name: update(name) for name in ("sgd", "rmsprop", "adam")})

    def prepare(operation: str, arrays: dict[str, Array]) -> Run | None:
        tensors = {name: torch.from_numpy(array) for name, array in arrays.items()}
        if "labels" in tensors:
            tensors["labels"] = tensors["labels"].long()
        return prepare_tensors(operation, tensors)

    return Racer(torch.__version__, prepare)


if __name__ == "__main__":
    race(start)
