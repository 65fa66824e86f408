"""Callbacks: code of the user's that runs at set points of fit, evaluate and predict."""

from __future__ import annotations

from nnfast.callbacks.callback import Callback
from nnfast.callbacks.callback_list import CallbackList
from nnfast.callbacks.history import History

__all__ = ["Callback", "CallbackList", "History"]
