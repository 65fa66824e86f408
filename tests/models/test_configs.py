"""Configurations of models: made into models again, by nnfast and by Keras, and from Keras's."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from oracle import keras
from test_functional import MODELS, flat, twins, two_in_two_out

import nnfast
from nnfast import layers, ops
from nnfast.layers import Layer
from nnfast.utils import register_keras_serializable


def stacked(library: Any) -> Any:
    inner = library.Sequential([library.layers.Dense(4, activation="relu"), library.layers.Flatten()], name="inner")
    return library.Sequential([library.Input((3,)), inner, library.layers.Dropout(0.2), library.layers.Dense(2)])


DESCRIBED: dict[str, tuple[Callable[[Any], Any], Any]] = {
    **{name: case for name, case in MODELS.items() if name != "ops"},
    "a stack": (stacked, MODELS["nested"][1]),
}


@pytest.mark.parametrize("name", DESCRIBED)
def test_configurations_are_read_by_both(name: str) -> None:
    make, x = DESCRIBED[name]
    ours, theirs = twins(make)
    expected = flat(ours.predict(x, verbose=0))
    described = json.loads(json.dumps(ours.get_config()))
    described_by_keras = json.loads(json.dumps(theirs.get_config()))
    again = type(ours).from_config(described)
    in_keras = type(theirs).from_config(json.loads(json.dumps(described)))
    from_keras = type(ours).from_config(described_by_keras)
    for model in (again, nnfast.models.clone_model(ours), in_keras, from_keras):
        model.set_weights(ours.get_weights())
        for got, want in zip(flat(model.predict(x, verbose=0)), expected, strict=True):
            np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-6)
    assert json.loads(json.dumps(again.get_config())) == described


def test_layers_of_ones_own() -> None:
    class Scale(Layer):
        def __init__(self, factor: float, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.factor = factor

        def call(self, inputs: Any) -> Any:
            return inputs * self.factor

        def get_config(self) -> dict[str, Any]:
            return {**super().get_config(), "factor": self.factor}

    inputs = nnfast.Input((3,))
    config = nnfast.Model(inputs, Scale(3.0)(inputs)).get_config()
    with pytest.raises(ValueError, match="Unknown layer 'Scale'"):
        nnfast.models.Functional.from_config(config)
    again = nnfast.models.Functional.from_config(config, custom_objects={"Scale": Scale})
    assert again(np.ones((1, 3))).tolist() == [[3.0, 3.0, 3.0]]
    register_keras_serializable("notes")(Scale)
    config = nnfast.Model(inputs, Scale(2.0)(inputs)).get_config()
    assert config["layers"][1]["registered_name"] == "notes>Scale"
    assert nnfast.models.Functional.from_config(config)(np.ones((1, 3))).tolist() == [[2.0, 2.0, 2.0]]


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda c: c["layers"][2].update(class_name="os.system"), "Unknown layer 'os.system'"),
        (lambda c: c["layers"][4].update(class_name="Eval"), "Expected a call of one of .* got 'Eval'"),
        (lambda c: c["layers"][2]["inbound_nodes"][0].update(args=[waiting("value")]), "need what nobody makes"),
        (lambda c: c["layers"][2]["config"].update(units=-1), "positive integer, got -1"),
        (lambda c: c["layers"][2]["config"].update(quantization_config="int8"), "quantization_config"),
        (lambda c: c["layers"][2]["config"].update(dtype="float8"), "float8"),
    ],
)
def test_spoilt_configurations(spoil: Any, message: str) -> None:
    nnfast.utils.clear_session()
    config = json.loads(json.dumps(two_in_two_out(nnfast).get_config()))
    config["layers"].sort(key=lambda layer: ["a", "b", "left", "right", "add", "value", "kind"].index(layer["name"]))
    spoil(config)
    with pytest.raises((ValueError, TypeError), match=message):
        nnfast.models.Functional.from_config(config)


def waiting(name: str) -> dict[str, Any]:
    """An argument that is the result of a layer."""
    config = {"shape": [None, 1], "dtype": "float32", "keras_history": [name, 0, 0]}
    return {"class_name": "__keras_tensor__", "config": config}


def test_calls_without_a_plain_form() -> None:
    inputs = nnfast.Input((3,))
    with pytest.raises(ValueError, match=r"A call of ops.sum can't be written to a file: put it into a layer"):
        nnfast.Model(inputs, layers.Dense(1)(ops.sum(inputs, axis=1, keepdims=True))).get_config()
    with pytest.raises(ValueError, match=r"argument array\(.*put it into a layer"):
        nnfast.Model(inputs, inputs + np.ones(3)).get_config()


def test_calls_as_keras_2_wrote_them() -> None:
    def layer(name: str, nodes: list[Any], class_name: str = "Dense", **config: Any) -> dict[str, Any]:
        return {"class_name": class_name, "name": name, "config": {"name": name, **config}, "inbound_nodes": nodes}

    given = layer("given", [], "InputLayer", batch_input_shape=[None, 3], dtype="float32")
    first = layer("first", [[["given", 0, 0, {}]]], units=2)
    both = layer("both", [[["first", 0, 0, {}], ["given", 0, 0, {}]]], "Concatenate", axis=1)
    dropped = layer("dropped", [[["both", 0, 0, {"training": True}]]], "Dropout", rate=0.5)
    ends = {"input_layers": [["given", 0, 0]], "output_layers": [["dropped", 0, 0]]}
    config = {"name": "old", "layers": [given, first, both, dropped], **ends}
    with pytest.warns(UserWarning, match="batch_input_shape"):
        ours, theirs = (library.Model.from_config(copy.deepcopy(config)) for library in (nnfast, keras))
    assert ours.output_shape == theirs.output_shape == (None, 5)
    assert (np.asarray(ours(np.ones((50, 3), "float32"))) == 0).any()  # it was called with training=True
    assert [layer.name for layer in ours.layers] == [layer.name for layer in theirs.layers]

    waiting = layer("first", [[["both", 0, 0, {}]]], units=2)
    for wrong, message in (([given, waiting, both, dropped], "loop"), ([given, both, dropped], "Missing node: first")):
        with pytest.raises(ValueError, match=message):
            nnfast.Model.from_config({**config, "layers": wrong})
