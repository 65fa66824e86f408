"""Arrays of any type and any layout, and how hypothesis draws them. An example shrinks to few elements, all of them 1,
in plain memory."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

Array = np.ndarray[Any, Any]

STORED = (
    "float32",
    "float64",
    "int32",
    "int64",
    "uint8",
    "uint32",
    "bool",
    "float16",
    "int8",
    "int16",
    "uint16",
    "uint64",
)
# Bytes in the other order.
READ = (">f4", ">f8", ">f2", ">i4", ">i8", ">u2", ">u8")
ANY = (*STORED, *READ)
FLOATS = ("float32", "float64", "float16", ">f4", ">f8")

# Plain values first: an example has the first few of these.
WHOLE = (1, 0, 2, -1, 3, -2, 5, 7, -9, 11)
REAL = (1.0, 0.0, 2.0, -1.0, 0.5, -0.25, 3.0, -2.5, 1e-3, 7.75, -6.0, 10.0)
WILD = (float("nan"), float("inf"), -float("inf"), -0.0, 1e4, -1e4, 88.5, -104.0)

SIZES = (1, 2, 3, 0, 5, 8, 17, 33, 130)
MOST_ELEMENTS = 20_000


class Drawn:
    """An array, which says of itself how it lies in memory."""

    def __init__(self, array: Array) -> None:
        self.array = array

    @property
    def plain(self) -> Array:
        """The same numbers in native, contiguous, aligned memory of their own."""
        return np.array(self.array, self.array.dtype.newbyteorder("="), order="C", copy=True)

    def __repr__(self) -> str:
        array = self.array
        flags = array.flags
        faults = [] if flags.aligned else ["unaligned"]
        faults += [] if flags.writeable else ["read-only"]
        faults += [] if flags.c_contiguous else [f"strides={array.strides}"]
        text = np.array2string(array, threshold=40, separator=", ").replace("\n", "")
        return " ".join([f"<{array.dtype.str}{list(array.shape)} {text}", *faults]) + ">"


def values_of(dtype: np.dtype[Any], wild: bool, values: tuple[Any, ...] | None) -> Array:
    """The values that an array of this type may have, plain ones first."""
    if values is None:
        values = ((*REAL, *WILD) if wild else REAL) if dtype.kind == "f" else WHOLE
    kept = np.array([value for value in values if dtype.kind != "u" or value >= 0])
    return kept.astype(dtype)


def _relaid(draw: Any, array: Array) -> Array:
    """The same numbers in other memory: transposed, reversed, strided, repeated, unaligned, read-only."""
    form = draw(st.sampled_from(["plain", "strided", "unaligned", "repeated", "part"]))
    if form == "strided" and array.ndim:
        order = draw(st.permutations(range(array.ndim)))
        steps = [draw(st.sampled_from([1, 2, -1, -3])) for _ in order]
        memory = np.zeros([array.shape[axis] * abs(steps[axis]) for axis in order], array.dtype)
        view = memory.transpose(np.argsort(order))[tuple(slice(None, None, step) for step in steps)]
        view[...] = array
        array = view
    elif form == "unaligned":
        moved = np.frombuffer(bytearray(array.nbytes + 1), array.dtype, array.size, 1).reshape(array.shape)
        moved[...] = array
        array = moved
    elif form == "repeated" and array.ndim and array.size:
        axis = draw(st.integers(0, array.ndim - 1))
        array = np.broadcast_to(array[(slice(None),) * axis + (slice(1),)], array.shape)
    elif form == "part" and array.ndim:
        memory = np.zeros([size + 2 for size in array.shape], array.dtype)
        part = memory[tuple(slice(1, 1 + size) for size in array.shape)]
        part[...] = array
        array = part
    if draw(st.booleans()):
        array = array.view()
        array.flags.writeable = False
    return array


def shapes(least: int = 0, most: int = 4, sizes: tuple[int, ...] = SIZES) -> SearchStrategy[tuple[int, ...]]:
    """Shapes of at most MOST_ELEMENTS elements, of such a number of dimensions."""
    drawn = st.integers(least, most).flatmap(lambda rank: st.tuples(*[st.sampled_from(sizes)] * rank))
    return drawn.filter(lambda shape: np.prod(shape) <= MOST_ELEMENTS)


@st.composite
def arrays(
    draw: Any,
    shape: tuple[int, ...] | SearchStrategy[tuple[int, ...]] | None = None,
    dtypes: tuple[str, ...] = ANY,
    wild: bool = False,
    values: tuple[Any, ...] | None = None,
) -> Drawn:
    """An array.

    Args:
        shape: its shape, or what draws one; any by default.
        dtypes: the element types to choose from.
        wild: whether floats may be infinite or no numbers.
        values: what the elements are chosen from; by default those of the type.
    """
    wanted = shape if isinstance(shape, tuple) else draw(shapes() if shape is None else shape)
    dtype = np.dtype(draw(st.sampled_from(dtypes)))
    pool = values_of(dtype, wild, values)
    pool = pool[: draw(st.integers(1, len(pool)))]
    array = pool[np.random.default_rng(draw(st.integers(0, 999))).integers(0, len(pool), wanted)]
    array = _relaid(draw, np.asarray(array, dtype))
    assert array.shape == wanted and array.dtype == dtype
    return Drawn(array)


@st.composite
def broadcasting_shapes(draw: Any, count: int = 2, most: int = 3) -> list[tuple[int, ...]]:
    """Shapes that go together, or, seldom, don't."""
    whole = draw(shapes(most=most))
    found = []
    for _ in range(count):
        dropped = draw(st.integers(0, len(whole)))
        found.append(tuple(1 if draw(st.booleans()) and draw(st.booleans()) else size for size in whole[dropped:]))
    if draw(st.integers(0, 9)) == 9:
        found[-1] = draw(shapes(most=most))
    return found
