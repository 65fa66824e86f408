"""PyTorch, eager: the data in one tensor, batches by index, its fastest implementation of the optimizer."""

from __future__ import annotations

from typing import Any

from racers.common import BETA_1, BETA_2, EPSILON, LEARNING_RATE, RHO
from racers.training.job import Job, Outcome, race, timed_epochs


def network(job: Job) -> Any:
    """The job's network up to its logits, initialized as Keras does."""
    from torch import nn

    layers: list[nn.Module] = []
    for inputs, outputs in zip(job.units, job.units[1:], strict=False):
        if layers:
            layers.append(nn.ReLU())
            if job.dropout:
                layers.append(nn.Dropout(job.dropout))
        linear = nn.Linear(inputs, outputs)
        nn.init.xavier_uniform_(linear.weight)
        nn.init.zeros_(linear.bias)
        layers.append(linear)
    return nn.Sequential(*layers)


def make_optimizer(name: str, parameters: list[Any]) -> Any:
    from torch import optim

    rate = LEARNING_RATE[name]
    if name == "sgd":
        return optim.SGD(parameters, rate, fused=True)
    if name == "rmsprop":
        return optim.RMSprop(parameters, rate, RHO, EPSILON)
    return optim.Adam(parameters, rate, (BETA_1, BETA_2), EPSILON, fused=True)


def train(job: Job) -> Outcome:
    import torch

    torch.set_num_threads(job.threads)
    torch.manual_seed(job.seed)
    model = network(job).to(job.device)
    optimizer = make_optimizer(job.optimizer, list(model.parameters()))

    arrays = job.x_train, job.x_test, job.y_train, job.y_test
    x_train, x_test, y_train, y_test = (torch.from_numpy(array).to(job.device) for array in arrays)
    y_train, y_test = y_train.long(), y_test.long()
    cross_entropy = torch.nn.CrossEntropyLoss()

    def epoch() -> None:
        model.train()
        running_loss = torch.zeros((), device=job.device)
        for rows in torch.randperm(len(x_train), device=job.device).split(job.batch_size):
            optimizer.zero_grad()
            loss = cross_entropy(model(x_train[rows]), y_train[rows])
            loss.backward()
            optimizer.step()
            running_loss += loss.detach() * len(rows)
        running_loss.item()  # waits for a GPU

    seconds = timed_epochs(job, epoch)
    model.eval()
    with torch.inference_mode():
        accuracy = (model(x_test).argmax(1) == y_test).float().mean().item()
    return Outcome(torch.__version__, seconds, accuracy)


if __name__ == "__main__":
    race(train)
