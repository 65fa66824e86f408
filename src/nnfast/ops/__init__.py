"""The vocabulary that layers, losses, metrics and optimizers are written in, under the names of keras.ops.

Called with arrays, an op runs at once and gives a Tensor; called with symbolic tensors, while a function is traced, it
records a node that is differentiated, fused and run in C++.

Example:

>>> from nnfast import ops
>>> ops.matmul([[1.0, 2.0]], [[3.0], [4.0]]).numpy()
array([[11.]], dtype=float32)
"""

from importlib import import_module as _import_module
from typing import Any as _Any

import numpy as _np

from nnfast.graph import deferrable as _deferrable
from nnfast.graph import numpy_functions as _numpy_functions
from nnfast.graph import operators as _operators
from nnfast.ops.activations import (
    celu,
    elu,
    gelu,
    glu,
    hard_shrink,
    hard_sigmoid,
    hard_silu,
    hard_tanh,
    leaky_relu,
    log_sigmoid,
    relu6,
    selu,
    silu,
    soft_shrink,
    softplus,
    softsign,
    sparse_plus,
    sparse_sigmoid,
    sparsemax,
    squareplus,
    tanh_shrink,
    threshold,
)
from nnfast.ops.linear import matmul
from nnfast.ops.movement import (
    arange,
    broadcast_to,
    convert_to_numpy,
    convert_to_tensor,
    expand_dims,
    full,
    full_like,
    is_tensor,
    moveaxis,
    ones,
    ones_like,
    reshape,
    shape,
    size,
    squeeze,
    swapaxes,
    transpose,
    zeros,
    zeros_like,
)
from nnfast.ops.nn import (
    binary_crossentropy,
    categorical_crossentropy,
    log_softmax,
    normalize,
    one_hot,
    softmax,
    sparse_categorical_crossentropy,
)
from nnfast.ops.parts import concatenate, flip, get_item, pad, repeat, slice, split, stack, take, tile
from nnfast.ops.pointwise import (
    absolute,
    add,
    cast,
    ceil,
    clip,
    cond,
    cos,
    divide,
    divide_no_nan,
    equal,
    erf,
    erfc,
    exp,
    expm1,
    floor,
    floor_divide,
    greater,
    greater_equal,
    isfinite,
    isinf,
    isnan,
    less,
    less_equal,
    log,
    log1p,
    logical_and,
    logical_not,
    logical_or,
    maximum,
    minimum,
    mod,
    multiply,
    negative,
    not_equal,
    power,
    reciprocal,
    relu,
    round,
    rsqrt,
    sigmoid,
    sign,
    sin,
    sqrt,
    square,
    stop_gradient,
    subtract,
    tanh,
    where,
)
from nnfast.ops.ranking import in_top_k, top_k
from nnfast.ops.reduction import all, any, argmax, argmin, logsumexp, max, mean, min, std, sum, var
from nnfast.ops.reduction import sum_to_shape as _sum_to_shape

abs = absolute
true_divide = divide
hard_swish = hard_silu
swish = silu

array = convert_to_tensor

