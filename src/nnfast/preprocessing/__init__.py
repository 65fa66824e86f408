"""Keras's other names for what prepares data."""

from nnfast.preprocessing import sequence

__all__ = ["sequence"]
