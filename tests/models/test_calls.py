"""What may be called with what: the edges of models that are put together from calls."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest
from oracle import keras

import nnfast
from nnfast import graph, layers, ops

RANDOM = np.random.default_rng(1)
X = RANDOM.random((6, 3), "float32")


class Total(layers.Layer):
    """The sum of a list."""

    def call(self, inputs: Any) -> Any:
        return sum(inputs[1:], inputs[0])


def test_the_callers_lists_are_his_to_change() -> None:
    a, b = nnfast.Input((3,), name="a"), nnfast.Input((3,), name="b")
    given = [a, a]
    total = Total()(given)
    given[1] = b
    inputs, outputs = [a, b], {"total": total, "twice": total * 2}
    model = nnfast.Model(inputs, outputs)
    inputs.reverse()
    outputs["total"] = outputs["twice"]
    model.inputs.append(a)
    found = model.predict([X, X * 10], verbose=0)
    np.testing.assert_allclose(found["total"], X * 2)
    np.testing.assert_allclose(found["twice"], X * 4)
    assert len(model.inputs) == 2


def test_ops_have_names_of_their_own() -> None:
    nnfast.utils.clear_session()
    a = nnfast.Input((3,))
    model = nnfast.Model(a, [a + 1, a + 2, a * 2, layers.Add()([a, a])])
    assert model.output_names == ["add", "add_1", "multiply", "add_2"]


class Pair(NamedTuple):
    first: Any
    second: Any


def test_named_tuples_stay_what_they_are() -> None:
    class Swap(layers.Layer):
        def build(self, input_shape: Any) -> None:
            self.shapes = input_shape

        def call(self, inputs: Pair) -> Pair:
            return Pair(inputs.second, inputs.first)

    a, b = nnfast.Input((3,)), nnfast.Input((2,))
    layer = Swap()
    model = nnfast.Model(Pair(a, b), layer(Pair(a, b)))
    found = model.predict(Pair(X, X[:, :2]), verbose=0)
    assert isinstance(found, Pair) and found.first.shape == (6, 2)
    assert isinstance(layer(Pair(X, X)), Pair) and layer.shapes == Pair((None, 3), (None, 2))


def test_a_layer_may_return_nothing_beside_something() -> None:
    class Maybe(layers.Layer):
        def call(self, inputs: Any) -> Any:
            return inputs * 2, None

    a = nnfast.Input((3,))
    doubled, nothing = Maybe()(a)
    assert nothing is None
    np.testing.assert_array_equal(nnfast.Model(a, doubled).predict(X, verbose=0), X * 2)


# Each makes of an input what Keras makes, whatever the lengths that are not known.
SHAPES: dict[str, Callable[[Any], Any]] = {
    "a constant": lambda k: k.Input((None, 3)) + np.ones((4, 3), "float32"),
    "a fixed shape": lambda k: k.layers.Reshape((4, 4))(k.Input((None,))),
    "a divided length": lambda k: k.layers.Reshape((-1, 8))(k.Input((None, 4))),
    "an odd factor": lambda k: k.layers.Reshape((-1, 9))(k.Input((None, 3))),
    "rows against their mean": lambda k: (lambda a: a - k.ops.mean(a, axis=0, keepdims=True))(k.Input((3,))),
    "a long sum": lambda k: k.ops.concatenate([k.Input((None, 3)), k.Input((12, 3))], axis=1),
    "a batch of its own": lambda k: k.layers.Dense(2)(k.Input(batch_shape=(4, 3))),
}


@pytest.mark.parametrize("name", SHAPES)
def test_shapes_are_keras(name: str) -> None:
    ours, theirs = SHAPES[name](nnfast), SHAPES[name](keras)
    assert (ours.shape, ours.dtype) == (theirs.shape, theirs.dtype)


def test_rows_against_their_mean() -> None:
    a = nnfast.Input((3,))
    model = nnfast.Model(a, a - ops.mean(a, axis=0, keepdims=True))
    np.testing.assert_allclose(model.predict(X, verbose=0), X - X.mean(axis=0), atol=1e-6)


def test_numpys_numbers_give_way_to_tensors() -> None:
    a = nnfast.Input((3,))
    assert (a * np.float64(3)).dtype == "float32" and (X * ops.ones(3) * np.sqrt(2.0)).dtype == "float32"
    assert ops.multiply(X.astype("float64"), np.float64(3)).dtype == "float64"
    assert ops.sqrt(np.float64(2)).dtype == "float64"


def test_a_tensor_from_outside_is_named() -> None:
    a, b = nnfast.Input((3,), name="a"), nnfast.Input((3,), name="b")
    with pytest.raises(TypeError, match=r"'add.*' was called with <KerasTensor .*name=b> and a tensor that is being"):
        layers.Lambda(lambda x: x + b)(a)


def test_only_the_first_call_of_a_layer_is_kept() -> None:
    a, dense = nnfast.Input((3,)), layers.Dense(3)
    first = dense(a)
    for _ in range(3):
        dense(dense(a))
    assert dense.output is first and dense.input is a
    assert dense.compute_output_shape((None, 3)) == (None, 3)


def test_a_layer_off_one_stack_goes_on_another() -> None:
    last = layers.Dense(3)
    model = nnfast.Sequential([nnfast.Input((3,)), layers.Dense(3), last])
    assert model.pop() is last
    model.add(layers.Dense(3, activation="relu"))
    model.add(last)
    np.testing.assert_array_equal(nnfast.Model(model.input, last.output)(X), model(X))


def test_a_stack_may_begin_with_a_layer_of_several_inputs() -> None:
    for make in (lambda a, b: [a, b], lambda a, b: {"b": b, "a": a}):

        class Sum(layers.Layer):
            def call(self, inputs: Any) -> Any:
                first, second = inputs.values() if isinstance(inputs, dict) else inputs
                return first + second

        model = nnfast.Sequential([Sum(), layers.Dense(2)])
        np.testing.assert_allclose(model(make(X, X)), model.predict(make(X, X), verbose=0), rtol=1e-6)
        assert model.layers[1].kernel.shape == (3, 2) and len(model.inputs) == 2
        model.compile("sgd", "mse")
        model.fit(make(X, X), X[:, :2], verbose=0)


def test_layers_set_before_the_model_is_made() -> None:
    class Early(nnfast.Model):
        def __init__(self) -> None:
            self.last, self.hidden = layers.Dense(1, name="last"), layers.Dense(2, name="hidden")
            inputs = nnfast.Input((3,))
            super().__init__(inputs, self.last(self.hidden(inputs)))
            self.beside = layers.Dense(4)

    model = Early()
    assert [layer.name for layer in model.layers[1:]] == ["hidden", "last"]
    assert [weight.shape for weight in model.weights] == [(3, 2), (2,), (2, 1), (1,)]
    model.beside(X)
    assert len(model.weights) == 6 and len(model.layers) == 3


def test_dictionaries_of_inputs_go_by_their_keys_or_the_inputs_names() -> None:
    a, b = nnfast.Input((3,), name="a"), nnfast.Input((3,), name="b")
    model = nnfast.Model({"x": b, "w": a}, a - b)
    np.testing.assert_array_equal(model.predict({"w": X, "x": X * 2}, verbose=0), -X)
    with pytest.raises(ValueError, match="expects inputs called 'x', 'w'; got 'a', 'b'"):
        model.predict({"a": X, "b": X * 2}, verbose=0)
    np.testing.assert_array_equal(nnfast.Model([b, a], a - b).predict({"a": X, "b": X * 2}, verbose=0), -X)
    with pytest.raises(ValueError, match=r"structure of `inputs` doesn't match.*'x': 'b', 'w': 'a'.*\[\("):
        model.predict([X, X], verbose=0)
    with pytest.raises(ValueError, match="expects inputs called 'a'; got 'c'"):
        nnfast.Model(a, a + 1).predict({"c": X}, verbose=0)


def test_an_input_may_be_optional() -> None:
    class Add(layers.Layer):
        def call(self, inputs: Any, other: Any = None) -> Any:
            return inputs if other is None else inputs + other

    a, b = nnfast.Input((3,), name="a"), nnfast.Input((3,), name="b", optional=True)
    model = nnfast.Model([a, b], Add()(a, other=b))
    np.testing.assert_array_equal(model([X, X]), X * 2)
    np.testing.assert_array_equal(model([X, None]), X)
    with pytest.raises(ValueError, match="'a', which is not optional, got None"):
        model([None, X])


def test_threads_that_call_a_model_first_build_it_once() -> None:
    started = threading.Barrier(4)

    class Slow(layers.Layer):
        def build(self, input_shape: Any) -> None:
            self.weight = self.add_weight((input_shape[-1],), "ones", name="weight")
            threading.Event().wait(0.02)

        def call(self, inputs: Any) -> Any:
            return inputs * self.weight

    model = nnfast.Sequential([Slow(), Slow()])
    found: list[Any] = []

    def call() -> None:
        started.wait()
        found.append(model(X))

    threads = [threading.Thread(target=call) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4 and len(model.weights) == 2
    assert graph.is_tracing() is False
