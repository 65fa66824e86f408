"""Random numbers under Keras's names, from a counter-based generator: the same seed gives the same numbers on any
number of threads."""

from nnfast.random.sampling import (
    beta,
    binomial,
    categorical,
    dropout,
    gamma,
    normal,
    randint,
    shuffle,
    truncated_normal,
    uniform,
)
from nnfast.random.seed_generator import SeedGenerator, make_default_seed, set_seed

__all__ = [
    "SeedGenerator",
    "beta",
    "binomial",
    "categorical",
    "dropout",
    "gamma",
    "make_default_seed",
    "normal",
    "randint",
    "set_seed",
    "shuffle",
    "truncated_normal",
    "uniform",
]
