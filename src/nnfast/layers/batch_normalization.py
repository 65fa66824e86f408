"""BatchNormalization: mean 0 and variance 1 over the samples of a batch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nnfast import initializers, ops
from nnfast.layers.input_spec import InputSpec, Shape
from nnfast.layers.scaling import ScalingLayer, check_axis
from nnfast.ops.nn import epsilon as smallest


class BatchNormalization(ScalingLayer):
    """Normalizes each feature: gamma * (x - mean) / sqrt(variance + epsilon) + beta (Ioffe and Szegedy, 2015).

    While training, mean and variance are those of the batch, and moving averages of them are kept; else they are
    these averages. With `trainable = False` they always are.

    Args:
        axis: the axis of the features; default the last.
        momentum: what is kept of the moving averages at each batch; default 0.99.
        epsilon: is added to the variance; default 0.001.
        center: whether beta is added; default True.
        scale: whether gamma is multiplied by; default True.
        beta_initializer, gamma_initializer: default "zeros" and "ones".
        moving_mean_initializer, moving_variance_initializer: default "zeros" and "ones".
        beta_regularizer, gamma_regularizer, beta_constraint, gamma_constraint: default None.
        synchronized: only False: there is one machine.
        **kwargs: name, dtype, input_shape, as of Layer.

    Called with a `mask` of the inputs' shape without the last axis, it takes the statistics where that is true.

    Raises:
        ValueError: inputs without such an axis, `synchronized`.

    >>> layer = BatchNormalization(epsilon=0.0)
    >>> layer([[1.0], [3.0]], training=True).tolist()
    [[-1.0], [1.0]]
    >>> layer.moving_mean.numpy(), layer.moving_variance.numpy()
    (array([0.02], dtype=float32), array([1.], dtype=float32))
    """

    def __init__(
        self,
        axis: int = -1,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        moving_mean_initializer: Any = "zeros",
        moving_variance_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        synchronized: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            float(epsilon),
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
        if synchronized:
            raise ValueError("BatchNormalization expects synchronized=False: batches are not spread over machines")
        self.axis = int(axis)
        self.momentum = float(momentum)
        self.moving_mean_initializer = initializers.get(moving_mean_initializer)
        self.moving_variance_initializer = initializers.get(moving_variance_initializer)

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> BatchNormalization:
        """A new layer with the arguments that `get_config` returned; what Keras writes for its unused renorm is left
        out."""
        unused = ("renorm_clipping", "renorm_momentum") if not config.get("renorm") else ()
        return super().from_config({name: value for name, value in config.items() if name not in unused})

    def build(self, input_shape: Shape) -> None:
        rank = len(input_shape)
        features = input_shape[check_axis(self.name, self.axis, rank)]
        self.add_scale_and_offset((features,))
        sizes: Any = (features,)
        self.moving_mean = self.add_weight(sizes, self.moving_mean_initializer, trainable=False, name="moving_mean")
        self.moving_variance = self.add_weight(
            sizes, self.moving_variance_initializer, trainable=False, name="moving_variance"
        )
        self.input_spec = InputSpec(ndim=rank, axes={self.axis: features})

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        if mask is not None and len(mask.shape) != len(inputs.shape) - 1:
            raise ValueError(
                f"Layer '{self.name}' expects a mask with one axis less than its inputs, got shape {tuple(mask.shape)} "
                f"for inputs of shape {tuple(inputs.shape)}"
            )
        rank = len(inputs.shape)
        shape = [1] * rank
        shape[self.axis] = -1
        inputs = ops.cast(inputs, self.compute_dtype)
        if training and self.trainable:
            axes = [axis for axis in range(rank) if axis != self.axis % rank]
            mean, variance = _moments(inputs, axes) if mask is None else _masked_moments(inputs, mask, axes)
            for average, value in ((self.moving_mean, mean), (self.moving_variance, variance)):
                kept = ops.multiply(average, self.momentum)
                average.assign(ops.add(kept, ops.multiply(ops.reshape(value, average.shape), 1.0 - self.momentum)))
        else:
            mean, variance = (ops.reshape(average, shape) for average in (self.moving_mean, self.moving_variance))
        factor = ops.rsqrt(ops.add(variance, self.epsilon))
        if self.gamma is not None:
            factor = ops.multiply(factor, ops.reshape(self.gamma, shape))
        outputs = ops.multiply(ops.subtract(inputs, mean), factor)
        return outputs if self.beta is None else ops.add(outputs, ops.reshape(self.beta, shape))

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "axis": self.axis,
            "momentum": self.momentum,
            "moving_mean_initializer": initializers.serialize(self.moving_mean_initializer),
            "moving_variance_initializer": initializers.serialize(self.moving_variance_initializer),
            "synchronized": False,
        }


def _moments(inputs: Any, axes: list[int]) -> tuple[Any, Any]:
    return ops.mean(inputs, axes, keepdims=True), ops.var(inputs, axes, keepdims=True)


def _masked_moments(inputs: Any, mask: Any, axes: list[int]) -> tuple[Any, Any]:
    """Mean and variance of what a mask counts; close to 0 where it counts nothing."""
    counts = ops.broadcast_to(ops.expand_dims(ops.cast(mask, "bool"), -1), inputs.shape)
    number = ops.add(ops.sum(ops.cast(counts, inputs.dtype), axes, keepdims=True), smallest())
    mean = ops.divide(ops.sum(ops.where(counts, inputs, 0.0), axes, keepdims=True), number)
    distances = ops.where(counts, ops.square(ops.subtract(inputs, mean)), 0.0)
    return mean, ops.divide(ops.sum(distances, axes, keepdims=True), number)
