"""Random numbers under Keras's names, from a counter-based generator: the same seed gives the same numbers on any
number of threads."""

from nnfast.random.sampling import dropout, normal, truncated_normal, uniform
from nnfast.random.seed_generator import SeedGenerator, make_default_seed, set_seed

__all__ = [
    "SeedGenerator",
    "dropout",
    "make_default_seed",
    "normal",
    "set_seed",
    "truncated_normal",
    "uniform",
]
