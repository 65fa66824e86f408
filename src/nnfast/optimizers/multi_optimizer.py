"""Several optimizers, each for some of the variables."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from typing import Any, NoReturn, Self

from nnfast.graph import TensorLike, Variable
from nnfast.optimizers.loss_scale_optimizer import LossScaleOptimizer
from nnfast.optimizers.optimizer import Optimizer
from nnfast.utils.objects import deserialize_keras_object, serialize_keras_object


class OptimizerMap(MutableMapping[str, Optimizer]):
    """Which optimizer is for which variables: by their paths, or by regular expressions that fit a whole path.

    Args:
        default_optimizer: for variables that nothing else fits.
        optimizer_map: None, or a dictionary of optimizers to begin with.

    Raises:
        TypeError: `default_optimizer` is no optimizer, or `optimizer_map` no dictionary.

    >>> from nnfast.optimizers.sgd import SGD
    >>> optimizers = OptimizerMap(SGD(0.5), {"encoder/.*": SGD(0.25)})
    >>> float(optimizers["encoder/dense/kernel"].learning_rate), float(optimizers["dense/kernel"].learning_rate)
    (0.25, 0.5)
    """

    def __init__(self, default_optimizer: Optimizer, optimizer_map: dict[str, Optimizer] | None = None) -> None:
        if not isinstance(default_optimizer, Optimizer):
            raise TypeError(f"default_optimizer must be a Keras Optimizer instance. Received: {default_optimizer!r}")
        if optimizer_map is not None and not isinstance(optimizer_map, dict):
            raise TypeError(f"optimizer_map must be a dictionary. Received: {optimizer_map!r}")
        self.default_optimizer = default_optimizer
        self._optimizer_map = optimizer_map or {}

    def __call__(self, variable: Variable) -> Optimizer:
        """The optimizer for a variable."""
        return self[variable.path]

    def __getitem__(self, key: str) -> Optimizer:
        """The optimizer for a path.

        Raises:
            ValueError: several expressions fit.
        """
        if key in self._optimizer_map:
            return self._optimizer_map[key]
        fitting = [optimizer for pattern, optimizer in self._optimizer_map.items() if re.fullmatch(pattern, key)]
        if len(fitting) > 1:
            raise ValueError(f"Multiple optimizers assigned to variable {key}.")
        return fitting[0] if fitting else self.default_optimizer

    def __setitem__(self, key: str, optimizer: Optimizer) -> None:
        """Adds an optimizer for a path, or for those that an expression fits.

        Raises:
            ValueError: the key is there already, or is no string; no optimizer, or one of several others.
        """
        if key in self._optimizer_map:
            raise ValueError(f"'{key}' already exists in the OptimizerMap with value {self._optimizer_map[key]}.")
        if not isinstance(key, str):
            raise ValueError(f"key must be a string. Received: {key!r}")
        _check_plain(optimizer)
        self._optimizer_map[key] = optimizer

    def __delitem__(self, key: str) -> None:
        del self._optimizer_map[key]

    def __contains__(self, key: object) -> bool:
        return key in self._optimizer_map

    def __iter__(self) -> Iterator[str]:
        return iter(self._optimizer_map)

    def __len__(self) -> int:
        return len(self._optimizer_map)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make this map again, as plain Python values."""
        return {
            "default_optimizer": serialize_keras_object(self.default_optimizer),
            "optimizer_map": serialize_keras_object(self._optimizer_map),
        }

    @classmethod
    def from_config(cls, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Self:
        """A map with the arguments that `get_config` returned."""
        return cls(**{name: deserialize_keras_object(part, custom_objects) for name, part in config.items()})


class MultiOptimizer(Optimizer):
    """Changes each variable by an optimizer of several, which have learning rates and iterations of their own.

    Args:
        optimizer_map: an OptimizerMap, or a function of a variable that returns an Optimizer.
        loss_scale_factor: None, or a factor of the loss, which takes the place of the optimizers' own.
        name: default "multi_optimizer", numbered if taken.

    Raises:
        ValueError: in `build`, where `optimizer_map` is of another kind, there is no optimizer for a variable, or one
            of several others.

    Attributes:
        optimizers: the optimizers.

    >>> from nnfast.optimizers.sgd import SGD
    >>> weights = [Variable(1.0, name="kernel"), Variable(1.0, name="bias")]
    >>> MultiOptimizer(OptimizerMap(SGD(0.5), {"bias": SGD(0.25)})).apply([1.0, 1.0], weights)
    >>> [float(weight) for weight in weights]
    [0.5, 0.75]
    """

    _inner_optimizers: tuple[Optimizer, ...] = ()

    def __init__(
        self,
        optimizer_map: OptimizerMap | Callable[[Variable], Optimizer],
        loss_scale_factor: float | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(0.0, loss_scale_factor=loss_scale_factor, name=name)
        self._optimizer_map = optimizer_map
        self._number_of: list[int] = []  # of each variable's optimizer
        if isinstance(optimizer_map, OptimizerMap):
            for optimizer in (*optimizer_map.values(), optimizer_map.default_optimizer):
                self._add(optimizer)

    def _add(self, optimizer: Optimizer) -> int:
        """The number of an optimizer, which is one of these from now on."""
        if optimizer not in self._inner_optimizers:
            optimizer.loss_scale_factor = self.loss_scale_factor
            self._inner_optimizers = (*self._inner_optimizers, optimizer)
        return self._inner_optimizers.index(optimizer)

    @property
    def optimizers(self) -> list[Optimizer]:
        """The optimizers."""
        return list(self._inner_optimizers)

    def build(self, var_list: Sequence[Variable]) -> None:
        """Find each variable's optimizer, and build them."""
        if self.built:
            return
        choose = self._optimizer_map
        if not callable(choose):
            raise ValueError(f"`optimizer_map` must be an OptimizerMap, or a function. Received: {choose!r}")
        chosen = [_check_plain(choose(variable)) for variable in var_list]
        self._number_of = [self._add(optimizer) for optimizer in chosen]
        for number, optimizer in enumerate(self._inner_optimizers):
            own = [variable for variable, its in zip(var_list, self._number_of, strict=True) if its == number]
            if own and not optimizer.built:
                optimizer.build(own)
        super().build(var_list)

    @property
    def variables(self) -> list[Variable]:
        """Variables of its own, and those of the optimizers."""
        return [*self._variables, *(variable for inner in self._inner_optimizers for variable in inner.variables)]

    @property
    def version(self) -> int:
        """A number that rises when steps that were traced with it are out of date."""
        return self._version + sum(optimizer.version for optimizer in self._inner_optimizers)

    @property
    def learning_rate(self) -> NoReturn:
        """There is none: an AttributeError. The optimizers have theirs."""
        raise AttributeError(
            "Learning rate cannot be accessed on a MultiOptimizer. Access the learning rate on the individual "
            "sub-optimizers instead."
        )

    @learning_rate.setter
    def learning_rate(self, learning_rate: Any) -> None:
        raise AttributeError(
            "Learning rate cannot be set on a MultiOptimizer. Set the learning rate on the individual sub-optimizers "
            "instead."
        )

    @property
    def loss_scale_factor(self) -> float | None:
        """The factor of the loss, by which the optimizers divide gradients again."""
        return self._loss_scale_factor

    @loss_scale_factor.setter
    def loss_scale_factor(self, value: float | None) -> None:
        self._loss_scale_factor = value
        for optimizer in self._inner_optimizers:
            optimizer.loss_scale_factor = value

    def apply(self, grads: Sequence[TensorLike | None], trainable_variables: Sequence[Variable] | None = None) -> None:
        """Take a step of each optimizer for its variables.

        Args:
            grads: as in `Optimizer`.
            trainable_variables: as in `Optimizer`.

        Raises:
            ValueError: as in `Optimizer`.
        """
        if not grads:
            return
        gradients, variables = self._matched(grads, self._prepared(grads, trainable_variables))
        numbers = [self._number_of[self._get_variable_index(variable)] for variable in variables]
        for number, optimizer in enumerate(self._inner_optimizers):
            own = [
                pair for pair, its in zip(zip(gradients, variables, strict=True), numbers, strict=True) if its == number
            ]
            if own:
                optimizer.apply_gradients(own)
        self._iterations.assign_add(1)

    def finalize_variable_values(self, var_list: Iterable[Variable]) -> None:
        """As of the optimizers, each for its variables."""
        variables = list(var_list)
        for optimizer in self._inner_optimizers:
            optimizer.finalize_variable_values(variables)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make this optimizer again, without its slots, as plain Python values."""
        return {
            "optimizer_map": serialize_keras_object(self._optimizer_map),
            "loss_scale_factor": self.loss_scale_factor,
            "name": self.name,
        }

    @classmethod
    def from_config(cls, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Self:
        """An optimizer with the arguments that `get_config` returned."""
        return cls(**{**config, "optimizer_map": deserialize_keras_object(config.get("optimizer_map"), custom_objects)})


def _check_plain(optimizer: Any) -> Optimizer:
    """The optimizer; a ValueError unless it is one, and neither scales the loss nor consists of others."""
    if not isinstance(optimizer, Optimizer):
        raise ValueError(f"optimizer must be a Keras Optimizer instance. Received: {optimizer!r}")
    if isinstance(optimizer, LossScaleOptimizer | MultiOptimizer):
        kind = type(optimizer).__name__
        raise ValueError(f"optimizer cannot be {kind}: {kind} cannot be used inside an MultiOptimizer.")
    return optimizer
