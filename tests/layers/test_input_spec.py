from __future__ import annotations

import numpy as np
import pytest
from oracle import keras

from nnfast import layers
from nnfast.layers import InputSpec
from nnfast.layers.input_spec import standard_shape


@pytest.mark.parametrize(
    ("spec", "shape", "said"),
    [
        (InputSpec(min_ndim=2), (3,), "min_ndim=2, found ndim=1"),
        (InputSpec(max_ndim=2), (3, 4, 5), "max_ndim=2, found ndim=3"),
        (InputSpec(ndim=2), (3, 4, 5), "ndim=2, found ndim=3"),
        (InputSpec(axes={-1: 4}), (3, 5), "axis -1 of input shape to have value 4, found 5"),
        (InputSpec(axes={1: 4}), (3, 5), "axis 1 of input shape to have value 4, found 5"),
        (InputSpec(axes={2: 4}), (3, 5), "an axis 2 of size 4, found ndim=2"),
        (InputSpec(shape=(None, 4)), (3, 5), r"shape=\(None, 4\), found shape="),
        (InputSpec(shape=(None, 4)), (3,), r"shape=\(None, 4\), found shape="),
    ],
)
def test_what_does_not_suit_is_named(spec, shape, said):
    with pytest.raises(
        ValueError, match=f"Layer 'mine' got an input of shape .* incompatible with the layer: expected {said}"
    ):
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


def test_types_are_checked_where_layers_are_called():
    layer = layers.Flatten(name="mine")
    layer.input_spec = InputSpec(dtype="int32", ndim=2)
    assert layer(np.ones((2, 3), "int32")).shape == (2, 3)
    with pytest.raises(ValueError, match="incompatible with the layer: expected dtype=int32, found dtype=float32"):
        layer(np.ones((2, 3), "float32"))


def test_a_last_axis_of_one_may_be_squeezed():
    spec = InputSpec(shape=(None, 4, 1), allow_last_axis_squeeze=True)
    spec.check("mine", (3, 4))
    spec.check("mine", (3, 4, 1))
    with pytest.raises(ValueError, match="of shape"):
        spec.check("mine", (3, 5))


def test_arguments_are_those_of_keras():
    for arguments in ({"shape": (None, 4)}, {"min_ndim": 2, "axes": {-1: 3}}, {"dtype": "float32", "max_ndim": 3}):
        spec, oracle = InputSpec(**arguments), keras.InputSpec(**arguments)
        assert spec.get_config() == oracle.get_config()
        assert InputSpec.from_config(spec.get_config()).get_config() == spec.get_config()
        assert repr(spec) == repr(oracle)
    for wrong, error in (({"ndim": 2, "axes": {2: 3}}, ValueError), ({"axes": 3}, TypeError)):
        for kind in (InputSpec, keras.InputSpec):
            with pytest.raises(error):
                kind(**wrong)
