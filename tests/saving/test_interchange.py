"""Files that Keras wrote are read here, and ours in Keras: the same predictions, optimizers and further training."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from oracle import keras

import nnfast

X = np.random.default_rng(0).normal(size=(48, 6)).astype("float32")
Y = np.arange(48) % 3


def sequential(lib: Any) -> Any:
    layers = lib.layers
    dense = layers.Dense(8, "relu", kernel_regularizer="l2", bias_constraint="non_neg", kernel_initializer="he_normal")
    stack = [
        lib.Input((6,)),
        dense,
        layers.BatchNormalization(momentum=0.8),
        layers.PReLU(),
        layers.LayerNormalization(),
    ]
    return lib.Sequential([*stack, layers.Dropout(0.0), layers.Dense(3, "softmax")], name="stack")


def functional(lib: Any) -> Any:
    """Shared layers, ops, a nested model, a frozen layer."""
    layers = lib.layers
    inputs = lib.Input((6,), name="features")
    inner = lib.Sequential([lib.Input((6,)), layers.Dense(4, "elu"), layers.Dense(6)], name="inner")
    shared = layers.Dense(6, name="shared", trainable=False)
    joined = layers.Concatenate()([shared(inputs), shared(inner(inputs)), inner(inputs) + inputs])
    return lib.Model(inputs, layers.Dense(3, "softmax", name="probabilities")(joined), name="calls")


def sliced(lib: Any) -> Any:
    """Indices of all kinds, as calls of the model."""
    inputs = lib.Input((6,))
    first, rest, last = inputs[:, 0:1], inputs[:, 1:5:2], inputs[..., -1]
    joined = lib.layers.Concatenate()([first, rest, lib.ops.expand_dims(last, -1), rest[:, None, 1]])
    return lib.Model(inputs, lib.layers.Dense(3, "softmax")(joined))


def embedded(lib: Any) -> Any:
    layers = lib.layers
    words = lib.Input((6,), dtype="int32")
    features = layers.Embedding(20, 5, mask_zero=True)(words)
    pooled = layers.Average()([layers.GlobalMaxPooling1D()(features), layers.GlobalAveragePooling1D()(features)])
    return lib.Model(words, layers.Dense(3, "softmax")(pooled))


def normalized(lib: Any) -> Any:
    scale = lib.layers.Normalization()
    scale.adapt(X)
    inputs = lib.Input((6,))
    return lib.Model(inputs, lib.layers.Dense(3, "softmax")(lib.layers.Rescaling(0.5, 1.0)(scale(inputs))))


def subclassed(lib: Any) -> Any:
    """Layers in lists, dictionaries and layers of one's own."""

    @lib.saving.register_keras_serializable("notes")
    class Twice(lib.layers.Layer):  # type: ignore[misc, name-defined]
        def __init__(self, units: int, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.units = units
            self.steps = [lib.layers.Dense(units, "relu"), lib.layers.Dense(units)]

        def build(self, input_shape: Any) -> None:
            self.scale = self.add_weight(shape=(self.units,), initializer="ones", name="scale")
            shape = input_shape
            for step in self.steps:
                step.build(shape)
                shape = (*shape[:-1], self.units)

        def call(self, inputs: Any) -> Any:
            for step in self.steps:
                inputs = step(inputs)
            return inputs * self.scale

        def get_config(self) -> Any:
            return {**super().get_config(), "units": self.units}

    @lib.saving.register_keras_serializable("notes")
    class Mine(lib.Model):  # type: ignore[misc, name-defined]
        def __init__(self, units: int = 5, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.units = units
            self.zebra = lib.layers.Dense(units)
            self.apes = {"first": Twice(units), "second": lib.layers.Dense(units)}
            self.pair = (lib.layers.Dense(units), lib.layers.Dense(units))
            self._last = lib.layers.Dense(3, "softmax")

        def call(self, inputs: Any) -> Any:
            inputs = self.apes["second"](self.apes["first"](self.zebra(inputs)))
            return self._last(self.pair[0](self.pair[1](inputs)))

        def get_config(self) -> Any:
            return {"units": self.units, "name": self.name}

    model = Mine(4, name="mine")
    model(X[:2])
    return model


MODELS = [sequential, functional, sliced, embedded, normalized, subclassed]
OPTIMIZERS: dict[str, dict[str, Any]] = {
    "Adam": {"learning_rate": 0.01, "amsgrad": True},
    "SGD": {"learning_rate": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01},
    "RMSprop": {"momentum": 0.5, "centered": True, "clipnorm": 1.0},
    "Adagrad": {},
    "AdamW": {},
}


def trained(make: Callable[[Any], Any], lib: Any, optimizer: str = "Adam") -> Any:
    lib.utils.set_random_seed(3)
    model = make(lib)
    metrics = ["accuracy", lib.metrics.SparseTopKCategoricalAccuracy(2, name="top")]
    loss = lib.losses.SparseCategoricalCrossentropy(ignore_class=7)
    model.compile(getattr(lib.optimizers, optimizer)(**OPTIMIZERS[optimizer]), loss, metrics=metrics)
    fit(model, make, 2)
    return model


def data(make: Any) -> Any:
    return np.abs(X * 5).astype("int32") if make is embedded else X


def fit(model: Any, make: Any, epochs: int) -> Any:
    return model.fit(data(make), Y, epochs=epochs, batch_size=16, shuffle=False, verbose=0).history


def predict(model: Any, make: Any) -> Any:
    return np.asarray(model.predict(data(make), verbose=0))


WAYS = [(nnfast, keras), (keras, nnfast), (nnfast, nnfast)]
NAMES = ["ours in Keras", "Keras's here", "ours here"]


@pytest.mark.parametrize(("writes", "reads"), WAYS, ids=NAMES)
@pytest.mark.parametrize("make", MODELS)
def test_a_model_that_is_read_goes_on_as_the_one_that_was_written(
    make: Callable[[Any], Any], writes: Any, reads: Any, tmp_path: Path
) -> None:
    model, path = trained(make, writes), str(tmp_path / "model.keras")
    model.save(path)
    make(reads)  # registers its classes
    found = reads.saving.load_model(path)
    if make is not subclassed:  # which names its layers anew
        assert [layer.name for layer in found.layers] == [layer.name for layer in model.layers]
    np.testing.assert_allclose(predict(found, make), predict(model, make), rtol=1e-5, atol=1e-6)
    assert len(found.optimizer.variables) == len(model.optimizer.variables)
    for ours, theirs in zip(model.optimizer.variables, found.optimizer.variables, strict=True):
        np.testing.assert_allclose(np.asarray(theirs), np.asarray(ours), rtol=1e-6)
    wanted, got = fit(model, make, 2), fit(found, make, 2)
    assert set(wanted) == set(got) == {"loss", "accuracy", "top"}
    for name, values in wanted.items():
        np.testing.assert_allclose(got[name], values, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(("writes", "reads"), WAYS, ids=NAMES)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_weights_alone(optimizer: str, writes: Any, reads: Any, tmp_path: Path) -> None:
    """Into a model that was put together anew; the optimizer's state comes with them."""
    model, other = trained(functional, writes, optimizer), trained(functional, reads, optimizer)
    fit(other, functional, 1)
    model.save_weights(tmp_path / "it.weights.h5")
    other.load_weights(str(tmp_path / "it.weights.h5"))
    np.testing.assert_allclose(predict(other, functional), predict(model, functional), rtol=1e-5, atol=1e-6)
    wanted, got = fit(model, functional, 1), fit(other, functional, 1)
    np.testing.assert_allclose(got["loss"], wanted["loss"], rtol=1e-4)


@pytest.mark.parametrize("make", MODELS[:4])
def test_the_files_hold_what_keras_writes(make: Callable[[Any], Any], tmp_path: Path) -> None:
    """The same members, the same paths of weights, and configurations that differ in nothing that Keras reads."""
    import h5py

    described: list[Any] = []
    for lib in (nnfast, keras):
        lib.utils.clear_session()
        path = tmp_path / f"{lib.__name__}.keras"
        trained(make, lib).save(path)
        with zipfile.ZipFile(path) as archive:
            archive.extractall(tmp_path)
            names = archive.namelist()
        with h5py.File(tmp_path / "model.weights.h5") as file:
            paths: dict[str, Any] = {}
            file.visititems(
                lambda name, item, to=paths: to.update({name: (getattr(item, "shape", None), dict(item.attrs))})
            )
        described.append((names, paths, json.loads((tmp_path / "config.json").read_text())))
    (names, paths, config), (their_names, their_paths, their_config) = described
    assert names == their_names and paths == their_paths
    if make is embedded:  # where Keras has an op that finds the mask, and we have it in the call
        return
    assert_within(config["compile_config"]["optimizer"], their_config["compile_config"]["optimizer"])
    # Keras leaves out some arguments of losses.
    ignored = {"optimizer", "loss", "jit_compile", "build_config", "shared_object_id"}
    assert_within(config, their_config, ignored)


def assert_within(ours: Any, theirs: Any, ignored: Any = frozenset(), path: str = "") -> None:
    """All that we write is what Keras writes there, but for None and False, which are defaults on both sides."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for name in (ours.keys() | theirs.keys()) - set(ignored):
            if name in ours:
                assert_within(ours[name], theirs.get(name), ignored, f"{path}/{name}")
            else:
                assert theirs[name] in (None, False, {}) or name in ("dtype", "sparse", "ragged"), (
                    path,
                    name,
                    theirs[name],
                )
    elif isinstance(ours, list) and isinstance(theirs, list):
        assert len(ours) == len(theirs), path
        if path.endswith("/layers"):  # which name each other, so that their order says nothing
            ours, theirs = (sorted(layers, key=lambda layer: str(layer["config"]["name"])) for layers in (ours, theirs))
        for number, pair in enumerate(zip(ours, theirs, strict=True)):
            assert_within(*pair, ignored, f"{path}/{number}")
    else:
        same = ours in (None, False) or ours == theirs or [ours] == theirs or ours == pytest.approx(theirs)
        assert same, (path, ours, theirs)


@pytest.mark.parametrize(("writes", "reads"), WAYS, ids=NAMES)
def test_weights_in_several_files(writes: Any, reads: Any, tmp_path: Path) -> None:
    model, other = trained(functional, writes), trained(functional, reads)
    fit(other, functional, 1)
    model.save_weights(tmp_path / "it.weights.json", max_shard_size=600 / 1024**3)
    found = json.loads((tmp_path / "it.weights.json").read_text())
    files = sorted(path.name for path in tmp_path.iterdir())
    assert files[0] == "it.weights.json" and files[1:4] == [f"it_0000{number}.weights.h5" for number in range(3)]
    assert set(found) == {"metadata", "weight_map"} and found["metadata"]["total_size"] > 1200
    other.load_weights(tmp_path / "it.weights.json")
    np.testing.assert_allclose(predict(other, functional), predict(model, functional), rtol=1e-5, atol=1e-6)
    wanted, got = fit(model, functional, 1), fit(other, functional, 1)
    np.testing.assert_allclose(got["loss"], wanted["loss"], rtol=1e-4)


def test_the_maps_of_several_files_are_those_of_keras(tmp_path: Path) -> None:
    found = []
    for lib in (nnfast, keras):
        lib.utils.clear_session()
        path = tmp_path / lib.__name__ / "it.weights.h5"
        path.parent.mkdir()
        with pytest.warns(UserWarning, match="will be renamed to"):
            trained(functional, lib).save_weights(path, max_shard_size=800 / 1024**3)
        assert not path.exists()
        found.append(json.loads(path.with_suffix(".json").read_text())["weight_map"])
    assert found[0] == found[1]


@pytest.mark.parametrize(("writes", "reads"), WAYS, ids=NAMES)
def test_layers_that_were_saved_under_the_name_of_a_property(writes: Any, reads: Any, tmp_path: Path) -> None:
    def model(lib: Any, renamed: bool) -> Any:
        class Mine(lib.Model):  # type: ignore[misc, name-defined]
            def __init__(self) -> None:
                super().__init__()
                setattr(self, "a_dense" if renamed else "dense", lib.layers.Dense(3))

            def call(self, inputs: Any) -> Any:
                return self.dense(inputs)

        if renamed:
            Mine.dense = property(lambda self: self.a_dense)
        made = Mine()
        made(X)
        return made

    written, read = model(writes, False), model(reads, True)
    written.save_weights(tmp_path / "it.weights.h5")
    read.load_weights(tmp_path / "it.weights.h5")
    np.testing.assert_array_equal(np.asarray(read.get_weights()[0]), np.asarray(written.get_weights()[0]))
