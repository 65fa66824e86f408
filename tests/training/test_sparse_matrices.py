"""SciPy's sparse matrices as inputs: the same bits as dense arrays, and never dense as a whole."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.sparse

import nnfast
from nnfast import _core, layers
from nnfast.graph import SparseRows

RNG = np.random.default_rng(0)
DENSE = np.where(RNG.random((300, 60)) < 0.1, RNG.normal(size=(300, 60)), 0.0).astype("float32")
Y = RNG.integers(0, 3, size=300)
FORMATS = ["csr", "csc", "coo", "lil", "dok", "bsr", "dia"]


def classifier(columns: int = 60, **kwargs: Any) -> Any:
    nnfast.utils.set_random_seed(1)
    hidden = layers.Dense(16, "relu"), layers.Dropout(0.2)
    model = nnfast.Sequential([nnfast.Input((columns,)), *hidden, layers.Dense(3, "softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"], **kwargs)
    return model


def results(x: Any, y: Any = Y, **kwargs: Any) -> list[Any]:
    model = classifier(x.shape[1], **kwargs)
    fitted = model.fit(x, y, epochs=2, validation_split=0.2, class_weight={0: 1.0, 1: 2.0, 2: 0.5}, verbose=0)
    sampled = model.fit(x, y, batch_size=50, sample_weight=np.arange(len(y)), verbose=0)
    found = [fitted.history, sampled.history, model.evaluate(x, y, verbose=0), model.predict(x, verbose=0).tolist()]
    on_batch = model.train_on_batch(x[:40], y[:40]), model.predict_on_batch(x[:7]).tolist(), model(x[:7]).tolist()
    return [*found, *on_batch, [weight.tolist() for weight in model.get_weights()]]


@pytest.mark.parametrize("kind", ["matrix", "array"])
@pytest.mark.parametrize("name", ["csr", "csc"])
def test_sparse_and_dense_give_the_same_bits(name: str, kind: str) -> None:
    assert results(getattr(scipy.sparse, f"{name}_{kind}")(DENSE)) == results(DENSE)


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_read(name: str) -> None:
    model, sparse = classifier(), getattr(scipy.sparse, f"{name}_matrix")(DENSE)
    np.testing.assert_array_equal(model.predict(sparse, verbose=0), model.predict(DENSE, verbose=0))


@pytest.mark.parametrize("dtype", ["float64", "float32", "int8", "uint8", "int32", "int64", "bool"])
def test_every_element_type_is_read(dtype: str) -> None:
    model, dense = classifier(), (DENSE * 10).astype(dtype)
    sparse = scipy.sparse.csr_matrix(dense)
    np.testing.assert_array_equal(model.predict(sparse, verbose=0), model.predict(dense, verbose=0))
    np.testing.assert_array_equal(
        model.predict(sparse, batch_size=300, verbose=0), model.predict(dense, batch_size=300, verbose=0)
    )


def test_eager_steps_custom_steps_and_generators() -> None:
    sparse = scipy.sparse.csr_matrix(DENSE)
    assert results(sparse, run_eagerly=True) == results(DENSE, run_eagerly=True)

    def batches(x: Any) -> Any:
        return [(x[first : first + 32], Y[first : first + 32]) for first in range(0, 300, 32)]

    found = [classifier().fit(iter(batches(x)), verbose=0).history for x in (sparse, DENSE)]
    assert found[0] == found[1]
    model = nnfast.Model(first := nnfast.Input((60,)), layers.Dense(2)(first))
    np.testing.assert_array_equal(
        model.predict({first.name: sparse}, verbose=0), model.predict({first.name: DENSE}, verbose=0)
    )


def test_values_given_twice_are_added_and_the_matrix_is_left_as_it_is() -> None:
    rows, columns, values = [0, 0, 1, 0], [2, 2, 0, 1], [1.0, 2.0, 3.0, 4.0]
    coo = scipy.sparse.coo_matrix((values, (rows, columns)), shape=(2, 3))
    csr = scipy.sparse.csr_matrix((np.array(values[:2]), np.array([2, 2]), np.array([0, 2, 2])), shape=(2, 3))
    for matrix in (coo, csr):
        model = nnfast.Sequential([nnfast.Input((3,)), layers.Dense(1, kernel_initializer="ones", use_bias=False)])
        np.testing.assert_array_equal(model.predict(matrix, verbose=0), matrix.toarray().sum(axis=1, keepdims=True))
    assert csr.nnz == 2 and csr.data.tolist() == [1.0, 2.0]


def test_the_whole_is_never_dense() -> None:
    # Dense, it would take 40 GB.
    places = RNG.integers(0, 100_000, size=5000), RNG.integers(0, 100_000, size=5000)
    wide = scipy.sparse.csr_matrix((np.ones(5000, "float32"), places), shape=(100_000, 100_000))
    model = nnfast.Sequential([nnfast.Input((100_000,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    losses = model.evaluate(wide[:500], np.zeros(500), batch_size=10, verbose=0)
    assert np.isfinite(losses) and model.predict(wide[-20:], batch_size=5, verbose=0).shape == (20, 1)


def test_mistakes() -> None:
    sparse = scipy.sparse.csr_matrix(DENSE)
    with pytest.raises(ValueError, match="y expects arrays, got a sparse matrix: use its toarray"):
        classifier().fit(DENSE, sparse, verbose=0)
    with pytest.raises(ValueError, match=r"x: Expected a sparse matrix of numbers, got 2 dimensions of complex64"):
        classifier().fit(sparse.astype("complex64"), Y, verbose=0)
    with pytest.raises(ValueError, match=r"expected shape=\(None, 60\), found shape=\(300, 59\)"):
        classifier().fit(sparse[:, :59], Y, verbose=0)
    with pytest.raises(ValueError, match="x has 299, y has 300"):
        classifier().fit(sparse[:299], Y, verbose=0)


class Lies:
    """Rows that lead elsewhere."""

    def __init__(self, shape: Any, values: Any, columns: Any, starts: Any) -> None:
        self.shape, self.values = shape, np.array(values)
        self.columns, self.starts = np.array(columns, np.int64), np.array(starts, np.int64)


def test_places_outside_are_refused_before_anything_is_written() -> None:
    fine = SparseRows(scipy.sparse.csr_matrix(DENSE[:2]))
    assert _core.Feed([fine], 1).samples == 2
    for lie in (
        Lies((2, 3), [1.0], [3], [0, 1, 1]),
        Lies((2, 3), [1.0], [-1], [0, 1, 1]),
        Lies((2, 3), [1.0], [0], [0, 1, 2]),
        Lies((2, 3), [1.0], [0], [1, 0, 1]),
        Lies((2, 3), [1.0], [0], [-1, 0, 1]),
        Lies((2, 3), [1.0], [0], [0, 1]),
        Lies((2, 3), [1.0, 2.0], [0], [0, 1, 1]),
        Lies((2, 3), [[1.0]], [0], [0, 1, 1]),
    ):
        with pytest.raises(ValueError, match="expected"):
            _core.Feed([lie], 1)
    with pytest.raises(ValueError, match="expected arrays, or rows of a sparse matrix"):
        _core.Feed([3], 1)  # type: ignore[list-item]
