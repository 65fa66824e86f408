"""The training script that nnfast, tf.keras and Keras on JAX run alike: they differ in the import only."""

from __future__ import annotations

import time
from typing import Any

from racers.training.job import Job, Outcome


def train(keras: Any, job: Job, version: str, libraries: dict[str, str]) -> Outcome:
    """Builds, trains and tests the job's network with the given Keras."""
    keras.utils.set_random_seed(job.seed)
    model = keras.Sequential([keras.Input((784,))])
    for units in job.hidden:
        model.add(keras.layers.Dense(units, activation="relu"))
        if job.dropout:
            model.add(keras.layers.Dropout(job.dropout))
    model.add(keras.layers.Dense(10, activation="softmax"))
    model.compile(job.optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"])

    class Timer(keras.callbacks.Callback):  # type: ignore[misc]
        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            self.started = time.perf_counter()

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            seconds.append(time.perf_counter() - self.started)

    seconds: list[float] = []
    epochs = job.warm_up + job.epochs
    model.fit(job.x_train, job.y_train, job.batch_size, epochs, callbacks=[Timer()], verbose=0)
    _, accuracy = model.evaluate(job.x_test, job.y_test, verbose=0)
    return Outcome(version, seconds[job.warm_up :], float(accuracy), libraries)
