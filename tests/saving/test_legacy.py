"""`.h5` files: ours open in Keras, Keras's here, those that Keras 2 wrote; damaged and hostile ones are refused."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from oracle import keras

import nnfast
from nnfast import layers, saving

X = np.random.default_rng(0).normal(size=(24, 4)).astype("float32")
Y = np.arange(24) % 3


def stack(lib: Any) -> Any:
    dense = lib.layers.Dense(5, "relu", kernel_regularizer="l2", bias_constraint="non_neg", name="first")
    return lib.Sequential([lib.Input((4,)), dense, lib.layers.Dropout(0.0), lib.layers.Dense(3, "softmax")], name="net")


def calls(lib: Any) -> Any:
    """A nested model, a frozen layer, a layer that is called twice, weights that are not trained."""
    inputs = lib.Input((4,), name="features")
    inner = lib.Sequential([lib.Input((4,)), lib.layers.BatchNormalization(), lib.layers.Dense(4)], name="inner")
    shared = lib.layers.Dense(4, "tanh", trainable=False, name="shared")
    joined = lib.layers.Concatenate()([shared(inputs), shared(inner(inputs))])
    return lib.Model(inputs, lib.layers.Dense(3, "softmax", name="probabilities")(joined), name="calls")


def trained(make: Callable[[Any], Any], lib: Any) -> Any:
    """A model with weights and slots as if it were."""
    model = make(lib)
    top = lib.metrics.SparseTopKCategoricalAccuracy(2, name="top")
    loss = lib.losses.SparseCategoricalCrossentropy()
    model.compile(lib.optimizers.Adam(0.01, amsgrad=True), loss, metrics=["accuracy", top])
    model.optimizer.build(model.trainable_variables)
    draw = np.random.default_rng(1)
    for variable in [*model.weights, *model.optimizer.variables[2:]]:
        variable.assign(draw.uniform(0.5, 1.5, variable.shape).astype("float32"))
    return model


def predict(model: Any) -> Any:
    return np.asarray(model.predict(X, verbose=0))


WAYS = [(nnfast, keras), (keras, nnfast), (nnfast, nnfast)]
NAMES = ["ours in Keras", "Keras's here", "ours here"]


@pytest.mark.parametrize(("writes", "reads"), WAYS, ids=NAMES)
@pytest.mark.parametrize("make", [stack, calls])
def test_a_model_that_is_read_is_the_one_that_was_written(make: Any, writes: Any, reads: Any, tmp_path: Path) -> None:
    model, path = trained(make, writes), tmp_path / "it.h5"
    model.save(path)
    found = reads.saving.load_model(path)
    assert [layer.name for layer in found.layers] == [layer.name for layer in model.layers]
    np.testing.assert_allclose(predict(found), predict(model), rtol=1e-5, atol=1e-7)
    wanted = model.evaluate(X, Y, verbose=0)
    np.testing.assert_allclose(found.evaluate(X, Y, verbose=0), wanted, rtol=1e-5)
    assert found.optimizer.get_config()["amsgrad"] is True
    if reads is nnfast:  # Keras starts the optimizer anew
        for ours, theirs in zip(found.optimizer.variables, model.optimizer.variables, strict=True):
            np.testing.assert_array_equal(ours.numpy(), np.asarray(theirs))
    assert not reads.saving.load_model(path, compile=False).compiled


@pytest.mark.parametrize(("writes", "reads"), WAYS, ids=NAMES)
def test_how_outputs_were_compiled(writes: Any, reads: Any, tmp_path: Path) -> None:
    """By names of outputs, short names of losses, a schedule."""
    inputs = writes.Input((4,))
    outputs = {"p": writes.layers.Dense(1, name="p")(inputs), "q": writes.layers.Dense(1, name="q")(inputs)}
    model = writes.Model(inputs, outputs)
    rate = writes.optimizers.schedules.ExponentialDecay(0.1, 10, 0.5)
    losses = {"p": "mean_squared_error" if writes is keras else "mse", "q": writes.losses.LogCosh()}
    model.compile(writes.optimizers.SGD(rate, momentum=0.9), losses, loss_weights={"p": 1.0, "q": 0.5})
    y = {"p": X[:, :1], "q": X[:, 1:2]}
    model.save(tmp_path / "it.h5")
    found = reads.saving.load_model(tmp_path / "it.h5")
    np.testing.assert_allclose(found.evaluate(X, y, verbose=0), model.evaluate(X, y, verbose=0), rtol=1e-5)
    assert found.optimizer.momentum == 0.9
    assert found.optimizer.get_config()["learning_rate"]["class_name"] == "ExponentialDecay"


@pytest.mark.parametrize("make", [stack, calls])
def test_the_files_hold_what_keras_writes(make: Any, tmp_path: Path) -> None:
    found: list[Any] = []
    for lib in (nnfast, keras):
        lib.utils.clear_session()
        trained(make, lib).save(tmp_path / "it.h5")
        with h5py.File(tmp_path / "it.h5") as file:
            names: dict[str, Any] = {}
            file.visititems(
                lambda name, item, to=names: to.update(
                    {name: (getattr(item, "shape", None), [*map(str, item.attrs.get("weight_names", []))])}
                )
            )
            config = json.loads(file.attrs["model_config"])
            training = json.loads(file.attrs["training_config"])
            found.append((names, sorted(file.attrs), list(file["model_weights"].attrs["layer_names"])))
            described = [(layer["class_name"], sorted(layer.keys())) for layer in config["config"]["layers"]]
            found[-1] += (config["class_name"], described, training["metrics"], sorted(training))
    assert found[0][:-2] == found[1][:-2] and found[0][-1] == found[1][-1]
    assert found[0][-2][0] == found[1][-2][0] == "accuracy"
    assert found[0][-2][1]["class_name"] == found[1][-2][1]["class_name"] == "SparseTopKCategoricalAccuracy"


@pytest.mark.parametrize(("writes", "reads"), WAYS, ids=NAMES)
def test_weights_in_order_and_by_name(writes: Any, reads: Any, tmp_path: Path) -> None:
    model, path = trained(calls, writes), tmp_path / "it.hdf5"
    model.save(path)
    other = calls(reads)
    other.load_weights(path)
    np.testing.assert_allclose(predict(other), predict(model), rtol=1e-5, atol=1e-7)

    inputs = reads.Input((4,))
    hidden = reads.layers.Dense(4, name="shared")(inputs)
    named = reads.Model(inputs, reads.layers.Dense(7, name="another")(hidden))
    before = np.asarray(named.get_layer("another").kernel)
    named.load_weights(path, by_name=True)
    np.testing.assert_array_equal(np.asarray(named.get_weights()[0]), np.asarray(model.get_layer("shared").kernel))
    np.testing.assert_array_equal(np.asarray(named.get_layer("another").kernel), before)


@pytest.mark.parametrize("lib", [nnfast, keras])
def test_weights_that_do_not_fit(lib: Any, tmp_path: Path) -> None:
    trained(stack, lib).save(tmp_path / "it.h5")

    def wider(units: int = 6, name: str = "first") -> Any:
        return lib.Sequential([lib.Input((4,)), lib.layers.Dense(units, name=name), lib.layers.Dense(3)])

    model = wider()
    before = [np.asarray(weight) for weight in model.get_weights()]
    for keywords in ({}, {"by_name": True}):
        with pytest.raises(ValueError, match=r"Shape mismatch in layer #0 .*Weight expects shape \(4, 6\)"):
            model.load_weights(tmp_path / "it.h5", **keywords)
    with pytest.raises(ValueError, match=r"Layer count mismatch .*expected 1 layers, found 2"):
        lib.Sequential([lib.Input((4,)), lib.layers.Dense(5)]).load_weights(tmp_path / "it.h5")
    for now, then in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(np.asarray(now), then)
    with pytest.warns(UserWarning, match="Weight expects shape"):
        model.load_weights(tmp_path / "it.h5", skip_mismatch=True)
    with h5py.File(tmp_path / "it.h5") as file:  # what fits is set: the last layer's bias
        wanted = file["model_weights/dense" if "dense" in file["model_weights"] else "model_weights"]
        names = [name for name in file["model_weights"].attrs["layer_names"] if name not in ("first", "dropout")]
        last = file["model_weights"][names[-1]]
        wanted = np.asarray(last[last.attrs["weight_names"][1]])
    np.testing.assert_array_equal(np.asarray(model.get_weights()[3]), wanted)
    bare = lib.Sequential([lib.Input((4,)), lib.layers.Dense(5, use_bias=False, name="first")])
    with pytest.raises(ValueError, match="Weight count mismatch for layer #0"):
        bare.load_weights(tmp_path / "it.h5", by_name=True)
    with pytest.warns(UserWarning, match="mismatch"):
        bare.load_weights(tmp_path / "it.h5", by_name=True, skip_mismatch=True)


@pytest.mark.parametrize("lib", [nnfast, keras])
def test_what_goes_with_which_file(lib: Any, tmp_path: Path) -> None:
    model = trained(stack, lib)
    model.save(tmp_path / "it.h5")
    model.save_weights(tmp_path / "it.weights.h5")
    with pytest.raises(ValueError, match=r"`by_name` only supports loading legacy"):
        model.load_weights(tmp_path / "it.weights.h5", by_name=True)
    with pytest.raises(ValueError, match=r"`objects_to_skip` only supports loading '.weights.h5' files"):
        model.load_weights(tmp_path / "it.h5", objects_to_skip=[model.layers[0]])
    with pytest.raises(ValueError, match=r"must end in `.weights.h5`"):
        model.save_weights(tmp_path / "weights.h5")
    with pytest.raises(ValueError, match=r"No model config found in the file"):
        lib.saving.load_model(tmp_path / "it.weights.h5")


def test_a_subclass_keeps_its_own_weights(tmp_path: Path) -> None:
    def model(lib: Any) -> Any:
        class Mine(lib.Model):  # type: ignore[misc, name-defined]
            def __init__(self) -> None:
                super().__init__()
                self.scale = self.add_weight(shape=(3,), initializer="ones", name="scale")
                self.dense = lib.layers.Dense(3)

            def call(self, inputs: Any) -> Any:
                return self.dense(inputs) * self.scale

        made = Mine()
        made(X)
        return made

    for writes, reads in WAYS[:2]:
        written, read = model(writes), model(reads)
        written.scale.assign([1.0, 2.0, 3.0])
        path = tmp_path / f"{writes.__name__}.h5"
        written.get_config = lambda: {}
        if writes is nnfast:
            written.save(path)
        else:
            keras.src.legacy.saving.legacy_h5_format.save_model_to_hdf5(written, str(path))
        read.load_weights(path)
        np.testing.assert_allclose(predict(read), predict(written), rtol=1e-5, atol=1e-6)


def test_custom_objects(tmp_path: Path) -> None:
    class Scale(layers.Layer):
        def call(self, inputs: Any) -> Any:
            return inputs * 2.0

    def my_loss(y_true: Any, y_pred: Any) -> Any:
        return nnfast.ops.mean(nnfast.ops.square(y_true - y_pred), axis=-1)

    made = nnfast.Sequential([nnfast.Input((4,)), Scale(), layers.Dense(2)])
    made.compile("sgd", my_loss, metrics=[my_loss])
    made.save(tmp_path / "it.h5")
    with pytest.raises((TypeError, ValueError), match="Scale"):
        saving.load_model(tmp_path / "it.h5")
    with pytest.raises((TypeError, ValueError), match="my_loss"):
        saving.load_model(tmp_path / "it.h5", {"Scale": Scale})
    found = saving.load_model(tmp_path / "it.h5", {"Scale": Scale, "my_loss": my_loss})
    assert found.evaluate(X, X[:, :2], verbose=0) == made.evaluate(X, X[:, :2], verbose=0)

    made = nnfast.Sequential([nnfast.Input((4,)), layers.Lambda(lambda x: x * 3.0)])
    made.save(tmp_path / "it.h5")
    with pytest.raises(ValueError, match="safe_mode"):
        saving.load_model(tmp_path / "it.h5")
    np.testing.assert_array_equal(predict(saving.load_model(tmp_path / "it.h5", safe_mode=False)), X * 3)


def test_ops_and_names_that_are_many(tmp_path: Path) -> None:
    """Which Keras can't read again; the names take more than one attribute."""
    inputs = x = nnfast.Input((4,))
    for number in range(40):
        x = layers.Dense(4, name=f"layer_{number}_{'x' * 2000}")(x)
    made = nnfast.Model(inputs, x * 2.0 + inputs)
    made.save(tmp_path / "it.h5")
    with h5py.File(tmp_path / "it.h5") as file:
        assert "layer_names" not in file["model_weights"].attrs and "layer_names1" in file["model_weights"].attrs
    np.testing.assert_array_equal(predict(saving.load_model(tmp_path / "it.h5")), predict(made))
    with pytest.warns(UserWarning, match="No training configuration"):
        assert not saving.load_model(tmp_path / "it.h5").compiled


