"""The functional form: two inputs, two outputs, a layer used twice, losses and metrics by name."""

import numpy as np
from nnfast.keras import layers

from nnfast import keras

EPOCHS = 5

(x_train, y_train), (x_test, y_test) = keras.datasets.mnist.load_data()
x_train, x_test = x_train.astype("float32") / 255, x_test.astype("float32") / 255


def halves(images):
    """The upper and the lower half of each image."""
    return {"upper": images[:, :14].reshape(-1, 392), "lower": images[:, 14:].reshape(-1, 392)}


def targets(labels):
    """The digit, and whether it is odd."""
    return {"digit": labels, "odd": (labels % 2).astype(np.float32)}


upper = keras.Input(shape=(392,), name="upper")
lower = keras.Input(shape=(392,), name="lower")
shared = layers.Dense(64, activation="relu", name="shared")
joined = layers.concatenate([shared(upper), shared(lower)])
features = layers.Dense(64, activation="relu")(joined)
features = layers.Dropout(0.2)(features)
digit = layers.Dense(10, activation="softmax", name="digit")(features)
odd = layers.Dense(1, activation="sigmoid", name="odd")(features)

model = keras.Model(inputs=[upper, lower], outputs={"digit": digit, "odd": odd}, name="halves")
model.summary()
model.compile(
    optimizer="adam",
    loss={"digit": "sparse_categorical_crossentropy", "odd": "binary_crossentropy"},
    loss_weights={"digit": 1.0, "odd": 0.5},
    metrics={"digit": ["accuracy"], "odd": ["accuracy"]},
)
model.fit(halves(x_train), targets(y_train), epochs=EPOCHS, batch_size=128, validation_split=0.1)
scores = model.evaluate(halves(x_test), targets(y_test), return_dict=True)
print(scores)
print("test accuracy:", scores["digit_accuracy"])
