"""Steps of one's own, traced like all others; functions of one's own, called for every batch; and run_eagerly."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from nets import FEATURES, SPARSE, compiled, same_weights, samples

import nnfast
from nnfast import Model, ops
from nnfast.callbacks import Callback
from nnfast.utils import unpack_x_y_sample_weight

X, Y = samples(50)


class Custom(nnfast.Sequential):
    """Keras's guide to custom training steps, with TensorFlow's tape."""

    steps = 0

    def train_step(self, data: Any) -> Any:
        Custom.steps += 1
        x, y, sample_weight = unpack_x_y_sample_weight(data)
        with nnfast.GradientTape() as tape:
            predictions = self(x, training=True)
            loss = self.compute_loss(x=x, y=y, y_pred=predictions, sample_weight=sample_weight)
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_variables, strict=True))
        for metric in self.metrics:
            if metric.name == "loss":
                metric.update_state(loss, sample_weight=ops.size(y))
            else:
                metric.update_state(y, predictions)
        return {metric.name: metric.result() for metric in self.metrics}

    def test_step(self, data: Any) -> Any:
        return super().test_step(data)

    def predict_step(self, data: Any) -> Any:
        return super().predict_step(data) * 2


def net(cls: Any, **arguments: Any) -> Any:
    nnfast.utils.set_random_seed(3)
    model = cls(
        [
            nnfast.Input((FEATURES,)),
            nnfast.layers.Dense(7, activation="relu"),
            nnfast.layers.Dropout(0.2),
            nnfast.layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile("adam", SPARSE, metrics=["accuracy"], **arguments)
    return model


def fitted(model: Any, **arguments: Any) -> dict[str, list[float]]:
    nnfast.utils.set_random_seed(5)
    history = model.fit(X, Y, batch_size=7, epochs=3, verbose=0, validation_split=0.2, **arguments).history
    assert isinstance(history, dict)
    return history


@pytest.mark.parametrize("eager", [False, True])
def test_a_step_as_in_the_guide_trains_the_same(eager: bool) -> None:
    plain, custom = net(nnfast.Sequential), net(Custom, run_eagerly=eager)
    Custom.steps = 0
    assert fitted(custom) == fitted(plain)
    assert same_weights(custom.get_weights(), plain.get_weights())
    assert Custom.steps == (3 * 6 if eager else 1)  # traced once, for all batches
    assert custom.evaluate(X, Y, verbose=0, return_dict=True) == plain.evaluate(X, Y, verbose=0, return_dict=True)
    for size in (50, 7):
        assert np.array_equal(custom.predict(X, size, verbose=0), 2 * plain.predict(X, size, verbose=0))
    assert custom.train_on_batch(X, Y) == plain.train_on_batch(X, Y)


def test_run_eagerly_shows_numbers_and_has_the_same_bits() -> None:
    seen: list[Any] = []

    class Looks(nnfast.layers.Layer):
        def call(self, inputs: Any) -> Any:
            if nnfast.graph.is_symbolic(inputs) and hasattr(inputs, "numpy"):
                seen.append(inputs.numpy())
                if ops.mean(inputs) > 1e9:
                    raise AssertionError
            return inputs * 2

    def make(**arguments: Any) -> Any:
        nnfast.utils.set_random_seed(4)
        model = nnfast.Sequential([nnfast.Input((FEATURES,)), Looks(), nnfast.layers.Dense(3, activation="softmax")])
        model.compile("rmsprop", SPARSE, metrics=["accuracy"], weighted_metrics=["accuracy"], **arguments)
        return model

    eager, traced = make(run_eagerly=True), make()
    assert fitted(eager) == fitted(traced) and same_weights(eager.get_weights(), traced.get_weights())
    assert all(isinstance(array, np.ndarray) for array in seen) and len(seen) >= 18
    assert eager.evaluate(X, Y, verbose=0) == traced.evaluate(X, Y, verbose=0)
    count = len(seen)
    assert np.array_equal(eager.predict(X, verbose=0), traced.predict(X, verbose=0))
    assert len(seen) > count and np.array_equal(seen[-2], X[:32])
    assert eager.run_eagerly and not traced.run_eagerly
    eager.run_eagerly = False
    count = len(seen)
    eager.predict(X, batch_size=5, verbose=0)
    assert len(seen) == count


def test_run_eagerly_takes_batches_and_finds_wrong_labels_before_a_weight_changes() -> None:
    eager, traced = net(nnfast.Sequential, run_eagerly=True), net(nnfast.Sequential)
    data = [(X[:3], Y[:3]), (X[3:20], Y[3:20])]
    assert eager.fit(iter(data), verbose=0).history == traced.fit(iter(data), verbose=0).history
    assert same_weights(eager.get_weights(), traced.get_weights())
    before = eager.get_weights()
    with pytest.raises(ValueError, match="Labels must be from 0 to 2"):
        eager.fit(X, Y + 1, verbose=0)

    class Fails(nnfast.Sequential):
        def train_step(self, data: Any) -> Any:
            super().train_step(data)
            raise RuntimeError("after the update")

    failing = net(Fails, run_eagerly=True)
    failing.set_weights(before)
    with pytest.raises(RuntimeError, match="after the update"):
        failing.fit(X, Y, verbose=0)
    assert same_weights(failing.get_weights(), before)


def test_a_model_without_a_call_and_two_optimizers() -> None:
    class Adversaries(Model):
        def __init__(self) -> None:
            super().__init__()
            self.critic = nnfast.Sequential([nnfast.Input((FEATURES,)), nnfast.layers.Dense(1)])
            self.maker = nnfast.Sequential([nnfast.Input((FEATURES,)), nnfast.layers.Dense(FEATURES)])
            self.tracker = nnfast.metrics.Mean(name="critic_loss")

        def compile(self, critic: Any, maker: Any) -> None:  # type: ignore[override]
            super().compile()
            self.critic_optimizer, self.maker_optimizer = critic, maker

        def train_step(self, data: Any) -> Any:
            critic_loss = ops.mean(ops.square(self.critic(data) - 1.0)) + ops.mean(
                ops.square(self.critic(self.maker(data)))
            )
            maker_loss = ops.mean(ops.square(self.critic(self.maker(data)) - 1.0))
            tape = nnfast.GradientTape()
            for loss, net, optimizer in (
                (critic_loss, self.critic, self.critic_optimizer),
                (maker_loss, self.maker, self.maker_optimizer),
            ):
                gradients = tape.gradient(loss, net.trainable_weights)
                optimizer.apply_gradients(zip(gradients, net.trainable_weights, strict=True))
            self.tracker.update_state(critic_loss)
            return {"critic_loss": self.tracker.result(), "maker_loss": maker_loss}

    model = Adversaries()
    model.compile(nnfast.optimizers.Adam(0.01), nnfast.optimizers.Adam(0.01))
    history = model.fit(X, epochs=20, verbose=0).history
    assert set(history) == {"critic_loss", "maker_loss"} and len(history["maker_loss"]) == 20
    assert history["critic_loss"][-1] < history["critic_loss"][0]


def test_logs_are_scalars() -> None:
    class Wrong(nnfast.Sequential):
        def train_step(self, data: Any) -> Any:
            return {"loss": data[0]}

    with pytest.raises(ValueError, match=r"train_step must return a dictionary of scalars, got shape \(None, 5\)"):
        net(Wrong).fit(X, Y, verbose=0)


def test_functions_of_ones_own() -> None:
    calls: list[Any] = []

    class Functions(nnfast.Sequential):
        def make_train_function(self, force: bool = False) -> None:
            super().make_train_function(force)
            usual = self.train_function
            assert usual is not None

            def function(iterator: Any) -> Any:
                logs = usual(iterator)
                calls.append(logs)
                return {**logs, "extra": len(calls)}

            self.train_function = function

        def make_predict_function(self, force: bool = False) -> None:
            self.predict_function = lambda iterator: -self(next(iterator)).numpy()

    model, plain = net(Functions), net(nnfast.Sequential)
    history, wanted = fitted(model), fitted(plain)
    assert len(calls) == 18 and history.pop("extra") == [6, 12, 18]
    assert {name: history[name] for name in wanted} == wanted and same_weights(model.get_weights(), plain.get_weights())
    assert np.array_equal(model.predict(X, 9, verbose=0), -plain.predict(X, 9, verbose=0))


def test_callbacks_see_the_logs_of_a_step_of_ones_own() -> None:
    class Step(nnfast.Sequential):
        def train_step(self, data: Any) -> Any:
            return {"mine": ops.mean(data[0])}

    seen: list[Any] = []

    class Hears(Callback):
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            seen.append(logs)

    model = net(Step)
    model.fit(X, Y, batch_size=25, shuffle=False, verbose=0, callbacks=[Hears()])
    np.testing.assert_allclose([logs["mine"] for logs in seen], [X[:25].mean(), X[25:].mean()], rtol=1e-5)
    assert model.history.history["mine"] == [seen[-1]["mine"]]


def test_gradients_outside_of_a_step() -> None:
    model = compiled()
    with pytest.raises(ValueError, match="Expected a symbolic loss inside a trace"):
        nnfast.GradientTape().gradient(1.0, model.weights)


def test_names_of_old_notes() -> None:
    model = compiled()
    probabilities = model.predict(X, verbose=0)
    with pytest.warns(DeprecationWarning, match=r"call predict\(x\)"):
        assert np.array_equal(model.predict_proba(X), probabilities)
    with pytest.warns(DeprecationWarning, match="argmax"):
        assert np.array_equal(model.predict_classes(X, batch_size=7), probabilities.argmax(axis=1))
    one = nnfast.Sequential([nnfast.Input((FEATURES,)), nnfast.layers.Dense(1, activation="sigmoid")])
    with pytest.warns(DeprecationWarning):
        assert np.array_equal(one.predict_classes(X), one.predict(X, verbose=0) > 0.5)


def test_a_model_that_looks_at_numbers_is_built_by_its_first_batch() -> None:
    class Looks(nnfast.Model):
        def __init__(self) -> None:
            super().__init__()
            self.dense = nnfast.layers.Dense(1)

        def call(self, inputs: Any) -> Any:
            return self.dense(inputs) if float(ops.sum(inputs)) < 1e9 else inputs

    for first in ("fit", "predict", "call"):
        model = Looks()
        model.compile("sgd", "mse", run_eagerly=True)
        if first == "fit":
            model.fit(X, X[:, :1], batch_size=20, verbose=0)
        elif first == "predict":
            assert model.predict(X, verbose=0).shape == (len(X), 1)
        expected = X @ model.dense.kernel.numpy() if model.built else None
        found = model(X)
        assert found.shape == (len(X), 1) and len(model.weights) == 2
        if expected is not None and first == "predict":
            np.testing.assert_allclose(found, expected, rtol=1e-5)
