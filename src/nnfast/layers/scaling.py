"""What layers that normalize have in common: a learnt factor, gamma, and a learnt offset, beta."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nnfast import constraints, initializers, regularizers
from nnfast.graph import Variable
from nnfast.layers.elementwise import Elementwise


class ScalingLayer(Elementwise):
    """A layer that normalizes its inputs, and then multiplies by gamma and adds beta.

    Args:
        epsilon: is added to the variance, so that nothing is divided by 0.
        center: whether beta is added.
        scale: whether gamma is multiplied by.
        beta_initializer, gamma_initializer, beta_regularizer, gamma_regularizer, beta_constraint, gamma_constraint: of
            these weights.
    """

    gamma: Variable | None = None
    beta: Variable | None = None

    def __init__(
        self,
        epsilon: float,
        center: bool,
        scale: bool,
        beta_initializer: Any,
        gamma_initializer: Any,
        beta_regularizer: Any,
        gamma_regularizer: Any,
        beta_constraint: Any,
        gamma_constraint: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.epsilon = epsilon
        self.center = center
        self.scale = scale
        self.beta_initializer = initializers.get(beta_initializer)
        self.gamma_initializer = initializers.get(gamma_initializer)
        self.beta_regularizer = regularizers.get(beta_regularizer)
        self.gamma_regularizer = regularizers.get(gamma_regularizer)
        self.beta_constraint = constraints.get(beta_constraint)
        self.gamma_constraint = constraints.get(gamma_constraint)

    def add_scale_and_offset(self, shape: Sequence[int | None], scale: bool, center: bool) -> None:
        """Makes gamma, where `scale`, and beta, where `center`.

        Raises:
            ValueError: a size is not known.
        """
        sizes = [size for size in shape if size is not None]
        if len(sizes) < len(shape):
            raise ValueError(f"Layer '{self.name}' needs to know the sizes of what it normalizes, got {tuple(shape)}")
        if scale:
            self.gamma = self.add_weight(
                sizes,
                self.gamma_initializer,
                autocast=False,
                regularizer=self.gamma_regularizer,
                constraint=self.gamma_constraint,
                name="gamma",
            )
        if center:
            self.beta = self.add_weight(
                sizes,
                self.beta_initializer,
                autocast=False,
                regularizer=self.beta_regularizer,
                constraint=self.beta_constraint,
                name="beta",
            )

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "epsilon": self.epsilon,
            "center": self.center,
            "scale": self.scale,
            "beta_initializer": initializers.serialize(self.beta_initializer),
            "gamma_initializer": initializers.serialize(self.gamma_initializer),
            "beta_regularizer": regularizers.serialize(self.beta_regularizer),
            "gamma_regularizer": regularizers.serialize(self.gamma_regularizer),
            "beta_constraint": constraints.serialize(self.beta_constraint),
            "gamma_constraint": constraints.serialize(self.gamma_constraint),
        }


def check_axis(name: str, axis: int, rank: int) -> int:
    """An axis counted from the front.

    Raises:
        ValueError: inputs of this rank don't have it.
    """
    if not -rank <= axis < rank:
        raise ValueError(f"All `axis` values must be in the range [{-rank}, {rank}), got {axis} in layer '{name}'")
    return axis % rank
