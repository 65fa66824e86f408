"""Models like others, as Keras clones them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import nnfast
from nnfast import layers

X = np.random.default_rng(0).random((10, 3), "float32")


def stack() -> Any:
    return nnfast.Sequential([nnfast.Input((3,), name="given"), layers.Dense(4, name="hidden"), layers.Dense(2)])


def graph() -> Any:
    a = nnfast.Input((3,), name="a")
    shared = layers.Dense(3, name="shared")
    inner = nnfast.Sequential([nnfast.Input((3,)), layers.Dense(3, name="deep")], name="inner")
    return nnfast.Model({"a": a}, {"one": inner(shared(shared(a) * 2.0)), "two": a + 1.0}, name="graph")


@pytest.mark.parametrize("make", [stack, graph])
def test_clones_compute_the_same_with_the_same_weights(make: Any) -> None:
    model = make()
    clone = nnfast.models.clone_model(model)
    assert [layer.name for layer in clone.layers] == [layer.name for layer in model.layers]
    assert clone.output_names == model.output_names and clone.name == model.name
    assert not any(weight is other for weight in clone.weights for other in model.weights)
    clone.set_weights(model.get_weights())
    given = X if make is stack else {"a": X}
    for got, expected in zip(*(nnfast.tree.flatten(m.predict(given, verbose=0)) for m in (clone, model)), strict=True):
        np.testing.assert_array_equal(got, expected)


def test_clones_are_compiled_alike() -> None:
    model = stack()
    metric = nnfast.metrics.MeanSquaredError(name="error")
    model.compile(nnfast.optimizers.SGD(0.5), "mae", metrics=[metric])
    clone = nnfast.models.clone_model(model)
    assert clone.optimizer is not model.optimizer and float(clone.optimizer.learning_rate) == 0.5
    logs = clone.evaluate(X, X[:, :2], verbose=0, return_dict=True)
    assert sorted(logs) == ["error", "loss"] and float(metric.result()) == 0


def test_layers_may_be_chosen_and_calls_changed() -> None:
    model = graph()

    def call(layer: Any, *args: Any, **kwargs: Any) -> Any:
        made = layer(*args, **kwargs)
        return layers.Dropout(0.5)(made) if isinstance(layer, layers.Dense) else made

    changed = nnfast.models.clone_model(model, clone_function=lambda layer: layer, call_function=call)
    assert sum(isinstance(layer, layers.Dropout) for layer in changed.layers) == 2
    assert all(weight is other for weight, other in zip(changed.weights, model.weights, strict=True))

    def wider(layer: Any) -> Any:
        config = layer.get_config()
        return type(layer).from_config({**config, "use_bias": False} if "use_bias" in config else config)

    for recursive, count in ((False, 9 + 9 + 3), (True, 9 + 9)):
        assert nnfast.models.clone_model(model, clone_function=wider, recursive=recursive).count_params() == count
    assert nnfast.models.clone_model(stack(), clone_function=wider).count_params() == 12 + 8


def test_clones_may_be_made_on_other_inputs() -> None:
    model = graph()
    given = nnfast.Input((3,), name="other")
    clone = nnfast.models.clone_model(model, input_tensors={"a": given})
    assert clone.inputs[0] is given
    assert nnfast.models.clone_model(stack(), input_tensors=given).inputs[0].name == "other"
    with pytest.raises(ValueError, match=r"same structure as model\.input"):
        nnfast.models.clone_model(model, input_tensors=[given])
    with pytest.raises(ValueError, match="must be KerasTensors"):
        nnfast.models.clone_model(model, input_tensors={"a": X})
    with pytest.raises(ValueError, match="not supported with Sequential"):
        nnfast.models.clone_model(stack(), call_function=lambda layer, x: layer(x))


def test_models_with_a_call_are_made_again() -> None:
    class Own(nnfast.Model):
        def __init__(self, units: int = 2, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.dense = layers.Dense(units)

        def call(self, inputs: Any) -> Any:
            return self.dense(inputs)

    clone = nnfast.models.clone_model(Own(5, name="mine"))
    assert isinstance(clone, Own) and clone.dense.units == 5 and clone.name == "mine"
    with pytest.raises(ValueError, match="only supported for Sequential"):
        nnfast.models.clone_model(Own(), clone_function=lambda layer: layer)
