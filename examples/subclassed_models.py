"""A model as a class: layers in its constructor, its sum in `call`; and Sequential around a single layer."""

from nnfast.keras import layers

import nnfast as tf

EPOCHS = 5

(x_train, y_train), (x_test, y_test) = tf.keras.datasets.mnist.load_data()
x_train = x_train.reshape(len(x_train), 784).astype("float32") / 255
x_test = x_test.reshape(len(x_test), 784).astype("float32") / 255


class MyModel(tf.keras.Model):
    def __init__(self, classes):
        super().__init__(name="my model")
        self.first = layers.Dense(64, activation="relu")
        self.dropout = layers.Dropout(0.2)
        self.second = layers.Dense(64, activation="relu")
        self.last = layers.Dense(classes, activation="softmax")

    def call(self, inputs, training=False):
        x = self.first(inputs)
        x = self.dropout(x, training=training)
        return self.last(self.second(x) + x)


model = MyModel(10)
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x_train, y_train, epochs=EPOCHS, batch_size=128, validation_data=(x_test, y_test))
model.summary()
print("test accuracy:", model.evaluate(x_test, y_test)[1])

single = tf.keras.Sequential(layers.Dense(10, activation="softmax"))
single.compile(optimizer="sgd", loss="sparse_categorical_crossentropy", metrics="accuracy")
single.fit(x_train, y_train, epochs=EPOCHS)
print("test accuracy:", single.evaluate(x_test, y_test)[1])
