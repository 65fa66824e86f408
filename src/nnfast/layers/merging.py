"""Layers that make one tensor of several."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from nnfast import ops
from nnfast.graph import TensorSpec, get_mask, set_mask
from nnfast.layers.input_spec import Shape, as_specs
from nnfast.layers.layer import Layer
from nnfast.layers.scaling import check_axis
from nnfast.ops.nn import epsilon
from nnfast.ops.shapes import broadcast_shapes


class Merge(Layer):
    """A layer that is called with a list of tensors of as many samples.

    Tensors of lower rank get axes of length 1 after the batch.
    """

    exactly: ClassVar[int | None] = None  # how many tensors it takes; None for any number

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        self._check_number(None if isinstance(as_specs(input_shape), TensorSpec) else input_shape)
        self.check_shapes(input_shape)

    def check_shapes(self, shapes: Sequence[Shape]) -> None:
        """Raise ValueError where tensors of these shapes can't be merged."""
        if len({shape[0] for shape in shapes if shape and shape[0] is not None}) > 1:
            raise ValueError(f"Layer '{self.name}' cannot merge tensors with different batch sizes, got {shapes}")
        rank = max(map(len, shapes))
        samples = [(1,) * (rank - len(shape)) + tuple(shape[1:]) for shape in shapes]
        broadcast_shapes(*(tuple(1 if size is None else size for size in sample) for sample in samples))

    def _check_number(self, items: Any) -> None:
        kind = type(self).__name__
        if not isinstance(items, list | tuple) or not items:
            raise ValueError(f"A `{kind}` layer should be called on a list of at least 1 input, got {items!r}")
        if self.exactly not in (None, len(items)):
            raise ValueError(f"A `{kind}` layer should be called on exactly {self.exactly} inputs, got {len(items)}")

    def call(self, inputs: Any) -> Any:
        self._check_number(inputs)
        return self.merge(_of_one_rank(inputs))

    def merge(self, inputs: list[Any]) -> Any:
        """The result for tensors of one rank; subclasses define this."""
        raise NotImplementedError(f"Layer {type(self).__name__} must define merge(inputs)")

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """What counts in any of the inputs; None where one of them has no mask."""
        if not self._has_masks(inputs, previous_mask) or any(mask is None for mask in previous_mask):
            return None
        return _joined(ops.logical_or, list(previous_mask))

    def _has_masks(self, inputs: Any, masks: Any) -> bool:
        """Whether there are masks, one for each input.

        Raises:
            ValueError: there is something else.
        """
        if masks is None:
            return False
        for name, value in (("mask", masks), ("inputs", inputs)):
            if not isinstance(value, list | tuple):
                raise ValueError(f"`{name}` should be a list. Received: {name}={value}")
        if len(masks) != len(inputs):
            raise ValueError(f"`inputs` and `mask` should have the same length, got {len(inputs)} and {len(masks)}")
        return True


def _of_one_rank(tensors: Sequence[Any]) -> list[Any]:
    """The tensors, with axes of length 1 after the batch where others have more axes."""
    rank = max(len(tensor.shape) for tensor in tensors)
    return [
        tensor
        if len(tensor.shape) == rank
        else ops.reshape(tensor, (tensor.shape[0], *[1] * (rank - len(tensor.shape)), *tensor.shape[1:]))
        for tensor in tensors
    ]


def _joined(function: Callable[[Any, Any], Any], items: Sequence[Any]) -> Any:
    result = items[0]
    for item in items[1:]:
        result = function(result, item)
    return result


class Add(Merge):
    """The sum of tensors of one shape, or of shapes that broadcast together.

    >>> Add()([ops.ones((1, 2)), ops.full((1, 2), 3.0)]).tolist()
    [[4.0, 4.0]]
    """

    def merge(self, inputs: list[Any]) -> Any:
        return _joined(ops.add, inputs)


class Subtract(Merge):
    """The first of two tensors less the second.

    >>> Subtract()([ops.ones((1, 2)), ops.full((1, 2), 3.0)]).tolist()
    [[-2.0, -2.0]]
    """

    exactly = 2

    def merge(self, inputs: list[Any]) -> Any:
        return ops.subtract(*inputs)


class Average(Merge):
    """The mean of tensors, elementwise.

    >>> Average()([ops.ones((1, 2)), ops.full((1, 2), 3.0)]).tolist()
    [[2.0, 2.0]]
    """

    def merge(self, inputs: list[Any]) -> Any:
        return ops.divide(_joined(ops.add, inputs), len(inputs))


