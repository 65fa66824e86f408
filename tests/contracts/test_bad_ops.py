"""Whatever ops, layers, optimizers and Variables are given: a right result or a clear error, never a crash."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from contracts.processes import output_of

import nnfast
from nnfast import config, graph, initializers, layers, ops, optimizers, random
from nnfast.optimizers import SGD, Adam, RMSprop

Call = Callable[[], Any]
A = np.ones((2, 3), "float32")
NAN = float("nan")


def cases(table: dict[str, Any]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", table.values(), ids=table.keys())


NOT_NUMBERS: dict[str, Any] = {
    "None": None,
    "text": "a",
    "bytes": b"a",
    "a dictionary": {},
    "a set": {1},
    "a function": len,
    "a module": np,
    "an iterator": iter([1]),
    "text in a list": ["a", "b"],
    "None in a list": [None, 1],
    "objects": np.array([1, None], object),
    "dates": np.zeros(2, "datetime64[s]"),
    "durations": np.zeros(2, "timedelta64[s]"),
    "complex": np.ones(2) * 1j,
    "a complex number": 1j,
    "structured": np.zeros(2, [("a", "f4")]),
}


@cases(NOT_NUMBERS)
def test_what_holds_no_numbers(case: Any) -> None:
    dense = layers.Dense(2)
    calls: list[Call] = [
        lambda: ops.exp(case),
        lambda: ops.add(A, case),
        lambda: ops.matmul(case, A),
        lambda: ops.where(case, 1.0, 2.0),
        lambda: ops.sum(case),
        lambda: ops.cast(case, "float32"),
        lambda: ops.convert_to_tensor(case),
        lambda: ops.softmax(case),
        lambda: nnfast.losses.mean_squared_error(case, A),
        lambda: dense(case),
        lambda: nnfast.metrics.Mean().update_state(case),
    ]
    for call in calls:
        with pytest.raises((TypeError, ValueError)) as caught:
            call()
        assert "Expected" in str(caught.value) or "expects" in str(caught.value), caught.value


TOO_LARGE: dict[str, tuple[Call, int]] = {
    "uint64": (lambda: ops.add(np.array([2**64 - 1], "uint64"), 0), 2**64 - 1),
    "a list beyond int64": (lambda: ops.add([2**63], 0), 2**63),
    "a list far beyond": (lambda: ops.add([2**80], 0), 2**80),
    "int32 and a large number": (lambda: ops.add(np.array([1], "int32"), 2**40), 2**40 + 1),
    "uint8 and a large number": (lambda: ops.add(np.array([1], "uint8"), 300), 301),
    "uint8 and a negative number": (lambda: ops.add(np.array([1], "uint8"), -1), 0),
    "int64 and a large number": (lambda: ops.add(np.array([1], "int64"), 2**63), 2**63 + 1),
    "two numbers": (lambda: ops.add(2**40, 1), 2**40 + 1),
    "two large numbers": (lambda: ops.add(2**80, 1), 2**80 + 1),
    "full": (lambda: ops.full((1,), 2**40, "int32"), 2**40),
    "a Variable": (lambda: nnfast.Variable(np.array([2**40]), dtype="int32").value, 2**40),
}


@cases(TOO_LARGE)
def test_integers_that_do_not_fit(case: tuple[Call, int]) -> None:
    """An error, as NumPy's; or a type that holds them."""
    call, right = case
    try:
        found = call()
    except (OverflowError, ValueError, TypeError):
        return
    assert float(np.ravel(found)[0]) == float(right)


