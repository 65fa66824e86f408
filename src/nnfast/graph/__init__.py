"""The graph: trace a function, differentiate it, fuse it, lower it to a Program.

This room knows ops only as data (a name, a shape rule, a gradient rule); nnfast.ops registers them here.
"""

from nnfast.graph.apply import Operand, apply, as_operand, as_result, lift
from nnfast.graph.autodiff import differentiate
from nnfast.graph.deferred import Call, KerasTensor, defer, deferrable, is_deferred, source
from nnfast.graph.eager import EagerTensor, run_eagerly
from nnfast.graph.numpy_protocol import numpy_functions
from nnfast.graph.op import Kind, Op, register, registry
from nnfast.graph.program import Feed, Program, abstract, trace
from nnfast.graph.sparse_rows import SparseRows, is_sparse_matrix
from nnfast.graph.structured import Structured
from nnfast.graph.tensor import (
    Array,
    Operators,
    Shape,
    SymbolicTensor,
    Tensor,
    TensorLike,
    TensorSpec,
    get_mask,
    is_symbolic,
    operators,
    set_mask,
)
from nnfast.graph.trace import current_trace, is_tracing, not_tracing
from nnfast.graph.untraceable import UntraceableError
from nnfast.graph.variable import Variable, autocasting, holding

__all__ = [
    "Array",
    "Call",
    "EagerTensor",
    "Feed",
    "KerasTensor",
    "Kind",
    "Op",
    "Operand",
    "Operators",
    "Program",
    "Shape",
    "SparseRows",
    "Structured",
    "SymbolicTensor",
    "Tensor",
    "TensorLike",
    "TensorSpec",
    "UntraceableError",
    "Variable",
    "abstract",
    "apply",
    "as_operand",
    "as_result",
    "autocasting",
    "current_trace",
    "defer",
    "deferrable",
    "differentiate",
    "get_mask",
    "holding",
    "is_deferred",
    "is_sparse_matrix",
    "is_symbolic",
    "is_tracing",
    "lift",
    "not_tracing",
    "numpy_functions",
    "operators",
    "register",
    "registry",
    "run_eagerly",
    "set_mask",
    "source",
    "trace",
]
