"""split_dataset, Progbar and get_file."""

from __future__ import annotations

import copy
import hashlib
import io
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from oracle import keras

import nnfast
from nnfast import utils
from nnfast.utils import Progbar, get_file, progbar, split_dataset

CONTENT = b"some bytes" * 1000
MD5, SHA256 = hashlib.md5(CONTENT).hexdigest(), hashlib.sha256(CONTENT).hexdigest()


@pytest.mark.parametrize(
    "sizes",
    [
        dict(left_size=0.75),
        dict(right_size=0.25),
        dict(left_size=3),
        dict(left_size=2, right_size=3),
        dict(right_size=6),
    ],
)
def test_split_sizes(sizes: dict[str, Any]) -> None:
    x, y = np.arange(20).reshape(10, 2), np.arange(10)
    left, right = split_dataset((x, y), **sizes)
    assert type(left) is tuple and np.shares_memory(left[0], x)
    count = sizes.get("left_size", 0.75 if sizes.get("right_size") == 0.25 else 4)
    count = round(count * 10) if isinstance(count, float) else count
    assert left[1].tolist() == [*range(count)] and right[0][-1].tolist() == [18, 19]
    assert len(right[1]) == sizes.get("right_size", 10 - count) or sizes.get("right_size") == 0.25


def test_split_after_a_shuffle() -> None:
    data = {"x": np.arange(50), "y": np.arange(50) * 2}
    left, right = split_dataset(data, left_size=0.5, shuffle=True, seed=3)
    again, _ = split_dataset(data, left_size=0.5, shuffle=True, seed=3)
    assert sorted([*left["x"], *right["x"]]) == [*range(50)] and left["x"].tolist() == again["x"].tolist()
    assert left["x"].tolist() != [*range(25)] and (left["y"] == 2 * left["x"]).all()


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (dict(), ValueError),
        (dict(left_size=1.5), ValueError),
        (dict(left_size=-1), ValueError),
        (dict(left_size=11), ValueError),
        (dict(left_size=0.7, right_size=0.7), ValueError),
        (dict(left_size="half"), TypeError),
        (dict(left_size=10), ValueError),
    ],
)
def test_split_mistakes(arguments: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        split_dataset(np.arange(10), **arguments)
    with pytest.raises(ValueError, match="same number of samples"):
        split_dataset([np.arange(3), np.arange(4)], left_size=1)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    now = 0.0

    def perf_counter(self) -> float:
        return self.now


def test_progbar(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    monkeypatch.setattr(progbar, "time", clock)
    terminal = Terminal()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", terminal)
        bar = Progbar(4, width=8, stateful_metrics=["last"])
        for step in range(1, 5):
            clock.now += 0.5
            bar.add(1, [("loss", float(step)), ("last", float(step))])
    frames = terminal.getvalue().split("\r")[1:]
    assert len(frames) == 4 and frames[-1].endswith("\n")
    assert "2/4" in frames[1] and " 500ms/step - loss: 1.5000 - last: 2.0000" in frames[1]
    bar = Progbar(None, verbose=1)
    bar.update(1, [("loss", 1.0)])
    clock.now += 2
    bar.update(2, [("loss", 3.0)], finalize=True)
    assert capsys.readouterr().out == "2/Unknown - 2s - 1s/step - loss: 2.0000\n"
    Progbar(1, verbose=0).update(1)
    assert capsys.readouterr().out == ""
    for library in (Progbar, keras.utils.Progbar):
        with pytest.raises(ValueError, match="Only one of `stateful_metrics` or `stateless_metrics`"):
            library(1, stateful_metrics=[], stateless_metrics=[])


@pytest.fixture
def origin(tmp_path: Path) -> str:
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "data.bin").write_bytes(CONTENT)
    return (tmp_path / "there" / "data.bin").as_uri()


def test_get_file(origin: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    here = tmp_path / "here"
    path = get_file(origin=origin, cache_dir=here, file_hash=SHA256)
    assert path == str(here / "datasets" / "data.bin") and Path(path).read_bytes() == CONTENT
    assert "Downloading data from file://" in capsys.readouterr().out
    (tmp_path / "there" / "data.bin").unlink()
    assert get_file(origin=origin, cache_dir=here, md5_hash=MD5) == path
    assert capsys.readouterr().out == ""
    with pytest.raises(OSError, match="URL fetch failure on file://"):
        get_file(origin=origin, cache_dir=here, force_download=True)
    assert Path(path).read_bytes() == CONTENT
    Path(path).write_bytes(b"damaged")
    (tmp_path / "there" / "data.bin").write_bytes(CONTENT)
    assert Path(get_file(origin=origin, cache_dir=here, file_hash=MD5)).read_bytes() == CONTENT
    assert get_file("mine.bin", origin, cache_subdir="other", cache_dir=here) == str(here / "other" / "mine.bin")


def test_get_file_keeps_nothing_that_is_not_as_expected(origin: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="file hash does not match the provided value"):
        get_file(origin=origin, cache_dir=tmp_path, file_hash="0" * 64)
    assert [*(tmp_path / "datasets").iterdir()] == []


def test_get_file_extracts(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("text")
    with tarfile.open(tmp_path / "archive.tar.gz", "w:gz") as tar:
        tar.add(tmp_path / "a.txt", "inside/a.txt")
    with zipfile.ZipFile(tmp_path / "archive.zip", "w") as zipped:
        zipped.write(tmp_path / "a.txt", "inside/a.txt")
    for name, given, found in (
        ("archive.tar.gz", None, "archive.tar.gz"),
        ("archive.zip", "mine.zip", "mine_extracted"),
        ("archive.zip", "folder", "folder"),
    ):
        path = get_file(given, (tmp_path / name).as_uri(), extract=True, cache_dir=tmp_path)
        assert path == str(tmp_path / "datasets" / found)
        assert (Path(path) / "inside" / "a.txt").read_text() == "text"
    with pytest.raises(ValueError, match="expects an archive of format tar to extract"):
        get_file("other", (tmp_path / "archive.zip").as_uri(), extract=True, archive_format="tar", cache_dir=tmp_path)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (dict(), 'Please specify the "origin" argument'),
        (dict(origin="https://example.org/"), "Can't parse the file name"),
        (dict(fname="a/b", origin="file:///c"), "Paths are no longer accepted"),
    ],
)
def test_get_file_mistakes_have_keras_words(arguments: dict[str, Any], message: str) -> None:
    for function in (get_file, keras.utils.get_file):
        with pytest.raises(ValueError, match=message):
            function(**arguments)


def windows(**arguments: Any) -> list[tuple[Any, Any]]:
    made = utils.timeseries_dataset_from_array(np.arange(20), np.arange(20) * 10, 4, **arguments)
    assert len(list(made)) == len(made)
    return [(inputs.tolist(), targets.tolist()) for inputs, targets in made]


def test_windows_of_a_series() -> None:
    assert windows()[0][0][1] == [1, 2, 3, 4] and len(windows()[0][0]) == 17
    (inputs, targets), (_, last) = windows(sequence_stride=3, sampling_rate=2, batch_size=3)
    assert inputs == [[0, 2, 4, 6], [3, 5, 7, 9], [6, 8, 10, 12]] and targets == [0, 30, 60] and last == [90, 120]
    ((inputs, targets),) = windows(start_index=10, end_index=15)
    assert inputs == [[10, 11, 12, 13], [11, 12, 13, 14]] and targets == [100, 110]
    assert windows(batch_size=None)[2] == ([2, 3, 4, 5], 20)
    alone = utils.timeseries_dataset_from_array(np.ones((9, 2)), None, 3)
    assert [batch.shape for batch in alone] == [(7, 3, 2)]


def test_windows_in_another_order_each_epoch() -> None:
    dataset = utils.timeseries_dataset_from_array(np.arange(20), np.arange(20), 4, shuffle=True, seed=1, batch_size=5)
    orders = []
    for _ in range(2):
        targets = [start for _, starts in dataset for start in starts]
        assert sorted(targets) == list(range(17)) and all(inputs[0, 0] == starts[0] for inputs, starts in dataset)
        orders.append(targets)
        dataset.on_epoch_end()
    assert orders[0] != orders[1] != list(range(17))


def test_a_fit_on_windows() -> None:
    series = np.sin(np.arange(300) / 5).astype("float32")
    dataset = utils.timeseries_dataset_from_array(series[:-8], series[8:], 8, batch_size=32, shuffle=True, seed=0)
    model = nnfast.Sequential([nnfast.layers.Dense(1)])
    model.compile("adam", "mse")
    history = model.fit(dataset, epochs=20, verbose=0).history["loss"]
    assert history[-1] < 0.5 * history[0]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"start_index": -1}, "`start_index` must be 0 or greater"),
        ({"start_index": 20}, "`start_index` must be lower"),
        ({"start_index": 5, "end_index": 4}, "`end_index` must be higher"),
        ({"end_index": 20}, "`end_index` must be lower"),
        ({"end_index": -1}, "`end_index` must be higher than 0"),
        ({"sampling_rate": 0}, "`sampling_rate` must be higher than 0"),
        ({"sampling_rate": 20}, "`sampling_rate` must be lower"),
        ({"sequence_stride": 0}, "`sequence_stride` must be higher than 0"),
        ({"sequence_stride": 20}, "`sequence_stride` must be lower"),
        ({"format": "torch"}, "`format` should be either"),
    ],
)
def test_what_windows_refuse(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        windows(**arguments)


def test_config() -> None:
    config = utils.Config(a=1, b={"c": 2})
    config.d, config["e"] = 4, 5
    assert config.a == config["a"] == 1 and config.get("f", 6) == 6 and len(config) == 4 and "d" in config
    assert list(config) == list(config.keys()) == ["a", "b", "d", "e"] and config.pop("e") == 5
    assert config.as_dict() == {"a": 1, "b": {"c": 2}, "d": 4} and repr(config) == f"<Config {config.as_dict()}>"
    with pytest.raises(AttributeError, match=r"Unknown attribute: 'alphas'\. Did you mean 'alpha'\?"):
        utils.Config(alpha=1).alphas  # noqa: B018
    config.freeze()
    assert config.frozen
    for change in (lambda: config.update(a=2), lambda: config.pop("a"), lambda: setattr(config, "z", 1)):
        with pytest.raises(ValueError, match="is frozen"):
            change()
    config.unfreeze()
    config.update(a=2)
    del config["b"]
    assert dict(config.items()) == {"a": 2, "d": 4} and sorted(config.values()) == [2, 4]
    assert copy.deepcopy(config).as_dict() == config.as_dict()
