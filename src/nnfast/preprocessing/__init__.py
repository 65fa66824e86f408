"""Keras's other names for what prepares data."""

from typing import Any

from nnfast import utils
from nnfast.preprocessing import sequence

__all__ = ["sequence", "text_dataset_from_directory", "timeseries_dataset_from_array"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return getattr(utils, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
