"""Discretization: numbers as the ranges that they are in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np

from nnfast import config, ops
from nnfast.graph import KerasTensor
from nnfast.layers.input_spec import Shape
from nnfast.layers.layer import Layer
from nnfast.layers.preprocessing.array_layer import Array, batches
from nnfast.layers.preprocessing.encoding import encode, encoded_shape, output_mode, refuse_sparse


class Discretization(Layer):
    """Numbers as the ranges that they are in, counted from 0; before a model or in it.

    Args:
        bin_boundaries: where ranges begin, in ascending order: [0.0, 1.0] makes three, below 0, from 0 to below 1,
            and from 1 on. Default None, for `adapt`.
        num_bins: how many ranges `adapt` makes, of about as many numbers each.
        epsilon: which share of the numbers `adapt` may be off by, positive; smaller is slower. Default 0.01.
        output_mode: "int" (default), the number of the range; "one_hot", "multi_hot" and "count" as of
            CategoryEncoding.
        sparse: only False.
        dtype, name: as of Layer.

    Raises:
        ValueError: both or none of `bin_boundaries` and `num_bins`; an unknown mode; called before it knows ranges.

    >>> Discretization([0.0, 1.0])([[-1.5, 0.0, 3.4]]).tolist()
    [[0, 1, 2]]
    >>> layer = Discretization(num_bins=2)
    >>> layer.adapt([1.0, 2.0, 3.0, 4.0])
    >>> layer.bin_boundaries
    [2.0]
    """

    def __init__(
        self,
        bin_boundaries: Sequence[float] | None = None,
        num_bins: int | None = None,
        epsilon: float = 0.01,
        output_mode: str = "int",
        sparse: bool = False,
        dtype: Any = None,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        refuse_sparse("Discretization", sparse)
        self.output_mode = _mode(output_mode)
        if num_bins is not None and num_bins < 0:
            raise ValueError(f"`num_bins` must be greater than or equal to 0. Received: `num_bins={num_bins}`")
        if num_bins is not None and bin_boundaries is not None:
            raise ValueError(
                f"Both `num_bins` and `bin_boundaries` should not be set. Received: `num_bins={num_bins}` and "
                f"`bin_boundaries={bin_boundaries}`"
            )
        if num_bins is None and bin_boundaries is None:
            raise ValueError("You need to set either `num_bins` or `bin_boundaries`.")
        self.bin_boundaries = None if bin_boundaries is None else [float(bound) for bound in bin_boundaries]
        self.num_bins = num_bins
        self.epsilon = epsilon
        self.sparse = sparse
        # Numbers in ascending order, and how many each stands for.
        self._summary: Array = np.zeros((2, 0), "float32")
        self._build_at_init()

    @property
    def input_dtype(self) -> str:
        """Numbers are compared in floatx, whatever the outputs are."""
        return config.floatx()

    @property
    def output_dtype(self) -> str:
        """int32 for the numbers of ranges, else what the layer computes in."""
        return "int32" if self.output_mode == "int" else self.compute_dtype

    def adapt(self, data: Any, steps: int | None = None) -> None:
        """Choose the ranges so that each has about as many of the numbers of `data`.

        Args:
            data: an array, nested lists, or an iterable of batches.
            steps: how many batches of an iterable are taken; default None, all.

        Raises:
            ValueError: the layer was given its ranges.
            TypeError: data of another kind.
        """
        if self.num_bins is None:
            raise ValueError(
                "Cannot adapt a Discretization layer that has been initialized with `bin_boundaries`, use `num_bins` "
                "instead."
            )
        self.reset_state()
        for batch in batches(data, steps):
            self.update_state(batch)
        self.finalize_state()

    def update_state(self, data: Any) -> None:
        """Take in a batch of the numbers to adapt to."""
        numbers = np.sort(np.asarray(data, "float32"), axis=None)
        # About 1 / epsilon of them, evenly spaced, stand for all.
        each = max(numbers.size * self.epsilon, 1.0)
        kept = numbers[int(each - 1) :: int(each)]
        summary = np.concatenate([self._summary, np.stack([kept, np.full_like(kept, each)])], axis=1)
        self._summary = _compressed(summary[:, np.argsort(summary[0])], self.epsilon)

    def finalize_state(self) -> None:
        """Choose the ranges for the numbers taken in."""
        if self.num_bins and self._summary.size:
            self.bin_boundaries = _compressed(self._summary, 1.0 / self.num_bins)[0, :-1].tolist()
            self._mark_changed()

    def reset_state(self) -> None:
        """Forget the numbers taken in; ranges that were given stay."""
        self._summary = np.zeros((2, 0), "float32")
        if self.num_bins is not None:
            self.bin_boundaries = None

    def call(self, inputs: Any) -> Any:
        if self.bin_boundaries is None:
            raise ValueError(
                "You need to either pass the `bin_boundaries` argument at construction time or call `adapt(dataset)` "
                "before you can start using the `Discretization` layer."
            )
        bounds = np.asarray(self.bin_boundaries, self.input_dtype)
        below = ops.less(ops.expand_dims(ops.cast(inputs, self.input_dtype), -1), bounds)
        bins = len(bounds) - ops.sum(ops.cast(below, "int32"), -1)  # what is no number is above all, as in NumPy
        return encode(bins, self.output_mode, len(bounds) + 1, self.output_dtype)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        depth = self.num_bins if self.bin_boundaries is None else len(self.bin_boundaries) + 1
        return encoded_shape(input_shape, self.output_mode, depth)

    def compute_output_spec(self, inputs: Any) -> KerasTensor:
        """A KerasTensor like the outputs for one like the inputs."""
        return KerasTensor(self.compute_output_shape(inputs.shape), self.output_dtype)

    def load_own_variables(self, store: Mapping[str, Any]) -> None:
        """There are none; earlier versions of Keras wrote what the layer adapted to."""

    def get_config(self) -> dict[str, Any]:
        return {
            "bin_boundaries": None if self.bin_boundaries is None else list(self.bin_boundaries),
            "num_bins": self.num_bins,
            "epsilon": self.epsilon,
            "output_mode": self.output_mode,
            "sparse": self.sparse,
            "name": self.name,
            "dtype": self.dtype,
        }

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        adapted = config.get("num_bins") is not None and config.get("bin_boundaries") is not None
        layer = super().from_config({**config, "bin_boundaries": None} if adapted else config)
        if adapted:
            layer.bin_boundaries = [float(bound) for bound in config["bin_boundaries"]]
        return layer


def _compressed(summary: Array, epsilon: float) -> Array:
    """Numbers and how many each stands for, as 1 / epsilon of them that stand for equally many: quantiles."""
    if summary.shape[1] * epsilon < 1:
        return summary
    shares = epsilon + np.arange(0.0, 1.0, epsilon)
    before = summary[1].cumsum()
    numbers = np.interp(shares, before / before[-1], summary[0])
    count = np.interp(shares, before / before[-1], before)
    return np.stack([numbers, np.diff(count, prepend=0.0)]).astype("float32")


def _mode(mode: str) -> str:
    return output_mode(mode, ("int", "one_hot", "multi_hot", "count"))