# What Keras 2 wrote.


def keras_2(path: Path, model_config: Any, weights: dict[str, list[Any]], training_config: Any = None) -> Path:
    with h5py.File(path, "w") as file:
        file.attrs["keras_version"], file.attrs["backend"] = b"2.12.0", b"tensorflow"
        file.attrs["model_config"] = json.dumps(model_config).encode()
        if training_config is not None:
            file.attrs["training_config"] = json.dumps(training_config).encode()
        group = file.create_group("model_weights")
        group.attrs["layer_names"] = [name.encode() for name in weights]
        for name, arrays in weights.items():
            inner = group.create_group(name)
            names = [f"{name}/{number}:0" for number in range(len(arrays))]
            inner.attrs["weight_names"] = [weight.encode() for weight in names]
            for weight, array in zip(names, arrays, strict=True):
                inner[weight] = array
    return path


def older_dense(name: str, units: int, **others: Any) -> dict[str, Any]:
    ones = {"class_name": "GlorotUniform", "config": {"seed": None}}
    config = {"name": name, "trainable": True, "dtype": "float32", "units": units, "activation": "linear", **others}
    return {"class_name": "Dense", "config": {**config, "kernel_initializer": ones, "bias_regularizer": None}}


KERNEL, BIAS = np.arange(12, dtype="float32").reshape(4, 3) / 10, np.ones(3, "float32")


