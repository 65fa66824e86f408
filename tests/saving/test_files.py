"""Files: written as a whole or not at all, refused where they are damaged or hostile, read with what they need."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from oracle import keras

import nnfast
from nnfast import callbacks, layers, saving

X = np.random.default_rng(0).normal(size=(20, 4)).astype("float32")
Y = X[:, :2]


def model(units: int = 3) -> nnfast.Model:
    made = nnfast.Sequential([nnfast.Input((4,)), layers.Dense(units, "relu"), layers.Dense(2)])
    made.compile("adam", "mse", metrics=["mae"])
    return made


def written(folder: Path, made: nnfast.Model | None = None) -> Path:
    (made or model()).save(folder / "it.keras")
    return folder / "it.keras"


def with_config(path: Path, change: Callable[[Any], Any]) -> Path:
    """The file with another configuration."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(members["config.json"])
    members["config.json"] = json.dumps(change(config) or config).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


# What is written.


@pytest.mark.parametrize("name", ["it.keras", "it.weights.h5"])
@pytest.mark.parametrize("fails", ["replace", "fsync"])
def test_a_save_that_fails_leaves_the_old_file(
    name: str, fails: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / name
    save = model().save if name == "it.keras" else model().save_weights
    save(path)
    before = path.read_bytes()

    def full(*arguments: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, fails, full)
    with pytest.raises(OSError, match="No space"):
        save(path)
    assert path.read_bytes() == before and os.listdir(tmp_path) == [name]


def test_overwriting_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path)
    before = path.read_bytes()
    answers = iter(["what", "n", "y"])
    monkeypatch.setattr("builtins.input", lambda question: next(answers))
    model(5).save(path, overwrite=False)
    assert path.read_bytes() == before
    model(5).save(path, overwrite=False)
    assert saving.load_model(path).layers[0].units == 5


