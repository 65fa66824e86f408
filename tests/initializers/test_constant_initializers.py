from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from oracle import keras

from nnfast import initializers

CALLS: list[tuple[str, tuple[Any, ...], tuple[int, ...]]] = [
    ("Zeros", (), (2, 3)),
    ("Ones", (), (2, 3)),
    ("Constant", (), (4,)),
    ("Constant", (6.5,), (2, 3)),
    ("Constant", (np.arange(6.0).reshape(2, 3),), (2, 3)),
    ("Constant", (np.arange(3.0),), (2, 3)),
    ("Identity", (), (3, 3)),
    ("Identity", (2,), (2, 4)),
    ("Identity", (0.5,), (4, 2)),
    ("STFT", ("real", None), (16, 1, 9)),
    ("STFT", (), (16, 1, 17)),
    ("STFT", ("imag", "tukey", "density", False), (16, 1, 9)),
    ("STFT", ("real", "hamming", None, True), (16, 1, 9)),
    ("STFT", ("imag", list(range(1, 17)), "spectrum"), (16, 1, 9)),
]


@pytest.mark.parametrize("dtype", [None, "float32", "float64"])
@pytest.mark.parametrize(("name", "arguments", "shape"), CALLS)
def test_values_are_those_of_keras(
    name: str, arguments: tuple[Any, ...], shape: tuple[int, ...], dtype: str | None
) -> None:
    if name == "STFT":
        pytest.importorskip("scipy")
    expected = np.asarray(getattr(keras.initializers, name)(*arguments)(shape, dtype))
    values = getattr(initializers, name)(*arguments)(shape, dtype)
    assert values.dtype == expected.dtype and values.shape == shape
    np.testing.assert_allclose(values, expected, atol=2e-5)  # Keras takes the angles in float32


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int32", "int64"])
def test_values_of_other_types(dtype: str) -> None:
    makers = [initializers.Zeros(), initializers.Ones(), initializers.Constant(1), initializers.Identity()]
    for maker, expected in zip(makers, [np.zeros((2, 2)), np.ones((2, 2)), np.ones((2, 2)), np.eye(2)], strict=True):
        values = maker((2, 2), dtype)
        assert values.dtype == dtype
        np.testing.assert_array_equal(values, expected)


@pytest.mark.parametrize(("name", "arguments", "shape"), CALLS)
def test_configurations_come_back_and_keras_reads_them(
    name: str, arguments: tuple[Any, ...], shape: tuple[int, ...]
) -> None:
    if name == "STFT":
        pytest.importorskip("scipy")
    initializer = getattr(initializers, name)(*arguments)
    written = initializers.serialize(initializer)
    copy = initializers.deserialize(written)
    assert copy.get_config() == initializer.get_config()
    np.testing.assert_array_equal(copy(shape), initializer(shape))
    read = keras.initializers.deserialize(written)
    np.testing.assert_allclose(np.asarray(read(shape)), initializer(shape), atol=2e-5)
    theirs = keras.initializers.serialize(getattr(keras.initializers, name)(*arguments))
    if name != "Identity":  # whose gain Keras leaves out
        assert theirs == written


def test_wrong_arguments_are_errors() -> None:
    with pytest.raises(ValueError, match=r"rank 2.*\(3,\) of rank 1"):
        initializers.Identity()((3,))
    with pytest.raises(ValueError, match="broadcast"):
        initializers.Constant([1.0, 2.0])((3,))
    with pytest.raises(ValueError, match=r"element type.*'float99'"):
        initializers.Zeros()((2,), "float99")
    with pytest.raises(ValueError, match="'imaginary'"):
        initializers.STFT("imaginary")
    with pytest.raises(ValueError, match="'l2'"):
        initializers.STFT("real", scaling="l2")
    with pytest.raises(ValueError, match=r"length 16, got shape \(3,\)"):
        initializers.STFT(window=[1.0, 2.0, 3.0])((16, 1, 9))
    with pytest.raises(ValueError, match="rank 3 and a float type"):
        initializers.STFT(window=None)((16, 9))
    pytest.importorskip("scipy")
    with pytest.raises(ValueError, match="nothing"):
        initializers.STFT(window="nothing")
