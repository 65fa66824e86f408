"""Mixed precision, under Keras's older names: policies of dtypes are in `dtype_policies`, the default one in `config`.

>>> set_global_policy("mixed_float16")
>>> global_policy()
<DTypePolicy "mixed_float16">
>>> set_global_policy("float32")
"""

from __future__ import annotations

from nnfast.config import dtype_policy, set_dtype_policy
from nnfast.dtype_policies import DTypePolicy
from nnfast.optimizers import LossScaleOptimizer

__all__ = [
    "DTypePolicy",
    "LossScaleOptimizer",
    "Policy",
    "dtype_policy",
    "global_policy",
    "set_dtype_policy",
    "set_global_policy",
]

Policy = DTypePolicy
global_policy, set_global_policy = dtype_policy, set_dtype_policy
