"""How a layer may be called and built, and what it then knows of itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from oracle import keras

import nnfast
from nnfast import dtype_policies, layers, ops

X = np.random.default_rng(0).random((4, 3), "float32")


class Mixed(layers.Layer):
    """x times a weight, and y times another."""

    def build(self, x_shape: Any, y_shape: Any = None) -> None:
        self.built_for = (x_shape, y_shape)
        self.first = self.add_weight((x_shape[-1], 2), "ones", name="first")
        if y_shape is not None:
            self.second = self.add_weight((y_shape[-1], 2), "ones", name="second")

    def call(self, x: Any, y: Any = None, scale: float = 1.0) -> Any:
        made = ops.matmul(x, self.first)
        return (made if y is None else made + ops.matmul(y, self.second)) * scale


def test_arguments_may_go_by_name() -> None:
    layer = Mixed()
    expected = X.sum(axis=1, keepdims=True) * 4
    for made in (
        layer(X, X, scale=2.0),
        layer(X, y=X, scale=2.0),
        layer(x=X, y=X, scale=2.0),
        layer(y=X, x=X, scale=2),
    ):
        np.testing.assert_allclose(made, np.hstack([expected, expected]), rtol=1e-5)
    assert layer.built_for == ((4, 3), (4, 3)) and len(layer.weights) == 2
    inputs = nnfast.Input((3,))
    model = nnfast.Model(inputs, Mixed()(x=inputs, y=inputs * 2.0))
    np.testing.assert_allclose(model(X)[:, :1], X.sum(axis=1, keepdims=True) * 3, rtol=1e-5)
    assert len(Mixed()(X).shape) == 2


def test_one_shape_is_that_of_the_inputs_whatever_its_name() -> None:
    class Single(layers.Layer):
        def build(self, whatever: Any) -> None:
            self.shape = whatever

        def call(self, x: Any, y: Any) -> Any:
            return x

    layer = Single()
    layer(X, X[:, :2])
    assert layer.shape == (4, 3)


def test_shapes_of_other_names_are_refused() -> None:
    class NoSuffix(layers.Layer):
        def build(self, x_shape: Any, y: Any) -> None: ...

        def call(self, x: Any, y: Any) -> Any:
            return x

    class NoArgument(layers.Layer):
        def build(self, x_shape: Any, z_shape: Any) -> None: ...

        def call(self, x: Any, y: Any) -> Any:
            return x

    with pytest.raises(ValueError, match="`y`, which does not end in `_shape`"):
        NoSuffix()(X, X)
    with pytest.raises(ValueError, match=r"`z_shape`, but `call\(\)` does not have argument `z`"):
        NoArgument()(X, X)
    with pytest.raises(ValueError, match="Only input tensors may be passed as positional arguments"):
        Mixed()(X, X, 2.0)


def test_what_is_not_there_is_none() -> None:
    class Either(layers.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.dense = layers.Dense(2)

        def call(self, inputs: Any) -> Any:
            made = self.dense(inputs["x"])
            return made if inputs["y"] is None else made + self.dense(inputs["y"])

    layer = Either()
    np.testing.assert_array_equal(layer({"x": X, "y": None}), layer.dense(X))
    assert layer({"x": nnfast.Input((3,)), "y": None}).shape == (None, 2)


def test_shapes_and_types_of_outputs_without_a_call() -> None:
    class Declared(layers.Layer):
        def call(self, inputs: Any) -> Any:
            raise AssertionError

        def compute_output_shape(self, input_shape: Any) -> Any:
            return {"one": input_shape, "two": (input_shape, (*input_shape, 2))}

    for library in (nnfast, keras):
        made = library.KerasTensor((2, 3)) if library is keras else nnfast.KerasTensor((2, 3))
        assert made.shape == (2, 3) and made.dtype == "float32"
    spec = Declared().compute_output_spec(nnfast.KerasTensor((2, 3)))
    assert spec["one"].shape == (2, 3) and spec["two"][1].shape == (2, 3, 2)
    dense = layers.Dense(5)
    assert dense.compute_output_spec(nnfast.KerasTensor((None, 3))).shape == (None, 5)
    with pytest.raises(NotImplementedError, match="does not have a `compute_output_shape` method implemented"):
        layers.Layer().compute_output_shape((2, 3))


def test_paths_are_keras() -> None:
    def made(library: Any) -> Any:
        library.utils.clear_session()

        class Inner(library.layers.Layer):  # type: ignore[misc,name-defined]
            def __init__(self) -> None:
                super().__init__(name="inner")
                self.early = self.add_weight((1,), name="early")
                self.dense = library.layers.Dense(2, name="deep")

            def call(self, inputs: Any) -> Any:
                return self.dense(inputs)

        inputs = library.Input((3,))
        inner = Inner()
        outputs = library.layers.Dense(1, name="last")(inner(inputs))
        stack = library.Sequential([library.Input((1,)), library.layers.Dense(1, name="top")], name="stack")
        return library.Model(inputs, stack(outputs))

    ours, theirs = made(nnfast), made(keras)
    assert [weight.path for weight in ours.weights] == [weight.path for weight in theirs.weights]
    assert "inner/deep/kernel" in [weight.path for weight in ours.weights]


def test_calls_with_other_values_leave_the_layers_own() -> None:
    class Counting(layers.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.factor = self.add_weight((), "ones", regularizer="l1")
            self.count = self.add_weight((), "zeros", trainable=False)

        def call(self, inputs: Any) -> Any:
            self.count.assign_add(1.0)
            self.add_loss(ops.sum(inputs))
            return inputs * self.factor

    layer = Counting()
    layer.built = True
    made, after, losses = layer.stateless_call([3.0], [5.0], X, return_losses=True)
    np.testing.assert_array_equal(made, X * 3)
    assert [float(value) for value in after] == [6.0] and len(losses) == 2
    assert float(layer.factor.numpy()) == 1 and float(layer.count.numpy()) == 0
    with pytest.raises(ValueError, match="1 trainable and 1 non-trainable variables, got 2 and 1"):
        layer.stateless_call([1.0, 2.0], [0.0], X)
    with pytest.raises(ValueError, match="must be built"):
        layers.Dense(2).stateless_call([], [], X)


def test_configurations_are_the_arguments() -> None:
    class Plain(layers.Layer):
        def __init__(self, units: int, names: tuple[str, ...] = ("a",), **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.units, self.names = units, names

    config = Plain(3, name="mine", trainable=False).get_config()
    dtype = dtype_policies.serialize(dtype_policies.DTypePolicy("float32"))
    assert config == {"name": "mine", "trainable": False, "dtype": dtype, "units": 3, "names": ("a",)}
    again = Plain.from_config(config)
    assert again.units == 3 and again.name == "mine" and not again.trainable

    class Bare(layers.Layer):
        def __init__(self, units: int) -> None:
            super().__init__()

    assert Bare.from_config(Bare(4).get_config()).built is False

    class Rich(layers.Layer):
        def __init__(self, values: Any) -> None:
            super().__init__()

    with pytest.raises(NotImplementedError, match="Rich was made with arguments that are no plain values"):
        Rich(X).get_config()


def test_metrics_of_sub_layers() -> None:
    class Watching(layers.Layer):
        def __init__(self, inner: Any = None) -> None:
            super().__init__()
            self.inner, self.metric = inner, nnfast.metrics.Mean()

    layer = Watching(Watching(Watching()))
    assert len(layer.metrics) == 3 and len(layer.metrics_variables) == 6 and layer.variables == []


INPUTS: dict[str, tuple[dict[str, Any], str | None]] = {
    "no shape": ({}, "pass a `shape` argument"),
    "two shapes": (dict(shape=(3,), batch_shape=(None, 3)), "cannot pass both `shape` and `batch_shape`"),
    "two sizes": (dict(batch_size=4, batch_shape=(None, 3)), "cannot pass both `batch_size` and `batch_shape`"),
    "sparse": (dict(shape=(3,), sparse=True), "`sparse=True` is not supported"),
    "no tensor": (dict(input_tensor=X), "Argument `input_tensor` must be a KerasTensor"),
    "another shape": (dict(shape=(2,), input_tensor=nnfast.KerasTensor((4, 3))), "an incompatible `shape`"),
    "another size": (dict(batch_size=2, input_tensor=nnfast.KerasTensor((4, 3))), "an incompatible `batch_size`"),
    "another type": (dict(dtype="int32", input_tensor=nnfast.KerasTensor((4, 3))), "an incompatible `dtype`"),
    "unknown": (dict(shape=(3,), form=2), "Unrecognized keyword arguments"),
    "a tensor": (dict(input_tensor=nnfast.KerasTensor((4, 3))), None),
    "all of a tensor": (dict(batch_shape=(4, 3), input_tensor=nnfast.KerasTensor((4, 3))), None),
}


@pytest.mark.parametrize("name", INPUTS)
def test_input_layers(name: str) -> None:
    arguments, message = INPUTS[name]
    if message is None:
        assert layers.InputLayer(**arguments).batch_shape == (4, 3)
        return
    with pytest.raises(ValueError, match=message):
        layers.InputLayer(**arguments)


def test_names_of_old_for_shapes() -> None:
    for arguments in (dict(input_shape=(3,), batch_size=4), dict(batch_input_shape=(4, 3))):
        with pytest.warns(UserWarning, match="is deprecated. Use `"):
            assert layers.InputLayer(**arguments).batch_shape == (4, 3)
