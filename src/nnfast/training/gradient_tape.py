"""GradientTape: gradients in a step of one's own, as TensorFlow writes them."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

from nnfast import graph


class GradientTape:
    """Gives the gradients of a loss, inside of a `train_step`. All that a step does is recorded, with or without it.

    >>> import nnfast
    >>> class Model(nnfast.Sequential):
    ...     def train_step(self, data):
    ...         x, y = data
    ...         with GradientTape() as tape:
    ...             loss = nnfast.ops.mean(nnfast.ops.square(self(x, training=True) - y))
    ...         weights = self.trainable_variables
    ...         self.optimizer.apply(tape.gradient(loss, weights), weights)
    ...         return {"loss": loss}
    >>> model = Model([nnfast.Input((1,)), nnfast.layers.Dense(1, kernel_initializer="zeros")])
    >>> model.compile("sgd")
    >>> model.fit([[1.0]], [[1.0]], epochs=2, verbose=0).history["loss"][0]
    1.0
    """

    def __init__(self, persistent: bool = False, watch_accessed_variables: bool = True) -> None: ...

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None: ...

    def gradient(self, target: Any, sources: Any) -> Any:
        """The gradient of a scalar with respect to a Variable, or to each of several.

        Raises:
            ValueError: outside of a step, or of what is no scalar.
        """
        if isinstance(sources, Sequence):
            return graph.differentiate(target, list(sources))
        return graph.differentiate(target, [sources])[0]
