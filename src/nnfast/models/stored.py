"""How models are saved, and their state taken out and put in: methods that all of them have."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from nnfast import saving
from nnfast.graph import Variable
from nnfast.utils.objects import to_json
from nnfast.utils.tracebacks import filter_traceback


class StoredModel:
    """Methods of models that write and read files, and trees of their state; nnfast.saving says what is in files."""

    trainable_variables: list[Variable]
    non_trainable_variables: list[Variable]
    metrics_variables: list[Variable]

    @filter_traceback
    def save(self, filepath: Any, overwrite: bool = True, zipped: bool | None = None, **kwargs: Any) -> None:
        """Write the model to a `.keras` file, as `saving.save_model` does."""
        saving.save_model(self, filepath, overwrite, zipped, **kwargs)

    @filter_traceback
    def save_weights(
        self, filepath: Any, overwrite: bool = True, max_shard_size: float | None = None, objects_to_skip: Any = None
    ) -> None:
        """Write the weights and the optimizer's state to a file, or several, as `saving.save_weights` does."""
        saving.save_weights(self, filepath, overwrite, max_shard_size, objects_to_skip)

    @filter_traceback
    def load_weights(
        self,
        filepath: Any,
        skip_mismatch: bool = False,
        objects_to_skip: Any = None,
        by_name: bool | None = None,
        **kwargs: Any,
    ) -> None:
        """Set the weights from a file, as `saving.load_weights` does."""
        saving.load_weights(self, filepath, skip_mismatch, objects_to_skip, by_name, **kwargs)

    @filter_traceback
    def export(
        self,
        filepath: Any,
        format: str = "tf_saved_model",
        verbose: bool | None = None,
        input_signature: Any = None,
        **kwargs: Any,
    ) -> None:
        """Write what the model predicts to an ONNX file (`format="onnx"`), as `saving.export.export_model` does."""
        from nnfast.saving.export import export_model  # few models are

        export_model(self, filepath, format, verbose, input_signature, **kwargs)

    def to_json(self, **kwargs: Any) -> str:
        """What the model is made of, without its weights, as JSON; `models.model_from_json` reads it.

        Args:
            **kwargs: of json.dumps, such as `indent`.
        """
        return to_json(self, **kwargs)

    def get_state_tree(self, value_format: str = "backend_tensor") -> dict[str, Any]:
        """The values of all variables, in dictionaries nested as their paths are.

        Args:
            value_format: "backend_tensor" for Tensors (default), or "numpy_array".

        Returns:
            A dictionary with "trainable_variables", "non_trainable_variables", "optimizer_variables" and
            "metrics_variables".

        Raises:
            ValueError: two variables of one path, or another format.

        >>> from nnfast import Input, Sequential, layers
        >>> model = Sequential([Input((2,)), layers.Dense(1, kernel_initializer="ones", name="score")], name="net")
        >>> model.get_state_tree("numpy_array")["trainable_variables"]["net"]["score"]["bias"]
        array([0.], dtype=float32)
        """
        formats: dict[str, Callable[[Variable], Any]] = {
            "backend_tensor": lambda variable: variable.value,
            "numpy_array": lambda variable: variable.numpy(),
        }
        if value_format not in formats:
            raise ValueError(
                f"Invalid `value_format` argument: expected one of {', '.join(formats)}, got {value_format!r}"
            )
        groups = self._state_groups().items()
        return {name: _nested(variables, formats[value_format]) for name, variables in groups}

    def set_state_tree(self, state_tree: Mapping[str, Any]) -> None:
        """Set the variables that are in a tree such as `get_state_tree` returns; the others keep their values.

        Raises:
            ValueError: a group that is not there, or a value of another shape. Nothing is set then.
        """
        groups = self._state_groups()
        found: list[tuple[Variable, Any]] = []
        for group, values in state_tree.items():
            if group not in groups:
                raise ValueError(f"Unknown variable name: {group}. Expected one of {', '.join(groups)}")
            by_path = {"/".join(map(str, path)): value for path, value in _leaves(values)}
            for variable in groups[group]:
                if variable.path in by_path:
                    value = by_path[variable.path]
                    if np.shape(value) != variable.shape:
                        raise ValueError(f"{variable.path} expects shape {variable.shape}, got {np.shape(value)}")
                    found.append((variable, value))
        for variable, value in found:
            variable.assign(value)

    def _state_groups(self) -> dict[str, list[Variable]]:
        optimizer = getattr(self, "optimizer", None)
        return {
            "trainable_variables": self.trainable_variables,
            "non_trainable_variables": self.non_trainable_variables,
            "optimizer_variables": [] if optimizer is None else optimizer.variables,
            "metrics_variables": self.metrics_variables,
        }


def _nested(variables: Sequence[Variable], value_of: Callable[[Variable], Any]) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    seen: set[str] = set()
    for variable in variables:
        if variable.path in seen:
            raise ValueError(
                f"The following variable path is found twice in the model: '{variable.path}'. A state tree needs paths "
                "that are unique: give other names to layers and other objects"
            )
        seen.add(variable.path)
        *parts, last = variable.path.split("/")
        place = nested
        for part in parts:
            place = place.setdefault(part, {})
        place[last] = value_of(variable)
    return nested


def _leaves(values: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The values in nested dictionaries, with the keys that lead to them: a list is a value."""
    if not isinstance(values, Mapping):
        yield path, values
        return
    for key, inner in values.items():
        yield from _leaves(inner, (*path, key))
