"""784-128-128-10 on MNIST with SGD: 96 % after 50 epochs."""

import nnfast as tf
from nnfast import keras

EPOCHS = 50
BATCH_SIZE = 128
CLASSES = 10
HIDDEN = 128
PIXELS = 784

(x_train, y_train), (x_test, y_test) = keras.datasets.mnist.load_data()
x_train = x_train.reshape(len(x_train), PIXELS).astype("float32") / 255
x_test = x_test.reshape(len(x_test), PIXELS).astype("float32") / 255
y_train = tf.keras.utils.to_categorical(y_train, CLASSES)
y_test = tf.keras.utils.to_categorical(y_test, CLASSES)

model = tf.keras.models.Sequential(name="two hidden layers")
model.add(keras.layers.Dense(HIDDEN, input_shape=(PIXELS,), name="first", activation="relu"))
model.add(keras.layers.Dense(HIDDEN, name="second", activation="relu"))
model.add(keras.layers.Dense(CLASSES, name="last", activation="softmax"))
model.summary()
model.compile(optimizer="SGD", loss="categorical_crossentropy", metrics="accuracy")
model.fit(x_train, y_train, batch_size=BATCH_SIZE, epochs=EPOCHS, verbose=2, validation_split=0.2)

loss, accuracy = model.evaluate(x_test, y_test)
print("test accuracy:", accuracy)
