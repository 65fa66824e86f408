"""The state of a fit: all that the rest of it depends on, as arrays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from nnfast.graph import Variable
from nnfast.random import seed_generator
from nnfast.training.data import Array
from nnfast.training.epoch import Position

if TYPE_CHECKING:
    from nnfast.training.run import Run
    from nnfast.training.trainer import Trainer


def capture(model: Trainer, run: Run[Any], epoch: int) -> dict[str, Array]:
    """What a fit needs to go on with `epoch`, or with the place in it where the run is.

    Args:
        model: what is trained: its variables, those of the optimizer and of the metrics.
        run: the fit's run over the training data.
        epoch: the number of the epoch in progress, or of the next one.
    """
    import json  # here and below: `import nnfast` need not load it

    arrays = {name: variable.numpy() for name, variable in _variables(model)}
    rest = {"epoch": epoch, "position": run.position, "random": seed_generator.get_state()}
    return {**arrays, "rest": np.array(json.dumps(rest))}


def restore(model: Trainer, run: Run[Any], state: Mapping[str, Array]) -> int:
    """Put all back, and return the number of the epoch to go on with.

    Raises:
        ValueError: the state is of another model; nothing is changed then.
    """
    import json

    variables = dict(_variables(model))
    for name, variable in variables.items():
        if name not in state or state[name].shape != variable.shape:
            found = f"shape {state[name].shape}" if name in state else "nothing"
            raise ValueError(
                f"This is a backup of another model: for {name} ({variable.name!r}) expected shape {variable.shape}, "
                f"got {found}"
            )
    unknown = state.keys() - variables.keys() - {"rest"}
    if unknown:
        raise ValueError(f"This is a backup of another model: it holds {min(unknown)}, which this model does not have")
    for name, variable in variables.items():
        variable.assign(state[name])
    rest: dict[str, Any] = json.loads(str(state["rest"]))
    run.resume(Position(*rest["position"]))
    seed_generator.set_state(rest["random"])
    return int(rest["epoch"])


def _variables(model: Trainer) -> Iterator[tuple[str, Variable]]:
    """All that training changes, by names that the same model has again."""
    metrics = [variable for metric in model.metrics for variable in metric.variables]
    groups = {"model": model.variables, "optimizer": model.optimizer.variables, "metrics": metrics}
    for group, variables in groups.items():
        for number, variable in enumerate(variables):
            yield f"{group}/{number}", variable
