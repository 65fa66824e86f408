"""Descriptions of models as `.h5` files have them, in the form of Keras 2: no modules, functions by name alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from nnfast import losses, metrics, optimizers
from nnfast.losses.identifiers import ALIASES
from nnfast.utils.registry import find_registered

Config = dict[str, Any]

# What Keras 2 wrote of layers and optimizers, and nobody reads.
_LAMBDA_RELICS = ("module", "function_type", "output_shape_type", "output_shape_module")
_OPTIMIZER_RELICS = ("jit_compile", "is_legacy_optimizer")


def to_legacy(description: Mapping[str, Any]) -> Config:
    """The description of a model, or of a layer that it holds, in the older form; of ops in today's, as there was none.

    >>> to_legacy({"module": "keras.layers", "class_name": "ReLU", "config": {"name": "r"}, "registered_name": None})
    {'class_name': 'ReLU', 'config': {'name': 'r'}}
    """
    if str(description["module"]).startswith("keras.src.ops."):
        return dict(description)
    config = dict(description["config"])
    if _is_model(config):
        config["layers"] = [to_legacy(layer) for layer in config["layers"]]
    calls = {name: description[name] for name in ("name", "inbound_nodes") if name in description}
    return {"class_name": _own_name(description), "config": config, **calls}


def _own_name(description: Mapping[str, Any]) -> str:
    return str(description.get("registered_name") or description["class_name"])


def _is_model(config: Mapping[str, Any]) -> bool:
    """Whether a configuration is one of Sequential or of Functional: layers of one's own may have `layers` too."""
    return isinstance(config.get("layers"), list) and bool({"input_layers", "build_input_shape"} & config.keys())


def from_legacy(value: Any) -> Any:
    """A description of a model, with all inside, in today's form.

    >>> from_legacy({"class_name": "BatchNormalization", "config": {"axis": [1]}})["config"]
    {'axis': 1}
    """
    if isinstance(value, list):
        return [from_legacy(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    if value.get("class_name") == "__tuple__":
        return tuple(from_legacy(value["items"]))
    if "class_name" not in value or "config" not in value:
        return {name: from_legacy(item) for name, item in value.items()}
    kind, config = value["class_name"], value["config"]
    if kind == "Sequential" and isinstance(config, list):  # before Keras 2.2
        config = {"name": "sequential", "layers": config}
    if kind == "Sequential":
        config = {**config, "layers": _with_input(config["layers"])}
    if isinstance(config, Mapping):
        config = _modern(kind, {name: from_legacy(item) for name, item in config.items()})
    return {**value, "config": config}


def _modern(kind: str, config: Config) -> Config:
    if kind == "Lambda":
        return _modern_lambda(config)
    shape = config.pop("batch_input_shape", None)
    if kind == "InputLayer" and shape is not None:
        config["batch_shape"] = shape
    axis = config.get("axis")
    if isinstance(axis, list) and len(axis) == 1:
        config["axis"] = axis[0]
    return config


def _with_input(layers: list[Any]) -> list[Any]:
    """The layers of a stack, which may begin with one that knows its input's shape."""
    first = layers[0]["config"] if layers else {}
    if not layers or layers[0]["class_name"] == "InputLayer" or first.get("batch_input_shape") is None:
        return layers
    source = {"batch_shape": first["batch_input_shape"], "dtype": first.get("dtype")}
    return [{"class_name": "InputLayer", "config": source}, *layers]


def _modern_lambda(config: Config) -> Config:
    config = {name: item for name, item in config.items() if name not in _LAMBDA_RELICS}
    if isinstance(config.get("function"), list | tuple):
        code = dict(zip(("code", "defaults", "closure"), config["function"], strict=False))
        config["function"] = {"class_name": "__lambda__", "config": code}
    return config


def training_config(compiled: Mapping[str, Any]) -> Config:
    """How a model was compiled, as `get_compile_config` says, in the older form."""
    config = {name: _named(value) for name, value in compiled.items() if name != "optimizer"}
    config["loss"] = _spelt_out(config.get("loss"))
    optimizer = compiled["optimizer"]
    return {**config, "optimizer_config": {"class_name": _own_name(optimizer), "config": optimizer["config"]}}


def _named(value: Any) -> Any:
    """Losses and metrics: functions by their names, objects by class and configuration."""
    if isinstance(value, list | tuple):
        return [_named(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    if "class_name" not in value:
        return {name: _named(item) for name, item in value.items()}
    if value["class_name"] == "function":
        return value["config"]
    return {"class_name": _own_name(value), "config": value["config"]}


def _spelt_out(loss: Any) -> Any:
    """Losses by their full names: Keras does not know others, such as "mse", in these files, though it writes them."""
    if isinstance(loss, str):
        function = ALIASES.get(loss.lower())
        return loss if function is None else function.__name__
    if isinstance(loss, Mapping) and "class_name" not in loss:
        return {name: _spelt_out(item) for name, item in loss.items()}
    return [_spelt_out(item) for item in loss] if isinstance(loss, list) else loss


def compile_arguments(config: Mapping[str, Any]) -> Config:
    """The arguments of `compile` that `training_config` described. Names mean what is in scope first.

    Raises:
        KeyError, TypeError, ValueError: what describes no optimizer, loss or metric, or one that is not known.
    """
    arguments: Config = {"optimizer": _optimizer(config["optimizer_config"])}
    arguments["loss"] = _found(config.get("loss"), losses.deserialize)
    for name in ("metrics", "weighted_metrics"):
        arguments[name] = _found(config.get(name), metrics.deserialize)
    arguments["loss_weights"] = config.get("loss_weights")
    return arguments


def _optimizer(description: Mapping[str, Any]) -> Any:
    name, config = description["class_name"], dict(description["config"])
    for relic in _OPTIMIZER_RELICS:
        config.pop(relic, None)
    if not config.get("decay"):
        config.pop("decay", None)
    if find_registered(name) is None:
        name = str(name).removeprefix("Custom>")
    return optimizers.deserialize({"class_name": name, "config": from_legacy(config)})


def _found(value: Any, deserialize: Callable[[Any], Any]) -> Any:
    """Losses or metrics that `_named` described, in their structure; compile knows what other names mean."""
    if isinstance(value, str):
        found = find_registered(value)
        return value if found is None else found
    if isinstance(value, Mapping) and "class_name" in value:
        config = from_legacy(value["config"])
        if isinstance(config, dict) and config.get("reduction") == "auto":  # of Keras 2
            config["reduction"] = "sum_over_batch_size"
        return deserialize({**value, "config": config})
    if isinstance(value, Mapping):
        return {name: _found(item, deserialize) for name, item in value.items()}
    return [_found(item, deserialize) for item in value] if isinstance(value, list | tuple) else value