def test_what_is_not_saved(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not yet been built"):
        nnfast.Sequential([layers.Dense(2)]).save_weights(tmp_path / "it.weights.h5")
    for call, name in ((model().save, "it.txt"), (model().save_weights, "it.h5")):
        with pytest.raises(ValueError, match=r"must end in"):
            call(tmp_path / name)
    with pytest.raises(FileNotFoundError):
        model().save(tmp_path / "nowhere" / "it.keras")
    assert os.listdir(tmp_path) == []


def test_a_model_without_weights_yet_is_one_when_it_is_read(tmp_path: Path) -> None:
    unbuilt = nnfast.Sequential([layers.Dense(2)])
    unbuilt.compile("adam", "mse")
    unbuilt.save(tmp_path / "it.keras")
    read = saving.load_model(tmp_path / "it.keras")
    assert not read.built
    read.fit(np.ones((4, 3)), np.ones((4, 2)), verbose=0)
    assert read.built and len(read.weights) == 2


@pytest.mark.parametrize("reader", ["nnfast", "keras"])
def test_functions_that_are_registered_are_found(tmp_path: Path, reader: str) -> None:
    def error(y_true: Any, y_pred: Any) -> Any:
        return (y_true - y_pred) ** 2

    for library in (nnfast, keras):
        library.saving.register_keras_serializable("tests")(error)
    made = nnfast.Sequential([nnfast.Input((3,)), layers.Dense(2)])
    made.compile("sgd", loss=error, metrics=[error])
    x, y = np.ones((4, 3), "float32"), np.zeros((4, 2), "float32")
    made.fit(x, y, verbose=0)
    made.save(tmp_path / "it.keras")
    read = {"nnfast": nnfast, "keras": keras}[reader].models.load_model(tmp_path / "it.keras")
    np.testing.assert_allclose(read.evaluate(x, y, verbose=0), made.evaluate(x, y, verbose=0), rtol=1e-5)


def test_layers_that_models_share_stay_shared(tmp_path: Path) -> None:
    shared = layers.Dense(4, name="shared")
    left, right = (nnfast.Sequential([nnfast.Input((4,)), shared], name=name) for name in ("left", "right"))
    inputs = nnfast.Input((4,))
    both = nnfast.Model(inputs, layers.Add()([left(inputs), right(inputs)]))
    found = saving.load_model(written(tmp_path, both))
    assert found.get_layer("left").layers[0] is found.get_layer("right").layers[0]
    assert found.count_params() == 20
    np.testing.assert_array_equal(found.predict(X, verbose=0), both.predict(X, verbose=0))


def test_json() -> None:
    described = model()
    made = nnfast.models.model_from_json(described.to_json(indent=1))
    assert made.get_config() == described.get_config() and made.get_compile_config() == described.get_compile_config()
    assert made.compiled and made.optimizer.built and not np.array_equal(made.weights[0], described.weights[0])
    with pytest.raises(ValueError, match="JSON"):
        nnfast.models.model_from_json("{")


def test_custom_objects(tmp_path: Path) -> None:
    class Scale(layers.Layer):
        def call(self, inputs: Any) -> Any:
            return inputs * 2.0

    def my_loss(y_true: Any, y_pred: Any) -> Any:
        return nnfast.ops.mean(nnfast.ops.square(y_true - y_pred), axis=-1)

    made = nnfast.Sequential([nnfast.Input((4,)), Scale(), layers.Dense(2)])
    made.compile("sgd", my_loss)
    path = written(tmp_path, made)
    with pytest.raises((TypeError, ValueError), match="Scale"):
        saving.load_model(path)
    with pytest.raises((TypeError, ValueError), match="my_loss"):
        saving.load_model(path, {"Scale": Scale})
    assert not saving.load_model(path, {"Scale": Scale}, compile=False).compiled
    found = saving.load_model(path, {"Scale": Scale, "my_loss": my_loss})
    np.testing.assert_array_equal(found.predict(X, verbose=0), made.predict(X, verbose=0))
    assert found.evaluate(X, Y, verbose=0) == made.evaluate(X, Y, verbose=0)


def test_checkpoints_and_backups_of_real_models(tmp_path: Path) -> None:
    nnfast.utils.set_random_seed(1)  # the last epoch is the best
    best, last = tmp_path / "best.keras", tmp_path / "{epoch:02d}.weights.h5"
    made = model()
    made.fit(
        X,
        Y,
        epochs=3,
        verbose=0,
        validation_split=0.2,
        callbacks=[
            callbacks.ModelCheckpoint(best, save_best_only=True),
            callbacks.ModelCheckpoint(last, save_weights_only=True, monitor="loss"),
        ],
    )
    assert sorted(os.listdir(tmp_path)) == ["01.weights.h5", "02.weights.h5", "03.weights.h5", "best.keras"]
    again = saving.load_model(best)
    assert again.optimizer.iterations.numpy() == made.optimizer.iterations.numpy()
    other = model()
    other.load_weights(tmp_path / "03.weights.h5")
    np.testing.assert_array_equal(other.predict(X, verbose=0), made.predict(X, verbose=0))


# What does not fit.


def test_weights_that_do_not_fit_change_nothing(tmp_path: Path) -> None:
    model(3).save_weights(tmp_path / "it.weights.h5")
    made = model(5)
    before = made.get_weights()
    with pytest.raises(ValueError, match="could not be loaded") as raised:
        made.load_weights(tmp_path / "it.weights.h5")
    assert "dense" in str(raised.value)
    for now, then in zip(made.get_weights(), before, strict=True):
        np.testing.assert_array_equal(now, then)
    with pytest.warns(UserWarning, match="could not be loaded"):
        made.load_weights(tmp_path / "it.weights.h5", skip_mismatch=True)


def test_layers_may_be_skipped(tmp_path: Path) -> None:
    model(3).save_weights(tmp_path / "it.weights.h5")
    made = model(3)
    before = made.get_weights()
    made.load_weights(tmp_path / "it.weights.h5", objects_to_skip=[made.layers[0]])
    np.testing.assert_array_equal(made.get_weights()[0], before[0])
    assert not np.array_equal(made.get_weights()[2], before[2])
    made.save_weights(tmp_path / "part.weights.h5", objects_to_skip=[made.optimizer])
    with h5py.File(tmp_path / "part.weights.h5") as file:
        assert set(file) == {"layers", "vars"}


# What is hostile.


def test_files_that_are_no_files(tmp_path: Path) -> None:
    (tmp_path / "text.keras").write_text("hello")
    (tmp_path / "text.weights.h5").write_text("hello")
    with zipfile.ZipFile(tmp_path / "empty.keras", "w"):
        pass
    for name, message in {
        "text.keras": "can't be read",
        "none.keras": "not found",
        "empty.keras": "config.json",
    }.items():
        with pytest.raises(ValueError, match=message):
            saving.load_model(tmp_path / name)
    for name, message in {
        "text.weights.h5": "can't be read",
        "none.weights.h5": "not found",
        "it.txt": "weights.h5",
    }.items():
        with pytest.raises(ValueError, match=message):
            model().load_weights(tmp_path / name)


def stored_elsewhere(file: h5py.File, group: h5py.Group) -> None:
    group.create_dataset("0", (4, 3), "float32", external=[("/etc/passwd", 0, 48)])


def stored_virtually(file: h5py.File, group: h5py.Group) -> None:
    layout = h5py.VirtualLayout((4, 3), "float32")
    layout[:] = h5py.VirtualSource("/tmp/other.h5", "x", (4, 3))
    group.create_virtual_dataset("0", layout)


def linked_to_another_file(file: h5py.File, group: h5py.Group) -> None:
    group["0"] = h5py.ExternalLink("/tmp/other.h5", "/x")


def linked_within(file: h5py.File, group: h5py.Group) -> None:
    group["0"] = h5py.SoftLink("/layers/dense_1/vars/0")


def blown_up(file: h5py.File, group: h5py.Group) -> None:
    group.create_dataset("0", (2**20, 2**14), "float32", chunks=(2**10, 2**10), compression="gzip")


def of_text(file: h5py.File, group: h5py.Group) -> None:
    group["0"] = ["a", "b"]


def a_group(file: h5py.File, group: h5py.Group) -> None:
    group.create_group("0")


@pytest.mark.parametrize(
    "put", [stored_elsewhere, stored_virtually, linked_to_another_file, linked_within, blown_up, of_text, a_group]
)
def test_weights_that_are_not_in_the_file(put: Callable[..., None], tmp_path: Path) -> None:
    nnfast.utils.clear_session()
    made = model(3)
    path = tmp_path / "it.weights.h5"
    made.save_weights(path)
    with h5py.File(path, "a") as file:
        group = file["layers/dense/vars"]
        del group["0"]
        put(file, group)
    with pytest.raises(ValueError, match="Expected"):
        made.load_weights(path)


def test_an_archive_that_would_fill_the_memory(tmp_path: Path) -> None:
    path = written(tmp_path)
    with zipfile.ZipFile(path) as archive:
        weights = archive.read("model.weights.h5")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", b" " * 2**26)
        archive.writestr("model.weights.h5", weights)
    with pytest.raises(ValueError, match="made of"):
        saving.load_model(path)


def test_layers_larger_than_the_file(tmp_path: Path) -> None:
    def enlarge(config: Any) -> None:
        config["config"]["layers"][1]["config"]["units"] = 10**10

    with pytest.raises(ValueError, match="does not hold"):
        saving.load_model(with_config(written(tmp_path), enlarge))


def test_groups_that_stand_in_each_other_count_once(tmp_path: Path) -> None:
    """Sixty groups, each with two names for the next, have 2^60 paths."""
    path = written(tmp_path)
    with zipfile.ZipFile(path) as archive:
        config, weights = archive.read("config.json"), archive.read("model.weights.h5")
    (tmp_path / "it.h5").write_bytes(weights)
    with h5py.File(tmp_path / "it.h5", "a") as file:
        group = file
        for _ in range(60):
            inner = group.create_group("a")
            group["b"], group = inner, inner
        for number in range(200):  # would count as many more numbers
            file[f"again{number}"] = file["layers/dense/vars/0"]
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", config)
        archive.write(tmp_path / "it.h5", "model.weights.h5")
    assert saving.load_model(path).count_params() == model().count_params()

    def enlarge(config: Any) -> None:
        config["config"]["layers"][1]["config"]["units"] = 200

    with pytest.raises(ValueError, match="does not hold"):
        saving.load_model(with_config(path, enlarge))


def test_layers_may_be_activations(tmp_path: Path) -> None:
    made = nnfast.Sequential([nnfast.Input((4,)), layers.Dense(2, activation=layers.LeakyReLU(0.2))])
    found = saving.load_model(written(tmp_path, made))
    np.testing.assert_array_equal(found.predict(X, verbose=0), made.predict(X, verbose=0))


@pytest.mark.parametrize("depth", [1000, 100_000])
def test_configurations_that_are_too_deep(depth: int, tmp_path: Path) -> None:
    path = written(tmp_path)
    with zipfile.ZipFile(path) as archive:
        weights = archive.read("model.weights.h5")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", '{"class_name": "Sequential", "config": ' + "[" * depth + "]" * depth + "}")
        archive.writestr("model.weights.h5", weights)
    with pytest.raises((ValueError, TypeError)):
        saving.load_model(path)


