"""Small helpers around training: one-hot labels, vectors of length 1, sequences of one length, seeds, sessions."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from nnfast.config import disable_interactive_logging, enable_interactive_logging, is_interactive_logging_enabled
from nnfast.utils.batches import pack_x_y_sample_weight, unpack_x_y_sample_weight
from nnfast.utils.diagram import get_source_inputs, model_to_dot, plot_model
from nnfast.utils.get_file import get_file
from nnfast.utils.numerical import normalize, to_categorical
from nnfast.utils.objects import deserialize_keras_object, serialize_keras_object
from nnfast.utils.pictures import plot_history, plot_predictions
from nnfast.utils.progbar import Progbar
from nnfast.utils.py_dataset import PyDataset
from nnfast.utils.py_dataset import PyDataset as Sequence
from nnfast.utils.registry import custom_objects_in_scope as custom_object_scope
from nnfast.utils.registry import find_registered as get_registered_object
from nnfast.utils.registry import get_custom_objects
from nnfast.utils.registry import register as register_keras_serializable
from nnfast.utils.registry import registered_name as get_registered_name
from nnfast.utils.sequences import pad_sequences
from nnfast.utils.session import clear_session, set_random_seed
from nnfast.utils.splitting import split_dataset
from nnfast.utils.types import is_keras_tensor, standardize_dtype

CustomObjectScope = custom_object_scope

__all__ = [
    "Config",
    "CustomObjectScope",
    "Progbar",
    "PyDataset",
    "Sequence",
    "clear_session",
    "custom_object_scope",
    "deserialize_keras_object",
    "disable_interactive_logging",
    "enable_interactive_logging",
    "get_custom_objects",
    "get_file",
    "get_registered_name",
    "get_registered_object",
    "get_source_inputs",
    "is_interactive_logging_enabled",
    "is_keras_tensor",
    "model_to_dot",
    "normalize",
    "pack_x_y_sample_weight",
    "pad_sequences",
    "plot_history",
    "plot_model",
    "plot_predictions",
    "register_keras_serializable",
    "serialize_keras_object",
    "set_random_seed",
    "split_dataset",
    "standardize_dtype",
    "text_dataset_from_directory",
    "timeseries_dataset_from_array",
    "to_categorical",
    "unpack_x_y_sample_weight",
]


_LATER = {
    "Config": "settings",
    "text_dataset_from_directory": "text_files",
    "timeseries_dataset_from_array": "windows",
}


def __getattr__(name: str) -> Any:
    """What few programmes ask for."""
    if name in _LATER:
        return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
