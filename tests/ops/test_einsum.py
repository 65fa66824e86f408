"""ops.einsum against numpy.einsum, with arrays and with a batch that is not known."""

from __future__ import annotations

import numpy as np
import pytest

import nnfast
from nnfast import ops

SIZES = {"a": 2, "b": 3, "c": 4, "d": 5, "e": 6}
RNG = np.random.default_rng(2)
NAMED = [
    "ab,bc->ac", "abc,cd->abd", "abc,bcd->abd", "ab,ac->bc", "ab->ba", "ab->", "ab,ab->", "ab,b->ab", "ab,cd->abcd",
    "abc,cde->abde", "abc,abd->acd", "aab->ab", "aa", "ab,bc,cd->ad", "ba", "abcd,abed->ace", "abc,ade->bcde", "a,a",
    "a,b", "abc,acd,ade->abe", "abc,bd->acd", "abc,abcd->d", "abc,cab->b", "dc,abd->cab", "aabb->ab", " a b , b -> a ",
]  # fmt: skip


def operands(subscripts: str) -> list[np.ndarray]:
    names = subscripts.replace(" ", "").partition("->")[0].split(",")
    return [RNG.normal(size=[SIZES[letter] for letter in name]) for name in names]


@pytest.mark.parametrize("subscripts", NAMED)
def test_it_is_numpys(subscripts):
    arrays = operands(subscripts)
    expected = np.einsum(subscripts, *arrays)
    assert ops.einsum(subscripts, *arrays).shape == expected.shape
    np.testing.assert_allclose(ops.einsum(subscripts, *arrays), expected, rtol=1e-12, atol=1e-12)
    single = ops.einsum(subscripts, *(array.astype("float32") for array in arrays))
    assert single.dtype == "float32"
    np.testing.assert_allclose(single, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("subscripts", "shapes"),
    [
        ("...a,ab->...b", [(5, 2, 3), (3, 4)]),
        ("...a,ab->...b", [(3,), (3, 4)]),
        ("...ab,...bc->...ac", [(5, 1, 2, 3), (4, 3, 2)]),
        ("a...,b...->ab...", [(2, 3), (4, 5, 3)]),
        ("...ab", [(2, 3, 4)]),
        ("ab,bc->ac", [(2, 1), (3, 4)]),
        ("ab,ab->a", [(2, 3), (1, 3)]),
        ("ab,bc->ac", [(0, 3), (3, 4)]),
        ("ab,bc->ac", [(2, 0), (0, 4)]),
    ],
)
def test_axes_that_are_not_named_or_have_length_one(subscripts, shapes):
    arrays = [RNG.normal(size=shape) for shape in shapes]
    expected = np.einsum(subscripts, *arrays)
    np.testing.assert_allclose(ops.einsum(subscripts, *arrays), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    "subscripts",
    ["ab,bc->ac", "abc,cd->abd", "abc,bcd->abd", "ab,ac->bc", "ab,ab->", "ab,b->ab", "abc,abd->acd", "abc,abcd->d"],
)
def test_an_unknown_batch(subscripts):
    arrays, names = operands(subscripts), subscripts.partition("->")[0].split(",")
    tensors = [
        nnfast.Input(array.shape[1:], dtype="float64") if name.startswith("a") else array
        for array, name in zip(arrays, names, strict=True)
    ]
    inputs = [tensor for tensor in tensors if not isinstance(tensor, np.ndarray)]
    model = nnfast.Model(inputs, ops.einsum(subscripts, *tensors))
    found = model([array for array, name in zip(arrays, names, strict=True) if name.startswith("a")])
    np.testing.assert_allclose(found, np.einsum(subscripts, *arrays), rtol=1e-12, atol=1e-12)


def test_integers_are_summed_exactly():
    x = np.arange(6, dtype="int32").reshape(2, 3)
    found = ops.einsum("ab,cb->ac", x, x)
    assert found.tolist() == (x @ x.T).tolist() and found.dtype == "int32"


@pytest.mark.parametrize(
    ("subscripts", "shapes", "message"),
    [
        ("ab,bc->ac", [(2, 3)], "subscripts for 1 operands"),
        ("a-b", [(2, 3)], "Expected letters"),
        (3, [(2, 3)], "3"),
        ("abc", [(2, 3)], "a letter for each axis"),
        ("a", [(2, 3)], "a letter for each axis"),
        ("ab->aa", [(2, 3)], "letters once"),
        ("ab->c", [(2, 3)], "in an operand"),
        ("a...->a", [(2, 3)], "in the result too"),
        ("ab,bc", [(2, 3), (4, 2)], r"one length for each letter of 'ab,bc', got the shapes \(2, 3\) and \(4, 2\)"),
        ("aa", [(2, 3)], "one known length"),
        ("ab->ab", [], "0 operands"),
    ],
)
def test_mistakes(subscripts, shapes, message):
    with pytest.raises(ValueError, match=message):
        ops.einsum(subscripts, *(np.ones(shape) for shape in shapes))
