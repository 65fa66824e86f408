"""Models made of what a file says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from nnfast.layers.stored import weights_at_most
from nnfast.saving.store import Reader
from nnfast.utils.objects import deserialize_keras_object
from nnfast.utils.registry import shared_objects


def model_of(
    describe: Callable[[], Any],
    reader: Reader,
    source: Any,
    safe_mode: bool,
    custom_objects: Mapping[str, Any] | None = None,
) -> Any:
    """A model as a file describes it, with new weights, of which there are no more than the file has.

    Args:
        describe: returns the configuration.
        reader: the file's weights.
        source: what the file is called in errors.
        safe_mode: False runs the code of lambdas.
        custom_objects: classes and functions by name, looked up first.

    Raises:
        ValueError: what describes no model.
        TypeError: a class or function that is not known.
    """
    try:
        config = describe()
        if not isinstance(config, dict) or "class_name" not in config:
            raise ValueError(f"Expected the configuration of a model in {source}, got {str(config)[:80]}")
        with shared_objects(), weights_at_most(reader.elements()):
            model = deserialize_keras_object(config, custom_objects, safe_mode)
    except (KeyError, AttributeError, IndexError, RecursionError, OverflowError) as error:
        raise ValueError(f"The configuration in {source} makes no model: {error!r}") from error
    if not hasattr(model, "load_weights"):
        raise ValueError(f"Expected a model in {source}, got {model!r}")
    return model
