"""Layers whose outputs have the shape of their inputs."""

from __future__ import annotations

from typing import Any

from nnfast import regularizers
from nnfast.layers.input_spec import Shape
from nnfast.layers.layer import Layer


class Elementwise(Layer):
    """A layer whose outputs have its inputs' shape, and count where these do; built at once unless it has weights."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        self._build_at_init()

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return input_shape


class Identity(Elementwise):
    """Its inputs, as they are: a tensor or a structure of tensors.

    >>> Identity()([1.0, 2.0]).tolist()
    [1.0, 2.0]
    """

    def call(self, inputs: Any) -> Any:
        return inputs


class ActivityRegularization(Elementwise):
    """Its inputs, as they are; training adds l1 * sum(|x|) + l2 * sum(x^2), divided by the batch's size, to the loss.

    Args:
        l1, l2: the factors, at least 0; default 0.
        **kwargs: name, dtype, input_shape, as of Layer.

    >>> layer = ActivityRegularization(l2=0.5)
    >>> layer([[1.0], [3.0]]).tolist(), [float(loss) for loss in layer.losses]
    ([[1.0], [3.0]], [2.5])
    """

    def __init__(self, l1: float = 0.0, l2: float = 0.0, **kwargs: Any) -> None:
        super().__init__(activity_regularizer=regularizers.L1L2(l1=l1, l2=l2), **kwargs)
        self.l1 = l1
        self.l2 = l2

    def call(self, inputs: Any) -> Any:
        return inputs

    def get_config(self) -> dict[str, Any]:
        config = {**super().get_config(), "l1": self.l1, "l2": self.l2}
        del config["activity_regularizer"]
        return config
