"""Whatever the Keras face is given: a right result, or an error that says what was expected and what came, and a model
that is then as it was. `training/test_mistakes.py` has the common mistakes; these are the others."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from contracts.processes import output_of

import nnfast
from nnfast import graph, layers, ops, optimizers

Array = np.ndarray[Any, Any]
Mistake = tuple[Any, type[Exception] | tuple[type[Exception], ...], str]

X: Array = np.random.default_rng(0).normal(size=(50, 5)).astype("float32")
Y: Array = np.abs(X[:, :3]).argmax(axis=1)
HOT = np.eye(3)[Y]
SPARSE = "sparse_categorical_crossentropy"


def net(loss: Any = SPARSE, optimizer: Any = "adam", metrics: Any = ("accuracy",)) -> nnfast.Sequential:
    nnfast.utils.set_random_seed(1)
    model = nnfast.Sequential(
        [nnfast.Input((5,)), layers.Dense(7, activation="relu"), layers.Dense(3, activation="softmax")]
    )
    model.compile(optimizer, loss, metrics=list(metrics))
    return model


@pytest.fixture
def model() -> Iterator[nnfast.Sequential]:
    """A trained model that a mistake must not change, and that works afterwards."""
    made = net()
    made.fit(X, Y, verbose=0)
    variables = [*made.variables, *made.optimizer.variables]
    before, judged = [variable.numpy() for variable in variables], made.evaluate(X, Y, verbose=0)
    yield made
    assert all(np.array_equal(value, variable.numpy()) for value, variable in zip(before, variables, strict=True))
    assert [id(value) for value in variables] == [id(value) for value in (*made.variables, *made.optimizer.variables)]
    assert not graph.is_tracing()
    assert made.evaluate(X, Y, verbose=0) == judged
    assert 0 < made.fit(X, Y, verbose=0).history["loss"][0] < 2


def cases(table: dict[str, Any]) -> pytest.MarkDecorator:
    """Every entry of a table as a test of its name; the entry is `case`."""
    return pytest.mark.parametrize("case", table.values(), ids=table.keys())


def unaligned(array: Array) -> Array:
    moved = np.frombuffer(bytearray(array.nbytes + 1), array.dtype, array.size, 1).reshape(array.shape)
    moved[...] = array
    return moved


def read_only(array: Array) -> Array:
    array = array.copy()
    array.flags.writeable = False
    return array


class ArrayLike:
    """Not an array, but made into one by NumPy."""

    def __array__(self, dtype: Any = None, copy: Any = None) -> Array:
        return X


class Liar(ArrayLike):
    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return 5


class Subclass(np.ndarray[Any, Any]):
    pass


GOOD_INPUTS: dict[str, Any] = {
    "as it is": X,
    "unaligned": unaligned(X),
    "unaligned float64": unaligned(X.astype("float64")),
    "Fortran order": np.asfortranarray(X),
    "backwards in memory": np.ascontiguousarray(X[::-1, ::-1])[::-1, ::-1],
    "every other": np.repeat(np.repeat(X, 2, axis=0), 3, axis=1)[::2, ::3],
    "big-endian": X.astype(">f4"),
    "big-endian float64": X.astype(">f8"),
    "long double": X.astype(np.longdouble),
    "read-only": read_only(X),
    "a subclass": X.view(Subclass),
    "nothing masked": np.ma.masked_array(X),
    "lists": X.tolist(),
    "tuples": tuple(map(tuple, X.tolist())),
    "in a list": [X],
    "array-like": ArrayLike(),
    "a Tensor": ops.convert_to_tensor(X),
    "a Variable": nnfast.Variable(X),
    "one dimension more": X[:, :, None],
}


@cases(GOOD_INPUTS)
def test_inputs_of_every_form(case: Any, model: nnfast.Sequential) -> None:
    expected = net().predict(X, verbose=0)
    for found in (net().predict(case, verbose=0), net().predict(case, batch_size=7, verbose=0), net()(case).numpy()):
        np.testing.assert_allclose(found, expected, rtol=1e-5)
    one, other = net(), net()
    one.fit(X, Y, shuffle=False, verbose=0)
    other.fit(case, Y, shuffle=False, verbose=0)
    assert all(map(np.array_equal, one.get_weights(), other.get_weights()))


@cases({name: np.zeros((50, 5), name) for name in ["bool", "i1", "u1", "<i2", ">u2", "i4", "u4", "i8", "u8", "f2"]})
def test_inputs_of_every_number_type(case: Array) -> None:
    case[::3, 1] = 1
    expected = net().predict(case.astype("float32"), verbose=0)
    np.testing.assert_array_equal(net().predict(case, verbose=0), expected)
    assert np.isfinite(net().fit(case, Y, verbose=0).history["loss"]).all()


BAD_INPUTS: dict[str, Mistake] = {
    "None": (None, TypeError, "expects an array.* got NoneType"),
    "a string": ("hello", TypeError, "got str"),
    "bytes": (b"abc", TypeError, "got bytes"),
    "a number": (3.0, TypeError, "got float"),
    "a set": ({1, 2}, TypeError, "got set"),
    "an iterator over rows": (
        iter(X),
        (ValueError, TypeError),
        r"got iterator|`y` should not be passed|expected shape=.* found .*\(5,\)",
    ),
    "a function": (len, TypeError, "got builtin_function"),
    "a liar": (Liar(), ValueError, "expects"),
    "nothing": ({}, ValueError, "expects inputs called 'input_layer.*'; got $|holds no arrays"),
    "two": ({"a": X, "b": X}, ValueError, "expects inputs called 'input_layer.*'; got 'a', 'b'"),
    "two in a list": ([X, X], ValueError, r"expects 1 input\(s\), got 2 arrays"),
    "a list of rows": (list(X), ValueError, r"expects 1 input\(s\), got 50 arrays. Rows .* np.stack"),
    "an empty list": ([], ValueError, r"no samples|expected.*\(None, 5\).*found.*\(\w+,\)"),
    "objects": (X.astype(object), ValueError, "expects numbers.*object"),
    "None inside": ([[None] * 5], ValueError, "expects 1 input.*got 5"),
    "text": (X.astype(str), ValueError, "expects numbers.*<U"),
    "complex": (X + 1j, ValueError, "expects numbers.*complex"),
    "dates": (np.zeros((50, 5), "datetime64[s]"), ValueError, "expects numbers.*datetime64"),
    "durations": (np.zeros((50, 5), "timedelta64[s]"), ValueError, "expects numbers.*timedelta64"),
    "structured": (np.zeros((50, 5), [("a", "f4")]), ValueError, "expects numbers.*'a'"),
    "raw": (np.zeros((50, 5), "V4"), ValueError, r"expects numbers.*V4"),
    "ragged": ([[1.0] * 5, [1.0] * 4], ValueError, "expects rows of one length"),
    "a scalar array": (np.float32(3), ValueError, "expects.*got"),
    "one sample": (X[0], ValueError, r"expected.*\(None, 5\).*found.*\(\w+,\)"),
    "rank 3": (X[None], ValueError, r"expected.*\(None, 5\).*found.*\(\w+, 50, 5\)"),
    "features": (X[:, :4], ValueError, r"expected.*\(None, 5\).*found.*\(\w+, 4\)"),
    "no features": (X[:, :0], ValueError, r"expected.*\(None, 5\).*found.*\(\w+, 0\)"),
    "masked": (np.ma.masked_array(X, X > 0), (ValueError, TypeError), "mask"),
}


@cases(BAD_INPUTS)
@pytest.mark.parametrize("method", ["fit", "evaluate", "predict", "predict in batches", "call"])
def test_inputs_of_no_use(case: Mistake, method: str, model: nnfast.Sequential) -> None:
    value, error, message = case
    y = np.zeros(len(value) if isinstance(value, list | np.ndarray) else 50, "int64")
    calls: dict[str, Callable[[], Any]] = {
        "fit": lambda: model.fit(value, y, verbose=0),
        "evaluate": lambda: model.evaluate(value, y, verbose=0),
        "predict": lambda: model.predict(value, verbose=0),
        "predict in batches": lambda: model.predict(value, batch_size=3, verbose=0),
        "call": lambda: model(value),
    }
    with pytest.raises(error, match=message):
        calls[method]()


GOOD_TARGETS: dict[str, Any] = {
    "a column": Y[:, None],
    "a list": Y.tolist(),
    "backwards": Y[::-1].copy()[::-1],
    **{f"{name}": Y.astype(name) for name in ["i1", "u1", ">i2", "u4", "i8", "u8", "f2", "f4", ">f8", "g"]},
}


@cases(GOOD_TARGETS)
def test_labels_of_every_form(case: Any) -> None:
    assert net().fit(X, case, verbose=0).history == net().fit(X, Y, verbose=0).history


def changed(value: float) -> Array:
    labels = Y.astype("float64")
    labels[17] = value
    return labels


BAD_TARGETS: dict[str, Mistake] = {
    "NaN": (changed(np.nan), ValueError, "whole numbers from 0 to 2, got nan"),
    "infinite": (changed(np.inf), ValueError, "from 0 to 2.*got inf"),
    "minus infinite": (changed(-np.inf), ValueError, "from 0 to 2.*got -inf"),
    "fractional": (changed(0.5), ValueError, "whole numbers from 0 to 2, got 0.5"),
    "negative": (changed(-1), ValueError, "from 0 to 2.*got -1"),
    "too high": (changed(3), ValueError, "from 0 to 2.*got 3"),
    "far too high": (Y + 2**62, ValueError, "from 0 to 2.*got 46116860184"),
    "beyond int64": (Y.astype("uint64") + 2**63, ValueError, "from 0 to 2.*got 92233720368"),
    "one-hot": (HOT, ValueError, r"one label for each row.*\(None, 3\).*\(None, 3\)"),
    "two columns": (np.zeros((50, 2)), ValueError, r"one label.*\(None, 2\)"),
    "no columns": (np.zeros((50, 0)), ValueError, r"one label.*\(None, 0\)"),
    "rank 3": (np.zeros((50, 1, 1)), ValueError, r"one label.*\(None, 1, 1\)"),
    "a number": (1, TypeError, "y expects an array.*got int"),
    "text": (Y.astype(str), ValueError, "y expects numbers"),
    "complex": (Y * 1j, ValueError, "y expects numbers.*complex"),
    "dates": (Y.astype("datetime64[s]"), ValueError, "y expects numbers.*datetime"),
    "objects": (Y.astype(object), ValueError, "y expects numbers.*object"),
    "ragged": ([[1], [1, 2]] * 25, ValueError, "y expects rows of one length"),
    "too few": (Y[:49], ValueError, "x has 50, y has 49"),
    "none": (Y[:0], ValueError, "x has 50, y has 0"),
    "a model": (net(), TypeError, "y expects an array.*got Sequential"),
}


@cases(BAD_TARGETS)
@pytest.mark.parametrize("place", ["fit", "evaluate", "validation"])
def test_targets_of_no_use(case: Mistake, place: str, model: nnfast.Sequential) -> None:
    value, error, message = case
    with pytest.raises(error, match=message.replace("x has 50, y", "x has 50, .*y")):
        if place == "validation":
            model.fit(X, Y, verbose=0, validation_data=(X, value))
        else:
            getattr(model, place)(X, value, verbose=0)


ONES = np.ones(50)
BAD_ARGUMENTS: dict[str, Mistake] = {
    "batch_size text": (dict(batch_size="a"), TypeError, "batch_size expects a whole number, got 'a'"),
    "batch_size list": (dict(batch_size=[32]), TypeError, r"batch_size expects a whole number, got \[32\]"),
    "batch_size NaN": (dict(batch_size=np.nan), TypeError, "batch_size expects a whole number, got nan"),
    "batch_size float": (dict(batch_size=32.0), TypeError, "batch_size expects a whole number, got 32.0"),
    "batch_size array": (dict(batch_size=np.ones(2)), TypeError, "batch_size expects a whole number"),
    "verbose None": (dict(verbose=None), ValueError, "verbose expects.*got None"),
    "verbose list": (dict(verbose=[0]), ValueError, "verbose expects"),
    "callbacks text": (dict(callbacks="x"), TypeError, "callbacks expects.*got 'x'"),
    "callbacks class": (dict(callbacks=nnfast.callbacks.Callback), TypeError, "callbacks expects.*class"),
    "unknown": (dict(epoch=1), TypeError, "epoch"),
}
BAD_FIT_ARGUMENTS: dict[str, Mistake] = {
    "epochs None": (dict(epochs=None), TypeError, "epochs expects a whole number, got None"),
    "epochs text": (dict(epochs="3"), TypeError, "epochs expects a whole number, got '3'"),
    "initial_epoch": (dict(initial_epoch=-1), ValueError, "initial_epoch expects.*got -1"),
    "split negative": (dict(validation_split=-0.1), ValueError, "validation_split expects.*got -0.1"),
    "split NaN": (dict(validation_split=np.nan), ValueError, "validation_split expects.*got nan"),
    "split text": (dict(validation_split="a"), (TypeError, ValueError), "validation_split expects.*got 'a'"),
    "split array": (dict(validation_split=np.ones(2)), (TypeError, ValueError), "validation_split expects"),
    "validation ()": (dict(validation_data=()), ValueError, "validation_data expects.*got 0"),
    "validation 4": (dict(validation_data=(X, Y, ONES, ONES)), ValueError, "validation_data expects.*got 4"),
    "validation x": (dict(validation_data=X), ValueError, "y is missing"),
    "validation (x, None)": (dict(validation_data=(X, None)), ValueError, "y is missing"),
    "validation text": (dict(validation_data="ab"), TypeError, "validation x expects.*got str"),
    "validation number": (dict(validation_data=5), TypeError, "validation x expects.*got int"),
    "validation empty": (dict(validation_data=(X[:0], Y[:0])), ValueError, "holds no samples"),
    "validation_freq": (dict(validation_freq="a", validation_data=(X, Y)), TypeError, "validation_freq expects"),
    "validation_steps": (dict(validation_steps=0, validation_data=(X, Y)), ValueError, "steps expects.*got 0"),
    "steps text": (dict(steps_per_epoch="a"), TypeError, "steps.* expects a whole number, got 'a'"),
    "weights text": (dict(sample_weight=["a"] * 50), ValueError, "sample_weight expects numbers"),
    "weights number": (dict(sample_weight=2.0), TypeError, "sample_weight expects an array.*got float"),
    "weights few": (dict(sample_weight=ONES[1:]), ValueError, "sample_weight has 49"),
    "weights complex": (dict(sample_weight=ONES * 1j), ValueError, "sample_weight expects numbers.*complex"),
    "weights wide": (dict(sample_weight=np.ones((50, 3))), ValueError, r"\(None,\).*sample_weight.*\(None, 3\)"),
    "weights rank 3": (
        dict(sample_weight=np.ones((50, 1, 1))),
        ValueError,
        r"\(None,\).*sample_weight.*\(None, 1, 1\)",
    ),
    "class_weight text": (dict(class_weight={0: "a"}), (ValueError, TypeError), "'a'"),
    "class_weight list": (dict(class_weight=[1, 2]), ValueError, r"class_weight expects a dictionary.*got \[1, 2\]"),
    "shuffle array": (dict(shuffle=np.ones(2)), (ValueError, TypeError), "shuffle|truth value"),
}


@cases(BAD_ARGUMENTS)
@pytest.mark.parametrize("method", ["fit", "evaluate", "predict"])
def test_arguments_of_no_use(case: Mistake, method: str, model: nnfast.Sequential) -> None:
    arguments, error, message = case
    given = {"x": X, "verbose": 0, **({} if method == "predict" else {"y": Y}), **arguments}
    with pytest.raises(error, match=message):
        getattr(model, method)(**given)


@cases(BAD_FIT_ARGUMENTS)
def test_arguments_of_no_use_to_fit(case: Mistake, model: nnfast.Sequential) -> None:
    arguments, error, message = case
    with pytest.raises(error, match=message):
        model.fit(X, Y, verbose=0, **arguments)


@pytest.mark.parametrize("batch_size", [51, 10**6, 2**31, 2**62, 2**63 - 1, 2**64, 10**30])
def test_huge_batches_hold_all_samples_or_are_an_error(batch_size: int) -> None:
    model, whole = net(), net()
    expected = whole.fit(X, Y, batch_size=50, verbose=0).history, whole.evaluate(X, Y, batch_size=50, verbose=0)
    try:
        found = model.fit(X, Y, batch_size=batch_size, verbose=0).history
    except (ValueError, TypeError, OverflowError) as error:
        assert "batch_size expects" in str(error)
        return
    assert found == expected[0] and model.evaluate(X, Y, batch_size=batch_size, verbose=0) == expected[1]
    found_rows = model.predict(X, batch_size=batch_size, verbose=2)
    np.testing.assert_array_equal(found_rows, whole.predict(X, batch_size=50, verbose=0))


@pytest.mark.parametrize("weight", [np.nan, np.inf, -np.inf, 3e38])
def test_weights_that_are_no_numbers_give_results_that_are_none(weight: float) -> None:
    model = net()
    good = model.get_weights()
    model.set_weights([np.full_like(array, weight) for array in good])
    assert np.isnan(model.predict(X, verbose=0)).any()
    assert np.isnan(model.evaluate(X, Y, verbose=0)[0])
    assert np.isnan(model.fit(X, Y, verbose=0).history["loss"]).all()
    model.set_weights(good)
    np.testing.assert_array_equal(model.predict(X, verbose=0), net().predict(X, verbose=0))


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e30])
def test_inputs_that_are_no_numbers_stay_in_their_rows(value: float) -> None:
    spoilt = X.copy()
    spoilt[7] = value
    rows, expected = net().predict(spoilt, verbose=0), net().predict(X, verbose=0)
    np.testing.assert_array_equal(np.delete(rows, 7, axis=0), np.delete(expected, 7, axis=0))
    if not np.isfinite(value):
        assert np.isnan(rows[7]).all() and np.isnan(net().fit(spoilt, Y, verbose=0).history["loss"]).all()


BAD_COMPILE: dict[str, Mistake] = {
    "optimizer": (dict(optimizer="nope", loss="mse"), ValueError, "Unknown optimizer 'nope'.*adam"),
    "optimizer number": (dict(optimizer=5, loss="mse"), ValueError, "Expected an optimizer.*got 5"),
    "optimizer class": (dict(optimizer=optimizers.SGD, loss="mse"), ValueError, "Make an instance"),
    "optimizer {}": (dict(optimizer={}, loss="mse"), ValueError, "containing a 'config' key.*optimizer"),
    "loss": (dict(loss="nope"), ValueError, "Unknown loss 'nope'.*mse"),
    "loss number": (dict(loss=5), ValueError, "Expected a loss.*got 5"),
    "metric": (dict(loss="mse", metrics=["nope"]), ValueError, "Unknown metric 'nope'.*accuracy"),
    "metric number": (dict(loss="mse", metrics=[5]), ValueError, "Expected a metric.*got 5"),
    "loss_weights text": (dict(loss="mse", loss_weights="a"), (ValueError, TypeError), "loss_weights expects|'a'"),
    "steps_per_execution": (dict(loss="mse", steps_per_execution=0), ValueError, "steps_per_execution expects.*got 0"),
    "unknown": (dict(loss="mse", metric=["mse"]), TypeError, "metric"),
}


@cases(BAD_COMPILE)
def test_a_mistake_in_compile_leaves_what_was_compiled(case: Mistake, model: nnfast.Sequential) -> None:
    arguments, error, message = case
    with pytest.raises(error, match=message):
        model.compile(**arguments)
    assert model.metrics_names == ["loss", "accuracy"] and model.loss == SPARSE


BAD_FUNCTIONS: dict[str, tuple[Any, str]] = {
    "a loss of None": (dict(loss=lambda y, p: None), "None"),
    "a loss of text": (dict(loss=lambda y, p: "a"), "Expected|expected"),
    "a loss without arguments": (dict(loss=lambda: 1.0), "arguments? but|argument"),
    "a metric of None": (dict(loss="mse", metrics=[lambda y, p: None]), "None|returned"),
    "a metric of text": (dict(loss="mse", metrics=[lambda y, p: "a"]), "Expected|expected"),
}


@cases(BAD_FUNCTIONS)
def test_functions_of_no_use(case: tuple[Any, str]) -> None:
    arguments, message = case
    model = net()
    model.compile("sgd", **arguments)
    before = model.get_weights()
    with pytest.raises((TypeError, ValueError), match=message) as caught:
        model.fit(X, HOT, verbose=0)
    assert "not supported between instances" not in str(caught.value)
    assert all(map(np.array_equal, before, model.get_weights())) and not graph.is_tracing()
    model.compile("sgd", SPARSE)
    assert model.fit(X, Y, verbose=0).history["loss"][0] > 0


CUSTOM_LABELS: dict[str, float] = {"too high": 3, "negative": -1, "NaN": np.nan, "fractional": 0.5}


@cases(CUSTOM_LABELS)
@pytest.mark.parametrize("threads", [1, 3])
def test_labels_that_only_the_kernel_sees(case: float, threads: int) -> None:
    """A loss of the user's own: labels are checked as they are computed, before that step changes a weight."""

    def loss(y_true: Any, y_pred: Any) -> Any:
        return nnfast.losses.sparse_categorical_crossentropy(y_true, y_pred)

    nnfast.config.set_num_threads(threads)
    try:
        model = net(loss=loss, metrics=[])
        before = model.get_weights()
        for method in (model.fit, model.evaluate):
            with pytest.raises(ValueError, match=r"labels from 0 to 2|whole numbers"):
                method(X, changed(case), batch_size=50, verbose=0)
        assert all(map(np.array_equal, before, model.get_weights()))
        assert model.fit(X, Y, verbose=0).history["loss"][0] > 0
    finally:
        nnfast.config.set_num_threads(0)


