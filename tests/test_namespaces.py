"""keras.backend, keras.config, keras.tree, keras.mixed_precision and keras.random, under the same names."""

from __future__ import annotations

import collections
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from oracle import keras

import nnfast
from nnfast import backend, config, mixed_precision, random, tree, utils


@pytest.mark.parametrize("types", [("int32", None), ("int64", "float32"), ("uint8", "int32"), ("bool", "int32"), ()])
def test_result_types_are_those_of_keras_without_its_64_bits(types: tuple[Any, ...]) -> None:
    assert backend.result_type(*types) == keras.backend.result_type(*types)


def test_what_backend_says_of_things() -> None:
    tensor = backend.convert_to_tensor([1.0, 2.0])
    assert backend.is_tensor(tensor) and not backend.is_tensor([1.0]) and not backend.is_keras_tensor(tensor)
    assert type(backend.convert_to_numpy(nnfast.Variable([1.0]))) is np.ndarray
    assert backend.is_float_dtype("float64") and not backend.is_float_dtype("int32")
    assert backend.is_int_dtype("uint8") and not backend.is_int_dtype(float)
    assert config.backend() == backend.backend() == "nnfast"
    with pytest.raises(ValueError, match="channels_last"):
        config.set_image_data_format("rows")


def test_settings_that_utils_has_too() -> None:
    utils.disable_interactive_logging()
    try:
        assert not utils.is_interactive_logging_enabled() and not config.is_interactive_logging_enabled()
    finally:
        utils.enable_interactive_logging()
    assert config.is_interactive_logging_enabled()
    with utils.CustomObjectScope({"mine": np.square}):
        assert utils.get_registered_object("mine") is np.square


def test_policies() -> None:
    policy = mixed_precision.Policy("float64")
    layer = nnfast.layers.Dense(2, dtype=policy)
    assert layer.dtype_policy == policy and layer.compute_dtype == "float64"
    assert layer.get_config()["dtype"] == nnfast.dtype_policies.serialize(policy)
    mixed_precision.set_global_policy("float64")
    try:
        assert nnfast.layers.Dense(2).dtype == mixed_precision.global_policy().name == "float64"
        assert config.dtype_policy().name == "float64" and config.floatx() == "float32"
    finally:
        mixed_precision.set_global_policy("float32")


STRUCTURE: Any = {"b": [1, (2, 3)], "a": 4}


@pytest.mark.parametrize(
    "call",
    [
        lambda of: of.lists_to_tuples(STRUCTURE),
        lambda of: of.traverse(lambda part: of.MAP_TO_NONE if part == 2 else None, STRUCTURE),
        lambda of: of.traverse(lambda part: len(part) if isinstance(part, list) else None, STRUCTURE),
        lambda of: of.traverse(lambda part: sum(part) if isinstance(part, tuple) else None, STRUCTURE, top_down=False),
        lambda of: of.map_structure_up_to({"b": 0, "a": 0}, str, STRUCTURE),
        lambda of: of.map_shape_structure(lambda shape: shape[::-1], [(1, None), {"x": [2, 3]}]),
        lambda of: of.assert_same_paths([1, (2,)], (3, [4])),
    ],
)
def test_trees_are_keras(call: Callable[[Any], Any]) -> None:
    assert call(tree) == call(keras.tree)


def test_mistakes_with_trees() -> None:
    with pytest.raises(ValueError, match="same paths"):
        tree.assert_same_paths([1], [1, 2])
    with pytest.raises(ValueError, match="parts of"):
        tree.map_structure_up_to([0, 0], str, [1])
    assert tree.map_shape_structure(str, "a") == "a"


def test_draws() -> None:
    numbers = random.randint((10_000,), -2, 3, seed=1)
    assert numbers.dtype == "int32" and set(numbers.tolist()) == {-2, -1, 0, 1, 2}
    assert np.abs(np.bincount(numbers + 2) / 10_000 - 0.2).max() < 0.02
    drawn = random.categorical(np.log([[0.7, 0.2, 0.1]]), 10_000, seed=2)
    assert drawn.shape == (1, 10_000)
    np.testing.assert_allclose(np.bincount(drawn[0]) / 10_000, [0.7, 0.2, 0.1], atol=0.02)
    rows = np.arange(12).reshape(4, 3)
    shuffled = random.shuffle(rows, seed=3)
    assert (
        sorted(map(tuple, shuffled.tolist())) == list(map(tuple, rows.tolist())) and shuffled.tolist() != rows.tolist()
    )
    with pytest.raises(ValueError, match="bounds"):
        random.randint((1,), 3, 3)
    with pytest.raises(ValueError, match="whole numbers"):
        random.randint((1,), 0, 3, dtype="float32")


