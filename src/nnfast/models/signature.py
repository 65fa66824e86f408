"""What a model that is made of calls is given: which inputs, of which shapes and types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nnfast import ops, tree
from nnfast.graph import KerasTensor, Shape


class Signature:
    """The inputs of a model.

    Args:
        model: the model's name, for errors.
        structure: a KerasTensor, or a list, a tuple or a dictionary of them.
        first_layer: what errors call the place of a single input; default the input's own name.
    """

    def __init__(self, model: str, structure: Any, first_layer: str | None = None) -> None:
        self.structure = structure
        self.tensors: list[KerasTensor] = tree.flatten(structure)
        self._model = model
        self._first_layer = first_layer

    def arrange(self, inputs: Any) -> list[Any]:
        """What is given, in the order of `tensors`. A dictionary is read by the structure's keys, or the inputs' names.

        Raises:
            ValueError: an input is missing, or there are too many.
        """
        if isinstance(inputs, Mapping):
            inputs = self._by_name(inputs)
        several = len(self.tensors) > 1 or tree.holds_tensors(inputs)
        flat: list[Any] = tree.flatten(inputs) if several else [inputs]
        if len(flat) != len(self.tensors):
            advice = ". Rows of one input go through np.stack first" if len(self.tensors) == 1 else ""
            expected = f"Model '{self._model}' expects inputs: {len(self.tensors)}"
            raise ValueError(f"{expected}, got {len(flat)} arrays{advice}")
        return flat

    def _by_name(self, inputs: Mapping[Any, Any]) -> Any:
        names = list(self.structure) if isinstance(self.structure, Mapping) else [t.name for t in self.tensors]
        if len(names) == len(inputs) == 1:
            return list(inputs.values())
        missing = [name for name in names if name not in inputs]
        if missing:
            expected, given = (", ".join(map(repr, group)) for group in (names, inputs))
            raise ValueError(f"Model '{self._model}' expects inputs called {expected}; got {given}")
        named = {name: inputs[name] for name in names}
        return named if isinstance(self.structure, Mapping) else list(named.values())

    def check(self, inputs: Any) -> None:
        """Raise ValueError where arrays or tensors are not of the shapes that the model is made for."""
        for given, wanted in zip(self.arrange(inputs), self.tensors, strict=True):
            self._check(tuple(given.shape), wanted)

    def _check(self, shape: Shape, wanted: KerasTensor) -> None:
        sizes, expected = _with_rank_of(wanted.shape, shape)[1:], wanted.shape[1:]
        if len(sizes) != len(expected) or any(
            None not in (size, count) and size != count for size, count in zip(sizes, expected, strict=True)
        ):
            place = f"first layer '{self._first_layer}'" if self._first_layer else f"input '{wanted.name}'"
            raise ValueError(
                f"Model '{self._model}' with {place} expects inputs of shape {wanted.shape}, got an array of shape "
                f"{shape}"
            )

    def adapt(self, inputs: Any) -> list[Any]:
        """Tensors of the inputs' types and ranks, in the order of `tensors`.

        Raises:
            ValueError: as `arrange` and `check`.
        """
        adapted = []
        for given, wanted in zip(self.arrange(inputs), self.tensors, strict=True):
            tensor = ops.convert_to_tensor(given, dtype=wanted.dtype)
            self._check(tuple(tensor.shape), wanted)
            shape = _with_rank_of(wanted.shape, tuple(tensor.shape))
            adapted.append(tensor if len(shape) == len(tensor.shape) else ops.reshape(tensor, shape))
        return adapted


def _with_rank_of(expected: Shape, shape: Shape) -> Shape:
    """`shape` with a last dimension of 1 put on or taken off, where that gives the rank that is expected."""
    if len(shape) == len(expected) + 1 and shape[-1] == 1:
        return shape[:-1]
    if len(shape) == len(expected) - 1 and expected[-1] == 1:
        return (*shape, 1)
    return shape
