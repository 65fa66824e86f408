"""What holds a network back from learning by heart: L1 and L2, batch normalization, other rectifiers; told by precision
and recall."""

from nnfast.keras import layers, regularizers

import nnfast as tf

EPOCHS = 5

(x_train, y_train), (x_test, y_test) = tf.keras.datasets.mnist.load_data()
x_train = x_train.reshape(len(x_train), 784).astype("float32") / 255
x_test = x_test.reshape(len(x_test), 784).astype("float32") / 255
y_train = tf.keras.utils.to_categorical(y_train)
y_test = tf.keras.utils.to_categorical(y_test)

NETWORKS = {
    "L1 and L2": [
        layers.Dense(64, activation="relu", kernel_regularizer=regularizers.l2(0.0001)),
        layers.Dense(64, activation="relu", kernel_regularizer=regularizers.L1L2(l1=1e-5, l2=1e-4)),
        layers.Dense(64, activation="relu", activity_regularizer=regularizers.l1(1e-6), bias_regularizer="l2"),
    ],
    "batch normalization": [
        layers.Dense(64, use_bias=False),
        layers.BatchNormalization(),
        layers.Activation("relu"),
        layers.Dense(64, activation="relu"),
        layers.BatchNormalization(momentum=0.9),
    ],
    "leaky rectifier": [
        layers.Dense(64),
        layers.LeakyReLU(negative_slope=0.1),
        layers.Dense(64, activation="leaky_relu"),
    ],
    "exponential linear unit": [layers.Dense(64), layers.ELU(alpha=1.0), layers.Dense(64, activation="elu")],
}

for title, hidden in NETWORKS.items():
    model = tf.keras.Sequential(
        [tf.keras.Input(shape=(784,)), *hidden, layers.Dense(10, activation="softmax")], name=title
    )
    model.compile(
        optimizer=tf.keras.optimizers.Adam(learning_rate=0.001),
        loss=tf.keras.losses.CategoricalCrossentropy(),
        metrics=["accuracy", tf.keras.metrics.Precision(), tf.keras.metrics.Recall()],
    )
    model.fit(x_train, y_train, epochs=EPOCHS, batch_size=128, verbose=2, validation_split=0.1)
    loss, accuracy, precision, recall = model.evaluate(x_test, y_test, verbose=0)
    print(f"{title}: accuracy {accuracy:.4f}, precision {precision:.4f}, recall {recall:.4f}")
    print("test accuracy:", accuracy)
