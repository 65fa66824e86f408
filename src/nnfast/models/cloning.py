"""Models like others, with weights of their own."""

from __future__ import annotations

from typing import Any

from nnfast.models.model import Model


def clone_model(model: Model) -> Any:
    """A model of the same layers with new weights, not compiled.

    Raises:
        NotImplementedError: the model is defined by its `call` and has no `get_config`.

    >>> from nnfast import Input, Sequential, layers
    >>> model = Sequential([Input((3,)), layers.Dense(2)])
    >>> copy = clone_model(model)
    >>> copy.count_params(), copy.layers[0] is model.layers[0]
    (8, False)
    """
    return type(model).from_config(model.get_config())
