"""Diagrams of models, as text that Graphviz draws, and the inputs that tensors are made from."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

import nnfast
from nnfast import layers, utils


def graph() -> Any:
    a, b = nnfast.Input((3,), name="a"), nnfast.Input((4,), name="b")
    inner = nnfast.Sequential([nnfast.Input((5,)), layers.Dense(2, activation="relu", name="deep")], name="inner")
    both = layers.Dense(5, name="left")(a) + layers.Dense(5, name="right")(b)
    return nnfast.Model([a, b], inner(both), name="graph")


def test_boxes_are_the_layers_and_ops() -> None:
    utils.clear_session()
    boxes = {box.key: box for box in graph().diagram()}
    assert {key: box.sources for key, box in boxes.items()} == {
        "a": (),
        "b": (),
        "left": ("a",),
        "right": ("b",),
        "add": ("left", "right"),
        "inner": ("add",),
    }
    assert boxes["add"].kind == "Add" and boxes["inner"].kind == "Sequential" and boxes["left"].kind == "Dense"
    assert [box.key for box in boxes["inner"].inside] == ["inner/input_layer", "inner/deep"]
    assert boxes["inner"].inside[1].activation == "relu" and boxes["left"].trainable is True
    assert boxes["left"].inputs.shape == (None, 3) and boxes["inner"].outputs.shape == (None, 2)


def test_pydot_and_a_built_model_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="not yet been built"):
        utils.plot_model(nnfast.Sequential([layers.Dense(2)]))
    monkeypatch.setitem(sys.modules, "pydot", None)
    with pytest.raises(ImportError, match=r"You must install pydot \(`pip install pydot`\)"):
        utils.plot_model(graph())


def test_the_text_that_graphviz_draws(tmp_path: Path) -> None:
    pytest.importorskip("pydot")
    utils.clear_session()
    text = utils.model_to_dot(graph(), show_shapes=True, show_dtype=True, show_layer_activations=True).to_string()
    assert '"left" -> "add"' in text and "<b>left</b> (Dense)" in text and "Output shape: <b>(None, 5)</b>" in text
    assert "Output dtype: <b>float32</b>" in text and "cluster" not in text
    utils.clear_session()
    nested = utils.model_to_dot(graph(), expand_nested=True, show_trainable=True, rankdir="LR").to_string()
    assert "cluster_inner" in nested.replace('"', "") and "Trainable: <b>True</b>" in nested and "rankdir=LR" in nested
    assert '"add" -> "inner/input_layer"' in nested
    dot = utils.model_to_dot(nnfast.Sequential([nnfast.Input((3,)), layers.Dense(1)]), show_layer_names=False)
    assert len(dot.get_nodes()) == 3 and len(dot.get_edges()) == 1  # one node holds what is common to all


def test_source_inputs() -> None:
    model = graph()
    assert utils.get_source_inputs(model.output) == model.inputs
    assert utils.get_source_inputs(model.inputs[0]) == [model.inputs[0]]
