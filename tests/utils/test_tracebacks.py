"""Errors and warnings show users their own lines."""

from __future__ import annotations

import traceback
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nnfast
from nnfast import config, layers, ops

PACKAGE = str(Path(nnfast.__file__).parent)


@pytest.fixture(autouse=True)
def default() -> Iterator[None]:
    yield
    config.enable_traceback_filtering()


class Wrong(layers.Layer):
    def call(self, inputs: Any) -> Any:
        return self.product(inputs)

    def product(self, inputs: Any) -> Any:
        return ops.matmul(inputs, np.ones((7, 2), "float32"))


def wrong_model() -> Any:
    model = nnfast.Sequential([layers.Dense(3), Wrong()])
    model.compile("sgd", "mse")
    return model


X, Y = np.ones((4, 3), "float32"), np.ones((4, 2), "float32")
CALLS: dict[str, Callable[[Any], Any]] = {
    "call": lambda model: model(X),
    "predict": lambda model: model.predict(X, verbose=0),
    "predict many": lambda model: model.predict(np.ones((99, 3)), verbose=0),
    "fit": lambda model: model.fit(X, Y, verbose=0),
    "evaluate": lambda model: model.evaluate(X, Y, verbose=0),
    "train_on_batch": lambda model: model.train_on_batch(X, Y),
    "test_on_batch": lambda model: model.test_on_batch(X, Y),
    "predict_on_batch": lambda model: model.predict_on_batch(X),
    "layer": lambda model: model.layers[1](X),
    "put together": lambda model: model.layers[1](nnfast.Input((3,))),
}


def frames_of(call: Callable[[], Any]) -> list[traceback.FrameSummary]:
    with pytest.raises(ValueError, match="inner dimensions") as raised:
        call()
    return list(traceback.extract_tb(raised.value.__traceback__))


@pytest.mark.parametrize("name", CALLS)
def test_frames_of_the_package_are_left_out(name: str) -> None:
    model = wrong_model()
    frames = frames_of(lambda: CALLS[name](model))
    assert [frame.name for frame in frames][-2:] == ["call", "product"]
    assert not [frame for frame in frames if frame.filename.startswith(PACKAGE)]


@pytest.mark.parametrize("name", CALLS)
def test_all_frames_are_kept_where_that_is_asked_for(name: str) -> None:
    config.disable_traceback_filtering()
    assert not config.is_traceback_filtering_enabled()
    model = wrong_model()
    frames = frames_of(lambda: CALLS[name](model))
    assert len([frame for frame in frames if frame.filename.startswith(PACKAGE)]) > 3


def test_the_innermost_frame_stays_where_there_are_no_others() -> None:
    with pytest.raises(ValueError, match="You must call compile") as raised:
        nnfast.Sequential([layers.Dense(3)]).fit(X, Y)
    own = [frame for frame in traceback.extract_tb(raised.value.__traceback__) if frame.filename.startswith(PACKAGE)]
    assert [frame.name for frame in own] == ["_require_compiled"]


def test_causes_stay() -> None:
    class Inner(layers.Layer):
        def call(self, inputs: Any) -> Any:
            raise ValueError("outer") from KeyError("cause")

    with pytest.raises(ValueError, match="outer") as raised:
        Inner()(X)
    assert isinstance(raised.value.__cause__, KeyError)


def test_decorated_methods_keep_their_names_and_arguments() -> None:
    assert nnfast.Sequential.fit.__name__ == "fit" and (nnfast.Sequential.fit.__doc__ or "").startswith("Train")
    assert layers.Layer.__call__.__wrapped__.__code__.co_varnames[0] == "self"  # type: ignore[attr-defined]


def test_warnings_name_the_user_s_line() -> None:
    model = nnfast.Sequential([layers.Dense(2)])
    model.compile("sgd", "mse")
    config.set_max_epochs(1)
    config.set_max_steps_per_epoch(1)
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            model.fit(X, Y, batch_size=2, epochs=2, verbose=0)
            model.evaluate(X, Y, batch_size=2, verbose=0)
            model.predict(X, batch_size=2, verbose=0)
    finally:
        config.set_max_epochs(None)
        config.set_max_steps_per_epoch(None)
    assert len(caught) == 4 and {warning.filename for warning in caught} == {__file__}