class Multiply(Merge):
    """The product of tensors, elementwise. What a mask leaves out counts as 1; as 0 where all masks leave it out.

    >>> Multiply()([ops.full((1, 2), 2.0), ops.full((1, 2), 3.0)]).tolist()
    [[6.0, 6.0]]
    """

    def merge(self, inputs: list[Any]) -> Any:
        masks = [_wide_mask(tensor) for tensor in inputs]
        factors = [
            tensor if mask is None else ops.where(mask, tensor, 1.0) for tensor, mask in zip(inputs, masks, strict=True)
        ]
        product = _joined(ops.multiply, factors)
        if any(mask is None for mask in masks):
            return product
        counts = _joined(ops.logical_or, masks)
        result = ops.where(counts, product, 0.0)
        set_mask(result, ops.any(counts, axis=-1))
        return result


class _Extreme(Merge):
    """One of several values, elementwise, among those that masks do not leave out."""

    def choose(self, first: Any, second: Any) -> Any:
        """One of two values; subclasses define this."""
        raise NotImplementedError(f"Layer {type(self).__name__} must define choose(first, second)")

    def merge(self, inputs: list[Any]) -> Any:
        result, counts = inputs[0], _wide_mask(inputs[0])
        for tensor in inputs[1:]:
            mask = _wide_mask(tensor)
            other = tensor if mask is None else ops.where(mask, tensor, result)
            result = result if counts is None else ops.where(counts, result, other)
            counts = None if mask is None or counts is None else ops.logical_or(counts, mask)
            result = self.choose(result, other)
        if counts is not None:
            set_mask(result, ops.any(counts, axis=-1))
        return result


class Maximum(_Extreme):
    """The greatest of several values, elementwise.

    >>> Maximum()([ops.ones((1, 2)), ops.full((1, 2), 3.0)]).tolist()
    [[3.0, 3.0]]
    """

    def choose(self, first: Any, second: Any) -> Any:
        return ops.maximum(first, second)


class Minimum(_Extreme):
    """The least of several values, elementwise.

    >>> Minimum()([ops.ones((1, 2)), ops.full((1, 2), 3.0)]).tolist()
    [[1.0, 1.0]]
    """

    def choose(self, first: Any, second: Any) -> Any:
        return ops.minimum(first, second)


def _wide_mask(tensor: Any) -> Any:
    """The mask of a tensor in the tensor's own shape; None without."""
    mask = get_mask(tensor)
    return None if mask is None else ops.broadcast_to(ops.expand_dims(mask, -1), tensor.shape)


