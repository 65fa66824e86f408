"""NumPy's functions on tensors that have no numbers yet: np.mean(x) is ops.mean(x), as operators are ops."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nnfast.graph.untraceable import untraceable

# The ops behind NumPy's functions and ufuncs; ops fills it.
numpy_functions: dict[Any, Callable[..., Any]] = {}


class NumpyProtocol:
    """Takes part in calls of NumPy's functions, by the ops that do the same."""

    __slots__ = ()

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if method != "__call__":
            raise _unknown(f"{ufunc.__name__}.{method}")
        return _call(ufunc, inputs, kwargs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return _call(function, args, kwargs)


def _call(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    op = numpy_functions.get(function)
    if op is None:
        raise _unknown(function.__name__)
    try:
        return op(*args, **kwargs)
    except TypeError as error:
        if "unexpected keyword argument" not in str(error):
            raise
        raise _unknown(f"{function.__name__} with {', '.join(kwargs)}") from None


def _unknown(name: str) -> TypeError:
    return untraceable(f"A symbolic tensor can't be given to np.{name}", "Write it in nnfast.ops.")
