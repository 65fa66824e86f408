"""nnfast: the Keras API on fast C++ kernels for the CPU.

>>> import nnfast as keras
>>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2, activation="softmax")])
>>> model.output_shape
(None, 2)
"""

from __future__ import annotations

import sys

from nnfast import (
    activations,
    aliases,
    backend,
    callbacks,
    config,
    constraints,
    datasets,
    dtype_policies,
    initializers,
    layers,
    losses,
    metrics,
    mixed_precision,
    models,
    ops,
    optimizers,
    preprocessing,
    random,
    regularizers,
    saving,
    tree,
    utils,
    wrappers,
)
from nnfast._core import version as __version__
from nnfast.backend import device, name_scope
from nnfast.dtype_policies import DTypePolicy, FloatDTypePolicy
from nnfast.gradients import grad, value_and_grad
from nnfast.graph import KerasTensor, Variable
from nnfast.initializers import Initializer
from nnfast.layers import Input, InputSpec, Layer
from nnfast.losses import Loss
from nnfast.metrics import Metric
from nnfast.models import Model, Sequential
from nnfast.optimizers import Optimizer
from nnfast.regularizers import Regularizer
from nnfast.training.gradient_tape import GradientTape


def version() -> str:
    """The version of nnfast."""
    return __version__


# Code that was written for `tf.keras` finds it in `import nnfast as tf`, or imports from nnfast.keras.
keras = sys.modules[__name__]
aliases.install()

__all__ = [
    "DTypePolicy",
    "FloatDTypePolicy",
    "GradientTape",
    "Initializer",
    "Input",
    "InputSpec",
    "KerasTensor",
    "Layer",
    "Loss",
    "Metric",
    "Model",
    "Optimizer",
    "Regularizer",
    "Sequential",
    "Variable",
    "__version__",
    "activations",
    "backend",
    "callbacks",
    "config",
    "constraints",
    "datasets",
    "device",
    "dtype_policies",
    "grad",
    "initializers",
    "keras",
    "layers",
    "losses",
    "metrics",
    "mixed_precision",
    "models",
    "name_scope",
    "ops",
    "optimizers",
    "preprocessing",
    "random",
    "regularizers",
    "saving",
    "tree",
    "utils",
    "value_and_grad",
    "version",
    "wrappers",
]
