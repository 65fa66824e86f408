"""Layers that make one step of all the steps of a sequence."""

from __future__ import annotations

from typing import Any

from nnfast import ops
from nnfast.layers.input_spec import InputSpec, Shape
from nnfast.layers.layer import Layer
from nnfast.layers.reshaping import standard_data_format


class _GlobalPooling1D(Layer):
    """Inputs of shape (batch, steps, features) as (batch, features).

    Args:
        data_format: "channels_last" (default), or "channels_first" for inputs of shape (batch, features, steps).
        keepdims: whether the axis of the steps stays, with a length of 1; default False.
        **kwargs: name, dtype, input_shape, as of Layer.
    """

    def __init__(self, data_format: str | None = None, keepdims: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.data_format = standard_data_format(type(self).__name__, data_format)
        self.keepdims = keepdims
        self.input_spec = InputSpec(ndim=3)
        self.built = not self._builds

    @property
    def _steps(self) -> int:
        """The axis of the steps."""
        return 1 if self.data_format == "channels_last" else 2

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        before, after = input_shape[: self._steps], input_shape[self._steps + 1 :]
        return (*before, 1, *after) if self.keepdims else (*before, *after)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "data_format": self.data_format, "keepdims": self.keepdims}


class GlobalMaxPooling1D(_GlobalPooling1D):
    """The greatest value over all steps: inputs of shape (batch, steps, features) as (batch, features).

    Args:
        data_format: "channels_last" (default), or "channels_first" for inputs of shape (batch, features, steps).
        keepdims: whether the axis of the steps stays, with a length of 1; default False.
        **kwargs: name, dtype, input_shape, as of Layer.

    >>> GlobalMaxPooling1D()([[[1.0, 5.0], [3.0, 4.0]]]).tolist()
    [[3.0, 5.0]]
    """

    def call(self, inputs: Any) -> Any:
        return ops.max(inputs, axis=self._steps, keepdims=self.keepdims)


class GlobalAveragePooling1D(_GlobalPooling1D):
    """The mean over all steps: inputs of shape (batch, steps, features) as (batch, features).

    Args:
        data_format: "channels_last" (default), or "channels_first" for inputs of shape (batch, features, steps).
        keepdims: whether the axis of the steps stays, with a length of 1; default False.
        **kwargs: name, dtype, input_shape, as of Layer.

    Called with a `mask` of shape (batch, steps), it takes the mean of the steps where that is true.

    >>> GlobalAveragePooling1D()([[[1.0], [3.0], [9.0]]], mask=[[True, True, False]]).tolist()
    [[2.0]]
    """

    def __init__(self, data_format: str | None = None, keepdims: bool = False, **kwargs: Any) -> None:
        super().__init__(data_format, keepdims, **kwargs)
        self.supports_masking = True

    def call(self, inputs: Any, mask: Any = None) -> Any:
        if mask is None:
            return ops.mean(inputs, axis=self._steps, keepdims=self.keepdims)
        counts = ops.expand_dims(ops.cast(mask, "bool"), 3 - self._steps)
        total = ops.sum(ops.where(counts, inputs, 0.0), axis=self._steps, keepdims=self.keepdims)
        return ops.divide(total, ops.sum(ops.cast(counts, inputs.dtype), axis=self._steps, keepdims=self.keepdims))

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """None: there are no steps any more."""
        return None
