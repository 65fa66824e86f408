"""Variables: named buffers owned by C++. Weights, optimizer slots, metric sums, seeds and counters all are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np

from nnfast import _core
from nnfast.graph import dtypes
from nnfast.graph.tensor import Array, Operators, SymbolicTensor, Tensor, operators
from nnfast.graph.trace import current_trace, not_tracing
from nnfast.naming import path_of

Initializer = Callable[..., Any]

# The float type that Variables are read in, where it is not their own.
_autocast: ContextVar[str | None] = ContextVar("autocast", default=None)


class Variable(Operators):
    """A value that outlives a Program's run and that Programs change.

    Args:
        initializer: the initial value: an array or scalar, or a callable (shape, dtype) -> array.
        shape: a tuple of counts; needed with a callable only.
        dtype: element type; by default `config.floatx()` for floats and callables, int32 for Python's whole
            numbers, and an array's own for others.
        trainable: whether optimizers change it.
        autocast: whether what is computed in half precision reads it as that; default True.
        aggregation, synchronization: without effect: there is one machine.
        name: what errors and summaries call it.

    Attributes:
        path: the name after those of the layers that it was made for, as 'dense/kernel'.
        regularizer: a function of the value that gives what training adds to the loss; default None.
        constraint: a function that gives the value which the optimizer's new value becomes; default None.
        overwrite_with_gradient: whether optimizers set it to its gradient instead; default False.

    Raises:
        ValueError: where the initial value does not have the shape that was given.

    Example:

    >>> import nnfast
    >>> counter = nnfast.Variable(3.0, name="counter")
    >>> counter.assign_add(2.0)
    >>> float(counter.numpy())
    5.0
    """

    def __init__(
        self,
        initializer: Any,
        shape: Sequence[int] | None = None,
        dtype: object = None,
        trainable: bool = True,
        autocast: bool = True,
        aggregation: str | None = "none",
        synchronization: str | None = "auto",
        name: str | None = None,
    ) -> None:
        self.name = name or "variable"
        self.path = path_of(self.name)
        self.trainable = trainable
        self.autocast = autocast
        self.regularizer: Any = None
        self.constraint: Any = None
        self._overwrite_with_gradient = False
        with not_tracing():
            value = _initial_value(initializer, shape, dtype)
        self.shape: tuple[int, ...] = value.shape
        self.kept_dtype: str = value.dtype.name
        self.buffer = _core.Variable(self.kept_dtype, list(self.shape))
        self.buffer.write(value)

    @property
    def overwrite_with_gradient(self) -> bool:
        return self._overwrite_with_gradient

    @overwrite_with_gradient.setter
    def overwrite_with_gradient(self, value: bool) -> None:
        if not isinstance(value, bool):
            raise TypeError(f"`overwrite_with_gradient` must be a boolean. Received: {value!r}")
        self._overwrite_with_gradient = value

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def dtype(self) -> str:
        """The element type that it is read in: the one it is kept in, or that of the mixed precision of the layer that
        is being called."""
        wanted = _autocast.get()
        casts = wanted is not None and self.autocast and dtypes.is_float(self.kept_dtype)
        return wanted if casts else self.kept_dtype  # type: ignore[return-value]

    @property
    def value(self) -> Any:
        """The current value: a Tensor, or inside a trace the symbolic value at this point."""
        trace = current_trace()
        value = trace.read(self) if trace is not None else self.buffer.read().view(Tensor)
        dtype = self.dtype
        return value if dtype == self.kept_dtype else operators["cast"](value, dtype)

    def numpy(self) -> Array:
        """A copy of the value as a NumPy array."""
        return self.buffer.read()

    def assign(self, value: Any) -> None:
        """Sets the value: at once, or inside a trace from this point on.

        Raises:
            ValueError: where the shapes differ.
        """
        trace = current_trace()
        if trace is None:
            self.buffer.write(self._checked(_numbers(_read(value), self.kept_dtype)))
            return
        if not isinstance(value, SymbolicTensor):
            value = value.value if isinstance(value, Variable) else trace.constant(_numbers(value, self.kept_dtype))
        if value.dtype != self.kept_dtype:
            value = operators["cast"](value, self.kept_dtype)
        trace.assign(self, self._checked(value))

    def assign_add(self, value: Any) -> None:
        """Adds to the value."""
        self.assign(self + value)

    def assign_sub(self, value: Any) -> None:
        """Subtracts from the value."""
        self.assign(self - value)

    def _checked(self, value: Any) -> Any:
        if value.shape != self.shape:
            raise ValueError(
                f"Variable {self.name!r} expects a value of shape {self.shape}, got {value.shape}: they must match."
            )
        return value

    def __getitem__(self, key: Any) -> Any:
        return self.value[key]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        value = np.asarray(self.value)  # while it is traced, an error
        return value if dtype is None else value.astype(dtype, copy=False)

    def __float__(self) -> float:
        return float(self.value)

    def __int__(self) -> int:
        return int(self.value)

    def __bool__(self) -> bool:
        return bool(self.value)

    def __getstate__(self) -> dict[str, Any]:
        """What pickles and copies keep: the attributes, and the numbers."""
        return {**vars(self), "buffer": self.numpy()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self.buffer = _core.Variable(self.kept_dtype, list(self.shape))
        self.buffer.write(state["buffer"])

    def __repr__(self) -> str:
        return f"<Variable name={self.name}, shape={self.shape}, dtype={self.kept_dtype}>"


@contextmanager
def autocasting(dtype: str | None) -> Iterator[None]:
    """Variables of float types are read as `dtype` inside; None: as they are kept."""
    token = _autocast.set(dtype)
    try:
        yield
    finally:
        _autocast.reset(token)


@contextmanager
def holding(variables: Sequence[Variable], values: Sequence[Any]) -> Iterator[None]:
    """The variables have these values inside, and their own again afterwards."""
    before = [variable.value for variable in variables]
    try:
        for variable, value in zip(variables, [_read(value) for value in values], strict=True):
            variable.assign(value)
        yield
    finally:
        for variable, value in zip(variables, before, strict=True):
            variable.assign(value)


def _read(value: Any) -> Any:
    return value.numpy() if isinstance(value, Variable) else value


def _numbers(value: Any, dtype: str) -> Array:
    """A value as an array of this type that is nobody else's."""
    array = np.asarray(value)
    if dtypes.kind_of(array.dtype) not in "biuf":
        raise TypeError(f"Expected numbers, got an array of {array.dtype}.")
    if array.dtype.kind in "iu" and not dtypes.fits(array, dtype):
        raise OverflowError(f"Expected numbers that {dtype} holds, got {array}.")
    return np.array(array, dtype=dtype, order="C")


def _initial_value(initializer: Any, shape: Sequence[int] | None, dtype: object) -> Array:
    wanted = tuple(shape) if shape is not None else None
    if callable(initializer):
        if wanted is None:
            raise ValueError("Expected a shape with an initializer that is a function, got None.")
        name = dtypes.standardize(dtype) if dtype is not None else dtypes.floatx()
        value = np.asarray(initializer(wanted, dtype=name))
    else:
        given = _read(initializer)
        value = np.asarray(given)
        if dtype is not None:
            name = dtypes.standardize(dtype)
        elif dtypes.kind_of(value.dtype) == "f":
            name = dtypes.floatx()
        elif value.dtype.kind == "i" and not hasattr(given, "dtype") and dtypes.fits(value, "int32"):
            name = "int32"  # of Python's numbers, as ops take them
        else:
            name = dtypes.standardize(value.dtype)
    if wanted is not None and value.shape != wanted:
        raise ValueError(f"Expected an initial value of shape {wanted}, got {value.shape}.")
    return _numbers(value, name)