@pytest.mark.parametrize("lib", [nnfast, keras])
def test_a_functional_model_of_keras_2(lib: Any, tmp_path: Path) -> None:
    source = {"batch_input_shape": [None, 4], "dtype": "float32", "sparse": False, "ragged": False, "name": "x"}
    norm = {"name": "norm", "axis": [1], "momentum": 0.9, "epsilon": 0.001, "trainable": True, "dtype": "float32"}
    described = [
        {"class_name": "InputLayer", "config": source, "name": "x", "inbound_nodes": []},
        {**older_dense("left", 3), "name": "left", "inbound_nodes": [[["x", 0, 0, {}]]]},
        {**older_dense("right", 3), "name": "right", "inbound_nodes": [[["x", 0, 0, {}]]]},
        {
            "class_name": "Add",
            "config": {"name": "add", "trainable": True, "dtype": "float32"},
            "name": "add",
            "inbound_nodes": [[["left", 0, 0, {}], ["right", 0, 0, {}]]],
        },
        {
            "class_name": "BatchNormalization",
            "config": norm,
            "name": "norm",
            "inbound_nodes": [[["add", 0, 0, {"training": False}]]],
        },
    ]
    ends = {"input_layers": [["x", 0, 0]], "output_layers": [["norm", 0, 0]]}
    config = {"class_name": "Functional", "config": {"name": "model", "layers": described, **ends}}
    normal = [BIAS * 2, BIAS, BIAS * 0, BIAS]
    weights = {"x": [], "left": [KERNEL, BIAS], "right": [KERNEL * 2, BIAS * 0], "add": [], "norm": normal}
    loss = {"class_name": "MeanSquaredError", "config": {"reduction": "sum_over_batch_size", "name": "mse"}}
    adam = {"name": "Adam", "learning_rate": 0.25, "beta_1": 0.8}
    training = {
        "loss": loss,
        "metrics": ["mae"],
        "weighted_metrics": None,
        "loss_weights": None,
        "optimizer_config": {"class_name": "Adam", "config": adam},
    }
    model = lib.saving.load_model(keras_2(tmp_path / "it.h5", config, weights, training))
    outputs = model.predict(X, verbose=0)
    outputs = outputs[0] if isinstance(outputs, list) else outputs
    wanted = (X @ KERNEL * 3 + 1) * 2 / np.sqrt(1.001) + 1
    np.testing.assert_allclose(np.asarray(outputs), wanted, rtol=1e-5, atol=1e-5)
    assert float(np.asarray(model.optimizer.learning_rate)) == 0.25 and model.optimizer.beta_1 == 0.8


