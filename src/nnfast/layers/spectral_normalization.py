"""SpectralNormalization: a layer whose kernel is kept from making vectors longer."""

from __future__ import annotations

from typing import Any

from nnfast import initializers, ops
from nnfast.graph import Variable, dtypes
from nnfast.layers.input_spec import InputSpec, Shape
from nnfast.layers.layer import Layer
from nnfast.layers.wrapper import Wrapper


class SpectralNormalization(Wrapper):
    """A layer whose kernel is divided by its spectral norm, the most that it makes a vector longer, before each step of
    training (Miyato et al., 2018).

    The norm is that of the kernel as a matrix of its last axis against all others, estimated by power iteration.

    Args:
        layer: one with a `kernel`, such as Dense, or with `embeddings`.
        power_iterations: how many steps the estimate goes on from the last one; default 1.
        **kwargs: name, dtype, trainable, as of Layer.

    Raises:
        ValueError: `power_iterations` is below 1; when built, a layer without a kernel.

    >>> from nnfast import layers
    >>> dense = layers.Dense(2, kernel_initializer="identity")
    >>> SpectralNormalization(dense, power_iterations=9)([[3.0, 4.0]], training=True).numpy().round(3).tolist()
    [[3.0, 4.0]]
    """

    kernel: Variable
    vector_u: Variable

    def __init__(self, layer: Layer, power_iterations: int = 1, **kwargs: Any) -> None:
        super().__init__(layer, **kwargs)
        if power_iterations <= 0:
            raise ValueError(
                f"`power_iterations` should be greater than zero. Received: `power_iterations={power_iterations}`"
            )
        self.power_iterations = power_iterations

    def build(self, input_shape: Shape) -> None:
        super().build(input_shape)
        self.input_spec = InputSpec(min_ndim=1, axes={-1: input_shape[-1]})
        found = next((name for name in ("kernel", "embeddings") if hasattr(self.layer, name)), None)
        if found is None:
            raise ValueError(f"{type(self.layer).__name__} object has no attribute 'kernel' nor 'embeddings'")
        self.kernel = getattr(self.layer, found)
        self.vector_u = self.add_weight(
            (1, self.kernel.shape[-1]),
            initializers.TruncatedNormal(stddev=0.02),
            dtype=self.kernel.dtype,
            trainable=False,
            name="vector_u",
        )

    def call(self, inputs: Any, training: bool = False) -> Any:
        if training:
            vector_u, kernel = self.normalized_weights()
            is_zero = ops.all(ops.equal(self.kernel, 0))  # and has no norm to be divided by
            change = ops.where(is_zero, 0.0, ops.subtract(kernel, self.kernel))
            self.vector_u.assign(ops.where(is_zero, self.vector_u, vector_u))
            # What is learnt is learnt of the kernel that is divided already, as by Keras on TensorFlow.
            self.kernel.assign(ops.add(self.kernel, ops.stop_gradient(change)))
        output = self.layer(inputs)
        return ops.cast(output, inputs.dtype) if dtypes.is_float(str(inputs.dtype)) else output

    def normalized_weights(self) -> tuple[Any, Any]:
        """The next estimate of the first singular vector, and the kernel divided by its norm."""
        weights = ops.reshape(self.kernel, (-1, self.kernel.shape[-1]))
        vector_u: Any = self.vector_u
        for _ in range(self.power_iterations):
            vector_v = ops.normalize(ops.matmul(vector_u, ops.transpose(weights)))
            vector_u = ops.normalize(ops.matmul(vector_v, weights))
        vector_u, vector_v = ops.stop_gradient(vector_u), ops.stop_gradient(vector_v)
        norm = ops.matmul(ops.matmul(vector_v, weights), ops.transpose(vector_u))
        return vector_u, ops.divide(self.kernel, ops.reshape(norm, ()))

    def compute_output_shape(self, input_shape: Shape) -> Any:
        return self.layer.compute_output_shape(input_shape)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "power_iterations": self.power_iterations}
