"""Reviews of films, as words: an embedding, the strongest of its features, and a dense network. 84 % after 4 epochs."""

from nnfast.keras import datasets, layers, models, preprocessing

EPOCHS = 4
BATCH_SIZE = 500
MAX_LENGTH = 200
WORDS = 10000
FEATURES = 256

(x_train, y_train), (x_test, y_test) = datasets.imdb.load_data(num_words=WORDS)
x_train = preprocessing.sequence.pad_sequences(x_train, maxlen=MAX_LENGTH)
x_test = preprocessing.sequence.pad_sequences(x_test, maxlen=MAX_LENGTH)

model = models.Sequential()
model.add(layers.Embedding(WORDS, FEATURES))
model.add(layers.Dropout(0.3))
model.add(layers.GlobalMaxPooling1D())
model.add(layers.Dense(128, activation="relu"))
model.add(layers.Dropout(0.5))
model.add(layers.Dense(1, activation="sigmoid"))
model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
model.fit(x_train, y_train, epochs=EPOCHS, batch_size=BATCH_SIZE, validation_data=(x_test, y_test))
model.summary()

score = model.evaluate(x_test, y_test, batch_size=BATCH_SIZE)
print("test accuracy:", score[1])
