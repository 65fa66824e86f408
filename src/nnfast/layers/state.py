"""What a layer owns: its variables, its sub-layers, its seeds and metrics, and whether they are trained."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

import numpy as np

from nnfast import random
from nnfast.graph import Variable, dtypes
from nnfast.layers.tracking import TrackedDict, TrackedList, tracked
from nnfast.metrics import Metric

if TYPE_CHECKING:
    from nnfast.layers.layer import Layer

T = TypeVar("T")


class LayerState:
    """The part of a Layer that notices what is set as attributes (alone, or in a list, a tuple or a dictionary), and
    lists it."""

    _changes: ClassVar[int] = 0  # to any layer's structure so far

    name: str
    built: bool
    _trainable_variables: list[Variable]
    _non_trainable_variables: list[Variable]
    _seed_generators: list[random.SeedGenerator]
    _metrics: list[Metric]
    _layers: list[Layer]
    _trainable: bool
    _changed: int  # the number of the change that was this layer's last
    _version: tuple[int, int]  # the number of changes seen, and the structure version then

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        layer = super().__new__(cls)
        # Here, so that a subclass may set attributes before it calls super().__init__().
        vars(layer).update(
            _trainable_variables=[],
            _non_trainable_variables=[],
            _seed_generators=[],
            _metrics=[],
            _layers=[],
            _trainable=True,
            _changed=0,
            _version=(-1, 0),
        )
        return layer

    def __getstate__(self) -> dict[str, Any]:
        """What copies and pickles keep."""
        names = [name for name, value in vars(self).items() if type(value) in (TrackedList, TrackedDict, tuple)]
        return {**vars(self), "_tracked": names}

    def __setstate__(self, state: dict[str, Any]) -> None:
        names = state.pop("_tracked")
        vars(self).update(state)
        vars(self).update({name: tracked(state[name], self._track) for name in names})

    def flatten_layers(self) -> Iterator[Layer]:
        """This layer and those below it, each once."""
        seen: set[int] = set()
        stack: list[Any] = [self]
        while stack:
            layer = stack.pop()
            if id(layer) not in seen:
                seen.add(id(layer))
                yield layer
                stack.extend(reversed(layer._layers))

    @property
    def trainable(self) -> bool:
        """Whether the weights are trained; setting it sets the sub-layers' too."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = bool(value)
        for variable in self._trainable_variables:
            variable.trainable = bool(value)
        for layer in self._layers:
            layer.trainable = bool(value)
        self._mark_changed()

    @property
    def weights(self) -> list[Variable]:
        """The variables of the layer and its sub-layers, but for random seeds and metrics'."""
        below = (variable for layer in self._layers for variable in layer.weights)
        return _unique((*self._trainable_variables, *self._non_trainable_variables, *below))

    @property
    def variables(self) -> list[Variable]:
        """The variables of the layer and its sub-layers, random seeds included."""
        seeds = (generator.state for generator in self._seed_generators)
        below = (variable for layer in self._layers for variable in layer.variables)
        return _unique((*self._trainable_variables, *self._non_trainable_variables, *seeds, *below))

    @property
    def trainable_weights(self) -> list[Variable]:
        """The weights that training changes."""
        return [weight for weight in self.weights if weight.trainable and self._trainable]

    @property
    def non_trainable_weights(self) -> list[Variable]:
        """The weights that training leaves alone."""
        return [weight for weight in self.weights if not (weight.trainable and self._trainable)]

    @property
    def trainable_variables(self) -> list[Variable]:
        """The variables that training changes."""
        return [variable for variable in self.variables if variable.trainable and self._trainable]

    @property
    def non_trainable_variables(self) -> list[Variable]:
        """The variables that training leaves alone, random seeds included."""
        return [variable for variable in self.variables if not (variable.trainable and self._trainable)]

    @property
    def metrics(self) -> list[Metric]:
        """The metrics that are set as attributes of the layer and its sub-layers."""
        return _unique(metric for layer in self.flatten_layers() for metric in layer._metrics)

    @property
    def metrics_variables(self) -> list[Variable]:
        """The variables of `metrics`."""
        return [variable for metric in self.metrics for variable in metric.variables]

    def get_weights(self) -> list[np.ndarray[Any, Any]]:
        """Copies of the weights as arrays, in the order of `weights`."""
        return [weight.numpy() for weight in self.weights]

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Give all weights new values, in the order of `weights`.

        Raises:
            ValueError: the number of arrays or a shape is not the layer's; then no weight has changed.
        """
        own = self.weights
        if len(own) != len(weights):
            raise ValueError(f"Layer '{self.name}' has {len(own)} weights, set_weights got {len(weights)} arrays")
        values = [np.asarray(value) for value in weights]
        for number, (weight, value) in enumerate(zip(own, values, strict=True)):
            if tuple(weight.shape) != value.shape:
                raise ValueError(
                    f"Layer '{self.name}' expects an array of shape {tuple(weight.shape)} as weight {number} "
                    f"('{weight.name}'), got one of shape {value.shape}"
                )
            if dtypes.kind_of(value.dtype) not in "biuf":
                raise ValueError(f"Layer '{self.name}' expects numbers as weight {number}, got dtype {value.dtype}")
        for weight, value in zip(own, values, strict=True):
            weight.assign(value)

    def count_params(self) -> int:
        """How many numbers the weights hold.

        Raises:
            ValueError: the layer is not built yet.
        """
        if not self.built:
            raise ValueError(f"Layer '{self.name}' has no weights yet: call it, or build(input_shape), first")
        return sum(math.prod(weight.shape) for weight in self.weights)

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, tracked(value, self._track))

    def _track(self, value: Any) -> None:
        """Make `value` part of the layer, if it is a variable, a layer, a metric or a SeedGenerator; or what it holds,
        if it is a list, tuple or dictionary that is kept as it is, such as a named tuple."""
        own: list[Any]
        if isinstance(value, list | tuple | dict):
            for item in value.values() if isinstance(value, dict) else value:
                self._track(item)
            return
        if isinstance(value, Variable):
            own = self._trainable_variables if value.trainable else self._non_trainable_variables
            if any(value is variable for variable in (*self._trainable_variables, *self._non_trainable_variables)):
                return
            value.trainable = value.trainable and self._trainable
        elif isinstance(value, LayerState):
            own = self._layers
        elif isinstance(value, random.SeedGenerator):
            own = self._seed_generators
        elif isinstance(value, Metric):
            own = self._metrics
        else:
            if callable(value):  # such as an activation
                self._mark_changed()
            return
        if not any(value is item for item in own):
            own.append(value)
            self._mark_changed()

    def _untrack_variable(self, variable: Variable) -> None:
        """Make a variable no part of the layer any more."""
        for own in (self._trainable_variables, self._non_trainable_variables):
            own[:] = [other for other in own if other is not variable]
        self._mark_changed()

    def _mark_changed(self) -> None:
        """Note that a trace of this layer, or of one that holds it, may be out of date."""
        LayerState._changes += 1
        self._changed = LayerState._changes

    @property
    def structure_version(self) -> int:
        """A number that rises when variables, sub-layers, functions or `trainable` are set, here or below."""
        seen, version = self._version
        if seen != LayerState._changes:
            seen = LayerState._changes
            version = max([self._changed, *(layer.structure_version for layer in self._layers)])
            self._version = (seen, version)
        return version


def _unique(items: Iterable[T]) -> list[T]:
    return list({id(item): item for item in items}.values())
