"""CallbackList: many callbacks, called as one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal, NamedTuple

from nnfast.callbacks.callback import Callback, Logs
from nnfast.callbacks.history import History

Phase = Literal["train", "test", "predict"]
Hook = Callable[..., None]


def python_logs(logs: Mapping[str, Any]) -> Logs:
    """Logs under sorted names, with Python floats for all that is a number.

    >>> import numpy as np
    >>> python_logs({"loss": np.float32(0.5), "accuracy": 1})
    {'accuracy': 1.0, 'loss': 0.5}
    """
    return {name: _as_float(value) for name, value in sorted(logs.items())}


def _as_float(value: Any) -> Any:
    try:
        return float(value)
    except (TypeError, ValueError):
        return value


def _call_all(hook: str) -> Hook:
    """A method that calls `hook` of all callbacks."""

    def call(self: CallbackList, logs: Logs | None = None) -> None:
        logs = python_logs(logs or {})  # one dictionary for all: what a callback adds, the next ones see
        for callback in self.callbacks:
            getattr(callback, hook)(logs)

    return call


def _call_all_with_number(hook: str) -> Hook:
    """The same for a hook of an epoch or a batch, whose number it is told."""

    def call(self: CallbackList, number: int, logs: Logs | None = None) -> None:
        logs = python_logs(logs or {})
        for callback in self.callbacks:
            getattr(callback, hook)(number, logs)

    return call


class BatchHooks(NamedTuple):
    """The hooks of single batches that some callback defines, for one phase."""

    begin: list[Hook]
    end: list[Hook]
    every_batch: bool  # whether one of them wants every batch, not just some


class CallbackList:
    """Calls each hook of many callbacks, in their order, as `fit`, `evaluate` and `predict` do.

    Args:
        callbacks: None, a callback, or callbacks in lists and tuples; default None.
        add_history: whether to add a History where there is none; default False.
        model: what the callbacks get as `model`.
        **params: what they get as `params`.

    Raises:
        TypeError: something in `callbacks` is not a callback.

    >>> class Announce(Callback):
    ...     def on_epoch_begin(self, epoch, logs=None):
    ...         print("epoch", epoch)
    >>> CallbackList([Announce(), Announce()]).on_epoch_begin(3)
    epoch 3
    epoch 3
    """

    def __init__(self, callbacks: Any = None, add_history: bool = False, model: Any = None, **params: Any) -> None:
        self.callbacks = list(_flatten(callbacks))
        if add_history and self.history is None:
            self.callbacks.append(History())
        self.params: dict[str, Any] = {}
        self.model: Any = None
        self.set_model(model)
        self.set_params(params)

    @property
    def history(self) -> History | None:
        """The first History among the callbacks; None without one."""
        return next((callback for callback in self.callbacks if isinstance(callback, History)), None)

    def append(self, callback: Callback) -> None:
        """Add a callback at the end."""
        self.callbacks.append(callback)
        callback.set_model(self.model)
        callback.set_params(self.params)

    def set_params(self, params: dict[str, Any]) -> None:
        """Give all callbacks their `params`."""
        self.params = params
        for callback in self.callbacks:
            callback.set_params(params)

    def set_model(self, model: Any) -> None:
        """Give all callbacks their `model`, and the model its `history`."""
        self.model = model
        if model is not None and self.history is not None:
            model.history = self.history
        for callback in self.callbacks:
            callback.set_model(model)

    def batch_hooks(self, phase: Phase) -> BatchHooks:
        """The hooks of single batches that some callback defines, so that nobody is called who does not listen."""
        hooks: dict[str, list[Hook]] = {"begin": [], "end": []}
        every_batch = False
        for callback in self.callbacks:
            if not getattr(callback, "hears_batches", True):
                continue
            for moment, listening in hooks.items():
                name = f"on_{phase}_batch_{moment}"
                if _defines(callback, name) or (phase == "train" and _defines(callback, f"on_batch_{moment}")):
                    listening.append(getattr(callback, name))
                    every_batch |= getattr(callback, "every_batch", True)
        return BatchHooks(**hooks, every_batch=every_batch)

    on_train_begin = _call_all("on_train_begin")
    on_train_end = _call_all("on_train_end")
    on_epoch_begin = _call_all_with_number("on_epoch_begin")
    on_epoch_end = _call_all_with_number("on_epoch_end")
    on_test_begin = _call_all("on_test_begin")
    on_test_end = _call_all("on_test_end")
    on_predict_begin = _call_all("on_predict_begin")
    on_predict_end = _call_all("on_predict_end")

    on_train_batch_begin = _call_all_with_number("on_train_batch_begin")
    on_train_batch_end = _call_all_with_number("on_train_batch_end")
    on_batch_begin = _call_all_with_number("on_batch_begin")
    on_batch_end = _call_all_with_number("on_batch_end")
    on_test_batch_begin = _call_all_with_number("on_test_batch_begin")
    on_test_batch_end = _call_all_with_number("on_test_batch_end")
    on_predict_batch_begin = _call_all_with_number("on_predict_batch_begin")
    on_predict_batch_end = _call_all_with_number("on_predict_batch_end")


def _flatten(callbacks: Any) -> Iterator[Callback]:
    """The callbacks in lists and tuples, in order."""
    if callbacks is None:
        return
    if isinstance(callbacks, list | tuple):
        for inner in callbacks:
            yield from _flatten(inner)
    elif isinstance(callbacks, type) or not hasattr(callbacks, "set_model"):
        raise TypeError(f"callbacks expects Callback objects, got {callbacks!r}")
    else:
        yield callbacks


def _defines(callback: Any, hook: str) -> bool:
    """Whether a callback has a hook of its own, as a method or as an attribute."""
    found = getattr(callback, hook, None)
    return found is not None and getattr(found, "__func__", found) is not getattr(Callback, hook)
