"""AdamW."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nnfast.optimizers.adam import Adam


class AdamW(Adam):
    """Adam with weight decay: each step begins with w -= w * weight_decay * learning_rate.

    Source: I. Loshchilov, F. Hutter, Decoupled Weight Decay Regularization, 2019 (arXiv:1711.05101).

    Args:
        learning_rate: a number >= 0; default 0.001.
        weight_decay: a number >= 0; default 0.004.
        beta_1: this and all that follow as in `Adam`.

    Raises:
        ValueError: as in `Adam`, or weight_decay is None.

    >>> from nnfast.graph import Variable
    >>> weight = Variable(10.0)
    >>> AdamW(learning_rate=0.1).apply([10.0], [weight])
    >>> round(float(weight.numpy()), 4)
    9.896
    """

    def __init__(
        self,
        learning_rate: float | Callable[..., Any] = 0.001,
        weight_decay: float = 0.004,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        if weight_decay is None:
            raise ValueError("Argument `weight_decay` must be a float. Received: weight_decay=None; Adam does without.")
        super().__init__(
            learning_rate,
            beta_1,
            beta_2,
            epsilon,
            amsgrad,
            weight_decay,
            clipnorm,
            clipvalue,
            global_clipnorm,
            use_ema,
            ema_momentum,
            ema_overwrite_frequency,
            loss_scale_factor,
            gradient_accumulation_steps,
            name,
            **kwargs,
        )
