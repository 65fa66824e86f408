"""Finding and downloading data set files, against a small server on this machine."""

from __future__ import annotations

import gc
import hashlib
import os
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from nnfast.datasets import DatasetCorrupt, DatasetUnavailable, files

# A download that breaks off leaves requests' socket to the garbage collector; `home` runs it before the test ends.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")

CONTENT = b"0123456789" * 50_000


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty home, so that no test sees the machine's own data."""
    for name in ("NNFAST_DATA_DIR", "NNFAST_HOME", "XDG_CACHE_HOME", "KERAS_HOME", "http_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    yield tmp_path
    gc.collect()


@pytest.fixture
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a folder on a web server that holds CONTENT as digits.npz."""
    folder = tmp_path_factory.mktemp("server")
    (folder / "digits.npz").write_bytes(CONTENT)

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def source(address: str) -> files.Source:
    return files.Source(f"{address}/digits.npz", f"sha256:{hashlib.sha256(CONTENT).hexdigest()}")


def put(folder: Path, text: str) -> str:
    """Puts a file into a folder and returns its path."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "digits.npz").write_text(text)
    return str(folder / "digits.npz")


def test_folders_are_searched_in_order(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert files.locate("digits.npz") is None
    monkeypatch.setattr(files, "SYSTEM_FOLDER", str(home / "share"))
    system = put(home / "share", "Debian's")
    assert files.locate("digits.npz") == system
    keras = put(home / ".keras" / "datasets", "Keras's")
    assert files.locate("digits.npz") == keras
    own = put(home / ".cache" / "nnfast" / "datasets", "nnfast's")
    assert files.locate("digits.npz") == own
    chosen = put(home / "chosen", "the user's")
    monkeypatch.setenv("NNFAST_DATA_DIR", str(home / "chosen"))
    assert files.locate("digits.npz") == chosen


def test_folders_can_be_moved(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "xdg"))
    assert files.cache_folder() == f"{home}/xdg/nnfast/datasets"
    monkeypatch.setenv("NNFAST_HOME", "~/elsewhere")
    assert files.cache_folder() == f"{home}/elsewhere/datasets"
    monkeypatch.setenv("KERAS_HOME", str(home / "keras"))
    assert files.search_folders() == [f"{home}/elsewhere/datasets", f"{home}/keras/datasets", "/usr/share/datasets"]


def test_an_absolute_path_is_taken_as_it_is(home: Path) -> None:
    path = put(home / "somewhere", "digits")
    assert files.locate(path) == path
    assert files.locate(home / "somewhere" / "missing.npz") is None


def test_a_found_file_is_not_downloaded(home: Path) -> None:
    path = put(home / ".keras" / "datasets", "any content")
    assert files.locate_or_download("digits.npz", files.Source("http://127.0.0.1:9/", "sha256:" + "0" * 64)) == path


def test_a_missing_file_is_downloaded_into_the_cache_once(
    home: Path, address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = files.locate_or_download("digits.npz", source(address))
    assert path == f"{home}/.cache/nnfast/datasets/digits.npz"
    assert Path(path).read_bytes() == CONTENT
    assert capsys.readouterr().err == "Downloading digits.npz (0.5 MB)\n"
    assert files.locate_or_download("digits.npz", source("http://127.0.0.1:9")) == path


def test_the_progress_line_is_live_on_a_terminal(
    home: Path, address: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    files.locate_or_download("digits.npz", source(address))
    shown = capsys.readouterr().err
    assert shown.startswith("\rDownloading digits.npz (0.5 MB):  13 %\r")
    assert shown.endswith("100 %\n")


def test_a_wrong_checksum_leaves_nothing_behind(home: Path, address: str) -> None:
    wrong = files.Source(f"{address}/digits.npz", "sha256:" + "0" * 64)
    with pytest.raises(DatasetCorrupt, match=f"{address}/digits.npz is not the expected digits.npz"):
        files.locate_or_download("digits.npz", wrong)
    assert os.listdir(files.cache_folder()) == []


def test_an_interrupted_download_leaves_nothing_behind(
    home: Path, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(self: object, count: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(files._DownloadProgress, "update", interrupt)
    with pytest.raises(KeyboardInterrupt):
        files.locate_or_download("digits.npz", source(address))
    assert os.listdir(files.cache_folder()) == []


@pytest.mark.parametrize("where", ["no server", "no file"])
def test_unavailable_names_the_file_the_folders_and_the_address(home: Path, address: str, where: str) -> None:
    wanted = "http://127.0.0.1:9/digits.npz" if where == "no server" else f"{address}/missing.npz"
    with pytest.raises(DatasetUnavailable) as raised:
        files.locate_or_download("digits.npz", files.Source(wanted, "sha256:" + "0" * 64))
    message = str(raised.value)
    for part in ["digits.npz", wanted, "NNFAST_DATA_DIR", *files.search_folders()]:
        assert part in message
    assert isinstance(raised.value, FileNotFoundError)


def test_a_cache_that_cannot_be_written_is_unavailable(
    home: Path, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "file").write_text("not a folder")
    monkeypatch.setenv("NNFAST_HOME", str(home / "file"))
    with pytest.raises(DatasetUnavailable, match=r"file/datasets/digits\.npz"):
        files.locate_or_download("digits.npz", source(address))
