"""BatchNormalization: mean 0 and variance 1 over the samples of a batch."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from nnfast import initializers, ops
from nnfast.graph import Variable, dtypes
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
        renorm: whether training corrects the batch's statistics by moving averages of their own (Ioffe, 2017), so that
            outputs are near to those outside training; default False.
        renorm_clipping: bounds of the corrections, "rmax", "rmin" and "dmax": r lies in [rmin, rmax], d in
            [-dmax, dmax]; default None, no bounds.
        renorm_momentum: as `momentum`, of these averages; default 0.99.
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
        renorm: bool = False,
        renorm_clipping: Mapping[str, float] | None = None,
        renorm_momentum: float = 0.99,
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
        self.renorm = renorm
        self.renorm_clipping = _checked_clipping(renorm_clipping or {}) if renorm else renorm_clipping
        self.renorm_momentum = renorm_momentum

    def build(self, input_shape: Shape) -> None:
        rank = len(input_shape)
        features = input_shape[check_axis(self.name, self.axis, rank)]
        self.add_scale_and_offset((features,), self.scale, self.center)
        sizes: Any = (features,)
        self.moving_mean = self._add_average(sizes, self.moving_mean_initializer, "moving_mean")
        self.moving_variance = self._add_average(sizes, self.moving_variance_initializer, "moving_variance")
        if self.renorm:
            deviation = self._initial_deviation
            self.moving_stddev = self._add_average(sizes, deviation, "moving_stddev")
            self.renorm_mean = self._add_average(sizes, self.moving_mean_initializer, "renorm_mean")
            self.renorm_stddev = self._add_average(sizes, deviation, "renorm_stddev")
        self.input_spec = InputSpec(ndim=rank, axes={self.axis: features})

    def _add_average(self, shape: Any, initializer: Any, name: str) -> Variable:
        return self.add_weight(shape, initializer, trainable=False, autocast=False, name=name)

    def _initial_deviation(self, shape: Any, dtype: Any = None) -> Any:
        return ops.sqrt(self.moving_variance_initializer(shape, dtype=dtype))

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        if mask is not None and len(mask.shape) != len(inputs.shape) - 1:
            raise ValueError(
                f"Layer '{self.name}' expects a mask with one axis less than its inputs, got shape {tuple(mask.shape)} "
                f"for inputs of shape {tuple(inputs.shape)}"
            )
        rank = len(inputs.shape)
        shape = [1] * rank
        shape[self.axis] = -1
        inputs = ops.cast(inputs, dtypes.full_precision(self.compute_dtype))
        correction = None
        if training and self.trainable:
            axes = [axis for axis in range(rank) if axis != self.axis % rank]
            mean, variance = _moments(inputs, axes) if mask is None else _masked_moments(inputs, mask, axes)
            if self.renorm:
                correction = self._correction(mean, variance, shape)
            self._update_averages(mean, variance)
        else:
            mean, variance = (ops.reshape(average, shape) for average in (self.moving_mean, self.moving_variance))
        factor = ops.rsqrt(ops.add(variance, self.epsilon))
        offset = None
        if correction is not None:
            factor, offset = ops.multiply(factor, correction[0]), correction[1]
        if self.gamma is not None:
            gamma = ops.reshape(self.gamma, shape)
            factor = ops.multiply(factor, gamma)
            offset = None if offset is None else ops.multiply(offset, gamma)
        if self.beta is not None:
            beta = ops.reshape(self.beta, shape)
            offset = beta if offset is None else ops.add(offset, beta)
        outputs = ops.multiply(ops.subtract(inputs, mean), factor)
        return ops.cast(outputs if offset is None else ops.add(outputs, offset), self.compute_dtype)

    def _correction(self, mean: Any, variance: Any, shape: list[int]) -> tuple[Any, Any]:
        """The factor and the offset that make outputs normalized by renorm's averages of ones normalized by a batch."""
        average, deviation = (ops.reshape(average, shape) for average in (self.renorm_mean, self.renorm_stddev))
        deviation = ops.maximum(deviation, math.sqrt(self.epsilon))
        factor = ops.divide(ops.sqrt(ops.add(variance, self.epsilon)), deviation)
        offset = ops.divide(ops.subtract(mean, average), deviation)
        bounds = self.renorm_clipping or {}
        if bounds.get("rmin") is not None:
            factor = ops.maximum(factor, bounds["rmin"])
        if bounds.get("rmax") is not None:
            factor = ops.minimum(factor, bounds["rmax"])
        if bounds.get("dmax") is not None:
            offset = ops.clip(offset, -bounds["dmax"], bounds["dmax"])
        return ops.stop_gradient(factor), ops.stop_gradient(offset)

    def _update_averages(self, mean: Any, variance: Any) -> None:
        _move(self.moving_mean, mean, self.momentum)
        if not self.renorm:
            _move(self.moving_variance, variance, self.momentum)
            return
        deviation = ops.sqrt(ops.add(variance, self.epsilon))
        _move(self.renorm_mean, mean, self.renorm_momentum)
        _move(self.renorm_stddev, deviation, self.renorm_momentum)
        _move(self.moving_stddev, deviation, self.momentum)
        self.moving_variance.assign(ops.relu(ops.subtract(ops.square(self.moving_stddev), self.epsilon)))

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "axis": self.axis,
            "momentum": self.momentum,
            "moving_mean_initializer": initializers.serialize(self.moving_mean_initializer),
            "moving_variance_initializer": initializers.serialize(self.moving_variance_initializer),
            "renorm": self.renorm,
            "renorm_clipping": self.renorm_clipping,
            "renorm_momentum": self.renorm_momentum,
            "synchronized": False,
        }


def _move(average: Variable, value: Any, momentum: float) -> None:
    """Moves an average towards a value."""
    value = ops.reshape(value, average.shape)
    average.assign(ops.add(ops.multiply(average, momentum), ops.multiply(value, 1.0 - momentum)))


def _checked_clipping(bounds: Mapping[str, float]) -> dict[str, float]:
    unknown = set(bounds) - {"rmax", "rmin", "dmax"}
    if unknown:
        raise ValueError(f"Received invalid keys for `renorm_clipping`: {sorted(unknown)}. Known: rmax, rmin, dmax")
    rmax, rmin, dmax = (bounds.get(name) for name in ("rmax", "rmin", "dmax"))
    if rmax is not None and rmin is not None and rmax < rmin:
        raise ValueError(f"rmax should be greater than rmin in the `renorm_clipping`. Received: {bounds}")
    if dmax is not None and dmax < 0:
        raise ValueError(f"dmax should be non-negative in the `renorm_clipping`. Received: {bounds}")
    return dict(bounds)


def _moments(inputs: Any, axes: list[int]) -> tuple[Any, Any]:
    return ops.mean(inputs, axes, keepdims=True), ops.var(inputs, axes, keepdims=True)


def _masked_moments(inputs: Any, mask: Any, axes: list[int]) -> tuple[Any, Any]:
    """Mean and variance of what a mask counts; close to 0 where it counts nothing."""
    counts = ops.broadcast_to(ops.expand_dims(ops.cast(mask, "bool"), -1), inputs.shape)
    number = ops.add(ops.sum(ops.cast(counts, inputs.dtype), axes, keepdims=True), smallest())
    mean = ops.divide(ops.sum(ops.where(counts, inputs, 0.0), axes, keepdims=True), number)
    distances = ops.where(counts, ops.square(ops.subtract(inputs, mean)), 0.0)
    return mean, ops.divide(ops.sum(distances, axes, keepdims=True), number)