MISTAKES: dict[str, tuple[Call, type[Exception] | tuple[type[Exception], ...], str]] = {
    "reshape negative": (lambda: ops.reshape(A, (-2, -3)), ValueError, r"reshape|\(-2, -3\)"),
    "reshape fractional": (lambda: ops.reshape(A, (1.5, 4)), (TypeError, ValueError), "1.5|shape"),
    "reshape None": (lambda: ops.reshape(A, None), (TypeError, ValueError), "None"),
    "reshape large": (lambda: ops.reshape(A, (2**62, 4)), ValueError, "reshape"),
    "sum text": (lambda: ops.sum(A, axis="a"), (TypeError, ValueError), "axis|'a'|str"),
    "sum fractional": (lambda: ops.sum(A, axis=0.5), (TypeError, ValueError), "axis|float"),
    "sum far": (lambda: ops.sum(A, axis=2**70), ValueError, "axis from -2 to 1"),
    "argmax far": (lambda: ops.argmax(A, axis=2), ValueError, "axis from -2 to 1.*got 2"),
    "argmax of nothing": (lambda: ops.argmax(A[:0], axis=0), ValueError, "at least one"),
    "expand_dims": (lambda: ops.expand_dims(A, 4), ValueError, "axis"),
    "transpose": (lambda: ops.transpose(A, (0, 1, 2)), ValueError, "axis|axes"),
    "zeros negative": (lambda: ops.zeros((-2,)), ValueError, "negative|-2"),
    "zeros large": (lambda: ops.zeros((2**40, 2**40)), (ValueError, MemoryError), "big|large|memory|allocate"),
    "full of text": (lambda: ops.full((2,), "a"), ValueError, "'a'"),
    "full of many": (lambda: ops.full((2,), [1, 2, 3]), ValueError, r"\(3,\) and \(2,\)|\(3,\)"),
    "arange": (lambda: ops.arange(0, NAN), ValueError, "arange"),
    "arange large": (lambda: ops.arange(1e15), MemoryError, "allocate"),
    "one_hot axis": (lambda: ops.one_hot([0, 1], 3, axis=7), ValueError, "axis"),
    "one_hot large": (lambda: ops.one_hot([0, 1], 2**62), (ValueError, MemoryError), "big|large|allocate"),
    "cast": (lambda: ops.cast(A, "c8"), ValueError, "element type"),
    "matmul": (lambda: ops.matmul(A, A), ValueError, r"\(2, 3\) and \(2, 3\)"),
    "broadcast": (lambda: ops.add(A, np.ones((3, 3))), ValueError, r"\(2, 3\) and \(3, 3\)"),
    "labels": (lambda: ops.sparse_categorical_crossentropy([0, 3], A, from_logits=True), ValueError, "got 3 in row 1"),
    "labels NaN": (lambda: nnfast.losses.sparse_categorical_crossentropy([0, NAN], A), ValueError, "got nan"),
    "label of no class": (
        lambda: ops.sparse_categorical_crossentropy([0, 0], A[:, :0], from_logits=True),
        ValueError,
        "0 classes",
    ),
    "an Input": (lambda: np.asarray(ops.add(nnfast.Input((3,)), 1)), TypeError, "KerasTensor is no array"),
    "a sum of an Input over no axis of it": (lambda: ops.sum(nnfast.Input((3,)), axis=5), ValueError, "got 5"),
    "uniform": (lambda: random.uniform((-1,)), ValueError, "negative|-1"),
    "uniform seed": (lambda: random.uniform((2,), seed=-1), (ValueError, OverflowError), "-1"),
    "uniform seed text": (lambda: random.uniform((2,), seed="a"), (ValueError, TypeError), "'a'"),
    "dropout NaN": (lambda: random.dropout(A, NAN), ValueError, "rate.*got nan"),
    "dropout 2": (lambda: random.dropout(A, 2), ValueError, "rate.*got 2"),
    "dropout -1": (lambda: random.dropout(A, -1), ValueError, "rate.*got -1"),
    "dropout noise": (lambda: random.dropout(A, 0.5, noise_shape=(3, 3)), ValueError, r"\(3, 3\)"),
    "set_random_seed -1": (lambda: nnfast.utils.set_random_seed(-1), ValueError, "got -1"),
    "set_random_seed 1.5": (lambda: nnfast.utils.set_random_seed(1.5), ValueError, "got 1.5"),
    "set_random_seed large": (lambda: nnfast.utils.set_random_seed(2**32), ValueError, "got 4294967296"),
    "floatx": (lambda: config.set_floatx("float8"), ValueError, "float32.*got 'float8'"),
    "epsilon text": (lambda: config.set_epsilon("a"), (TypeError, ValueError), "'a'|str"),
    "to_categorical": (lambda: nnfast.utils.to_categorical([3], 3), ValueError, "from 0 to 2"),
    "to_categorical NaN": (lambda: nnfast.utils.to_categorical([NAN]), ValueError, "nan|NaN"),
    "Dense 0": (lambda: layers.Dense(0), ValueError, "positive integer, got 0"),
    "Dense True": (lambda: layers.Dense(True), ValueError, "positive integer, got True"),
    "Dense large": (lambda: layers.Dense(2**40).build((None, 5)), MemoryError, "allocate"),
    "Dense vector": (lambda: layers.Dense(3)(np.ones(3)), ValueError, r"\(3,\).*expected min_ndim=2, found ndim=1"),
    "Dense activation": (lambda: layers.Dense(1, activation=5), ValueError, "activation.*got 5"),
    "Dense initializer": (lambda: layers.Dense(1, kernel_initializer="x"), ValueError, "initializer 'x'"),
    "Dense dtype": (lambda: layers.Dense(1, dtype="float8"), ValueError, "float8.*float32"),
    "Dense argument": (lambda: layers.Dense(1, foo=1), ValueError, "foo"),
    "Dense weights": (
        lambda: layers.Dense(3, kernel_initializer=lambda s, dtype=None: np.ones(2)).build((None, 5)),
        ValueError,
        r"\(5, 3\), got \(2,\)",
    ),
    "Dropout": (lambda: layers.Dropout(NAN), ValueError, "between 0 and 1.*nan"),
    "Flatten": (lambda: layers.Flatten(data_format="x"), ValueError, "channels_last.*'x'"),
    "Input": (lambda: nnfast.Input((-1,)), ValueError, r"got \(-1,\)"),
    "Input number": (lambda: nnfast.Input(5), ValueError, "got 5"),
    "Sequential number": (lambda: nnfast.Sequential([5]), ValueError, "takes layers, got 5"),
    "Sequential names": (
        lambda: nnfast.Sequential([layers.Dense(1, name="a"), layers.Dense(1, name="a")]),
        ValueError,
        "already has a layer called 'a'",
    ),
    "Sequential of none": (lambda: nnfast.Sequential().predict(A), ValueError, "no layers"),
    "Sequential pop": (lambda: nnfast.Sequential().pop(), ValueError, "no layers to pop"),
    "learning rate": (lambda: SGD(NAN), ValueError, "learning_rate.*got nan"),
    "momentum": (lambda: SGD(momentum=2), ValueError, "momentum.*Received: .*2"),
    "beta": (lambda: Adam(beta_2=NAN), ValueError, "beta_2.*Received: .*nan"),
    "rho": (lambda: RMSprop(rho="a"), ValueError, "rho.*Received: .*'a'"),
    "clips": (lambda: SGD(clipnorm=1, clipvalue=1), ValueError, "Only one of"),
    "gradient": (lambda: SGD().apply([1.0], [nnfast.Variable([1.0, 2.0])]), ValueError, r"\(2,\), got \(\)"),
    "Variable text": (lambda: nnfast.Variable("a"), ValueError, "element type"),
    "Variable ragged": (lambda: nnfast.Variable([1, [2]]), ValueError, "inhomogeneous"),
    "Variable shape": (lambda: nnfast.Variable([1.0]).assign([1.0, 2.0]), ValueError, r"\(1,\), got \(2,\)"),
    "stddev": (lambda: initializers.RandomNormal(stddev=-1)((2,)), ValueError, "scale < 0"),
    "unknown optimizer": (lambda: optimizers.get("adamm"), ValueError, "'adamm'.*adam, .*rmsprop, .*sgd"),
}