def test_nothing_in_a_file_is_imported_or_run(tmp_path: Path) -> None:
    (tmp_path / "evil.py").write_text("open('ran', 'w').close()\nclass Layer: pass\ndef f(x): return x\n")
    for description in (
        {"module": "evil", "class_name": "Layer", "config": {}, "registered_name": "Layer"},
        {"module": "evil", "class_name": "function", "config": "f", "registered_name": "f"},
        {"module": "os", "class_name": "function", "config": "system", "registered_name": "system"},
    ):

        def replace(config: Any, description: Any = description) -> None:
            config["config"]["layers"][1] = description

        path = with_config(written(tmp_path), replace)
        home = str(Path(nnfast.__file__).parents[1])
        program = f"import sys; sys.path[:0] = ['.', {home!r}]; import nnfast; nnfast.saving.load_model({str(path)!r})"
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path)
        assert done.returncode == 1 and re.search("TypeError|ValueError", done.stderr), done.stderr
        assert not (tmp_path / "ran").exists()


def test_lambdas_run_where_they_are_trusted(tmp_path: Path) -> None:
    made = nnfast.Sequential([nnfast.Input((4,)), layers.Lambda(lambda x: x * 3.0)])
    path = written(tmp_path, made)
    with pytest.raises(ValueError, match="safe_mode"):
        saving.load_model(path)
    np.testing.assert_array_equal(saving.load_model(path, safe_mode=False).predict(X, verbose=0), X * 3)


