"""RemoteMonitor: what it sends, to a server of the test's own."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs

import numpy as np
import pytest

from nnfast.callbacks import RemoteMonitor

pytest.importorskip("requests")


@pytest.fixture
def server() -> Iterator[Any]:
    """A server that keeps what it is sent."""

    class Keeps(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            kept.append((self.path, self.headers["Content-Type"], self.headers["X-Key"], body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *arguments: Any) -> None: ...

    kept: list[Any] = []
    running = HTTPServer(("127.0.0.1", 0), Keeps)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{running.server_port}", kept
    running.shutdown()
    running.server_close()


LOGS = {"loss": np.float32(0.5), "accuracy": np.array(0.25), "rate": 2}
SENT = {"epoch": 3, "loss": 0.5, "accuracy": 0.25, "rate": 2}


def test_logs_are_sent_in_a_form_or_as_json(server: Any) -> None:
    root, kept = server
    RemoteMonitor(root, path="/here", field="mine", headers={"X-Key": "abc"}).on_epoch_end(3, LOGS)
    RemoteMonitor(root, send_as_json=True).on_epoch_end(3, LOGS)
    (path, _, key, form), (default, kind, _, body) = kept
    assert path == "/here" and key == "abc" and json.loads(parse_qs(form)["mine"][0]) == SENT
    assert default == "/publish/epoch/end/" and kind == "application/json" and json.loads(body) == SENT


def test_a_server_that_is_not_there_is_a_warning() -> None:
    with pytest.warns(UserWarning, match="Could not reach"):
        RemoteMonitor("http://127.0.0.1:9").on_epoch_end(0, {})
