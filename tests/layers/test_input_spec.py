from __future__ import annotations

import pytest

from nnfast.layers import InputSpec
from nnfast.layers.input_spec import standard_shape


@pytest.mark.parametrize(
    ("spec", "shape", "said"),
    [
        (InputSpec(min_ndim=2), (3,), "of rank 2 or more"),
        (InputSpec(max_ndim=2), (3, 4, 5), "of rank 2 or less"),
        (InputSpec(ndim=2), (3, 4, 5), "of rank 2,"),
        (InputSpec(axes={-1: 4}), (3, 5), "last dimension is 4"),
        (InputSpec(axes={1: 4}), (3, 5), "dimension 1 is 4"),
        (InputSpec(axes={2: 4}), (3, 5), "axis 2"),
        (InputSpec(shape=(None, 4)), (3, 5), r"of shape \(None, 4\)"),
        (InputSpec(shape=(None, 4)), (3,), r"of shape \(None, 4\)"),
    ],
)
def test_what_does_not_suit_is_named(spec, shape, said):
    with pytest.raises(ValueError, match=f"Layer 'mine' expects inputs .*{said}.*got an array of shape"):
        spec.check("mine", shape)


def test_what_suits_passes():
    InputSpec(min_ndim=2, axes={-1: 4}).check("mine", (None, 4))
    InputSpec(shape=(None, 4)).check("mine", (7, None))
    InputSpec().check("mine", ())


def test_shapes_are_made_tuples_of_sizes():
    assert standard_shape([None, 3]) == (None, 3)
    for wrong in (3, "ab", (-1,), (2.5,), None):
        with pytest.raises(ValueError, match="shape"):
            standard_shape(wrong)
