"""Loops and branches: run in Python on arrays, and unrolled in a trace."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from nnfast import tree
from nnfast.graph import Kind, Op, TensorLike, apply, as_operand, is_symbolic
from nnfast.ops.movement import convert_to_tensor, moveaxis, zeros_like
from nnfast.ops.parts import concatenate, flip, get_item, length_of, stack
from nnfast.ops.pointwise import clip, equal, where
from nnfast.ops.shapes import normalize_axis

# Turns that a trace may have of one loop: each is recorded.
_MOST_TURNS = 1000


def _turns(count: int, name: str, *structures: Any) -> range:
    """The turns of a loop; few, where it is traced."""
    if count > _MOST_TURNS and _is_traced(list(structures)):
        raise ValueError(
            f"Expected at most {_MOST_TURNS} turns of {name} in a traced function, got {count}: each is recorded. "
            "Write it without a loop, or call it with arrays."
        )
    return range(count)


def _is_traced(structure: Any) -> bool:
    return any(is_symbolic(leaf) for leaf in tree.flatten(structure))


def _known(value: Any, what: str) -> int:
    """A whole number that is known while a function is traced.

    Raises:
        UntraceableError: it is symbolic.
    """
    return int(np.asarray(value).item())


def while_loop(
    cond: Callable[..., Any], body: Callable[..., Any], loop_vars: Any, maximum_iterations: int | None = None
) -> Any:
    """Calls body as long as cond is true of what it returned last.

    Args:
        cond: called with the values; returns a truth value, which has to be known: in a traced function it can't
            depend on what is traced.
        body: called with the values; returns the next ones, in the same structure.
        loop_vars: the first values: a tuple or a list, or a single one.
        maximum_iterations: after how many turns to stop in any case; default None.

    Returns:
        The last values, in the structure of loop_vars.

    Example:

    >>> while_loop(lambda n, total: n < 4, lambda n, total: (n + 1, total + n), (0, 0))
    (4, 6)
    """
    several = isinstance(loop_vars, list | tuple)
    values = tuple(loop_vars) if several else (loop_vars,)
    turn = 0
    while (maximum_iterations is None or turn < maximum_iterations) and bool(cond(*values)):
        following = body(*values)
        values = tuple(following) if several else (following,)
        turn += 1
        _turns(turn, "while_loop", values)
    return values if several else values[0]


def fori_loop(lower: int, upper: int, body_fun: Callable[[int, Any], Any], init_val: Any) -> Any:
    """Calls body_fun(number, value) for the whole numbers from lower to below upper, with what it returned last.

    Args:
        lower, upper: whole numbers, known while a function is traced. There each turn is recorded, 1,000 at most.
        body_fun: returns the next value, in the structure of init_val.
        init_val: the first value.

    Example:

    >>> fori_loop(0, 4, lambda number, total: total + number, 0)
    6
    """
    first, last = _known(lower, "lower"), _known(upper, "upper")
    value = init_val
    for turn in _turns(max(last - first, 0), "fori_loop", init_val):
        value = body_fun(first + turn, value)
    return value


def _row(x: TensorLike, number: int) -> Any:
    return get_item(x, number)


def _count(structure: Any) -> int:
    """How many parts the first axes of all tensors of a structure have."""
    counts = {length_of(as_operand(leaf).shape, 0) for leaf in tree.flatten(structure)}
    if len(counts) != 1:
        raise ValueError(f"Expected tensors whose first axes have one length, got {sorted(counts)}.")
    return counts.pop()


def _stacked(results: Sequence[Any]) -> Any:
    return tree.map_structure(lambda *leaves: stack(leaves), *results)


def map(f: Callable[[Any], Any], xs: Any) -> Any:
    """What a function returns for each part of tensors along their first axis, stacked.

    Args:
        f: called with a part of each tensor, in the structure of xs.
        xs: a tensor or a structure of tensors. In a traced function each part is recorded, 1,000 at most.

    Example:

    >>> map(lambda x: x * x, np.array([1.0, 2.0, 3.0])).tolist()
    [1.0, 4.0, 9.0]
    """
    turns = _turns(_count(xs), "map", xs)
    return _stacked([f(tree.map_structure(lambda leaf, at=turn: _row(leaf, at), xs)) for turn in turns])


def vectorized_map(function: Callable[[Any], Any], elements: Any) -> Any:
    """What a function returns for each part of tensors along their first axis, stacked; see map."""
    return map(function, elements)


def scan(
    f: Callable[[Any, Any], tuple[Any, Any]],
    init: Any,
    xs: Any = None,
    length: int | None = None,
    reverse: bool = False,
    unroll: int | bool = 1,
) -> tuple[Any, Any]:
    """Goes along tensors with a value that changes on the way.

    Args:
        f: called with the value and a part of each tensor, returns the next value and what is to be stacked.
        init: the first value.
        xs: a tensor or a structure of tensors, of whose first axes each part is a turn; default None.
        length: how many turns there are; default what xs has. In a traced function each is recorded, 1,000 at most.
        reverse: whether to begin with the last part.
        unroll: makes no difference.

    Returns:
        (the last value, what f returned besides, stacked in the order of xs).

    Raises:
        ValueError: neither xs nor a length, or another length than that of xs.

    Example:

    >>> total, sums = scan(lambda sum, x: (sum + x, sum + x), 0.0, np.array([1.0, 2.0, 3.0]))
    >>> float(total), sums.tolist()
    (6.0, [1.0, 3.0, 6.0])
    """
    if not isinstance(unroll, bool) and (not isinstance(unroll, int) or unroll < 1):
        raise ValueError(f"Expected a truth value or a whole number of at least 1 as unroll, got {unroll!r}.")
    if not callable(f):
        raise TypeError(f"Expected a function to scan with, got {f!r}.")
    if xs is None and length is None:
        raise ValueError("Expected tensors to scan, or how many turns there are; got neither.")
    count = _known(length, "length") if xs is None else _count(xs)
    if length is not None and count != _known(length, "length"):
        raise ValueError(f"Expected as many turns as there are parts, got length={length} for {count}.")
    turns = _turns(count, "scan", init, xs)
    value, results = init, []
    for turn in reversed(turns) if reverse else turns:
        part = None if xs is None else tree.map_structure(lambda leaf, at=turn: _row(leaf, at), xs)
        value, result = f(value, part)
        results.append(result)
    ordered = results[::-1] if reverse else results
    nothing = all(leaf is None for result in ordered for leaf in tree.flatten(result))
    return value, None if nothing else _stacked(ordered)


def switch(index: TensorLike, branches: Sequence[Callable[..., Any]], *operands: Any) -> Any:
    """What one of several functions returns for the operands. In a traced function all of them are called.

    Args:
        index: which one, a whole number; less than 0 is the first, more than there are the last.
        branches: functions that return tensors of one shape and type, or structures of such.
        operands: what they are called with.

    Example:

    >>> float(switch(1, [lambda x: x + 1.0, lambda x: x * 10.0], 2.0))
    20.0
    """
    if not branches:
        raise ValueError("Expected at least one function to choose from, got none.")
    place = as_operand(index)
    if not is_symbolic(place):
        return branches[min(max(int(place), 0), len(branches) - 1)](*operands)
    results = [branch(*operands) for branch in branches]
    place = clip(place, 0, len(branches) - 1)
    chosen = results[0]
    for number, result in enumerate(results[1:], 1):
        flags = equal(place, number)
        chosen = tree.map_structure(lambda new, old, flag=flags: where(flag, new, old), result, chosen)
    return chosen


def associative_scan(f: Callable[[Any, Any], Any], elems: Any, reverse: bool = False, axis: int = 0) -> Any:
    """What a function makes of all parts up to each one along an axis, if it may take them in any grouping.

    Args:
        f: called with two structures of tensors, which hold parts along the axis; returns one of the same shapes.
        elems: a tensor or a structure of tensors.
        reverse: whether to begin with the last part.
        axis: which axis; default the first.

    Example:

    >>> associative_scan(lambda x, y: x + y, np.array([1, 2, 3])).tolist()
    [1, 3, 6]
    """
    if not callable(f):
        raise TypeError(f"Expected a function to scan with, got {f!r}.")

    def moved(leaf: Any) -> Any:
        operand = as_operand(leaf)
        front = moveaxis(operand, normalize_axis(axis, operand.ndim), 0)
        return flip(front, 0) if reverse else front

    values, reach = tree.map_structure(moved, elems), 1
    count = _count(values)
    while reach < count:  # each part takes in what lies `reach` before it

        def part(leaf: Any, first: int, last: int) -> Any:
            return get_item(leaf, slice(first, last))

        earlier = tree.map_structure(lambda leaf, far=reach: part(leaf, 0, count - far), values)
        later = tree.map_structure(lambda leaf, far=reach: part(leaf, far, count), values)

        def put(old: Any, new: Any, far: int = reach) -> Any:
            return concatenate([part(old, 0, far), new], 0)

        values = tree.map_structure(put, values, _at_front(f, earlier, later, axis))
        reach *= 2
    return tree.map_structure(lambda leaf: moveaxis(flip(leaf, 0) if reverse else leaf, 0, axis), values)


def _at_front(f: Callable[[Any, Any], Any], first: Any, second: Any, axis: int) -> Any:
    """f of structures whose axis is in front, called with the axis where it was."""
    back = (tree.map_structure(lambda leaf: moveaxis(leaf, 0, axis), structure) for structure in (first, second))
    return tree.map_structure(lambda leaf: moveaxis(leaf, axis, 0), f(*back))


def vectorize(
    pyfunc: Callable[..., Any], *, excluded: set[int | str] | None = None, signature: str | None = None
) -> Callable[..., Any]:
    """A function of single values as a function of tensors, which broadcast; it is called for each value.

    Args:
        pyfunc: a function written in ops.
        excluded: the positions and names of arguments that are given to it as they are; default none.
        signature: the axes that it takes, and gives, such as "(n),(n)->()"; default none.

    Example:

    >>> vectorize(lambda x, y: x + y if x < y else x - y)([1, 5], [2, 2]).tolist()
    [3, 3]
    """
    if not callable(pyfunc):
        raise TypeError(f"Expected a function to vectorize, got {pyfunc!r}.")
    function = np.vectorize(pyfunc, excluded=excluded, signature=signature)

    def vectorized(*args: Any, **kwargs: Any) -> Any:
        result = function(*args, **kwargs)
        return tuple(_converted(part) for part in result) if isinstance(result, tuple) else _converted(result)

    return vectorized


def _converted(result: Any) -> Any:
    array = np.asarray(result)
    return convert_to_tensor(array.astype("float32") if array.dtype == "float64" else array)


def custom_gradient(f: Callable[..., tuple[Any, Callable[..., Any]]]) -> Callable[..., Any]:
    """A function with a gradient of its own.

    Args:
        f: called with tensors; returns what the function is to return and a function of the gradient of that, which
            returns the gradient of each argument.

    Example:

    >>> @custom_gradient
    ... def doubled(x):
    ...     return x * 2.0, lambda upstream: upstream * 7.0
    >>> doubled(np.ones(2, "float32")).tolist()
    [2.0, 2.0]
    >>> from nnfast import gradients
    >>> gradients.grad(lambda x: doubled(x)[0])(np.ones(2, "float32")).tolist()
    [7.0, 0.0]
    """

    def function(*args: Any) -> Any:
        result, gradient = f(*args)
        outputs = tree.flatten(result)
        if not _is_traced(outputs):
            return result
        inputs = [as_operand(leaf) for leaf in tree.flatten(list(args))]
        given = [_with_gradient(number, outputs, inputs, gradient, result) for number in range(len(outputs))]
        return tree.pack_sequence_as(tree.skeleton(result), given)

    return function


def _with_gradient(
    number: int, outputs: list[Any], inputs: list[Any], gradient: Callable[..., Any], result: Any
) -> Any:
    """One of a function's outputs, whose gradient is the function's own."""

    def rule(g: Any, out: Any, value: Any, *xs: Any) -> list[Any]:
        upstream = [g if place == number else zeros_like(other) for place, other in enumerate(outputs)]
        found = tree.flatten(gradient(tree.pack_sequence_as(tree.skeleton(result), upstream)))
        if len(found) != len(xs):
            raise ValueError(f"Expected a gradient for each of {len(xs)} arguments, got {len(found)}.")
        return [None, *found]

    op = Op("custom_gradient", Kind.RESHAPE, lambda value, *_: [value], rule)
    return apply(op, as_operand(outputs[number]), *inputs)
