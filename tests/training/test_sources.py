"""Data that comes in batches: generators, PyDatasets, loaders and other iterables train as arrays do, bit for bit."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from nets import CLASSES, FEATURES, SPARSE, classifier, compiled, regressor, same_weights, samples, twins, weights_of
from oracle import keras

import nnfast
from nnfast.callbacks import BackupAndRestore, Callback
from nnfast.utils import PyDataset

X, Y = samples(50)
W = np.random.default_rng(4).uniform(0.5, 2, 50).astype("float32")
SIZE = 7


def batches(x: Any = X, y: Any = Y, w: Any = None, size: int = SIZE) -> Iterator[tuple[Any, ...]]:
    for first in range(0, len(x), size):
        parts = (x, y) if w is None else (x, y, w)
        yield tuple(part[first : first + size] for part in parts)


def forever() -> Iterator[tuple[Any, ...]]:
    while True:
        yield from batches()


class Batches(PyDataset):
    def __init__(self, count: int = 8, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.count, self.asked, self.ended = count, list[int](), 0

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        self.asked.append(index)
        return X[index * SIZE : (index + 1) * SIZE], Y[index * SIZE : (index + 1) * SIZE]

    def on_epoch_end(self) -> None:
        self.ended += 1


class KerasBatches(keras.utils.PyDataset):
    def __len__(self) -> int:
        return 8

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        return X[index * SIZE : (index + 1) * SIZE], Y[index * SIZE : (index + 1) * SIZE]


class Loader:
    """What a torch DataLoader is like: new batches, in lists, each time it is gone through."""

    def __len__(self) -> int:
        return 8

    def __iter__(self) -> Iterator[list[Any]]:
        return ([x, y] for x, y in batches())


class Unsized:
    """The same, of a length that nobody knows."""

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return batches()


SOURCES: dict[str, tuple[Callable[[], Any], dict[str, Any]]] = {
    "generator": (forever, dict(steps_per_epoch=8)),
    "iterator": (lambda: iter([*batches()] * 3), dict(steps_per_epoch=8)),
    "PyDataset": (Batches, {}),
    "threads": (lambda: Batches(workers=3, max_queue_size=2), {}),
    "processes": (lambda: Batches(use_multiprocessing=True), {}),
    "Keras's": (lambda: KerasBatches(), {}),
    "loader": (Loader, {}),
    "unsized": (Unsized, {}),
}


@pytest.mark.parametrize("name", SOURCES)
def test_the_bits_are_those_of_arrays(name: str) -> None:
    make, arguments = SOURCES[name]
    expected, model = compiled("adam", ["accuracy"]), compiled("adam", ["accuracy"])
    wanted = expected.fit(X, Y, batch_size=SIZE, epochs=3, shuffle=False, verbose=0)
    found = model.fit(make(), epochs=3, shuffle=False, verbose=0, **arguments)
    assert found.history == wanted.history and same_weights(model.get_weights(), expected.get_weights())
    steps = arguments.get("steps_per_epoch")
    assert model.evaluate(make(), steps=steps, verbose=0) == expected.evaluate(X, Y, batch_size=SIZE, verbose=0)
    found = model.predict(make(), steps=steps, verbose=0)
    assert np.array_equal(found, expected.predict(X, batch_size=SIZE, verbose=2))


def test_keras_trains_the_same_with_a_generator() -> None:
    ours, theirs = twins(regressor)
    x, y = X, X[:, :1] * 2
    for model in (ours, theirs):
        model.compile("sgd", "mse")
    wanted = theirs.fit(batches(x, y, W), verbose=0, shuffle=False).history["loss"]
    found = ours.fit(batches(x, y, W), verbose=0).history["loss"]
    np.testing.assert_allclose(found, wanted, rtol=1e-5)
    for a, b in zip(weights_of(ours), weights_of(theirs), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def test_batches_of_different_sizes_are_traced_once(monkeypatch: pytest.MonkeyPatch) -> None:
    from nnfast.training import step

    traces = []
    trace = step._trace
    monkeypatch.setattr(step, "_trace", lambda *arguments: traces.append(arguments[1]) or trace(*arguments))
    ends = [0, 1, 4, 20, 21, 50]
    model = compiled()
    model.fit(((X[a:b], Y[a:b]) for a, b in itertools.pairwise(ends)), verbose=0)
    assert traces == ["train"]
    whole = compiled(nnfast.optimizers.SGD(0.0))
    found = whole.fit([(X[a:b], Y[a:b]) for a, b in itertools.pairwise(ends)].__iter__(), verbose=0)
    np.testing.assert_allclose(found.history["loss"], [whole.evaluate(X, Y, verbose=0)], rtol=1e-5)


def test_weights_classes_and_types() -> None:
    def fit(*arguments: Any, **more: Any) -> Any:
        model = compiled("adam")
        model.fit(*arguments, verbose=0, shuffle=False, **more)
        return model.get_weights()

    assert same_weights(fit(batches(w=W)), fit(X, Y, SIZE, sample_weight=W))
    weights = {0: 2.0, 1: 0.5}
    assert same_weights(fit(Batches(), class_weight=weights), fit(X, Y, SIZE, class_weight=weights))
    with pytest.raises(ValueError, match="class_weight and sample_weight cannot be given together"):
        fit(batches(w=W), class_weight=weights)
    as_lists = ([x.tolist(), y.tolist()] for x, y in batches(X.astype("float64")))
    assert same_weights(fit(as_lists), fit(X.astype("float64"), Y, SIZE))
    pixels = (X * 10).clip(0, 255)
    for dtype in ("uint8", "float16", "int64", "bool"):
        data = pixels.astype(dtype)
        assert same_weights(fit(batches(data)), fit(data.astype("float32"), Y, SIZE))


def test_an_epoch_goes_on_where_the_last_one_ended() -> None:
    for make in (Batches, forever, Loader, Unsized):
        model, expected = compiled(), compiled()
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            model.fit(make(), epochs=4, steps_per_epoch=4, shuffle=False, verbose=0)  # type: ignore[operator]
        expected.fit(X, Y, SIZE, epochs=4, steps_per_epoch=4, shuffle=False, verbose=0)
        assert same_weights(model.get_weights(), expected.get_weights())


def test_data_that_run_out_end_the_training_with_a_warning() -> None:
    model = compiled()
    with pytest.warns(UserWarning, match=r"ran out of data; interrupting training\. Make sure"):
        history = model.fit(batches(), epochs=3, verbose=0)
    assert history.epoch == [0]
    with pytest.warns(UserWarning, match="ran out of data"):
        history = model.fit(batches(), epochs=3, steps_per_epoch=5, verbose=0)
    assert history.epoch == [0, 1]
    with pytest.warns(UserWarning, match="ran out of data"):
        assert len(model.predict(batches(), steps=20, verbose=0)) == 50
    for method in ("fit", "evaluate", "predict"):
        with pytest.raises(ValueError, match="x must hand out at least one batch, got none"):
            getattr(model, method)(iter([]), verbose=0)


def test_validation_data_in_batches() -> None:
    expected = compiled(metrics=["accuracy"])
    wanted = expected.fit(X, Y, SIZE, epochs=4, shuffle=False, validation_data=(X[:21], Y[:21]), verbose=0).history
    some = [*batches(X[:21], Y[:21])]
    for validation, arguments in (
        (Batches(3), {}),
        (itertools.cycle(some), dict(validation_steps=3)),
        (forever(), dict(validation_steps=8)),
    ):
        model = compiled(metrics=["accuracy"])
        history = model.fit(X, Y, SIZE, epochs=4, shuffle=False, validation_data=validation, verbose=0, **arguments)
        if isinstance(validation, Batches) or arguments["validation_steps"] == 3:
            np.testing.assert_allclose(history.history["val_loss"], wanted["val_loss"], rtol=1e-5)
        assert len(history.history["val_accuracy"]) == 4
    history = compiled().fit(Batches(), epochs=4, validation_data=Batches(2), validation_freq=2, verbose=0)
    assert len(history.history["val_loss"]) == 2
    with pytest.warns(UserWarning, match="ran out of data"):
        history = compiled().fit(X, Y, epochs=2, validation_data=batches(), verbose=0)
    assert len(history.history["val_loss"]) == 1 and len(history.history["loss"]) == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (dict(y=Y), "`y` should not be passed. Instead, the targets should be included as part of the generator"),
        (dict(sample_weight=W), "`sample_weight` should not be passed. Instead, the sample weights should be"),
        (dict(validation_split=0.2), "Argument `validation_split` is only supported for tensors or NumPy arrays"),
    ],
)
def test_what_batches_hold_is_not_given_beside_them(arguments: dict[str, Any], message: str) -> None:
    model = compiled()
    before = model.get_weights()
    with pytest.raises(ValueError, match=message):
        model.fit(batches(), **arguments)
    with pytest.raises(ValueError):
        model.fit(iter([(X, Y, W, W)]))
    assert same_weights(model.get_weights(), before)


def test_a_py_dataset_is_asked_for_every_batch_once_an_epoch_in_an_order_of_its_own() -> None:
    data = Batches()
    model = compiled()
    model.evaluate(X, Y, verbose=0)
    nnfast.utils.set_random_seed(8)
    model.fit(data, epochs=3, verbose=0)
    orders = [data.asked[-24:][first : first + 8] for first in (0, 8, 16)]
    assert all(sorted(order) == [*range(8)] for order in orders) and len({tuple(order) for order in orders}) == 3
    assert data.ended == 3
    again = Batches()
    nnfast.utils.set_random_seed(8)
    model.fit(again, epochs=3, verbose=0)
    assert again.asked[-24:] == data.asked[-24:]


def test_a_py_dataset_without_an_end_and_without_an_init() -> None:
    class Endless(PyDataset):
        num_batches = None  # type: ignore[assignment]

        def __init__(self) -> None:
            pass

        def __getitem__(self, index: int) -> tuple[Any, Any]:
            return X[index : index + 2], Y[index : index + 2]

    with pytest.warns(UserWarning, match=r"should call `super\(\).__init__\(\*\*kwargs\)`"):
        history = compiled().fit(Endless(), steps_per_epoch=3, epochs=2, verbose=0)
    assert len(history.epoch) == 2
    with pytest.raises(NotImplementedError, match="must define __getitem__"):
        PyDataset()[0]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
@pytest.mark.parametrize("workers", [0, 1, 3])
def test_an_error_in_the_data_leaves_the_model_usable(error: type[BaseException], workers: int) -> None:
    class Fails(Batches):
        def __getitem__(self, index: int) -> tuple[Any, Any]:
            if index == 4:
                raise error("no such file")
            return super().__getitem__(index)

    def fails() -> Iterator[tuple[Any, ...]]:
        yield from itertools.islice(batches(), 4)
        raise error("no such file")

    model, expected = compiled(), compiled()
    with pytest.raises(error, match="no such file"):
        model.fit(Fails(workers=workers) if workers else fails(), shuffle=False, verbose=0)
    expected.fit(X[: 4 * SIZE], Y[: 4 * SIZE], SIZE, shuffle=False, verbose=0)
    assert same_weights(model.get_weights(), expected.get_weights())
    model.fit(Batches(workers=workers), verbose=0)
    assert model.predict(X, verbose=0).shape == (50, CLASSES)


def test_a_bad_batch_is_refused_before_it_changes_a_weight() -> None:
    model = compiled()
    model.fit(X, Y, verbose=0)
    for bad, message in (
        ((X[:, :3], Y), "expected shape="),
        ((X, Y[:3]), "same number of samples"),
        ((X, Y + 5), "Labels must be from 0 to 2"),
        ((X[:0], Y[:0]), "x holds no samples"),
        ((X, Y, W, W), "A batch must be a tuple"),
        ("text", "expects"),
    ):
        before = model.get_weights()
        with pytest.raises((ValueError, TypeError), match=message):
            model.fit(iter([bad]), verbose=0)
        assert same_weights(model.get_weights(), before)


def test_callbacks_hear_of_batches(capsys: pytest.CaptureFixture[str]) -> None:
    seen: list[Any] = []

    class Hears(Callback):
        def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
            seen.append(batch)

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            seen.append((batch, sorted(logs)))
            self.model.stop_training = batch == 5

    model = compiled()
    model.fit(forever(), epochs=3, callbacks=[Hears()])
    assert seen == [entry for batch in range(6) for entry in (batch, (batch, ["loss"]))]
    assert "6/6 - 0s" in capsys.readouterr().out
    model.compile("sgd", SPARSE, steps_per_execution=3)
    del seen[:]
    model.fit(Batches(), epochs=1, verbose=0, callbacks=[Hears()])
    assert [entry for entry in seen if isinstance(entry, int)] == [0, 3]
    outputs: list[Any] = []

    class Predicted(Callback):
        def on_predict_batch_end(self, batch: int, logs: Any = None) -> None:
            outputs.append(logs["outputs"])

    found = classifier(nnfast).predict(Batches(), verbose=0, callbacks=[Predicted()])
    assert np.array_equal(np.concatenate(outputs), found)


@pytest.mark.parametrize("make", [Batches, Loader, Unsized])
@pytest.mark.parametrize("save_freq", ["epoch", 3])
def test_a_backup_finds_its_place(make: Any, save_freq: Any, tmp_path: Any) -> None:
    class CutsOff(Callback):
        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            self.epoch = epoch

        def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
            if (self.epoch, batch) == (2, 5):
                raise KeyboardInterrupt

    def fit(*callbacks: Any) -> Any:
        model = compiled("adam")
        model.fit(make(), epochs=4, verbose=0, callbacks=[*callbacks])
        return model.get_weights()

    with pytest.raises(KeyboardInterrupt):
        fit(BackupAndRestore(tmp_path, save_freq), CutsOff())
    assert same_weights(fit(BackupAndRestore(tmp_path, save_freq)), fit())


def test_frames_and_series() -> None:
    pandas = pytest.importorskip("pandas")
    columns = {f"column {number}": X[:, number] for number in range(FEATURES)}
    frame = pandas.DataFrame(columns | {"column 0": (X[:, 0] * 4).astype(int), "column 1": X[:, 1] > 0})
    labels = pandas.Series(Y, index=np.arange(50)[::-1])
    plain = frame.to_numpy("float64")
    ours, wanted = compiled("adam"), compiled("adam")
    ours.fit(frame, labels, epochs=2, verbose=0, shuffle=False, validation_split=0.2, sample_weight=pandas.Series(W))
    wanted.fit(plain, Y, epochs=2, verbose=0, shuffle=False, validation_split=0.2, sample_weight=W)
    assert same_weights(ours.get_weights(), wanted.get_weights())
    assert np.array_equal(ours.predict(frame, verbose=0), wanted.predict(plain, verbose=0))
    with pytest.raises(ValueError, match="x expects numbers"):
        ours.predict(frame.assign(name="text"), verbose=0)


def test_torch_data_loaders() -> None:
    torch = pytest.importorskip("torch")
    data = torch.utils.data.TensorDataset(torch.tensor(X), torch.tensor(Y))
    ours, wanted = compiled("adam"), compiled("adam")
    ours.fit(torch.utils.data.DataLoader(data, batch_size=SIZE), epochs=2, verbose=0)
    wanted.fit(X, Y, SIZE, epochs=2, shuffle=False, verbose=0)
    assert same_weights(ours.get_weights(), wanted.get_weights())