@pytest.mark.parametrize("form", ["list", "dictionary"])
def test_a_stack_of_keras_2(form: str, tmp_path: Path) -> None:
    stacked = [older_dense("dense", 3, batch_input_shape=[None, 4]), older_dense("last", 3)]
    inner = stacked if form == "list" else {"name": "older", "layers": stacked}
    weights = {"dense": [KERNEL, BIAS], "last": [np.eye(3, dtype="float32"), BIAS]}
    custom = {"name": "Adam", "learning_rate": 0.5, "decay": 0.0, "jit_compile": True, "is_legacy_optimizer": False}
    loss = {"class_name": "BinaryCrossentropy", "config": {"reduction": "auto", "name": "bce", "from_logits": True}}
    training = {"loss": loss, "metrics": None, "weighted_metrics": None, "loss_weights": None}
    training["optimizer_config"] = {"class_name": "Custom>Adam", "config": custom}
    path = keras_2(tmp_path / "it.h5", {"class_name": "Sequential", "config": inner}, weights, training)
    model = saving.load_model(path)
    np.testing.assert_allclose(predict(model), X @ KERNEL + 2, rtol=1e-5, atol=1e-6)
    assert model.input_shape == (None, 4) and float(model.optimizer.learning_rate.numpy()) == 0.5


