"""Models: layers put together, to train and to use."""

from __future__ import annotations

from nnfast.layers import register_model
from nnfast.models.cloning import clone_model
from nnfast.models.functional import Functional
from nnfast.models.model import Model
from nnfast.models.sequential import Sequential
from nnfast.saving import load_model, model_from_json, save_model

register_model(Functional)
register_model(Sequential)

__all__ = ["Functional", "Model", "Sequential", "clone_model", "load_model", "model_from_json", "save_model"]
