"""LayerNormalization: mean 0 and variance 1 over the features of a sample."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

from nnfast import ops
from nnfast.graph import dtypes
from nnfast.layers.input_spec import Shape
from nnfast.layers.scaling import ScalingLayer, check_axis


class LayerNormalization(ScalingLayer):
    """Normalizes each sample: gamma * (x - mean) / sqrt(variance + epsilon) + beta (Ba et al., 2016).

    Args:
        axis: the axis of the features, or several; default the last.
        epsilon: is added to the variance; default 0.001.
        center: whether beta is added; default True.
        scale: whether gamma is multiplied by; default True.
        beta_initializer, gamma_initializer: default "zeros" and "ones".
        beta_regularizer, gamma_regularizer, beta_constraint, gamma_constraint: default None.
        rms_scaling: whether neither mean is taken off nor beta added; default False. Deprecated.
        **kwargs: name, dtype, input_shape, as of Layer.

    Raises:
        TypeError: `axis` is neither an integer nor several.
        ValueError: inputs without such an axis.

    >>> LayerNormalization(epsilon=0.0)([[1.0, 3.0], [0.0, 8.0]]).tolist()
    [[-1.0, 1.0], [-1.0, 1.0]]
    """

    def __init__(
        self,
        axis: int | Sequence[int] = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        rms_scaling: bool = False,
        **kwargs: Any,
    ) -> None:
        if rms_scaling:
            warnings.warn(
                "`rms_scaling=True` is deprecated: it scales by the variance, not by the root mean square, which "
                "RMSNormalization does.",
                stacklevel=2,
            )
        self.rms_scaling = rms_scaling
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
        if not isinstance(axis, int | list | tuple):
            raise TypeError(f"Expected an int or a list/tuple of ints for the argument 'axis', but received: {axis!r}")
        self.axis: int | list[int] = axis if isinstance(axis, int) else list(axis)

    def _axes(self, rank: int) -> list[int]:
        """The axes counted from the front, in order."""
        given = [self.axis] if isinstance(self.axis, int) else self.axis
        return sorted(check_axis(self.name, axis, rank) for axis in given)

    def build(self, input_shape: Shape) -> None:
        sizes = [input_shape[axis] for axis in self._axes(len(input_shape))]
        self.add_scale_and_offset(sizes, self.scale or self.rms_scaling, self.center and not self.rms_scaling)

    def call(self, inputs: Any) -> Any:
        axes = self._axes(len(inputs.shape))
        shape = [size if axis in axes else 1 for axis, size in enumerate(inputs.shape)]
        inputs = ops.cast(inputs, dtypes.full_precision(self.compute_dtype))
        variance = ops.var(inputs, axes, keepdims=True)
        if not self.rms_scaling:
            inputs = ops.subtract(inputs, ops.mean(inputs, axes, keepdims=True))
        outputs = ops.multiply(inputs, ops.rsqrt(ops.add(variance, self.epsilon)))
        if self.gamma is not None:
            outputs = ops.multiply(outputs, ops.reshape(self.gamma, shape))
        if self.beta is not None:
            outputs = ops.add(outputs, ops.reshape(self.beta, shape))
        return ops.cast(outputs, self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axis": self.axis, "rms_scaling": self.rms_scaling}