@pytest.mark.parametrize("seed", [1, 2])
def test_damaged_files_are_refused(seed: int) -> None:
    program = Path(__file__).with_name("hostile.py")
    done = subprocess.run([sys.executable, str(program), str(seed), "150"], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    counts = json.loads(done.stdout)
    assert counts["refused"] > 50 and counts["loaded"] > 5


def test_several_files_are_written_as_a_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    size = 100 / 1024**3
    model().save_weights(tmp_path / "it.weights.json", max_shard_size=size)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert len(before) == 3

    def full(*arguments: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space"):
        patch.setattr(os, "fsync", full)
        model().save_weights(tmp_path / "it.weights.json", max_shard_size=size)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    with pytest.raises(ValueError, match="exceeds the maximum shard size"):
        model(50).save_weights(tmp_path / "it.weights.json", max_shard_size=size)
    for wrong in (0, -1.0, float("nan"), "1", True):
        with pytest.raises(ValueError, match="number of GB above 0"):
            model().save_weights(tmp_path / "it.weights.json", max_shard_size=wrong)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"must end in `.weights.json` when `max_shard_size`"):
        model().save_weights(tmp_path / "it.txt", max_shard_size=1)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize("files", ["../it.weights.h5", "none.weights.h5", 3, [None], {"a": 1}, "/etc/passwd"])
def test_maps_that_lead_elsewhere(files: Any, tmp_path: Path) -> None:
    made = model()
    made.save_weights(tmp_path / "it.weights.h5")
    (tmp_path / "inner").mkdir()
    path = tmp_path / "inner" / "it.weights.json"
    path.write_text(json.dumps({"weight_map": {"/layers/dense/vars": files}}))
    before = made.get_weights()
    with pytest.raises(ValueError, match="could not be loaded"):
        made.load_weights(path)
    for text in ("[]", "{}", "hello", '{"weight_map": 3}'):
        path.write_text(text)
        with pytest.raises(ValueError, match="Expected a"):
            made.load_weights(path)
    for now, then in zip(made.get_weights(), before, strict=True):
        np.testing.assert_array_equal(now, then)
