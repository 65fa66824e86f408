"""SwapEMAWeights against Keras's, and what a model has before, during and after."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from oracle import keras

import nnfast

X = np.random.default_rng(0).normal(size=(32, 4)).astype("float32")
Y = (X[:, :1] > 0).astype("float32")


def model_of(library: Any, weights: Any = None, **options: Any) -> Any:
    model = library.Sequential([library.Input((4,)), library.layers.Dense(1)])
    if weights is not None:
        model.set_weights(weights)
    optimizer = library.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.7)
    if options.get("scaled"):
        optimizer = library.optimizers.LossScaleOptimizer(optimizer)
    model.compile(optimizer, "mse")
    return model


@pytest.mark.parametrize("swap_on_epoch", [False, True])
@pytest.mark.parametrize("scaled", [False, True])
def test_losses_and_weights_are_keras(swap_on_epoch: bool, scaled: bool) -> None:
    results, seen = [], []
    weights = None
    for library in (keras, nnfast):
        model = model_of(library, weights, scaled=scaled)
        weights = model.get_weights() if weights is None else weights
        at_epochs: list[Any] = []
        look = library.callbacks.LambdaCallback(
            on_epoch_end=lambda epoch, logs, at=at_epochs, model=model: at.append(model.get_weights()[0].copy())
        )
        callbacks = [library.callbacks.SwapEMAWeights(swap_on_epoch), look]
        fitted = {"batch_size": 8, "epochs": 3, "shuffle": False, "verbose": 0, "validation_data": (X, Y)}
        history = model.fit(X, Y, callbacks=callbacks, **fitted).history
        results.append([*history["loss"], *history["val_loss"], *model.get_weights()[0].ravel()])
        seen.append(at_epochs)
    np.testing.assert_allclose(results[1], results[0], rtol=1e-5)
    np.testing.assert_allclose(np.array(seen[1]), np.array(seen[0]), rtol=1e-5)


def test_a_prediction_leaves_the_weights_as_they_were() -> None:
    model = model_of(nnfast)
    model.fit(X, Y, batch_size=8, verbose=0)
    trained = [weight + 1 for weight in model.get_weights()]
    model.set_weights(trained)
    model.predict(X, verbose=0, callbacks=[nnfast.callbacks.SwapEMAWeights()])
    model.evaluate(X, Y, verbose=0, callbacks=[nnfast.callbacks.SwapEMAWeights()])
    for before, after in zip(trained, model.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)


def test_without_averages_it_is_an_error() -> None:
    model = nnfast.Sequential([nnfast.Input((4,)), nnfast.layers.Dense(1)])
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match="use_ema=True"):
        model.evaluate(X, Y, verbose=0, callbacks=[nnfast.callbacks.SwapEMAWeights()])
