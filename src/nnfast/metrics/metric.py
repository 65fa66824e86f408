"""Metric, the class of all metrics."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Self

from nnfast import config, dtype_policies, initializers, ops, tree
from nnfast.dtype_policies import DTypePolicy
from nnfast.graph import Variable, holding
from nnfast.naming import auto_name, scope


class Metric:
    """A number kept up to date batch by batch, such as an accuracy over an epoch.

    A metric is variables and ops: subclasses make their variables with `add_variable` in `__init__`, change them with
    `assign` in `update_state`, and read them in `result`. Written so, the same code runs at once on arrays and is
    recorded into a training step.

    Args:
        dtype: what the metric is computed in; default `config.floatx()`.
        name: default the class's name in snake case, numbered if taken.

    >>> class Positives(Metric):
    ...     def __init__(self, **kwargs):
    ...         super().__init__(**kwargs)
    ...         self.count = self.add_variable(shape=(), initializer="zeros", name="count")
    ...     def update_state(self, y_true, y_pred, sample_weight=None):
    ...         self.count.assign_add(ops.sum(ops.cast(ops.greater(y_pred, 0.5), self.dtype)))
    ...     def result(self):
    ...         return self.count.value
    >>> float(Positives()([1, 0, 1], [0.9, 0.2, 0.7]))
    2.0
    """

    def __init__(self, dtype: str | DTypePolicy | None = None, name: str | None = None) -> None:
        self.name = name or auto_name(type(self).__name__)
        self._dtype = dtype_policies.get(dtype or config.floatx()).compute_dtype
        self._variables: list[Variable] = []

    @property
    def dtype(self) -> str:
        """The dtype that the metric is computed in."""
        return self._dtype

    @property
    def variables(self) -> list[Variable]:
        """The variables of this metric, and of the metrics among its attributes."""
        leaves = tree.flatten(list(vars(self).values()))
        inner = [variable for leaf in leaves if isinstance(leaf, Metric) for variable in leaf.variables]
        own = [leaf for leaf in leaves if isinstance(leaf, Variable)]
        return list(dict.fromkeys([*self._variables, *own, *inner]))

    def add_variable(
        self,
        shape: Sequence[int],
        initializer: Any = "zeros",
        dtype: str | None = None,
        aggregation: str | None = "sum",
        name: str | None = None,
    ) -> Variable:
        """A new variable of this metric.

        Args:
            shape: its shape; () for a single number.
            initializer: its first values, what `initializers.get` takes; default zeros.
            dtype: default the metric's.
            aggregation: makes no difference, as there is one device.
            name: default none.

        Raises:
            RuntimeError: `super().__init__()` was not called.
        """
        self._check_super_called()
        with scope(self):
            variable = Variable(
                initializers.get(initializer), shape=tuple(shape), dtype=dtype or self.dtype, trainable=False, name=name
            )
        self._variables.append(variable)
        return variable

    def add_weight(
        self, shape: Sequence[int] = (), initializer: Any = "zeros", dtype: str | None = None, name: str | None = None
    ) -> Variable:
        """`add_variable` under its older name."""
        return self.add_variable(shape, initializer, dtype, name=name)

    def _check_super_called(self) -> None:
        if not hasattr(self, "_variables"):
            raise RuntimeError(f"You forgot to call `super().__init__()` in the `__init__()` of {type(self).__name__}")

    def update_state(self, *args: Any, **kwargs: Any) -> None:
        """Take in a batch; subclasses define this."""
        raise NotImplementedError(f"Metric {type(self).__name__} must define update_state")

    def result(self) -> Any:
        """The metric's value over all batches since the last reset; subclasses define this."""
        raise NotImplementedError(f"Metric {type(self).__name__} must define result()")

    def reset_state(self) -> None:
        """Set every variable to zeros, as before the first batch."""
        for variable in self.variables:
            variable.assign(ops.zeros(variable.shape, dtype=variable.dtype))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Take in a batch, and return the value that results."""
        self._check_super_called()
        self.update_state(*args, **kwargs)
        return self.result()

    def stateless_update_state(self, metric_variables: Sequence[Any], *args: Any, **kwargs: Any) -> list[Any]:
        """The variables' values after a batch, from those before it; the metric's own stay as they are.

        Raises:
            ValueError: not one value for each variable.
        """
        with self._variables_as(metric_variables):
            self.update_state(*args, **kwargs)
            return [variable.value for variable in self.variables]

    def stateless_result(self, metric_variables: Sequence[Any]) -> Any:
        """The metric's value where its variables have these values.

        Raises:
            ValueError: not one value for each variable.
        """
        with self._variables_as(metric_variables):
            return self.result()

    def stateless_reset_state(self) -> list[Any]:
        """The variables' values before the first batch."""
        with self._variables_as([variable.value for variable in self.variables]):
            self.reset_state()
            return [variable.value for variable in self.variables]

    @contextmanager
    def _variables_as(self, values: Sequence[Any]) -> Iterator[None]:
        """The variables have these values inside, and their own again afterwards."""
        if len(values) != len(self.variables):
            raise ValueError(
                f"Argument `metric_variables` must be a list of values, one for each of the {len(self.variables)} "
                f"variables of {type(self).__name__}, got {len(values)}"
            )
        with holding(self.variables, values):
            yield

    def get_config(self) -> dict[str, Any]:
        """The arguments that make this metric again, as plain Python values."""
        return {"name": self.name, "dtype": self.dtype}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """A metric with the arguments that `get_config` returned."""
        return cls(**config)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}>"
