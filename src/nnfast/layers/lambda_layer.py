"""Lambda: a function as a layer."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from nnfast import ops
from nnfast.layers.layer import Layer
from nnfast.utils.objects import deserialize_lambda, serialize_lambda
from nnfast.utils.registry import Registry, is_safe, safe_mode_as, serialize_function

# Ops in files that few programs need are not loaded for this.
_loaded = {name: op for name, op in vars(ops).items() if name in ops.__all__}
_known_functions = Registry("function", "builtins", _loaded)


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
        self.function = function
        self._output_shape = output_shape
        self.mask = mask if mask is None or callable(mask) else ops.convert_to_tensor(mask)
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
        """The arguments that make a layer like this one; functions by their names, lambdas as their code."""
        config = {**super().get_config(), "function": _described(self.function), "arguments": self.arguments}
        for name, value in (("output_shape", self._output_shape), ("mask", self.mask)):
            if value is not None:
                config[name] = _described(value)
        return config

    @classmethod
    def from_config(
        cls,
        config: Mapping[str, Any],
        custom_objects: Mapping[str, Any] | None = None,
        safe_mode: bool | None = None,
    ) -> Lambda:
        """A new layer with the arguments that `get_config` returned.

        Args:
            config: what `get_config` returned.
            custom_objects: functions by name.
            safe_mode: False runs the code of lambdas, which may do anything: for configurations that you trust.
                Default what `load_model` was told, else True.

        Raises:
            ValueError: a lambda, unless `safe_mode` is False; a function that is not known.
        """
        with safe_mode_as(is_safe() if safe_mode is None else safe_mode):
            made = {name: _function(value, custom_objects) for name, value in config.items()}
        return super().from_config({**config, **{name: made[name] for name in _FUNCTIONS if name in made}})


# The arguments that may be functions.
_FUNCTIONS = ("function", "output_shape", "mask")


def _described(value: Any) -> Any:
    """A function as plain Python values, in Keras's form; other values as they are."""
    if not callable(value):
        return value.tolist() if hasattr(value, "tolist") else value
    if getattr(value, "__name__", "") != "<lambda>":
        return serialize_function(value)
    return serialize_lambda(value)


def _function(value: Any, custom_objects: Mapping[str, Any] | None) -> Any:
    """The function that `_described` described; other values as they are."""
    kind = value.get("class_name") if isinstance(value, Mapping) else None
    if kind == "function":
        name = value["config"]
        later = {name: getattr(ops, name)} if name in ops.__all__ and name not in _loaded else {}
        return _known_functions.find(name, {**later, **(custom_objects or {})})
    return deserialize_lambda(value["config"]) if kind == "__lambda__" else value