# Outputs without a row for each sample, and how many numbers a batch of 16 gives.
STRANGE_OUTPUTS: dict[str, str] = {
    "a number": "3.0",
    "the mean": "ops.mean(x)",
    "a sum over the batch": "ops.sum(x, axis=0)",
    "a long vector": "ops.broadcast_to(ops.sum(x), (100_000,))",
    "a constant": "ops.ones((100_000, 3))",
    "features first": "ops.transpose(x)",
    "every pair of samples": "x @ ops.transpose(x)",
    "nothing": "None",
    "text": "'a'",
    "a row for each and the mean": "(x, ops.mean(x))",
    "a NumPy array of them": "np.asarray(x)",
}


@cases(STRANGE_OUTPUTS)
def test_outputs_without_a_row_for_each_sample(case: str) -> None:
    """`predict` has nowhere to put them: an error, not memory of somebody else's."""
    output_of(
        f"""
class Strange(nnfast.Model):
    def call(self, x):
        return {case}

for samples in (500, 16, 1):
    try:
        for _ in range(3):
            rows = Strange().predict(x[:samples], batch_size=16, verbose=2)
    except (ValueError, TypeError) as error:
        assert "NoneType" not in str(error) and "element type" not in str(error), error
    else:
        raise AssertionError(f"predicted {{rows.shape}} {{rows.ravel()[:5]}}")
    small_net().fit(x, y, verbose=0)
""",
        prelude=True,
    )