# What is hostile, and what fails.


@pytest.mark.parametrize("fails", ["replace", "fsync"])
def test_a_save_that_fails_leaves_the_old_file(fails: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "it.h5"
    stack(nnfast).save(path)
    before = path.read_bytes()

    def full(*arguments: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, fails, full)
    with pytest.raises(OSError, match="No space"):
        stack(nnfast).save(path)
    assert path.read_bytes() == before and os.listdir(tmp_path) == ["it.h5"]


def test_folders_are_made_and_files_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a" / "b" / "it.h5"
    stack(nnfast).save(path)
    before = path.read_bytes()
    monkeypatch.setattr("builtins.input", lambda question: "n")
    calls(nnfast).save(path, overwrite=False)
    assert path.read_bytes() == before


def test_files_that_are_no_models(tmp_path: Path) -> None:
    (tmp_path / "text.h5").write_text("hello")
    with h5py.File(tmp_path / "empty.h5", "w"):
        pass
    for name, message in {"text": "can't be read", "none": "not found", "empty": "No model config"}.items():
        with pytest.raises(ValueError, match=message):
            saving.load_model(tmp_path / f"{name}.h5")
    for name, message in {"text": "can't be read", "none": "not found", "empty": "groups for layers"}.items():
        with pytest.raises(ValueError, match=message):
            stack(nnfast).load_weights(tmp_path / f"{name}.h5")


def blown_up(file: h5py.File) -> None:
    """A text of 4 MB that is named 4000 times."""
    kind = h5py.string_dtype()
    texts = np.empty(4000, object)
    texts[:] = "x"
    attributes = file["model_weights"].attrs
    attributes.create("layer_names", texts, dtype=kind)
    attributes.create("other", "y" * 2**22, dtype=kind)


def numbers_for_names(file: h5py.File) -> None:
    file["model_weights"].attrs["layer_names"] = [1, 2]


def names_of_nothing(file: h5py.File) -> None:
    file["model_weights"].attrs["layer_names"] = [b"nobody", b"../..", b"/"]


def linked_elsewhere(file: h5py.File) -> None:
    del file["model_weights/first"]
    file["model_weights/first"] = h5py.ExternalLink("/tmp/other.h5", "/x")


def deep(file: h5py.File) -> None:
    file.attrs["model_config"] = '{"class_name": "Sequential", "config": ' + "[" * 3000 + "]" * 3000 + "}"


def large(file: h5py.File) -> None:
    text = file.attrs["model_config"].replace('"units": 5', '"units": 10000000000')
    file.attrs["model_config"] = text


@pytest.mark.parametrize("spoil", [blown_up, numbers_for_names, names_of_nothing, linked_elsewhere, deep, large])
def test_hostile_files_are_refused(spoil: Callable[[h5py.File], None], tmp_path: Path) -> None:
    stack(nnfast).save(tmp_path / "it.h5")
    with h5py.File(tmp_path / "it.h5", "a") as file:
        spoil(file)
    with pytest.raises((ValueError, TypeError)):
        saving.load_model(tmp_path / "it.h5")
