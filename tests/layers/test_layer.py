from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

from nnfast import Variable, dtype_policies, layers, ops, random, utils


class Scale(layers.Layer):
    def build(self, input_shape):
        self.factor = self.add_weight((input_shape[-1],), "ones", name="factor")
        self.count = self.add_weight((), "zeros", dtype="int32", trainable=False, name="count")

    def call(self, inputs):
        return inputs * self.factor


class Block(layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.noise = layers.Dropout(0.5, seed=1)
        self.parts = [layers.Dense(3, name="first")]
        self.parts.append(layers.Dense(2, name="second"))

    def call(self, inputs):
        for part in self.parts:
            inputs = part(inputs)
        return self.noise(inputs)


def test_a_layer_builds_at_its_first_call():
    layer = Scale()
    assert not layer.built
    assert layer.weights == []
    np.testing.assert_array_equal(layer(np.ones((2, 3))), np.ones((2, 3), "float32"))
    assert layer.built
    assert [weight.name for weight in layer.weights] == ["factor", "count"]
    assert [weight.name for weight in layer.trainable_weights] == ["factor"]
    assert [weight.name for weight in layer.non_trainable_weights] == ["count"]
    assert layer.count_params() == 4


def test_what_is_nested_in_lists_and_dictionaries_belongs_to_the_layer():
    class Nest(layers.Layer):
        def __init__(self):
            super().__init__()
            self.table = {"a": layers.Dense(1), "b": [layers.Dense(2), (layers.Dense(3),)]}
            self.rows = [[layers.Dense(4)]]

    nest = Nest()
    nest.table["c"] = layers.Dense(5)
    nest.table.update(d=layers.Dense(6))
    nest.table |= {"e": layers.Dense(7)}
    nest.table.setdefault("f", layers.Dense(8))
    nest.table.setdefault("f", layers.Dense(9))
    nest.rows.append({"x": layers.Dense(10)})
    assert [layer.units for layer in nest._layers] == [1, 2, 3, 4, 5, 6, 7, 8, 10]
    copied = copy.deepcopy(nest)
    assert copied.table.keys() == nest.table.keys() and len(copied._layers) == 9
    copied.table["g"] = layers.Dense(11)
    assert len(copied._layers) == 10 and len(nest._layers) == 9


def test_what_is_put_into_nested_lists_and_dictionaries_later_belongs_to_the_layer():
    layer = layers.Layer()
    layer.table, layer.rows, layer.pair = {"enc": [], "dec": {}}, [[]], ([],)
    layer.table["enc"].append(layers.Dense(1))
    layer.table["dec"]["z"] = layers.Dense(2)
    layer.rows[0].append(layers.Dense(3))
    layer.pair[0].append(layers.Dense(4))
    layer.rows.append([])
    layer.rows[1].extend([layers.Dense(5)])
    assert [inner.units for inner in layer._layers] == [1, 2, 3, 4, 5]
    for copied in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        copied.table["enc"].append(layers.Dense(6))
        copied.pair[0].append(layers.Dense(7))
        assert [inner.units for inner in copied._layers] == [1, 2, 3, 4, 5, 6, 7] and len(layer._layers) == 5
    shallow = copy.copy(layer)
    assert shallow.table == layer.table and shallow._layers is layer._layers


def test_build_by_hand_and_twice():
    layer = Scale(name="scale")
    layer.build((None, 3))
    layer.build([None, 3])
    assert len(layer.weights) == 2
    with pytest.raises(ValueError, match=r"'scale'.*\(None, 3\).*\(None, 4\)"):
        layer.build((None, 4))
    with pytest.raises(ValueError, match="shape"):
        Scale().build(3)


def test_a_build_that_fails_leaves_no_weights():
    class Broken(layers.Layer):
        fails = True

        def build(self, input_shape):
            self.add_weight((2,), "ones")
            self.inner = layers.Dense(2)
            if self.fails:
                raise RuntimeError("no")

    layer = Broken()
    with pytest.raises(RuntimeError, match="no"):
        layer.build((None, 2))
    assert not layer.built
    assert layer.weights == []
    layer.fails = False
    layer.build((None, 2))
    assert len(layer.weights) == 1


def test_a_subclass_may_build_on_its_parents_build():
    class Shifted(Scale):
        def build(self, input_shape):
            super().build(input_shape)
            self.built = True
            self.shift = self.add_weight((input_shape[-1],), "zeros", name="shift")

    layer = Shifted()
    layer(np.ones((1, 2)))
    assert [weight.name for weight in layer.weights] == ["factor", "shift", "count"]


def test_weights_are_made_in_init_or_build_only():
    layer = Scale()
    layer.build((None, 2))
    with pytest.raises(ValueError, match="is built"):
        layer.add_weight((2,))


def test_init_must_be_called():
    class Forgetful(layers.Layer):
        def __init__(self):
            self.inner = layers.Dense(1)

        def call(self, inputs):
            return self.inner(inputs)

    with pytest.raises(RuntimeError, match=r"Forgetful.*super"):
        Forgetful()(np.ones((1, 1)))


def test_attributes_may_be_set_before_super_init():
    class Early(layers.Layer):
        def __init__(self):
            self.inner = layers.Dense(1)
            super().__init__()

    assert len(Early()._layers) == 1


def test_sub_layers_in_lists_tuples_and_dictionaries_belong_to_the_layer():
    class Holder(layers.Layer):
        def __init__(self):
            super().__init__()
            self.in_list = [layers.Dense(1)]
            self.in_list.extend([layers.Dense(1), layers.Dense(1)])
            self.in_list.insert(0, layers.Dense(1))
            self.in_list += [layers.Dense(1)]
            self.in_list[0] = layers.Dense(1)
            self.in_tuple = (layers.Dense(1),)
            self.in_dictionary = {"a": layers.Dense(1)}
            self.variable = Variable(np.zeros(2, "float32"))
            self.seed = random.SeedGenerator(3)

    holder = Holder()
    assert len(holder._layers) == 8
    assert len(holder.weights) == 1
    assert len(holder.variables) == 2
    assert type(copy.copy(holder.in_list)) is list


def test_nested_weights_are_each_counted_once():
    block = Block()
    block(np.ones((1, 4)))
    assert [weight.name for weight in block.weights] == ["kernel", "bias", "kernel", "bias"]
    assert block.count_params() == 4 * 3 + 3 + 3 * 2 + 2
    block.again = block.parts[0]
    assert len(block.weights) == 4
    assert len(block.variables) == 5


def test_trainable_reaches_all_below():
    block = Block()
    block(np.ones((1, 4)))
    assert len(block.trainable_variables) == 4
    block.trainable = False
    assert not block.parts[1].trainable
    assert block.trainable_variables == block.trainable_weights == []
    assert len(block.non_trainable_weights) == 4
    assert len(block.non_trainable_variables) == 5
    block.parts[0].trainable = True
    assert block.trainable_weights == []
    block.trainable = True
    assert len(block.trainable_weights) == 4


def test_a_frozen_layer_makes_frozen_weights():
    layer = layers.Dense(2, trainable=False)
    layer.build((None, 3))
    assert layer.trainable_weights == []
    assert len(layer.non_trainable_weights) == 2
    layer.trainable = True
    assert len(layer.trainable_weights) == 2


def test_the_structure_version_rises_with_the_structure():
    block, other = Block(), Block()
    block(np.ones((1, 4)))
    versions = [block.structure_version]

    def changed():
        versions.append(block.structure_version)
        return versions[-1] > versions[-2]

    assert not changed()
    other(np.ones((1, 4)))
    assert not changed()
    block.parts[1].trainable = False
    assert changed()
    block.extra = layers.Dense(1)
    assert changed()
    block.note = "nothing that is traced"
    assert not changed()


def test_training_reaches_nested_layers():
    block = Block()
    x = np.ones((4, 3), "float32")
    np.testing.assert_array_equal(block(x), block(x, training=False))
    assert (np.asarray(block(x, training=True)) == 0).any()


def test_training_defaults_to_what_call_says():
    class Always(layers.Layer):
        def call(self, inputs, training=True):
            return inputs + 1.0 if training else inputs

    class Outer(layers.Layer):
        def __init__(self):
            super().__init__()
            self.inner = Always()

        def call(self, inputs):
            return self.inner(inputs)

    assert Always()([1.0]).tolist() == [2.0]
    assert Always()([1.0], training=False).tolist() == [1.0]
    assert Outer()([1.0], training=False).tolist() == [1.0]


def test_set_weights_checks_everything_first():
    layer = Scale(name="scale")
    layer.build((None, 3))
    before = layer.get_weights()
    with pytest.raises(ValueError, match=r"'scale' has 2 weights.*1"):
        layer.set_weights([np.zeros(3)])
    with pytest.raises(ValueError, match=r"shape \(\).*'count'.*\(2,\)"):
        layer.set_weights([np.zeros(3), np.zeros(2)])
    with pytest.raises(ValueError, match="numbers"):
        layer.set_weights([np.zeros(3), np.array("many")])
    for weight, value in zip(layer.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, value)
    layer.set_weights([[1.0, 2.0, 3.0], 7])
    assert layer.get_weights()[0].tolist() == [1.0, 2.0, 3.0]
    assert layer.get_weights()[1] == 7


def test_get_weights_gives_copies():
    layer = Scale()
    layer.build((None, 3))
    layer.get_weights()[0][:] = 5.0
    assert layer.get_weights()[0].tolist() == [1.0, 1.0, 1.0]


def test_wrong_arguments_are_errors():
    with pytest.raises(ValueError, match=r"Scale does not take.*speed"):
        Scale(speed=3)
    with pytest.raises(ValueError, match="'/'"):
        Scale(name="a/b")
    with pytest.raises(ValueError, match="3"):
        Scale(name=3)
    with pytest.raises(ValueError, match="trainable"):
        Scale(trainable="yes")
    with pytest.raises(ValueError, match="floaty"):
        Scale(dtype="floaty")
    with pytest.raises(ValueError, match="has no weights"):
        Scale().count_params()
    with pytest.raises(NotImplementedError, match=r"call\(inputs\)"):
        layers.Layer()(np.ones(3))


def test_output_shapes_come_from_a_trace_where_call_alone_says_them():
    assert Scale().compute_output_shape((None, 5)) == (None, 5)


def test_floating_inputs_are_cast_to_the_layers_dtype():
    assert Scale()(np.ones((2, 3), "float64")).dtype == np.float32
    assert Scale(dtype="float64")(np.ones((2, 3), "float32")).dtype == np.float64
    assert Scale(dtype=np.float64).dtype == "float64"


@pytest.mark.parametrize(
    "values",
    [
        np.arange(12.0).reshape(3, 4)[:, ::2],
        np.arange(6.0).reshape(2, 3).T,
        np.arange(6.0).astype(">f4").reshape(3, 2),
        np.arange(6.0).astype("float16").reshape(3, 2),
        np.arange(6).astype("int8").reshape(3, 2),
        [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]],
    ],
)
def test_any_array_goes_in(values):
    if isinstance(values, np.ndarray):
        values.flags.writeable = False
    np.testing.assert_array_equal(Scale()(values), np.asarray(values, "float32"))


