"""One softmax layer on MNIST with SGD: 92 % after 200 epochs."""

import nnfast as tf
from nnfast import keras

EPOCHS = 200
BATCH_SIZE = 128
VERBOSE = 2
CLASSES = 10
PIXELS = 784

(x_train, y_train), (x_test, y_test) = keras.datasets.mnist.load_data()
x_train = x_train.reshape(len(x_train), PIXELS).astype("float32") / 255
x_test = x_test.reshape(len(x_test), PIXELS).astype("float32") / 255
y_train = tf.keras.utils.to_categorical(y_train, CLASSES)
y_test = tf.keras.utils.to_categorical(y_test, CLASSES)

model = tf.keras.models.Sequential()
model.add(keras.layers.Dense(CLASSES, input_shape=(PIXELS,), name="dense_layer", activation="softmax"))
model.summary()
model.compile(optimizer="SGD", loss="categorical_crossentropy", metrics=["accuracy"])
model.fit(x_train, y_train, batch_size=BATCH_SIZE, epochs=EPOCHS, verbose=VERBOSE, validation_split=0.2)

loss, accuracy = model.evaluate(x_test, y_test)
print("test accuracy:", accuracy)
