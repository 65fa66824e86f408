"""What a model that is made of calls is given: which inputs, of which shapes and types."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

from nnfast import ops, tree
from nnfast.graph import KerasTensor, Shape
from nnfast.layers.input import InputLayer
from nnfast.layers.masks import keep_mask
from nnfast.utils.tracebacks import users_line


class Signature:
    """The inputs of a model.

    Args:
        model: the model's name, for errors.
        structure: a KerasTensor, or a list, a tuple or a dictionary of them.
        first_layer: what errors call the place of a single input; default the input's own name.
        any_size: whether only the number of dimensions is known; the layers see whether they can do with the sizes.
    """

    def __init__(self, model: str, structure: Any, first_layer: str | None = None, *, any_size: bool = False) -> None:
        self.structure = structure
        self.tensors: list[KerasTensor] = tree.flatten(structure)
        self._shapes = [(None,) * tensor.ndim if any_size else tensor.shape for tensor in self.tensors]
        self._model = model
        self._first_layer = first_layer

    def arrange(self, inputs: Any) -> Any:
        """What is given, in the structure of the inputs. A dictionary is read by the structure's keys, or, where that
        is none, by the inputs' names.

        Raises:
            ValueError: an input is missing, or there are too many.
        """
        if isinstance(inputs, Mapping):
            flat = self._by_name(inputs)
        else:
            several = len(self.tensors) > 1 or tree.holds_tensors(inputs)
            flat = tree.flatten(inputs) if several else [inputs]
            if several and isinstance(self.structure, Mapping) and list(self.structure) != sorted(self.structure):
                raise ValueError(self._mismatch(inputs))
        if len(flat) != len(self.tensors):
            keys = f" named input(s) with keys {_names(self.structure)}" if isinstance(self.structure, Mapping) else ""
            advice = ". Rows of one input go through np.stack first" if len(self.tensors) == 1 else ""
            expected = f"Model '{self._model}' expects {len(self.tensors)}{keys or ' input(s)'}"
            raise ValueError(f"{expected}, got {len(flat)} arrays{advice}")
        for given, wanted in zip(flat, self.tensors, strict=True):
            if given is None and not _is_optional(wanted):
                raise ValueError(
                    f"Model '{self._model}' expects an array for the input '{wanted.name}', which is not optional, "
                    "got None"
                )
        return tree.pack_sequence_as(self.structure, flat)

    def warn_of_structure(self, inputs: Any) -> None:
        """Warn where `arrange` takes what Keras warns of: more than the inputs, or a list for a dictionary."""
        mapping = isinstance(self.structure, Mapping)
        known = self.structure if mapping else [tensor.name for tensor in self.tensors]
        if not set(inputs) <= set(known) if isinstance(inputs, Mapping) else mapping and tree.is_nested(inputs):
            warnings.warn(self._mismatch(inputs), stacklevel=users_line())

    def _mismatch(self, inputs: Any) -> str:
        found = tree.map_structure(lambda given: None if given is None else tuple(given.shape), inputs)
        return (
            f"The structure of `inputs` doesn't match the expected structure of model '{self._model}': expected "
            f"{tree.map_structure(lambda tensor: tensor.name, self.structure)!r}, got arrays of shapes {found!r}"
        )

    def _by_name(self, inputs: Mapping[Any, Any]) -> list[Any]:
        named = isinstance(self.structure, Mapping)
        names = list(self.structure) if named else [tensor.name for tensor in self.tensors]
        if not set(names) <= inputs.keys():
            raise ValueError(f"Model '{self._model}' expects inputs called {_names(names)}; got {_names(inputs)}")
        return tree.flatten({name: inputs[name] for name in names}) if named else [inputs[name] for name in names]

    def check(self, inputs: Any) -> None:
        """Raise ValueError where arrays or tensors are not of the shapes that the model is made for."""
        for number, given in enumerate(tree.flatten(self.arrange(inputs))):
            if given is not None:
                self._check(tuple(given.shape), number)

    def _check(self, shape: Shape, number: int) -> None:
        wanted = self.tensors[number]
        sizes, expected = _with_rank_of(wanted.shape, shape)[1:], self._shapes[number][1:]
        if len(sizes) != len(expected) or any(
            None not in (size, count) and size != count for size, count in zip(sizes, expected, strict=True)
        ):
            path = ".".join(map(str, tree.flatten_with_path(self.structure)[number][0]))
            place = f"first layer '{self._first_layer}'" if self._first_layer else "input"
            name = "" if self._first_layer else f" with name '{wanted.name}' and path '{path}'"
            raise ValueError(
                f"Model '{self._model}' got an array that is incompatible with its {place}{name}: expected "
                f"shape={wanted.shape}, found shape={shape}"
            )

    def adapt(self, inputs: Any) -> Any:
        """Tensors of the inputs' types and ranks, in their structure.

        Raises:
            ValueError: as `arrange` and `check`.
        """
        flat = tree.flatten(self.arrange(inputs))
        return tree.pack_sequence_as(self.structure, [self._adapt(given, number) for number, given in enumerate(flat)])

    def _adapt(self, given: Any, number: int) -> Any:
        if given is None:
            return None
        wanted = self.tensors[number]
        tensor = ops.convert_to_tensor(given, dtype=wanted.dtype)
        self._check(tuple(tensor.shape), number)
        shape = _with_rank_of(wanted.shape, tuple(tensor.shape))
        return keep_mask(given, tensor if len(shape) == len(tensor.shape) else ops.reshape(tensor, shape))


def _is_optional(tensor: KerasTensor) -> bool:
    layer = tensor.call.function
    return not isinstance(layer, InputLayer) or layer.optional


def _names(names: Any) -> str:
    return ", ".join(map(repr, names))


def _with_rank_of(expected: Shape, shape: Shape) -> Shape:
    """`shape` with a last dimension of 1 put on or taken off, where that gives the rank that is expected."""
    if len(shape) == len(expected) + 1 and shape[-1] == 1:
        return shape[:-1]
    if len(shape) == len(expected) - 1 and expected[-1] == 1:
        return (*shape, 1)
    return shape