@cases(MISTAKES)
def test_mistakes(case: tuple[Call, Any, str]) -> None:
    call, error, message = case
    before = config.floatx(), config.epsilon(), config.num_threads()
    with pytest.raises(error, match=message):
        call()
    assert not graph.is_tracing() and before == (config.floatx(), config.epsilon(), config.num_threads())
    assert ops.sum(A) == 6.0


@pytest.mark.parametrize("number", [np.int64(1), np.int32(1), np.uint8(1), np.array(1)])
def test_numpys_whole_numbers_are_whole_numbers(number: Any) -> None:
    np.testing.assert_array_equal(ops.sum(A, axis=number), [3, 3])
    np.testing.assert_array_equal(ops.argmax(A, axis=number), [0, 0])
    assert ops.squeeze(A[:, :1], number).shape == (2,)
    assert ops.expand_dims(A, number).shape == (2, 1, 3)
    assert ops.softmax(A, axis=number).shape == ops.transpose(A, (number, 0)).shape[::-1] == (2, 3)
    assert ops.reshape(A, (number, 6)).shape == (1, 6) and ops.reshape(A[0, :1], number).shape == (1,)
    assert ops.zeros(number).shape == (1,)
    assert ops.one_hot([0], number).shape == (1, 1)


@pytest.mark.parametrize(
    ("draw", "dtype"),
    [
        *[("uniform", dtype) for dtype in ["int32", "uint8", "bool", "int64", "uint32"]],
        ("normal", "uint8"),
        ("truncated_normal", "int64"),
    ],
)
def test_random_numbers_are_floats(draw: str, dtype: str) -> None:
    """In a process of its own: numbers that are wider than the elements that are to hold them overrun their memory."""
    output_of(
        f"""
        import signal
        import nnfast
        signal.alarm(5)
        try:
            for _ in range(20):
                nnfast.random.{draw}((10_000,), dtype="{dtype}")
        except (ValueError, TypeError) as error:
            assert "{dtype}" in str(error), error
        else:
            raise AssertionError("no error")
        """
    )


