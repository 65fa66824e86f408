"""Keras on TensorFlow (tf.keras)."""

from __future__ import annotations

import os

from racers.training import keras_api
from racers.training.job import Job, Outcome, race


def train(job: Job) -> Outcome:
    os.environ["KERAS_BACKEND"] = "tensorflow"
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(job.threads)
    tf.config.threading.set_inter_op_parallelism_threads(job.threads)
    return keras_api.train(tf.keras, job, tf.__version__, {"keras": tf.keras.__version__})


if __name__ == "__main__":
    race(train)
