"""A loss, a metric, an activation and a layer of one's own, in keras.ops, in NumPy and with operators."""

import numpy as np
from nnfast.keras import layers, ops

from nnfast import keras

EPOCHS = 5

(x_train, y_train), (x_test, y_test) = keras.datasets.mnist.load_data()
x_train = x_train.reshape(len(x_train), 784).astype("float32") / 255
x_test = x_test.reshape(len(x_test), 784).astype("float32") / 255
y_train, y_test = keras.utils.to_categorical(y_train, 10), keras.utils.to_categorical(y_test, 10)


def my_custom_loss(y_true, y_pred):
    """Cross-entropy, by hand."""
    y_pred = ops.clip(y_pred, 1e-7, 1 - 1e-7)
    return -ops.mean(ops.sum(y_true * ops.log(y_pred), axis=-1))


def my_custom_metric(y_true, y_pred):
    """The mean distance between labels and probabilities, with NumPy's functions."""
    return np.mean(np.abs(y_true - y_pred), axis=-1)


def my_activation(x):
    """Swish."""
    return x * keras.activations.sigmoid(x)


class Linear(layers.Layer):
    """What Dense does, without its options."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, input_shape):
        self.w = self.add_weight(shape=(input_shape[-1], self.units), initializer="glorot_uniform", trainable=True)
        self.b = self.add_weight(shape=(self.units,), initializer="zeros", trainable=True)

    def call(self, inputs):
        return ops.matmul(inputs, self.w) + self.b


model = keras.Sequential(
    [
        keras.Input((784,)),
        Linear(128),
        layers.Activation(my_activation),
        layers.Dense(10, activation="softmax"),
    ]
)
model.compile(optimizer="rmsprop", loss=my_custom_loss, metrics=["accuracy", my_custom_metric])
model.fit(x_train, y_train, epochs=EPOCHS, batch_size=128)
loss, accuracy, distance = model.evaluate(x_test, y_test)
print("mean distance:", distance)
print("test accuracy:", accuracy)
