"""Seeds: where random numbers start, and how far they have come."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from nnfast.graph import Tensor, Variable
from nnfast.naming import auto_name, scope

if TYPE_CHECKING:
    from numpy.random import Generator

# Seeds are drawn from this generator where nobody gives one.
_default: Generator | None = None
# What is drawn without a seed comes from this sequence, which starts at the seed that was set last.
_draws: SeedGenerator | None = None
_seed: int | None = None


def set_seed(seed: int) -> None:
    """Makes the default seeds drawn from here on depend on this number alone.

    Raises:
        ValueError: for anything but a whole number from 0 to below 2**32.
    """
    global _default, _seed
    from numpy.random import Generator, Philox

    _seed = _checked(seed)
    _default = Generator(Philox(key=_seed))
    if _draws is not None:  # the same Variable, which what was traced before draws from
        _draws.restart(_seed)


def make_default_seed() -> int:
    """A new seed, for whoever was given none."""
    global _default
    if _default is None:
        from numpy.random import Generator, Philox

        _default = Generator(Philox())
    return int(_default.integers(1, 10**9))


def default_generator() -> SeedGenerator:
    """The sequence of seeds that draws without one share."""
    global _draws
    if _draws is None:
        _draws = SeedGenerator(_seed, name="global_seed_generator")
    return _draws


def get_state() -> dict[str, Any]:
    """All that draws without a seed depend on, as plain Python values; `set_state` puts it back."""
    state = None
    if _default is not None:
        state = _plain(_default.bit_generator.state)
    return {"default": state, "seed": _seed, "draws": None if _draws is None else _draws.state.numpy().tolist()}


def set_state(state: Mapping[str, Any]) -> None:
    """Go on where `get_state` was called, in another process too."""
    global _default, _seed
    _seed, _default = state["seed"], None
    if state["default"] is not None:
        from numpy.random import Generator, Philox

        _default = Generator(Philox())
        _default.bit_generator.state = state["default"]
    if state["draws"] is not None:
        default_generator().state.assign(np.array(state["draws"], np.uint32))


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else value


def _checked(seed: int) -> int:
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or not 0 <= seed < 2**32:
        raise ValueError(f"Expected a seed that is a whole number from 0 to below 2**32, got {seed!r}.")
    return int(seed)


class SeedGenerator:
    """A sequence of seeds. Its state is a Variable, so that draws inside a traced step advance it too.

    Args:
        seed: where the sequence starts, a whole number; by default a new one.
        name: default 'seed_generator'.

    Raises:
        ValueError: the seed is no whole number from 0 to below 2**32; other arguments.

    Example:

    >>> import nnfast
    >>> generator = nnfast.random.SeedGenerator(1)
    >>> generator.next().numpy(), generator.next().numpy()
    (array([1, 0], dtype=uint32), array([1, 1], dtype=uint32))
    """

    def __init__(self, seed: int | None = None, name: str | None = None, **unknown: Any) -> None:
        if unknown:
            raise ValueError(f"Unrecognized keyword arguments of a SeedGenerator: {', '.join(unknown)}")
        self.name = name or auto_name("seed_generator")
        self.initial_seed = make_default_seed() if seed is None else _checked(seed)
        state = np.array([self.initial_seed, 0], np.uint32)
        with scope(self):
            self.state = Variable(state, dtype="uint32", trainable=False, name="seed_generator_state")

    def restart(self, seed: int) -> None:
        """Starts the sequence anew at this seed."""
        self.initial_seed = _checked(seed)
        self.state.assign(np.array([seed, 0], np.uint32))

    def next(self) -> Any:
        """The state now, a tensor of two uint32; the next call gives another."""
        state = self.state.value
        self.state.assign(state + np.array([0, 1], np.uint32))
        return state

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name, "seed": self.initial_seed}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> SeedGenerator:
        return cls(**config)


def draw_seed(seed: SeedGenerator | int | None) -> Any:
    """A state to draw from, a tensor of two uint32: the generator's next, or one made of the seed itself.

    Raises:
        ValueError: something else, or a number that is no seed.
    """
    if isinstance(seed, SeedGenerator):
        return seed.next()
    if seed is None:  # a Variable too, so that a traced step draws anew each time it runs
        return default_generator().next()
    if not isinstance(seed, int | np.integer):
        raise ValueError(
            "Argument `seed` must be either an integer or an instance of `SeedGenerator`. Received: "
            f"seed={seed!r} (of type {type(seed)})"
        )
    return np.array([_checked(seed), 0], np.uint32).view(Tensor)
