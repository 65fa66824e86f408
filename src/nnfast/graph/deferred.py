"""Models that are put together from calls: outside a trace, a layer or an op called with a KerasTensor is not run but
remembered, and the model makes the call again whenever it is traced."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from nnfast import tree
from nnfast.graph import dtypes
from nnfast.graph.numpy_protocol import NumpyProtocol
from nnfast.graph.program import abstract
from nnfast.graph.structured import Structured
from nnfast.graph.tensor import Operators, Shape, SymbolicTensor, TensorSpec, get_mask, operators, set_mask
from nnfast.naming import auto_name

Function = TypeVar("Function", bound=Callable[..., Any])

# What a length that is not known yet may be while the result of a call is worked out: dimensions that differ between
# two of them depend on it. Many numbers divide the large ones.
_LENGTHS = (5, 7, 2520, 5040)


class KerasTensor(Operators, NumpyProtocol):
    """A tensor of a model that is being put together: its shape, its element type, and the call that makes it.

    Args:
        shape: a tuple of counts; None is the batch, or a length that is not known yet.
        dtype: the name of the element type; default "float32".
        sparse, ragged: only False.
        record_history: without effect.
        name: what errors call it; default "keras_tensor".
        call: the Call that it comes from; default one of nothing, which a model may be given the result of.

    >>> KerasTensor((None, 3))
    <KerasTensor shape=(None, 3), dtype=float32, name=keras_tensor>
    """

    __slots__ = ("_keras_mask", "call", "dtype", "name", "shape")
    sparse = ragged = False

    def __init__(
        self,
        shape: Sequence[int | None],
        dtype: Any = "float32",
        sparse: bool = False,
        ragged: bool = False,
        record_history: bool = True,
        name: str | None = None,
        call: Call | None = None,
    ) -> None:
        if sparse or ragged:
            raise ValueError(f"Expected a dense tensor, got sparse={sparse} and ragged={ragged}")
        self.shape: Shape = tuple(shape)
        self.dtype = dtypes.standardize(dtype)
        self.name = name or "keras_tensor"
        if call is None:
            call = Call(None, (), {}, self.name)
            call.outputs = self
        self.call = call

    @property
    def ndim(self) -> int:
        return len(self.shape)

    def __getitem__(self, key: Any) -> Any:
        return operators["get_item"](self, key)

    def __bool__(self) -> bool:
        raise TypeError("A KerasTensor has no truth value: a model that is being put together has no numbers yet.")

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        raise TypeError(
            "A KerasTensor is no array: a model that is being put together has no numbers yet. Use nnfast.ops in place "
            "of NumPy's functions, and call the model with arrays."
        )

    def __len__(self) -> int:
        raise TypeError("A KerasTensor has no len(): use its shape, where None is the batch.")

    def __iter__(self) -> Any:
        raise TypeError("A KerasTensor can't be iterated over: a model that is being put together has no numbers yet.")

    def __repr__(self) -> str:
        return f"<KerasTensor shape={self.shape}, dtype={self.dtype}, name={self.name}>"


class Call:
    """A call of a layer or an op, to be made again with other values.

    Attributes:
        function: the layer or op; of what a model is given, the InputLayer.
        args, kwargs: its arguments, with KerasTensors among them.
        name: the layer's, or one that no other call of an op has.
        inputs: these KerasTensors.
        outputs: its results, a structure of KerasTensors and None.
    """

    __slots__ = ("args", "function", "inputs", "kwargs", "name", "outputs")

    def __init__(self, function: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], name: str) -> None:
        self.function = function
        # Copies: the lists and dictionaries are the caller's, to change.
        self.args, self.kwargs = tree.map_structure(lambda leaf: leaf, (args, dict(kwargs)))
        self.name = name
        self.inputs = [leaf for leaf in tree.flatten([self.args, self.kwargs]) if isinstance(leaf, KerasTensor)]
        self.outputs: Any = None

    def repeat(
        self,
        values: Mapping[KerasTensor, Any],
        leave_out: Collection[str] = (),
        function: Callable[..., Any] | None = None,
    ) -> Any:
        """Makes the call with these values in the place of the KerasTensors, and without some keyword arguments; of
        another function, if one is given."""

        def value_of(leaf: Any) -> Any:
            return values[leaf] if isinstance(leaf, KerasTensor) else leaf

        args, kwargs = tree.map_structure(value_of, [list(self.args), self.kwargs])
        function = self.function if function is None else function
        return function(*args, **{name: value for name, value in kwargs.items() if name not in leave_out})


def is_deferred(structure: Any) -> bool:
    """Whether a structure holds a KerasTensor."""
    if isinstance(structure, KerasTensor):
        return True
    if isinstance(structure, list | tuple):
        # Long lists are numbers.
        return len(structure) < 1000 and any(map(is_deferred, structure))
    return isinstance(structure, Mapping) and any(map(is_deferred, structure.values()))


def source(owner: Any, spec: TensorSpec, name: str = "input") -> KerasTensor:
    """A KerasTensor that a model is given; `owner` is the layer that stands for it, if there is one."""
    tensor = KerasTensor(spec.shape, spec.dtype, name=name)
    tensor.call.function = owner
    return tensor


def defer(function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any], name: str) -> Call:
    """Remembers a call; its outputs are KerasTensors.

    Raises:
        TypeError: a tensor that is being traced, beside a KerasTensor.
        what the function raises for tensors of such shapes and types.
    """
    call = Call(function, args, kwargs, name)
    if any(isinstance(leaf, SymbolicTensor) for leaf in tree.flatten([call.args, call.kwargs])):
        raise TypeError(
            f"{name!r} was called with {call.inputs[0]!r} and a tensor that is being traced. The call of a layer, or a "
            "function in one, takes a KerasTensor as an argument: it can't use one from outside"
        )
    results = list(_results(call))
    structure = results[0].pack(range(len(results[0].specs)))

    def output(of: Call, number: int) -> KerasTensor:
        specs = [result.specs[number] for result in results]
        sizes = zip(*(spec.shape for spec in specs), strict=True)
        shape = tuple(same[0] if len(set(same)) == 1 else None for same in sizes)
        return KerasTensor(shape, specs[0].dtype, name=name, call=of)

    def with_mask(number: int | None, mask: int | None) -> KerasTensor | None:
        if number is None:
            return None
        tensor = output(call, number)
        if mask is not None:
            mask_call = Call(get_mask, (tensor,), {}, "mask")
            mask_call.outputs = output(mask_call, mask)
            set_mask(tensor, mask_call.outputs)
        return tensor

    call.outputs = tree.map_structure(with_mask, *structure)
    return call


class _Result(NamedTuple):
    """What a call results in."""

    specs: Sequence[TensorSpec]  # of results and masks
    pack: Callable[[Sequence[Any]], Any]  # puts what is there of each into (results, masks)


def _results(call: Call) -> Iterator[_Result]:
    """What a call results in: once, or for two of the lengths that are not known, where it takes two.

    Raises:
        what the call raises for the first length, where it takes none.
    """
    if not any(None in tensor.shape[1:] for tensor in call.inputs):
        yield _result(call, 0)
        return
    found, failure = 0, None
    for length in dict.fromkeys((*_LENGTHS, *_sizes(call), *range(1, 9))):
        try:
            result = _result(call, length)
        except ValueError as error:
            failure = failure or error
            continue
        yield result
        found += 1
        if found == 2:
            return
    if failure is not None and not found:
        raise failure


def _sizes(call: Call) -> Iterator[int]:
    """The sizes of a call's arguments, and numbers among them: some calls take no other length."""
    for leaf in tree.flatten([call.args, call.kwargs]):
        for size in getattr(leaf, "shape", (leaf,)):
            if isinstance(size, int) and 0 < size <= 1000:
                yield size


