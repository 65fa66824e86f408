"""Random numbers, as pure ops: what is drawn depends on a state and nothing else."""

from __future__ import annotations

from typing import Any

from nnfast.graph import Kind, Op, Shape, TensorLike, TensorSpec, apply, as_operand, lift, register


def _drawn(state: TensorSpec, shape: Shape, dtype: str) -> list[TensorSpec]:
    return [TensorSpec(shape, dtype)]


_random_uniform = register(
    Op("random_uniform", Kind.RANDOM, _drawn, "random numbers do not depend on the state smoothly", "random_uniform")
)


def random_uniform(state: TensorLike, shape: Shape, dtype: str) -> Any:
    """Uniform numbers in [0, 1) from Philox4x32-10 (Salmon et al., 2011), keyed by a state of two uint32: a seed and
    the number of the draw."""
    return apply(_random_uniform, lift(as_operand(state)), shape=tuple(shape), dtype=dtype)