X = np.random.default_rng(0).normal(size=(23, 4)).astype("float32")
GRAM = X @ X.T
DIFFERENCES = X[None] - X[:, None]
PAIRS: dict[str, tuple[Callable[[Any, Any], Any], Any]] = {
    "sum": (lambda x, g: x * 0.0 + ops.sum(g), X * 0 + GRAM.sum()),
    "mean": (lambda x, g: x * 0.0 + ops.mean(g), X * 0 + GRAM.mean()),
    "max": (lambda x, g: x * 0.0 + ops.max(g), X * 0 + GRAM.max()),
    "sum of rows": (lambda x, g: ops.sum(g, 1), GRAM.sum(1)),
    "sum of columns": (lambda x, g: x * 0.0 + ops.expand_dims(ops.sum(g, 0), 1), X * 0 + GRAM.sum(0)[:, None]),
    "product": (lambda x, g: g @ x, GRAM @ X),
    "softmax": (lambda x, g: ops.softmax(g) @ x, ops.softmax(GRAM).numpy() @ X),
    "distances": (
        lambda x, g: ops.sum(ops.sum(ops.square(ops.expand_dims(x, 0) - ops.expand_dims(x, 1)), -1), 1),
        np.square(DIFFERENCES).sum(-1).sum(1),
    ),
    "sum of both": (
        lambda x, g: x * 0.0 + ops.sum(ops.square(ops.expand_dims(x, 0) - ops.expand_dims(x, 1)), (0, 1)),
        X * 0 + np.square(DIFFERENCES).sum((0, 1)),
    ),
    "product of rank 3": (
        lambda x, g: ops.sum((ops.expand_dims(x, 0) - ops.expand_dims(x, 1)) @ np.ones((4, 2), "float32"), 1),
        (DIFFERENCES @ np.ones((4, 2))).sum(1),
    ),
    "softmax of rank 3": (
        lambda x, g: ops.sum(ops.softmax(ops.expand_dims(x, 0) - ops.expand_dims(x, 1)), 1),
        ops.softmax(DIFFERENCES).numpy().sum(1),
    ),
    "argmax": (lambda x, g: ops.cast(ops.argmax(g, 1), "float32"), GRAM.argmax(1)),
}


@cases(PAIRS)
def test_the_batch_may_be_two_dimensions(case: tuple[Callable[[Any, Any], Any], Any]) -> None:
    """Every pair of samples, as contrastive losses have them: the right numbers, or an error."""
    function, expected = case

    class Pairs(nnfast.Model):
        def call(self, inputs: Any) -> Any:
            return function(inputs, inputs @ ops.transpose(inputs))

    try:
        found = Pairs()(X)
    except ValueError as error:
        assert "batch" in str(error) or "None" in str(error)
    else:
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


def test_a_symbolic_tensor_of_another_trace_is_an_error() -> None:
    class Hoarder(layers.Layer):
        kept: Any = None

        def call(self, inputs: Any) -> Any:
            kept, type(self).kept = type(self).kept, inputs
            return inputs if kept is None else inputs + kept

    model = nnfast.Sequential([nnfast.Input((3,)), Hoarder(), layers.Dense(2)])
    with pytest.raises((ValueError, RuntimeError), match="trace"):
        model.predict(A, verbose=0)
        model.predict(A, batch_size=1, verbose=0)
    assert not graph.is_tracing()


