"""Keras's other names for what prepares data."""

from nnfast.preprocessing import sequence
from nnfast.utils.text_files import text_dataset_from_directory

__all__ = ["sequence", "text_dataset_from_directory"]
