"""nnfast."""

from __future__ import annotations

from racers.training import keras_api
from racers.training.job import Job, Outcome, race


def train(job: Job) -> Outcome:
    import nnfast as keras

    outcome = keras_api.train(keras, job, keras.__version__, {})
    outcome.details = keras.config.info()
    return outcome


if __name__ == "__main__":
    race(train)
