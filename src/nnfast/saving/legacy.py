"""`.h5` and `.hdf5` files, as Keras 2 wrote models: descriptions in attributes, a group for each layer of the model.

Weights stand in the order of their names, which an attribute of the group lists: those that are trained first.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from nnfast.graph import Variable
from nnfast.saving.archive import KERAS
from nnfast.saving.legacy_config import compile_arguments, from_legacy, to_legacy, training_config
from nnfast.saving.making import model_of
from nnfast.saving.store import Array, Reader, Writer
from nnfast.utils.objects import parse_json, serialize_keras_object
from nnfast.utils.registry import custom_objects_in_scope, safe_mode_as, shared_objects
from nnfast.utils.tracebacks import users_line

ENDINGS = (".h5", ".hdf5")

_LAYERS, _OPTIMIZER, _OWN = "model_weights", "optimizer_weights", "top_level_model_weights"
_MOST_BYTES = 64512  # that HDF5 holds in one attribute

Pairs = list[tuple[Variable, Array]]


def pack_model(model: Any, include_optimizer: bool = True) -> memoryview:
    """The bytes of a file: what a model is made of, its weights, its optimizer's state and how it was compiled.

    Args:
        model: one that is not built yet has no weights in the file.
        include_optimizer: False leaves out how the model was compiled; default True.

    Raises:
        ValueError, TypeError: a model that holds something that has no plain form.
    """
    writer = Writer()
    with shared_objects():
        described = serialize_keras_object(model)
    config = {"class_name": type(model).__name__, "config": to_legacy(described)["config"]}
    attributes = writer.attributes("")
    attributes.update(keras_version=KERAS, backend="nnfast", model_config=_json(config))
    _put_layers(writer, model)
    optimizer = getattr(model, "optimizer", None)
    if include_optimizer and optimizer is not None:
        if model.compiled:
            attributes["training_config"] = _json(training_config(model.get_compile_config()))
        if optimizer.variables:
            _put_variables(writer, _OPTIMIZER, optimizer.variables)
    return writer.finish()


def _json(config: Any) -> str:
    return json.dumps(config, default=serialize_keras_object)


def _put_layers(writer: Writer, model: Any) -> None:
    attributes = writer.attributes(_LAYERS)
    attributes.update(keras_version=KERAS, backend="nnfast")
    _put_texts(attributes, "layer_names", [layer.name for layer in model.layers])
    for layer in model.layers:
        _put_variables(writer, f"{_LAYERS}/{layer.name}", _in_order(layer))
    _put_variables(writer, f"{_LAYERS}/{_OWN}", model._own_variables())


def _in_order(layer: Any) -> list[Variable]:
    return [*layer.trainable_weights, *layer.non_trainable_weights]


def _put_variables(writer: Writer, path: str, variables: Sequence[Variable]) -> None:
    names: list[str] = []
    for variable in variables:
        again = sum(name.partition(":")[0] == variable.path for name in names)  # layers inside may share a name
        names.append(f"{variable.path}:{again}" if again else variable.path)
        writer.put(f"{path}/{names[-1]}", variable.numpy())
    _put_texts(writer.attributes(path), "weight_names", names)


def _put_texts(attributes: Any, name: str, texts: Sequence[str]) -> None:
    """Texts as an attribute, or as many as HDF5 needs for them."""
    encoded = [text.encode() for text in texts]
    array = np.asarray(encoded)
    parts = [array]
    while any(part.nbytes > _MOST_BYTES for part in parts):
        parts = np.array_split(array, len(parts) + 1)
    if len(parts) == 1:
        attributes[name] = encoded
        return
    for number, part in enumerate(parts):
        attributes[f"{name}{number}"] = part


def unpack_model(
    data: bytes, source: Any, custom_objects: Mapping[str, Any] | None, compile: bool, safe_mode: bool
) -> Any:
    """The model that the bytes of a file hold; `load_model` says what the arguments are.

    Raises:
        ValueError: a file that is damaged, or holds what no model is made of.
        TypeError: a class or function that is not known.
    """
    with Reader(data) as reader, custom_objects_in_scope(custom_objects), safe_mode_as(safe_mode):
        text = reader.text("", "model_config")
        if text is None:
            raise ValueError(f"No model config found in the file at {source}: it holds weights alone, or no model")
        model = model_of(lambda: from_legacy(parse_json(text)), reader, source, safe_mode)
        load_layers(model, reader)
        if compile:
            _compile(model, reader, source)
    return model


def _compile(model: Any, reader: Reader, source: Any) -> None:
    text = reader.text("", "training_config")
    if text is None:
        warnings.warn(
            f"No training configuration found in {source}, so the model was not compiled: compile it",
            stacklevel=users_line(),
        )
        return
    try:
        model.compile(**compile_arguments(parse_json(text)))
    except (KeyError, AttributeError, IndexError, RecursionError, OverflowError) as error:
        raise ValueError(f"The training configuration in {source} compiles no model: {error!r}") from error
    if model.built and model.optimizer is not None:
        saved = list(_arrays(reader, _OPTIMIZER))
        if len(saved) != len(model.optimizer.variables):  # it had its slots
            model.optimizer.build(model.trainable_variables)
        pairs = list(zip(model.optimizer.variables, saved, strict=False))
        if saved and (len(saved) != len(model.optimizer.variables) or any(_differ(*pair) for pair in pairs)):
            warnings.warn(
                f"The optimizer's state in {source} is of another optimizer or version: it starts anew",
                stacklevel=users_line(),
            )
        else:
            _assign(pairs)


def load_weights(model: Any, data: bytes, by_name: bool = False, skip_mismatch: bool = False) -> None:
    """Set the weights of a model from the bytes of a file. One that does not fit changes nothing.

    Args:
        model: a model that is built.
        data: the file, of a model or of weights alone.
        by_name: whether layers take the weights of those of their name, and others keep theirs; default False, all in
            order.
        skip_mismatch: whether weights of other shapes are left as they are, with a warning; default False.

    Raises:
        ValueError: a file that is damaged, weights that do not fit.
    """
    with Reader(data) as reader:
        if not reader.holds(_LAYERS) and not reader.texts("", "layer_names"):
            raise ValueError("Expected a file of weights with groups for layers, got one with none")
        load_layers(model, reader, by_name, skip_mismatch)


def load_layers(model: Any, reader: Reader, by_name: bool = False, skip_mismatch: bool = False) -> None:
    """The same of an open file."""
    root = _LAYERS if reader.holds(_LAYERS) else ""
    pairs: Pairs = []
    for label, saved_name, layer in (_by_name if by_name else _by_place)(model, reader, root):
        path = f"{root}/{saved_name}" if root else saved_name
        pairs += _paired(label, _in_order(layer), list(_arrays(reader, path)), by_name and skip_mismatch, skip_mismatch)
    own = f"{root}/{_OWN}" if root else _OWN
    if reader.holds(own):
        values = list(_arrays(reader, own))
        pairs += _paired("the model itself", model._own_variables(), values, by_name and skip_mismatch, skip_mismatch)
    _assign(pairs)


def _by_place(model: Any, reader: Reader, root: str) -> Iterator[tuple[str, str, Any]]:
    """What is loaded: the first layer that has weights is given those of the first that had, and so on."""
    names = [
        name
        for name in reader.texts(root, "layer_names")
        if reader.texts(f"{root}/{name}" if root else name, "weight_names")
    ]
    layers = [layer for layer in model.layers if layer.weights]
    if len(names) != len(layers):
        raise ValueError(
            "Layer count mismatch when loading weights from file. Model expected "
            f"{len(layers)} layers, found {len(names)} saved layers."
        )
    for number, (name, layer) in enumerate(zip(names, layers, strict=True)):
        yield f"layer #{number} (named {layer.name} in the current model, {name} in the save file)", name, layer


def _by_name(model: Any, reader: Reader, root: str) -> Iterator[tuple[str, str, Any]]:
    for number, name in enumerate(reader.texts(root, "layer_names")):
        for layer in model.layers:
            if layer.name == name:
                yield f"layer #{number} (named {name})", name, layer


def _paired(
    label: str, variables: Sequence[Variable], values: Sequence[Array], skip_count: bool, skip_shape: bool
) -> Pairs:
    """Each variable with its value; those that do not fit are told of, or refused."""
    if len(variables) != len(values):
        _refuse(
            f"Weight count mismatch for {label}. Layer expects {len(variables)} weight(s). Received {len(values)} "
            "saved weight(s)",
            skip_count,
        )
        return []
    pairs: Pairs = []
    for variable, value in zip(variables, values, strict=True):
        if _differ(variable, value):
            _refuse(
                f"Shape mismatch in {label} for weight {variable.path}. Weight expects shape {variable.shape}. "
                f"Received saved weight with shape {value.shape}",
                skip_shape,
            )
        else:
            pairs.append((variable, value))
    return pairs


def _refuse(reason: str, skip: bool) -> None:
    if not skip:
        raise ValueError(reason)
    warnings.warn(f"{reason}. It is left as it is", stacklevel=users_line())


def _differ(variable: Variable, value: Array) -> bool:
    return bool(tuple(variable.shape) != value.shape)


def _arrays(reader: Reader, path: str) -> Iterator[Array]:
    """The weights of a group, in the order of their names."""
    for name in reader.texts(path, "weight_names"):
        yield reader.array(f"{path}/{name}")


def _assign(pairs: Pairs) -> None:
    for variable, value in pairs:
        variable.assign(value)