@pytest.mark.parametrize(
    ("draw", "mean", "variance"),
    [
        (lambda seed: random.gamma((40_000,), 3.0, seed=seed), 3.0, 3.0),
        (lambda seed: random.gamma((40_000, 1), [[0.5]], "float64", seed), 0.5, 0.5),
        (lambda seed: random.beta((40_000,), 2.0, 3.0, seed=seed), 0.4, 0.04),
        (lambda seed: random.binomial((40_000,), 20, 0.3, seed=seed), 6.0, 4.2),
    ],
)
def test_distributions(draw: Callable[[Any], Any], mean: float, variance: float) -> None:
    numbers = draw(1)
    assert abs(numbers.mean() - mean) < 0.05 * mean and abs(numbers.var() - variance) < 0.05 * variance
    np.testing.assert_array_equal(draw(1), numbers)
    assert (draw(2) != numbers).any()
    generator = random.SeedGenerator(1)
    np.testing.assert_array_equal(draw(generator), numbers)
    assert (draw(generator) != numbers).any()


def test_parameters_that_distributions_do_not_have() -> None:
    for mistake in (
        lambda: random.gamma((3,), -1.0),
        lambda: random.gamma((3,), [1.0, 2.0]),
        lambda: random.beta((3,), 0.0, 1.0),
        lambda: random.binomial((3,), 5, 1.5),
        lambda: random.binomial((3,), 5, 0.5, dtype="int32"),
    ):
        with pytest.raises(ValueError, match="Expected"):
            mistake()
    assert random.binomial((2, 3), [[5], [7]], 0.5, seed=1).shape == (2, 3)
    assert random.beta((2, 3), [1.0, 2.0, 3.0], 2.0, "float16").dtype == "float16"


def test_bars_can_be_turned_off() -> None:
    from nnfast.callbacks.progress import ProgressLines, progress_callbacks

    config.disable_interactive_logging()
    try:
        assert not config.is_interactive_logging_enabled()
        assert type(progress_callbacks("auto")[0]) is ProgressLines
    finally:
        config.enable_interactive_logging()


def test_names_and_devices() -> None:
    with nnfast.name_scope("outer"), backend.name_scope("inner"):
        assert nnfast.Variable([1.0], name="scale").path == "outer/inner/scale"
    assert nnfast.Variable([1.0], name="scale").path == "scale"
    for wrong in ("", "a/b", 3):
        with pytest.raises(ValueError, match="must be a string without `/`"), nnfast.name_scope(wrong):
            pass
    for name in ("cpu", "CPU:0", "/device:CPU:0"):
        with nnfast.device(name):
            assert float(backend.cast(backend.numpy.ones(()), "float64")) == 1.0
    for wrong in ("gpu", "cuda:0", None):
        with pytest.raises(ValueError, match="Expected the device 'cpu'"), nnfast.device(wrong):
            pass
    assert nnfast.version() == nnfast.__version__


def test_masks_of_tensors() -> None:
    tensor = backend.convert_to_tensor([1.0, 2.0])
    assert backend.get_keras_mask(tensor) is None
    backend.set_keras_mask(tensor, [True, False])
    assert backend.get_keras_mask(tensor) == [True, False]


def test_trees_of_deques_and_ordered_dictionaries() -> None:
    ordered = collections.OrderedDict([("b", 1), ("a", collections.deque([2, 3], maxlen=2))])
    assert tree.flatten(ordered) == keras.tree.flatten(ordered) == [1, 2, 3]
    assert tree.flatten(dict(ordered)) == keras.tree.flatten(dict(ordered)) == [2, 3, 1]
    mapped = tree.map_structure(lambda leaf: leaf * 10, ordered)
    assert mapped == keras.tree.map_structure(lambda leaf: leaf * 10, ordered)
    assert type(mapped) is collections.OrderedDict and mapped["a"].maxlen == 2
    counts = collections.defaultdict(list, {"x": 1})
    assert tree.map_structure(str, counts).default_factory is list
    with pytest.raises(TypeError, match="must be callable"):
        tree.map_structure("no function", [1])  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="at least one structure"):
        tree.map_structure(str)
    with pytest.raises(TypeError, match="iterable"):
        tree.pack_sequence_as([1], 2)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="don't have the same nested"):
        tree.map_structure(max, [1], collections.deque([1]))


def test_seed_generators_in_configurations() -> None:
    config = keras.saving.serialize_keras_object(keras.random.SeedGenerator(3, name="s"))
    assert nnfast.saving.serialize_keras_object(nnfast.random.SeedGenerator(3, name="s")) == config
    assert nnfast.saving.deserialize_keras_object(config).initial_seed == 3
    with pytest.raises(ValueError, match="Unrecognized keyword arguments of a SeedGenerator: seeds"):
        nnfast.random.SeedGenerator(seeds=1)
