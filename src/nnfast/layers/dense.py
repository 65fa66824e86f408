"""Dense: every output sums over every input."""

from __future__ import annotations

import operator
from typing import Any

from nnfast import activations, constraints, initializers, ops, regularizers
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
        kernel_regularizer, bias_regularizer: what training adds to the loss for the weights; default None.
        activity_regularizer: the same for the outputs, divided by the size of the batch.
        kernel_constraint, bias_constraint: what the optimizer's new values go through; default None.
        **kwargs: name, dtype, trainable, input_shape, input_dim, as of Layer.

    Raises:
        ValueError: `units` is not a positive integer, or the name of an activation, an initializer, a regularizer or a
            constraint is unknown.

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
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.units = _positive_integer(units)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self.input_spec = InputSpec(min_ndim=2)
        self.supports_masking = True

    def build(self, input_shape: Shape) -> None:
        self.check_input_shape(input_shape)
        features = input_shape[-1]
        if features is None:
            raise ValueError(f"Layer '{self.name}' needs to know the last dimension of its inputs, got {input_shape}")
        self.kernel = self.add_weight(
            (features, self.units),
            self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
            name="kernel",
        )
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                (self.units,),
                self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
                name="bias",
            )
        self.input_spec = InputSpec(min_ndim=2, axes={-1: features})

    def call(self, inputs: Any) -> Any:
        outputs = ops.matmul(inputs, self.kernel)
        if self.bias is not None:
            outputs = ops.add(outputs, self.bias)
        return outputs if self.activation is None else self.activation(outputs)

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
            "kernel_regularizer": regularizers.serialize(self.kernel_regularizer),
            "bias_regularizer": regularizers.serialize(self.bias_regularizer),
            "kernel_constraint": constraints.serialize(self.kernel_constraint),
            "bias_constraint": constraints.serialize(self.bias_constraint),
        }


def _positive_integer(units: Any) -> int:
    try:
        number = 0 if isinstance(units, bool) else operator.index(units)
    except TypeError:
        number = 0
    if number <= 0:
        raise ValueError(f"Dense expects units to be a positive integer, got {units!r}")
    return number
