"""Values: what an op takes and gives, concrete or symbolic, and the nodes that a trace records."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

import numpy as np

from nnfast.graph.numpy_protocol import NumpyProtocol
from nnfast.graph.untraceable import untraceable, untraceable_attribute

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnfast.graph.op import Op
    from nnfast.graph.variable import Variable

# A dimension is a count; None is the batch, known when a Program runs.
Shape: TypeAlias = tuple[int | None, ...]

Array: TypeAlias = "NDArray[Any]"


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """Shape and element type of a value that is not there yet.

    Args:
        shape: a tuple of counts; None, as the first one only, is the batch.
        dtype: the name of the element type.
    """

    shape: Shape
    dtype: str


# The functions behind Python's operators, by name; ops fills it.
operators: dict[str, Callable[..., Any]] = {}


class Operators:
    """Python's operators as calls of ops."""

    __hash__ = object.__hash__
    # NumPy arrays on the left leave the operation to us.
    __array_priority__: ClassVar[float] = 1000.0

    def __add__(self, other: Any) -> Any:
        return operators["add"](self, other)

    def __radd__(self, other: Any) -> Any:
        return operators["add"](other, self)

    def __sub__(self, other: Any) -> Any:
        return operators["subtract"](self, other)

    def __rsub__(self, other: Any) -> Any:
        return operators["subtract"](other, self)

    def __mul__(self, other: Any) -> Any:
        return operators["multiply"](self, other)

    def __rmul__(self, other: Any) -> Any:
        return operators["multiply"](other, self)

    def __truediv__(self, other: Any) -> Any:
        return operators["divide"](self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return operators["divide"](other, self)

    def __floordiv__(self, other: Any) -> Any:
        return operators["floor_divide"](self, other)

    def __rfloordiv__(self, other: Any) -> Any:
        return operators["floor_divide"](other, self)

    def __mod__(self, other: Any) -> Any:
        return operators["mod"](self, other)

    def __rmod__(self, other: Any) -> Any:
        return operators["mod"](other, self)

    def __pow__(self, other: Any) -> Any:
        return operators["power"](self, other)

    def __rpow__(self, other: Any) -> Any:
        return operators["power"](other, self)

    def __matmul__(self, other: Any) -> Any:
        return operators["matmul"](self, other)

    def __rmatmul__(self, other: Any) -> Any:
        return operators["matmul"](other, self)

    def __neg__(self) -> Any:
        return operators["negative"](self)

    def __abs__(self) -> Any:
        return operators["absolute"](self)

    def __eq__(self, other: object) -> Any:
        return operators["equal"](self, other)

    def __ne__(self, other: object) -> Any:
        return operators["not_equal"](self, other)

    def __lt__(self, other: Any) -> Any:
        return operators["less"](self, other)

    def __le__(self, other: Any) -> Any:
        return operators["less_equal"](self, other)

    def __gt__(self, other: Any) -> Any:
        return operators["greater"](self, other)

    def __ge__(self, other: Any) -> Any:
        return operators["greater_equal"](self, other)


class Tensor(Operators, np.ndarray[Any, np.dtype[Any]]):  # type: ignore[misc]
    """A concrete value: a NumPy array whose operators are nnfast's ops, so that Keras's type promotion holds."""

    # x += y makes a new tensor, as it does while tracing; NumPy's would write into the caller's array.
    __iadd__, __isub__, __imul__ = Operators.__add__, Operators.__sub__, Operators.__mul__
    __itruediv__, __ipow__, __imatmul__ = Operators.__truediv__, Operators.__pow__, Operators.__matmul__
    __ifloordiv__, __imod__ = Operators.__floordiv__, Operators.__mod__

    def numpy(self) -> Array:
        """The value as a plain NumPy array, sharing its memory."""
        return self.view(np.ndarray)


class Node:
    """One recorded call of an op."""

    __slots__ = ("attributes", "inputs", "op", "outputs")

    def __init__(
        self, op: Op, inputs: tuple[SymbolicTensor, ...], attributes: Mapping[str, Any], specs: list[TensorSpec]
    ) -> None:
        self.op = op
        self.inputs = inputs
        self.attributes = attributes
        self.outputs = tuple(SymbolicTensor(spec.shape, spec.dtype, self) for spec in specs)


_IN_OPS = "Use nnfast.ops, such as ops.where and ops.cond, in place of Python's or NumPy's code on values."


class SymbolicTensor(Operators, NumpyProtocol):
    """A value that a trace will compute: a shape, an element type, and the node that makes it.

    `_keras_mask` is there once a layer has said which steps of a sequence count.
    """

    __slots__ = ("_keras_mask", "dtype", "node", "shape")

    def __init__(self, shape: Shape, dtype: str, node: Node) -> None:
        self.shape = shape
        self.dtype = dtype
        self.node = node

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def spec(self) -> TensorSpec:
        return TensorSpec(self.shape, self.dtype)

    def __getitem__(self, key: Any) -> Any:
        return operators["get_item"](self, key)

    def astype(self, dtype: Any) -> Any:
        """Converted to another element type."""
        return operators["cast"](self, dtype)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):  # Python and libraries look whether these are there
            raise AttributeError(name)
        raise untraceable_attribute(name, _IN_OPS)

    def __bool__(self) -> bool:
        raise untraceable(
            "A symbolic tensor has no truth value",
            "Use ops.where in place of an if on values, or ops.cond.",
        )

    def __float__(self) -> float:
        raise untraceable("A symbolic tensor is no float", _IN_OPS)

    def __int__(self) -> int:
        raise untraceable("A symbolic tensor is no int", _IN_OPS)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        raise untraceable("A symbolic tensor is no array", _IN_OPS)

    def __len__(self) -> int:
        raise untraceable("A symbolic tensor has no len()", "Use its shape, where None is the batch.")

    def __iter__(self) -> Any:
        raise untraceable("A symbolic tensor can't be iterated over", _IN_OPS)

    def __repr__(self) -> str:
        return f"<SymbolicTensor shape={self.shape}, dtype={self.dtype}, from {self.node.op.name}>"


Scalar: TypeAlias = bool | int | float
TensorLike: TypeAlias = "SymbolicTensor | Variable | Array | Scalar | list[Any] | tuple[Any, ...]"


def get_mask(tensor: Any) -> Any:
    """The mask that a layer gave a tensor, true where it counts; None without."""
    return getattr(tensor, "_keras_mask", None)


def set_mask(tensor: Any, mask: Any) -> None:
    """Says which parts of a tensor count."""
    if isinstance(tensor, Operators):
        tensor._keras_mask = mask  # type: ignore[attr-defined]


def is_symbolic(value: object) -> bool:
    """Whether a value is a SymbolicTensor."""
    return isinstance(value, SymbolicTensor)