def test_config_makes_a_layer_again():
    layer = Scale(name="mine", trainable=False, dtype="float64")
    copied = Scale.from_config(layer.get_config())
    dtype = dtype_policies.serialize(layer.dtype_policy)
    assert copied.get_config() == layer.get_config() == {"name": "mine", "trainable": False, "dtype": dtype}


def test_repr_names_the_layer():
    utils.clear_session()
    assert repr(Scale()) == "<Scale name=scale, built=False>"


def test_a_layer_records_inside_a_trace():
    from nnfast import graph

    layer = Scale()
    program = graph.trace(lambda x: (ops.sum(layer(x)),), [graph.TensorSpec((None, 2), "float32")])
    assert program(np.ones((3, 2), "float32"))[0] == 6.0


def test_weights_are_given_their_shape_first() -> None:
    class Named(layers.Layer):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__()
            self.weight = self.add_weight(*args, **kwargs)

    for arguments in (dict(), dict(shape=(3, 4))):
        with pytest.raises(ValueError, match="the name as a keyword argument, got 'kernel' in the place of the shape"):
            Named("kernel", **arguments)
    with pytest.raises(ValueError, match="`shape` was passed both positionally and as a keyword argument"):
        Named((3, 4), shape=(3, 4))
    assert Named((3, 4), name="kernel").weight.shape == (3, 4)
    count = layers.Layer().add_variable((2,), "ones", trainable=False, name="count")
    assert count.numpy().tolist() == [1.0, 1.0] and not count.trainable


@pytest.mark.parametrize("layer", [layers.Dense(2), layers.EinsumDense("ab,bc->ac", 2)], ids=["Dense", "EinsumDense"])
def test_an_activation_may_be_taken_away(layer: Any) -> None:
    layer.activation = None
    assert layer(np.ones((1, 3), "float32")).shape == (1, 2)