@pytest.mark.parametrize("function", [np.fft.fft, np.packbits, np.asarray, np.linalg.det, float, len, list])
def test_what_only_arrays_can_do_is_an_error_in_a_trace(function: Callable[[Any], Any]) -> None:
    """NumPy's functions that no op stands for, and Python's, do not take a symbolic tensor for an object."""

    class Wrong(nnfast.Model):
        def call(self, inputs: Any) -> Any:
            return function(inputs)

    with pytest.raises((TypeError, ValueError)) as caught:
        Wrong()(X)
    assert "SymbolicTensor" in str(caught.value) or "symbolic" in str(caught.value)
    assert not graph.is_tracing()


def test_the_mask_of_a_warning_is_no_loophole() -> None:
    """Inputs of complex numbers are refused, not cut to their real part with a warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for wrong in (np.array([1j, 2]), np.array([1, None], object), np.array(["1", "2"])):
            variable = nnfast.Variable([1.0, 2.0])
            with pytest.raises((TypeError, ValueError)):
                variable.assign(wrong)
            assert variable.numpy().tolist() == [1.0, 2.0]
        with pytest.raises((TypeError, ValueError)):
            layers.Dense(2, kernel_initializer=lambda shape, dtype=None: np.full(shape, 1j)).build((None, 3))
