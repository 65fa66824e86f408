"""RemoteMonitor: the logs of each epoch, sent to a server."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np

from nnfast.callbacks.callback import Callback, Logs


class RemoteMonitor(Callback):
    """Posts the number and the logs of each epoch to `root + path`, by the package requests. What can't be reached is
    a warning.

    Args:
        root: the server's address; default "http://localhost:9000".
        path: where on the server; default "/publish/epoch/end/".
        field: the field of the form that holds them as JSON; default "data".
        headers: HTTP headers; default None.
        send_as_json: whether they are sent as JSON rather than in a form; default False.

    >>> RemoteMonitor("http://localhost:1").on_epoch_end(0, {"loss": 1.0})  # doctest: +SKIP
    """

    def __init__(
        self,
        root: str = "http://localhost:9000",
        path: str = "/publish/epoch/end/",
        field: str = "data",
        headers: Mapping[str, str] | None = None,
        send_as_json: bool = False,
    ) -> None:
        self.root = root
        self.path = path
        self.field = field
        self.headers = headers
        self.send_as_json = send_as_json

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        try:
            import requests
        except ImportError:
            raise ImportError("RemoteMonitor requires the `requests` library: pip install requests") from None
        sent: dict[str, Any] = {"epoch": epoch, **{name: _plain(value) for name, value in (logs or {}).items()}}
        where = self.root + self.path
        try:
            if self.send_as_json:
                requests.post(where, json=sent, headers=self.headers)
            else:
                requests.post(where, {self.field: json.dumps(sent)}, headers=self.headers)
        except requests.exceptions.RequestException:
            warnings.warn(f"Could not reach RemoteMonitor root server at {self.root}", stacklevel=2)


def _plain(value: object) -> object:
    return value.item() if isinstance(value, np.ndarray | np.generic) else value
