"""Calls of ops that real Keras is asked for the answers of: one line a call, or a few."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from oracle import keras

Array = np.ndarray[Any, Any]
NAN, INF = float("nan"), float("inf")


@dataclass(frozen=True)
class Case:
    """A call.

    Attributes:
        name: of the op.
        args, named: its arguments; arrays among them are traced, too.
        smooth: whether its gradient is held against differences.
        traced: whether a trace may have it.
        tolerance: relative and absolute, of float32.
    """

    name: str
    args: tuple[Any, ...]
    named: dict[str, Any] = field(default_factory=dict)
    smooth: bool = True
    traced: bool = True
    tolerance: float = 1e-5


def normal(*shape: int, seed: int = 0) -> Array:
    return np.random.default_rng(seed).standard_normal(shape).astype("float32")


def above(least: float, *shape: int, seed: int = 0) -> Array:
    return (np.abs(normal(*shape, seed=seed)) + least).astype("float32")


def inside(*shape: int) -> Array:
    """Between -1 and 1."""
    return np.random.default_rng(4).uniform(-0.9, 0.9, shape).astype("float32")


def whole(*shape: int, least: int = -5, most: int = 9, dtype: str = "int32") -> Array:
    return np.random.default_rng(1).integers(least, most, shape).astype(dtype)


def gaps(*shape: int) -> Array:
    """Some of it NaN."""
    x = normal(*shape)
    x.flat[::3] = NAN
    return x


UNARY: dict[str, Callable[..., Array]] = {
    "arccos": inside,
    "arccosh": lambda *shape: above(1.1, *shape),
    "arcsin": inside,
    "arcsinh": normal,
    "arctan": normal,
    "arctanh": inside,
    "cbrt": normal,
    "cosh": normal,
    "deg2rad": normal,
    "exp2": normal,
    "fabs": normal,
    "i0": lambda *shape: 9.0 * normal(*shape),
    "log10": lambda *shape: above(0.1, *shape),
    "log2": lambda *shape: above(0.1, *shape),
    "rad2deg": normal,
    "sinc": normal,
    "sinh": normal,
    "tan": inside,
}
STEPS = ("angle", "isneginf", "isposinf", "isreal", "signbit", "trunc")
SAME = ("conj", "conjugate", "copy", "imag", "real")
PLAIN = np.array([0.0, -0.0, 1.0, -1.5, 2.5, -3.0], "float32")
WILD = np.array([NAN, INF, -INF, 0.0, 1.0, -2.0], "float32")


def unary() -> Iterator[Case]:
    for name, draw in UNARY.items():
        yield Case(name, (draw(3, 4),))
        yield Case(name, (np.array([0, 1], "int32") if name != "arccosh" else np.array([1, 2], "int32"),))
        yield Case(name, (np.array([True]),))
        if name not in ("deg2rad", "rad2deg"):
            yield Case(name, (WILD,), smooth=False)
    for name in (*STEPS, *SAME):
        yield Case(name, (PLAIN,), smooth=False)
        yield Case(name, (whole(4),), smooth=False)
    for name in STEPS:
        yield Case(name, (WILD,), smooth=False)
    yield Case("nan_to_num", (WILD,), smooth=False)
    yield Case("nan_to_num", (WILD,), {"nan": 2.0, "posinf": 3.0, "neginf": -4.0}, smooth=False)
    yield Case("nan_to_num", (whole(3),))
    yield Case("saturate_cast", (np.array([300.0, -2.5, 1.0], "float32"), "uint8"), smooth=False)
    yield Case("saturate_cast", (np.array([1e6, -1e6, 1.0], "float32"), "float16"), smooth=False)


BINARY: dict[str, Callable[[], tuple[Array, Array]]] = {
    name: lambda: (normal(3, 4), normal(4, seed=1))
    for name in ("arctan2", "fmax", "fmin", "fmod", "heaviside", "hypot", "logaddexp", "logaddexp2", "logical_xor")
}


def binary() -> Iterator[Case]:
    for name, draw in BINARY.items():
        yield Case(name, draw(), smooth=name not in ("heaviside", "logical_xor"))
        yield Case(name, (np.tile(WILD, 6), np.repeat(WILD, 6)), smooth=False)
    yield Case("nextafter", (normal(5), normal(5, seed=1)), smooth=False, traced=False)
    yield Case("ldexp", (normal(5), whole(5)))
    for name in ("isclose", "allclose"):
        for equal_nan in (False, True):
            near = WILD + np.array([0, 0, 0, 1e-9, 1e-6, 1e-3], "float32")
            yield Case(name, (WILD, near), {"equal_nan": equal_nan}, smooth=False)
        yield Case(name, (normal(3, 4), normal(4)), {"rtol": 0.5, "atol": 0.1}, smooth=False)
        yield Case(name, (whole(5), whole(5)), smooth=False)
    for dtype in ("int32", "uint8", "int8", "int64", "uint16"):
        x, y = whole(7, least=0, most=100, dtype=dtype), whole(7, least=0, most=7, dtype=dtype)
        for name in ("bitwise_and", "bitwise_or", "bitwise_xor", "left_shift", "right_shift", "gcd", "lcm"):
            yield Case(name, (x if name != "left_shift" else y, y))
        yield Case("bitwise_invert", (x,))
    yield Case("bitwise_not", (np.array([True, False]),))
    yield Case("bitwise_left_shift", (whole(3, 1), whole(2, least=0)))
    yield Case("bitwise_right_shift", (whole(3, 1), whole(2, least=0)))
    yield Case("select", ([np.array([True, False, False]), np.array([True, True, False])], [normal(3), normal(1)], 7.0))


def accumulating() -> Iterator[Case]:
    for axis in (None, 0, -1, 1):
        for name in ("cumsum", "cumprod", "prod"):
            yield Case(name, (normal(3, 4, 2),), {"axis": axis})
    for dtype in ("int32", "bool"):
        for name in ("cumsum", "cumprod", "prod"):
            yield Case(name, (whole(3, 2, most=3).astype(dtype),), {"axis": 0})
    zeros = np.array([[0.0, 2.0, 3.0], [1.0, 0.0, 0.0]], "float32")
    for name in ("cumprod", "prod"):
        yield Case(name, (zeros,), {"axis": 1})
    yield Case("cumsum", (whole(3),), {"dtype": "float32"})
    yield Case("prod", (normal(3, 4, 2),), {"axis": (0, 2), "keepdims": True})
    yield Case("prod", (whole(3),), {"dtype": "float32"})
    for n in (0, 1, 2):
        yield Case("diff", (normal(4, 5),), {"n": n})
    yield Case("diff", (whole(4, 5),), {"axis": 0})
    yield Case("diff", (np.array([True, True, False]),))
    yield Case("trapezoid", (normal(3, 5),), {"dx": 0.5})
    yield Case("trapezoid", (normal(3, 5),), {"axis": 0})
    yield Case("trapezoid", (normal(3, 5), normal(5)))


TIED = np.array([[2.0, 1.0, 2.0, 0.0], [NAN, 3.0, -INF, INF]], "float32")


def ordering() -> Iterator[Case]:
    for name in ("sort", "argsort"):
        yield Case(name, (TIED,), smooth=False)
        yield Case(name, (whole(3, 5),), {"axis": None})
        yield Case(name, (np.array([True, False, True]),))
        for axis in (0, 1, -1):
            yield Case(name, (normal(4, 5, 3),), {"axis": axis}, smooth=name == "sort")
    yield Case("take_along_axis", (normal(3, 4), whole(3, 2, least=0, most=4)), {"axis": 1})
    yield Case("take_along_axis", (normal(3, 4), whole(2, 4, least=-3, most=3, dtype="int64")), {"axis": 0})
    yield Case("take_along_axis", (normal(3, 1), whole(1, 4, least=0, most=3)), {"axis": 0})
    yield Case("take_along_axis", (normal(6), whole(4, least=0, most=6)))
    yield Case("argpartition", (normal(4, 3), 1), smooth=False)
    for side in ("left", "right"):
        yield Case("searchsorted", (np.array([1.0, 2.0, 2.0, 5.0], "float32"), PLAIN), {"side": side}, smooth=False)
    yield Case("searchsorted", (np.array([1, 3, 5], "int32"), whole(2, 3)))
    yield Case("digitize", (PLAIN, np.array([-1.0, 0.0, 2.0], "float32")), smooth=False)
    yield Case("isin", (whole(3, 4), whole(5)))
    yield Case("isin", (whole(3, 4), whole(5)), {"invert": True})


def joining() -> Iterator[Case]:
    x, y = normal(2, 3), normal(2, 3, seed=1)
    yield Case("append", (x, y))
    yield Case("append", (x, whole(2, 1)), {"axis": 1})
    for name in ("hstack", "vstack", "dstack"):
        yield Case(name, ([x, y],))
        yield Case(name, ([normal(3), whole(3)],))
        yield Case(name, ([normal(2, 3, 2), normal(2, 3, 2)],))
    yield Case("hsplit", (normal(2, 4), 2))
    yield Case("hsplit", (normal(6), [2, 3]))
    yield Case("vsplit", (normal(4, 2), 2))
    yield Case("dsplit", (normal(2, 2, 4), [1]))
    yield Case("array_split", (normal(7, 2), 3))
    yield Case("array_split", (normal(2, 5), 3), {"axis": 1})
    yield Case("unstack", (normal(3, 2, 4),))
    yield Case("unstack", (normal(3, 2, 4),), {"num": 2, "axis": 1})
    for shift, axis in ((2, None), (-1, 0), (5, 1), ((1, 2), (0, 1)), (0, 0)):
        yield Case("roll", (normal(3, 4),), {"shift": shift, "axis": axis})
    yield Case("fliplr", (x,))
    yield Case("flipud", (x,))
    for k in (-1, 0, 1, 2, 3):
        yield Case("rot90", (normal(2, 3, 4),), {"k": k, "axes": (1, 2)})
    yield Case("ravel", (x,))
    for indexing in ("xy", "ij"):
        yield Case("meshgrid", (normal(3), normal(2), normal(4)), {"indexing": indexing})
    yield Case("meshgrid", (normal(3),))
    yield Case("slice_update", (normal(3, 4), [1, 1], normal(2, 2)))
    yield Case("slice_update", (normal(3, 4), [2, 0], normal(2, 4)))


def building() -> Iterator[Case]:
    yield Case("eye", (3,))
    yield Case("eye", (3, 4), {"k": -1, "dtype": "int32"})
    yield Case("identity", (3,))
    yield Case("tri", (3, 4), {"k": 1})
    yield Case("empty", ((2, 3),))
    yield Case("empty_like", (normal(2),))
    for k in (-1, 0, 2):
        yield Case("tril", (normal(2, 3, 4),), {"k": k})
        yield Case("triu", (normal(2, 3, 4),), {"k": k})
        yield Case("diag", (normal(3),), {"k": k})
        yield Case("diag", (normal(3, 4),), {"k": k})
        yield Case("diagflat", (normal(2, 2),), {"k": k})
        yield Case("diagonal", (normal(2, 3, 4),), {"offset": k, "axis1": 2, "axis2": 1})
        yield Case("trace", (normal(4, 3, 2),), {"offset": k})
    yield Case("trace", (whole(4, 3),))
    for named in ({}, {"N": 2}, {"increasing": True}):
        yield Case("vander", (normal(4),), named)
    yield Case("linspace", (0, 10, 5))
    yield Case("linspace", (0, 10, 5), {"dtype": "int32", "endpoint": False})
    yield Case("linspace", (normal(2), normal(2, seed=1), 4), {"axis": 1})
    yield Case("linspace", (0.0, 1.0, 5), {"retstep": True})
    yield Case("logspace", (0.0, 2.0, 5), {"base": 2})
    yield Case("geomspace", (1.0, 100.0, 5))
    for name in ("bartlett", "blackman", "hamming", "hanning"):
        yield Case(name, (7,))
        yield Case(name, (1,))
    yield Case("kaiser", (7, 3.5))


def products() -> Iterator[Case]:
    for first, second in (((3,), (3,)), ((2, 3), (3,)), ((2, 3), (3, 4)), ((2, 3), (5, 3, 4)), ((), (3,))):
        yield Case("dot", (normal(*first), normal(*second, seed=1)))
    yield Case("dot", (whole(2, 3), whole(3, 2)))
    for first, second in (((3,), (3,)), ((2, 3), (4, 3)), ((), (3,))):
        yield Case("inner", (normal(*first), normal(*second, seed=1)))
    yield Case("vdot", (normal(2, 3), normal(2, 3, seed=1)))
    yield Case("outer", (normal(2, 3), normal(4)))
    yield Case("outer", (whole(2), normal(4)))
    for axes in (1, 0, [[1], [0]], [[0, 1], [1, 0]]):
        yield Case("tensordot", (normal(3, 4), normal(4, 3, seed=1)), {"axes": axes})
    yield Case("tensordot", (normal(2, 3, 4), normal(3, 4, 5)))
    yield Case("kron", (normal(2, 3), normal(3, 2)))
    yield Case("kron", (normal(2), normal(3, 2)))
    for first, second in (((4, 3), (4, 3)), ((4, 2), (4, 3)), ((2,), (2,)), ((4, 3), (3,))):
        yield Case("cross", (normal(*first), normal(*second, seed=1)))
    yield Case("cross", (normal(3, 4), normal(3, 4, seed=1)), {"axis": 0})


def statistics() -> Iterator[Case]:
    x = normal(3, 4, 2)
    for axis in (None, 1, (0, 2)):
        for name in ("amax", "amin", "ptp", "median", "nanmax", "nanmin", "nanmean", "nanstd", "nansum", "nanvar"):
            yield Case(name, (x,), {"axis": axis, "keepdims": axis == 1})
        for name in ("nanmax", "nanmin", "nanmean", "nanmedian", "nanstd", "nansum", "nanvar", "nanprod"):
            yield Case(name, (gaps(3, 4, 2),), {"axis": axis}, smooth=False)
        yield Case("count_nonzero", (whole(3, 4, 2, least=-1, most=2),), {"axis": axis})
        yield Case("average", (x,), {"axis": axis})
        yield Case("average", (x, axis, above(0.1, 3, 4, 2)))
        yield Case("quantile", (x, np.array([0.1, 0.5], "float32")), {"axis": axis})
        yield Case("moments", (x, axis if axis is not None else (0, 1, 2)))
    for name in ("nanmean", "nanmax", "nansum", "nanmedian", "nanargmax"):
        yield Case(name, (np.array([[NAN, NAN], [1.0, NAN]], "float32"),), {"axis": 1}, smooth=False)
    for name in ("nanargmax", "nanargmin"):
        yield Case(name, (gaps(3, 4),), {"axis": 0, "keepdims": True}, smooth=False)
        yield Case(name, (gaps(3, 4),), smooth=False)
    for name in ("nancumsum", "nancumprod"):
        yield Case(name, (gaps(3, 4),), {"axis": 0}, smooth=False)
    yield Case("average", (x, 1, above(0.1, 4)))
    for method in ("linear", "lower", "higher", "midpoint", "nearest"):
        yield Case("quantile", (normal(8), np.float32(0.3)), {"method": method})
        yield Case("percentile", (normal(4, 5), [10.0, 60.0]), {"axis": 0, "method": method, "keepdims": True})
    yield Case("quantile", (TIED, 0.4), {"axis": 1}, smooth=False)
    yield Case("nanquantile", (gaps(3, 4), 0.3), {"axis": 1}, smooth=False)
    yield Case("nanpercentile", (gaps(3, 4), 30.0), {"axis": 1}, smooth=False)
    yield Case("median", (whole(3, 4),))
    yield Case("moments", (x, (0, 1)), {"keepdims": True})
    yield Case("corrcoef", (normal(3, 8),), tolerance=1e-4)
    for mode in ("valid", "full", "same"):
        yield Case("correlate", (normal(7), normal(4, seed=1)), {"mode": mode})
        yield Case("correlate", (normal(3), normal(6, seed=1)), {"mode": mode})
    yield Case("histogram", (normal(20),), {"bins": 4}, smooth=False)
    yield Case("histogram", (normal(20),), {"bins": 3, "range": (-1.0, 1.0)}, smooth=False)


def scattering() -> Iterator[Case]:
    numbers = np.array([0, 2, 0, 1, 2], "int32")
    for name in ("segment_max", "segment_min", "segment_prod", "segment_sum"):
        yield Case(name, (normal(5, 3), numbers, 4), smooth=name in ("segment_prod", "segment_sum"))
        yield Case(name, (normal(5), numbers, 3))
        yield Case(name, (normal(5), np.array([0, -1, 1, 7, 1], "int32"), 2))
    yield Case("segment_prod", (np.array([0.0, 2.0, 3.0, 0.0, 0.0], "float32"), numbers, 3))
    yield Case("scatter", (np.array([[0, 1], [2, 0], [0, 1]], "int32"), normal(3, 2), (3, 2, 2)))
    yield Case("scatter", (np.array([[1], [3]], "int32"), whole(2), (5,)))
    for reduction in (None, "add", "max", "min", "mul"):
        yield Case("scatter_update", (normal(4, 2), np.array([[0], [3]], "int32"), normal(2, 2), reduction))
        yield Case("scatter_update", (whole(4), np.array([[0], [-1]], "int32"), whole(2, least=1), reduction))
        if reduction:
            yield Case("scatter_update", (normal(4), np.array([[0], [0]], "int32"), normal(2), reduction))


def normalizing() -> Iterator[Case]:
    x = normal(3, 4, 5)
    yield Case("layer_normalization", (x, above(0.1, 5), normal(5)))
    yield Case("layer_normalization", (x, above(0.1, 3, 5), normal(3, 5)), {"axis": (0, -1)})
    yield Case("layer_normalization", (x.astype("float16"),), {"epsilon": 0.1}, smooth=False, tolerance=2e-3)
    yield Case("rms_normalization", (x, above(0.1, 5)))
    yield Case("rms_normalization", (x,), {"axis": (0, 1), "epsilon": 0.1})
    yield Case("batch_normalization", (x, normal(4), above(0.1, 4)), {"axis": 1})
    yield Case("batch_normalization", (x, normal(5), above(0.1, 5), -1, normal(5), normal(5)), tolerance=1e-4)
    query, key, value = normal(2, 3, 4, 5), normal(2, 6, 4, 5, seed=1), normal(2, 6, 4, 5, seed=2)
    yield Case("dot_product_attention", (query, key, value))
    yield Case("dot_product_attention", (query, key, value, normal(1, 4, 3, 6)), {"scale": 0.3, "is_causal": True})
    yield Case("dot_product_attention", (query, key, value, None, whole(2, 1, 3, 6, least=0, most=2).astype(bool)))
    yield Case("dot_product_attention", (query, key[:, :, :2].copy(), value[:, :, :2].copy()))


def blocks() -> Iterator[Case]:
    for pattern in ("b h w c -> b (c h w)", "b (h h1) w c -> (b h) c (w h1)", "b h w (c d) -> b h w d c"):
        lengths = {name: 2 for name in ("h1", "d") if name in pattern}
        yield Case("rearrange", (normal(2, 4, 3, 6), pattern), lengths)
    for name in ("depth_to_space", "space_to_depth"):
        yield Case(name, (normal(2, 4, 6, 8), 2))
        yield Case(name, (normal(2, 8, 6, 4), 2, "channels_first"))
        yield Case(name, (whole(1, 3, 3, 9), 3))
    windows: list[dict[str, Any]] = [
        {},
        {"stride": 2},
        {"dilation": 2, "padding": 1},
        {"padding": (2, 1), "stride": (1, 3), "dilation": (3, 1)},
    ]
    for window in windows:
        columns = keras.ops.unfold(normal(2, 3, 7, 8), (3, 2), **window)
        yield Case("unfold", (normal(2, 3, 7, 8), (3, 2)), window)
        if window.get("stride", 1) == 1:  # Keras, on JAX, takes back no other windows that leave pixels out
            yield Case("fold", (normal(*columns.shape), (7, 8), (3, 2)), window)
    yield Case("fold", (normal(1, 8, 4), 4, 2), {"stride": 2})


def pooling() -> Iterator[Case]:
    # Keras, on JAX, knows no strides=None.
    windows: list[tuple[Any, ...]] = [(2, 2), (3, 2, "same"), (3, 1, "same"), (2, 3), (4, 3, "valid")]
    for name in ("max_pool", "average_pool"):
        for window in windows:
            yield Case(name, (normal(2, 9, 3), *window))
            yield Case(name, (normal(2, 3, 9), *window), {"data_format": "channels_first"})
            yield Case(name, (normal(2, 5, 8, 3), *window))
        yield Case(name, (normal(2, 5, 8, 3), (2, 3), (1, 2), "same"))
        yield Case(name, (normal(1, 4, 5, 6, 2), (2, 1, 3), (2, 1, 3), "SAME"))
        yield Case(name, (normal(1, 2, 4, 5, 6), 2, 2), {"data_format": "channels_first"})
    yield Case("max_pool", (whole(2, 9, 3), 2, 2, "valid"), smooth=False)
    for name in ("adaptive_max_pool", "adaptive_average_pool"):
        for size in (1, 4, 9):
            yield Case(name, (normal(2, 9, 3), size))
        yield Case(name, (normal(2, 5, 8, 3), (2, 3)))
        yield Case(name, (normal(2, 3, 5, 8), (5, 3), "channels_first"))
        yield Case(name, (normal(1, 4, 5, 6, 2), (2, 3, 4)))


def of_half_precision() -> Iterator[Case]:
    yield Case("moments", (np.array([60000.0, -60000.0, 1e-4], "float16"), 0), smooth=False, tolerance=1e-2)


def special() -> Iterator[Case]:
    yield Case("erfinv", (inside(20),))
    yield Case("erfinv", (np.array([-1.0, 1.0, 2.0, NAN, 0.0, 0.9999999, -0.999], "float32"),), smooth=False)
    yield Case("erfinv", (np.array([0.5, 1e-3, 1 - 1e-4, 1e-12, -0.3]),), smooth=False, tolerance=1e-12)
    yield Case("i0", (np.array([0.0, -1e-3, 7.9, 8.0, -8.1, 40.0, 700.0]),), smooth=False, tolerance=1e-13)
    yield Case("cdist", (normal(4, 3), normal(5, 3, seed=1)))
    yield Case("cdist", (normal(2, 4, 3), normal(2, 5, 3, seed=1)))
    yield Case("extract_sequences", (normal(2, 9), 4, 2))
    yield Case("multi_hot", (whole(3, 4, least=0, most=6), 6))
    yield Case("multi_hot", (whole(4, least=0, most=6), 6))
    yield Case("psnr", (normal(4, 3), normal(4, 3, seed=1), 2.0))


def counting() -> Iterator[Case]:
    yield Case("nonzero", (whole(3, 4, least=-1, most=2),), traced=False)
    yield Case("bincount", (whole(9, least=0, most=5),), traced=False)
    yield Case("bincount", (whole(2, 9, least=0, most=5), normal(2, 9)), {"minlength": 7}, traced=False)
    for named in ({}, {"return_inverse": True, "return_counts": True, "return_index": True}, {"size": 3}, {"size": 20}):
        yield Case("unique", (whole(3, 4),), named, traced=False)
    yield Case("unique", (whole(6, 2, least=0, most=2),), {"axis": 0}, traced=False)
    yield Case("unravel_index", (whole(2, 3, least=-3, most=20), (2, 3, 4)))
    yield Case("view", (normal(4), "int32"), traced=False)


def further_arguments() -> Iterator[Case]:
    """Of ops that are held against NumPy elsewhere."""
    for decimals in (-1, 0, 2):
        yield Case("round", (normal(5) * 40, decimals), smooth=False)
        yield Case("round", (whole(5, most=90), decimals))
    for mode in ("reflect", "symmetric"):
        yield Case("pad", (normal(3, 4), ((1, 2), (0, 3))), {"mode": mode})
    for name in ("max", "min"):
        yield Case(name, (normal(3, 4),), {"axis": 1, "initial": 0.1})
        yield Case(name, (normal(0, 4),), {"axis": 0, "initial": 2.0}, smooth=False)
        yield Case(name, (whole(3, 4),), {"initial": 2, "keepdims": True})
    yield Case("argsort", (np.array(2.0, "float32"),), smooth=False)
    yield Case("ldexp", (normal(3).astype("float16"), whole(3)), smooth=False, tolerance=2e-3)
    yield Case("matmul", (whole(2, 3, dtype="int8"), whole(3, 2, dtype="int8")))
    yield Case("expand_dims", (normal(2, 3), (0, -1)))
    for name in ("tril", "diag", "diagflat"):
        yield Case(name, (np.array([[True, True], [False, True]]),))
    yield Case("nanmedian", (np.array([[NAN, INF, 1.0], [-INF, NAN, NAN]], "float32"),), {"axis": 1}, smooth=False)
    yield Case("where", (whole(3, 4, least=-1, most=2),), traced=False)


GROUPS = (
    further_arguments,
    unary,
    binary,
    accumulating,
    ordering,
    joining,
    building,
    products,
    statistics,
    scattering,
    normalizing,
    blocks,
    pooling,
    of_half_precision,
    special,
    counting,
)
CASES = [case for group in GROUPS for case in group()]
