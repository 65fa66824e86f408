"""Models, and what they are made of, in files and in plain Python values: Keras's formats, both ways.

store.py knows HDF5, shards.py several such files, archive.py zips, state.py where the variables of an object belong;
models.py puts them together, legacy.py in the form of earlier versions of Keras, and tensors.py by the weights' paths.
What configurations look like, utils/objects.py and utils/registry.py say. h5py is imported when a file is.
export.py writes what a model predicts, for other runtimes.
"""

from __future__ import annotations

from nnfast.saving.models import load_model, load_weights, model_from_json, save_model, save_weights
from nnfast.utils.objects import deserialize_keras_object, serialize_keras_object
from nnfast.utils.registry import custom_objects_in_scope as custom_object_scope
from nnfast.utils.registry import find_registered as get_registered_object
from nnfast.utils.registry import get_custom_objects
from nnfast.utils.registry import register as register_keras_serializable
from nnfast.utils.registry import registered_name as get_registered_name

CustomObjectScope = custom_object_scope

__all__ = [
    "CustomObjectScope",
    "custom_object_scope",
    "deserialize_keras_object",
    "get_custom_objects",
    "get_registered_name",
    "get_registered_object",
    "load_model",
    "load_weights",
    "model_from_json",
    "register_keras_serializable",
    "save_model",
    "save_weights",
    "serialize_keras_object",
]
