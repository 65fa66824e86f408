"""nnfast."""

from __future__ import annotations

from racers import keras_api
from racers.common import Job, Outcome, race


def train(job: Job) -> Outcome:
    import nnfast as keras

    return keras_api.train(keras, job, keras.__version__, keras.config.info())


if __name__ == "__main__":
    race(train)
