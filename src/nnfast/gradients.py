"""Gradients of functions of one's own, as JAX has them under `jax.jit`: traced once for each kind of arguments, and run
in C++. What a function closes over is read when it is traced; a Variable's value, at every call."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from nnfast import graph, ops, tree
from nnfast.graph import Program, Structured, SymbolicTensor, Tensor, TensorSpec
from nnfast.graph.dtypes import is_float
from nnfast.ops.shapes import dtype_of

_PROGRAMS_KEPT = 64  # of a function


def grad(fun: Callable[..., Any], argnums: int | Sequence[int] = 0, has_aux: bool = False) -> Callable[..., Any]:
    """A function that gives the gradient of `fun`.

    Args:
        fun: takes arrays (or numbers, or lists of numbers), or structures of them, and returns a scalar of a float
            type; written in `nnfast.ops`, with operators or with NumPy's functions.
        argnums: by which positional arguments; several give a tuple. Default 0, the first.
        has_aux: whether `fun` returns a pair, of which only the first part is differentiated; default False.

    Returns:
        A function of fun's arguments that returns gradients of the argument's structure, shapes and dtypes; with
        `has_aux`, a pair of these and what came second.

    Raises:
        TypeError: an argument to differentiate by that is not of a float type.
        ValueError: a result that is no scalar.

    >>> grad(lambda x: ops.sum(x**3))([1.0, 2.0]).tolist()
    [3.0, 12.0]
    >>> float(grad(grad(lambda x: x**3))(2.0))
    12.0
    """
    both = value_and_grad(fun, argnums, has_aux)

    @functools.wraps(fun)
    def gradient(*args: Any, **kwargs: Any) -> Any:
        value, gradients = both(*args, **kwargs)
        return (gradients, value[1]) if has_aux else gradients

    return gradient


def value_and_grad(
    fun: Callable[..., Any], argnums: int | Sequence[int] = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """A function that gives the value of `fun` and its gradient, as a pair.

    Args:
        fun, argnums, has_aux: as of `grad`.

    Returns:
        A function of fun's arguments that returns (value, gradients); with `has_aux`, ((value, aux), gradients).

    Raises:
        TypeError, ValueError: as of `grad`.

    >>> value, gradient = value_and_grad(lambda x, y: ops.sum(x * y), argnums=1)([1.0, 2.0], [3.0, 4.0])
    >>> float(value), gradient.tolist()
    (11.0, [1.0, 2.0])
    """
    numbers = (argnums,) if isinstance(argnums, int) else tuple(argnums)
    programs: dict[Any, tuple[Structured, Program]] = {}

    def together(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        result = fun(*args, **kwargs)
        value = result[0] if has_aux else result
        if not isinstance(value, SymbolicTensor) or value.shape != () or not is_float(value.dtype):
            raise ValueError(f"Expected a function whose result is a scalar of a float type, got {value!r}")
        by = [tree.flatten(args[number]) for number in numbers]
        gradients = iter(graph.differentiate(value, [leaf for leaves in by for leaf in leaves]))
        parts = [tree.map_structure(lambda leaf: next(gradients), args[number]) for number in numbers]
        return result, parts[0] if isinstance(argnums, int) else tuple(parts)

    @functools.wraps(fun)
    def run(*args: Any, **kwargs: Any) -> Any:
        outside = [number for number in numbers if not 0 <= number < len(args)]
        if outside:
            raise ValueError(f"argnums asks for the positional arguments {outside}, got {len(args)} arguments")
        args, kwargs = (tree.traverse(_as_tensor, part) for part in (args, kwargs))
        for leaf in (leaf for number in numbers for leaf in tree.flatten(args[number])):
            if not (_is_tensor(leaf) and is_float(dtype_of(leaf))):
                raise TypeError(f"Expected arguments of a float type to differentiate by, got {leaf!r}")
        if graph.is_tracing():
            return together(args, kwargs)
        leaves = tree.flatten((args, kwargs))
        arrays = [leaf for leaf in leaves if _is_tensor(leaf)]
        fixed = tuple(leaf for leaf in leaves if not _is_tensor(leaf))
        key = (repr(tree.skeleton((args, kwargs))), tuple((a.shape, a.dtype.name) for a in arrays), fixed)
        if key not in programs:
            if len(programs) >= _PROGRAMS_KEPT:
                programs.pop(next(iter(programs)), None)
            programs[key] = _program(together, args, kwargs, arrays)
        structured, program = programs[key]
        return structured.pack([result.view(Tensor) for result in program(*arrays)])

    return run


def _program(together: Callable[..., Any], args: Any, kwargs: Any, arrays: Sequence[Any]) -> tuple[Structured, Program]:
    def of(*tensors: Any) -> Any:
        given = iter(tensors)
        return together(*tree.map_structure(lambda leaf: next(given) if _is_tensor(leaf) else leaf, (args, kwargs)))

    structured = Structured(of, *(TensorSpec(array.shape, array.dtype.name) for array in arrays))
    return structured, graph.trace(structured, structured.specs)


def _as_tensor(part: Any) -> Any:
    """An array, a number or a list of numbers as a tensor; None for what else there is, such as a name."""
    if isinstance(part, list):
        is_array = bool(part) and all(map(_is_number, tree.flatten(part)))
    else:
        is_array = isinstance(part, np.ndarray | np.generic) or _is_number(part)
    return ops.convert_to_tensor(part) if is_array else None


def _is_number(value: Any) -> bool:
    return isinstance(value, float | int) and not isinstance(value, bool)


def _is_tensor(leaf: Any) -> bool:
    return isinstance(leaf, np.ndarray | SymbolicTensor)