def test_a_layer_that_forgot_init_says_so() -> None:
    class Forgetful(layers.Layer):
        def __init__(self) -> None:
            pass

    with pytest.raises(RuntimeError, match="must call super"):
        Forgetful()(A)
    with pytest.raises(RuntimeError, match="must call super"):
        nnfast.Sequential([nnfast.Input((3,)), Forgetful()])


def test_a_layer_that_fails_once_works_afterwards() -> None:
    class Flaky(layers.Layer):
        calls = 0

        def build(self, input_shape: Any) -> None:
            self.dense = layers.Dense(2)
            self.dense.build(input_shape)
            self.scale = self.add_weight((2,), "ones")
            Flaky.calls += 1
            if Flaky.calls == 1:
                raise RuntimeError("in build")

        def call(self, inputs: Any) -> Any:
            Flaky.calls += 1
            if Flaky.calls in (3, 5):
                raise RuntimeError("in call")
            return self.dense(inputs) * self.scale

    model = nnfast.Sequential([layers.Dense(4), Flaky()])
    model.compile("adam", "mse")
    for _ in range(3):
        with pytest.raises(RuntimeError, match=r"in build|in call"):
            model.fit(A, np.ones((2, 2)), verbose=0)
    assert model.fit(A, np.ones((2, 2)), verbose=0).history["loss"][0] >= 0
    assert model.count_params() == 3 * 4 + 4 + 4 * 2 + 2 + 2 and len(model.layers) == 2
    assert len(model.optimizer.variables) == 2 + 2 * 5


def test_results_of_nothing() -> None:
    none = np.zeros((0, 3), "float32")
    assert ops.sum(none) == 0 and np.isnan(ops.mean(none))
    assert ops.matmul(none, A.T).shape == (0, 2) and not ops.matmul(A[:, :0], none).numpy().any()
    assert ops.softmax(A[:, :0]).shape == (2, 0) and ops.argmax(none, axis=1).shape == (0,)
    assert ops.transpose(none).shape == (3, 0) and ops.exp([]).shape == (0,)
    assert ops.sparse_categorical_crossentropy(np.zeros(0, int), none, from_logits=True).shape == (0,)
    assert layers.Dense(4)(none).shape == (0, 4) and layers.Flatten()(np.ones((2, 0, 5))).shape == (2, 0)
    assert random.uniform((0, 3)).shape == random.truncated_normal((0, 3)).shape == (0, 3)
    model = nnfast.Sequential([nnfast.Input((0,)), layers.Dense(2)])
    model.compile("adam", "mse")
    assert model.fit(np.ones((9, 0)), np.ones((9, 2)), verbose=0).history["loss"] == [1.0]
    assert model.predict(np.ones((9, 0)), batch_size=4, verbose=0).shape == (9, 2)


def test_many_dimensions() -> None:
    x = np.arange(6, dtype="float32").reshape((1,) * 29 + (2, 3))
    np.testing.assert_array_equal(ops.add(x, x), x + x)
    np.testing.assert_array_equal(ops.transpose(x), x.transpose())
    np.testing.assert_array_equal(ops.sum(x, axis=-1), x.sum(axis=-1))
    np.testing.assert_array_equal(ops.matmul(x, A.T), x @ A.T)


@pytest.mark.parametrize("wrong", ["(4, 'f8')", "(4, object)", "(3, 'f4')", "(8, 'f4', True)", "(4, '>f4')"])
def test_a_program_writes_only_where_its_results_fit(wrong: str) -> None:
    output_of(
        f"""
        import numpy as np
        from nnfast import graph, ops

        def outputs(size, dtype, strided=False):
            array = np.zeros(size, dtype)
            return [array[::2] if strided else array]

        program = graph.trace(lambda x: (ops.sum(x, 0),), [graph.TensorSpec((None, 4), "float32")])
        feed = graph.Feed([np.ones((3, 4), "float32")], 3)
        wrong = outputs(*{wrong})
        try:
            program.run(feed, 0, 1, wrong)
        except (ValueError, TypeError) as error:
            assert "expected" in str(error), error
        else:
            raise AssertionError("no error")
        """
    )
