"""What is global to a session: the random seeds and the counters behind automatic names."""

from __future__ import annotations

import gc

from nnfast import random
from nnfast.naming import reset_names


def set_random_seed(seed: int) -> None:
    """Seed Python's `random`, NumPy's `numpy.random` and nnfast: the same program then draws the same numbers.

    Initial weights, dropout masks and the order in which `fit` shuffles all follow from it.

    Args:
        seed: an integer in [0, 2**32).

    Raises:
        ValueError: `seed` is not such an integer.

    >>> from nnfast import initializers
    >>> set_random_seed(7)
    >>> first = initializers.GlorotUniform()((2, 2))
    >>> set_random_seed(7)
    >>> bool((first == initializers.GlorotUniform()((2, 2))).all())
    True
    """
    import random as python_random

    from numpy import random as numpy_random

    random.set_seed(seed)  # refuses what is no seed, so it comes first
    python_random.seed(int(seed))
    numpy_random.seed(seed)


def clear_session(free_memory: bool = True) -> None:
    """Forget the automatic names given so far: the next Dense layer is called 'dense' again.

    Args:
        free_memory: whether to run Python's garbage collector as well; default True.

    >>> from nnfast import layers
    >>> clear_session()
    >>> layers.Dense(3).name, layers.Dense(3).name
    ('dense', 'dense_1')
    """
    reset_names()
    if free_memory:
        gc.collect()
