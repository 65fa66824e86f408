"""Layers that make one step of all the steps of a sequence, or one pixel of an image's."""

from __future__ import annotations

from typing import Any, ClassVar

from nnfast import ops
from nnfast.layers.input_spec import InputSpec, Shape
from nnfast.layers.layer import Layer
from nnfast.layers.reshaping import standard_data_format


class _GlobalPooling(Layer):
    """Inputs with `dimensions` axes of steps between or behind batch and features."""

    dimensions: ClassVar[int]

    def __init__(self, data_format: str | None = None, keepdims: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.data_format = standard_data_format(type(self).__name__, data_format)
        self.keepdims = keepdims
        self.input_spec = InputSpec(ndim=self.dimensions + 2)
        self._build_at_init()

    @property
    def _steps(self) -> tuple[int, ...]:
        """The axes of the steps."""
        first = 1 if self.data_format == "channels_last" else 2
        return tuple(range(first, first + self.dimensions))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        if self.keepdims:
            return tuple(1 if axis in self._steps else size for axis, size in enumerate(input_shape))
        return tuple(size for axis, size in enumerate(input_shape) if axis not in self._steps)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "data_format": self.data_format, "keepdims": self.keepdims}


class _GlobalMaxPooling(_GlobalPooling):
    def call(self, inputs: Any) -> Any:
        return ops.max(inputs, axis=self._steps, keepdims=self.keepdims)


class _GlobalAveragePooling(_GlobalPooling):
    def call(self, inputs: Any) -> Any:
        return ops.mean(inputs, axis=self._steps, keepdims=self.keepdims)


class GlobalMaxPooling1D(_GlobalMaxPooling):
    """The greatest value over all steps: inputs of shape (batch, steps, features) as (batch, features).

    Args:
        data_format: "channels_last" (default), or "channels_first" for inputs of shape (batch, features, steps).
        keepdims: whether the axis of the steps stays, with a length of 1; default False.
        **kwargs: name, dtype, input_shape, as of Layer.

    >>> GlobalMaxPooling1D()([[[1.0, 5.0], [3.0, 4.0]]]).tolist()
    [[3.0, 5.0]]
    """

    dimensions = 1


class GlobalMaxPooling2D(_GlobalMaxPooling):
    """The greatest value over all pixels: inputs of shape (batch, height, width, features) as (batch, features).

    Args:
        data_format: "channels_last" (default), or "channels_first" where the features come second.
        keepdims: whether the axes of the pixels stay, with a length of 1; default False.
        **kwargs: name, dtype, input_shape, as of Layer.

    >>> GlobalMaxPooling2D()([[[[1.0, 5.0], [3.0, 4.0]]]]).tolist()
    [[3.0, 5.0]]
    """

    dimensions = 2


class GlobalMaxPooling3D(_GlobalMaxPooling):
    """The greatest value over a volume: inputs of shape (batch, depth, height, width, features) as (batch, features).

    Args:
        data_format: "channels_last" (default), or "channels_first" where the features come second.
        keepdims: whether the axes of the volume stay, with a length of 1; default False.
        **kwargs: name, dtype, input_shape, as of Layer.

    >>> GlobalMaxPooling3D()([[[[[1.0, 5.0], [3.0, 4.0]]]]]).tolist()
    [[3.0, 5.0]]
    """

    dimensions = 3


class GlobalAveragePooling1D(_GlobalAveragePooling):
    """The mean over all steps: inputs of shape (batch, steps, features) as (batch, features).

    Args:
        data_format: "channels_last" (default), or "channels_first" for inputs of shape (batch, features, steps).
        keepdims: whether the axis of the steps stays, with a length of 1; default False.
        **kwargs: name, dtype, input_shape, as of Layer.

    Called with a `mask` of shape (batch, steps), it takes the mean of the steps where that is true.

    >>> GlobalAveragePooling1D()([[[1.0], [3.0], [9.0]]], mask=[[True, True, False]]).tolist()
    [[2.0]]
    """

    dimensions = 1

    def __init__(self, data_format: str | None = None, keepdims: bool = False, **kwargs: Any) -> None:
        super().__init__(data_format, keepdims, **kwargs)
        self.supports_masking = True

    def call(self, inputs: Any, mask: Any = None) -> Any:
        if mask is None:
            return super().call(inputs)
        (steps,) = self._steps
        counts = ops.expand_dims(ops.cast(mask, "bool"), 3 - steps)
        total = ops.sum(ops.where(counts, inputs, 0.0), axis=steps, keepdims=self.keepdims)
        return ops.divide(total, ops.sum(ops.cast(counts, inputs.dtype), axis=steps, keepdims=self.keepdims))

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """None: there are no steps any more."""
        return None


class GlobalAveragePooling2D(_GlobalAveragePooling):
    """The mean over all pixels: inputs of shape (batch, height, width, features) as (batch, features).

    Args:
        data_format: "channels_last" (default), or "channels_first" where the features come second.
        keepdims: whether the axes of the pixels stay, with a length of 1; default False.
        **kwargs: name, dtype, input_shape, as of Layer.

    >>> GlobalAveragePooling2D()([[[[1.0, 5.0], [3.0, 4.0]]]]).tolist()
    [[2.0, 4.5]]
    """

    dimensions = 2


class GlobalAveragePooling3D(_GlobalAveragePooling):
    """The mean over a volume: inputs of shape (batch, depth, height, width, features) as (batch, features).

    Args:
        data_format: "channels_last" (default), or "channels_first" where the features come second.
        keepdims: whether the axes of the volume stay, with a length of 1; default False.
        **kwargs: name, dtype, input_shape, as of Layer.

    >>> GlobalAveragePooling3D()([[[[[1.0, 5.0], [3.0, 4.0]]]]]).tolist()
    [[2.0, 4.5]]
    """

    dimensions = 3
