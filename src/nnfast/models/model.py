"""The Model: a layer that can be trained."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from nnfast import graph
from nnfast.graph import Program, Tensor, TensorSpec, Variable, dtypes
from nnfast.layers.layer import Layer
from nnfast.models.summary import print_summary
from nnfast.training.data import as_array
from nnfast.training.trainer import Trainer

# How many traces of its call a model keeps: one for each shape of a sample, and for training or not.
_PROGRAMS_KEPT = 32

# The dtypes that a Program reads as they are.
_FEEDABLE = frozenset(np.dtype(name) for name in dtypes.SUPPORTED)
# Arrays that need no conversion; what is derived from them may, such as a masked array.
_ARRAYS = (np.ndarray, graph.Tensor)


class Model(Trainer, Layer):
    """A layer with `compile`, `fit`, `evaluate` and `predict`.

    Use `Sequential`, or define `call` in a subclass. Called with arrays, a model runs a Program that is traced once for
    each shape of a sample; called with symbolic tensors it records, as every layer does.

    Args:
        **kwargs: name, dtype, trainable, as of Layer.

    >>> from nnfast import layers
    >>> class Twice(Model):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.dense = layers.Dense(1, kernel_initializer="ones")
    ...     def call(self, inputs):
    ...         return self.dense(inputs) + self.dense(inputs)
    >>> Twice()([[1.0, 2.0]]).tolist()
    [[6.0]]
    """

    def __init__(self, **kwargs: Any) -> None:
        Layer.__init__(self, **kwargs)
        Trainer.__init__(self)
        self._programs: dict[tuple[Any, ...], Program] = {}

    def __call__(self, inputs: Any, *args: Any, training: bool | None = None, **kwargs: Any) -> Any:
        """The outputs for `inputs`.

        Args:
            inputs: an array or a nested list, its first dimension the batch; or a symbolic tensor.
            training: whether layers such as Dropout behave as in training; default False.

        Returns:
            A Tensor; a symbolic tensor for a symbolic one.

        Raises:
            ValueError: the inputs' shape is not what the model expects.
        """
        if args or kwargs or isinstance(inputs, graph.SymbolicTensor | Variable) or graph.is_tracing():
            return super().__call__(inputs, *args, training=training, **kwargs)
        self._require_init()
        if not (type(inputs) in _ARRAYS and inputs.dtype in _FEEDABLE and inputs.ndim and inputs.flags.c_contiguous):
            inputs = as_array(inputs, f"model '{self.name}'")
        key = (inputs.shape[1:], bool(training), self.structure_version)
        program = self._programs.get(key) or self._trace(inputs.shape, bool(training))
        return program(inputs)[0].view(Tensor)

    def build(self, input_shape: Any) -> None:
        """Make the weights of the layers for inputs of `input_shape`, such as (None, 784), by tracing `call`."""
        spec = TensorSpec(input_shape, self.input_dtype)
        graph.abstract(lambda inputs: (self._call(inputs, False, (), {}),), [spec])

    def _trace(self, shape: tuple[int, ...], training: bool) -> Program:
        """A Program of the call for samples of `shape[1:]`, kept for the next time."""
        self.check_input_shape(shape)
        batch_shape = (None, *shape[1:])
        if not self.built:
            self.build(batch_shape)

        program = graph.trace(
            lambda inputs: (Layer.__call__(self, inputs, training=training),),
            [TensorSpec(batch_shape, self.input_dtype)],
        )
        if len(self._programs) >= _PROGRAMS_KEPT:
            self._programs.pop(next(iter(tuple(self._programs))), None)
        # Tracing may have built sub-layers, so the version is the one after it.
        self._programs[shape[1:], training, self.structure_version] = program
        return program

    @property
    def layers(self) -> list[Layer]:
        """The layers that the model holds directly."""
        return list(self._layers)

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """The layer called `name`, or at `index` in `layers`.

        Raises:
            ValueError: there is no such layer, or not exactly one of both arguments is given.
        """
        if (name is None) == (index is None):
            raise ValueError(f"get_layer expects a name or an index, got name={name!r}, index={index!r}")
        layers = self.layers
        if index is not None:
            if not -len(layers) <= index < len(layers):
                raise ValueError(f"Model '{self.name}' has {len(layers)} layers, none at index {index}")
            return layers[index]
        for layer in layers:
            if layer.name == name:
                return layer
        known = ", ".join(repr(layer.name) for layer in layers)
        raise ValueError(f"Model '{self.name}' has no layer {name!r}; its layers are {known}")

    def summary(
        self,
        line_length: int | None = None,
        positions: Sequence[float] | None = None,
        print_fn: Callable[[str], Any] | None = None,
        expand_nested: bool = False,
        show_trainable: bool = False,
        layer_range: Sequence[str] | None = None,
    ) -> None:
        """Print the layers with their output shapes and numbers of parameters.

        Args:
            line_length: the table's width; default 88 (100 with `show_trainable`), or the terminal's less 4.
            positions: where the columns end, as fractions of the width.
            print_fn: is called with the whole text; default prints it.
            expand_nested: whether the layers inside of layers are shown; default False.
            show_trainable: whether a column says what is trained; default False.
            layer_range: two names or regular expressions, the first and the last layer to show.

        Raises:
            ValueError: `layer_range` names no layer.
        """
        print_summary(self, line_length, positions, print_fn, expand_nested, show_trainable, layer_range)