__all__ = [
    "abs",
    "absolute",
    "add",
    "all",
    "any",
    "arange",
    "argmax",
    "argmin",
    "array",
    "binary_crossentropy",
    "broadcast_to",
    "cast",
    "categorical_crossentropy",
    "ceil",
    "celu",
    "clip",
    "concatenate",
    "cond",
    "convert_to_numpy",
    "convert_to_tensor",
    "cos",
    "divide",
    "divide_no_nan",
    "elu",
    "equal",
    "erf",
    "erfc",
    "exp",
    "expand_dims",
    "expm1",
    "flip",
    "floor",
    "floor_divide",
    "full",
    "full_like",
    "gelu",
    "get_item",
    "glu",
    "greater",
    "greater_equal",
    "hard_shrink",
    "hard_sigmoid",
    "hard_silu",
    "hard_swish",
    "hard_tanh",
    "in_top_k",
    "is_tensor",
    "isfinite",
    "isinf",
    "isnan",
    "leaky_relu",
    "less",
    "less_equal",
    "log",
    "log1p",
    "log_sigmoid",
    "log_softmax",
    "logical_and",
    "logical_not",
    "logical_or",
    "logsumexp",
    "matmul",
    "max",
    "maximum",
    "mean",
    "min",
    "minimum",
    "mod",
    "moveaxis",
    "multiply",
    "negative",
    "normalize",
    "not_equal",
    "one_hot",
    "ones",
    "ones_like",
    "pad",
    "power",
    "reciprocal",
    "relu",
    "relu6",
    "repeat",
    "reshape",
    "round",
    "rsqrt",
    "selu",
    "shape",
    "sigmoid",
    "sign",
    "silu",
    "sin",
    "size",
    "slice",
    "soft_shrink",
    "softmax",
    "softplus",
    "softsign",
    "sparse_categorical_crossentropy",
    "sparse_plus",
    "sparse_sigmoid",
    "sparsemax",
    "split",
    "sqrt",
    "square",
    "squareplus",
    "squeeze",
    "stack",
    "std",
    "stop_gradient",
    "subtract",
    "sum",
    "swapaxes",
    "swish",
    "take",
    "tanh",
    "tanh_shrink",
    "threshold",
    "tile",
    "top_k",
    "transpose",
    "true_divide",
    "var",
    "where",
    "zeros",
    "zeros_like",
]

# Files that few programs need are loaded when one of these names is asked for.
_LATER = {
    "accumulation": ("cumprod", "cumsum", "diff", "prod", "trapezoid"),
    "bitwise": (
        "bitwise_and", "bitwise_invert", "bitwise_left_shift", "bitwise_not", "bitwise_or", "bitwise_right_shift",
        "bitwise_xor", "gcd", "lcm", "left_shift", "right_shift",
    ),
    "blocks": ("depth_to_space", "fold", "rearrange", "space_to_depth", "unfold"),
    "building": (
        "bartlett", "blackman", "diag", "diagflat", "diagonal", "empty", "empty_like", "eye", "geomspace", "hamming",
        "hanning", "identity", "kaiser", "linspace", "logspace", "trace", "tri", "tril", "triu", "vander",
    ),
    "control": (
        "associative_scan", "custom_gradient", "fori_loop", "map", "scan", "switch", "vectorize", "vectorized_map",
        "while_loop",
    ),
    "counting": ("bincount", "nonzero", "unique", "unravel_index"),
    "einsum": ("einsum",),
    "elementwise": (
        "allclose", "angle", "conj", "conjugate", "copy", "dtype", "fabs", "fmax", "fmin", "heaviside", "imag",
        "isclose", "isneginf", "isposinf", "isreal", "logaddexp", "logaddexp2", "logical_xor", "nan_to_num", "ndim",
        "real", "saturate_cast", "select", "signbit", "trunc", "view",
    ),
    "joining": (
        "append", "array_split", "dsplit", "dstack", "fliplr", "flipud", "hsplit", "hstack", "meshgrid", "ravel",
        "roll", "rot90", "slice_update", "unstack", "vsplit", "vstack",
    ),
    "normalization": ("batch_normalization", "dot_product_attention", "layer_normalization", "rms_normalization"),
    "ordering": ("argpartition", "argsort", "digitize", "isin", "searchsorted", "sort", "take_along_axis"),
    "pooling": ("adaptive_average_pool", "adaptive_max_pool", "average_pool", "max_pool"),
    "products": ("cross", "dot", "inner", "kron", "outer", "tensordot", "vdot"),
    "scattering": ("scatter", "scatter_update", "segment_max", "segment_min", "segment_prod", "segment_sum"),
    "special": ("cdist", "erfinv", "extract_sequences", "i0", "multi_hot", "psnr"),
    "statistics": (
        "amax", "amin", "average", "corrcoef", "correlate", "count_nonzero", "histogram", "median", "moments",
        "nanargmax", "nanargmin", "nancumprod", "nancumsum", "nanmax", "nanmean", "nanmedian", "nanmin",
        "nanpercentile", "nanprod", "nanquantile", "nanstd", "nansum", "nanvar", "percentile", "ptp", "quantile",
    ),
    "trigonometry": (
        "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctan2", "arctanh", "cbrt", "cosh", "deg2rad", "exp2",
        "fmod", "hypot", "ldexp", "log10", "log2", "nextafter", "rad2deg", "sinc", "sinh", "tan",
    ),
}  # fmt: skip
_FILES = {name: file for file, names in _LATER.items() for name in names}
__all__ += sorted(_FILES)

