"""784-512-10 on MNIST with RMSprop: once with one-hot labels, once with integers. About 98 % after 5 epochs."""

from nnfast.keras import layers, models
from nnfast.keras.datasets import mnist
from nnfast.keras.utils import to_categorical

from nnfast import keras

EPOCHS = 5

(train_images, train_labels), (test_images, test_labels) = mnist.load_data()
train_images = train_images.reshape((len(train_images), 28 * 28)).astype("float32") / 255
test_images = test_images.reshape((len(test_images), 28 * 28)).astype("float32") / 255


def build_network():
    network = models.Sequential()
    network.add(layers.Dense(512, activation="relu", input_shape=(28 * 28,)))
    network.add(layers.Dense(10, activation="softmax"))
    return network


one_hot = build_network()
one_hot.compile(optimizer="rmsprop", loss="categorical_crossentropy", metrics=["accuracy"])
one_hot.fit(train_images, to_categorical(train_labels), epochs=EPOCHS, batch_size=128)
loss, one_hot_accuracy = one_hot.evaluate(test_images, to_categorical(test_labels))

integers = build_network()
integers.compile(
    optimizer=keras.optimizers.RMSprop(learning_rate=0.001),
    loss=keras.losses.SparseCategoricalCrossentropy(),
    metrics=[keras.metrics.SparseCategoricalAccuracy()],
)
integers.fit(train_images, train_labels, epochs=EPOCHS, batch_size=128)
loss, accuracy = integers.evaluate(test_images, test_labels)

digits = integers.predict(test_images[:10]).argmax(axis=1)
print("digits:", digits, "labels:", test_labels[:10])
print("test accuracy:", one_hot_accuracy, accuracy)
