"""The arguments of a layer's call, by name: which are tensors, and what shapes `build` is told."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from nnfast import tree
from nnfast.graph import Operators, TensorSpec
from nnfast.layers.input_spec import shapes_of

if TYPE_CHECKING:
    from nnfast.layers.layer import Layer

F = TypeVar("F", bound=Callable[..., Any])


@functools.lru_cache(maxsize=1024)
def parameters_of(function: Callable[..., Any]) -> tuple[str, ...]:
    """The names of a function's parameters; `self` included of a method, which is to be a class's, as it is kept."""
    return tuple(inspect.signature(function).parameters)


@functools.lru_cache(maxsize=1024)
def _positional(function: Callable[..., Any]) -> tuple[str, ...]:
    parameters = inspect.signature(function).parameters.values()
    return tuple(item.name for item in parameters if item.kind in (item.POSITIONAL_ONLY, item.POSITIONAL_OR_KEYWORD))


def shape_first(add_weight: F) -> F:
    """add_weight with an error that says what to do where it is given a name first, as earlier versions of Keras take
    it."""

    @functools.wraps(add_weight)
    def checked(self: Layer, *args: Any, **kwargs: Any) -> Any:
        if args and isinstance(args[0], str):
            raise ValueError(
                f"Layer '{self.name}' expects add_weight(shape, initializer, ..., name=...), with the name as a "
                f"keyword argument, got {args[0]!r} in the place of the shape"
            )
        if args and "shape" in kwargs:
            raise ValueError(
                f"`shape` was passed both positionally and as a keyword argument, {args[0]!r} and {kwargs!r}"
            )
        return add_weight(self, *args, **kwargs)

    return checked  # type: ignore[return-value]


class CallArguments:
    """What a layer is called with.

    Args:
        layer: whose `call` gets it.
        args, kwargs: the arguments.

    Attributes:
        args, kwargs: the same, the first parameter of `call` among `args`.

    Raises:
        TypeError: there is no input.
        ValueError: a positional argument that is no tensor.
    """

    def __init__(self, layer: Layer, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        self._layer = layer
        self._names = _positional(type(layer).call)[1:]
        self.args, self.kwargs = tuple(args), dict(kwargs)
        if not args and self._names and self._names[0] in kwargs:
            self.args = (self.kwargs.pop(self._names[0]),)
        for value in self.args[1:]:
            wrong = [leaf for leaf in tree.present(value) if not _is_tensor(leaf)]
            if wrong:
                raise ValueError(
                    "Only input tensors may be passed as positional arguments. The following argument value should be "
                    f"passed as a keyword argument: {wrong[0]!r} (of type {type(wrong[0])})"
                )

    @property
    def first(self) -> Any:
        """The inputs: what `call` takes first; None without."""
        return self.args[0] if self.args else None

    @property
    def named(self) -> dict[str, Any]:
        """All arguments by name."""
        return {**dict(zip(self._names, self.args, strict=False)), **self.kwargs}

    @property
    def tensors(self) -> dict[str, Any]:
        """Those that hold tensors, but for masks, by name."""
        return {
            name: value
            for name, value in self.named.items()
            if name != "mask" and any(map(_is_tensor, tree.flatten(value)))
        }

    def convert(self, inputs: Callable[[Any], Any], others: Callable[[Any], Any]) -> None:
        """Puts inputs(first) in the place of the first argument, and others(tensor) in that of tensors in others."""

        def convert_leaf(leaf: Any) -> Any:
            return others(leaf) if _is_tensor(leaf) else leaf

        if self.args:
            first, *rest = self.args
            self.args = (inputs(first), *(tree.map_structure(convert_leaf, value) for value in rest))
        self.kwargs = {name: tree.map_structure(convert_leaf, value) for name, value in self.kwargs.items()}

    def shapes_for(self, method: Callable[..., Any]) -> dict[str, Any]:
        """The arguments of a class's `build` or `compute_output_shape`: the shape of the inputs, or, of a method with
        several parameters, that of `call`'s argument x for x_shape.

        Raises:
            ValueError: a parameter of another name.
        """
        names = parameters_of(method)[1:]
        tensors = self.tensors
        if len(names) == 1:
            first = next(iter(tensors.values()), None)
            return {names[0]: shapes_of(first)}
        for name in names:
            argument = name.removesuffix("_shape")
            rule = (
                f"For a `{method.__name__}()` method with more than one argument, all arguments should have a `_shape` "
                "suffix and match an argument from `call()`. For layer "
                f"'{type(self._layer).__name__}', received `{method.__name__}()` argument `{name}`, "
            )
            if argument == name:
                raise ValueError(f"{rule}which does not end in `_shape`.")
            if argument not in parameters_of(type(self._layer).call):
                raise ValueError(f"{rule}but `call()` does not have argument `{argument}`.")
        return {f"{name}_shape": shapes_of(value) for name, value in tensors.items() if f"{name}_shape" in names}


def _is_tensor(value: Any) -> bool:
    return isinstance(value, Operators | TensorSpec | np.ndarray)
