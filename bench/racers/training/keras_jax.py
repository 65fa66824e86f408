"""Keras on JAX."""

from __future__ import annotations

import os

from racers.training import keras_api
from racers.training.job import Job, Outcome, race


def train(job: Job) -> Outcome:
    os.environ["KERAS_BACKEND"] = "jax"
    import jax
    import keras

    return keras_api.train(keras, job, keras.__version__, {"jax": jax.__version__})


if __name__ == "__main__":
    race(train)
