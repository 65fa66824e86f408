"""One digit against the others, by mean squared error and binary accuracy, with validation data of its own."""

import numpy as np
from nnfast.keras.layers import Dense
from nnfast.keras.models import Sequential

import nnfast as tf

EPOCHS = 5

(x_train, y_train), (x_test, y_test) = tf.keras.datasets.mnist.load_data()
x_train = x_train.reshape(-1, 784).astype("float32") / 255
x_test = x_test.reshape(-1, 784).astype("float32") / 255
is_five, is_five_test = (y_train == 5).astype(np.float32), (y_test == 5).astype(np.float32)
held_back = len(x_train) // 5

model = Sequential()
model.add(Dense(32, activation="relu", input_dim=784, kernel_initializer="random_uniform"))
model.add(Dense(1, activation="sigmoid", kernel_initializer=tf.keras.initializers.RandomNormal(stddev=0.05)))
model.compile(
    loss="mean_squared_error",
    optimizer=tf.keras.optimizers.RMSprop(learning_rate=0.001),
    metrics=[tf.keras.metrics.BinaryAccuracy(threshold=0.5)],
)
history = model.fit(
    x_train[held_back:],
    is_five[held_back:],
    epochs=EPOCHS,
    batch_size=512,
    validation_data=(x_train[:held_back], is_five[:held_back]),
)
print("keys of the history:", sorted(history.history))
print("test accuracy:", model.evaluate(x_test, is_five_test)[1])