def _result(call: Call, length: int) -> _Result:
    """What a call results in where `length` is the length that is not known."""
    tensors = list(dict.fromkeys(call.inputs))
    masks = [mask if isinstance(mask, KerasTensor) else None for mask in map(get_mask, tensors)]

    def spec(tensor: KerasTensor | None) -> TensorSpec | None:
        if tensor is None:
            return None
        return TensorSpec(
            (*tensor.shape[:1], *(length if size is None else size for size in tensor.shape[1:])), tensor.dtype
        )

    def run(values: Sequence[SymbolicTensor], mask_values: Sequence[Any]) -> tuple[Any, Any]:
        for value, mask in zip(values, mask_values, strict=True):
            if mask is not None:
                set_mask(value, mask)
        result = call.repeat(dict(zip(tensors, values, strict=True)))
        return result, tree.map_structure(get_mask, result)

    function = Structured(run, list(map(spec, tensors)), list(map(spec, masks)))
    return _Result(abstract(function, function.specs), function.pack)


def deferrable(function: Function) -> Function:
    """An op that remembers its call where one of its arguments is a KerasTensor, or holds one."""

    @functools.wraps(function)
    def op(*args: Any, **kwargs: Any) -> Any:
        if is_deferred(args) or (kwargs and is_deferred(kwargs)):
            return defer(op, args, kwargs, auto_name(function.__name__)).outputs
        return function(*args, **kwargs)

    return op  # type: ignore[return-value]
