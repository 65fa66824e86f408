"""What fit, evaluate and predict take and return."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest
from nets import CLASSES, FEATURES, SPARSE, classifier, compiled, same_weights, samples

import nnfast
from nnfast import Input, Sequential, layers, optimizers
from nnfast.callbacks import Callback


def test_the_same_seed_gives_the_same_bits_and_another_does_not() -> None:
    x, y = samples(100)

    def fit(seed: int, **arguments: Any) -> list[Any]:
        nnfast.utils.set_random_seed(seed)
        model = classifier(nnfast)
        model.compile("adam", SPARSE)
        model.fit(x, y, batch_size=7, epochs=2, verbose=0, **arguments)
        return list(model.get_weights())

    assert same_weights(fit(1), fit(1))
    assert not same_weights(fit(1), fit(2))
    assert not same_weights(fit(1), fit(1, shuffle=False))


def test_a_new_order_in_each_epoch_and_each_fit() -> None:
    """Losses of single batches tell the order, as the learning rate is 0."""
    x, y = samples(64)
    model = compiled(optimizers.SGD(0.0))
    orders: list[list[float]] = []

    class Order(Callback):
        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            orders.append([])

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            orders[-1].append(round(logs["loss"] * (batch + 1), 3))

    for _ in range(2):
        model.fit(x, y, batch_size=1, epochs=2, verbose=0, callbacks=[Order()])
    singles = [sorted(np.round(np.diff([0.0, *order]), 1).tolist()) for order in orders]
    assert len({tuple(order) for order in orders}) == 4
    np.testing.assert_allclose(singles, [singles[0]] * 4, atol=0.11)


@pytest.mark.parametrize("dtype", ["uint8", "int8", "int64", "bool", "float16", "float64", ">f4"])
def test_inputs_of_any_dtype(dtype: str) -> None:
    x = np.random.default_rng(0).integers(0, 2, (40, FEATURES)).astype(dtype)
    x.flags.writeable = False
    y = np.random.default_rng(1).integers(0, CLASSES, 40).astype(dtype if dtype != "bool" else "uint8")
    expected, model = compiled("adam"), compiled("adam")
    wanted = expected.fit(x.astype("float32"), y.astype("int64"), epochs=2, shuffle=False, verbose=0).history["loss"]
    assert model.fit(x, y, epochs=2, shuffle=False, verbose=0).history["loss"] == wanted
    for verbose in (0, 2):
        assert np.array_equal(model.predict(x, verbose=verbose), expected.predict(x.astype("float32"), verbose=0))


def test_lists_views_and_single_entries() -> None:
    x, y = samples(20)
    wanted = compiled().evaluate(x, y, verbose=0)
    wide = np.zeros((20, 2 * FEATURES), "float32")
    wide[:, ::2] = x
    for given in (x.tolist(), [x], wide[:, ::2], np.asfortranarray(x)):
        np.testing.assert_allclose(compiled().evaluate(given, y.tolist(), verbose=0), wanted, rtol=1e-6)
    for labels in (y[:, None], y.astype("float64"), [y]):
        np.testing.assert_allclose(compiled().evaluate(x, labels, verbose=0), wanted, rtol=1e-6)


def test_nan_inputs_give_nan_not_an_error() -> None:
    x, y = samples(20)
    x[3, 2] = np.nan
    model = compiled()
    assert np.isnan(model.fit(x, y, verbose=0).history["loss"]).all()
    assert np.isnan(model.evaluate(x, y, verbose=0))


def test_the_epoch_loss_weighs_batches_by_their_size() -> None:
    x, y = samples(10)
    model = compiled(optimizers.SGD(0.0), metrics=["accuracy"])
    probabilities = model.predict(x, verbose=0)
    expected = -np.log(probabilities[np.arange(10), y]).mean()
    history = model.fit(x, y, batch_size=4, verbose=0).history
    np.testing.assert_allclose(history["loss"], [expected], rtol=1e-5)
    np.testing.assert_allclose(history["accuracy"], [(probabilities.argmax(1) == y).mean()], rtol=1e-6)
    np.testing.assert_allclose(
        model.evaluate(x, y, batch_size=3, verbose=0), [expected, history["accuracy"][0]], rtol=1e-5
    )


def test_predict_gives_a_row_for_each_sample() -> None:
    x, _ = samples(70)
    model = classifier(nnfast)
    whole = model.predict(x, verbose=0)
    assert type(whole) is np.ndarray and whole.shape == (70, CLASSES) and whole.dtype == np.float32
    np.testing.assert_allclose(whole.sum(axis=1), 1, rtol=1e-5)
    for arguments in (
        dict(batch_size=1),
        dict(batch_size=64),
        dict(batch_size=1000),
        dict(verbose=2),
        dict(callbacks=[Callback()]),
    ):
        np.testing.assert_allclose(model.predict(x, **{"verbose": 0, **arguments}), whole, rtol=1e-5)
    np.testing.assert_allclose(model.predict(x[:1], verbose=0), whole[:1], rtol=1e-5)
    np.testing.assert_allclose(model.predict(x, batch_size=16, steps=2, verbose=0), whole[:32], rtol=1e-5)
    np.testing.assert_allclose(model.predict(x, steps=3, verbose=0), whole, rtol=1e-5)
    assert whole.flags.owndata or whole.base is not None
    for verbose in (0, 2):
        empty = model.predict(x[:0], verbose=verbose)
        assert empty.shape == (0, CLASSES) and empty.dtype == np.float32


def test_predictions_follow_the_weights_and_the_structure() -> None:
    x, y = samples(10)
    model = compiled()
    before = model.predict(x, verbose=0)
    model.fit(x, y, verbose=0)
    assert not np.array_equal(before, model.predict(x, verbose=0))
    model.add(layers.Dense(2))
    assert model.predict(x, verbose=0).shape == model.predict(x, verbose=2).shape == (10, 2)


def test_threads_may_predict_at_once() -> None:
    x, _ = samples(500)
    model = classifier(nnfast)
    wanted = model.predict(x, verbose=0)
    found: list[bool] = []
    threads = [
        threading.Thread(target=lambda: found.append(np.array_equal(model.predict(x, verbose=0), wanted)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 8


def test_a_model_without_an_input_is_built_by_fit() -> None:
    x, y = samples(20)
    model = Sequential([layers.Dense(4, activation="relu"), layers.Dense(CLASSES, activation="softmax")])
    model.compile("adam", SPARSE)
    model.fit(x, y, verbose=0)
    assert model.built and model.predict(x, verbose=0).shape == (20, CLASSES)


def test_inputs_of_one_number_a_sample() -> None:
    model = Sequential([Input((1,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    x = np.linspace(0, 1, 20)
    model.fit(x, 2 * x, epochs=2, verbose=0)
    assert model.predict(x, verbose=0).shape == (20, 1)


def test_freezing_after_the_first_fit() -> None:
    x, y = samples(20)
    model = compiled()
    model.fit(x, y, verbose=0)
    model.layers[0].trainable = False
    before = model.get_weights()
    model.fit(x, y, verbose=0)
    after = model.get_weights()
    assert same_weights(before[:2], after[:2]) and not same_weights(before[2:], after[2:])


def test_a_step_is_traced_once_for_data_of_one_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    from nnfast.training import step

    traced: list[Any] = []
    original = step.graph.trace
    monkeypatch.setattr(step.graph, "trace", lambda *arguments: traced.append(1) or original(*arguments))
    x, y = samples(50)
    model = compiled()
    model.fit(x, y, validation_split=0.2, epochs=2, verbose=0)
    first = len(traced)
    model.fit(x[:33], y[:33], batch_size=5, validation_data=(x[:3], y[:3]), verbose=0)
    model.evaluate(x, y, verbose=0)
    assert first == 3 and len(traced) == first  # train, test, and the metrics' results
    model.compile("adam", SPARSE)
    model.fit(x, y, verbose=0)
    assert len(traced) == first + 2


def test_no_split_is_none_or_zero() -> None:
    x, y = samples()
    for none in (None, 0, 0.0, np.float32(0)):
        assert list(compiled().fit(x, y, validation_split=none, verbose=0).history) == ["loss"]
