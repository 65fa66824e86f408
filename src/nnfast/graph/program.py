"""Programs: what a traced function has become, and the feed that it runs over."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection, Sequence
from functools import partial

import numpy as np

from nnfast import _core
from nnfast.graph.device import Engine, device, engine
from nnfast.graph.fuse import fuse
from nnfast.graph.lower import lower
from nnfast.graph.show import show
from nnfast.graph.tensor import Array, SymbolicTensor, TensorSpec
from nnfast.graph.trace import record

Feed = _core.Feed


class Program:
    """A traced function, differentiated, fused and lowered for the device it runs on: instructions over buffers, run by
    C++.

    Made by `trace`. Immutable; concurrent runs are safe.

    Attributes:
        inputs: the specs of its arguments.
        outputs: the specs of its results.
    """

    def __init__(
        self,
        lower: Callable[[Engine], tuple[_core.Program, list[str]]],
        inputs: Sequence[TensorSpec],
        outputs: Sequence[TensorSpec],
        explain: Callable[[list[str]], str],
    ) -> None:
        self.inputs = tuple(inputs)
        self.outputs = tuple(outputs)
        self._lower = lower
        self._lowered: dict[str, tuple[_core.Program, list[str]]] = {}  # by device
        self._explain = explain
        self._batched = any(spec.shape[:1] == (None,) for spec in self.inputs)

    def lowered(self) -> tuple[_core.Program, list[str]]:
        """The Program of the device that is set, and its instructions as text."""
        name = device()
        if name not in self._lowered:
            self._lowered[name] = self._lower(engine())
        return self._lowered[name]

    def run(self, feed: Feed, first: int, count: int, outputs: Sequence[Array] = ()) -> None:
        """Runs batches `first` to `first + count - 1` of a feed, with the GIL released.

        Args:
            feed: one array for each input; rows are cast to the input's dtype as they are gathered.
            first: number of the first batch.
            count: how many batches.
            outputs: one C-contiguous array for each output, of its dtype. A batched output has a row for every sample
                of the feed and gets this run's rows; another holds the last batch's value.

        Raises:
            ValueError: for labels outside their classes, before that step changed a weight.
        """
        try:
            self.lowered()[0].run(feed, first, count, outputs)
        except IndexError as error:
            raise ValueError(str(error)) from None

    def __call__(self, *arrays: Array) -> tuple[Array, ...]:
        """Runs once, with the arrays as one batch, or as they are where no input has a batch dimension."""
        if self._batched:
            samples = arrays[0].shape[0]
            if samples == 0 and any(spec.shape[:1] != (None,) for spec in self.outputs):
                raise ValueError("Expected at least one sample: results without a batch come from the last batch.")
            feed = Feed(arrays, max(samples, 1))
        else:
            samples = 1
            feed = Feed([array[np.newaxis] for array in arrays], 1)
        outputs = tuple(
            np.empty([samples if dimension is None else dimension for dimension in spec.shape], spec.dtype)
            for spec in self.outputs
        )
        self.run(feed, 0, feed.batches, outputs)
        return outputs

    def interpreted_chains(self, batch: int = 1) -> list[str]:
        """The chains of a step that have no kernel of their own, as src/cpp/kernels/compiled_chains.inc writes chains.

        Args:
            batch: how many samples the step is for.
        """
        return self.lowered()[0].interpreted_chains(batch)

    def explain(self) -> str:
        """The three stages as text: the traced graph, the fused graph, and the instructions with their shapes."""
        return self._explain(self.lowered()[1])


def trace(
    function: Callable[..., Sequence[SymbolicTensor]], specs: Sequence[TensorSpec], sparse: Collection[int] = ()
) -> Program:
    """Traces a function of symbolic tensors and makes a Program of it.

    Args:
        function: called once with a SymbolicTensor for each spec; returns a sequence of symbolic tensors. What it
            assigns to Variables, the Program assigns at every run.
        specs: shapes and dtypes of the arguments. None, as the first dimension only, is the batch.
        sparse: the numbers of arguments that are expected to hold many zeros. Products that have such a batch on their
            left side skip its zeros; results have the same bits, unless a zero would have met an infinity or NaN.

    Environment:
        NNFAST_GRAPH=1 prints the three stages of every Program to standard error.
    """
    if len({spec.shape[:1] == (None,) for spec in specs}) > 1:
        raise ValueError(
            f"Expected all arguments to have a batch (None), or none; got {[spec.shape for spec in specs]}."
        )
    recorded, outputs = record(function, specs)
    for out in outputs:
        if None in out.shape[1:]:
            raise ValueError(f"Expected results whose first dimension is the batch (None), got shape {out.shape}.")
    kernels = fuse(recorded, outputs)
    program = Program(
        partial(lower, trace=recorded, kernels=kernels, outputs=outputs, sparse=sparse),
        specs,
        [out.spec for out in outputs],
        partial(show, recorded, kernels),
    )
    program.lowered()
    if os.environ.get("NNFAST_GRAPH") == "1":
        print(program.explain(), file=sys.stderr)
    return program


def abstract(function: Callable[..., Sequence[SymbolicTensor]], specs: Sequence[TensorSpec]) -> list[TensorSpec]:
    """The specs of a function's results, without making a Program."""
    _, outputs = record(function, specs)
    return [out.spec for out in outputs]
