"""How models are saved: methods that all of them have."""

from __future__ import annotations

from typing import Any

from nnfast import saving
from nnfast.utils.objects import to_json


class StoredModel:
    """Methods of models that write and read files; nnfast.saving says what is in them."""

    def save(self, filepath: Any, overwrite: bool = True, zipped: bool | None = None) -> None:
        """Write the model to a `.keras` file, as `saving.save_model` does."""
        saving.save_model(self, filepath, overwrite, zipped)

    def save_weights(
        self, filepath: Any, overwrite: bool = True, max_shard_size: None = None, objects_to_skip: Any = None
    ) -> None:
        """Write the weights and the optimizer's state to a `.weights.h5` file, as `saving.save_weights` does."""
        saving.save_weights(self, filepath, overwrite, max_shard_size, objects_to_skip)

    def load_weights(self, filepath: Any, skip_mismatch: bool = False, objects_to_skip: Any = None) -> None:
        """Set the weights from a `.weights.h5` or `.keras` file, as `saving.load_weights` does."""
        saving.load_weights(self, filepath, skip_mismatch, objects_to_skip)

    def to_json(self, **kwargs: Any) -> str:
        """What the model is made of, without its weights, as JSON; `models.model_from_json` reads it.

        Args:
            **kwargs: of json.dumps, such as `indent`.
        """
        return to_json(self, **kwargs)