# What asks a tensor for what it knows already, or makes a new one.
_NOT_DEFERRED = {"arange", "custom_gradient", "dtype", "full", "ndim", "ones", "shape", "vectorize", "zeros"}


def _exported(name: str, function: _Any) -> _Any:
    """An op as users call it: models may be put together from calls of it."""
    op = function if name in _NOT_DEFERRED else _deferrable(function)
    op.__module__ = __name__  # where pickles find it
    return op


def __getattr__(name: str) -> _Any:
    if name not in _FILES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    op = globals()[name] = _exported(name, getattr(_import_module(f"{__name__}.{_FILES[name]}"), name))
    return op


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


for _name in set(__all__) - set(_FILES):
    globals()[_name] = _exported(_name, globals()[_name])

# What Python's operators and the differentiation of a trace call.
_operators.update(
    absolute=absolute,
    add=add,
    cast=cast,
    divide=divide,
    equal=equal,
    floor_divide=floor_divide,
    get_item=get_item,
    greater=greater,
    greater_equal=greater_equal,
    less=less,
    less_equal=less_equal,
    matmul=matmul,
    mod=mod,
    multiply=multiply,
    negative=negative,
    not_equal=not_equal,
    ones_like=ones_like,
    power=power,
    subtract=subtract,
    sum_to_shape=_sum_to_shape,
    zeros_like=zeros_like,
    nonzero=lambda x: __getattr__("nonzero")(x),
)

# What NumPy's functions call when they are given a tensor without numbers. Their arguments go by the same names.
_NUMPY_NAMES = (
    "abs", "absolute", "add", "all", "any", "argmax", "argmin", "broadcast_to", "ceil", "clip", "concatenate", "cos",
    "divide", "equal", "exp", "expand_dims", "expm1", "flip", "floor", "floor_divide", "full_like", "greater",
    "greater_equal", "isfinite", "isinf", "isnan", "less", "less_equal", "log", "log1p", "logical_and", "logical_not",
    "logical_or", "matmul", "max", "maximum", "mean", "min", "minimum", "mod", "moveaxis", "multiply", "negative",
    "not_equal", "ones_like", "power", "reciprocal", "repeat", "reshape", "round", "sign", "sin", "size", "split",
    "sqrt", "square", "squeeze", "stack", "std", "subtract", "sum", "swapaxes", "take", "tanh", "tile", "transpose",
    "true_divide", "var", "where", "zeros_like",
)  # fmt: skip
_numpy_functions.update({getattr(_np, _name): globals()[_name] for _name in _NUMPY_NAMES})


def _later(name: str) -> _Any:
    return lambda *args, **kwargs: __getattr__(name)(*args, **kwargs)


# These take other arguments than NumPy's functions do, or none that is a tensor.
_UNLIKE_NUMPYS = {"bincount", "dtype", "nan_to_num", "unique", "vectorize"}
_numpy_functions.update(
    {getattr(_np, _name): _later(_name) for _name in set(_FILES) - _UNLIKE_NUMPYS if hasattr(_np, _name)}
)
