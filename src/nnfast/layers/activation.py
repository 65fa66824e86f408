"""Activations as layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nnfast import activations, constraints, initializers, ops, regularizers
from nnfast.layers.elementwise import Elementwise
from nnfast.layers.input_spec import InputSpec, Shape


class Activation(Elementwise):
    """Applies an activation function to its inputs.

    Args:
        activation: a name, such as "relu", or a function of a tensor.
        **kwargs: name, dtype, input_shape, as of Layer.

    Raises:
        ValueError: no activation is called so.

    >>> Activation("relu")([-3.0, 2.0]).tolist()
    [0.0, 2.0]
    """

    def __init__(self, activation: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.activation = activations.get(activation)

    def call(self, inputs: Any) -> Any:
        return self.activation(inputs)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "activation": activations.serialize(self.activation)}


class ReLU(Elementwise):
    """`activations.relu`: max(x, 0) with the defaults.

    Args:
        max_value: the largest output, at least 0; default None, any.
        negative_slope: the slope below the threshold, at least 0; default 0.
        threshold: what lies below it is damped or zero; at least 0, default 0.
        **kwargs: name, dtype, input_shape, as of Layer.

    Raises:
        ValueError: a negative number.

    >>> ReLU(max_value=10, negative_slope=0.5)([-10.0, 5.0, 20.0]).tolist()
    [-5.0, 5.0, 10.0]
    """

    def __init__(
        self, max_value: float | None = None, negative_slope: float = 0.0, threshold: float = 0.0, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        if max_value is not None and max_value < 0:
            raise ValueError(f"max_value of a ReLU layer cannot be a negative value. Received: max_value={max_value}")
        self.max_value = max_value
        self.negative_slope = _not_negative("negative_slope", negative_slope)
        self.threshold = _not_negative("threshold", threshold)

    def call(self, inputs: Any) -> Any:
        return activations.relu(inputs, self.negative_slope, self.max_value, self.threshold)

    def get_config(self) -> dict[str, Any]:
        own = {"max_value": self.max_value, "negative_slope": self.negative_slope, "threshold": self.threshold}
        return {**super().get_config(), **own}


class LeakyReLU(Elementwise):
    """x where it is positive, negative_slope * x elsewhere.

    Args:
        negative_slope: at least 0; default 0.3. `alpha` is its older name.
        **kwargs: name, dtype, input_shape, as of Layer.

    Raises:
        ValueError: the slope is negative.

    >>> LeakyReLU(0.5)([-10.0, 5.0]).tolist()
    [-5.0, 5.0]
    """

    def __init__(self, negative_slope: float = 0.3, **kwargs: Any) -> None:
        negative_slope = kwargs.pop("alpha", negative_slope)
        super().__init__(**kwargs)
        if negative_slope is None or negative_slope < 0:
            raise ValueError(
                "The negative_slope value of a Leaky ReLU layer cannot be None or negative value. "
                f"Received: negative_slope={negative_slope}"
            )
        self.negative_slope = negative_slope

    def call(self, inputs: Any) -> Any:
        return activations.leaky_relu(inputs, self.negative_slope)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "negative_slope": self.negative_slope}


class ELU(Elementwise):
    """The exponential linear unit: x where it is positive, alpha * (exp(x) - 1) elsewhere.

    Args:
        alpha: default 1.
        **kwargs: name, dtype, input_shape, as of Layer.

    >>> ELU(0.5)([-100.0, 5.0]).tolist()
    [-0.5, 5.0]
    """

    def __init__(self, alpha: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.alpha = alpha

    def call(self, inputs: Any) -> Any:
        return activations.elu(inputs, self.alpha)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "alpha": self.alpha}


class PReLU(Elementwise):
    """x where it is positive, alpha * x elsewhere, where alpha is learnt: a weight of the shape of a sample.

    Args:
        alpha_initializer: default "zeros".
        alpha_regularizer, alpha_constraint: default None.
        shared_axes: axes, counted with the batch as 0, along which there is one alpha; default none.
        **kwargs: name, dtype, input_shape, as of Layer.

    >>> PReLU(alpha_initializer="ones")([[-1.0, 2.0]]).tolist()
    [[-1.0, 2.0]]
    """

    def __init__(
        self,
        alpha_initializer: Any = "zeros",
        alpha_regularizer: Any = None,
        alpha_constraint: Any = None,
        shared_axes: int | Sequence[int] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.alpha_initializer = initializers.get(alpha_initializer)
        self.alpha_regularizer = regularizers.get(alpha_regularizer)
        self.alpha_constraint = constraints.get(alpha_constraint)
        one = isinstance(shared_axes, int)
        self.shared_axes: list[int] | None = None
        if shared_axes is not None:
            self.shared_axes = [shared_axes] if one else list(shared_axes)  # type: ignore[arg-type, list-item]

    def build(self, input_shape: Shape) -> None:
        shape: list[Any] = list(input_shape)
        for axis in self.shared_axes or ():
            shape[axis] = 1
        if None in shape[1:]:
            raise ValueError(f"Layer '{self.name}' needs to know the shape of its inputs, got {input_shape}")
        self.alpha = self.add_weight(
            shape[1:],
            self.alpha_initializer,
            regularizer=self.alpha_regularizer,
            constraint=self.alpha_constraint,
            name="alpha",
        )
        shared = self.shared_axes or range(len(shape))
        axes = {axis: size for axis, size in enumerate(input_shape) if axis and axis not in shared}
        self.input_spec = InputSpec(ndim=len(shape), axes=axes)

    def call(self, inputs: Any) -> Any:
        return ops.subtract(ops.relu(inputs), ops.multiply(self.alpha, ops.relu(ops.negative(inputs))))

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "alpha_initializer": initializers.serialize(self.alpha_initializer),
            "alpha_regularizer": regularizers.serialize(self.alpha_regularizer),
            "alpha_constraint": constraints.serialize(self.alpha_constraint),
            "shared_axes": self.shared_axes,
        }


# What a masked value is before the softmax: its share is 0.
_LEAST = -1e9


class Softmax(Elementwise):
    """exp(x) / sum(exp(x)) along an axis, or several.

    Args:
        axis: default the last.
        **kwargs: name, dtype, input_shape, as of Layer.

    Called with a `mask` of a shape that broadcasts to the inputs', it gives 0 where that is false.

    >>> Softmax()([[0.0, 0.0, 0.0]], mask=[[True, True, False]]).tolist()
    [[0.5, 0.5, 0.0]]
    """

    def __init__(self, axis: int | Sequence[int] = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = axis

    def call(self, inputs: Any, mask: Any = None) -> Any:
        axis = tuple(self.axis) if isinstance(self.axis, list | tuple) else self.axis
        if mask is None:
            return ops.softmax(inputs, axis=axis)
        mask = ops.convert_to_tensor(mask)
        sizes = zip(mask.shape[::-1], inputs.shape[::-1], strict=False)
        if mask.ndim > inputs.ndim or any(None not in pair and pair[0] not in (1, pair[1]) for pair in sizes):
            raise ValueError(
                "The `mask` must be broadcastable to `inputs` and must not have more dimensions. Received: "
                f"inputs.shape={tuple(inputs.shape)}, mask.shape={tuple(mask.shape)}"
            )
        counts = mask if mask.dtype == "bool" else ops.greater(mask, 0.5)
        outputs = ops.softmax(ops.where(counts, inputs, _LEAST), axis=axis)
        return ops.where(counts, outputs, 0.0)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axis": self.axis}


def _not_negative(name: str, value: Any) -> Any:
    if value is None or value < 0:
        raise ValueError(f"{name} of a ReLU layer cannot be None or a negative value. Received: {name}={value}")
    return value
