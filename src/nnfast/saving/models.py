"""Models as files, which Keras reads and writes, too."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from typing import Any, BinaryIO

from nnfast.layers.stored import weights_at_most
from nnfast.saving.archive import CONFIG, WEIGHTS, members_of, pack, unpack
from nnfast.saving.state import load_state, save_state
from nnfast.saving.store import Reader, Writer
from nnfast.utils.atomic import atomic_file, write_folder
from nnfast.utils.objects import deserialize_keras_object, from_json, parse_json, to_json
from nnfast.utils.registry import shared_objects

Path = str | os.PathLike[str]


def save_model(
    model: Any, filepath: Path | BinaryIO, overwrite: bool = True, zipped: bool | None = None, **kwargs: Any
) -> None:
    """Write a model to a `.keras` file: what it is made of, its weights, its optimizer's state and how it was compiled.

    A save that fails or is interrupted leaves the file that was there.

    Args:
        model: one that is not built yet has no weights in the file, and is not built when it is loaded.
        filepath: a name that ends in `.keras`, or a file that is open for writing bytes; a folder if not `zipped`.
        overwrite: False asks on the terminal before a file is replaced; default True.
        zipped: False writes the parts of a file into a folder; default True.
        **kwargs: `save_format` and `include_optimizer`, of earlier versions of Keras; the name says the format.

    Raises:
        ValueError: another ending, or argument; a model that holds something that has no plain form.
        OSError: a folder that is not there, a disk that is full.

    >>> import os, tempfile
    >>> from nnfast import Input, Sequential, layers
    >>> model = Sequential([Input((3,)), layers.Dense(2)])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_model(model, os.path.join(folder, "model.keras"))
    ...     load_model(os.path.join(folder, "model.keras")).count_params()
    8
    """
    _check_arguments(filepath, kwargs)
    if not isinstance(filepath, str | os.PathLike):
        if not hasattr(filepath, "write"):
            raise TypeError(f"Expected a filename or a file that is open for writing bytes, got {filepath!r}")
        filepath.write(pack(*_parts(model)))
        return
    if str(filepath).endswith(".keras") == (zipped is False):
        must = "should not end in" if zipped is False else "must end in"
        raise ValueError(f"Invalid filepath extension for saving. The filename {must} `.keras`. Received: {filepath=}")
    if not _may_write(filepath, overwrite):
        return
    if zipped is False:
        write_folder(filepath, members_of(*_parts(model)))
    else:
        with atomic_file(filepath) as file:
            file.write(pack(*_parts(model)))


def load_model(
    filepath: Path | BinaryIO,
    custom_objects: Mapping[str, Any] | None = None,
    compile: bool = True,
    safe_mode: bool = True,
) -> Any:
    """The model that a `.keras` file holds, written by nnfast or by Keras.

    Args:
        filepath: the file, an open one, or the folder that `zipped=False` wrote.
        custom_objects: classes and functions of your own by name; those that are registered need not be here.
        compile: whether it is compiled as it was, and its optimizer's state is restored; default True.
        safe_mode: False runs the code of lambdas in the file, which may do anything; default True.

    Raises:
        ValueError: no such file, one that is damaged or holds what no model is made of.
        TypeError: a class or function that is not known.
    """
    if not (hasattr(filepath, "read") or str(filepath).endswith(".keras") or os.path.isdir(filepath)):
        raise ValueError(f"File format not supported: expected a `.keras` file. Received: {filepath=}")
    config_bytes, data = unpack(filepath, CONFIG, WEIGHTS)
    config = parse_json(config_bytes)
    if not isinstance(config, dict) or "class_name" not in config:
        raise ValueError(f"Expected the configuration of a model in {filepath}, got {str(config)[:80]}")
    if not compile:
        config["compile_config"] = None
    with Reader(data) as reader:
        try:
            with shared_objects(), weights_at_most(reader.elements()):
                model = deserialize_keras_object(config, custom_objects, safe_mode)
        except (KeyError, AttributeError, IndexError, RecursionError, OverflowError) as error:
            raise ValueError(f"The configuration in {filepath} makes no model: {error!r}") from error
        if not hasattr(model, "load_weights"):
            raise ValueError(f"Expected a model in {filepath}, got {model!r}")
        load_state(model, reader)
    return model


def save_weights(
    model: Any,
    filepath: Path,
    overwrite: bool = True,
    max_shard_size: None = None,
    objects_to_skip: Collection[Any] | None = None,
) -> None:
    """Write the weights of a model, and its optimizer's state, to a `.weights.h5` file.

    Args:
        model: a model that is built.
        filepath: ends in `.weights.h5`.
        overwrite: False asks on the terminal before a file is replaced; default True.
        max_shard_size: only None: all weights are in one file.
        objects_to_skip: layers, or the optimizer, that are left out.

    Raises:
        ValueError: another ending; a model that is not built.
        OSError: a folder that is not there, a disk that is full.
    """
    if not str(filepath).endswith(".weights.h5") or max_shard_size is not None:
        raise ValueError(f"The filename must end in `.weights.h5`, and be that of one file. Received: {filepath=}")
    _check_built(model, "You are saving")
    if _may_write(filepath, overwrite):
        with atomic_file(filepath) as file:
            file.write(_weights(model, objects_to_skip or ()))


def load_weights(
    model: Any, filepath: Path, skip_mismatch: bool = False, objects_to_skip: Collection[Any] | None = None
) -> None:
    """Set the weights of a model, and its optimizer's state, from a file. One that does not fit changes nothing.

    Args:
        model: a model that is built.
        filepath: a `.weights.h5` or `.keras` file.
        skip_mismatch: whether layers that do not fit are left as they are, with a warning; default False.
        objects_to_skip: layers that are left as they are.

    Raises:
        ValueError: no such file, one that is damaged, weights that do not fit; a model that is not built.
    """
    if not str(filepath).endswith((".weights.h5", ".keras")):
        raise ValueError(f"File format not supported: expected a `.weights.h5` or `.keras` file. Received: {filepath=}")
    if not os.path.isfile(filepath):
        raise ValueError(f"File not found: filepath={filepath}")
    _check_built(model, "You are loading weights into")
    if str(filepath).endswith(".keras"):
        (data,) = unpack(filepath, WEIGHTS)
    else:
        with open(filepath, "rb") as file:
            data = file.read()
    with Reader(data) as reader:
        load_state(model, reader, skip_mismatch, objects_to_skip or ())


def model_from_json(json_string: str, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """The model that `to_json` described, with new weights.

    Raises:
        ValueError: text that describes no model.
        TypeError: a class or function that is not known.

    >>> from nnfast import Input, Sequential, layers
    >>> model_from_json(Sequential([Input((3,)), layers.Dense(2)]).to_json()).count_params()
    8
    """
    return from_json(json_string, custom_objects)


def _check_arguments(filepath: Any, arguments: dict[str, Any]) -> None:
    """Raises a ValueError for what `save_model` does not take; earlier versions' save_format may say what the name
    does."""
    arguments.pop("include_optimizer", None)
    save_format = arguments.pop("save_format", None)
    if save_format and not str(filepath).endswith(".keras"):
        raise ValueError(
            "The `save_format` argument is deprecated: a filename that ends in `.keras` says the format. "
            f"Received: {save_format=}, {filepath=}"
        )
    if arguments:
        raise ValueError(f"The following argument(s) are not supported: {list(arguments)}")


def _check_built(model: Any, doing: str) -> None:
    """Raises a ValueError where a model has no weights yet that could be saved or loaded."""
    if not model.built:
        raise ValueError(
            f"{doing} a model that has not yet been built: call model '{model.name}' on data, or build it, first"
        )


def _parts(model: Any) -> tuple[str, memoryview]:
    """The configuration and the weights."""
    with shared_objects():
        return to_json(model), _weights(model)


def _weights(model: Any, ignored: Collection[Any] = ()) -> memoryview:
    writer = Writer()
    save_state(model, writer, ignored)
    return writer.finish()


def _may_write(filepath: Path, overwrite: bool) -> bool:
    """Whether there is no such file, or it may be replaced; asks who sits at the terminal if need be."""
    if overwrite or not os.path.exists(filepath):
        return True
    answer = ""
    while answer not in ("y", "n"):
        answer = input(f"[WARNING] {filepath} already exists - overwrite? [y/n]").strip().lower()
    return answer == "y"
