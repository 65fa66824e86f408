"""Every layer against Keras's: its outputs, what a fit through it learns, the shapes it tells, its configuration."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pytest
from oracle import floatx, keras

import nnfast

RNG = np.random.default_rng(5)
START = RNG.bit_generator.state


@pytest.fixture(autouse=True)
def numbers_that_no_other_test_changes() -> None:
    RNG.bit_generator.state = START


class Case(NamedTuple):
    name: str
    arguments: Mapping[str, Any] = MappingProxyType({})
    shapes: Any = (4,)  # of a sample; a list of several inputs


STEPS, IMAGE, VOLUME = (5, 3), (5, 4, 3), (2, 3, 4, 2)
CASES = [
    *(Case("Activation", {"activation": name}) for name in ("tanh", "softmax")),
    Case("ReLU"),
    Case("ReLU", {"max_value": 0.5, "negative_slope": 0.25, "threshold": 0.125}),
    Case("LeakyReLU"),
    Case("LeakyReLU", {"negative_slope": 0.1}),
    Case("ELU", {"alpha": 0.5}),
    Case("PReLU", {"alpha_initializer": "ones", "alpha_regularizer": "l2"}),
    Case(
        "PReLU", {"alpha_initializer": {"class_name": "Constant", "config": {"value": 0.25}}, "shared_axes": [1]}, STEPS
    ),
    Case("Softmax", {}, STEPS),
    Case("Softmax", {"axis": [1, 2]}, STEPS),
    Case("Flatten", {}, STEPS),
    Case("Flatten", {"data_format": "channels_first"}, STEPS),
    Case("Reshape", {"target_shape": (3, 5)}, STEPS),
    Case("Reshape", {"target_shape": (-1, 1)}, STEPS),
    Case("Permute", {"dims": (2, 1)}, STEPS),
    Case("RepeatVector", {"n": 3}),
    Case("Identity"),
    Case("ActivityRegularization", {"l1": 0.01, "l2": 0.02}),
    Case("BatchNormalization"),
    Case("BatchNormalization", {"axis": 1, "momentum": 0.8, "epsilon": 0.01}, STEPS),
    Case("BatchNormalization", {"center": False, "gamma_regularizer": "l2", "moving_variance_initializer": "zeros"}),
    Case("BatchNormalization", {"scale": False, "beta_initializer": "ones", "beta_constraint": "unit_norm"}, STEPS),
    Case("BatchNormalization", {"renorm": True, "renorm_clipping": {"rmax": 2.0, "dmax": 1.0}, "scale": False}),
    Case(
        "BatchNormalization",
        {"renorm": True, "renorm_clipping": {"rmax": 1.5, "rmin": 0.5, "dmax": 0.3}, "renorm_momentum": 0.8},
        STEPS,
    ),
    Case("LayerNormalization"),
    Case("LayerNormalization", {"rms_scaling": True, "scale": False}),
    Case("LayerNormalization", {"axis": [1, 2], "epsilon": 0.01}, STEPS),
    Case("LayerNormalization", {"axis": 1, "scale": False}, STEPS),
    Case("LayerNormalization", {"center": False, "gamma_initializer": "ones"}, STEPS),
    Case("RMSNormalization"),
    Case("RMSNormalization", {"axis": [1, 2], "epsilon": 0.01}, STEPS),
    Case("UnitNormalization"),
    Case("UnitNormalization", {"axis": (1, 2)}, STEPS),
    Case("UnitNormalization", {"axis": 1}, STEPS),
    Case("GroupNormalization", {"groups": 2, "gamma_regularizer": "l2", "beta_initializer": "ones"}),
    Case("GroupNormalization", {"groups": -1, "epsilon": 0.01}, STEPS),
    Case("GroupNormalization", {"groups": 1, "scale": False}, STEPS),
    Case("GroupNormalization", {"groups": 2, "axis": 2, "center": False}, IMAGE),
    Case("GlobalMaxPooling1D", {}, STEPS),
    Case("GlobalMaxPooling1D", {"data_format": "channels_first", "keepdims": True}, STEPS),
    Case("GlobalMaxPooling2D", {}, IMAGE),
    Case("GlobalMaxPooling2D", {"data_format": "channels_first", "keepdims": True}, IMAGE),
    Case("GlobalMaxPooling3D", {"keepdims": True}, VOLUME),
    Case("GlobalAveragePooling2D", {"data_format": "channels_first"}, IMAGE),
    Case("GlobalAveragePooling2D", {"keepdims": True}, IMAGE),
    Case("GlobalAveragePooling3D", {}, VOLUME),
    Case("GlobalAveragePooling1D", {}, STEPS),
    Case("GlobalAveragePooling1D", {"data_format": "channels_first"}, STEPS),
    Case("GlobalAveragePooling1D", {"keepdims": True}, STEPS),
    Case("Rescaling", {"scale": 0.5, "offset": [1.0, 2.0, 3.0, 4.0]}),
    Case("Normalization", {"mean": [1.0, 2.0, 3.0], "variance": [4.0, 5.0, 6.0]}, STEPS),
    Case("Normalization", {"axis": None, "mean": 3.0, "variance": 4.0, "invert": True}, STEPS),
    *(Case(name, {}, [STEPS, STEPS]) for name in ("Add", "Subtract", "Average", "Multiply", "Maximum", "Minimum")),
    *(Case(name, {}, [STEPS, (1, 3), (3,)]) for name in ("Add", "Average", "Multiply", "Maximum", "Minimum")),
    Case("Subtract", {}, [STEPS, (3,)]),
    Case("Concatenate", {}, [STEPS, (5, 2), STEPS]),
    Case("Concatenate", {"axis": 1}, [STEPS, (2, 3)]),
    Case("Dot", {"axes": 1}, [(4,), (4,)]),
    Case("Dot", {"axes": -1, "normalize": True}, [(4,), (4,)]),
    Case("Dot", {"axes": (2, 1)}, [STEPS, (3, 2)]),
    Case("Dot", {"axes": (1, 1), "normalize": True}, [STEPS, (5, 2)]),
    Case("Dot", {"axes": (2, 1)}, [STEPS, (3,)]),
    Case("Dot", {"axes": (1, 3)}, [(4,), (2, 3, 4)]),
]
# What is unchanged outside training, or has nothing that it learns.
SILENT = [
    Case("Normalization", {}, STEPS),
    Case("Dropout", {"rate": 0.3, "noise_shape": (None, 1), "seed": 3}),
    Case("SpatialDropout1D", {"rate": 0.3}, STEPS),
    Case("SpatialDropout2D", {"rate": 0.3, "data_format": "channels_first"}, IMAGE),
    Case("SpatialDropout3D", {"rate": 0.3}, VOLUME),
    Case("GaussianNoise", {"stddev": 0.3, "seed": 1}),
    Case("GaussianDropout", {"rate": 0.3}),
    Case("AlphaDropout", {"rate": 0.3, "noise_shape": (None, 4)}),
    Case("Masking", {"mask_value": 2.0}, STEPS),
]


def identifier(case: Case) -> str:
    return f"{case.name}-{'-'.join(map(str, case.arguments))}-{case.shapes}"


def data_for(case: Case, count: int, dtype: str) -> list[Any]:
    shapes = case.shapes if isinstance(case.shapes, list) else [case.shapes]
    return [RNG.normal(size=(count, *shape)).astype(dtype) for shape in shapes]


def model_of(library: Any, case: Case) -> Any:
    """A layer between others that are trained, so that its gradient counts."""
    inputs = [library.Input(shape) for shape in (case.shapes if isinstance(case.shapes, list) else [case.shapes])]
    moved = [library.layers.Dense(shape.shape[-1], name=f"before_{n}")(shape) for n, shape in enumerate(inputs)]
    layer = getattr(library.layers, case.name)(**case.arguments, name="layer")
    outputs = library.layers.Flatten()(layer(moved if len(moved) > 1 else moved[0]))
    return library.Model(inputs, library.layers.Dense(2, name="after")(outputs))


def alike(ours: Any, theirs: Any, dtype: str) -> None:
    tolerance = 1e-9 if dtype == "float64" else 2e-4
    np.testing.assert_allclose(np.asarray(ours), np.asarray(theirs), rtol=tolerance, atol=tolerance)


FIRST = {case.name: case for case in reversed(CASES)}


@pytest.mark.parametrize("case", CASES + SILENT, ids=identifier)
def test_outputs_and_shapes_are_keras(case: Case) -> None:
    check_outputs(case, "float64")


@pytest.mark.parametrize("case", FIRST.values(), ids=identifier)
def test_outputs_in_float32_are_keras(case: Case) -> None:
    check_outputs(case, "float32")


def check_outputs(case: Case, dtype: str) -> None:
    with floatx(dtype):
        layer, oracle = (getattr(library.layers, case.name)(**case.arguments) for library in (nnfast, keras))
        for count in (6, 1):
            inputs = data_for(case, count, dtype)
            given = inputs if len(inputs) > 1 else inputs[0]
            alike(layer(given), oracle(given), dtype)
            if case.name not in [silent.name for silent in SILENT]:
                alike(layer(given, training=True), oracle(given, training=True), dtype)
        shapes = [(None, *array.shape[1:]) for array in inputs]
        shape = shapes if len(shapes) > 1 else shapes[0]
        assert tuple(layer.compute_output_shape(shape)) == tuple(oracle.compute_output_shape(shape))
        for ours, theirs in zip(layer.weights, oracle.weights, strict=True):
            assert ours.name == theirs.name
            alike(ours, theirs, dtype)
        assert layer.supports_masking == oracle.supports_masking
        assert len(layer.trainable_weights) == len(oracle.trainable_weights)


@pytest.mark.parametrize("case", CASES, ids=identifier)
def test_a_fit_learns_what_keras_learns(case: Case) -> None:
    with floatx("float64"):
        model, oracle = (model_of(library, case) for library in (nnfast, keras))
        weights = [RNG.normal(size=weight.shape) ** 2 + 0.1 for weight in oracle.get_weights()]
        x, y = data_for(case, 20, "float64"), RNG.normal(size=(20, 2))
        results = []
        for either in (model, oracle):
            either.set_weights(weights)
            either.compile("sgd", "mse")
            history = either.fit(x, y, batch_size=10, epochs=2, shuffle=False, verbose=0).history["loss"]
            results.append([history, *either.get_weights()])
        for ours, theirs in zip(*results, strict=True):
            alike(ours, theirs, "float64")


WITH_WEIGHTS = [
    Case("Embedding", {"input_dim": 3, "output_dim": 2}),
    Case("Dense", {"units": 3, "kernel_regularizer": "l2", "activity_regularizer": "l1", "bias_constraint": "non_neg"}),
    Case("Dense", {"units": 3, "use_bias": False}),
    Case("EinsumDense", {"equation": "ab,bc->ac", "output_shape": 3, "bias_axes": "c", "kernel_regularizer": "l2"}),
]
# What Keras writes of what nnfast does not have.
BEYOND = {"quantization_config", "lora_rank"}


@pytest.mark.parametrize("case", [*CASES, *SILENT, *WITH_WEIGHTS], ids=identifier)
def test_configurations_are_keras(case: Case) -> None:
    layer, oracle = (getattr(library.layers, case.name)(**case.arguments, name="a") for library in (nnfast, keras))
    config, expected = layer.get_config(), oracle.get_config()
    assert config.keys() == expected.keys() - BEYOND
    for name, value in config.items():
        if name in case.arguments and not isinstance(case.arguments[name], str | dict):
            assert value == expected[name] or list(np.ravel(value)) == list(np.ravel(expected[name]))
    assert nnfast.layers.deserialize(nnfast.layers.serialize(layer)).get_config() == config
    assert nnfast.layers.deserialize(keras.layers.serialize(oracle)).get_config() == config
    again = keras.layers.deserialize(nnfast.layers.serialize(layer))
    assert again.get_config() == expected
