"""What tests against Keras leave out: windows that move by their own length, batches of any size, errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import nnfast
from nnfast import ops

IMAGES = np.random.default_rng(0).standard_normal((2, 6, 8, 3)).astype("float32")


@pytest.mark.parametrize("pool", [ops.max_pool, ops.average_pool])
def test_windows_move_by_their_own_length(pool: Any) -> None:
    np.testing.assert_array_equal(pool(IMAGES, (2, 4)), pool(IMAGES, (2, 4), (2, 4)))


def test_where_the_channels_are_is_a_setting() -> None:
    channels_first = ops.transpose(IMAGES, (0, 3, 1, 2))
    nnfast.config.set_image_data_format("channels_first")
    try:
        found = ops.max_pool(channels_first, 2)
    finally:
        nnfast.config.set_image_data_format("channels_last")
    np.testing.assert_array_equal(ops.transpose(found, (0, 2, 3, 1)), ops.max_pool(IMAGES, 2))


def test_a_model_pools_batches_of_any_size() -> None:
    inputs = nnfast.Input((6, 8, 3))
    model = nnfast.Model(inputs, [ops.max_pool(inputs, 2), ops.adaptive_average_pool(inputs, (4, 3))])
    assert [output.shape for output in model.outputs] == [(None, 3, 4, 3), (None, 4, 3, 3)]
    greatest, average = model.predict(IMAGES, verbose=0)
    np.testing.assert_array_equal(greatest, IMAGES.reshape(2, 3, 2, 4, 2, 3).max((2, 4)))
    np.testing.assert_array_equal(average, ops.adaptive_average_pool(IMAGES, (4, 3)))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ops.max_pool(IMAGES, 2, padding="full"), "Invalid padding 'full', must be 'same' or 'valid'"),
        (lambda: ops.max_pool(IMAGES, 7), r"inputs that a window of 7 fits into, got shape \(2, 6, 8, 3\)"),
        (lambda: ops.average_pool(IMAGES, (2, 2, 2)), r"pool_size .* one for each of 2 axes, got \(2, 2, 2\)"),
        (lambda: ops.average_pool(IMAGES, 2, 0), "strides to be a whole number of at least 1"),
        (lambda: ops.max_pool(IMAGES[0, 0], 2), r"1D, 2D or 3D inputs with channels, got shape \(8, 3\)"),
        (lambda: ops.adaptive_max_pool(IMAGES, 2, "first"), "'channels_last' or 'channels_first' as data_format"),
    ],
)
def test_errors(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
