"""Dense: every output sums over every input."""

from __future__ import annotations

import operator
from typing import Any

from nnfast import activations, initializers, ops
from nnfast.graph import Variable
from nnfast.layers.input_spec import InputSpec, Shape
from nnfast.layers.layer import Layer


class Dense(Layer):
    """activation(inputs @ kernel + bias), over the last axis of the inputs.

    Inputs of shape (batch, ..., n) give outputs of shape (batch, ..., units); the kernel has the shape (n, units), the
    bias (units,).

    Args:
        units: how many outputs, positive.
        activation: a name or a function; default None, the sums themselves.
        use_bias: whether a bias is added; default True.
        kernel_initializer: default "glorot_uniform".
        bias_initializer: default "zeros".
        **kwargs: name, dtype, trainable, input_shape, input_dim, as of Layer.

    Raises:
        ValueError: `units` is not a positive integer, or the activation or an initializer is unknown.

    >>> layer = Dense(2, activation="relu", kernel_initializer="ones")
    >>> layer([[1.0, 2.0, 3.0]]).tolist()
    [[6.0, 6.0]]
    >>> [weight.shape for weight in layer.weights]
    [(3, 2), (2,)]
    """

    kernel: Variable
    bias: Variable | None

    def __init__(
        self,
        units: int,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.units = _positive_integer(units)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.input_spec = InputSpec(min_ndim=2)

    def build(self, input_shape: Shape) -> None:
        self.check_input_shape(input_shape)
        features = input_shape[-1]
        if features is None:
            raise ValueError(f"Layer '{self.name}' needs to know the last dimension of its inputs, got {input_shape}")
        self.kernel = self.add_weight((features, self.units), self.kernel_initializer, name="kernel")
        self.bias = self.add_weight((self.units,), self.bias_initializer, name="bias") if self.use_bias else None
        self.input_spec = InputSpec(min_ndim=2, axes={-1: features})

    def call(self, inputs: Any) -> Any:
        outputs = ops.matmul(inputs, self.kernel)
        if self.bias is not None:
            outputs = ops.add(outputs, self.bias)
        return self.activation(outputs)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (*input_shape[:-1], self.units)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "units": self.units,
            "activation": activations.serialize(self.activation),
            "use_bias": self.use_bias,
            "kernel_initializer": initializers.serialize(self.kernel_initializer),
            "bias_initializer": initializers.serialize(self.bias_initializer),
        }


def _positive_integer(units: Any) -> int:
    try:
        number = 0 if isinstance(units, bool) else operator.index(units)
    except TypeError:
        number = 0
    if number <= 0:
        raise ValueError(f"Dense expects units to be a positive integer, got {units!r}")
    return number
