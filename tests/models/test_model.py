from __future__ import annotations

import threading

import numpy as np
import pytest

from nnfast import Model, graph, layers, utils


class Residual(Model):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.hidden = layers.Dense(4, activation="relu")
        self.out = layers.Dense(4)

    def call(self, inputs):
        return inputs + self.out(self.hidden(inputs))


def test_a_subclass_runs_as_a_program():
    model = Residual()
    x = np.random.default_rng(0).normal(size=(3, 4)).astype("float32")
    result = model(x)
    assert isinstance(result, graph.Tensor)
    assert model.built
    assert len(model.layers) == 2
    assert len(model.trainable_weights) == 4
    np.testing.assert_allclose(result, x + model.out(model.hidden(x)), rtol=1e-5, atol=1e-6)
    model(x)
    assert len(model._programs) == 1


def test_a_change_of_structure_is_traced_again():
    utils.set_random_seed(1)  # some seeds kill all four units
    model = Residual()
    x = np.ones((2, 4), "float32")
    before = np.array(model(x))
    model.out = layers.Dense(4, kernel_initializer="zeros")
    assert not np.array_equal(before, model(x))
    np.testing.assert_array_equal(model(x), x)


def test_init_must_be_called():
    class Forgetful(Model):
        def __init__(self):
            pass

    with pytest.raises(RuntimeError, match=r"Forgetful.*super"):
        Forgetful()(np.ones((1, 1)))


def test_call_must_be_defined():
    with pytest.raises(NotImplementedError, match="call"):
        Model()(np.ones((1, 1)))


def test_unknown_arguments_are_errors():
    with pytest.raises(ValueError, match="colour"):
        Model(colour="red")


def test_concurrent_calls_agree():
    model = Residual()
    x = np.random.default_rng(1).normal(size=(16, 4)).astype("float32")
    expected = np.array(model(x))
    wrong = []

    def work():
        for rows in range(1, 17):
            if not np.array_equal(model(x[:rows]), expected[:rows]):
                wrong.append(rows)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_build_by_hand_builds_the_layers():
    model = Residual()
    model.build((None, 4))
    assert model.built
    assert model.count_params() == 2 * (4 * 4 + 4)


def test_a_new_activation_is_traced_again():
    model = Residual()
    x = np.ones((2, 4), "float32")
    model(x)
    model.hidden.activation = lambda inputs: inputs * 0.0
    np.testing.assert_allclose(model(x), x + model.out.bias.numpy())
