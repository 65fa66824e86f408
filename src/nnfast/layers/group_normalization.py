"""GroupNormalization: mean 0 and variance 1 over groups of a sample's channels."""

from __future__ import annotations

from typing import Any

from nnfast import ops
from nnfast.graph import dtypes
from nnfast.layers.input_spec import InputSpec, Shape
from nnfast.layers.scaling import ScalingLayer, check_axis


class GroupNormalization(ScalingLayer):
    """Normalizes each group of channels of each sample, over all its other axes too: gamma * (x - mean) /
    sqrt(variance + epsilon) + beta (Wu and He, 2018).

    Args:
        groups: how many; the channels are divided among them. 1 normalizes a sample as a whole, -1 each channel by
            itself. Default 32.
        axis: the axis of the channels; default the last.
        epsilon: is added to the variance; default 0.001.
        center: whether beta is added; default True.
        scale: whether gamma is multiplied by; default True.
        beta_initializer, gamma_initializer: default "zeros" and "ones".
        beta_regularizer, gamma_regularizer, beta_constraint, gamma_constraint: default None.
        **kwargs: name, dtype, input_shape, as of Layer.

    Raises:
        ValueError: `groups` is no positive integer nor -1; when built, channels that can't be divided so.

    >>> GroupNormalization(2, epsilon=0.0)([[1.0, 3.0, 0.0, 8.0]]).tolist()
    [[-1.0, 1.0, -1.0, 1.0]]
    """

    def __init__(
        self,
        groups: int = 32,
        axis: int = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        if not isinstance(groups, int) or (groups <= 0 and groups != -1):
            raise ValueError(
                "Received an invalid value for argument `groups`, expected a positive integer (or `-1` for instance "
                f"normalization). Received: groups={groups}"
            )
        super().__init__(
            epsilon,
            center,
            scale,
            beta_initializer,
            gamma_initializer,
            beta_regularizer,
            gamma_regularizer,
            beta_constraint,
            gamma_constraint,
            **kwargs,
        )
        self.autocast = False
        self.groups = groups
        self.axis = axis

    def build(self, input_shape: Shape) -> None:
        axis = check_axis(self.name, self.axis, len(input_shape))
        channels = input_shape[axis]
        if channels is None:
            raise ValueError(
                f"Axis {self.axis} of input tensor should have a defined dimension but the layer received an input "
                f"with shape {input_shape}."
            )
        if self.groups == -1:
            self.groups = channels
        if channels < self.groups:
            raise ValueError(
                f"Number of groups ({self.groups}) cannot be more than the number of channels ({channels})."
            )
        if channels % self.groups:
            raise ValueError(
                f"Number of groups ({self.groups}) must be a multiple of the number of channels ({channels})."
            )
        self.add_scale_and_offset([channels], self.scale, self.center)
        self.input_spec = InputSpec(ndim=len(input_shape), axes={self.axis: channels})

    def call(self, inputs: Any) -> Any:
        axis = check_axis(self.name, self.axis, len(inputs.shape))
        before, channels, after = inputs.shape[:axis], inputs.shape[axis], inputs.shape[axis + 1 :]
        divided = (self.groups, channels // self.groups)
        grouped = ops.reshape(ops.cast(inputs, dtypes.full_precision(self.compute_dtype)), (*before, *divided, *after))
        axes = [other for other in range(1, len(grouped.shape)) if other != axis]
        difference = grouped - ops.mean(grouped, axes, keepdims=True)
        outputs = difference * ops.rsqrt(ops.var(grouped, axes, keepdims=True) + self.epsilon)
        along_channels = [1] * len(before) + [*divided] + [1] * len(after)
        if self.gamma is not None:
            outputs = outputs * ops.reshape(self.gamma, along_channels)
        if self.beta is not None:
            outputs = outputs + ops.reshape(self.beta, along_channels)
        return ops.cast(ops.reshape(outputs, inputs.shape), self.compute_dtype)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        check_axis(self.name, self.axis, len(input_shape))
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "groups": self.groups, "axis": self.axis}
