"""Models in open files and in folders, and what goes by which name in configurations."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from oracle import keras

import nnfast
from nnfast import activations, layers, saving

X = np.random.default_rng(0).normal(size=(20, 4)).astype("float32")


def model(library: Any = nnfast) -> Any:
    made = library.Sequential([library.Input((4,)), library.layers.Dense(3, "relu"), library.layers.Dense(2)])
    made.compile("adam", "mse")
    made.fit(X, X[:, :2], verbose=0)
    return made


# Where models are put.


def test_open_files(tmp_path: Path) -> None:
    saved, file = model(), io.BytesIO()
    saving.save_model(saved, file)
    (tmp_path / "it.keras").write_bytes(file.getvalue())
    theirs = keras.saving.load_model(tmp_path / "it.keras")
    for source in (file, tmp_path / "it.keras"):
        np.testing.assert_array_equal(saving.load_model(source).predict(X, verbose=0), saved.predict(X, verbose=0))
    np.testing.assert_allclose(theirs.predict(X, verbose=0), saved.predict(X, verbose=0), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("writer", "reader"), [(nnfast, nnfast), (nnfast, keras), (keras, nnfast)])
def test_folders(writer: Any, reader: Any, tmp_path: Path) -> None:
    saved, path = model(writer), tmp_path / "folder"
    for _ in range(2 if writer is nnfast else 1):  # the second in the place of the first
        writer.saving.save_model(saved, path, zipped=False)
    assert (
        sorted(file.name for file in path.iterdir()) == ["config.json", "metadata.json", "model.weights.h5"]
        or writer is keras
    )
    assert list(tmp_path.iterdir()) == [path]
    loaded = reader.saving.load_model(path)
    np.testing.assert_allclose(loaded.predict(X, verbose=0), saved.predict(X, verbose=0), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("fails", ["replace", "fsync", "mkdir"])
def test_a_save_that_fails_leaves_the_old_folder(fails: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "folder"
    first = model()
    first.save(path, zipped=False)

    def fail(*args: Any) -> None:
        raise OSError("the disk is full")

    with monkeypatch.context() as patch, pytest.raises(OSError, match="the disk is full"):
        patch.setattr(f"os.{fails}", fail)
        model().save(path, zipped=False)
    assert list(tmp_path.iterdir()) == [path]
    np.testing.assert_array_equal(saving.load_model(path).predict(X, verbose=0), first.predict(X, verbose=0))


def test_places_that_are_none(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"kept")
    for path, arguments, error, message in (
        (tmp_path / "it.keras", dict(zipped=False), ValueError, "should not end in `.keras`"),
        (tmp_path / "it", {}, ValueError, "must end in `.keras`"),
        (tmp_path / "it", dict(save_format="tf"), ValueError, "`save_format` argument is deprecated"),
        (tmp_path / "it.keras", dict(signatures=1), ValueError, r"not supported: \['signatures'\]"),
        (file, dict(zipped=False), NotADirectoryError, "Expected a folder"),
        (3, {}, TypeError, "Expected a filename or a file"),
    ):
        with pytest.raises(error, match=message):
            model().save(path, **arguments)
    assert list(tmp_path.iterdir()) == [file] and file.read_bytes() == b"kept"
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match=r"a file config\.json, got none"):
        saving.load_model(tmp_path / "empty")
    with pytest.raises(ValueError, match="can't be read"):
        saving.load_model(io.BytesIO(b"no zip"))


def test_arguments_of_earlier_versions_that_make_no_difference(tmp_path: Path) -> None:
    model().save(tmp_path / "it.keras", save_format="keras", include_optimizer=True)
    assert saving.load_model(tmp_path / "it.keras").count_params() == 23


# What goes by which name.


@saving.register_keras_serializable("places")
def doubled(x: Any) -> Any:
    return x * 2


@saving.register_keras_serializable("places")
class Encoder(nnfast.Model):
    def __init__(self, units: int = 3, **kwargs: Any) -> None:
        inputs = nnfast.Input((4,))
        super().__init__(inputs, layers.Dense(units)(inputs), **kwargs)
        self.units = units

    def get_config(self) -> dict[str, Any]:
        return {"units": self.units}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        return cls(**config)


def test_a_class_that_becomes_functional_keeps_the_name_that_it_was_registered_under(tmp_path: Path) -> None:
    encoder = Encoder(5)
    assert saving.serialize_keras_object(encoder)["registered_name"] == "places>Encoder"
    encoder.save(tmp_path / "it.keras")
    loaded = saving.load_model(tmp_path / "it.keras")
    assert isinstance(loaded, Encoder) and loaded.units == 5
    np.testing.assert_array_equal(loaded.predict(X, verbose=0), encoder.predict(X, verbose=0))


def test_a_layer_that_is_an_activation_stays_one() -> None:
    for activation in (layers.ReLU(max_value=1.5), layers.LeakyReLU(negative_slope=0.15, name="mine")):
        dense = saving.deserialize_keras_object(saving.serialize_keras_object(layers.Dense(2, activation)))
        assert type(dense.activation) is type(activation)
        assert dense.activation.get_config() == activation.get_config()


def test_functions_are_found_by_the_bare_names_that_older_files_have() -> None:
    config = {"module": "builtins", "class_name": "function", "config": "doubled", "registered_name": "function"}
    assert saving.deserialize_keras_object(config) is doubled
    assert saving.deserialize_keras_object({**config, "config": "places>doubled"}) is doubled
    assert activations.deserialize({**config, "config": "relu"}) is activations.relu


DENSE = {"class_name": "Dense", "module": "keras.layers", "config": {"units": 1}}
NO_CONFIGURATIONS: dict[str, tuple[Any, type[Exception], str]] = {
    "built in under another name": ({**DENSE, "registered_name": "mine>Dense"}, ValueError, "to a Keras built-in"),
    "a function under another": (
        {"module": "builtins", "class_name": "function", "config": "relu", "registered_name": "eval"},
        ValueError,
        "to a Keras built-in",
    ),
    "arguments in a list": ({**DENSE, "config": [1, 2]}, TypeError, "Expected 'config' to be a dict"),
    "a function of no name": ({"class_name": "function", "config": [1]}, TypeError, "'config' to be a non-null str"),
    "a stack without a name": (
        {"class_name": "Sequential", "module": "keras", "config": {"layers": [DENSE]}},
        ValueError,
        "containing the 'name' and 'layers' keys",
    ),
    "a layer that is none": (
        {"class_name": "Sequential", "module": "keras", "config": {"name": "stack", "layers": [DENSE, {}]}},
        ValueError,
        "Expected a dictionary containing a 'config' key",
    ),
    "unknown arguments": ({**DENSE, "config": {"unit": 1}}, TypeError, "Dense could not be made of its configuration"),
}


@pytest.mark.parametrize("name", NO_CONFIGURATIONS)
def test_configurations_that_are_none(name: str) -> None:
    config, error, message = NO_CONFIGURATIONS[name]
    with pytest.raises(error, match=message):
        saving.deserialize_keras_object(config)


@saving.register_keras_serializable("places")
class Factor:
    def __init__(self, factor: float) -> None:
        self.factor = factor

    def __call__(self, x: Any) -> Any:
        return x * self.factor

    def get_config(self) -> dict[str, Any]:
        return {"factor": self.factor}


def test_a_class_without_from_config_is_named() -> None:
    with pytest.raises(TypeError, match="Unable to reconstruct an instance of 'Factor'"):
        saving.deserialize_keras_object(saving.serialize_keras_object(layers.Dense(1, Factor(0.5))))


@saving.register_keras_serializable("places")
class CompiledItsOwnWay(nnfast.Sequential):
    def compile(self, rate: float) -> None:  # type: ignore[override]
        super().compile(nnfast.optimizers.SGD(rate), "mse")


def test_a_compile_of_ones_own_is_left_to_its_class(tmp_path: Path) -> None:
    made = CompiledItsOwnWay([nnfast.Input((4,)), layers.Dense(2)])
    made.compile(0.5)
    made.save(tmp_path / "it.keras")
    with pytest.warns(UserWarning, match="CompiledItsOwnWay should define `get_compile_config"):
        loaded = saving.load_model(tmp_path / "it.keras")
    assert not loaded.compiled
    np.testing.assert_array_equal(loaded.predict(X, verbose=0), made.predict(X, verbose=0))


def test_code_runs_where_all_is_trusted(tmp_path: Path) -> None:
    path = tmp_path / "it.keras"
    nnfast.Sequential([nnfast.Input((4,)), layers.Lambda(lambda x: x * 3.0)]).save(path)
    program = f"""
import nnfast
nnfast.config.enable_unsafe_deserialization()
print(nnfast.saving.load_model({str(path)!r})([[1.0, 2.0, 3.0, 4.0]]).tolist())
"""
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout == "[[3.0, 6.0, 9.0, 12.0]]\n"
