from __future__ import annotations

import pytest

import nnfast
from nnfast import utils


def both(build, **arguments):
    """The summaries of the model that `build(keras)` makes, by nnfast and by Keras."""
    keras = pytest.importorskip("keras")
    texts = []
    for library in (nnfast, keras):
        library.utils.clear_session()
        lines = []
        build(library).summary(print_fn=lambda text, lines=lines: lines.append(text), **arguments)
        texts.append("\n".join(lines))
    return texts


def built(keras):
    return keras.Sequential(
        [
            keras.Input((28, 28)),
            keras.layers.Flatten(),
            keras.layers.Dense(512, activation="relu"),
            keras.layers.Dropout(0.2),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )


def unbuilt(keras):
    return keras.Sequential(
        [keras.layers.Flatten(), keras.layers.Dense(3), keras.layers.Dropout(0.2), keras.layers.Activation("relu")]
    )


def nested(keras):
    inner = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3), keras.layers.Dropout(0.5)], name="in[n]er")
    return keras.Sequential([inner, keras.layers.Dense(7)])


def frozen(keras):
    model = built(keras)
    model.layers[1].trainable = False
    return model


def empty(keras):
    return keras.Sequential(name="my net")


def compiled(keras):
    model = built(keras)
    model.compile("adam", "sparse_categorical_crossentropy")
    model.optimizer.build(model.trainable_variables)
    return model


def graph(keras):
    a, b = keras.Input((3,), name="a"), keras.Input((4,), name="b")
    shared, inner_input = keras.layers.Dense(5, name="shared"), keras.Input((5,), name="inner_input")
    inner = keras.Model(inner_input, [keras.layers.Dense(2, name="q")(inner_input), inner_input], name="inner")
    first, second = inner(shared(a) + keras.layers.Dense(5, name="right")(b))
    return keras.Model([a, b], {"first": first, "second": second + shared(a * 2)[:, 0:1]}, name="graph")


def chain(keras):
    inputs = keras.Input((3,))
    hidden = keras.layers.Dense(4)(inputs) * 2.0
    return keras.Model(inputs, [keras.ops.exp(hidden), hidden])


def graph_in_a_stack(keras):
    return keras.Sequential([keras.Input((3,)), chain(keras)])


def two_outputs(keras):
    inputs = keras.Input((3,))
    return keras.Model(inputs, {"b": keras.layers.Dense(4)(inputs), "a": keras.layers.Dense(1)(inputs)})


BUILDERS = [built, unbuilt, nested, frozen, empty, compiled, graph, chain, graph_in_a_stack, two_outputs]


@pytest.mark.parametrize("build", BUILDERS)
@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"expand_nested": True, "show_trainable": True},
        {"line_length": 60},
        {"line_length": 100, "positions": [0.3, 0.7, 0.9, 1.0]},
    ],
)
def test_the_summary_is_that_of_keras(build, arguments, monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    ours, theirs = both(build, **arguments)
    assert ours == theirs


def test_a_range_of_layers(monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    for layer_range in (["dense", "dropout"], ["dropout", "flatten"], ["d", "d"]):
        ours, theirs = both(built, layer_range=layer_range)
        assert ours == theirs
    for wrong in (["dense"], ["conv", "dense"], [1, 2]):
        with pytest.raises(ValueError, match="layer_range"):
            built(nnfast).summary(layer_range=wrong)


def test_the_summary_prints_and_needs_room(capsys):
    utils.clear_session()
    built(nnfast).summary()
    assert 'Model: "sequential"' in capsys.readouterr().out
    with pytest.raises(ValueError, match="line_length"):
        built(nnfast).summary(line_length=8)
