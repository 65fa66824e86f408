"""Models that are put together from calls: outside a trace, a layer or an op called with a KerasTensor is not run but
remembered, and the model makes the call again whenever it is traced."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, TypeVar

from nnfast import tree
from nnfast.graph.numpy_protocol import NumpyProtocol
from nnfast.graph.tensor import Operators, Shape, SymbolicTensor, TensorSpec, get_mask, operators, set_mask
from nnfast.graph.trace import record

Function = TypeVar("Function", bound=Callable[..., Any])

# What a length that is not known yet is while the result of a call is worked out; dimensions that differ depend on it.
_STAND_INS = (5, 7)


class KerasTensor(Operators, NumpyProtocol):
    """A tensor of a model that is being put together: its shape, its element type, and the call that makes it.

    Attributes:
        shape: a tuple of counts; None is the batch, or a length that is not known yet.
        dtype: the name of the element type.
        call: the Call that it comes from.
        name: what errors call it.
    """

    __slots__ = ("_keras_mask", "call", "dtype", "name", "shape")

    def __init__(self, shape: Shape, dtype: str, call: Call, name: str) -> None:
        self.shape = shape
        self.dtype = dtype
        self.call = call
        self.name = name

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
        inputs: these KerasTensors.
        outputs: its results, a structure of KerasTensors.
    """

    __slots__ = ("args", "function", "inputs", "kwargs", "outputs")

    def __init__(self, function: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
        self.function = function
        self.args = args
        self.kwargs = dict(kwargs)
        self.inputs = [leaf for leaf in tree.flatten([args, self.kwargs]) if isinstance(leaf, KerasTensor)]
        self.outputs: Any = None

    def repeat(self, values: Mapping[KerasTensor, Any], leave_out: Collection[str] = ()) -> Any:
        """Makes the call with these values in the place of the KerasTensors, and without some keyword arguments."""

        def value_of(leaf: Any) -> Any:
            return values[leaf] if isinstance(leaf, KerasTensor) else leaf

        args, kwargs = tree.map_structure(value_of, [list(self.args), self.kwargs])
        return self.function(*args, **{name: value for name, value in kwargs.items() if name not in leave_out})


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
    call = Call(owner, (), {})
    tensor = call.outputs = KerasTensor(spec.shape, spec.dtype, call, name)
    return tensor


def defer(function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any], name: str) -> Call:
    """Remembers a call; its outputs are KerasTensors.

    Raises:
        what the function raises for tensors of such shapes and types.
    """
    call = Call(function, args, kwargs)
    unknown = any(None in tensor.shape[1:] for tensor in call.inputs)
    results = [_infer(call, stand_in) for stand_in in (_STAND_INS if unknown else _STAND_INS[:1])]

    def output(of: Call, *specs: TensorSpec) -> KerasTensor:
        sizes = zip(*(spec.shape for spec in specs), strict=True)
        shape = tuple(same[0] if len(set(same)) == 1 else None for same in sizes)
        return KerasTensor(shape, specs[0].dtype, of, name)

    (structure, masked, _), *_ = results
    specs = list(zip(*(specs for _, _, specs in results), strict=True))
    outputs = [output(call, *of_one) for of_one in specs[: len(masked)]]
    call.outputs = tree.pack_sequence_as(structure, outputs)
    having = [tensor for tensor, has_mask in zip(outputs, masked, strict=True) if has_mask]
    for tensor, of_one in zip(having, specs[len(masked) :], strict=True):
        mask_call = Call(get_mask, (tensor,), {})
        mask_call.outputs = output(mask_call, *of_one)
        set_mask(tensor, mask_call.outputs)
    return call


def _infer(call: Call, stand_in: int) -> tuple[Any, list[bool], Sequence[TensorSpec]]:
    """The structure of a call's results, which of them have a mask, and the specs of results and masks, where
    `stand_in` is the length that is not known."""
    tensors = list(dict.fromkeys(call.inputs))
    having = [tensor for tensor in tensors if isinstance(get_mask(tensor), KerasTensor)]
    specs = [
        TensorSpec((*t.shape[:1], *(stand_in if size is None else size for size in t.shape[1:])), t.dtype)
        for t in [*tensors, *map(get_mask, having)]
    ]
    structure: Any = None
    masked: list[bool] = []

    def run(*symbolic: SymbolicTensor) -> list[Any]:
        nonlocal structure, masked
        values = dict(zip(tensors, symbolic, strict=False))
        for tensor, mask in zip(having, symbolic[len(tensors) :], strict=True):
            set_mask(values[tensor], mask)
        result = call.repeat(values)
        structure = tree.skeleton(result)
        masks = [get_mask(leaf) for leaf in tree.flatten(result)]
        masked = [mask is not None for mask in masks]
        return [*tree.flatten(result), *(mask for mask in masks if mask is not None)]

    _, outputs = record(run, specs)
    return structure, masked, [out.spec for out in outputs]


def deferrable(function: Function) -> Function:
    """An op that remembers its call where one of its arguments is a KerasTensor, or holds one."""

    @functools.wraps(function)
    def op(*args: Any, **kwargs: Any) -> Any:
        if is_deferred(args) or (kwargs and is_deferred(kwargs)):
            return defer(op, args, kwargs, function.__name__).outputs
        return function(*args, **kwargs)

    return op  # type: ignore[return-value]
