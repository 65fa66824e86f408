"""Lambda: a function as a layer."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from nnfast.layers.layer import Layer
from nnfast.utils.registry import Registry, registered_name, serialize_function

_functions = Registry("function", "builtins", {})


class Lambda(Layer):
    """Applies a function, written in `nnfast.ops`. It has no weights; for more, define a Layer.

    Args:
        function: is called with the inputs, and with `mask` and `training` if it has arguments of these names.
        output_shape: a shape without the batch, or a function of the inputs' shape; default what tracing says.
        mask: the outputs' mask, or a function of the inputs and their mask; default None: the outputs have none.
        arguments: further arguments of the function, by name; default none.
        **kwargs: name, dtype, input_shape, as of Layer.

    >>> Lambda(lambda x: x * 2)([1.0, 2.0]).tolist()
    [2.0, 4.0]
    """

    def __init__(
        self,
        function: Callable[..., Any],
        output_shape: Any = None,
        mask: Any = None,
        arguments: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.function = _function(function)
        self._output_shape = _function(output_shape)
        self.mask = _function(mask)
        self.arguments = dict(arguments or {})
        self.supports_masking = mask is not None
        self._known = [name for name in ("mask", "training") if name in inspect.signature(self.function).parameters]

    def call(self, inputs: Any, mask: Any = None, training: bool | None = None) -> Any:
        told = {"mask": mask, "training": training}
        return self.function(inputs, **self.arguments, **{name: told[name] for name in self._known})

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        return self.mask(inputs, previous_mask) if callable(self.mask) else self.mask

    def compute_output_shape(self, input_shape: Any) -> Any:
        if self._output_shape is None:
            return super().compute_output_shape(input_shape)
        if callable(self._output_shape):
            return self._output_shape(input_shape)
        return (input_shape[0], *self._output_shape)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make a layer like this one; functions by their names.

        Raises:
            ValueError: a lambda, which has none.
        """
        config = {**super().get_config(), "function": self._described(self.function), "arguments": self.arguments}
        for name, value in (("output_shape", self._output_shape), ("mask", self.mask)):
            if value is not None:
                config[name] = self._described(value) if callable(value) else value
        return config

    def _described(self, function: Callable[..., Any]) -> dict[str, Any]:
        if getattr(function, "__name__", "<lambda>") == "<lambda>":
            raise ValueError(
                f"Layer '{self.name}' has a function without a name, which can't be written into a configuration: "
                "define it with def, and register it with nnfast.utils.register_keras_serializable"
            )
        return {**serialize_function(function), "config": registered_name(function)}


def _function(value: Any) -> Any:
    """A function by what a configuration has of it; other values as they are.

    Raises:
        ValueError: no function of that name is registered, or it is the code of a lambda, which is never run.
    """
    if not isinstance(value, Mapping):
        return value
    if value.get("class_name") == "__lambda__":
        raise ValueError("A Lambda of Python code in a file is not loaded, as it could do anything: define a function")
    return _functions.find(value["config"])