class Concatenate(Merge):
    """Tensors side by side along an axis.

    Args:
        axis: default the last.
        **kwargs: name, dtype, as of Layer.

    Raises:
        ValueError: when called with tensors whose shapes differ in another axis.

    >>> Concatenate()([ops.ones((1, 2)), ops.zeros((1, 1))]).tolist()
    [[1.0, 1.0, 0.0]]
    """

    def __init__(self, axis: int = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = axis

    def check_shapes(self, shapes: Sequence[Shape]) -> None:
        others = []
        for shape in shapes:
            if not -len(shape) <= self.axis < len(shape):
                raise ValueError(f"Layer '{self.name}' expects inputs with an axis {self.axis}, got shape {shape}")
            axis = self.axis % len(shape)
            others.append((*shape[:axis], *shape[axis + 1 :]))
        same = len({len(sizes) for sizes in others}) == 1
        if not same or any(len(set(sizes) - {None}) > 1 for sizes in zip(*others, strict=True)):
            raise ValueError(
                "A `Concatenate` layer requires inputs with matching shapes except for the concatenation axis, got "
                f"{shapes}"
            )

    def merge(self, inputs: list[Any]) -> Any:
        return ops.concatenate(inputs, axis=self.axis)

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """The masks side by side; inputs without one count everywhere. None where no input has one."""
        if not self._has_masks(inputs, previous_mask) or all(mask is None for mask in previous_mask):
            return None
        masks = []
        for tensor, mask in zip(inputs, previous_mask, strict=True):
            if mask is None:
                mask = ops.ones_like(tensor, dtype="bool")
            elif len(mask.shape) < len(tensor.shape):
                mask = ops.logical_or(ops.expand_dims(mask, -1), ops.zeros_like(tensor, dtype="bool"))
            masks.append(mask)
        return ops.any(ops.concatenate(masks, axis=self.axis), axis=-1)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axis": self.axis}


class Dot(Merge):
    """The products of two tensors' samples over an axis of each: for (batch, n) and (batch, n), (batch, 1).

    Args:
        axes: the axis, or one for each of both tensors, counted with the batch as 0.
        normalize: whether vectors along the axes are given the length 1 first, so that these are cosines of angles;
            default False.
        **kwargs: name, dtype, as of Layer.

    Raises:
        TypeError, ValueError: `axes` is neither an integer nor two of them; the axes' lengths differ.

    >>> Dot(axes=1)([ops.full((1, 2), 2.0), ops.full((1, 2), 3.0)]).tolist()
    [[12.0]]
    """

    exactly = 2

    def __init__(self, axes: int | Sequence[int], normalize: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not isinstance(axes, int | list | tuple):
            raise TypeError(f"Dot expects an integer or two as axes, got {axes!r}")
        if not isinstance(axes, int) and (len(axes) != 2 or not all(isinstance(axis, int) for axis in axes)):
            raise ValueError(f"Dot expects an integer or two as axes, got {axes!r}")
        self.axes = axes
        self.normalize = normalize

    def _axes(self, shapes: Sequence[Shape]) -> list[int]:
        """The axis of each tensor, counted from the front."""
        axes = [self.axes] * 2 if isinstance(self.axes, int) else list(self.axes)
        return [check_axis(self.name, axis, len(shape)) for axis, shape in zip(axes, shapes, strict=True)]

    def check_shapes(self, shapes: Sequence[Shape]) -> None:
        axes = self._axes(shapes)
        if 0 in axes or any(len(shape) < 2 for shape in shapes):
            raise ValueError(
                f"Layer '{self.name}' expects axes other than the batch, got axes={self.axes} for {shapes}"
            )
        first, second = (shape[axis] for axis, shape in zip(axes, shapes, strict=True))
        if None not in (first, second) and first != second:
            raise ValueError(f"Incompatible input shapes: axes of lengths {first} and {second}, of inputs {shapes}")

    def call(self, inputs: Any) -> Any:
        self._check_number(inputs)
        shapes = [tuple(tensor.shape) for tensor in inputs]
        self.check_shapes(shapes)
        matrices, samples = [], []
        for place, tensor, shape, axis in zip((-1, 1), inputs, shapes, self._axes(shapes), strict=True):
            if self.normalize:
                squared = ops.sum(ops.square(tensor), axis=axis, keepdims=True)
                tensor = ops.multiply(tensor, ops.minimum(ops.rsqrt(squared), 1.0 / epsilon()))
            rest = [size for other, size in enumerate(shape) if other not in (0, axis)]
            matrix = [math.prod(rest), shape[axis]]
            tensor = ops.moveaxis(tensor, axis, place)
            matrices.append(ops.reshape(tensor, (shape[0], *(matrix if place == -1 else matrix[::-1]))))
            samples.extend(rest)
        return ops.reshape(ops.matmul(*matrices), (shapes[0][0], *(samples or [1])))

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """None."""
        return None

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axes": self.axes, "normalize": self.normalize}


def add(inputs: Sequence[Any], **kwargs: Any) -> Any:
    """`Add(**kwargs)(inputs)`."""
    return Add(**kwargs)(inputs)


def subtract(inputs: Sequence[Any], **kwargs: Any) -> Any:
    """`Subtract(**kwargs)(inputs)`."""
    return Subtract(**kwargs)(inputs)


def average(inputs: Sequence[Any], **kwargs: Any) -> Any:
    """`Average(**kwargs)(inputs)`."""
    return Average(**kwargs)(inputs)


def multiply(inputs: Sequence[Any], **kwargs: Any) -> Any:
    """`Multiply(**kwargs)(inputs)`."""
    return Multiply(**kwargs)(inputs)


def maximum(inputs: Sequence[Any], **kwargs: Any) -> Any:
    """`Maximum(**kwargs)(inputs)`."""
    return Maximum(**kwargs)(inputs)


def minimum(inputs: Sequence[Any], **kwargs: Any) -> Any:
    """`Minimum(**kwargs)(inputs)`."""
    return Minimum(**kwargs)(inputs)


def concatenate(inputs: Sequence[Any], axis: int = -1, **kwargs: Any) -> Any:
    """`Concatenate(axis, **kwargs)(inputs)`."""
    return Concatenate(axis, **kwargs)(inputs)


def dot(inputs: Sequence[Any], axes: int | Sequence[int] = -1, **kwargs: Any) -> Any:
    """`Dot(axes, **kwargs)(inputs)`."""
    return Dot(axes, **kwargs)(inputs)
