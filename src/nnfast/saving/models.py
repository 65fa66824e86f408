"""Models as files, which Keras reads and writes, too."""

from __future__ import annotations

import os
import warnings
from collections.abc import Collection, Mapping
from typing import Any, BinaryIO

from nnfast.saving import legacy, shards, tensors
from nnfast.saving.archive import CONFIG, WEIGHTS, members_of, pack, unpack, unpack_assets
from nnfast.saving.making import model_of
from nnfast.saving.state import load_state, save_state
from nnfast.saving.store import Reader, Writer
from nnfast.utils.atomic import atomic_file, write_folder
from nnfast.utils.objects import from_json, parse_json, to_json
from nnfast.utils.registry import shared_objects
from nnfast.utils.tracebacks import users_line

Path = str | os.PathLike[str]

# How files end that hold weights; the first that fits says the format.
_WEIGHTS = (".weights.h5", shards.ENDING, tensors.ENDING, ".keras", *legacy.ENDINGS)


def save_model(
    model: Any, filepath: Path | BinaryIO, overwrite: bool = True, zipped: bool | None = None, **kwargs: Any
) -> None:
    """Write a model to a file: what it is made of, its weights, its optimizer's state and how it was compiled.

    A save that fails or is interrupted leaves the file that was there.

    Args:
        model: one that is not built yet has no weights in the file, and is not built when it is loaded.
        filepath: a name that ends in `.keras`, or in `.h5` or `.hdf5` for the form of earlier versions of Keras; or a
            file that is open for writing bytes; a folder if not `zipped`.
        overwrite: False asks on the terminal before a file is replaced; default True.
        zipped: False writes the parts of a file into a folder; default True.
        **kwargs: `include_optimizer`, default True, of `.h5` files: whether they say how the model was compiled; and
            `save_format`, of earlier versions of Keras: the name says the format.

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
    include_optimizer = _check_arguments(filepath, kwargs)
    if not isinstance(filepath, str | os.PathLike):
        if not hasattr(filepath, "write"):
            raise TypeError(f"Expected a filename or a file that is open for writing bytes, got {filepath!r}")
        filepath.write(pack(*_parts(model)))
        return
    is_legacy = str(filepath).endswith(legacy.ENDINGS)
    if not is_legacy and str(filepath).endswith(".keras") == (zipped is False):
        must = "should not end in" if zipped is False else "must end in"
        raise ValueError(f"Invalid filepath extension for saving. The filename {must} `.keras`. Received: {filepath=}")
    if not _may_write(filepath, overwrite):
        return
    if zipped is False:
        write_folder(filepath, members_of(*_parts(model)))
    elif is_legacy:
        data = legacy.pack_model(model, include_optimizer)
        os.makedirs(os.path.dirname(os.path.abspath(filepath)), exist_ok=True)  # as Keras does here alone
        with atomic_file(filepath) as file:
            file.write(data)
    else:
        with atomic_file(filepath) as file:
            file.write(pack(*_parts(model)))


def load_model(
    filepath: Path | BinaryIO,
    custom_objects: Mapping[str, Any] | None = None,
    compile: bool = True,
    safe_mode: bool = True,
) -> Any:
    """The model that a `.keras` or `.h5` file holds, written by nnfast or by Keras.

    Args:
        filepath: the file, an open one, or the folder that `zipped=False` wrote.
        custom_objects: classes and functions of your own by name; those that are registered need not be here.
        compile: whether it is compiled as it was, and its optimizer's state is restored; default True.
        safe_mode: False runs the code of lambdas in the file, which may do anything; default True.

    Raises:
        ValueError: no such file, one that is damaged or holds what no model is made of.
        TypeError: a class or function that is not known.
    """
    named = filepath if isinstance(filepath, str | os.PathLike) and not os.path.isdir(filepath) else ""
    if str(named).endswith(legacy.ENDINGS):
        return legacy.unpack_model(_read(named), filepath, custom_objects, compile, safe_mode)
    if not (hasattr(filepath, "read") or str(filepath).endswith(".keras") or os.path.isdir(filepath)):
        raise ValueError(f"File format not supported: expected a `.keras` or `.h5` file. Received: {filepath=}")
    config_bytes, data = unpack(filepath, CONFIG, WEIGHTS)
    with Reader(data) as reader:
        model = model_of(lambda: _told(config_bytes, compile), reader, filepath, safe_mode, custom_objects)
        load_state(model, reader)
    files = unpack_assets(filepath)
    if files:
        from nnfast.saving.assets import load_assets  # which few models have

        load_assets(model, files)
    return model


def _told(config_bytes: bytes, compile: bool) -> Any:
    config = parse_json(config_bytes)
    if not compile and isinstance(config, dict):
        config["compile_config"] = None
    return config


def save_weights(
    model: Any,
    filepath: Path,
    overwrite: bool = True,
    max_shard_size: float | None = None,
    objects_to_skip: Collection[Any] | None = None,
) -> None:
    """Write the weights of a model, and its optimizer's state, to a `.weights.h5` file, or to several.

    Args:
        model: a model that is built.
        filepath: ends in `.weights.h5`; with `max_shard_size`, in `.weights.json`; or in `.safetensors`, for weights by
            their paths, without the optimizer.
        overwrite: False asks on the terminal before a file is replaced; default True.
        max_shard_size: how many GB a file may hold, beside which there is a `.weights.json` that says what is where;
            default None: all weights are in one file.
        objects_to_skip: layers, or the optimizer, that are left out.

    Raises:
        ImportError: `.safetensors` without the package safetensors.
        ValueError: another ending; a model that is not built.
        OSError: a folder that is not there, a disk that is full.
    """
    if max_shard_size is None and not str(filepath).endswith((".weights.h5", tensors.ENDING)):
        raise ValueError(f"The filename must end in `.weights.h5`, or in `.safetensors`. Received: {filepath=}")
    if max_shard_size is not None and not str(filepath).endswith(("weights.h5", "weights.json")):
        raise ValueError(
            f"The filename must end in `.weights.json` when `max_shard_size` is specified. Received: {filepath=}"
        )
    _check_built(model, "You are saving")
    if not _may_write(filepath, overwrite):
        return
    if max_shard_size is not None:
        writer = shards.ShardedWriter(_path_of_map(filepath), max_shard_size)
        save_state(model, writer, objects_to_skip or ())
        writer.finish()
    else:
        in_tensors = str(filepath).endswith(tensors.ENDING)
        data = (tensors.pack_tensors if in_tensors else _weights)(model, objects_to_skip or ())
        with atomic_file(filepath) as file:
            file.write(data)


def load_weights(
    model: Any,
    filepath: Path,
    skip_mismatch: bool = False,
    objects_to_skip: Collection[Any] | None = None,
    by_name: bool | None = None,
    **kwargs: Any,
) -> None:
    """Set the weights of a model, and its optimizer's state, from a file. One that does not fit changes nothing.

    Args:
        model: a model that is built.
        filepath: a `.weights.h5`, `.weights.json`, `.safetensors` or `.keras` file; or a `.h5` or `.hdf5` file, as
            earlier versions of Keras wrote, whose weights are taken in the order of the layers, without the optimizer.
        skip_mismatch: whether layers that do not fit are left as they are, with a warning; default False.
        objects_to_skip: layers that are left as they are, of `.weights.h5` files.
        by_name: whether layers take the weights of those of their name, of `.h5` files; default False.
        **kwargs: none.

    Raises:
        ValueError: no such file, one that is damaged, weights that do not fit; a model that is not built.
    """
    if kwargs:
        raise ValueError(f"Invalid keyword arguments: {kwargs}")
    ending = next((ending for ending in _WEIGHTS if str(filepath).endswith(ending)), None)
    if ending is None:
        raise ValueError(f"File format not supported: expected one of {', '.join(_WEIGHTS)}. Received: {filepath=}")
    if by_name is not None and ending not in legacy.ENDINGS:
        raise ValueError(f"`by_name` only supports loading legacy '.h5' or '.hdf5' files. Received: {filepath}")
    if objects_to_skip is not None and ending in (".keras", *legacy.ENDINGS):
        raise ValueError(f"`objects_to_skip` only supports loading '.weights.h5' files. Received: {filepath}")
    _check_built(model, "You are loading weights into")
    ignored = objects_to_skip or ()
    if ending == shards.ENDING:
        with shards.ShardedReader(filepath) as reader:
            return load_state(model, reader, skip_mismatch, ignored)
    data = unpack(filepath, WEIGHTS)[0] if ending == ".keras" else _read(filepath)
    if ending in legacy.ENDINGS:
        return legacy.load_weights(model, data, bool(by_name), skip_mismatch)
    if ending == tensors.ENDING:
        return tensors.load_tensors(model, data, skip_mismatch, ignored)
    with Reader(data) as weights:
        load_state(model, weights, skip_mismatch, ignored)


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


def _check_arguments(filepath: Any, arguments: dict[str, Any]) -> bool:
    """Whether an optimizer is to be saved; earlier versions' save_format may say what the name does.

    Raises:
        ValueError: what `save_model` does not take.
    """
    include_optimizer = bool(arguments.pop("include_optimizer", True))
    save_format = arguments.pop("save_format", None)
    if save_format and not str(filepath).endswith((".keras", *legacy.ENDINGS)):
        raise ValueError(
            "The `save_format` argument is deprecated: a filename that ends in `.keras` or `.h5` says the format. "
            f"Received: {save_format=}, {filepath=}"
        )
    if arguments:
        raise ValueError(f"The following argument(s) are not supported: {list(arguments)}")
    return include_optimizer


def _check_built(model: Any, doing: str) -> None:
    """Raises a ValueError where a model has no weights yet that could be saved or loaded."""
    if not model.built:
        raise ValueError(
            f"{doing} a model that has not yet been built: call model '{model.name}' on data, or build it, first"
        )


def _parts(model: Any) -> tuple[str, memoryview, dict[str, bytes]]:
    """The configuration, the weights, and the files of layers."""
    from nnfast.saving.assets import collect_assets

    with shared_objects():
        return to_json(model), _weights(model), collect_assets(model)


def _path_of_map(filepath: Path) -> Path:
    from pathlib import PurePath  # takes time

    path = PurePath(filepath)
    if path.suffix == ".json":
        return path
    renamed = path.with_suffix(".json")
    warnings.warn(
        f"Saving sharded weights requires `*.json` as the extension. The original path: {path} will be renamed to "
        f"{renamed}.",
        stacklevel=users_line(),
    )
    return renamed


def _read(filepath: Path) -> bytes:
    if not os.path.isfile(filepath):
        raise ValueError(f"File not found: filepath={filepath}")
    with open(filepath, "rb") as file:
        return file.read()


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
