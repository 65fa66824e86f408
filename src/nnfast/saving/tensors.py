"""`.safetensors` files of weights, without the optimizer: each stands under its variable's `path`.

Paths are what `get_state_tree` nests its values by, in nnfast and in Keras alike: "dense/kernel", and with the model's
own name before in a Sequential, "sequential/dense/kernel". So who wants to find weights again gives names to layers and
to such models: the names that are made for want of others count up.
"""

from __future__ import annotations

import warnings
from collections.abc import Collection
from typing import Any

import numpy as np

from nnfast.graph import Variable, dtypes
from nnfast.utils.tracebacks import users_line

ENDING = ".safetensors"

# The format's names of element types that variables may be kept in.
_DTYPES = {
    "BOOL": "bool",
    "U8": "uint8",
    "I8": "int8",
    "U16": "uint16",
    "I16": "int16",
    "U32": "uint32",
    "I32": "int32",
    "U64": "uint64",
    "I64": "int64",
    "F16": "float16",
    "BF16": "bfloat16",
    "F32": "float32",
    "F64": "float64",
}


def _safetensors() -> Any:
    try:
        import safetensors.numpy
    except ImportError:
        raise ImportError(
            "`.safetensors` files need the package safetensors: pip install 'nnfast[safetensors]'"
        ) from None
    return safetensors


def pack_tensors(model: Any, ignored: Collection[Any] = ()) -> bytes:
    """The bytes of a file with the weights of a model, but for those of objects that are ignored.

    Raises:
        ImportError: safetensors is not installed.
        ValueError: two weights of one path.
    """
    found = {path: np.array(variable.numpy()) for path, variable in _by_path(model, ignored).items()}
    data: bytes = _safetensors().numpy.save(found, {"format": "np"})
    return data


def load_tensors(model: Any, data: bytes, skip_mismatch: bool = False, ignored: Collection[Any] = ()) -> None:
    """Set the weights of a model from the bytes of a file. One that does not fit changes nothing.

    Args:
        model: a model that is built.
        data: the file.
        skip_mismatch: whether weights that are missing or of other shapes are left as they are, with a warning, and
            names that the model does not have are passed over; default False.
        ignored: layers that are left as they are.

    Raises:
        ImportError: safetensors is not installed.
        ValueError: a file that is damaged, weights that do not fit; two weights of one path.
    """
    variables, skipped = _by_path(model, ignored), set(_by_path(model)) - set(_by_path(model, ignored))
    try:
        values = {name: _array(view) for name, view in _safetensors().deserialize(data)}
    except ImportError:
        raise
    except Exception as error:  # safetensors has one of its own, which derives from nothing else
        raise ValueError(f"Expected a `.safetensors` file, got one that can't be read: {error}") from None
    reasons = [f"{name}, which the model does not have" for name in values.keys() - variables.keys() - skipped]
    pairs = []
    for path, variable in variables.items():
        if path not in values:
            reasons.append(f"{path}, which the file does not have")
        elif tuple(variable.shape) != values[path].shape:
            reasons.append(f"{path}, which expects shape {variable.shape}: the file has {values[path].shape}")
        else:
            pairs.append((variable, values[path]))
    if reasons:
        told = f"A total of {len(reasons)} weights could not be loaded, such as {min(reasons)}"
        if not skip_mismatch:
            raise ValueError(told)
        warnings.warn(told, stacklevel=users_line())
    for variable, value in pairs:
        variable.assign(value)


def _by_path(model: Any, ignored: Collection[Any] = ()) -> dict[str, Variable]:
    left_out = {id(variable) for item in ignored for variable in item.variables}
    found: dict[str, Variable] = {}
    for variable in model.weights:
        if found.setdefault(variable.path, variable) is not variable:
            raise ValueError(f"Two weights of the model have the path {variable.path!r}: give layers other names")
    return {path: variable for path, variable in found.items() if id(variable) not in left_out}


def _array(view: Any) -> Any:
    if view["dtype"] not in _DTYPES:
        raise ValueError(f"expected weights of one of {', '.join(_DTYPES)}, got {view['dtype']}")
    return np.frombuffer(view["data"], dtypes.standardize(_DTYPES[view["dtype"]])).reshape(view["shape"])
